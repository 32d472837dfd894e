//! The tables of a database, a struct for each of its tables and views.
//!
//! They were written from the database by `mwallet generate rust`, and describe it as it was then.

#![allow(
    clippy::duplicated_attributes,
    dead_code,
    reason = "a column may have its part in several constraints, and no program uses every relation"
)]

mod animal;
mod bird;
mod chicken;
mod chickens_egg;
mod child;
mod closed_child;
mod counted;
mod draft;
mod egg;
mod enums;
mod item;
mod joined;
mod measure;
mod no_key;
mod of_view;
mod open_child;
mod outside;
mod parent;
mod r#type;
mod room;
mod select;

use mwallet_db::Entity as _;
use mwallet_db::schema::Table;

pub use animal::Animal;
pub use bird::Bird;
pub use chicken::Chicken;
pub use chickens_egg::ChickensEgg;
pub use child::Child;
pub use closed_child::ClosedChild;
pub use counted::Counted;
pub use draft::Draft;
pub use egg::Egg;
pub use enums::Mood;
pub use item::Item;
pub use joined::Joined;
pub use measure::Measure;
pub use no_key::NoKey;
pub use of_view::OfView;
pub use open_child::OpenChild;
pub use outside::Outside;
pub use parent::Parent;
pub use r#type::Type;
pub use room::Room;
pub use select::Select;

/// The tables and views, as they are described here.
pub fn tables() -> Vec<&'static Table> {
    vec![
        Animal::table(),
        Bird::table(),
        Chicken::table(),
        ChickensEgg::table(),
        Child::table(),
        ClosedChild::table(),
        Counted::table(),
        Draft::table(),
        Egg::table(),
        Joined::table(),
        Measure::table(),
        NoKey::table(),
        OfView::table(),
        OpenChild::table(),
        Outside::table(),
        Parent::table(),
        Room::table(),
        Select::table(),
        Type::table(),
        Item::table(),
    ]
}
