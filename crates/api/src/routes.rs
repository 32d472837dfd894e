//! Every route, and what surrounds them.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

use crate::openapi::Question;
use crate::problem::Problem;
use crate::state::AppState;
use crate::{docs, layers, questions, rest, rows};

/// The least bytes of an answer that is worth compressing: less fits one packet anyway.
const COMPRESSED_FROM: u64 = 1_024;

/// The routes of a server.
pub fn router(state: AppState) -> Router {
    let table = get(rest::read).post(rest::create).put(rest::replace).patch(rest::update).delete(rest::delete);
    let row = get(rest::read).put(rest::replace).patch(rest::update).delete(rest::delete);
    let mut router = Router::new()
        .route("/", get(docs::home))
        .route("/docs", get(docs::page))
        .route("/docs/{file}", get(docs::file))
        .route("/livez", get(livez))
        .route("/admin/reload", post(reload))
        .route("/readyz", get(readyz))
        .route("/rest/v1", get(docs::document))
        .route("/rest/v1/", get(docs::document))
        .route("/rest/v1/{table}", table.options(rest::options))
        .route("/rest/v1/{table}/{identifier}", row.options(rest::options));
    let questions = [
        (Question::NOTICES_OF_USER, get(questions::notices)),
        (Question::TRANSACTIONS_MINED, get(questions::transactions)),
    ];
    for (question, handler) in questions {
        if state.tables().first().questions.iter().any(|served| served.id == question.id) {
            router = router.route(question.path, handler);
        }
    }
    let compression = CompressionLayer::new().quality(CompressionLevel::Fastest);
    let router = router
        .fallback(unknown_path)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(compression.compress_when(SizeAbove::new(COMPRESSED_FROM)))
        .layer(from_fn_with_state(state.clone(), layers::surround));
    // Outside of all others, so that what they answer can be read by pages of other sites too.
    let router = match layers::cors(&state.origins) {
        Some(cors) => router.layer(cors),
        None => router,
    };
    router.with_state(state)
}

/// Whether the process answers; it says nothing of the database.
async fn livez() -> Response {
    rows::json(r#"{"status":"alive"}"#)
}

/// Whether requests can be served: the database answers.
async fn readyz(State(state): State<AppState>) -> Result<Response, Problem> {
    state.engine.ping().await?;
    Ok(rows::json(r#"{"status":"ready"}"#))
}

/// Reads again what is served, and answers when it is.
async fn reload(State(state): State<AppState>, uri: Uri) -> Result<Response, Problem> {
    let reload = state.reload.as_ref().ok_or_else(|| Problem::unknown_path(uri.path()))?;
    reload.run().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn unknown_path(uri: Uri) -> Problem {
    Problem::unknown_path(uri.path())
}

async fn method_not_allowed(request: Request) -> Problem {
    Problem::method_not_allowed(request.method())
}
