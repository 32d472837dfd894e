//! The access log: the ID of each request, its path without values, and its result.
//!
//! This module only records requests. The log writes them, and finds out which parts of the path are not secret, on its
//! own thread.

mod place;

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};

use crate::endpoint::Endpoint;
use crate::exposed::ExposedTables;
use crate::metrics::Metrics;
use crate::request_id::Rows;

/// A function that is called for every request after its response. It must be fast: requests wait for it.
#[derive(Clone)]
pub struct AccessLog(Arc<dyn Fn(Exchange) + Send + Sync>);

impl AccessLog {
    /// A log that calls `tell` for every request.
    pub fn new(tell: impl Fn(Exchange) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessLog")
    }
}

/// A request and the result of handling it.
#[derive(Debug)]
pub struct Exchange {
    id: HeaderValue,
    method: Method,
    uri: Uri,
    /// The address of the client.
    pub from: Option<IpAddr>,
    tables: Arc<ExposedTables>,
    endpoints: Arc<Vec<Endpoint>>,
    /// The status of the response.
    pub status: StatusCode,
    /// How long it took: until the last byte of a streamed response, otherwise until the response was passed to the
    /// connection.
    pub time: Duration,
    /// How many rows were read or written, if the request was about rows.
    pub rows: Option<u64>,
    /// Whether the response was complete; `false` if the client disconnected or the stream failed.
    pub is_whole: bool,
}

impl Exchange {
    /// The ID of the request.
    pub fn id(&self) -> &str {
        self.id.to_str().unwrap_or("-")
    }

    /// The method, if it is a standard one: a client can send any text as a method.
    pub fn method(&self) -> &str {
        const KNOWN: [Method; 9] = [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
            Method::TRACE,
            Method::CONNECT,
        ];
        if KNOWN.contains(&self.method) { self.method.as_str() } else { place::UNKNOWN }
    }

    /// The path without values: `/rest/v1/orders/{identifier}`.
    pub(crate) fn route(&self) -> String {
        place::route(&self.uri, &self.tables, &self.endpoints)
    }

    /// The path and the names of the parameters, without values: `/rest/v1/orders/{identifier}?asset&limit`. A name
    /// that is neither a table, a column nor a keyword may be a secret, and is replaced.
    pub fn place(&self) -> String {
        place::describe(&self.uri, &self.tables, &self.endpoints)
    }
}

/// A request that is being handled.
pub(crate) struct Noted {
    log: Option<AccessLog>,
    metrics: Option<Metrics>,
    begun: Instant,
    rows: Rows,
    /// `None` when it was reported.
    exchange: Option<Exchange>,
}

impl Noted {
    /// Notes a request for those who want to know of it.
    pub(crate) fn begin(
        (log, metrics): (Option<AccessLog>, Option<Metrics>),
        request: &Request,
        id: &HeaderValue,
        from: Option<IpAddr>,
        tables: Arc<ExposedTables>,
        endpoints: Arc<Vec<Endpoint>>,
    ) -> Self {
        if let Some(metrics) = &metrics {
            metrics.begin();
        }
        let exchange = Exchange {
            id: id.clone(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            from,
            tables,
            endpoints,
            status: StatusCode::OK,
            time: Duration::ZERO,
            rows: None,
            is_whole: true,
        };
        Self { log, metrics, begun: Instant::now(), rows: Rows::unknown(), exchange: Some(exchange) }
    }

    /// The counter for the rows of the request.
    pub(crate) fn rows(&self) -> Rows {
        self.rows.clone()
    }

    /// Logs the response: at once if its size is known, otherwise when its body ends.
    pub(crate) fn answered(mut self, response: Response) -> Response {
        if let Some(exchange) = &mut self.exchange {
            exchange.status = response.status();
        }
        if response.body().size_hint().exact().is_some() {
            self.report(true);
            return response;
        }
        response.map(|body| Body::new(Watched { body, noted: Some(self) }))
    }

    fn report(&mut self, is_whole: bool) {
        let Some(exchange) = self.exchange.take() else { return };
        let exchange = Exchange { time: self.begun.elapsed(), rows: self.rows.count(), is_whole, ..exchange };
        if let Some(metrics) = &self.metrics {
            metrics.end(exchange.method(), exchange.route(), exchange.status, exchange.time);
        }
        if let Some(log) = &self.log {
            (log.0)(exchange);
        }
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        let (Some(metrics), Some(exchange)) = (&self.metrics, self.exchange.take()) else { return };
        // The client has left before there was an answer. Servers call that so, though it is never sent.
        let status = StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST);
        metrics.end(exchange.method(), exchange.route(), status, self.begun.elapsed());
    }
}

/// The body of a streamed response.
struct Watched {
    body: Body,
    noted: Option<Noted>,
}

impl Watched {
    fn end(&mut self, is_whole: bool) {
        if let Some(mut noted) = self.noted.take() {
            noted.report(is_whole);
        }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(_)) => {}
            Some(Err(_)) => self.end(false),
            None => self.end(true),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // A body that reports its own end is not polled again.
        let is_whole = self.body.is_end_stream();
        self.end(is_whole);
    }
}
