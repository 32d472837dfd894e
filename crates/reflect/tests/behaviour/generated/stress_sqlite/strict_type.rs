//! The table `strict_types`.

use mwallet_db::schema::{Decimal, Value};
use mwallet_db::{Auto, Entity};

#[derive(Clone, Debug, PartialEq, Entity)]
pub struct StrictType {
    #[entity(declared = "INTEGER", key, default_sql = "rowid")]
    pub id: Auto<i64>,
    #[entity(declared = "REAL")]
    pub number: Decimal,
    #[entity(declared = "ANY")]
    pub thing: Option<Value>,
}
