//! The value of one column between an entity and its row.

use std::fmt;
use std::marker::PhantomData;

use mwallet_schema::{Table, Value};

use crate::Entity;

/// The value of one column of an entity.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Not set: the default is filled in on write.
    Unset,
    /// A value, which may be null.
    Value(Value),
    /// The key of a row that its session has not written yet.
    Pending(PendingKey),
}

/// Identifies a row of a session. See [`Handle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PendingKey {
    pub(crate) session: u64,
    pub(crate) position: usize,
}

/// A row that was added to a session. A foreign key can refer to it before it is written.
pub struct Handle<E> {
    pub(crate) key: PendingKey,
    marker: PhantomData<fn() -> E>,
}

impl<E> Handle<E> {
    pub(crate) fn new(key: PendingKey) -> Self {
        Self { key, marker: PhantomData }
    }
}

impl<E> Clone for Handle<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Handle<E> {}

impl<E> fmt::Debug for Handle<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.key.position)
    }
}

/// A foreign key to another entity's `id`.
///
/// Holds the ID, or the [`Handle`] of a row that is added in the same session.
pub enum Ref<E> {
    /// The ID of a stored row.
    Id(i64),
    /// A row of a session that is not written yet.
    Pending(Handle<E>),
}

impl<E> Ref<E> {
    /// Returns the ID, or `None` if the row is not written yet.
    pub fn id(&self) -> Option<i64> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Pending(_) => None,
        }
    }
}

impl<E> Clone for Ref<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Ref<E> {}

impl<E> fmt::Debug for Ref<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "Ref({id})"),
            Self::Pending(handle) => write!(f, "Ref({handle:?})"),
        }
    }
}

impl<E> PartialEq for Ref<E> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Id(left), Self::Id(right)) => left == right,
            (Self::Pending(left), Self::Pending(right)) => left.key == right.key,
            _ => false,
        }
    }
}

impl<E> Eq for Ref<E> {}

impl<E> From<i64> for Ref<E> {
    fn from(id: i64) -> Self {
        Self::Id(id)
    }
}

impl<E: Entity> From<Handle<E>> for Ref<E> {
    fn from(handle: Handle<E>) -> Self {
        Self::Pending(handle)
    }
}

/// A value that is filled in on write unless it is set, such as an ID, a slug or a creation time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auto<T> {
    /// Filled in on write.
    #[default]
    Unset,
    /// Set, or read from the database.
    Set(T),
}

impl<T> Auto<T> {
    /// Returns the value, if it is known.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Unset => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<T> From<T> for Auto<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl<T: PartialEq> PartialEq<T> for Auto<T> {
    fn eq(&self, other: &T) -> bool {
        self.get() == Some(other)
    }
}

/// The reason why a row cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{column}: {reason}")]
pub struct DecodeError {
    column: String,
    reason: String,
}

impl DecodeError {
    /// Creates an error for a column.
    pub fn new(column: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { column: column.into(), reason: reason.into() }
    }
}

/// The cells of one row, taken in order.
pub struct Cells {
    table: &'static Table,
    next: usize,
    cells: std::vec::IntoIter<Cell>,
}

impl Cells {
    /// Wraps the cells of a row, one per column in the table's order.
    pub fn new(table: &'static Table, cells: Vec<Cell>) -> Self {
        Self { table, next: 0, cells: cells.into_iter() }
    }

    /// Takes the next cell as a field of an entity.
    ///
    /// # Errors
    ///
    /// Returns an error if the field cannot hold the cell.
    pub fn take<T: super::ColumnValue>(&mut self) -> Result<T, DecodeError> {
        let name = self.table.columns.get(self.next).map_or("?", |column| column.name.as_str());
        self.next += 1;
        let cell = self.cells.next().ok_or_else(|| DecodeError::new(name, "the row ends before this column"))?;
        T::from_cell(cell).map_err(|reason| DecodeError::new(name, reason))
    }
}
