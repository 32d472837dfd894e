//! Queries on the rows of an entity.

use std::marker::PhantomData;

use mwallet_schema::{Record, Value};

use super::KeyValues;
use crate::crud::{self, Changed};
use crate::entity::Entity;
use crate::error::Result;
use crate::executor::Executor;
use crate::query::{Aggregate, Filter, Identifier, Order, Query};
use crate::stream::Rows;

/// A query on the rows of an entity, begun by `Order::find()` or `Order::by_key(5)`.
///
/// ```
/// # use mwallet_db::{Engine, Entity, Key, KeyColumns};
/// #[derive(Clone, Debug, Entity)]
/// struct Coin { #[entity(flatten)] key: Key, #[entity(unique)] symbol: String, rank: Option<i32> }
///
/// # #[cfg(feature = "sqlite")]
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let engine = Engine::new(&"sqlite::memory:".parse().unwrap())?;
/// engine.create_all(&[Coin::table()]).await?;
/// let coins = ["BTC", "LTC", "DASH"].map(|symbol| Coin { key: Key::default(), symbol: symbol.into(), rank: None });
/// Coin::create_many(&engine, coins).await?;
///
/// let page = Coin::find().filter(Coin::SYMBOL.neq("BTC")).order(Coin::SYMBOL.asc()).limit(1).page(&engine).await?;
/// assert_eq!((page.rows[0].symbol.as_str(), page.total), ("DASH", 2));
///
/// let first = Coin::by_key(1).one(&engine).await?;
/// assert_eq!(first.map(|coin| coin.symbol), Some("BTC".into()));
///
/// Coin::find().filter(Coin::SYMBOL.eq("LTC")).update(&engine, [Coin::RANK.set(4)]).await?;
/// assert_eq!(Coin::find().filter(Coin::RANK.eq(4)).count(&engine).await?, 1);
/// # Ok::<(), mwallet_db::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "a query does nothing until it is run: .one, .all, .stream, .count, .page"]
pub struct Find<E> {
    query: Query,
    entity: PhantomData<fn() -> E>,
}

/// A part of the rows that a query selects.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<E> {
    /// The rows of the page.
    pub rows: Vec<E>,
    /// The number of rows without the skip and limit of the query.
    pub total: u64,
}

impl<E> Clone for Find<E> {
    fn clone(&self) -> Self {
        Self { query: self.query.clone(), entity: PhantomData }
    }
}

/// Runs a query that was made elsewhere. Its columns and related rows are ignored: entities are read whole.
impl<E: Entity> From<Query> for Find<E> {
    fn from(query: Query) -> Self {
        let query = Query { fields: crate::Projection::All, related: Vec::new(), ..query };
        Self { query, entity: PhantomData }
    }
}

impl<E: Entity> Default for Find<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Entity> Find<E> {
    /// Selects every row.
    pub fn new() -> Self {
        Query::new().into()
    }

    /// Selects the row with a primary key. It fails when it runs if the key has another number of columns.
    pub fn by_key(key: impl KeyValues) -> Self {
        Self::new().filter(Filter::in_keys(E::table().primary_key.clone(), [key.into_values()]))
    }

    /// Adds a filter, combined with earlier ones by AND.
    pub fn filter(self, filter: Filter) -> Self {
        Self { query: self.query.filter(filter), ..self }
    }

    /// Selects only the row with this identifier: its ID, UUID, slug or key.
    pub fn identifier(self, identifier: impl Into<Identifier>) -> Self {
        Self { query: self.query.identifier(identifier), ..self }
    }

    /// Adds a sort key, which breaks ties of the earlier ones.
    pub fn order(self, order: Order) -> Self {
        Self { query: self.query.order(order), ..self }
    }

    /// Skips the first rows.
    pub fn skip(self, rows: u64) -> Self {
        Self { query: self.query.skip(rows), ..self }
    }

    /// Limits the number of rows.
    pub fn limit(self, rows: u64) -> Self {
        Self { query: self.query.limit(rows), ..self }
    }

    /// Returns the query, for operations on tables.
    pub fn into_query(self) -> Query {
        self.query
    }

    /// Returns the row, or the first one in the order of the query if it selects several.
    ///
    /// # Errors
    ///
    /// Returns an error if the query does not fit the table.
    pub async fn one(self, executor: impl Into<Executor<'_>>) -> Result<Option<E>> {
        let limit = self.query.limit.unwrap_or(1).min(1);
        Ok(self.limit(limit).all(executor).await?.pop())
    }

    /// Returns the rows.
    ///
    /// # Errors
    ///
    /// Returns an error if the query does not fit the table.
    pub async fn all(self, executor: impl Into<Executor<'_>>) -> Result<Vec<E>> {
        crud::list_as(executor.into(), E::table(), &self.query).await
    }

    /// Returns the rows as a lazy stream.
    ///
    /// # Errors
    ///
    /// Returns an error if the query does not fit the table.
    pub async fn stream<'d>(self, executor: impl Into<Executor<'d>>) -> Result<Rows<'d, E>> {
        crud::stream_as(executor.into(), E::table(), &self.query).await
    }

    /// Returns the number of rows, ignoring skip and limit.
    ///
    /// # Errors
    ///
    /// Returns an error if the query does not fit the table.
    pub async fn count(self, executor: impl Into<Executor<'_>>) -> Result<u64> {
        crud::count(executor, E::table(), &self.query).await
    }

    /// Returns the rows, and how many there are without skip and limit. On an engine both are as of the same moment; in
    /// a session that holds if its isolation does so.
    ///
    /// # Errors
    ///
    /// Returns an error if the query does not fit the table.
    pub async fn page(self, executor: impl Into<Executor<'_>>) -> Result<Page<E>> {
        let (rows, total) = crud::page_as(executor.into(), E::table(), &self.query).await?;
        Ok(Page { rows, total })
    }

    /// Computes aggregates over the rows, and returns one value each.
    ///
    /// # Errors
    ///
    /// Returns an error if the query does not fit the table, or if a column does not support the aggregate.
    pub async fn aggregate(self, executor: impl Into<Executor<'_>>, aggregates: &[Aggregate]) -> Result<Vec<Value>> {
        crud::aggregate(executor, E::table(), &self.query, aggregates).await
    }

    /// Updates the rows, and returns the new rows: `.update(&engine, [Order::MEMO.set("new")])`.
    ///
    /// # Errors
    ///
    /// Returns an error if the query has no filter, or if the changes do not fit the table or violate a constraint.
    /// Nothing is changed then.
    pub async fn update(self, executor: impl Into<Executor<'_>>, changes: impl Into<Record>) -> Result<Changed<E>> {
        self.query.require_filter("an update")?;
        crud::update_as(executor.into(), E::table(), &self.query, changes.into()).await
    }

    /// Deletes the rows, and returns them.
    ///
    /// # Errors
    ///
    /// Returns an error if the query has no filter, or if another row refers to one of the rows. Nothing is deleted
    /// then.
    pub async fn delete(self, executor: impl Into<Executor<'_>>) -> Result<Changed<E>> {
        self.query.require_filter("a deletion")?;
        crud::delete_as(executor.into(), E::table(), &self.query).await
    }
}
