//! The tables of a database, a struct for each of its tables and views.
//!
//! They were written from the database by `mwallet generate rust`, and describe it as it was then.

#![allow(
    clippy::duplicated_attributes,
    dead_code,
    reason = "a column may have its part in several constraints, and no program uses every relation"
)]

mod chicken;
mod chickens_egg;
mod child;
mod egg;
mod no_key;
mod of_view;
mod open_child;
mod parent;
mod r#type;
mod select;
mod stray;
mod strict_type;
mod word;

use mwallet_db::Entity as _;
use mwallet_db::schema::Table;

pub use chicken::Chicken;
pub use chickens_egg::ChickensEgg;
pub use child::Child;
pub use egg::Egg;
pub use no_key::NoKey;
pub use of_view::OfView;
pub use open_child::OpenChild;
pub use parent::Parent;
pub use r#type::Type;
pub use select::Select;
pub use stray::Stray;
pub use strict_type::StrictType;
pub use word::Word;

/// The tables and views, as they are described here.
pub fn tables() -> Vec<&'static Table> {
    vec![
        Chicken::table(),
        ChickensEgg::table(),
        Child::table(),
        Egg::table(),
        NoKey::table(),
        OfView::table(),
        OpenChild::table(),
        Parent::table(),
        Select::table(),
        Stray::table(),
        StrictType::table(),
        Type::table(),
        Word::table(),
    ]
}
