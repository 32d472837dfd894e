//! A server as one value: the routes, and what surrounds them.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use futures::future::BoxFuture;
use tower::{Layer, Service, ServiceExt};
use tower_http::cors::Cors;

use crate::layers;
use crate::routes::Routes;
use crate::state::AppState;

/// What can be served: an [`App`], or a router of one's own.
pub trait Respond: Clone + Send + 'static {
    /// Answers a request. What goes wrong is an answer too.
    fn respond(&self, request: Request) -> impl Future<Output = Response> + Send;

    /// Gets ready on a thread that will serve, before any connection is accepted.
    fn warm_up(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// What a server answers. Cheap to clone.
///
/// A request about a table passes no list of layers: each of those would box it, copy it and allocate for it, which together
/// took longer than to find a row.
#[derive(Clone)]
pub struct App {
    surrounded: Surrounded,
    /// Outside of all else, so that whatever is answered can be read by pages of other sites too.
    cors: Option<Cors<Surrounded>>,
}

impl App {
    /// The server of a state.
    pub fn new(state: AppState) -> Self {
        let cors = layers::cors(&state.origins);
        let surrounded = Surrounded(Arc::new(Routes::new(state)));
        Self { cors: cors.map(|cors| cors.layer(surrounded.clone())), surrounded }
    }
}

impl Respond for Router {
    async fn respond(&self, request: Request) -> Response {
        self.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
    }
}

impl Respond for App {
    async fn respond(&self, request: Request) -> Response {
        match &self.cors {
            None => self.surrounded.respond(request).await,
            Some(cors) => cors.clone().oneshot(request).await.unwrap_or_else(|never| match never {}),
        }
    }

    async fn warm_up(&self) {
        if let Err(error) = self.surrounded.0.state().engine.warm_up().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the database is not ready; requests will try again"
            );
        }
    }
}

/// The routes with what surrounds each of them.
#[derive(Clone)]
struct Surrounded(Arc<Routes>);

impl Surrounded {
    async fn respond(&self, request: Request) -> Response {
        layers::surround(&self.0, request).await
    }
}

impl Service<Request> for Surrounded {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let surrounded = self.clone();
        Box::pin(async move { Ok(surrounded.respond(request).await) })
    }
}
