//! What a log may say of a request: who it was by its number, what it was about without any value, how it went.
//!
//! A request is only noted here. To write it down, and to find out what of its address may be written, is left to whoever is
//! told of it, on a thread of its own.

mod place;

use std::fmt;
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
use crate::request_id::Rows;

/// Who is told of every request that was answered. It must not take long: requests wait for it.
#[derive(Clone)]
pub struct AccessLog(Arc<dyn Fn(Exchange) + Send + Sync>);

impl AccessLog {
    /// A log that is told by a call.
    pub fn new(tell: impl Fn(Exchange) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessLog")
    }
}

/// A request and how it was answered.
#[derive(Debug)]
pub struct Exchange {
    id: HeaderValue,
    method: Method,
    uri: Uri,
    tables: Arc<ExposedTables>,
    endpoints: Arc<Vec<Endpoint>>,
    /// The status of the answer.
    pub status: StatusCode,
    /// How long it took: to the last byte of an answer that came in parts, otherwise until it was handed to the connection.
    pub time: Duration,
    /// How many rows were read or written, where it was about rows.
    pub rows: Option<u64>,
    /// Whether the answer was whole; `false` where its client left, or it broke off.
    pub is_whole: bool,
}

impl Exchange {
    /// The number of the request.
    pub fn id(&self) -> &str {
        self.id.to_str().unwrap_or("-")
    }

    /// The method, if it is one that is known: a client may call anything so.
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

    /// The path and the names of the parameters, without values: `/rest/v1/orders/{identifier}?asset&limit`. What is neither
    /// a table, a column nor a word of the language may be a secret as well, and is not told.
    pub fn place(&self) -> String {
        place::of(&self.uri, &self.tables, &self.endpoints)
    }
}

/// A request that is being answered.
pub(crate) struct Noted {
    log: AccessLog,
    begun: Instant,
    rows: Rows,
    exchange: Exchange,
}

impl Noted {
    pub(crate) fn new(
        log: &AccessLog,
        request: &Request,
        id: &HeaderValue,
        tables: Arc<ExposedTables>,
        endpoints: Arc<Vec<Endpoint>>,
    ) -> Self {
        let exchange = Exchange {
            id: id.clone(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            tables,
            endpoints,
            status: StatusCode::OK,
            time: Duration::ZERO,
            rows: None,
            is_whole: true,
        };
        Self { log: log.clone(), begun: Instant::now(), rows: Rows::unknown(), exchange }
    }

    /// Where the rows of the request are counted.
    pub(crate) fn rows(&self) -> Rows {
        self.rows.clone()
    }

    /// Tells of the answer, at once where it is there, or with its last part.
    pub(crate) fn answered(mut self, response: Response) -> Response {
        self.exchange.status = response.status();
        if response.body().size_hint().exact().is_some() {
            self.tell(true);
            return response;
        }
        response.map(|body| Body::new(Watched { body, noted: Some(self) }))
    }

    fn tell(self, is_whole: bool) {
        let (time, rows) = (self.begun.elapsed(), self.rows.count());
        (self.log.0)(Exchange { time, rows, is_whole, ..self.exchange });
    }
}

/// The body of an answer that comes in parts.
struct Watched {
    body: Body,
    noted: Option<Noted>,
}

impl Watched {
    fn end(&mut self, is_whole: bool) {
        if let Some(noted) = self.noted.take() {
            noted.tell(is_whole);
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
        // Nobody asks a body for more that says itself that it has ended.
        let is_whole = self.body.is_end_stream();
        self.end(is_whole);
    }
}
