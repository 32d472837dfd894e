//! The operations that the data plane serves, with rows that go from the database into JSON text without a value
//! between.

use mwallet_schema::{Record, Table};

use crate::engine::Engine;
use crate::error::Result;
use crate::query::{Audience, Fields, Plan, Query};
use crate::statement::{Format, JsonRows, Output};
use crate::stream::Batches;

/// The most rows that are gathered before they are answered.
const PAGE: u64 = 1_000;

/// Creates a row for a client and gives it back as a JSON object.
///
/// # Errors
///
/// As [`create`](super::create).
pub async fn create_json(engine: &Engine, table: &Table, record: Record) -> Result<JsonRows> {
    let plan = Plan::insert(table, vec![record], &Fields::All, engine.sources(), Audience::Client)?;
    let outputs = engine.write(vec![plan.statement(engine.dialect())], Format::Json).await?;
    Ok(outputs.into_iter().next().map(Output::into_json).unwrap_or_default())
}

/// The one row that a client's query names, as a JSON object; no rows if there is none.
///
/// # Errors
///
/// As [`retrieve`](super::retrieve).
pub async fn retrieve_json(engine: &Engine, table: &Table, query: &Query) -> Result<JsonRows> {
    let plan = Plan::select(table, query, Audience::Client)?;
    Ok(engine.read(plan.statement(engine.dialect()), Format::Json).await?.into_json())
}

/// The rows that a client's query names, as batches of JSON objects with commas between them.
///
/// # Errors
///
/// As [`list`](super::list).
pub async fn list_json(engine: &Engine, table: &Table, query: &Query) -> Result<Batches<'static>> {
    let statement = Plan::select(table, query, Audience::Client)?.statement(engine.dialect());
    // A page of a known size is gathered; it does not need a thread or connection for as long as its reader likes.
    match query.limit {
        Some(rows) if rows <= PAGE => Ok(Batches::gathered(engine.read(statement, Format::Json).await?)),
        _ => engine.stream(statement, Format::Json).await,
    }
}
