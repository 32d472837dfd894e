//! The table `🦀`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "🦀")]
pub struct TableRow {
    #[entity(column = "🦀", declared = "INT")]
    pub column: Option<i64>,
    #[entity(column = "👍🏽", declared = "INT")]
    pub column_2: Option<i64>,
}
