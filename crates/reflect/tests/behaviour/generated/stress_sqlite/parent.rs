//! The table `parents`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(key(b, a), unique(mixed_case), unique(a))]
pub struct Parent {
    #[entity(declared = "INT")]
    pub a: i64,
    #[entity(declared = "TEXT")]
    pub b: String,
    #[entity(column = "mixed Case", declared = "INT")]
    pub mixed_case: Option<i64>,
}
