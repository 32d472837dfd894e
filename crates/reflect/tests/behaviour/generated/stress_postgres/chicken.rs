//! The table `chickens`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    schema = "public",
    foreign_key(columns(egg), references = "eggs", to("id"))
)]
pub struct Chicken {
    #[entity(key)]
    pub id: i32,
    pub egg: Option<i32>,
}
