//! Every route.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::app::Respond;
use crate::problem::Problem;
use crate::rest::Incoming;
use crate::state::{AppState, Tables};
use crate::{docs, home, location, rest, rows};

/// Where what is served is read again.
pub(crate) const RELOAD: &str = "/admin/reload";

/// The routes of a server.
pub(crate) struct Routes {
    state: AppState,
    /// All but those of tables.
    others: Router,
}

impl Routes {
    pub(crate) fn new(state: AppState) -> Self {
        let mut others = Router::new()
            .route("/", get(home::home))
            .route("/docs", get(docs::page))
            .route("/docs/", get(docs::redirect))
            .route("/docs/{file}", get(docs::file))
            .route("/livez", get(livez))
            .route(RELOAD, post(reload))
            .route("/readyz", get(readyz))
            .route("/rest/v1", get(docs::document))
            .route("/rest/v1/", get(docs::document));
        let tables = state.tables();
        for endpoint in state.endpoints.iter().filter(|endpoint| tables.serves(endpoint)) {
            others = others.route(endpoint.path(), endpoint.route());
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
            return Box::pin(self.respond_elsewhere(request)).await;
        }
        let tables = self.state.tables();
        let mut incoming = Incoming::new(request);
        let answered = match self.answer(&tables, &mut incoming).await {
            Err(problem) if problem.is_outdated() => {
                Box::pin(self.answer_again(&tables, &mut incoming)).await.unwrap_or(Err(problem))
            }
            answered => answered,
        };
        answered.unwrap_or_else(Problem::into_response)
    }

    /// Answers a request that is about no table.
    async fn respond_elsewhere(&self, request: Request) -> Response {
        match rest::redirect(&self.state, &self.state.tables(), &request) {
            Ok(None) => self.others.respond(request).await,
            Ok(Some(redirect)) => redirect,
            Err(problem) => problem.into_response(),
        }
    }

    /// Answers a request about one of these tables.
    async fn answer(&self, tables: &Tables, incoming: &mut Incoming) -> Result<Response, Problem> {
        let state = &self.state;
        match *incoming.method() {
            Method::GET | Method::HEAD => rest::read(state, tables, incoming).await,
            Method::POST => Box::pin(rest::create(state, tables, incoming)).await,
            Method::PUT => Box::pin(rest::replace(state, tables, incoming)).await,
            Method::PATCH => Box::pin(rest::update(state, tables, incoming)).await,
            Method::DELETE => Box::pin(rest::delete(state, tables, incoming)).await,
            Method::OPTIONS => rest::options(tables, incoming),
            _ => Err(rest::refuse(tables, incoming)),
        }
    }

    /// Plans and asks once more where others have changed the database since its tables were read: nothing was written.
    /// `None` where there is nothing new to plan by.
    async fn answer_again(&self, before: &Arc<Tables>, incoming: &mut Incoming) -> Option<Result<Response, Problem>> {
        if !self.state.read_again(before).await {
            return None;
        }
        Some(self.answer(&self.state.tables(), incoming).await)
    }
}

/// Whether the process answers; it says nothing of the database.
async fn livez() -> Response {
    rows::json(r#"{"status":"alive"}"#)
}

/// Whether requests can be served: the database answers, and had room when it was last written to.
async fn readyz(State(state): State<AppState>) -> Result<Response, Problem> {
    state.engine.ping().await?;
    if !state.engine.has_room() {
        return Err(Problem::disk_full());
    }
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
