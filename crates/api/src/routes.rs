//! Every route.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::endpoint::{Endpoint, EndpointRequest};
use crate::exposed::ExposedTables;
use crate::handler::Handler;
use crate::location::{RELOAD, Target};
use crate::problem::Problem;
use crate::request::Incoming;
use crate::state::AppState;
use crate::{docs, home, rest, rows};

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
        for endpoint in state.endpoints.iter().filter(|endpoint| endpoint.is_served(&tables)) {
            let (path, endpoint) = (endpoint.path(), endpoint.clone());
            let handler = async move |state: State<AppState>, request: Request| custom(state, &endpoint, request).await;
            others = others.route(path, get(handler));
        }
        let others = others.fallback(unknown_path).method_not_allowed_fallback(method_not_allowed);
        Self { others: others.with_state(state.clone()), state }
    }

    pub(crate) fn state(&self) -> &AppState {
        &self.state
    }

    /// Answers a request: about a table by the data plane, about anything else by the router.
    pub(crate) async fn answer(&self, incoming: Incoming) -> Response {
        match incoming.target {
            Target::Table { .. } => self.answer_about_table(incoming).await,
            // Boxed, so that the longest way does not make every request's future as large.
            Target::TableWithSlash { .. } | Target::Other => Box::pin(self.answer_about_others(incoming)).await,
        }
    }

    async fn answer_about_table(&self, mut incoming: Incoming) -> Response {
        let tables = self.state.tables();
        let answered = match rest::answer(&self.state, &tables, &mut incoming).await {
            Err(problem) if problem.is_outdated() => {
                Box::pin(self.answer_again(&tables, &mut incoming)).await.unwrap_or(Err(problem))
            }
            answered => answered,
        };
        answered.unwrap_or_else(Problem::into_response)
    }

    /// Plans and asks once more where others have changed the database since its tables were read: nothing was written.
    /// `None` if there is nothing new to plan by.
    async fn answer_again(
        &self,
        before: &Arc<ExposedTables>,
        incoming: &mut Incoming,
    ) -> Option<Result<Response, Problem>> {
        if !self.state.read_again(before).await {
            return None;
        }
        Some(rest::answer(&self.state, &self.state.tables(), incoming).await)
    }

    async fn answer_about_others(&self, incoming: Incoming) -> Response {
        match rest::redirect(&self.state, &self.state.tables(), &incoming) {
            Ok(None) => self.others.handle(incoming.into_request()).await,
            Ok(Some(redirect)) => redirect,
            Err(problem) => problem.into_response(),
        }
    }
}

/// Answers a request to an endpoint that the program added.
async fn custom(State(state): State<AppState>, endpoint: &Endpoint, request: Request) -> Result<Response, Problem> {
    let request = EndpointRequest::parse(state.engine.clone(), state.tables(), state.limits, endpoint, &request)?;
    endpoint.call(request).await
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
