//! The table `parents`.

use mwallet_db::{Entity, ToMany};

use super::Child;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    schema = "public",
    key(b, a),
    unique(a),
    unique(b, mixed_case),
    unique(mixed_case)
)]
pub struct Parent {
    pub a: i32,
    pub b: String,
    #[entity(column = "mixed Case")]
    pub mixed_case: Option<i32>,
}

impl Parent {
    /// The related rows of [`Child`].
    pub const CHILDREN_BY_FIRST: ToMany<Parent, Child> = Child::PARENT_2.inverse();

    /// The related rows of [`Child`].
    pub const CHILDREN_BY_SECOND: ToMany<Parent, Child> = Child::PARENT_3.inverse();

    /// The related rows of [`Child`].
    pub const CHILDREN_BY_FIRST_2: ToMany<Parent, Child> = Child::PARENT_4.inverse();

    /// The related rows of [`Child`].
    pub const CHILDREN_BY_B_A: ToMany<Parent, Child> = Child::PARENT_5.inverse();
}
