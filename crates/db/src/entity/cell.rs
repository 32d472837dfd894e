//! One column's value on its way between an entity and its row.

use std::fmt;
use std::marker::PhantomData;

use mwallet_schema::{Table, Value};

use crate::Entity;

/// What an entity says of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing: the default is filled in when the row is written.
    Unset,
    /// A value, which may be null.
    Value(Value),
    /// The key of a row that a session has not written yet.
    Pending(PendingKey),
}

/// Which of a session's rows a [`Handle`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PendingKey {
    pub(crate) session: u64,
    pub(crate) position: usize,
}

/// A row that was added to a session: a foreign key may hold it before the row is written.
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

/// A reference to a row of another entity by its `id`: a foreign key.
///
/// It holds the id, or the [`Handle`] of a row that is added in the same session.
pub enum Ref<E> {
    /// The id of a stored row.
    Id(i64),
    /// A row of a session that is not written yet.
    Pending(Handle<E>),
}

impl<E> Ref<E> {
    /// The id, unless the row is not written yet.
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

/// A value that is filled in when the row is written, unless it was set: an id, a slug, a time of creation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auto<T> {
    /// To be filled in.
    #[default]
    Unset,
    /// Known.
    Set(T),
}

impl<T> Auto<T> {
    /// The value, if it is known.
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

/// Why a row is not an entity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{column}: {reason}")]
pub struct DecodeError {
    column: String,
    reason: String,
}

impl DecodeError {
    /// Says what is wrong with a column.
    pub fn new(column: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { column: column.into(), reason: reason.into() }
    }
}

/// The cells of one row, taken one after the other.
pub struct Cells {
    table: &'static Table,
    next: usize,
    cells: std::vec::IntoIter<Cell>,
}

impl Cells {
    /// The cells of a row of a table, one for each column in their order.
    pub fn new(table: &'static Table, cells: Vec<Cell>) -> Self {
        Self { table, next: 0, cells: cells.into_iter() }
    }

    /// Takes the next cell as a field of an entity.
    ///
    /// # Errors
    ///
    /// Where the cell is none that the field can hold.
    pub fn take<T: super::ColumnValue>(&mut self) -> Result<T, DecodeError> {
        let name = self.table.columns.get(self.next).map_or("?", |column| column.name.as_str());
        self.next += 1;
        let cell = self.cells.next().ok_or_else(|| DecodeError::new(name, "the row ends before this column"))?;
        T::from_cell(cell).map_err(|reason| DecodeError::new(name, reason))
    }
}
