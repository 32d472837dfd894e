//! The limits of requests to `mwallet serve`.

use std::num::NonZero;
use std::thread::available_parallelism;
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use mwallet_api::{HeaderValue, Limits, Origins, ServeOptions};

use crate::signals;

/// The options of `mwallet serve` that set limits.
#[derive(Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitOptions {
    /// The most rows in one response, and of each table related to each row; unlimited by default, since responses are
    /// streamed
    #[arg(long, env = "MWALLET_MAX_ROWS", value_name = "N")]
    max_rows: Option<u64>,
    /// The most related tables in the select of one request
    #[arg(long, env = "MWALLET_MAX_RELATED", value_name = "N", default_value_t = Limits::default().max_related)]
    max_related: usize,
    /// The most levels of related tables in the select of one request
    #[arg(long, env = "MWALLET_MAX_RELATED_DEPTH", value_name = "N")]
    #[arg(default_value_t = Limits::default().max_related_depth)]
    max_related_depth: usize,
    /// The most bytes in the body of a request
    #[arg(long, env = "MWALLET_MAX_BODY", value_name = "BYTES", default_value_t = Limits::default().body_bytes)]
    max_body: usize,
    /// The most seconds that a request may take until its response starts
    #[arg(long, env = "MWALLET_REQUEST_TIME", value_name = "SECONDS")]
    #[arg(default_value_t = Limits::default().request_timeout.as_secs(), value_parser = at_least_one::<u64>())]
    request_timeout: u64,
    /// The most connections at once; further connections wait
    ///
    /// The process raises its soft limit of open files to what these connections need. If the hard limit (`ulimit -Hn`)
    /// is lower, the server accepts fewer connections and logs how many.
    #[arg(long, env = "MWALLET_MAX_CONNECTIONS", value_name = "N")]
    #[arg(default_value_t = ServeOptions::default().connections, value_parser = at_least_one::<usize>())]
    max_connections: usize,
    /// Allow requests without a filter to change or delete every row of a table
    #[arg(long)]
    allow_unfiltered: bool,
    /// Allow requests to aggregate rows, such as select=asset,count()
    ///
    /// An aggregate reads every row that the filter finds, so one short request can be much work for the database.
    #[arg(long, env = "MWALLET_AGGREGATES")]
    aggregates: bool,
    /// Allow pages of this origin to call the server from a browser, such as http://localhost:5173; * allows all
    /// origins; can be repeated
    ///
    /// A request that changes data for a page of any other origin is refused (403). /admin/reload accepts only pages of
    /// the server itself and of origins that are named here; * does not include it.
    #[arg(long, env = "MWALLET_CORS", value_name = "ORIGIN", value_delimiter = ',', value_parser = origin)]
    cors: Vec<Origin>,
    /// The number of threads that serve connections; one per processor core by default
    #[arg(long, env = "MWALLET_THREADS", value_name = "N")]
    threads: Option<NonZero<usize>>,
}

/// With zero, no request would ever be served.
fn at_least_one<T: TryFrom<u64> + Clone + Send + Sync>() -> RangedU64ValueParser<T> {
    RangedU64ValueParser::new().range(1..)
}

#[derive(Clone)]
enum Origin {
    Any,
    One(HeaderValue),
}

fn origin(text: &str) -> Result<Origin, &'static str> {
    let wrong = "expected * or an origin: a scheme and a host without a path, such as https://desk.example";
    if text == "*" {
        return Ok(Origin::Any);
    }
    let is_origin = text.split_once("://").is_some_and(|(scheme, host)| {
        matches!(scheme, "http" | "https") && !host.is_empty() && !host.contains(['/', '?', '#', '@', ' '])
    });
    match HeaderValue::from_str(text) {
        Ok(value) if is_origin => Ok(Origin::One(value)),
        _ => Err(wrong),
    }
}

impl LimitOptions {
    pub(super) fn limits(&self) -> Limits {
        Limits {
            max_rows: self.max_rows,
            max_related: self.max_related,
            max_related_depth: self.max_related_depth,
            body_bytes: self.max_body,
            request_timeout: Duration::from_secs(self.request_timeout),
            allow_unfiltered: self.allow_unfiltered,
            allow_aggregates: self.aggregates,
            ..Limits::default()
        }
    }

    pub(super) fn origins(&self) -> Origins {
        let one = |origin: &Origin| match origin {
            Origin::Any => None,
            Origin::One(value) => Some(value.clone()),
        };
        match self.cors.iter().map(one).collect::<Option<Vec<_>>>() {
            None => Origins::Any,
            Some(origins) if origins.is_empty() => Origins::None,
            Some(origins) => Origins::These(origins),
        }
    }

    pub(super) fn serve_options(&self) -> ServeOptions {
        ServeOptions {
            connections: self.max_connections,
            threads: self.threads(),
            stop_hint: signals::HINT,
            ..ServeOptions::default()
        }
    }

    pub(super) fn threads(&self) -> usize {
        self.threads.map_or_else(|| available_parallelism().map_or(2, NonZero::get), NonZero::get)
    }
}
