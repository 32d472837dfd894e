//! The owner of a row: the group of columns that everything owned by a user has.

use mwallet_db::{ColumnGroup, Ref};

use crate::User;

/// Whose the row is.
///
/// The owner is known by the `rsid` under which they came, whether or not they are a user of this server yet.
#[derive(Clone, Debug, PartialEq, ColumnGroup)]
pub struct Owner {
    /// The owner's `rsid` as it was given.
    #[entity(max = 32, min_length = 1, index)]
    pub usid: String,
    /// The user that the owner is, if they are one here. A user who owns something cannot be deleted.
    #[entity(on_delete = "restrict", index)]
    pub user_id: Option<Ref<User>>,
}
