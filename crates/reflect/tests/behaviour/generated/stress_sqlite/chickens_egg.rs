//! The table `chickens_eggs`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    key(chicken, egg),
    foreign_key(columns(egg), references = "eggs", to("id")),
    foreign_key(columns(chicken), references = "chickens", to("id"))
)]
pub struct ChickensEgg {
    #[entity(declared = "INT")]
    pub chicken: Option<i64>,
    #[entity(declared = "INT")]
    pub egg: Option<i64>,
}
