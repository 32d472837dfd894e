//! The table `chickens_eggs`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    schema = "public",
    key(chicken, egg),
    foreign_key(columns(chicken), references = "chickens", to("id")),
    foreign_key(columns(egg), references = "eggs", to("id"))
)]
pub struct ChickensEgg {
    pub chicken: i32,
    pub egg: i32,
}
