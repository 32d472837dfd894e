//! Metrics of requests and of the database, in the format of OpenMetrics, which Prometheus reads.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use mwallet_db::Usage;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The upper bounds of the times of requests, in seconds.
const BOUNDS: [f64; 13] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// The metrics of a server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Metrics(Arc<Inner>);

/// What the metrics tell beside requests.
pub(crate) struct Known {
    /// What the database uses.
    pub(crate) usage: Usage,
    /// How many tokens were known already, and how many had to be verified.
    pub(crate) tokens: Option<(u64, u64)>,
}

struct Inner {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    running: Gauge,
    calls: Counter,
    connections: Family<StateLabels, Gauge>,
    waiting: Gauge,
    queued: Gauge,
    log_bytes: Gauge,
    tokens: Family<CacheLabels, Counter>,
    memory: Gauge,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CacheLabels {
    result: &'static str,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("mwallet");
        let requests = Family::default();
        registry.register("requests", "Answered requests.", requests.clone());
        let histogram: fn() -> Histogram = || Histogram::new(BOUNDS);
        let seconds = Family::new_with_constructor(histogram);
        let help = "The time of requests until their last byte, or until the answer was passed to the connection.";
        registry.register("request_seconds", help, seconds.clone());
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let running = gauge("requests_running", "Requests whose answers are not sent yet.");
        let waiting = gauge("database_waiting", "Requests that wait for a connection to PostgreSQL.");
        let queued = gauge("writer_queue", "Requests that wait for the writer of SQLite.");
        let log_bytes = gauge("log_bytes", "The size of SQLite's log.");
        let memory = gauge("resident_memory_bytes", "The memory of the process.");
        let calls = Counter::default();
        registry.register(
            "database_calls",
            "How often the database was asked. A transaction counts once.",
            calls.clone(),
        );
        let connections = Family::default();
        registry.register("database_connections", "Connections to PostgreSQL.", connections.clone());
        let tokens = Family::default();
        registry.register(
            "tokens",
            "Tokens that were known already, and those that had to be verified.",
            tokens.clone(),
        );
        Self(Arc::new(Inner {
            registry,
            requests,
            seconds,
            running,
            calls,
            connections,
            waiting,
            queued,
            log_bytes,
            tokens,
            memory,
        }))
    }

    /// Counts a request that begins.
    pub(crate) fn begin(&self) {
        self.0.running.inc();
    }

    /// Counts a request that has ended.
    pub(crate) fn end(&self, method: &str, route: String, status: StatusCode, time: Duration) {
        self.0.running.dec();
        let seconds = self.0.seconds.get_or_create(&RouteLabels { route: route.clone() });
        seconds.observe(time.as_secs_f64());
        // Each holds a lock.
        drop(seconds);
        let labels = RequestLabels { method: method.to_owned(), route, status: status.as_u16() };
        self.0.requests.get_or_create(&labels).inc();
    }

    /// Returns what serves the metrics at `/metrics`, with what else is known when they are asked for.
    pub(crate) fn router(&self, more: impl Fn() -> Known + Clone + Send + Sync + 'static) -> Router {
        let metrics = self.clone();
        let page = async move || {
            let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(CONTENT_TYPE, media_type)], metrics.text(&more()))
        };
        Router::new().route("/metrics", get(page))
    }

    fn text(&self, Known { usage, tokens }: &Known) -> String {
        let set = |gauge: &Gauge, value: u64| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        self.0.calls.inner().store(usage.calls, Ordering::Relaxed);
        if let Some(pool) = usage.connections {
            for (state, count) in [("open", pool.open), ("idle", pool.idle), ("most", pool.most)] {
                set(&self.0.connections.get_or_create(&StateLabels { state }), count as u64);
            }
            set(&self.0.waiting, pool.waiting as u64);
        }
        set(&self.0.queued, usage.queued.unwrap_or_default() as u64);
        set(&self.0.log_bytes, usage.log_bytes.unwrap_or_default());
        if let Some((known, verified)) = *tokens {
            for (result, count) in [("known", known), ("verified", verified)] {
                self.0.tokens.get_or_create(&CacheLabels { result }).inner().store(count, Ordering::Relaxed);
            }
        }
        set(&self.0.memory, resident_bytes());
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.0.registry);
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// The memory of this process. 0 where the system does not tell.
fn resident_bytes() -> u64 {
    const PAGE: u64 = 4_096;
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok()).unwrap_or_default() * PAGE
}
