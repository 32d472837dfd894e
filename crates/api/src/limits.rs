//! The limits of requests: their size, their time and what they may do.

use std::time::Duration;

/// The limits of requests: their size, their time and what they may do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a body: 1 MiB.
    pub body_bytes: usize,
    /// The most rows in one body: 10,000.
    pub body_rows: usize,
    /// The most rows in one response. The default is `None`, no limit, since responses are streamed.
    pub max_rows: Option<u64>,
    /// Whether a request without a filter may change or delete every row of a table; not by default.
    pub allow_unfiltered: bool,
    /// How long a client may take to send a body: 30 seconds.
    pub body_read_timeout: Duration,
    /// How long a request may take until its response starts: 60 seconds. Statements have their own, shorter timeout.
    pub request_timeout: Duration,
    /// How long a client may stop reading a streamed response: 30 seconds. The response holds a database connection
    /// meanwhile.
    pub write_timeout: Duration,
}

impl Limits {
    /// The limit of a response, from the limit of the request and that of the server.
    pub(crate) fn page(&self, asked: Option<u64>) -> Option<u64> {
        match (asked, self.max_rows) {
            (Some(asked), Some(most)) => Some(asked.min(most)),
            (asked, most) => asked.or(most),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            body_rows: 10_000,
            max_rows: None,
            allow_unfiltered: false,
            body_read_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(30),
        }
    }
}
