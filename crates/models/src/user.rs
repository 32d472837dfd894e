//! Users, and their organizations and groups.

use mwallet_db::{Entity, Key, Name, Ref, Timestamps};

/// An organization that users belong to.
#[derive(Clone, Debug, PartialEq, Entity)]
pub struct Organization {
    /// The number of the row.
    #[entity(flatten)]
    pub key: Key,
    /// The names of the row.
    #[entity(flatten)]
    pub names: Name,
    /// What the organization is called.
    #[entity(max = 128, min_length = 1)]
    pub name: String,
    /// Where the organization is written to.
    #[entity(max = 254, pattern = r"^[^@\s]+@[^@\s]+$")]
    pub email: Option<String>,
    /// The number under which a public register lists the organization.
    #[entity(max = 64, unique)]
    pub registration_number: Option<String>,
    /// When the row was made and changed.
    #[entity(flatten)]
    pub timestamps: Timestamps,
}

/// A person or program that trades.
#[derive(Clone, Debug, PartialEq, Entity)]
pub struct User {
    /// The number of the row.
    #[entity(flatten)]
    pub key: Key,
    /// The names of the row.
    #[entity(flatten)]
    pub names: Name,
    /// The identifier by which the outside knows the user, given once and never changed.
    #[entity(max = 32, min_length = 1, unique, immutable)]
    pub rsid: String,
    /// The name the user chose to sign in with.
    #[entity(max = 64, min_length = 1, unique)]
    pub username: String,
    /// Where the user is written to.
    #[entity(max = 254, pattern = r"^[^@\s]+@[^@\s]+$", unique)]
    pub email: String,
    /// The number the user is called at, with the country's prefix.
    #[entity(max = 32)]
    pub phone: Option<String>,
    /// The given name.
    #[entity(max = 64)]
    pub first_name: Option<String>,
    /// The family name.
    #[entity(max = 64)]
    pub last_name: Option<String>,
    /// Whether the user may sign in and trade.
    #[entity(default = true)]
    pub is_active: bool,
    /// The organization the user belongs to.
    #[entity(on_delete = "restrict", index)]
    pub organization_id: Option<Ref<Organization>>,
    /// When the row was made and changed.
    #[entity(flatten)]
    pub timestamps: Timestamps,
}

/// A set of users who may do the same things.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(unique(scope, name))]
pub struct Group {
    /// The number of the row.
    #[entity(flatten)]
    pub key: Key,
    /// The names of the row.
    #[entity(flatten)]
    pub names: Name,
    /// What the group is called; no other group of its scope has the name.
    #[entity(max = 64, min_length = 1)]
    pub name: String,
    /// Where the group counts.
    #[entity(max = 64, default = "global")]
    pub scope: String,
    /// What the group is for.
    pub description: Option<String>,
    /// When the row was made and changed.
    #[entity(flatten)]
    pub timestamps: Timestamps,
}

/// That a user is in a group.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(key(user_id, group_id))]
pub struct UserGroup {
    /// The user.
    #[entity(on_delete = "cascade")]
    pub user_id: Ref<User>,
    /// The group.
    #[entity(on_delete = "cascade", index)]
    pub group_id: Ref<Group>,
}
