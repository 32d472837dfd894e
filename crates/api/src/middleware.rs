//! What every request passes on its way in and out, whatever handles it.
//!
//! There are three places: [`admit`] can refuse a request before any work, [`Exchange::run`] wraps the work, and
//! [`Exchange::complete`] finishes the response. A new step is a line in one of them. They are functions and not tower
//! layers, each of which would box, copy and allocate for every request: see ADR 13.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use mwallet_auth::Principal;

use crate::access::Noted;
use crate::client::Client;
use crate::problem::Problem;
use crate::request::Incoming;
use crate::request_id::{self, X_REQUEST_ID};
use crate::state::AppState;
use crate::throttle::{Admitted, Limited};
use crate::timing::{SERVER_TIMING, Stopwatch};
use crate::unread::Unread;
use crate::{compression, identify, location, range, response_headers, rows, sites};

/// Refuses a request that is not allowed, and finds out who sends it.
///
/// # Errors
///
/// If the request is refused.
pub(crate) async fn admit(
    state: &AppState,
    client: Client,
    incoming: &mut Incoming,
    admitted: &mut Admitted,
) -> Result<(), Problem> {
    if let Some(hosts) = &state.hosts {
        hosts.check(&incoming.parts)?;
    }
    sites::check(&incoming.parts, &state.origins)?;
    if let Some(authority) = &state.authority {
        let served = state.served();
        let sources = state.engine.sources();
        // Whoever watches over the server is never kept out by others behind the same address.
        let is_limited = !location::is_of_health(incoming.parts.uri.path());
        if is_limited {
            let limit = served.permissions().address_limit();
            state.throttle.admit(&Limited::address(client), limit, sources, admitted)?;
        }
        incoming.asker = match incoming.parts.extensions.remove::<Arc<Principal>>() {
            None => identify::identify(&served, authority, &incoming.parts.headers).await?,
            // The program itself asks, in the place of somebody. Nothing that comes by a network has an extension.
            Some(principal) => served.asker(principal)?,
        };
        if is_limited {
            let identity = incoming.asker.principal().and_then(|principal| principal.identity.as_ref());
            state.throttle.admit(&Limited::caller(identity, client), incoming.asker.limit(), sources, admitted)?;
        }
    }
    Ok(())
}

/// What the response needs to know about its request.
pub(crate) struct Exchange {
    id: HeaderValue,
    /// The program that sent the request.
    pub(crate) client: Client,
    is_head: bool,
    encodings: Option<HeaderMap>,
    unread: Unread,
    timing: Option<Stopwatch>,
    noted: Option<Noted>,
}

impl Exchange {
    /// Starts an exchange with a request, which is parsed only here.
    pub(crate) fn begin(state: &AppState, request: Request) -> (Self, Incoming) {
        let timing = state.server_timing.then(Stopwatch::start);
        let served = state.served();
        let id = request_id::choose(request.headers(), state.engine.sources());
        let client = Client::find(&request, &state.proxies);
        let noted = (state.access_log.is_some() || state.metrics.is_some()).then(|| {
            let watchers = (state.access_log.clone(), state.metrics.clone());
            let (tables, endpoints) = (served.tables().clone(), state.endpoints.clone());
            Noted::begin(watchers, &request, &id, client.address, tables, endpoints)
        });
        let (request, unread) = Unread::watch(request);
        let asker = if state.authority.is_some() { served.nobody() } else { served.anybody() };
        let incoming = Incoming::new(request, asker, timing);
        let Incoming { parts, timing, .. } = &incoming;
        let exchange = Self {
            id,
            client,
            is_head: parts.method == Method::HEAD,
            encodings: compression::taken(&parts.headers),
            unread,
            timing: timing.clone(),
            noted,
        };
        (exchange, incoming)
    }

    /// Runs the work of a request within its time limit, with its ID in the log, and with a response even if it panics.
    /// If the response does not start in time, it is 504, the work is dropped, and its session is rolled back.
    pub(crate) async fn run(&self, state: &AppState, work: Pin<&mut impl Future<Output = Response>>) -> Response {
        let in_time = tokio::time::timeout(state.limits.request_timeout, catch_panic(work));
        let rows = self.noted.as_ref().map(Noted::rows);
        match request_id::scope(self.id.clone(), rows, in_time).await {
            Ok(response) => response,
            Err(_) => Problem::request_timeout().into_response(),
        }
    }

    /// Completes a response, and records it in the access log.
    pub(crate) async fn complete(self, state: &AppState, response: Response) -> Response {
        let mut response = compression::compress(response, self.encodings).await;
        if self.is_head {
            rows::take_body(&mut response);
        }
        range::write(&mut response);
        response_headers::add(response.headers_mut(), state, self.client);
        response.headers_mut().insert(X_REQUEST_ID, self.id);
        if let Some(timing) = self.timing {
            response.headers_mut().insert(SERVER_TIMING, timing.header());
        }
        self.unread.mark(&mut response);
        match self.noted {
            Some(noted) => noted.answered(response),
            None => response,
        }
    }
}

/// Responds with 500 if a handler panics, instead of closing the connection.
async fn catch_panic(answer: impl Future<Output = Response>) -> Response {
    // The request is dropped with its handler, and the locks of the state survive a panic.
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
}
