//! The table `chickens_eggs`.

use mwallet_db::{Entity, ToOne};

use super::{Chicken, Egg};

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

impl ChickensEgg {
    /// The related row of [`Chicken`].
    pub const CHICKEN_2: ToOne<ChickensEgg, Chicken> = ChickensEgg::CHICKEN.references(Chicken::ID);

    /// The related row of [`Egg`].
    pub const EGG_2: ToOne<ChickensEgg, Egg> = ChickensEgg::EGG.references(Egg::ID);
}
