//! The table `children`.

use mwallet_db::schema::Decimal;
use mwallet_db::{Auto, Entity, ToMany, ToOne};

use super::Parent;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    unique(name = "unique_share", columns(share)),
    index(name = "downward", columns(label)),
    index(name = "lower_label", keys = "lower(label)", unique),
    index(name = "one_open", keys = "first", where = "state = 'open'", unique),
    index(name = "plain", columns(state, label)),
    foreign_key(columns(b, a), references = "parents", to("b", "a")),
    foreign_key(
        columns(parent),
        references = "children",
        to("id"),
        on_delete = "restrict"
    ),
    foreign_key(columns(second), references = "parents", to("a")),
    foreign_key(
        columns(first),
        references = "parents",
        to("a"),
        on_delete = "cascade",
        on_update = "set_null"
    ),
    check(constraint = "children_check3", sql = "first < second")
)]
pub struct Child {
    #[entity(declared = "INTEGER", key, default_sql = "rowid")]
    pub id: Auto<i64>,
    #[entity(declared = "TEXT")]
    pub b: Option<String>,
    #[entity(declared = "INT")]
    pub a: Option<i64>,
    #[entity(declared = "INT")]
    pub first: Option<i64>,
    #[entity(declared = "INT")]
    pub second: Option<i64>,
    #[entity(declared = "INT")]
    pub parent: Option<i64>,
    #[entity(declared = "TEXT", one_of("open", "closed"))]
    pub state: Option<String>,
    #[entity(declared = "REAL", at_least = "0", at_most = "1")]
    pub share: Option<Decimal>,
    #[entity(declared = "VARCHAR(20)", min_length = 2, max_length = 10)]
    pub label: Option<String>,
}

impl Child {
    /// The related row of [`Parent`].
    pub const PARENT_2: ToOne<Child, Parent> =
        Child::B.references(Parent::B).and(Child::A.references(Parent::A));

    /// The related row of [`Child`].
    pub const CHILD: ToOne<Child, Child> = Child::PARENT.references(Child::ID);

    /// The related row of [`Parent`].
    pub const PARENT_3: ToOne<Child, Parent> = Child::SECOND.references(Parent::A);

    /// The related row of [`Parent`].
    pub const PARENT_4: ToOne<Child, Parent> = Child::FIRST.references(Parent::A);

    /// The related rows of [`Child`].
    pub const CHILDREN_BY_PARENT: ToMany<Child, Child> = Child::CHILD.inverse();
}
