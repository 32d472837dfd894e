//! All routes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use mwallet_db::Error;

use crate::asker::Asker;
use crate::endpoint::{Endpoint, EndpointRequest};
use crate::handler::Handler;
use crate::location::{KEY_SET, LIVEZ, READYZ, RELOAD};
use crate::problem::Problem;
use crate::request::Incoming;
use crate::state::AppState;
use crate::{docs, home, identify, profile, rest, rows};

/// The routes of a server.
pub(crate) struct Routes {
    state: AppState,
    /// All routes but those of tables.
    others: Router,
}

impl Routes {
    pub(crate) fn new(state: AppState) -> Self {
        let mut others = Router::new()
            .route("/", get(home::home))
            .route("/docs", get(docs::page))
            .route("/docs/", get(docs::redirect))
            .route("/docs/{file}", get(docs::file))
            .route(LIVEZ, get(livez))
            .route(RELOAD, post(reload))
            .route(READYZ, get(readyz))
            .route(KEY_SET, get(key_set))
            .route("/rest/v1", get(docs::document))
            .route("/rest/v1/", get(docs::document));
        let tables = state.tables();
        let has_table = |name: &str| tables.first().get(name).is_some();
        for endpoint in state.endpoints.iter().filter(|endpoint| endpoint.is_served(has_table)) {
            let (path, endpoint) = (endpoint.path(), endpoint.clone());
            let handler = async move |state: State<AppState>, asker: Extension<Arc<Asker>>, request: Request| {
                custom(state, asker, &endpoint, request).await
            };
            others = others.route(path, get(handler));
        }
        let others = others.fallback(unknown_path).method_not_allowed_fallback(method_not_allowed);
        Self { others: others.with_state(state.clone()), state }
    }

    pub(crate) fn state(&self) -> &AppState {
        &self.state
    }

    /// Handles a request: the data plane those about tables, the router all others.
    pub(crate) async fn answer(&self, mut incoming: Incoming) -> Response {
        if !incoming.target.is_of_data_plane() {
            // Boxed, so that the largest future does not enlarge that of every request.
            return Box::pin(self.answer_about_others(incoming)).await;
        }
        let measured = incoming.timing.as_ref().map(|timing| self.state.measured(timing));
        let state = measured.as_deref().unwrap_or(&self.state);
        let asker = Arc::clone(&incoming.asker);
        let answered = match rest::answer(state, &asker, &mut incoming).await {
            Err(problem) if problem.is_outdated() => {
                Box::pin(answer_again(state, &asker, &mut incoming)).await.unwrap_or(Err(problem))
            }
            answered => answered,
        };
        let mut response = answered.unwrap_or_else(|problem| asker.refuse(problem).into_response());
        let profile = profile::header(&asker.tables, incoming.parts.uri.path(), incoming.schema.as_deref());
        if let Some((name, profile)) = profile {
            response.headers_mut().insert(name, profile);
        }
        response
    }

    async fn answer_about_others(&self, incoming: Incoming) -> Response {
        match rest::redirect(&self.state, &incoming) {
            Ok(None) => self.others.handle(incoming.into_request()).await,
            Ok(Some(redirect)) => redirect,
            Err(problem) => problem.into_response(),
        }
    }
}

/// Plans and runs a request again if the database has changed since its tables were read: nothing was written. `None` if
/// the tables are still the same.
async fn answer_again(state: &AppState, before: &Asker, incoming: &mut Incoming) -> Option<Result<Response, Problem>> {
    if !state.read_again(before).await {
        return None;
    }
    let served = state.served();
    let asker = match before.principal() {
        None => Ok(served.anybody()),
        Some(principal) => served.asker(principal.clone()),
    };
    Some(match asker {
        Ok(asker) => rest::answer(state, &asker, incoming).await,
        Err(problem) => Err(problem),
    })
}

/// Handles a request to a custom endpoint.
async fn custom(
    State(state): State<AppState>,
    Extension(asker): Extension<Arc<Asker>>,
    endpoint: &Endpoint,
    request: Request,
) -> Result<Response, Problem> {
    if !endpoint.is_served(|name| asker.tables.first().get(name).is_some()) {
        return Err(Problem::unknown_path(request.uri().path()));
    }
    let request = EndpointRequest::parse(state.engine.clone(), asker, state.limits, endpoint, &request)?;
    endpoint.call(request).await
}

/// Whether the process is running. This does not check the database.
async fn livez() -> Response {
    rows::json(r#"{"status":"alive"}"#)
}

/// Whether requests can be handled: the database responds, and its disk was not full at the last write.
async fn readyz(State(state): State<AppState>) -> Result<Response, Problem> {
    state.engine.ping().await?;
    if !state.engine.has_room() {
        return Err(Problem::disk_full());
    }
    Ok(rows::json(r#"{"status":"ready"}"#))
}

/// The public keys of the server's own tokens.
async fn key_set(State(state): State<AppState>, uri: Uri) -> Result<Response, Problem> {
    let authority = state.authority.as_ref().ok_or_else(|| Problem::unknown_path(uri.path()))?;
    let keys = authority.key_set().await.map_err(identify::problem)?;
    let mut response = rows::json(keys.to_string());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("max-age=600"));
    Ok(response)
}

/// Reloads the tables, and responds when it is done.
async fn reload(
    State(state): State<AppState>,
    Extension(asker): Extension<Arc<Asker>>,
    uri: Uri,
) -> Result<Response, Problem> {
    if !asker.sees_everything() {
        return Err(asker.refuse(Problem::not_permitted("reload the tables")));
    }
    let reload = state.reload.as_ref().ok_or_else(|| Problem::unknown_path(uri.path()))?;
    reload.run().await.map_err(|error| match error {
        // Whoever may reload may also know what is wrong with the file.
        Error::Config(message) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "F0000", message).hint("what was served before still is")
        }
        error => error.into(),
    })?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn unknown_path(uri: Uri) -> Problem {
    Problem::unknown_path(uri.path())
}

async fn method_not_allowed(request: Request) -> Problem {
    Problem::method_not_allowed(request.method())
}
