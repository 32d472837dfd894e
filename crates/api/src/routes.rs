//! Every route, and the handlers behind them: each reads its request, calls one function of the data layer, and turns
//! what comes back into an answer.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::LOCATION;
use axum::http::{StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use mwallet_db::{Query, crud};

use crate::problem::Problem;
use crate::state::{AppState, Resource};
use crate::{body, errors, layers, location, params, rows};

/// Where the tables stand.
const REST: &str = "/rest/v1/";

/// The routes of a server.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/rest/v1/{table}", get(list).post(create))
        .route("/rest/v1/{table}/{identifier}", get(retrieve))
        .fallback(unknown_path)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(state.limits.body_bytes))
        .layer(from_fn_with_state(state.clone(), layers::limit_time))
        .layer(from_fn(layers::catch_panic))
        .with_state(state)
}

/// Whether the process answers; it says nothing of the database.
async fn livez() -> Response {
    rows::json(r#"{"status":"alive"}"#)
}

/// The rows of a table that the filters leave.
async fn list(State(state): State<AppState>, uri: Uri) -> Result<Response, Problem> {
    let (resource, _) = target(&state, &uri)?;
    let query = params::filters(uri.query().unwrap_or_default(), &resource.table, Query::new())?;
    let batches = crud::list_json(&state.engine, &resource.table, &query).await?;
    Ok(rows::array(batches, state.limits.stall_time).await?)
}

/// One row of a table.
async fn retrieve(State(state): State<AppState>, uri: Uri) -> Result<Response, Problem> {
    let (resource, identifier) = target(&state, &uri)?;
    let query = Query::new().identifier(params::identifier(&params::decode(identifier)?)?);
    let query = params::filters(uri.query().unwrap_or_default(), &resource.table, query)?;
    let found = crud::retrieve_json(&state.engine, &resource.table, &query).await?;
    match found.rows {
        0 => Err(Problem::no_row(&resource.table.name)),
        _ => Ok(rows::json(found.bytes)),
    }
}

/// A new row of a table.
async fn create(State(state): State<AppState>, request: Request) -> Result<Response, Problem> {
    let uri = request.uri().clone();
    let (Resource { table, create }, _) = target(&state, &uri)?;
    params::none(uri.query())?;
    let json = body::json(request, &state).await?;
    let record = create.to_columns(create.validate(&json, state.engine.sources())?);
    let created = crud::create_json(&state.engine, table, record).await.map_err(|error| errors::of(error, table))?;
    let location = location::of(table, &created.bytes).map(|path| [(LOCATION, path)]);
    Ok((StatusCode::CREATED, location, rows::json(created.bytes)).into_response())
}

async fn unknown_path(uri: Uri) -> Problem {
    Problem::unknown_path(uri.path())
}

async fn method_not_allowed(request: Request) -> Problem {
    Problem::method_not_allowed(request.method())
}

/// The table that a path names, and what follows it as it is written.
fn target<'s, 'u>(state: &'s AppState, uri: &'u Uri) -> Result<(&'s Resource, &'u str), Problem> {
    let path = uri.path().strip_prefix(REST).unwrap_or_default();
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    let name = params::decode(name)?;
    match state.tables.get(&name) {
        Some(resource) => Ok((resource, rest)),
        None => Err(Problem::unknown_table(&name)),
    }
}
