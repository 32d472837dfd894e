//! Entity columns as constants, so that the compiler checks the names in queries.

use std::marker::PhantomData;

use mwallet_schema::Value;

use super::{ColumnValue, Entity};
use crate::query::{Comparison, Direction, Filter, Is, Operand, Order};

/// A column of an entity, typed by its values: `Order::MEMO`.
///
/// Its methods build [`Filter`]s and [`Order`]s. A wrong name or type does not compile.
pub struct Attribute<E, T> {
    name: &'static str,
    marker: PhantomData<fn() -> (E, T)>,
}

/// An entity that includes a flattened column group.
pub trait HasGroup<G>: Entity {}

impl<E, T> Clone for Attribute<E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T> Copy for Attribute<E, T> {}

impl<E, T> Attribute<E, T> {
    /// Creates an attribute; the derive calls this. `T` is not bounded here, because the table builder already checks
    /// that it is a column type.
    pub const fn new(name: &'static str) -> Self {
        Self { name, marker: PhantomData }
    }
}

impl<E: Entity, T: ColumnValue> Attribute<E, T> {
    /// Returns the name of the column.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The column equals a value.
    pub fn eq(self, value: impl Into<T::Plain>) -> Filter {
        self.compare(Comparison::Eq, value)
    }

    /// The column does not equal a value. Nulls do not match.
    pub fn neq(self, value: impl Into<T::Plain>) -> Filter {
        self.compare(Comparison::Neq, value)
    }

    /// The column is greater than a value.
    pub fn gt(self, value: impl Into<T::Plain>) -> Filter {
        self.compare(Comparison::Gt, value)
    }

    /// The column is greater than or equal to a value.
    pub fn gte(self, value: impl Into<T::Plain>) -> Filter {
        self.compare(Comparison::Gte, value)
    }

    /// The column is less than a value.
    pub fn lt(self, value: impl Into<T::Plain>) -> Filter {
        self.compare(Comparison::Lt, value)
    }

    /// The column is less than or equal to a value.
    pub fn lte(self, value: impl Into<T::Plain>) -> Filter {
        self.compare(Comparison::Lte, value)
    }

    /// The column is between two values, inclusive.
    pub fn between(self, low: impl Into<T::Plain>, high: impl Into<T::Plain>) -> Filter {
        Filter::Between { field: self.name.into(), low: operand::<T>(low), high: operand::<T>(high) }
    }

    /// The column equals one of several values.
    pub fn in_<V: Into<T::Plain>>(self, values: impl IntoIterator<Item = V>) -> Filter {
        Filter::In { field: self.name.into(), values: values.into_iter().map(operand::<T>).collect() }
    }

    /// The column is null.
    pub fn is_null(self) -> Filter {
        Filter::Is { field: self.name.into(), is: Is::Null }
    }

    /// The column is not null.
    pub fn is_not_null(self) -> Filter {
        !self.is_null()
    }

    /// Orders ascending, with nulls last.
    pub fn asc(self) -> Order {
        Order { relation: None, field: self.name.into(), direction: Direction::Ascending, nulls: None }
    }

    /// Orders descending, with nulls first.
    pub fn desc(self) -> Order {
        Order { relation: None, field: self.name.into(), direction: Direction::Descending, nulls: None }
    }

    /// Sets the column to a value, in the changes of an [update](crate::Find::update).
    pub fn set(self, value: impl Into<T::Plain>) -> (&'static str, Value) {
        let plain: T::Plain = value.into();
        (self.name, plain.into())
    }

    /// Sets the column to null, in the changes of an [update](crate::Find::update).
    pub fn set_null(self) -> (&'static str, Value) {
        (self.name, Value::Null)
    }

    fn compare(self, comparison: Comparison, value: impl Into<T::Plain>) -> Filter {
        Filter::Compare { field: self.name.into(), comparison, operand: operand::<T>(value) }
    }
}

impl<E: Entity, T: ColumnValue<Plain = String>> Attribute<E, T> {
    /// The column matches a pattern, in which `%` matches any text and `_` one character.
    pub fn like(self, pattern: impl Into<String>) -> Filter {
        Filter::Like { field: self.name.into(), pattern: pattern.into(), fold_case: false }
    }

    /// The column matches a pattern, ignoring the case of ASCII letters.
    pub fn ilike(self, pattern: impl Into<String>) -> Filter {
        Filter::Like { field: self.name.into(), pattern: pattern.into(), fold_case: true }
    }
}

fn operand<T: ColumnValue>(value: impl Into<T::Plain>) -> Operand {
    let plain: T::Plain = value.into();
    let value: Value = plain.into();
    Operand::Value(value)
}
