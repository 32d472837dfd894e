//! What can be served.

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use tower::ServiceExt;

/// What can be served: an [`App`](crate::App), or a router of one's own.
pub trait Handler: Clone + Send + 'static {
    /// Answers a request. An error is an answer too.
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send;

    /// Gets ready on a thread that will serve, before any connection is accepted.
    fn warm_up(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

impl Handler for Router {
    async fn handle(&self, request: Request) -> Response {
        self.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
    }
}
