//! The table `🦀`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "🦀", schema = "public")]
pub struct Public {
    #[entity(column = "🦀")]
    pub column: Option<i32>,
    #[entity(column = "👍🏽")]
    pub column_2: Option<i32>,
}
