//! The table `Ελλάδα`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Ελλάδα", schema = "public")]
pub struct Ελλάδα {
    #[entity(column = "Άλφα")]
    pub άλφα: Option<i32>,
    #[entity(column = "σίγμας")]
    pub σίγμας: Option<String>,
}
