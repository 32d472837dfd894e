//! Rows as maps, tuples and entities.

use mwallet_schema::{Record, Value};

use crate::columns::Columns;
use crate::entity::{Cell, Cells, ColumnValue, DecodeError, Entity};

/// A result row, with values by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    columns: Columns,
    values: Vec<Value>,
}

impl Row {
    pub(crate) fn new(columns: Columns, values: Vec<Value>) -> Self {
        Self { columns, values }
    }

    /// Returns the value of a column.
    pub fn get(&self, column: &str) -> Option<&Value> {
        self.columns.iter().position(|found| found.name == column).and_then(|index| self.values.get(index))
    }

    /// Returns the names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.columns.iter().map(|column| column.name.as_str()).zip(&self.values)
    }

    /// Returns the values in order.
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// Converts the row to a map of names to values.
    pub fn into_map(self) -> Record {
        self.columns.iter().map(|column| column.name.clone()).zip(self.values).collect()
    }

    /// Converts the row to an entity.
    ///
    /// # Errors
    ///
    /// Returns an error if the columns differ from those of the entity's table, or if a field cannot hold its value.
    pub fn into_entity<E: Entity>(self) -> Result<E, DecodeError> {
        let table = E::table();
        let same = table.columns.len() == self.columns.len()
            && table.columns.iter().zip(self.columns.iter()).all(|(column, found)| column.name == found.name);
        if !same {
            return Err(DecodeError::new(E::TABLE, "the row has other columns than the entity"));
        }
        E::read(&mut Cells::new(table, self.values.into_iter().map(Cell::Value).collect()))
    }
}

/// A type that a row can be decoded as: [`Row`], a tuple of the values in order, or an entity as [`Of`]. See also
/// [`Row::into_entity`].
pub trait FromRow: Sized {
    /// Decodes a row.
    ///
    /// # Errors
    ///
    /// Returns an error if a value has another type.
    fn from_row(row: Row) -> Result<Self, DecodeError>;
}

impl FromRow for Row {
    fn from_row(row: Row) -> Result<Self, DecodeError> {
        Ok(row)
    }
}

/// Wraps an entity where an operation accepts any [`FromRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Of<E>(pub E);

impl<E: Entity> FromRow for Of<E> {
    fn from_row(row: Row) -> Result<Self, DecodeError> {
        row.into_entity().map(Self)
    }
}

macro_rules! tuple {
    ($($kind:ident)+) => {
        impl<$($kind: ColumnValue),+> FromRow for ($($kind,)+) {
            fn from_row(row: Row) -> Result<Self, DecodeError> {
                let columns = row.columns;
                let mut values = columns.iter().map(|column| column.name.as_str()).zip(row.values);
                Ok(($({
                    let (name, value) = values.next().ok_or_else(|| DecodeError::new("row", "has fewer columns than \
                        the tuple"))?;
                    $kind::from_cell(Cell::Value(value)).map_err(|reason| DecodeError::new(name, reason))?
                },)+))
            }
        }
    };
}

tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D F);
tuple!(A B C D F G);
tuple!(A B C D F G H);
tuple!(A B C D F G H I);
