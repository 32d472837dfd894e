//! Loads the rows that are related to many rows, in one statement.

use std::collections::HashMap;
use std::ops::Range;

use mwallet_schema::{Value, json};

use crate::entity::{Cell, Cells, Entity, ToMany, ToOne};
use crate::error::Result;
use crate::executor::Executor;
use crate::query::{Filter, Order, Plan, Query, RelationPath};

/// Loads related rows of entities.
///
/// ```
/// # use mwallet_db::{Engine, Entity, Key, LoadRelated, Ref, ToMany};
/// # #[derive(Clone, Debug, Entity)]
/// # struct User { #[entity(flatten)] key: Key, name: String }
/// # #[derive(Clone, Debug, Entity)]
/// # struct Order { #[entity(flatten)] key: Key, user_id: Option<Ref<User>> }
/// impl User {
///     const ORDERS: ToMany<User, Order> = Order::USER.inverse();
/// }
///
/// # async fn example(engine: Engine) -> mwallet_db::Result<()> {
/// let orders = Order::find().limit(100).all(&engine).await?;
/// let users = orders.load_one(&engine, Order::USER).await?;
/// for (order, user) in orders.iter().zip(users.iter()) {
///     println!("{:?}: {:?}", order.key.id, user.map(|user| &user.name));
/// }
///
/// let users = User::find().limit(100).all(&engine).await?;
/// let orders = users.load_many(&engine, User::ORDERS).await?;
/// for (user, orders) in users.iter().zip(orders.iter()) {
///     println!("{} has {} orders", user.name, orders.len());
/// }
/// # Ok(())
/// # }
/// ```
pub trait LoadRelated<E: Entity> {
    /// Loads the related row of each row.
    ///
    /// # Errors
    ///
    /// Returns an error if the database reports one.
    fn load_one<'d, To: Entity>(
        &self,
        executor: impl Into<Executor<'d>>,
        relation: ToOne<E, To>,
    ) -> impl Future<Output = Result<LoadedOne<To>>> + Send;

    /// Loads the related rows of each row: all of them, in the order of their key, or those of a [`RelatedQuery`].
    ///
    /// # Errors
    ///
    /// Returns an error if the database reports one, or if the query does not fit the related table.
    fn load_many<'d, To: Entity>(
        &self,
        executor: impl Into<Executor<'d>>,
        relation: impl Into<RelatedQuery<E, To>>,
    ) -> impl Future<Output = Result<LoadedMany<To>>> + Send;
}

/// The related rows to load: those of a relation that meet a filter, in an order.
///
/// ```
/// # use mwallet_db::{Entity, Key, RelatedQuery, Ref, ToMany};
/// # #[derive(Clone, Debug, Entity)]
/// # struct User { #[entity(flatten)] key: Key, name: String }
/// # #[derive(Clone, Debug, Entity)]
/// # struct Order { #[entity(flatten)] key: Key, user_id: Ref<User>, memo: Option<String> }
/// # const ORDERS: ToMany<User, Order> = Order::USER.inverse();
/// let noted = RelatedQuery::from(ORDERS).filter(Order::MEMO.is_not_null()).order(Order::MEMO.asc());
/// # let _ = noted;
/// ```
#[derive(Clone)]
pub struct RelatedQuery<From, To> {
    relation: ToMany<From, To>,
    query: Query,
}

/// The related row of each row, in the order of the rows.
#[derive(Clone, Debug)]
pub struct LoadedOne<To> {
    rows: Vec<To>,
    /// The position in `rows` for each of the given rows.
    positions: Vec<Option<usize>>,
}

/// The related rows of each row, in the order of the rows.
#[derive(Clone, Debug)]
pub struct LoadedMany<To> {
    /// Grouped by what they are related to.
    rows: Vec<To>,
    /// The range in `rows` for each of the given rows.
    ranges: Vec<Range<usize>>,
}

impl<E: Entity> LoadRelated<E> for [E] {
    fn load_one<'d, To: Entity>(
        &self,
        executor: impl Into<Executor<'d>>,
        relation: ToOne<E, To>,
    ) -> impl Future<Output = Result<LoadedOne<To>>> + Send {
        let executor = executor.into();
        async move {
            let (rows, ranges) = load(executor, self, &relation.path(), Query::new()).await?;
            let positions = ranges.into_iter().map(|range| (!range.is_empty()).then_some(range.start)).collect();
            Ok(LoadedOne { rows, positions })
        }
    }

    fn load_many<'d, To: Entity>(
        &self,
        executor: impl Into<Executor<'d>>,
        relation: impl Into<RelatedQuery<E, To>>,
    ) -> impl Future<Output = Result<LoadedMany<To>>> + Send {
        let (executor, RelatedQuery { relation, query }) = (executor.into(), relation.into());
        async move {
            let (rows, ranges) = load(executor, self, &relation.path(), query).await?;
            Ok(LoadedMany { rows, ranges })
        }
    }
}

/// Loads related rows, in groups. Returns the range of its group for each of the given rows.
async fn load<E: Entity, To: Entity>(
    executor: Executor<'_>,
    rows: &[E],
    path: &RelationPath,
    query: Query,
) -> Result<(Vec<To>, Vec<Range<usize>>)> {
    let own: Vec<&str> = path.columns.iter().map(|(own, _)| *own).collect();
    let keys: Vec<Option<Vec<Value>>> = rows.iter().map(|row| key_of(row, &own)).collect();
    let mut groups: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut distinct = Vec::new();
    let mut group_of = |key: &Option<Vec<Value>>| {
        let key = key.as_ref()?;
        Some(*groups.entry(spelled(key)).or_insert_with(|| {
            distinct.push(key.clone());
            distinct.len() - 1
        }))
    };
    let positions: Vec<Option<usize>> = keys.iter().map(&mut group_of).collect();
    if distinct.is_empty() {
        return Ok((Vec::new(), rows.iter().map(|_| 0..0).collect()));
    }
    let mut loaded: Vec<Vec<To>> = distinct.iter().map(|_| Vec::new()).collect();
    for (key, row) in select(executor, path, distinct, query).await? {
        if let Some(group) = groups.get(&spelled(&key)) {
            loaded[*group].push(row);
        }
    }
    let mut ranges = Vec::with_capacity(loaded.len());
    let mut end = 0;
    for group in &loaded {
        ranges.push(end..end + group.len());
        end += group.len();
    }
    let ranges = positions.into_iter().map(|group| group.map_or(0..0, |group| ranges[group].clone())).collect();
    Ok((loaded.into_iter().flatten().collect(), ranges))
}

/// Selects the rows that are related to some keys, each with the key that it is related to.
async fn select<To: Entity>(
    executor: Executor<'_>,
    path: &RelationPath,
    keys: Vec<Vec<Value>>,
    mut query: Query,
) -> Result<Vec<(Vec<Value>, To)>> {
    for column in &To::table().primary_key {
        query = query.order_asc(column);
    }
    let statement = Plan::related(path, keys, query)?.statement(executor.dialect())?;
    let rows = executor.read(statement).await?.into_values();
    let other: Vec<&str> = path.columns.iter().map(|(_, other)| *other).collect();
    let rows = rows.into_iter().map(|mut values| {
        let of_junction = values.split_off(To::table().columns.len());
        let row = To::read(&mut Cells::new(To::table(), values.into_iter().map(Cell::Value).collect()))?;
        let key = match path.junction {
            Some(_) => of_junction,
            None => key_of(&row, &other).unwrap_or_default(),
        };
        Ok((key, row))
    });
    rows.collect()
}

/// Returns the values of some columns, or `None` if one is null or not known yet.
fn key_of<E: Entity>(row: &E, columns: &[&str]) -> Option<Vec<Value>> {
    let cells = row.cells();
    let value = |name: &&str| match &cells[E::table().position(name)?] {
        Cell::Value(Value::Null) | Cell::Unset | Cell::Pending(_) => None,
        Cell::Value(value) => Some(value.clone()),
    };
    columns.iter().map(value).collect()
}

/// Writes a key so that equal keys are equal bytes. A decimal may have more zeros at one end of the relation.
fn spelled(key: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    for value in key {
        match value {
            Value::Decimal(number) if number.scale() > 0 => {
                let digits = number.to_string();
                out.extend_from_slice(digits.trim_end_matches('0').trim_end_matches('.').as_bytes());
            }
            value => json::write_value(&mut out, value),
        }
        out.push(b',');
    }
    out
}

impl<From: Entity, To: Entity> RelatedQuery<From, To> {
    /// Loads only the related rows that meet a filter.
    pub fn filter(self, filter: Filter) -> Self {
        Self { query: self.query.filter(filter), ..self }
    }

    /// Sorts the related rows of each row. Ties are in the order of the key.
    pub fn order(self, order: Order) -> Self {
        Self { query: self.query.order(order), ..self }
    }
}

impl<E: Entity, To: Entity> From<ToMany<E, To>> for RelatedQuery<E, To> {
    fn from(relation: ToMany<E, To>) -> Self {
        Self { relation, query: Query::new() }
    }
}

impl<To> LoadedOne<To> {
    /// Returns the row that is related to the given row at a position.
    pub fn get(&self, position: usize) -> Option<&To> {
        self.rows.get((*self.positions.get(position)?)?)
    }

    /// Returns the related row of each given row.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&To>> {
        self.positions.iter().map(|position| position.and_then(|position| self.rows.get(position)))
    }

    /// Returns the related rows, each once.
    pub fn rows(&self) -> &[To] {
        &self.rows
    }
}

impl<To> LoadedMany<To> {
    /// Returns the rows that are related to the given row at a position.
    pub fn get(&self, position: usize) -> &[To] {
        self.ranges.get(position).map_or(&[], |range| &self.rows[range.clone()])
    }

    /// Returns the related rows of each given row.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[To]> {
        self.ranges.iter().map(|range| &self.rows[range.clone()])
    }

    /// Returns the related rows of all given rows.
    pub fn rows(&self) -> &[To] {
        &self.rows
    }
}
