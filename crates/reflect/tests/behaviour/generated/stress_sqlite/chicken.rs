//! The table `chickens`.

use mwallet_db::{Auto, Entity};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(foreign_key(columns(egg), references = "eggs", to("id")))]
pub struct Chicken {
    #[entity(declared = "INTEGER", key, default_sql = "rowid")]
    pub id: Auto<i64>,
    #[entity(declared = "INT")]
    pub egg: Option<i64>,
}
