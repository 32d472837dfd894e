//! The data plane: dispatches requests about tables to their handlers.
//!
//! A handler calls one function of the data layer and converts the result into a response.

mod query;
mod read;
mod write;

use axum::body::Body;
use axum::http::header::ALLOW;
use axum::http::{HeaderValue, Method};
use axum::response::Response;

use crate::asker::Asker;
use crate::location::{self, Target};
use crate::methods;
use crate::problem::Problem;
use crate::request::{Incoming, TableRequest};
use crate::state::AppState;

/// Handles a request about one of the tables that are there for its sender.
pub(crate) async fn answer(state: &AppState, asker: &Asker, incoming: &mut Incoming) -> Result<Response, Problem> {
    let table = incoming.table(&asker.tables)?;
    if incoming.target.is_query() {
        return Box::pin(query::answer(state, (table, asker), incoming)).await;
    }
    if incoming.parts.method == Method::OPTIONS {
        return Ok(options(&methods::allowed(table.table(), incoming.target.is_row())));
    }
    let mut request = TableRequest::parse(table, asker, incoming, state.has_plans)?;
    state.limits.apply(&mut request.args.query)?;
    let table = request.table;
    let answered = match incoming.parts.method {
        Method::GET | Method::HEAD => read::read(state, &mut request, &incoming.parts.headers).await,
        Method::POST => Box::pin(write::create(state, &request, incoming)).await,
        Method::PUT => Box::pin(write::replace(state, &request, incoming)).await,
        Method::PATCH => Box::pin(write::update(state, &request, incoming)).await,
        Method::DELETE => Box::pin(write::delete(state, &request)).await,
        _ => Err(methods::refuse(table.whole().table(), incoming.target.is_row(), &incoming.parts.method)),
    };
    if let Some(authority) = state.authority.as_ref().filter(|_| !incoming.parts.method.is_safe()) {
        authority.forget(table.table());
    }
    answered
}

/// Lists the allowed methods.
fn options(methods: &str) -> Response {
    let mut response = Response::new(Body::empty());
    // The names of methods are always a valid header value.
    let methods = HeaderValue::from_str(methods).unwrap_or(HeaderValue::from_static("GET, HEAD, OPTIONS"));
    response.headers_mut().insert(ALLOW, methods);
    response
}

/// Redirects from the path of a table with a trailing slash to the one without. `None` for any other path.
///
/// # Errors
///
/// If there is no such table.
pub(crate) fn redirect(state: &AppState, incoming: &Incoming) -> Result<Option<Response>, Problem> {
    let Target::TableWithSlash { .. } = incoming.target else { return Ok(None) };
    let uri = &incoming.parts.uri;
    // A client may have appended an empty identifier, which must not mean every row.
    let is_change = matches!(incoming.parts.method, Method::PATCH | Method::DELETE);
    if is_change && uri.query().is_none_or(str::is_empty) && state.limits.allow_unfiltered {
        return Ok(None);
    }
    incoming.table(&incoming.asker.tables)?;
    Ok(location::redirect(uri.path().trim_end_matches('/'), uri.query()))
}
