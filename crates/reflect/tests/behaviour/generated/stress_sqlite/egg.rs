//! The table `eggs`.

use mwallet_db::{Auto, Entity};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(foreign_key(columns(chicken), references = "chickens", to("id")))]
pub struct Egg {
    #[entity(declared = "INTEGER", key, default_sql = "rowid")]
    pub id: Auto<i64>,
    #[entity(declared = "INT")]
    pub chicken: Option<i64>,
}
