//! The tables that are served and their references, as a picture.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use mwallet_db::worker;

use crate::problem::Problem;
use crate::state::AppState;

/// Where it is.
pub(crate) const PATH: &str = "/diagram.svg";

/// What it may load and do: nothing but look as its own style says.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// The picture. It is drawn when it is first asked for, beside the threads that serve.
pub(crate) async fn diagram(State(state): State<AppState>) -> Result<Response, Problem> {
    let tables = state.tables();
    let drawing = match tables.drawn() {
        Some(drawing) => drawing,
        None => worker::delegate(move || tables.draw()).await?,
    };
    // The tables may change while the server runs.
    let headers = [
        (CONTENT_TYPE, "image/svg+xml"),
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, drawing).into_response())
}
