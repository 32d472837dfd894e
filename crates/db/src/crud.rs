//! Create, retrieve, list, update, delete and search operations on any table.
//!
//! Every operation takes an [`Executor`] (an engine, or a session with its transaction) and a [`RowShape`]: a
//! [`Table`](mwallet_schema::Table), whose rows are maps, or an entity by way of [`of`].
//!
//! ```
//! # use mwallet_db::{Engine, Entity, Key, Query, crud};
//! #[derive(Clone, Debug, Entity)]
//! struct Coin { #[entity(flatten)] key: Key, #[entity(unique)] name: String }
//!
//! # #[cfg(feature = "sqlite")]
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let engine = Engine::new(&"sqlite::memory:".parse().unwrap())?;
//! engine.create_all(&[Coin::table()]).await?;
//!
//! crud::create(&engine, crud::of::<Coin>(), Coin { key: Key::default(), name: "Litecoin".into() }).await?;
//! let found = crud::retrieve(&engine, crud::of::<Coin>(), &Query::new().filter(Coin::NAME.like("Lite%"))).await?;
//! assert_eq!(found.unwrap().key.id, 1);
//! # Ok::<(), mwallet_db::Error>(())
//! # }).unwrap();
//! ```

pub mod data_plane;
mod executor;
mod load;
mod operate;
mod row_count;
mod row_shape;

use mwallet_schema::{ColumnType, Record, Value};

pub use executor::Executor;
pub use load::{Loaded, load};
pub use operate::{Arguments, Operation, Outcome, UnknownOperation, operate};
pub use row_shape::{Entities, RowShape, of};

use crate::error::Result;
use crate::query::{Aggregate, Filter, OnConflict, Plan, PlanError, Projection, Query, same_shape};
use crate::row::{FromRow, Row};
use crate::sql::Sql;
use crate::statement::{Format, Output, Statement};
use crate::stream::Rows;

/// The maximum number of rows that one insert statement writes.
const BATCH: usize = 1_000;

/// The rows that an update or delete affected, and their number.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed<T> {
    /// The rows: after an update the new ones, after a delete the deleted ones.
    pub rows: Vec<T>,
    /// The number of rows.
    pub count: u64,
}

/// Inserts a row and returns it with its key and defaults.
///
/// # Errors
///
/// Returns an error if the row does not fit the table or violates a constraint.
pub async fn create<'d, R: RowShape>(door: impl Into<Executor<'d>>, resource: R, row: R::Input) -> Result<R::Item> {
    let mut created = create_many(door, resource, [row]).await?;
    // Either one row was written, or there was an error.
    created.pop().ok_or(crate::Error::Cancelled)
}

/// Inserts all rows or none, and returns them in the given order.
///
/// # Errors
///
/// Returns an error if a row does not fit the table or violates a constraint. No row is inserted then.
pub async fn create_many<'d, R: RowShape>(
    door: impl Into<Executor<'d>>,
    resource: R,
    rows: impl IntoIterator<Item = R::Input>,
) -> Result<Vec<R::Item>> {
    let records = rows.into_iter().map(R::record).collect();
    insert(door.into(), resource, records, &OnConflict::Error).await
}

/// Inserts the rows that do not conflict with a unique constraint, and returns those that were inserted.
///
/// # Errors
///
/// Returns an error if a row does not fit the table or violates another constraint. No row is inserted then.
pub async fn insert_ignore<'d, R: RowShape>(
    door: impl Into<Executor<'d>>,
    resource: R,
    rows: impl IntoIterator<Item = R::Input>,
) -> Result<Vec<R::Item>> {
    let records = rows.into_iter().map(R::record).collect();
    insert(door.into(), resource, records, &OnConflict::Ignore { target: None }).await
}

async fn insert<R: RowShape>(
    door: Executor<'_>,
    resource: R,
    records: Vec<Record>,
    on_conflict: &OnConflict,
) -> Result<Vec<R::Item>> {
    let engine = door.engine();
    let table = resource.table();
    let mut statements = Vec::new();
    for chunk in chunks(records, |first, record| same_shape(table, first, record)) {
        let plan = Plan::insert(table, chunk, &Projection::All, engine.sources())?;
        let plan = plan.on_conflict(table, on_conflict)?;
        statements.push(plan.statement(engine.dialect()));
    }
    let Some(columns) = statements.first().map(|statement| statement.columns().clone()) else {
        return Ok(Vec::new());
    };
    let outputs = door.write(statements).await?;
    let rows = outputs.into_iter().flat_map(Output::into_values);
    rows.map(|values| decode::<R>(Row::new(columns.clone(), values))).collect()
}

/// Splits records into runs that one statement can insert, each compatible with its first record.
fn chunks(records: Vec<Record>, go_together: impl Fn(&Record, &Record) -> bool) -> impl Iterator<Item = Vec<Record>> {
    let mut records = records.into_iter().peekable();
    std::iter::from_fn(move || {
        let mut chunk = vec![records.next()?];
        while chunk.len() < BATCH
            && let Some(next) = records.next_if(|record| go_together(&chunk[0], record))
        {
            chunk.push(next);
        }
        Some(chunk)
    })
}

/// Rejects a selection of columns for row shapes that need all of them, before the database is accessed.
fn check_fields<R: RowShape>(resource: &R, query: &Query) -> Result<()> {
    match query.fields == Projection::All || resource.takes_any_fields() {
        true => Ok(()),
        false => Err(PlanError::WholeRows { table: resource.table().name.clone() }.into()),
    }
}

fn decode<R: RowShape>(row: Row) -> Result<R::Item> {
    Ok(R::item(R::Form::from_row(row)?))
}

/// Returns the row that a query selects by identifier, filter or both. If several match, it returns the first one in
/// the query's order.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub async fn retrieve<'d, R: RowShape>(
    door: impl Into<Executor<'d>>,
    resource: R,
    query: &Query,
) -> Result<Option<R::Item>> {
    let query = Query { limit: Some(query.limit.unwrap_or(1).min(1)), ..query.clone() };
    Ok(list(door, resource, &query).await?.pop())
}

/// Returns the rows that a query selects.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub async fn list<'d, R: RowShape>(door: impl Into<Executor<'d>>, resource: R, query: &Query) -> Result<Vec<R::Item>> {
    check_fields(&resource, query)?;
    let door = door.into();
    let statement = Plan::select(resource.table(), query)?.statement(door.engine().dialect());
    let columns = statement.columns().clone();
    let rows = door.read(statement, Format::Values).await?.into_values();
    rows.into_iter().map(|values| decode::<R>(Row::new(columns.clone(), values))).collect()
}

/// Returns the rows that a query selects as a lazy stream. Entities are wrapped in [`Of`](crate::Of).
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub async fn stream<'d, R: RowShape>(
    door: impl Into<Executor<'d>>,
    resource: R,
    query: &Query,
) -> Result<Rows<'d, R::Form>> {
    check_fields(&resource, query)?;
    let door = door.into();
    let statement = Plan::select(resource.table(), query)?.statement(door.engine().dialect());
    let columns = statement.columns().clone();
    let batches = match door {
        Executor::Engine(engine) => engine.stream(statement, Format::Values).await?,
        Executor::Session(session) => session.stream(statement, Format::Values).await?,
    };
    Ok(Rows::new(batches, columns))
}

/// Computes aggregates over the rows that a query selects, and returns one value each.
///
/// # Errors
///
/// Returns an error if the query does not fit the table, or if a column does not support the aggregate.
pub async fn aggregate<'d, R: RowShape>(
    door: impl Into<Executor<'d>>,
    resource: R,
    query: &Query,
    aggregates: &[Aggregate],
) -> Result<Vec<Value>> {
    let door = door.into();
    let plan = Plan::aggregate(resource.table(), query, aggregates)?;
    let statement = plan.statement(door.engine().dialect());
    Ok(door.read(statement, Format::Values).await?.into_values().pop().unwrap_or_default())
}

/// Returns the number of rows that a query selects, ignoring skip and limit.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub async fn count<'d, R: RowShape>(door: impl Into<Executor<'d>>, resource: R, query: &Query) -> Result<u64> {
    Ok(count_of(Some(&aggregate(door, resource, query, &[Aggregate::Count]).await?)))
}

/// Returns the number in the result row of a count.
fn count_of(row: Option<&[Value]>) -> u64 {
    match row {
        Some([Value::Int(count), ..]) => u64::try_from(*count).unwrap_or(0),
        _ => 0,
    }
}

/// Runs a hand-written SQL query, for what no operation covers. It returns rows, tuples or entities
/// ([`Of`](crate::Of)).
///
/// ```
/// # async fn example(engine: mwallet_db::Engine) -> mwallet_db::Result<()> {
/// use mwallet_db::schema::ColumnType;
/// use mwallet_db::{Sql, crud};
/// let sql = Sql::new("SELECT usid, count(*) FROM orders WHERE asset = $1 GROUP BY usid")
///     .bind("BITCOIN")
///     .returns("usid", ColumnType::Text { max: None })
///     .returns("orders", ColumnType::BigInt);
/// for (usid, orders) in crud::select::<(String, i64)>(&engine, sql).await? {
///     println!("{usid}: {orders}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Returns an error if the database reports one, or if a row cannot be converted to `T`.
pub async fn select<'d, T: FromRow>(door: impl Into<Executor<'d>>, sql: Sql) -> Result<Vec<T>> {
    let door = door.into();
    let statement = sql.statement(door.engine().dialect());
    let columns = statement.columns().clone();
    let output = match door {
        Executor::Engine(engine) => engine.read_only(statement, Format::Values).await?,
        Executor::Session(session) => session.run_as(statement, Format::Values).await?,
    };
    let rows = output.into_values();
    rows.into_iter().map(|values| Ok(T::from_row(Row::new(columns.clone(), values))?)).collect()
}

/// Runs a hand-written SQL statement that writes. It returns rows, tuples or entities ([`Of`](crate::Of)).
///
/// # Errors
///
/// Returns an error if the database reports one, or if a row cannot be converted to `T`.
pub async fn execute<'d, T: FromRow>(door: impl Into<Executor<'d>>, sql: Sql) -> Result<Vec<T>> {
    let door = door.into();
    let statement = sql.statement(door.engine().dialect());
    let columns = statement.columns().clone();
    let rows = door.write(vec![statement]).await?.into_iter().flat_map(Output::into_values);
    rows.map(|values| Ok(T::from_row(Row::new(columns.clone(), values))?)).collect()
}

/// Returns the rows that a query selects and that contain a text in any text column, ignoring the case of ASCII
/// letters. Write-only columns are not searched.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub async fn search<'d, R: RowShape>(
    door: impl Into<Executor<'d>>,
    resource: R,
    text: &str,
    query: &Query,
) -> Result<Vec<R::Item>> {
    let pattern = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let columns = resource.table().columns.iter();
    let texts = columns.filter(|c| matches!(c.kind, ColumnType::Text { .. }) && c.is_readable());
    let any = texts.map(|column| Filter::ilike(&column.name, &pattern)).collect();
    let query = query.clone().filter(Filter::Or(any));
    list(door, resource, &query).await
}

/// Updates the rows that a query selects, and returns the new rows.
///
/// # Errors
///
/// Returns an error if the query has neither an identifier nor a filter (see [`update_all`]), or if the changes do
/// not fit the table or violate a constraint. Nothing is changed then.
pub async fn update<'d, R: RowShape>(
    door: impl Into<Executor<'d>>,
    resource: R,
    query: &Query,
    changes: Record,
) -> Result<Changed<R::Item>> {
    query.require_filter("an update")?;
    update_all(door, resource, query, changes).await
}

/// Updates the rows that a query selects. Without a filter, that is every row of the table.
///
/// # Errors
///
/// Fails like [`update`], but a filter is not required.
pub async fn update_all<'d, R: RowShape>(
    door: impl Into<Executor<'d>>,
    resource: R,
    query: &Query,
    changes: Record,
) -> Result<Changed<R::Item>> {
    let door = door.into();
    check_fields(&resource, query)?;
    let engine = door.engine();
    let plan = Plan::update(resource.table(), query, changes, engine.sources())?;
    changed::<R>(door, plan.statement(engine.dialect())).await
}

/// Deletes the rows that a query selects, and returns the deleted rows.
///
/// # Errors
///
/// Returns an error if the query has neither an identifier nor a filter (see [`delete_all`]), or if another row
/// refers to one of the rows. Nothing is deleted then.
pub async fn delete<'d, R: RowShape>(
    door: impl Into<Executor<'d>>,
    resource: R,
    query: &Query,
) -> Result<Changed<R::Item>> {
    query.require_filter("a deletion")?;
    delete_all(door, resource, query).await
}

/// Deletes the rows that a query selects. Without a filter, that is every row of the table.
///
/// # Errors
///
/// Fails like [`delete`], but a filter is not required.
pub async fn delete_all<'d, R: RowShape>(
    door: impl Into<Executor<'d>>,
    resource: R,
    query: &Query,
) -> Result<Changed<R::Item>> {
    let door = door.into();
    check_fields(&resource, query)?;
    let statement = Plan::delete(resource.table(), query)?.statement(door.engine().dialect());
    changed::<R>(door, statement).await
}

async fn changed<R: RowShape>(door: Executor<'_>, statement: Statement) -> Result<Changed<R::Item>> {
    let columns = statement.columns().clone();
    let rows = door.write(vec![statement]).await?.into_iter().flat_map(Output::into_values);
    let rows: Vec<R::Item> =
        rows.map(|values| decode::<R>(Row::new(columns.clone(), values))).collect::<Result<_>>()?;
    Ok(Changed { count: rows.len() as u64, rows })
}
