//! Entities: Rust structs that represent table rows.
//!
//! `#[derive(Entity)]` implements [`Entity`]. This module has its runtime support. See `docs/how-to/entity.md` for
//! the attributes.

mod attribute;
mod builder;
mod cell;
mod groups;
mod relation;
mod types;

use mwallet_schema::{Record, Schema, Table, Value};

pub use attribute::{Attribute, HasGroup};
pub use builder::{EntityDescription, FieldSpec, ForeignKeySpec, NativeSpec, NativeTransfer, TableBuilder, TableSpec};
pub use cell::{Auto, Cell, Cells, DecodeError, Handle, PendingKey, Ref};
pub use groups::{ColumnGroup, Key, KeyColumns, Name, NameColumns, Timestamps, TimestampsColumns};
pub use relation::{Reference, ToMany, ToOne};
pub use types::{ColumnValue, Enumeration, Json, TypeLimits};

/// A Rust struct that represents a row of a table. Derive it.
///
/// ```
/// use mwallet_db::{Auto, Entity, Key, Name};
///
/// /// A place where coins are kept.
/// #[derive(Clone, Debug, Entity)]
/// struct Vault {
///     #[entity(flatten)]
///     key: Key,
///     #[entity(flatten)]
///     name: Name,
///     /// What people call it.
///     #[entity(max = 50)]
///     label: Option<String>,
/// }
///
/// let table = Vault::table();
/// assert_eq!(table.name, "vaults");
/// assert_eq!(table.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["id", "uuid", "slug", "label"]);
/// assert_eq!(table.comment.as_deref(), Some("A place where coins are kept."));
///
/// let main_vaults = Vault::find().filter(Vault::LABEL.like("main%"));
/// # let _ = main_vaults;
/// ```
pub trait Entity: Sized + Send + Sync + 'static {
    /// The name of the table.
    const TABLE: &'static str;

    /// Returns the table and the schemas, which are built once.
    fn description() -> &'static EntityDescription;

    /// Reads a row from cells in the order of the table's columns.
    ///
    /// # Errors
    ///
    /// Returns an error if a field cannot hold its value.
    fn read(cells: &mut Cells) -> Result<Self, DecodeError>;

    /// Appends a cell for each of the table's columns, in order.
    fn write(&self, cells: &mut Vec<Cell>);

    /// Returns the table.
    fn table() -> &'static Table {
        &Self::description().table
    }

    /// Returns the schema of a create request.
    fn create_schema() -> &'static Schema {
        &Self::description().create
    }

    /// Returns the schema of an update request, in which every field is optional.
    fn update_schema() -> &'static Schema {
        &Self::description().update
    }

    /// Returns the schema of a response.
    fn answer_schema() -> &'static Schema {
        &Self::description().answer
    }

    /// Returns the cells of the row, in the order of the table's columns.
    fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::with_capacity(Self::table().columns.len());
        self.write(&mut cells);
        cells
    }

    /// Returns the values of the primary key, or `None` if the row is not stored yet.
    fn key(&self) -> Option<Vec<Value>> {
        let table = Self::table();
        let cells = self.cells();
        let value = |name: &String| match &cells[table.position(name)?] {
            Cell::Value(value) => Some(value.clone()),
            Cell::Unset | Cell::Pending(_) => None,
        };
        let key: Vec<Value> = table.primary_key.iter().map(value).collect::<Option<_>>()?;
        (!key.is_empty()).then_some(key)
    }

    /// Returns the row as a map of column names to values. Values that are not set yet are omitted.
    fn to_map(&self) -> Record {
        let columns = Self::table().columns.iter();
        let pairs = columns.zip(self.cells()).filter_map(|(column, cell)| match cell {
            Cell::Value(value) => Some((column.name.clone(), value)),
            Cell::Unset | Cell::Pending(_) => None,
        });
        pairs.collect()
    }

    /// Builds a row from a map of column names to values. Missing values are null or unset.
    ///
    /// # Errors
    ///
    /// Returns an error if a value does not fit its column, a required one is missing, or a column is unknown.
    fn from_map(mut map: Record) -> Result<Self, DecodeError> {
        let mut cells = Vec::with_capacity(Self::table().columns.len());
        for column in &Self::table().columns {
            let cell = match map.remove(&column.name) {
                None => Cell::Unset,
                Some(value) => {
                    let value = value.coerce(&column.kind);
                    Cell::Value(value.map_err(|error| DecodeError::new(&column.name, error.to_string()))?)
                }
            };
            cells.push(cell);
        }
        match map.iter().next() {
            Some((name, _)) => Err(DecodeError::new(name, format!("{} has no such column", Self::TABLE))),
            None => Self::read(&mut Cells::new(Self::table(), cells)),
        }
    }

    /// Returns whether both are the same row of the same table, with known and equal keys.
    fn same_row<E: Entity>(&self, other: &E) -> bool {
        Self::TABLE == E::TABLE && self.key().is_some_and(|key| other.key() == Some(key))
    }
}
