//! The table `eggs`.

use mwallet_db::{Auto, Entity, ToMany, ToOne};

use super::{Chicken, ChickensEgg};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(foreign_key(columns(chicken), references = "chickens", to("id")))]
pub struct Egg {
    #[entity(declared = "INTEGER", key, default_sql = "rowid")]
    pub id: Auto<i64>,
    #[entity(declared = "INT")]
    pub chicken: Option<i64>,
}

impl Egg {
    /// The related row of [`Chicken`].
    pub const CHICKEN_2: ToOne<Egg, Chicken> = Egg::CHICKEN.references(Chicken::ID);

    /// The related rows of [`Chicken`].
    pub const CHICKENS: ToMany<Egg, Chicken> = Chicken::EGG_2.inverse();

    /// The related rows of [`ChickensEgg`].
    pub const CHICKENS_EGGS: ToMany<Egg, ChickensEgg> = ChickensEgg::EGG_2.inverse();

    /// The related rows of [`Chicken`].
    pub const CHICKENS_THROUGH_CHICKENS_EGG: ToMany<Egg, Chicken> =
        ChickensEgg::EGG_2.inverse().through(ChickensEgg::CHICKEN_2);
}
