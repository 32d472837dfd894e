//! What surrounds every handler: a time limit, and panics that end as an answer.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;

use crate::problem::Problem;
use crate::state::AppState;

/// Answers 504 where an answer does not begin in time. The handler is dropped, and its session rolled back.
pub(crate) async fn limit_time(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(state.limits.request_time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::request_timeout().into_response(),
    }
}

/// Answers 500 where a handler panics, instead of closing the connection without a word.
pub(crate) async fn catch_panic(request: Request, next: Next) -> Response {
    // The request is gone when its handler panics, and the state has locks that survive it.
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text");
            tracing::error!("a handler panicked: {text}");
            Problem::internal().into_response()
        }
    }
}

/// Refuses requests that call this server by a name which is not the machine's own.
///
/// For a server without login. It listens on the loopback address only, but a page of a foreign site, open in a browser
/// on the same machine, could have its own name point there and read everything as its own.
pub fn loopback_hosts_only(router: Router) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        let host = request.headers().get(HOST).map(|host| host.to_str().unwrap_or_default());
        match host {
            Some(host) if !is_loopback(host) => Problem::foreign_host().into_response(),
            // No browser leaves it out.
            _ => next.run(request).await,
        }
    }))
}

/// Whether the value of a `Host` header, with or without a port, is this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer_without_its_text() {
        use tower::ServiceExt;
        async fn broken() {
            panic!("row of somebody else");
        }
        let app = Router::new().route("/", axum::routing::get(broken)).layer(from_fn(catch_panic));
        let response = app.oneshot(Request::get("/").body(axum::body::Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("XX000") && !body.contains("somebody"), "{body}");
    }

    #[test]
    fn only_names_of_this_machine_pass() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "evil.example:8080", "localhost.evil.example", "192.168.0.1:80", "[::2]:80", "::1"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
