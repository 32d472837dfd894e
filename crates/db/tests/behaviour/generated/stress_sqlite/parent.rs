//! The table `parents`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    key(b, a),
    unique(name = "sqlite_autoindex_parents_1", columns(mixed_case)),
    unique(name = "sqlite_autoindex_parents_3", columns(a))
)]
pub struct Parent {
    #[entity(declared = "INT")]
    pub a: i64,
    #[entity(declared = "TEXT")]
    pub b: String,
    #[entity(column = "mixed Case", declared = "INT")]
    pub mixed_case: Option<i64>,
}
