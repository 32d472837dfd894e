//! Reads: a page of rows, the only row that matches a filter, or the row that the path names; or the plan of such a read.

use axum::http::HeaderMap;
use axum::response::Response;
use mwallet_db::Dialect;
use mwallet_db::crud::data_plane;
use mwallet_query::Count;

use crate::plan::PlanRequest;
use crate::problem::Problem;
use crate::request::TableRequest;
use crate::rows::{self, Sending};
use crate::state::AppState;
use crate::timing::Stage;
use crate::{range, request_id};

/// Reads a page of rows, or the row that the path names.
pub(crate) async fn read(
    state: &AppState,
    request: &mut TableRequest<'_>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    request.enter(Stage::Plan);
    if let Some(plan) = request.plan.take() {
        return read_plan(state, request, &plan, headers).await;
    }
    if request.is_head() {
        request.select_nothing()?;
    }
    // The only row is counted, SQLite has no estimates, and what the database expects tells of rows that are hidden.
    if request.form.is_object() || state.engine.dialect() == Dialect::Sqlite || !request.asker.sees_everything() {
        request.preferences.count = request.preferences.count.map(|_| Count::Exact);
    }
    let mut response = match request.is_one() {
        true => {
            // One row has no range to count in.
            request.preferences.count = None;
            read_one(state, request).await?
        }
        false => {
            range::narrow(&mut request.args.query, headers)?;
            request.args.query.limit = request.page(state);
            match request.form.is_object() {
                false => read_page(state, request).await?,
                true => read_only_row(state, request).await?,
            }
        }
    };
    request.write_applied(&mut response);
    Ok(if request.is_head() { rows::headers_only(response) } else { response })
}

/// The execution plan of a read instead of its rows.
async fn read_plan(
    state: &AppState,
    request: &mut TableRequest<'_>,
    plan: &PlanRequest,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    if !request.is_one() {
        range::narrow(&mut request.args.query, headers)?;
        let limit = request.page(state);
        request.args.query.limit = if request.form.is_object() { Some(only_row_limit(limit)) } else { limit };
    }
    // These are about rows.
    request.preferences.forget_rows();
    let (engine, table) = (&state.engine, request.at());
    let text = data_plane::explain(engine, table, request.query(), plan.format, &plan.options).await;
    let text = text.map_err(|error| request.problem(error))?;
    request.enter(Stage::Response);
    let mut response = rows::typed(plan.media_type(request.form), text);
    request.write_applied(&mut response);
    Ok(if request.is_head() { rows::headers_only(response) } else { response })
}

/// Two rows are enough to know that there is more than one.
fn only_row_limit(limit: Option<u64>) -> u64 {
    limit.unwrap_or(2).min(2)
}

/// The row that the path names.
async fn read_one(state: &AppState, request: &TableRequest<'_>) -> Result<Response, Problem> {
    let table = request.at();
    let found =
        data_plane::retrieve(&state.engine, table, request.query()).await.map_err(|error| request.problem(error))?;
    request.enter(Stage::Response);
    request_id::count_rows(found.rows());
    match found.rows() {
        0 => Err(Problem::no_row(&table.table().name)),
        _ => rows::one(request.form, &request.names()?, found),
    }
}

/// The only row that matches the parameters; it is an error if there are none or several.
async fn read_only_row(state: &AppState, request: &TableRequest<'_>) -> Result<Response, Problem> {
    let query = request.query().clone().limit(only_row_limit(request.query().limit));
    let table = request.at();
    let (found, total) = match request.preferences.count {
        Some(_) => {
            data_plane::counted_page(&state.engine, table, &query).await.map(|(rows, total)| (rows, Some(total)))
        }
        None => data_plane::retrieve(&state.engine, table, &query).await.map(|rows| (rows, None)),
    }
    .map_err(|error| request.problem(error))?;
    request.enter(Stage::Response);
    request_id::count_rows(found.rows());
    match found.rows() {
        1 => {
            let (_, range) = range::of_page(query.skip, 1, total)?;
            let mut response = rows::one(request.form, &[], found)?;
            range::set(&mut response, range);
            Ok(response)
        }
        found => Err(Problem::not_one_row(found)),
    }
}

/// How many rows there are, by what the database expects. An estimate never says that a page is past the last row.
async fn estimate(state: &AppState, request: &TableRequest<'_>, count: Count) -> Result<u64, Problem> {
    let (engine, table, query) = (&state.engine, request.at(), request.query());
    let total = match count {
        Count::Planned => data_plane::planned_count(engine, table, query).await,
        Count::Exact | Count::Estimated => data_plane::estimated_count(engine, table, query).await,
    };
    Ok(total.map_err(|error| request.problem(error))?.max(query.skip))
}

async fn read_page(state: &AppState, request: &TableRequest<'_>) -> Result<Response, Problem> {
    let (query, table) = (request.query(), request.at());
    let problem = |error| request.problem(error);
    let (batches, total) = match request.preferences.count {
        // A streamed response sends its range before its rows are read, so all rows are counted first.
        Some(Count::Exact) => {
            data_plane::counted_list(&state.engine, table, query).await.map(|(rows, total)| (rows, Some(total)))
        }
        Some(count @ (Count::Planned | Count::Estimated)) => {
            let total = estimate(state, request, count).await?;
            request.enter(Stage::Plan);
            data_plane::list(&state.engine, table, query).await.map(|rows| (rows, Some(total)))
        }
        None => data_plane::list(&state.engine, table, query).await.map(|rows| (rows, None)),
    }
    .map_err(problem)?;
    let (names, timing) = (request.names()?, request.timing.as_ref());
    let sending = Sending::new(state.limits, request.asker);
    let page = rows::page(batches, request.form, names, sending, timing).await?;
    let streamed = |total: u64| total.saturating_sub(query.skip).min(query.limit.unwrap_or(u64::MAX));
    let mut response = page.response;
    if let Some(rows) = page.rows.or(total.map(streamed)) {
        let (status, range) = range::of_page(query.skip, rows, total)?;
        *response.status_mut() = status;
        range::set(&mut response, range);
    }
    Ok(response)
}
