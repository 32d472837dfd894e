//! Reads by a document in the body, which has the parameters of a GET as JSON.

use axum::http::Method;
use axum::response::Response;

use super::{options, read};
use crate::asker::Asker;
use crate::exposed::ExposedTable;
use crate::problem::Problem;
use crate::request::{Incoming, TableRequest};
use crate::state::AppState;

/// The allowed methods, as the `Allow` header lists them.
const METHODS: &str = "POST, OPTIONS";

/// Reads rows of a table.
pub(super) async fn answer(
    state: &AppState,
    (table, asker): (&ExposedTable, &Asker),
    incoming: &mut Incoming,
) -> Result<Response, Problem> {
    match incoming.parts.method {
        Method::OPTIONS => return Ok(options(METHODS)),
        Method::POST => {}
        _ => return Err(Problem::method_not_allowed(&incoming.parts.method).allow(METHODS)),
    }
    let document = incoming.json(&state.limits).await?;
    let mut request = TableRequest::from_document(table, asker, incoming, &document, state.has_plans)?;
    state.limits.apply(&mut request.args.query)?;
    read::read(state, &mut request, &incoming.parts.headers).await
}
