//! The trait of everything that [`serve`](crate::serve) can serve.

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use tower::ServiceExt;

/// Handles requests: an [`App`](crate::App), or your own router.
pub trait Handler: Clone + Send + 'static {
    /// Handles a request. An error is a response too.
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send;

    /// Prepares a thread that will serve, before any connection is accepted.
    fn warm_up(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

impl Handler for Router {
    async fn handle(&self, request: Request) -> Response {
        self.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
    }
}
