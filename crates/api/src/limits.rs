//! The limits of requests: their size, their time and what they may do.

use std::time::Duration;

use axum::http::StatusCode;
use mwallet_db::Query;

use crate::problem::Problem;

/// The limits of requests: their size, their time and what they may do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a body: 1 MiB.
    pub body_bytes: usize,
    /// The most rows in one body: 10,000.
    pub body_rows: usize,
    /// The most rows in one response, and of each table related to each row. The default is `None`, no limit, since
    /// responses are streamed.
    pub max_rows: Option<u64>,
    /// How many related tables a request may name: 32.
    pub max_related: usize,
    /// How many levels of related tables a request may have: 8.
    pub max_related_depth: usize,
    /// Whether a request without a filter may change or delete every row of a table; not by default.
    pub allow_unfiltered: bool,
    /// Whether requests may aggregate rows, which can be much work for the database; not by default.
    pub allow_aggregates: bool,
    /// How long a client may take to send a body: 30 seconds.
    pub body_read_timeout: Duration,
    /// How long a request may take until its response starts: 60 seconds. Statements have their own, shorter timeout.
    pub request_timeout: Duration,
    /// How long a client may stop reading a streamed response: 30 seconds. The response holds a database connection
    /// meanwhile.
    pub write_timeout: Duration,
    /// How long a streamed response may go on by permissions that were replaced: 60 seconds.
    pub reload_timeout: Duration,
}

impl Limits {
    /// The limit of a response, from the limit of the request and that of the server.
    pub(crate) fn page(&self, asked: Option<u64>) -> Option<u64> {
        match (asked, self.max_rows) {
            (Some(asked), Some(most)) => Some(asked.min(most)),
            (asked, most) => asked.or(most),
        }
    }

    /// Limits the related rows of a query as its own, and rejects what is not allowed.
    ///
    /// # Errors
    ///
    /// If the query aggregates rows without being allowed to, or if there are too many related tables or levels of them.
    pub(crate) fn apply(&self, query: &mut Query) -> Result<(), Problem> {
        self.check_aggregates(query)?;
        let mut left = self.max_related;
        self.limit_level(query, self.max_related_depth, &mut left)
    }

    /// Rejects aggregates where they are not allowed.
    ///
    /// # Errors
    ///
    /// If the query aggregates rows.
    fn check_aggregates(&self, query: &Query) -> Result<(), Problem> {
        match !self.allow_aggregates && query.is_aggregated() {
            true => {
                let problem =
                    Problem::new(StatusCode::BAD_REQUEST, "PGRST123", "this server does not allow aggregate functions");
                Err(problem.hint("start it with serve --aggregates"))
            }
            false => Ok(()),
        }
    }

    fn limit_level(&self, query: &mut Query, depth: usize, left: &mut usize) -> Result<(), Problem> {
        let refuse = |limit: usize, what| {
            Problem::new(StatusCode::BAD_REQUEST, "54001", format!("select: at most {limit} {what} are allowed"))
        };
        for related in &mut query.related {
            *left = left.checked_sub(1).ok_or_else(|| refuse(self.max_related, "related tables"))?;
            let depth = depth.checked_sub(1);
            let depth = depth.ok_or_else(|| refuse(self.max_related_depth, "levels of related tables"))?;
            related.query.limit = self.page(related.query.limit);
            self.limit_level(&mut related.query, depth, left)?;
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            body_rows: 10_000,
            max_rows: None,
            max_related: 32,
            max_related_depth: 8,
            allow_unfiltered: false,
            allow_aggregates: false,
            body_read_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(30),
            reload_timeout: Duration::from_secs(60),
        }
    }
}
