//! Column groups shared by many entities, as structs to flatten into them.

use mwallet_schema::{Timestamp, Uuid};

use super::{Auto, Cell, Cells, DecodeError, TableBuilder};
use crate::ColumnGroup as DeriveColumnGroup;

/// A struct whose fields become columns of the entities that flatten it. Derive it.
///
/// The derive also declares a trait named after the group plus `Columns` (`NameColumns` for `Name`). It gives every
/// entity with the group the constants for its columns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a group of columns",
    label = "cannot be flattened",
    note = "derive ColumnGroup for it, or leave #[entity(flatten)] out if the field is one column"
)]
pub trait ColumnGroup: Sized {
    /// Adds the columns to a table.
    fn describe(table: &mut TableBuilder);

    /// Reads the fields from the next cells of a row.
    ///
    /// # Errors
    ///
    /// Returns an error if a field cannot hold its value.
    fn read(cells: &mut Cells) -> Result<Self, DecodeError>;

    /// Appends the cells of the fields.
    fn write(&self, cells: &mut Vec<Cell>);
}

/// The primary key, a number assigned by the database.
#[derive(Clone, Debug, Default, PartialEq, DeriveColumnGroup)]
pub struct Key {
    /// The number of the row.
    #[entity(identity, read_only)]
    pub id: Auto<i64>,
}

/// The public identifiers of a row.
#[derive(Clone, Debug, Default, PartialEq, DeriveColumnGroup)]
pub struct Name {
    /// An identifier that is unique everywhere and sorts by the time it was made.
    #[entity(unique, generate = "uuid_v7")]
    pub uuid: Auto<Uuid>,
    /// A short name for URLs: letters, digits, dashes, dots and underscores, at least one of them a letter, so that it
    /// is never taken for an id or a key.
    #[entity(
        unique,
        max = 128,
        min_length = 1,
        pattern = "^[0-9A-Za-z_.~-]*[A-Za-z][0-9A-Za-z_.~-]*$",
        generate = "slug"
    )]
    pub slug: Auto<String>,
}

/// When a row was created and updated, and how often.
#[derive(Clone, Debug, Default, PartialEq, DeriveColumnGroup)]
pub struct Timestamps {
    /// When the row was created.
    #[entity(read_only, generate = "now")]
    pub created_at: Auto<Timestamp>,
    /// When the row was last changed.
    #[entity(read_only, generate = "now", on_update = "now")]
    pub updated_at: Auto<Timestamp>,
    /// How often the row was written: 1 at first, and one more with every update.
    #[entity(read_only, default = 1, on_update = "increment")]
    pub version: Auto<i64>,
}
