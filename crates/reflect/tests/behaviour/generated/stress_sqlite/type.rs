//! The table `types`.

use mwallet_db::schema::{Decimal, Value};
use mwallet_db::{Auto, Entity};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(index(name = "folded_plain", columns(plain)))]
pub struct Type {
    #[entity(declared = "INTEGER", key, default_sql = "AUTOINCREMENT")]
    pub id: Auto<i64>,
    #[entity(declared = "SMALLINT")]
    pub small: Option<i64>,
    #[entity(declared = "BIGINT")]
    pub big: Option<i64>,
    #[entity(declared = "BOOLEAN")]
    pub flag: Option<bool>,
    #[entity(declared = "NUMERIC")]
    pub exact: Option<Decimal>,
    #[entity(declared = "DECIMAL(10, 2)")]
    pub priced: Option<Decimal>,
    #[entity(declared = "DOUBLE PRECISION")]
    pub double: Option<Decimal>,
    #[entity(declared = "FLOAT")]
    pub single: Option<Decimal>,
    #[entity(declared = "TEXT")]
    pub plain: Option<String>,
    #[entity(declared = "NVARCHAR(5)")]
    pub limited: Option<String>,
    #[entity(declared = "TEXT")]
    pub folded: Option<String>,
    #[entity(declared = "BLOB")]
    pub raw: Option<Vec<u8>>,
    #[entity(declared = "DATE")]
    pub day: Option<String>,
    #[entity(declared = "DATETIME")]
    pub at: Option<String>,
    #[entity(declared = "")]
    pub typeless: Option<Value>,
    #[entity(declared = "GEOMETRY")]
    pub odd: Option<Value>,
    #[entity(declared = "INTEGER", default_sql = "GENERATED ALWAYS", read_only)]
    pub doubled: Auto<Option<i64>>,
    #[entity(declared = "", default_sql = "GENERATED ALWAYS", read_only)]
    pub tripled: Auto<Option<Value>>,
    #[entity(declared = "TEXT", default_sql = "'x'")]
    pub made: Auto<Option<String>>,
    #[entity(declared = "TEXT", default_sql = "CURRENT_TIMESTAMP")]
    pub made_at: Auto<String>,
}
