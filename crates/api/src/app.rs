//! A server as one value: the path of a request from its first step to its last.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use tower::{Layer, Service, ServiceExt};
use tower_http::cors::Cors;

use crate::handler::Handler;
use crate::middleware::{self, Exchange};
use crate::origins;
use crate::routes::Routes;
use crate::state::AppState;
use crate::throttle::Admitted;

/// The request handler of a server. Cheap to clone.
#[derive(Clone)]
pub struct App {
    stack: Stack,
    /// Outermost, so that pages of other sites can read every response.
    cors: Option<Cors<Stack>>,
}

impl App {
    /// A server with a state.
    pub fn new(state: AppState) -> Self {
        let cors = origins::cors(&state.origins);
        let stack = Stack(Arc::new(Routes::new(state)));
        Self { cors: cors.map(|cors| cors.layer(stack.clone())), stack }
    }
}

impl Handler for App {
    async fn handle(&self, request: Request) -> Response {
        match &self.cors {
            None => self.stack.handle(request).await,
            Some(cors) => cors.clone().oneshot(request).await.unwrap_or_else(|never| match never {}),
        }
    }

    async fn warm_up(&self) {
        if let Err(error) = self.stack.0.state().engine.warm_up().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the database is not ready; requests will try to connect again"
            );
        }
    }
}

/// The routes with the middleware.
#[derive(Clone)]
struct Stack(Arc<Routes>);

impl Stack {
    /// Handles every request.
    async fn handle(&self, request: Request) -> Response {
        let routes = &self.0;
        let (exchange, mut incoming) = Exchange::begin(routes.state(), request);
        let mut admitted = Admitted::default();
        let response = {
            // Pinned where it is made: each future that held it by value would copy its kilobytes.
            let answer = pin!(async {
                match middleware::admit(routes.state(), exchange.client, &mut incoming, &mut admitted).await {
                    Ok(()) => routes.answer(incoming).await,
                    Err(refusal) => refusal.into_response(),
                }
            });
            exchange.run(routes.state(), answer).await
        };
        let response = routes.state().throttle.hold(admitted, response);
        exchange.complete(routes.state(), response).await
    }
}

impl Service<Request> for Stack {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let stack = self.clone();
        Box::pin(async move { Ok(stack.handle(request).await) })
    }
}
