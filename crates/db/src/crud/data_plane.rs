//! The operations as clients from outside may use them: columns that are write-only do not exist, and rows go from the
//! database into JSON text without a value between.

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

/// The most rows that are gathered before they are answered.
pub const PAGE: u64 = 1_000;

/// What came of a row that was put in its place.
#[derive(Clone, Debug)]
pub struct Replaced {
    /// Whether it was not there before.
    pub created: bool,
    /// The row; none where it is not there and cannot be made, since the database numbers it.
    pub rows: JsonRows,
}

/// On which terms a write is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// How many rows it may concern.
    pub allowed: AllowedRows,
    /// Whether all is undone at its end, and only what would have come of it is answered.
    pub is_trial: bool,
}

/// Creates rows, all or none, and gives them back: with the fields of `answered` and in its order, or as they were
/// brought where it has none.
///
/// # Errors
///
/// As [`create_many`](super::create_many), where `on_conflict` does not fit the table, and where an order is wanted of
/// rows that take more than one statement.
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

/// Whether one statement can insert both rows; an upsert changes what was given, and nothing else.
fn goes_with(table: &Table, on_conflict: &OnConflict, first: &Record, record: &Record) -> bool {
    let is_merge = matches!(on_conflict, OnConflict::Merge { .. });
    same_shape(table, first, record) && (!is_merge || first.given().eq(record.given()))
}

/// What is done with rows that exist already, where the columns to change are those that were given.
fn of_chunk(on_conflict: &OnConflict, first: &Record) -> OnConflict {
    match on_conflict {
        OnConflict::Merge { target, columns } if columns.is_empty() => {
            OnConflict::Merge { target: target.clone(), columns: first.given().map(Into::into).collect() }
        }
        other => other.clone(),
    }
}

/// Whether a query fits its table, without asking the database.
///
/// # Errors
///
/// Where it does not.
pub fn check(relation: &CatalogTable, query: &Query) -> std::result::Result<(), PlanError> {
    Plan::select(relation.table(), query, Scope::Client).map(drop)
}

/// The one row that a query names; no rows if there is none.
///
/// # Errors
///
/// As [`retrieve`](super::retrieve).
pub async fn retrieve(engine: &Engine, relation: &CatalogTable, query: &Query) -> Result<JsonRows> {
    let plan = Plan::select(relation.table(), query, Scope::Client)?;
    Ok(engine.read(statement(engine, relation, plan, &query.fields), Format::Json(query.numbers)).await?.into_json())
}

/// The rows that a query names, as batches of JSON objects with commas between them. With a limit up to [`PAGE`], or
/// where there can be one at most, they are one batch.
///
/// # Errors
///
/// As [`list`](super::list).
pub async fn list(engine: &Engine, relation: &CatalogTable, query: &Query) -> Result<Batches<'static>> {
    let plan = Plan::select(relation.table(), query, Scope::Client)?;
    let statement = statement(engine, relation, plan, &query.fields);
    // What is known to be short is gathered; it does not need a thread or connection for as long as its reader likes.
    match statement.is_lookup || query.limit.is_some_and(|rows| rows <= PAGE) {
        true => Ok(Batches::gathered(engine.read(statement, Format::Json(query.numbers)).await?)),
        false => engine.stream(statement, Format::Json(query.numbers)).await,
    }
}

/// How many rows a query names; its page does not count.
///
/// # Errors
///
/// Where the query does not fit the table.
pub async fn count(engine: &Engine, relation: &CatalogTable, query: &Query) -> Result<u64> {
    let plan = Plan::aggregate(relation.table(), query, &[Aggregate::Count], Scope::Client)?;
    let rows = engine.read(plan.statement(engine.dialect()), Format::Values).await?.into_values();
    Ok(super::count_of(rows.first().map(Vec::as_slice)))
}

/// Changes the rows that a query names, and gives them back as they are now. That it names any is for the caller to
/// ask: [`Query::require_filter`].
///
/// # Errors
///
/// As [`update_all`](super::update_all).
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

/// Deletes the rows that a query names, and gives them back as they were. That it names any is for the caller to ask:
/// [`Query::require_filter`].
///
/// # Errors
///
/// As [`delete_all`](super::delete_all).
pub async fn delete(engine: &Engine, relation: &CatalogTable, query: &Query, terms: Terms) -> Result<JsonRows> {
    let plan = Plan::delete(relation.table(), query, Scope::Client)?;
    require_count(&plan, terms.allowed)?;
    write(engine, vec![statement(engine, relation, plan, &query.fields)], query.numbers, terms).await
}

/// The columns by which a query names the place of a row that is put, and their values.
///
/// # Errors
///
/// Where it names no such place.
pub fn place(relation: &CatalogTable, query: &Query) -> std::result::Result<Record, PlanError> {
    Plan::place(relation.table(), query)
}

/// Puts a row in the place that a query names by an identifier, or by an equality for each column of the primary key:
/// the row that is there is changed to this one, and where there is none it is created. What the server makes by itself
/// stays as it is.
///
/// # Errors
///
/// Where the query names no such place, the row has another key than it, or the row breaks a constraint.
pub async fn replace(
    engine: &Engine,
    relation: &CatalogTable,
    query: &Query,
    record: Record,
    terms: Terms,
) -> Result<Replaced> {
    match try_replace(engine, relation, query, record.clone(), terms).await {
        // Somebody else created it in between, so now it is there.
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

/// The rows of a statement that the program's author wrote, as JSON.
///
/// # Errors
///
/// What the database says.
pub async fn select(engine: &Engine, sql: Sql) -> Result<JsonRows> {
    Ok(engine.read_only(sql.statement(engine.dialect()), Format::Json(Numbers::ByType)).await?.into_json())
}

async fn run(session: &mut Session, statement: Statement, numbers: Numbers) -> Result<JsonRows> {
    Ok(session.run_as(statement, Format::Json(numbers)).await?.into_json())
}

/// Runs statements in one transaction, unless they concern another number of rows than they may.
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

/// Commits, or undoes a trial that could have been committed.
async fn end(mut session: Session, terms: Terms) -> Result<()> {
    if !terms.is_trial {
        return session.commit().await;
    }
    let checked = session.check_deferred().await;
    session.roll_back().await?;
    checked
}

/// The statement of a plan. What a whole row looks like is known already.
fn statement(engine: &Engine, relation: &CatalogTable, plan: Plan<'_>, fields: &Projection) -> Statement {
    match fields {
        Projection::All => relation.statement(plan, engine.dialect()),
        _ => plan.statement(engine.dialect()),
    }
}

/// Refuses a write whose rows are wanted, or may be so many only, where nobody can tell them.
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
