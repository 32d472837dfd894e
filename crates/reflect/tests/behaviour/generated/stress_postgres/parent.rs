//! The table `parents`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    schema = "public",
    key(b, a),
    unique(a),
    unique(b, mixed_case),
    unique(mixed_case)
)]
pub struct Parent {
    pub a: i32,
    pub b: String,
    #[entity(column = "mixed Case")]
    pub mixed_case: Option<i32>,
}
