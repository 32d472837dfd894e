//! The table `parents`.

use mwallet_db::{Entity, ToMany};

use super::Child;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(key(b, a), unique(mixed_case), unique(a))]
pub struct Parent {
    #[entity(declared = "INT")]
    pub a: i64,
    #[entity(declared = "TEXT")]
    pub b: String,
    #[entity(column = "mixed Case", declared = "INT")]
    pub mixed_case: Option<i64>,
}

impl Parent {
    /// The related rows of [`Child`].
    pub const CHILDREN_BY_B_A: ToMany<Parent, Child> = Child::PARENT_2.inverse();

    /// The related rows of [`Child`].
    pub const CHILDREN_BY_SECOND: ToMany<Parent, Child> = Child::PARENT_3.inverse();

    /// The related rows of [`Child`].
    pub const CHILDREN_BY_FIRST: ToMany<Parent, Child> = Child::PARENT_4.inverse();
}
