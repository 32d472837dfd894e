//! The table `eggs`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    schema = "public",
    foreign_key(columns(chicken), references = "chickens", to("id"))
)]
pub struct Egg {
    #[entity(key)]
    pub id: i32,
    pub chicken: Option<i32>,
}
