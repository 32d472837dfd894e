//! Rows as maps, tuples, structs and entities.

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

    /// Takes the value of a column, of which null is left.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such column, or if the type cannot hold its value.
    pub fn take<T: ColumnValue>(&mut self, column: &str) -> Result<T, DecodeError> {
        let position = self.columns.iter().position(|found| found.name == column);
        let value = position.and_then(|position| self.values.get_mut(position));
        let value = value.ok_or_else(|| DecodeError::new(column, "the row has no such column"))?;
        let cell = Cell::Value(std::mem::replace(value, Value::Null));
        T::from_cell(cell).map_err(|reason| DecodeError::new(column, reason))
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

/// A type that a row can be decoded as: [`Row`], a tuple of the values in order, an entity, or a struct that derives
/// it.
///
/// ```
/// # async fn example(engine: mwallet_db::Engine) -> mwallet_db::Result<()> {
/// use mwallet_db::schema::ColumnType;
/// use mwallet_db::{FromRow, Sql, crud};
///
/// #[derive(FromRow)]
/// struct OrdersOfUser {
///     usid: String,
///     #[from_row(column = "count")]
///     orders: i64,
/// }
///
/// let sql = Sql::new("SELECT usid, count(*) FROM orders GROUP BY usid")
///     .returns("usid", ColumnType::Text { max: None })
///     .returns("count", ColumnType::BigInt);
/// for user in crud::select::<OrdersOfUser>(&engine, sql).await? {
///     println!("{}: {}", user.usid, user.orders);
/// }
/// # Ok(())
/// # }
/// ```
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

impl<E: Entity> FromRow for E {
    fn from_row(row: Row) -> Result<Self, DecodeError> {
        row.into_entity()
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
