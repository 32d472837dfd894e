//! The operations for external clients. Write-only columns are not visible, and rows are written straight from the
//! database into JSON text.

mod explain;
mod granted;
mod read_back;

use mwallet_schema::{Record, Table};

pub use self::explain::{ExplainFormat, ExplainOption, explain};
pub use super::row_count::{MOST_COUNTED, RowCount, row_count};
use super::{BATCH, chunks};
use crate::Dialect;
pub use crate::allowed_rows::AllowedRows;
use crate::engine::Engine;
use crate::error::{ConstraintKind, Error, Result};
use crate::isolation::Isolation;
use crate::json_rows::JsonRows;
use crate::query::{OnConflict, Plan, PlanError, Query, ScopedTable, kept, same_shape};
use crate::session::Session;
use crate::sql::Sql;
use crate::statement::{Format, JsonStyle, Output, Statement};
use crate::stream::Batches;
use granted::GrantedWrite;
use read_back::Returned;

/// The maximum number of rows that are buffered rather than streamed.
pub const PAGE: u64 = 1_000;

/// The result of [`replace`].
#[derive(Clone, Debug)]
pub struct Replaced {
    /// Whether the row was inserted.
    pub created: bool,
    /// The row. Empty if it does not exist and cannot be inserted, because the database assigns its key.
    pub rows: JsonRows,
}

/// The conditions of a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// How many rows it may affect.
    pub allowed: AllowedRows,
    /// Whether to roll back at the end and only return what the result would have been.
    pub is_trial: bool,
    /// Whether to roll back if the query's related rows leave out a row that was written: where it returns one row, a
    /// client could not tell that from a row that does not exist.
    pub returns_all: bool,
}

/// Inserts all rows or none, and returns them with the columns and in the order of `answered`, or in the given order
/// if it has none.
///
/// # Errors
///
/// Fails like [`create_many`](super::create_many). Also returns an error if `on_conflict` does not fit the table, or
/// if an order is requested for rows that need more than one statement.
pub async fn create<'c>(
    engine: &Engine,
    table: impl Into<ScopedTable<'c>>,
    records: Vec<Record>,
    on_conflict: &OnConflict,
    answered: &Query,
    terms: Terms,
) -> Result<JsonRows> {
    let returned = Returned { table: table.into(), query: answered };
    if let Some(write) = GrantedWrite::new(engine, returned, terms) {
        return write.create(records, on_conflict).await.map_err(write.veil());
    }
    let (table, fields) = (returned.table, &returned.fields()?);
    let mut statements = Vec::new();
    for chunk in chunks(records, |first, record| goes_with(table.table(), on_conflict, first, record)) {
        let on_conflict = of_chunk(on_conflict, &chunk[0]);
        let plan = Plan::insert(table, chunk, fields, engine.sources())?;
        let plan = plan.on_conflict(table, &on_conflict)?;
        let plan = if returned.is_read_back() { plan } else { plan.answered_in(table, &answered.order)? };
        require_count(&plan, terms.allowed)?;
        statements.push(plan.statement_for(table, engine.dialect())?);
    }
    if statements.is_empty() {
        Error::check_rows(terms.allowed, 0)?;
        return Ok(JsonRows::default());
    }
    if statements.len() > 1 && !answered.order.is_empty() && !returned.is_read_back() {
        return Err(PlanError::OrderOfMany { most: BATCH }.into());
    }
    write(engine, statements, returned, terms).await
}

/// Returns whether one statement can insert both rows. For an upsert they must set the same columns, because it
/// updates only those.
fn goes_with(table: &Table, on_conflict: &OnConflict, first: &Record, record: &Record) -> bool {
    let is_merge = matches!(on_conflict, OnConflict::Merge { .. });
    same_shape(table, first, record) && (!is_merge || first.given().eq(record.given()))
}

/// Returns the conflict handling of a chunk. If no columns to update are listed, they are those that the rows set.
fn of_chunk(on_conflict: &OnConflict, first: &Record) -> OnConflict {
    match on_conflict {
        OnConflict::Merge { target, columns } if columns.is_empty() => {
            OnConflict::Merge { target: target.clone(), columns: first.given().map(Into::into).collect() }
        }
        other => other.clone(),
    }
}

/// Checks that a query fits its table, without asking the database.
///
/// # Errors
///
/// Returns an error if it does not fit.
pub fn check<'c>(table: impl Into<ScopedTable<'c>>, query: &Query) -> std::result::Result<(), PlanError> {
    Plan::select(table, query).map(drop)
}

/// Returns the names of the members that each row of a query has.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub fn names<'c>(table: impl Into<ScopedTable<'c>>, query: &Query) -> std::result::Result<Vec<String>, PlanError> {
    Ok(Plan::select(table, query)?.output_columns().names())
}

/// Returns the row that a query selects, or no rows.
///
/// # Errors
///
/// Fails like [`retrieve`](super::retrieve).
pub async fn retrieve<'c>(engine: &Engine, table: impl Into<ScopedTable<'c>>, query: &Query) -> Result<JsonRows> {
    let table = table.into();
    let statement = match kept::read(table, query, engine.dialect())? {
        Some(kept) => kept,
        None => Plan::select(table, query)?.statement_for(table, engine.dialect())?,
    };
    Ok(engine.read(statement, Format::Json(query.style)).await?.into_json())
}

/// Returns the rows that a query selects, as batches of JSON objects separated by commas. There is a single batch if
/// the limit is at most [`PAGE`] or if at most one row can match.
///
/// # Errors
///
/// Fails like [`list`](super::list).
pub async fn list<'c>(engine: &Engine, table: impl Into<ScopedTable<'c>>, query: &Query) -> Result<Batches<'static>> {
    let table = table.into();
    let statement = list_statement(engine, table, query)?;
    match is_short(&statement, query) {
        true => Ok(Batches::gathered(engine.read(statement, Format::Json(query.style)).await?)),
        false => engine.stream(statement, Format::Json(query.style)).await,
    }
}

fn list_statement(engine: &Engine, table: ScopedTable<'_>, query: &Query) -> std::result::Result<Statement, PlanError> {
    let dialect = engine.dialect();
    kept::list(table, query, dialect, || Plan::select(table, query)?.statement_for(table, dialect))
}

/// Returns whether a result is buffered, so that a slow reader does not occupy a thread or connection.
fn is_short(statement: &Statement, query: &Query) -> bool {
    statement.is_lookup || query.limit.is_some_and(|rows| rows <= PAGE)
}

/// Returns rows as [`list`] does, and the number of rows that the query selects without its skip and limit, both as of
/// the same moment.
///
/// # Errors
///
/// Fails like [`list`].
pub async fn counted_list<'c>(
    engine: &Engine,
    table: impl Into<ScopedTable<'c>>,
    query: &Query,
) -> Result<(Batches<'static>, u64)> {
    let table = table.into();
    let statement = list_statement(engine, table, query)?;
    if is_short(&statement, query) {
        let (rows, total) = count_page(engine, table, query, statement).await?;
        return Ok((Batches::gathered(Output::Json(rows)), total));
    }
    let count = count_statement(engine, table, query)?;
    let (count, batches) = engine.counted_stream(count, statement, Format::Json(query.style)).await?;
    Ok((batches, counted(count)))
}

/// Returns a page of rows, and the number of rows that the query selects without its skip and limit, both as of the same
/// moment. A page that is known to be the last one is not counted again.
///
/// # Errors
///
/// Fails like [`list`](super::list).
pub async fn counted_page<'c>(
    engine: &Engine,
    table: impl Into<ScopedTable<'c>>,
    query: &Query,
) -> Result<(JsonRows, u64)> {
    let table = table.into();
    let page = Plan::select(table, query)?.statement_for(table, engine.dialect())?;
    count_page(engine, table, query, page).await
}

async fn count_page(
    engine: &Engine,
    table: ScopedTable<'_>,
    query: &Query,
    page: Statement,
) -> Result<(JsonRows, u64)> {
    let mut session = engine.sessions().isolation(Isolation::RepeatableRead).read_only().begin().await?;
    let rows = run(&mut session, page, query.style).await?;
    let found = rows.rows();
    let is_last = query.limit.is_none_or(|limit| found < limit) && (found > 0 || query.skip == 0);
    let total = match is_last {
        true => query.skip + found,
        false => {
            let statement = count_statement(engine, table, query)?;
            counted(session.run_as(statement, Format::Values).await?)
        }
    };
    session.roll_back().await?;
    Ok((rows, total))
}

/// The number of expected rows up to which [`estimated_count`] counts.
pub const MOST_COUNTED_OF_ESTIMATED: u64 = 10_000;

/// Returns how many rows the database expects a query to select, ignoring skip and limit. SQLite expects nothing, so
/// there the rows are counted.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub async fn planned_count<'c>(engine: &Engine, table: impl Into<ScopedTable<'c>>, query: &Query) -> Result<u64> {
    let table = table.into();
    if engine.dialect() == Dialect::Sqlite {
        return exact_count(engine, table, query).await;
    }
    let mut all = Query { order: Vec::new(), skip: 0, limit: None, ..query.clone() };
    all.select_nothing();
    let statement = Plan::select(table, &all)?.statement(engine.dialect())?;
    let plan = explain::explain_postgres(engine, statement, ExplainFormat::Text, &[]).await?;
    Ok(expected_rows(&plan).unwrap_or(0))
}

/// Returns the number of rows that a query selects, ignoring skip and limit: counted if few are expected, as many as
/// are expected otherwise.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub async fn estimated_count<'c>(engine: &Engine, table: impl Into<ScopedTable<'c>>, query: &Query) -> Result<u64> {
    let table = table.into();
    if engine.dialect() == Dialect::Postgres {
        let planned = planned_count(engine, table, query).await?;
        if planned > MOST_COUNTED_OF_ESTIMATED {
            return Ok(planned);
        }
    }
    exact_count(engine, table, query).await
}

async fn exact_count(engine: &Engine, table: ScopedTable<'_>, query: &Query) -> Result<u64> {
    Ok(counted(engine.read(count_statement(engine, table, query)?, Format::Values).await?))
}

/// Returns the number in the first line of PostgreSQL's plan: `Seq Scan on orders  (cost=0.00..4.00 rows=200 width=8)`.
fn expected_rows(plan: &str) -> Option<u64> {
    let (_, rest) = plan.lines().next()?.split_once(" rows=")?;
    rest.split_once(' ')?.0.parse().ok()
}

/// Counts the rows that a query selects, ignoring skip and limit.
fn count_statement(
    engine: &Engine,
    table: ScopedTable<'_>,
    query: &Query,
) -> std::result::Result<Statement, PlanError> {
    Plan::count(table, query)?.statement(engine.dialect())
}

fn counted(output: Output) -> u64 {
    super::count_of(output.into_values().first().map(Vec::as_slice))
}

/// Updates the rows that a query selects, and returns the new rows. The caller must check that there is a filter: see
/// [`Query::require_filter`].
///
/// # Errors
///
/// Fails like [`update_all`](super::update_all).
pub async fn update<'c>(
    engine: &Engine,
    table: impl Into<ScopedTable<'c>>,
    query: &Query,
    changes: Record,
    terms: Terms,
) -> Result<JsonRows> {
    let returned = Returned { table: table.into(), query };
    if let Some(write) = GrantedWrite::new(engine, returned, terms) {
        return write.update(changes).await.map_err(write.veil());
    }
    let plan = Plan::update(returned.table, &returned.written()?, changes, engine.sources())?;
    require_count(&plan, terms.allowed)?;
    write(engine, vec![plan.statement_for(returned.table, engine.dialect())?], returned, terms).await
}

/// Deletes the rows that a query selects, and returns the deleted rows. The caller must check that there is a filter:
/// see [`Query::require_filter`].
///
/// # Errors
///
/// Fails like [`delete_all`](super::delete_all).
pub async fn delete<'c>(
    engine: &Engine,
    table: impl Into<ScopedTable<'c>>,
    query: &Query,
    terms: Terms,
) -> Result<JsonRows> {
    let returned = Returned { table: table.into(), query };
    if let Some(write) = GrantedWrite::new(engine, returned, terms) {
        return write.delete().await.map_err(write.veil());
    }
    let plan = Plan::delete(returned.table, &returned.written()?)?;
    require_count(&plan, terms.allowed)?;
    let statement = plan.statement_for(returned.table, engine.dialect())?;
    if !returned.is_read_back() {
        return write(engine, vec![statement], returned, terms).await;
    }
    // What was read is what is deleted: a change in between fails the delete.
    let mut session = engine.sessions().isolation(Isolation::RepeatableRead).begin().await?;
    let rows = returned.read_before(&mut session).await?;
    let affected = run(&mut session, statement, query.style).await?.rows();
    finish(session, rows.with_affected(affected), terms).await
}

/// Returns the key columns of the row to [`replace`], and their values.
///
/// # Errors
///
/// Returns an error if the query does not identify a row by its key.
pub fn place<'c>(table: impl Into<ScopedTable<'c>>, query: &Query) -> std::result::Result<Record, PlanError> {
    Plan::place(table.into(), query)
}

/// Replaces the row that a query identifies by an identifier, or by an equality for each primary key column. An
/// existing row is updated, otherwise a new one is inserted. Generated values of an existing row are kept.
///
/// # Errors
///
/// Returns an error if the query does not identify a row that way, if the row has another key, or if it violates a
/// constraint.
pub async fn replace<'c>(
    engine: &Engine,
    table: impl Into<ScopedTable<'c>>,
    query: &Query,
    record: Record,
    terms: Terms,
) -> Result<Replaced> {
    let returned = Returned { table: table.into(), query };
    match try_replace(engine, returned, record.clone(), terms).await {
        // Another transaction inserted the row in the meantime, so it can be updated now.
        Err(Error::Constraint(violation)) if violation.kind == ConstraintKind::Unique => {
            try_replace(engine, returned, record, terms).await
        }
        result => result,
    }
}

async fn try_replace(engine: &Engine, returned: Returned<'_>, record: Record, terms: Terms) -> Result<Replaced> {
    if let Some(write) = GrantedWrite::new(engine, returned, terms) {
        return write.replace(record).await.map_err(write.veil());
    }
    let (table, query) = (returned.table, &returned.written()?);
    let (changes, new) = Plan::replacement(table, query, record)?;
    let update = Plan::update(table, query, changes, engine.sources())?;
    let update = update.statement_for(table, engine.dialect())?;
    let mut session = engine.sessions().begin().await?;
    let mut rows = run(&mut session, update, query.style).await?;
    let mut created = false;
    if let Some(new) = new.filter(|_| rows.rows() == 0) {
        let insert = Plan::insert(table, vec![new], &query.fields, engine.sources())?;
        let insert = insert.statement_for(table, engine.dialect())?;
        (created, rows) = (true, run(&mut session, insert, query.style).await?);
    }
    if returned.is_read_back() {
        rows = returned.read(&mut session, rows).await?;
    }
    Ok(Replaced { created, rows: finish(session, rows, terms).await? })
}

/// Returns the rows of a hand-written SQL query as JSON.
///
/// # Errors
///
/// Returns an error if the database reports one.
pub async fn select(engine: &Engine, sql: Sql) -> Result<JsonRows> {
    Ok(engine.read_only(sql.statement(engine.dialect()), Format::Json(JsonStyle::default())).await?.into_json())
}

async fn run(session: &mut Session, statement: Statement, style: JsonStyle) -> Result<JsonRows> {
    Ok(session.run_as(statement, Format::Json(style)).await?.into_json())
}

/// Runs statements in one transaction, and rolls back if they affect a number of rows that is not allowed.
async fn write(engine: &Engine, statements: Vec<Statement>, returned: Returned<'_>, terms: Terms) -> Result<JsonRows> {
    let style = returned.query.style;
    if terms.allowed == AllowedRows::Any && !terms.is_trial && !returned.is_read_back() {
        let outputs = engine.write(statements, Format::Json(style)).await?;
        let rows = outputs.into_iter().map(Output::into_json);
        return Ok(rows.reduce(join).unwrap_or_default());
    }
    let mut session = engine.sessions().begin().await?;
    let mut rows = JsonRows::default();
    for statement in statements {
        rows = join(rows, run(&mut session, statement, style).await?);
    }
    if returned.is_read_back() {
        rows = returned.read(&mut session, rows).await?;
    }
    finish(session, rows, terms).await
}

/// Ends a transaction, unless it affects a number of rows that is not allowed, or does not return them all where it
/// must.
async fn finish(session: Session, rows: JsonRows, terms: Terms) -> Result<JsonRows> {
    let is_partial = terms.returns_all && rows.rows() < rows.affected();
    let mut checked = Error::check_rows(terms.allowed, rows.affected());
    if is_partial {
        checked = checked.and_then(|()| Error::check_rows(terms.allowed, rows.rows()));
    }
    match is_partial || checked.is_err() {
        true => session.roll_back().await?,
        false => end(session, terms).await?,
    }
    checked.map(|()| rows)
}

/// Commits, or checks deferred constraints and rolls back for a trial.
async fn end(mut session: Session, terms: Terms) -> Result<()> {
    if !terms.is_trial {
        return session.commit().await;
    }
    let checked = session.check_deferred().await;
    session.roll_back().await?;
    checked
}

/// Rejects a write that must return or limit its rows if the table cannot return them.
fn require_count(plan: &Plan<'_>, allowed: AllowedRows) -> std::result::Result<(), PlanError> {
    match plan.answers()? || allowed == AllowedRows::Any {
        true => Ok(()),
        false => Err(PlanError::NoRows { table: plan.table.name.clone(), operation: "a limited write" }),
    }
}

fn join(mut rows: JsonRows, more: JsonRows) -> JsonRows {
    rows.append(&more);
    rows
}
