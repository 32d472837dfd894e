//! The table `chickens`.

use mwallet_db::{Auto, Entity, ToMany, ToOne};

use super::{ChickensEgg, Egg};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(foreign_key(columns(egg), references = "eggs", to("id")))]
pub struct Chicken {
    #[entity(declared = "INTEGER", key, default_sql = "rowid")]
    pub id: Auto<i64>,
    #[entity(declared = "INT")]
    pub egg: Option<i64>,
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
