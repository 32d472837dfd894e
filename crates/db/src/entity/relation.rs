//! Relations between entities as constants, so that the compiler checks both ends.

use std::fmt;
use std::marker::PhantomData;

use mwallet_schema::Table;

use super::{Attribute, ColumnValue, Entity, Ref};
use crate::query::{Filter, JunctionPath, RelatedFilter, RelationPath};

/// The maximum number of columns of one key.
const MAX_COLUMNS: usize = 8;

/// A relation to at most one row of another entity: `Order::USER`.
///
/// The derive declares one for each field of the type [`Ref`], named after it without `_id`. Other keys are declared by
/// [`Attribute::references`].
///
/// ```
/// # use mwallet_db::{Entity, Filter, Key, Ref, ToMany, ToOne};
/// #[derive(Clone, Debug, Entity)]
/// struct Coin { #[entity(flatten)] key: Key, #[entity(unique)] symbol: String }
/// #[derive(Clone, Debug, Entity)]
/// struct Price { #[entity(flatten)] key: Key, symbol: String, source_id: Ref<Source> }
/// #[derive(Clone, Debug, Entity)]
/// struct Source { #[entity(flatten)] key: Key, name: String }
///
/// impl Price {
///     const COIN: ToOne<Price, Coin> = Price::SYMBOL.references(Coin::SYMBOL);
/// }
/// impl Coin {
///     const PRICES: ToMany<Coin, Price> = Price::COIN.inverse();
///     const SOURCES: ToMany<Coin, Source> = Coin::PRICES.through(Price::SOURCE);
/// }
///
/// let traded = Coin::find().filter(Coin::PRICES.any(Price::SOURCE.matches(Source::NAME.like("K%"))));
/// # let _ = traded;
/// ```
pub struct ToOne<From, To> {
    pairs: Pairs,
    ends: PhantomData<fn() -> (From, To)>,
}

/// A relation to any number of rows of another entity: the [inverse](ToOne::inverse) of a [`ToOne`], or one
/// [through](ToMany::through) a third entity.
pub struct ToMany<From, To> {
    pairs: Pairs,
    junction: Option<Between>,
    ends: PhantomData<fn() -> (From, To)>,
}

/// The table between.
#[derive(Clone, Copy)]
struct Between {
    table: fn() -> &'static Table,
    /// The equal columns of it and of the related rows.
    pairs: Pairs,
}

/// The names of equal columns.
#[derive(Clone, Copy)]
struct Pairs {
    names: [(&'static str, &'static str); MAX_COLUMNS],
    count: usize,
}

/// The type of a field that refers to another entity: a [`Ref`], possibly in an `Option`.
pub trait Reference: ColumnValue {
    /// The other entity.
    type Target: Entity;
}

impl<E: Entity> Reference for Ref<E> {
    type Target = E;
}

impl<T: Reference> Reference for Option<T> {
    type Target = T::Target;
}

impl<E: Entity, T: Reference> Attribute<E, T> {
    /// Returns the relation to the row that the column refers to.
    pub const fn relation(self) -> ToOne<E, T::Target> {
        ToOne { pairs: Pairs::one(self.name(), "id"), ends: PhantomData }
    }
}

impl<E: Entity, T: ColumnValue> Attribute<E, T> {
    /// Returns the relation to the row of another entity that has the same value in a unique column.
    pub const fn references<To: Entity, U: ColumnValue<Plain = T::Plain>>(
        self,
        other: Attribute<To, U>,
    ) -> ToOne<E, To> {
        ToOne { pairs: Pairs::one(self.name(), other.name()), ends: PhantomData }
    }
}

impl<From: Entity, To: Entity> ToOne<From, To> {
    /// Returns a relation by several columns, which must all be equal:
    /// `Line::BRANCH.references(Order::BRANCH).and(Line::NUMBER.references(Order::NUMBER))`.
    ///
    /// # Panics
    ///
    /// Panics if there are more than eight columns, of a constant when it is compiled.
    pub const fn and(self, other: Self) -> Self {
        Self { pairs: self.pairs.and(other.pairs), ends: PhantomData }
    }

    /// Returns the relation from the other end, on which there can be several rows.
    pub const fn inverse(self) -> ToMany<To, From> {
        ToMany { pairs: self.pairs.swapped(), junction: None, ends: PhantomData }
    }

    /// Returns the relation from the other end, on which there is at most one row, because the columns of this end are
    /// unique.
    pub const fn inverse_one(self) -> ToOne<To, From> {
        ToOne { pairs: self.pairs.swapped(), ends: PhantomData }
    }

    /// There is a related row, and it meets a filter.
    pub fn matches(self, filter: Filter) -> Filter {
        exists(self.path(), filter)
    }

    pub(crate) fn path(self) -> RelationPath {
        RelationPath { from: From::table(), to: To::table(), columns: self.pairs.to_vec(), junction: None }
    }
}

impl<From: Entity, To: Entity> ToMany<From, To> {
    /// Returns the relation to the rows that these refer to: from a user by its memberships to its groups.
    ///
    /// # Panics
    ///
    /// Panics if this relation goes through an entity already, if it is a constant when it is compiled.
    pub const fn through<Far: Entity>(self, next: ToOne<To, Far>) -> ToMany<From, Far> {
        assert!(self.junction.is_none(), "a relation goes through one entity at most");
        ToMany { pairs: self.pairs, junction: Some(Between { table: To::table, pairs: next.pairs }), ends: PhantomData }
    }

    /// At least one related row meets a filter.
    pub fn any(self, filter: Filter) -> Filter {
        exists(self.path(), filter)
    }

    /// No related row meets a filter, or there are none.
    pub fn none(self, filter: Filter) -> Filter {
        !self.any(filter)
    }

    /// There is at least one related row.
    pub fn exists(self) -> Filter {
        self.any(Filter::And(Vec::new()))
    }

    pub(crate) fn path(self) -> RelationPath {
        let junction =
            self.junction.map(|between| JunctionPath { table: (between.table)(), columns: between.pairs.to_vec() });
        RelationPath { from: From::table(), to: To::table(), columns: self.pairs.to_vec(), junction }
    }
}

fn exists(path: RelationPath, filter: Filter) -> Filter {
    Filter::Exists(Box::new(RelatedFilter::new(path, filter)))
}

impl Pairs {
    const fn one(own: &'static str, other: &'static str) -> Self {
        let mut names = [("", ""); MAX_COLUMNS];
        names[0] = (own, other);
        Self { names, count: 1 }
    }

    const fn and(self, other: Self) -> Self {
        let mut all = self;
        let mut index = 0;
        while index < other.count {
            assert!(all.count < MAX_COLUMNS, "a relation has eight columns at most");
            all.names[all.count] = other.names[index];
            all.count += 1;
            index += 1;
        }
        all
    }

    const fn swapped(self) -> Self {
        let mut all = self;
        let mut index = 0;
        while index < all.count {
            let (own, other) = all.names[index];
            all.names[index] = (other, own);
            index += 1;
        }
        all
    }

    fn to_vec(self) -> Vec<(&'static str, &'static str)> {
        self.names[..self.count].to_vec()
    }
}

impl<From, To> Clone for ToOne<From, To> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<From, To> Copy for ToOne<From, To> {}

impl<From, To> Clone for ToMany<From, To> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<From, To> Copy for ToMany<From, To> {}

impl<From: Entity, To: Entity> fmt::Debug for ToOne<From, To> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToOne({} -> {})", From::TABLE, To::TABLE)
    }
}

impl<From: Entity, To: Entity> fmt::Debug for ToMany<From, To> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToMany({} -> {})", From::TABLE, To::TABLE)
    }
}
