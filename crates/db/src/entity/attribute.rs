//! Columns of entities as constants, so that the compiler checks the names in a query.

use std::marker::PhantomData;

use mwallet_schema::Value;

use super::{ColumnValue, Entity};
use crate::query::{Comparison, Direction, Filter, Is, Operand, Order};

/// A column of an entity and the type of its values: `Order::MEMO`.
///
/// Its methods make [`Filter`]s and [`Order`]s; a wrong name or type does not compile.
pub struct Attribute<E, T> {
    name: &'static str,
    marker: PhantomData<fn() -> (E, T)>,
}

/// An entity that a group of columns is flattened into.
pub trait HasGroup<G>: Entity {}

impl<E, T> Clone for Attribute<E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, T> Copy for Attribute<E, T> {}

impl<E, T> Attribute<E, T> {
    /// The column of that name; the derive calls this. That the type is one of a column is said once, where the table
    /// is made.
    pub const fn new(name: &'static str) -> Self {
        Self { name, marker: PhantomData }
    }
}

impl<E: Entity, T: ColumnValue> Attribute<E, T> {
    /// The name of the column.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// Equal to a value.
    pub fn eq(self, value: impl Into<T::Plain>) -> Filter {
        self.compare(Comparison::Eq, value)
    }

    /// Not equal to a value; a null is neither.
    pub fn neq(self, value: impl Into<T::Plain>) -> Filter {
        self.compare(Comparison::Neq, value)
    }

    /// Greater than a value.
    pub fn gt(self, value: impl Into<T::Plain>) -> Filter {
        self.compare(Comparison::Gt, value)
    }

    /// Greater than a value or equal to it.
    pub fn gte(self, value: impl Into<T::Plain>) -> Filter {
        self.compare(Comparison::Gte, value)
    }

    /// Less than a value.
    pub fn lt(self, value: impl Into<T::Plain>) -> Filter {
        self.compare(Comparison::Lt, value)
    }

    /// Less than a value or equal to it.
    pub fn lte(self, value: impl Into<T::Plain>) -> Filter {
        self.compare(Comparison::Lte, value)
    }

    /// Between two values, both included.
    pub fn between(self, low: impl Into<T::Plain>, high: impl Into<T::Plain>) -> Filter {
        Filter::Between { column: self.name.into(), low: operand::<T>(low), high: operand::<T>(high) }
    }

    /// One of several values.
    pub fn in_<V: Into<T::Plain>>(self, values: impl IntoIterator<Item = V>) -> Filter {
        Filter::In { column: self.name.into(), values: values.into_iter().map(operand::<T>).collect() }
    }

    /// Null.
    pub fn is_null(self) -> Filter {
        Filter::Is { column: self.name.into(), is: Is::Null }
    }

    /// Not null.
    pub fn is_not_null(self) -> Filter {
        !self.is_null()
    }

    /// From the smallest to the largest, nulls last.
    pub fn asc(self) -> Order {
        Order { column: self.name.into(), direction: Direction::Ascending, nulls: None }
    }

    /// From the largest to the smallest, nulls first.
    pub fn desc(self) -> Order {
        Order { column: self.name.into(), direction: Direction::Descending, nulls: None }
    }

    fn compare(self, comparison: Comparison, value: impl Into<T::Plain>) -> Filter {
        Filter::Compare { column: self.name.into(), comparison, operand: operand::<T>(value) }
    }
}

impl<E: Entity, T: ColumnValue<Plain = String>> Attribute<E, T> {
    /// Like a pattern in which `%` stands for any text and `_` for one character.
    pub fn like(self, pattern: impl Into<String>) -> Filter {
        Filter::Like { column: self.name.into(), pattern: pattern.into(), fold_case: false }
    }

    /// Like a pattern, whatever the case of ASCII letters.
    pub fn ilike(self, pattern: impl Into<String>) -> Filter {
        Filter::Like { column: self.name.into(), pattern: pattern.into(), fold_case: true }
    }
}

fn operand<T: ColumnValue>(value: impl Into<T::Plain>) -> Operand {
    let plain: T::Plain = value.into();
    let value: Value = plain.into();
    Operand::Value(value)
}
