//! Create, retrieve, list, update, delete and search operations on any table, whose rows are maps.
//!
//! Every operation takes an [`Executor`]: an engine, or a session with its transaction. For entities, see
//! [`Find`](crate::Find).
//!
//! ```
//! # use mwallet_db::{Engine, Filter, Query, crud, schema::{Column, ColumnType, Record, Table}};
//! let mut coins = Table::new("coins");
//! coins.columns.push(Column::new("name", ColumnType::Text { max: Some(20) }));
//!
//! # #[cfg(feature = "sqlite")]
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let engine = Engine::new(&"sqlite::memory:".parse().unwrap())?;
//! engine.create_all(&[&coins]).await?;
//!
//! crud::create(&engine, &coins, Record::from([("name", "Litecoin")])).await?;
//! let found = crud::retrieve(&engine, &coins, &Query::new().filter(Filter::like("name", "Lite%"))).await?;
//! assert_eq!(found.unwrap().get("name"), Some(&"Litecoin".into()));
//! # Ok::<(), mwallet_db::Error>(())
//! # }).unwrap();
//! ```

pub mod data_plane;
mod operate;
mod row_count;

use mwallet_schema::{ColumnType, Record, Table, Value};

pub use operate::{Arguments, Operation, Outcome, UnknownOperation, operate};

use crate::columns::Columns;
use crate::error::Result;
use crate::executor::Executor;
use crate::isolation::Isolation;
use crate::query::{Aggregate, Filter, OnConflict, Plan, Projection, Query, same_shape};
use crate::row::{FromRow, Row};
use crate::session::Session;
use crate::sql::Sql;
use crate::statement::{Output, Statement};
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

impl<T> Changed<T> {
    fn new(rows: Vec<T>) -> Self {
        Self { count: rows.len() as u64, rows }
    }
}

/// Inserts a row and returns it with its key and defaults.
///
/// # Errors
///
/// Returns an error if the row does not fit the table or violates a constraint.
pub async fn create(executor: impl Into<Executor<'_>>, table: &Table, row: Record) -> Result<Row> {
    only(create_many(executor, table, [row]).await?)
}

/// Returns the row that one insert wrote. Either there is one, or there was an error.
pub(crate) fn only<T>(mut created: Vec<T>) -> Result<T> {
    created.pop().ok_or(crate::Error::Cancelled)
}

/// Inserts all rows or none, and returns them in the given order.
///
/// # Errors
///
/// Returns an error if a row does not fit the table or violates a constraint. No row is inserted then.
pub async fn create_many(
    executor: impl Into<Executor<'_>>,
    table: &Table,
    rows: impl IntoIterator<Item = Record>,
) -> Result<Vec<Row>> {
    insert(executor.into(), table, rows.into_iter().collect(), &OnConflict::Error).await
}

/// Inserts the rows that do not conflict with a unique constraint, and returns those that were inserted.
///
/// # Errors
///
/// Returns an error if a row does not fit the table or violates another constraint. No row is inserted then.
pub async fn insert_ignore(
    executor: impl Into<Executor<'_>>,
    table: &Table,
    rows: impl IntoIterator<Item = Record>,
) -> Result<Vec<Row>> {
    insert(executor.into(), table, rows.into_iter().collect(), &OnConflict::Ignore { target: None }).await
}

pub(crate) async fn insert<T: FromRow>(
    executor: Executor<'_>,
    table: &Table,
    records: Vec<Record>,
    on_conflict: &OnConflict,
) -> Result<Vec<T>> {
    let engine = executor.engine();
    let mut statements = Vec::new();
    for chunk in chunks(records, |first, record| same_shape(table, first, record)) {
        let plan = Plan::insert(table, chunk, &Projection::All, engine.sources())?;
        let plan = plan.on_conflict(table, on_conflict)?;
        statements.push(plan.statement(engine.dialect())?);
    }
    let Some(columns) = statements.first().map(|statement| statement.columns().clone()) else {
        return Ok(Vec::new());
    };
    decode(&columns, executor.write(statements).await?)
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

/// Converts the rows of statements that return the same columns.
fn decode<T: FromRow>(columns: &Columns, outputs: Vec<Output>) -> Result<Vec<T>> {
    let rows = outputs.into_iter().flat_map(Output::into_values);
    rows.map(|values| Ok(T::from_row(Row::new(columns.clone(), values))?)).collect()
}

/// Returns the row that a query selects by identifier, filter or both. If several match, it returns the first one in
/// the query's order.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub async fn retrieve(executor: impl Into<Executor<'_>>, table: &Table, query: &Query) -> Result<Option<Row>> {
    let query = Query { limit: Some(query.limit.unwrap_or(1).min(1)), ..query.clone() };
    Ok(list(executor, table, &query).await?.pop())
}

/// Returns the rows that a query selects.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub async fn list(executor: impl Into<Executor<'_>>, table: &Table, query: &Query) -> Result<Vec<Row>> {
    list_as(executor.into(), table, query).await
}

pub(crate) async fn list_as<T: FromRow>(executor: Executor<'_>, table: &Table, query: &Query) -> Result<Vec<T>> {
    let statement = Plan::select(table, query)?.statement(executor.dialect())?;
    let columns = statement.columns().clone();
    decode(&columns, vec![executor.read(statement).await?])
}

/// Returns the rows that a query selects as a lazy stream.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub async fn stream<'d>(executor: impl Into<Executor<'d>>, table: &Table, query: &Query) -> Result<Rows<'d>> {
    stream_as(executor.into(), table, query).await
}

pub(crate) async fn stream_as<'d, T: FromRow>(
    executor: Executor<'d>,
    table: &Table,
    query: &Query,
) -> Result<Rows<'d, T>> {
    let statement = Plan::select(table, query)?.statement(executor.dialect())?;
    let columns = statement.columns().clone();
    Ok(Rows::new(executor.stream(statement).await?, columns))
}

/// Returns the rows that a query selects, and their number without its skip and limit, both as of the same moment unless
/// a session does not see to that.
pub(crate) async fn page_as<T: FromRow>(executor: Executor<'_>, table: &Table, query: &Query) -> Result<(Vec<T>, u64)> {
    let engine = match executor {
        Executor::Session(session) => return page_in(session, table, query).await,
        Executor::Engine(engine) => engine,
    };
    let mut session = engine.sessions().isolation(Isolation::RepeatableRead).read_only().begin().await?;
    let page = page_in(&mut session, table, query).await?;
    session.roll_back().await?;
    Ok(page)
}

async fn page_in<T: FromRow>(session: &mut Session, table: &Table, query: &Query) -> Result<(Vec<T>, u64)> {
    let rows = list_as(Executor::Session(&mut *session), table, query).await?;
    Ok((rows, count(session, table, query).await?))
}

/// Computes aggregates over the rows that a query selects, and returns one value each.
///
/// # Errors
///
/// Returns an error if the query does not fit the table, or if a column does not support the aggregate.
pub async fn aggregate(
    executor: impl Into<Executor<'_>>,
    table: &Table,
    query: &Query,
    aggregates: &[Aggregate],
) -> Result<Vec<Value>> {
    let executor = executor.into();
    let statement = Plan::aggregate(table, query, aggregates)?.statement(executor.dialect())?;
    let mut values = executor.read(statement).await?.into_values().pop().unwrap_or_default();
    // Of no aggregates, the number of rows is returned.
    values.truncate(aggregates.len());
    Ok(values)
}

/// Returns the number of rows that a query selects, ignoring skip and limit.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub async fn count(executor: impl Into<Executor<'_>>, table: &Table, query: &Query) -> Result<u64> {
    Ok(count_of(Some(&aggregate(executor, table, query, &[Aggregate::Count]).await?)))
}

/// Returns the number in the result row of a count.
fn count_of(row: Option<&[Value]>) -> u64 {
    match row {
        Some([Value::Int(count), ..]) => u64::try_from(*count).unwrap_or(0),
        _ => 0,
    }
}

/// Runs a hand-written SQL query, for what no operation covers. It returns rows, tuples, entities, or structs that
/// derive [`FromRow`](derive@crate::FromRow).
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
pub async fn select<T: FromRow>(executor: impl Into<Executor<'_>>, sql: Sql) -> Result<Vec<T>> {
    let executor = executor.into();
    let statement = sql.statement(executor.dialect());
    let columns = statement.columns().clone();
    decode(&columns, vec![executor.read_only(statement).await?])
}

/// Runs a hand-written SQL statement that writes. It returns what [`select`] does.
///
/// # Errors
///
/// Returns an error if the database reports one, or if a row cannot be converted to `T`.
pub async fn execute<T: FromRow>(executor: impl Into<Executor<'_>>, sql: Sql) -> Result<Vec<T>> {
    let executor = executor.into();
    let statement = sql.statement(executor.dialect());
    changed_rows(executor, statement).await
}

/// Returns the rows that a query selects and that contain a text in any text column, ignoring the case of ASCII
/// letters. Write-only columns are not searched.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub async fn search(executor: impl Into<Executor<'_>>, table: &Table, text: &str, query: &Query) -> Result<Vec<Row>> {
    let pattern = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let columns = table.columns.iter();
    let texts = columns.filter(|c| matches!(c.kind, ColumnType::Text { .. }) && c.is_readable());
    let any = texts.map(|column| Filter::ilike(&column.name, &pattern)).collect();
    let query = query.clone().filter(Filter::Or(any));
    list(executor, table, &query).await
}

/// Updates the rows that a query selects, and returns the new rows.
///
/// # Errors
///
/// Returns an error if the query has neither an identifier nor a filter (see [`update_all`]), or if the changes do
/// not fit the table or violate a constraint. Nothing is changed then.
pub async fn update(
    executor: impl Into<Executor<'_>>,
    table: &Table,
    query: &Query,
    changes: Record,
) -> Result<Changed<Row>> {
    query.require_filter("an update")?;
    update_all(executor, table, query, changes).await
}

/// Updates the rows that a query selects. Without a filter, that is every row of the table.
///
/// # Errors
///
/// Fails like [`update`], but a filter is not required.
pub async fn update_all(
    executor: impl Into<Executor<'_>>,
    table: &Table,
    query: &Query,
    changes: Record,
) -> Result<Changed<Row>> {
    update_as(executor.into(), table, query, changes).await
}

pub(crate) async fn update_as<T: FromRow>(
    executor: Executor<'_>,
    table: &Table,
    query: &Query,
    changes: Record,
) -> Result<Changed<T>> {
    let plan = Plan::update(table, query, changes, executor.engine().sources())?;
    let statement = plan.statement(executor.dialect())?;
    Ok(Changed::new(changed_rows(executor, statement).await?))
}

/// Deletes the rows that a query selects, and returns the deleted rows.
///
/// # Errors
///
/// Returns an error if the query has neither an identifier nor a filter (see [`delete_all`]), or if another row
/// refers to one of the rows. Nothing is deleted then.
pub async fn delete(executor: impl Into<Executor<'_>>, table: &Table, query: &Query) -> Result<Changed<Row>> {
    query.require_filter("a deletion")?;
    delete_all(executor, table, query).await
}

/// Deletes the rows that a query selects. Without a filter, that is every row of the table.
///
/// # Errors
///
/// Fails like [`delete`], but a filter is not required.
pub async fn delete_all(executor: impl Into<Executor<'_>>, table: &Table, query: &Query) -> Result<Changed<Row>> {
    delete_as(executor.into(), table, query).await
}

pub(crate) async fn delete_as<T: FromRow>(executor: Executor<'_>, table: &Table, query: &Query) -> Result<Changed<T>> {
    let statement = Plan::delete(table, query)?.statement(executor.dialect())?;
    Ok(Changed::new(changed_rows(executor, statement).await?))
}

async fn changed_rows<T: FromRow>(executor: Executor<'_>, statement: Statement) -> Result<Vec<T>> {
    let columns = statement.columns().clone();
    decode(&columns, executor.write(vec![statement]).await?)
}
