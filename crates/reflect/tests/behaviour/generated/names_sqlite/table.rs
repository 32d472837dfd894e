//! The table `Ελλάδα`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Ελλάδα")]
pub struct Ελλάδα {
    #[entity(column = "Άλφα", declared = "INT")]
    pub άλφα: Option<i64>,
    #[entity(column = "σίγμας", declared = "TEXT")]
    pub σίγμας: Option<String>,
}
