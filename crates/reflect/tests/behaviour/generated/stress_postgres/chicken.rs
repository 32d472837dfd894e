//! The table `chickens`.

use mwallet_db::{Entity, ToMany, ToOne};

use super::{ChickensEgg, Egg};

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

impl Chicken {
    /// The related row of [`Egg`].
    pub const EGG_2: ToOne<Chicken, Egg> = Chicken::EGG.references(Egg::ID);

    /// The related rows of [`ChickensEgg`].
    pub const CHICKENS_EGGS: ToMany<Chicken, ChickensEgg> = ChickensEgg::CHICKEN_2.inverse();

    /// The related rows of [`Egg`].
    pub const EGGS: ToMany<Chicken, Egg> = Egg::CHICKEN_2.inverse();

    /// The related rows of [`Egg`].
    pub const EGGS_THROUGH_CHICKENS_EGG: ToMany<Chicken, Egg> =
        ChickensEgg::CHICKEN_2.inverse().through(ChickensEgg::EGG_2);
}
