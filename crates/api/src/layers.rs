//! What surrounds every handler: a number, a time limit, panics that end as an answer, and who may call from a browser.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use axum::extract::Request;
use axum::http::Method;
use axum::http::header::{HOST, HeaderName};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::access::Noted;
use crate::problem::Problem;
use crate::request_id::{self, X_REQUEST_ID};
use crate::routes::Routes;
use crate::state::Origins;
use crate::unread::Unread;
use crate::{compression, profile, range, rows, sites};

/// Refuses foreign requests, and gives others a number, a time limit, and an answer even where their handler panics.
///
/// Where an answer does not begin in time it is 504: the handler is dropped, and its session rolled back.
pub(crate) async fn surround(routes: &Routes, request: Request) -> Response {
    let state = routes.state();
    let is_head = request.method() == Method::HEAD;
    let encodings = compression::taken(request.headers());
    let tables = state.tables();
    let profile = profile::told(&tables, &request);
    let id = request_id::of(request.headers(), state.engine.sources());
    let noted = state.access_log.as_ref().map(|log| Noted::new(log, &request, &id, tables, state.endpoints.clone()));
    let (request, unread) = Unread::watch(request);
    let mut response = if state.loopback_hosts_only && is_foreign(&request) {
        Problem::foreign_host().into_response()
    } else if let Err(refusal) = sites::check(&request, &state.origins) {
        refusal.into_response()
    } else {
        // In its place once and for all: what stands around it would copy its kilobytes from one to the next.
        let work = pin!(routes.respond(request));
        let in_time = tokio::time::timeout(state.limits.request_time, catch_panic(work));
        let rows = noted.as_ref().map(Noted::rows);
        match request_id::scope(id.clone(), rows, in_time).await {
            Ok(response) => response,
            Err(_) => Problem::request_timeout().into_response(),
        }
    };
    response = compression::compress(response, encodings).await;
    if is_head {
        rows::take_body(&mut response);
    }
    range::write(&mut response);
    if let Some((name, profile)) = profile {
        response.headers_mut().insert(name, profile);
    }
    response.headers_mut().insert(X_REQUEST_ID, id);
    unread.tell(&mut response);
    match noted {
        Some(noted) => noted.answered(response),
        None => response,
    }
}

/// Answers 500 where a handler panics, instead of closing the connection without a word.
async fn catch_panic(answer: impl Future<Output = Response>) -> Response {
    // The request is gone when its handler panics, and the state has locks that survive it.
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text");
            tracing::error!(request = request_id::current(), "a handler panicked: {text}");
            Problem::internal().into_response()
        }
    }
}

/// Whose pages may call this server from a browser; nobody's where no origin is given.
///
/// The headers are those that the clients of Supabase send and read.
pub(crate) fn cors(origins: &Origins) -> Option<CorsLayer> {
    let allowed = match origins {
        Origins::None => return None,
        Origins::Any => AllowOrigin::any(),
        Origins::These(origins) => AllowOrigin::list(origins.iter().cloned()),
    };
    let methods =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let headers = ALLOWED_HEADERS.map(HeaderName::from_static);
    let exposed = EXPOSED_HEADERS.map(HeaderName::from_static);
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods(methods)
            .allow_headers(headers)
            .expose_headers(exposed)
            .max_age(PREFLIGHT_TIME),
    )
}

/// The headers that pages of other sites may send.
const ALLOWED_HEADERS: [&str; 14] = [
    "accept",
    "accept-profile",
    "apikey",
    "authorization",
    "content-encoding",
    "content-profile",
    "content-type",
    "prefer",
    "range",
    "range-unit",
    "x-client-info",
    "x-request-id",
    "x-retry-count",
    "x-supabase-api-version",
];

/// The headers that pages of other sites may read.
const EXPOSED_HEADERS: [&str; 7] = [
    "content-encoding",
    "content-location",
    "content-profile",
    "content-range",
    "location",
    "preference-applied",
    "x-request-id",
];

/// How long a browser may remember what is allowed.
const PREFLIGHT_TIME: Duration = Duration::from_secs(3_600);

/// Whether a request calls this server by a name which is not the machine's own, in its headers or its target.
fn is_foreign(request: &Request) -> bool {
    // No browser leaves the header out.
    let mut headers = request.headers().get_all(HOST).iter();
    let by_header = headers.any(|host| !is_loopback(host.to_str().unwrap_or_default()));
    by_header || request.uri().authority().is_some_and(|authority| !is_loopback(authority.as_str()))
}

/// Whether the value of a `Host` header, with or without a port, is this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    // The two that nearly everybody writes need not be taken apart.
    name == "127.0.0.1"
        || name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer_without_its_text() {
        let response = catch_panic(async { panic!("row of somebody else") }).await;
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("XX000") && !body.contains("somebody"), "{body}");
    }

    #[test]
    fn every_name_of_a_request_counts() {
        let request = |target: &str, hosts: &[&str]| {
            let request = Request::get(target);
            let request = hosts.iter().fold(request, |request, host| request.header(HOST, *host));
            is_foreign(&request.body(axum::body::Body::empty()).unwrap())
        };
        assert!(!request("/", &[]) && !request("http://localhost/", &["127.0.0.1:80"]));
        assert!(request("/", &["localhost", "evil.example"]));
        assert!(request("http://evil.example/", &["localhost"]));
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
