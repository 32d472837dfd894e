//! The operations for external clients. Write-only columns are not visible, and rows are written straight from the
//! database into JSON text.

use mwallet_schema::{Record, Table};

pub use super::row_count::{MOST_COUNTED, RowCount, row_count};
use super::{BATCH, chunks};
pub use crate::allowed_rows::AllowedRows;
use crate::engine::Engine;
use crate::error::{ConstraintKind, Error, Result};
use crate::json_rows::JsonRows;
use crate::query::{Aggregate, CatalogTable, OnConflict, Plan, PlanError, Projection, Query, Scope, same_shape};
use crate::session::Session;
use crate::sql::Sql;
use crate::statement::Numbers;
use crate::statement::{Format, Output, Statement};
use crate::stream::Batches;

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
}

/// Inserts all rows or none, and returns them with the columns and in the order of `answered`, or in the given order
/// if it has none.
///
/// # Errors
///
/// Fails like [`create_many`](super::create_many). Also returns an error if `on_conflict` does not fit the table, or
/// if an order is requested for rows that need more than one statement.
pub async fn create(
    engine: &Engine,
    relation: &CatalogTable,
    records: Vec<Record>,
    on_conflict: &OnConflict,
    answered: &Query,
    terms: Terms,
) -> Result<JsonRows> {
    let fields = &answered.fields;
    let table = relation.table();
    let mut statements = Vec::new();
    for chunk in chunks(records, |first, record| goes_with(table, on_conflict, first, record)) {
        let on_conflict = of_chunk(on_conflict, &chunk[0]);
        let plan = Plan::insert(table, chunk, fields, engine.sources(), Scope::Client)?;
        let plan = plan.on_conflict(&on_conflict, Scope::Client)?;
        let plan = plan.answered_in(&answered.order, Scope::Client)?;
        require_count(&plan, terms.allowed)?;
        statements.push(statement(engine, relation, plan, fields));
    }
    if statements.is_empty() {
        Error::check_rows(terms.allowed, 0)?;
        return Ok(JsonRows::default());
    }
    if statements.len() > 1 && !answered.order.is_empty() {
        return Err(PlanError::OrderOfMany { most: BATCH }.into());
    }
    write(engine, statements, answered.numbers, terms).await
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
pub fn check(relation: &CatalogTable, query: &Query) -> std::result::Result<(), PlanError> {
    Plan::select(relation.table(), query, Scope::Client).map(drop)
}

/// Returns the row that a query selects, or no rows.
///
/// # Errors
///
/// Fails like [`retrieve`](super::retrieve).
pub async fn retrieve(engine: &Engine, relation: &CatalogTable, query: &Query) -> Result<JsonRows> {
    let plan = Plan::select(relation.table(), query, Scope::Client)?;
    Ok(engine.read(statement(engine, relation, plan, &query.fields), Format::Json(query.numbers)).await?.into_json())
}

/// Returns the rows that a query selects, as batches of JSON objects separated by commas. There is a single batch if
/// the limit is at most [`PAGE`] or if at most one row can match.
///
/// # Errors
///
/// Fails like [`list`](super::list).
pub async fn list(engine: &Engine, relation: &CatalogTable, query: &Query) -> Result<Batches<'static>> {
    let plan = Plan::select(relation.table(), query, Scope::Client)?;
    let statement = statement(engine, relation, plan, &query.fields);
    // Buffer short results, so that a slow reader does not occupy a thread or connection.
    match statement.is_lookup || query.limit.is_some_and(|rows| rows <= PAGE) {
        true => Ok(Batches::gathered(engine.read(statement, Format::Json(query.numbers)).await?)),
        false => engine.stream(statement, Format::Json(query.numbers)).await,
    }
}

/// Returns the number of rows that a query selects, ignoring skip and limit.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub async fn count(engine: &Engine, relation: &CatalogTable, query: &Query) -> Result<u64> {
    let plan = Plan::aggregate(relation.table(), query, &[Aggregate::Count], Scope::Client)?;
    let rows = engine.read(plan.statement(engine.dialect()), Format::Values).await?.into_values();
    Ok(super::count_of(rows.first().map(Vec::as_slice)))
}

/// Updates the rows that a query selects, and returns the new rows. The caller must check that there is a filter: see
/// [`Query::require_filter`].
///
/// # Errors
///
/// Fails like [`update_all`](super::update_all).
pub async fn update(
    engine: &Engine,
    relation: &CatalogTable,
    query: &Query,
    changes: Record,
    terms: Terms,
) -> Result<JsonRows> {
    let plan = Plan::update(relation.table(), query, changes, engine.sources(), Scope::Client)?;
    require_count(&plan, terms.allowed)?;
    write(engine, vec![statement(engine, relation, plan, &query.fields)], query.numbers, terms).await
}

/// Deletes the rows that a query selects, and returns the deleted rows. The caller must check that there is a filter:
/// see [`Query::require_filter`].
///
/// # Errors
///
/// Fails like [`delete_all`](super::delete_all).
pub async fn delete(engine: &Engine, relation: &CatalogTable, query: &Query, terms: Terms) -> Result<JsonRows> {
    let plan = Plan::delete(relation.table(), query, Scope::Client)?;
    require_count(&plan, terms.allowed)?;
    write(engine, vec![statement(engine, relation, plan, &query.fields)], query.numbers, terms).await
}

/// Returns the key columns of the row to [`replace`], and their values.
///
/// # Errors
///
/// Returns an error if the query does not identify a row by its key.
pub fn place(relation: &CatalogTable, query: &Query) -> std::result::Result<Record, PlanError> {
    Plan::place(relation.table(), query)
}

/// Replaces the row that a query identifies by an identifier, or by an equality for each primary key column. An
/// existing row is updated, otherwise a new one is inserted. Generated values of an existing row are kept.
///
/// # Errors
///
/// Returns an error if the query does not identify a row that way, if the row has another key, or if it violates a
/// constraint.
pub async fn replace(
    engine: &Engine,
    relation: &CatalogTable,
    query: &Query,
    record: Record,
    terms: Terms,
) -> Result<Replaced> {
    match try_replace(engine, relation, query, record.clone(), terms).await {
        // Another transaction inserted the row in the meantime, so it can be updated now.
        Err(Error::Constraint(violation)) if violation.kind == ConstraintKind::Unique => {
            try_replace(engine, relation, query, record, terms).await
        }
        result => result,
    }
}

async fn try_replace(
    engine: &Engine,
    relation: &CatalogTable,
    query: &Query,
    record: Record,
    terms: Terms,
) -> Result<Replaced> {
    let table = relation.table();
    let (changes, new) = Plan::replacement(table, query, record)?;
    let update = Plan::update(table, query, changes, engine.sources(), Scope::Client)?;
    let update = statement(engine, relation, update, &query.fields);
    let mut session = engine.sessions().begin().await?;
    let rows = run(&mut session, update, query.numbers).await?;
    let replaced = match new {
        Some(new) if rows.rows() == 0 => {
            let insert = Plan::insert(table, vec![new], &query.fields, engine.sources(), Scope::Client)?;
            let insert = statement(engine, relation, insert, &query.fields);
            Replaced { created: true, rows: run(&mut session, insert, query.numbers).await? }
        }
        _ => Replaced { created: false, rows },
    };
    end(session, terms).await?;
    Ok(replaced)
}

/// Returns the rows of a hand-written SQL query as JSON.
///
/// # Errors
///
/// Returns an error if the database reports one.
pub async fn select(engine: &Engine, sql: Sql) -> Result<JsonRows> {
    Ok(engine.read_only(sql.statement(engine.dialect()), Format::Json(Numbers::ByType)).await?.into_json())
}

async fn run(session: &mut Session, statement: Statement, numbers: Numbers) -> Result<JsonRows> {
    Ok(session.run_as(statement, Format::Json(numbers)).await?.into_json())
}

/// Runs statements in one transaction, and rolls back if they affect a number of rows that is not allowed.
async fn write(engine: &Engine, statements: Vec<Statement>, numbers: Numbers, terms: Terms) -> Result<JsonRows> {
    if terms == Terms::default() {
        let outputs = engine.write(statements, Format::Json(numbers)).await?;
        let rows = outputs.into_iter().map(Output::into_json);
        return Ok(rows.reduce(join).unwrap_or_default());
    }
    let mut session = engine.sessions().begin().await?;
    let mut rows = JsonRows::default();
    for statement in statements {
        rows = join(rows, run(&mut session, statement, numbers).await?);
    }
    match Error::check_rows(terms.allowed, rows.rows()) {
        Ok(()) => end(session, terms).await?,
        Err(error) => {
            session.roll_back().await?;
            return Err(error);
        }
    }
    Ok(rows)
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

/// Writes the statement of a plan. The output columns of whole rows are cached.
fn statement(engine: &Engine, relation: &CatalogTable, plan: Plan<'_>, fields: &Projection) -> Statement {
    match fields {
        Projection::All => relation.statement(plan, engine.dialect()),
        _ => plan.statement(engine.dialect()),
    }
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
