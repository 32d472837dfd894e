//! The table `strays`.

use mwallet_db::{Auto, Entity};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(writes(update))]
pub struct Stray {
    #[entity(declared = "INTEGER", key, default_sql = "rowid")]
    pub id: Auto<i64>,
    #[entity(declared = "INT", read_only)]
    pub lost: Option<i64>,
}
