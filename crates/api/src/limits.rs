//! What requests may do, how large they may be and how long things may take.

use std::time::Duration;

/// What requests may do, how large they may be and how long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a body: 1 MiB.
    pub body_bytes: usize,
    /// The most rows that one body may bring: 10,000.
    pub body_rows: usize,
    /// The most rows that one answer may have; `None`, as it is by default, is no limit, since answers stream.
    pub max_rows: Option<u64>,
    /// Whether every row of a table may be changed or deleted by a request without a filter; not by default.
    pub allow_unfiltered: bool,
    /// How long a client may take to send a body: 30 seconds.
    pub body_read_timeout: Duration,
    /// How long a request may take until its answer begins: 60 seconds. A statement has a limit of its own, which is
    /// shorter.
    pub request_timeout: Duration,
    /// How long a client may leave an answer unread that comes in parts: 30 seconds. It holds a connection meanwhile.
    pub write_timeout: Duration,
}

impl Limits {
    /// The most rows of an answer, of those that were asked for.
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
