//! Entities: Rust structs that are rows of tables.
//!
//! `#[derive(Entity)]` writes the implementation of [`Entity`]; what it needs at run time is here. See
//! `docs/how-to/entity.md` for the attributes.

mod attribute;
mod builder;
mod cell;
mod groups;
mod types;

use mwallet_schema::{Record, Schema, Table, Value};

pub use attribute::{Attribute, HasGroup};
pub use builder::{EntityDescription, FieldSpec, ForeignKeySpec, NativeSpec, NativeTransfer, TableBuilder, TableSpec};
pub use cell::{Auto, Cell, Cells, DecodeError, Handle, PendingKey, Ref};
pub use groups::{ColumnGroup, Key, KeyColumns, Name, NameColumns, Timestamps, TimestampsColumns};
pub use types::{ColumnValue, Enumeration, Json, TypeLimits};

/// A Rust struct that is one row of one table. Derive it.
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
/// let filter = Vault::LABEL.like("main%");
/// ```
pub trait Entity: Sized + Send + Sync + 'static {
    /// The name of the table.
    const TABLE: &'static str;

    /// The table and the schemas, made once.
    fn description() -> &'static EntityDescription;

    /// Reads one row; the cells stand in the order of the table's columns.
    ///
    /// # Errors
    ///
    /// Where a value is not one that the field can hold.
    fn read(cells: &mut Cells) -> Result<Self, DecodeError>;

    /// Writes one row: a cell for each of the table's columns, in their order.
    fn write(&self, cells: &mut Vec<Cell>);

    /// The table.
    fn table() -> &'static Table {
        &Self::description().table
    }

    /// What a client gives to create one.
    fn create_schema() -> &'static Schema {
        &Self::description().create
    }

    /// What a client gives to change one: every field optional.
    fn update_schema() -> &'static Schema {
        &Self::description().update
    }

    /// What a client is answered.
    fn answer_schema() -> &'static Schema {
        &Self::description().answer
    }

    /// The cells of the row, in the order of the table's columns.
    fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::with_capacity(Self::table().columns.len());
        self.write(&mut cells);
        cells
    }

    /// The values of the primary key; `None` while the row is not stored.
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

    /// The row as a map of column names to values; what is still to be filled in is left out.
    fn to_map(&self) -> Record {
        let columns = Self::table().columns.iter();
        let pairs = columns.zip(self.cells()).filter_map(|(column, cell)| match cell {
            Cell::Value(value) => Some((column.name.clone(), value)),
            Cell::Unset | Cell::Pending(_) => None,
        });
        pairs.collect()
    }

    /// Makes a row of a map of column names to values; what is absent is null or still to be filled in.
    ///
    /// # Errors
    ///
    /// Where a value is not one of its column, a required one is absent, or a name is no column.
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

    /// Whether both are the same row of the same table: their keys are known and equal.
    fn same_row<E: Entity>(&self, other: &E) -> bool {
        Self::TABLE == E::TABLE && self.key().is_some_and(|key| other.key() == Some(key))
    }
}
