//! The table `Items`.

use mwallet_db::{Entity, ToOne};

use super::Child;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "Items",
    schema = "Other Schema",
    foreign_key(columns(child), schema = "public", references = "children", to("id"))
)]
pub struct Item {
    #[entity(key)]
    pub id: i32,
    pub child: Option<i32>,
}

impl Item {
    /// The related row of [`Child`].
    pub const CHILD_2: ToOne<Item, Child> = Item::CHILD.references(Child::ID);
}
