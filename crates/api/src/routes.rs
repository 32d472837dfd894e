//! Every route.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::app::Respond;
use crate::openapi::Question;
use crate::problem::Problem;
use crate::state::AppState;
use crate::{docs, location, questions, rest, rows};

/// The routes of a server.
pub(crate) struct Routes {
    state: AppState,
    /// All but those of tables.
    others: Router,
}

impl Routes {
    pub(crate) fn new(state: AppState) -> Self {
        let mut others = Router::new()
            .route("/", get(docs::home))
            .route("/docs", get(docs::page))
            .route("/docs/{file}", get(docs::file))
            .route("/livez", get(livez))
            .route("/admin/reload", post(reload))
            .route("/readyz", get(readyz))
            .route("/rest/v1", get(docs::document))
            .route("/rest/v1/", get(docs::document));
        let questions = [
            (Question::NOTICES_OF_USER, get(questions::notices)),
            (Question::TRANSACTIONS_MINED, get(questions::transactions)),
        ];
        for (question, handler) in questions {
            if state.tables().first().questions.iter().any(|served| served.id == question.id) {
                others = others.route(question.path, handler);
            }
        }
        let others = others.fallback(unknown_path).method_not_allowed_fallback(method_not_allowed);
        Self { others: others.with_state(state.clone()), state }
    }

    pub(crate) fn state(&self) -> &AppState {
        &self.state
    }

    /// Answers a request: at `/rest/v1/{table}` and `/rest/v1/{table}/{identifier}` about a table, elsewhere by the router.
    pub(crate) async fn respond(&self, request: Request) -> Response {
        if location::place(request.uri().path()).is_none() {
            // The longest way of all is not the size of each.
            return Box::pin(self.others.respond(request)).await;
        }
        let state = &self.state;
        let answered = match *request.method() {
            Method::GET | Method::HEAD => rest::read(state, request).await,
            Method::POST => Box::pin(rest::create(state, request)).await,
            Method::PUT => Box::pin(rest::replace(state, request)).await,
            Method::PATCH => Box::pin(rest::update(state, request)).await,
            Method::DELETE => Box::pin(rest::delete(state, request)).await,
            Method::OPTIONS => rest::options(state, &request),
            _ => Err(rest::refuse(state, &request)),
        };
        answered.unwrap_or_else(Problem::into_response)
    }
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
