//! Tests related rows, values inside JSON, conversions and aggregates against a naive evaluator, with random tables,
//! rows and queries.
//!
//! The evaluator computes the same answer in memory with loops. It shares no code with the planner. A database of a
//! seed is always the same, and so are its queries. To ask 20,000 queries of each engine instead of 200:
//!
//! ```sh
//! MWALLET_TEST_QUERIES=20000 cargo xtask test -p mwallet-api related_property
//! ```
//!
//! A failure names its seed. `MWALLET_TEST_SEED` asks the queries of that seed only.

mod answer;
mod casts;
mod database;
pub(crate) mod evaluate;
mod generate;
mod json;
mod numbers;
pub(crate) mod query;
mod values;

use std::fmt::Write as _;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::Request;
use mwallet_api::{App, AppState, ExposedTables, Limits};
use mwallet_db::{Engine, EngineOptions, crud};
use mwallet_testkit::{TestDb, both_engines};
use serde_json::Value;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::support::{Answer, exchange};
use database::Database;
use query::Node;
pub(crate) use values::Random;

/// The queries of one database.
const QUERIES: u64 = 10;
/// The failures that are shown: the shortest requests.
const SHOWN: usize = 5;

/// The statements that requests may have sent, and those that the engines have logged. Both engines count together.
static ALLOWED: AtomicUsize = AtomicUsize::new(0);
static SENT: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The seeds of the databases.
fn seeds() -> Vec<u64> {
    let databases = variable("MWALLET_TEST_QUERIES").unwrap_or(200).div_ceil(QUERIES);
    variable("MWALLET_TEST_SEED").map_or_else(|| (1..=databases).collect(), |seed| vec![seed])
}

#[both_engines]
async fn related_rows_are_those_of_a_naive_evaluator(db: TestDb) {
    count_statements();
    let engine = db.engine_with(EngineOptions { echo: true, ..EngineOptions::default() });
    let mut failures = Vec::new();
    for seed in seeds() {
        failures.extend(of_database(&db, &engine, seed).await);
    }
    // A short request is more likely to show only one fault.
    failures.sort_by_key(String::len);
    let count = failures.len();
    failures.truncate(SHOWN);
    assert!(count == 0, "{count} answers differ:\n\n{}", failures.join("\n\n"));
}

/// Asks an engine that logs the queries of a database. Returns a description of each wrong answer.
async fn of_database(db: &TestDb, logging: &Engine, seed: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    let database = Database::generate(seed, &mut random);
    let tables: Vec<_> = database.tables.iter().map(|source| &source.table).collect();
    db.engine.create_all(&tables).await.unwrap();
    for source in &database.tables {
        let created = crud::create_many(&db.engine, &source.table, source.records()).await;
        created.unwrap_or_else(|error| {
            panic!("{error:?} in {}, seed {seed}\n{}", source.table.name, described(&database))
        });
    }
    let limits = Limits { allow_aggregates: true, ..Limits::default() };
    let app = App::new(AppState::new(logging.clone(), ExposedTables::new(tables.clone()).unwrap()).limits(limits));
    let mut failures = Vec::new();
    for _ in 0..QUERIES {
        let query = generate::query(&database, &mut random);
        if let Err(difference) = ask(&app, &database, &query).await {
            failures.push(format!("{difference}\nseed {seed}\n{}", described(&database)));
        }
    }
    db.engine.drop_all(&tables).await.unwrap();
    failures
}

/// Asks one query, without and with a count.
async fn ask(app: &App, database: &Database, query: &Node) -> Result<(), String> {
    let url = query.url(database);
    let expected = evaluate::evaluate(database, query);
    let rows = expected.rows.json().to_string();
    let difference = |answer: &Answer, expected: &str| {
        let request = percent_encoding::percent_decode_str(&url).decode_utf8_lossy();
        let Answer { status, headers, text } = answer;
        Err(format!("{request}\n{url}\nexpected {expected}\nanswered {status} {text}\n{headers:?}"))
    };

    let answer = get(app, &url, None).await;
    let is_expected = |answer: &Answer| {
        let rows = serde_json::from_str(&answer.text);
        rows.is_ok_and(|rows| expected.rows.matches(&rows))
    };
    if answer.status != 200 || !is_expected(&answer) {
        return difference(&answer, &rows);
    }

    let answer = get(app, &url, Some("count=exact")).await;
    let total = answer.header("content-range").and_then(|range| range.split_once('/')).map(|(_, total)| total);
    if total != Some(&expected.total.to_string()) {
        return difference(&answer, &format!("the total {}", expected.total));
    }
    let is_past_the_end = query.offset > expected.total;
    if (answer.status == 416) != is_past_the_end || (!is_past_the_end && !is_expected(&answer)) {
        return difference(&answer, &rows);
    }
    match (SENT.load(Ordering::SeqCst), ALLOWED.load(Ordering::SeqCst)) {
        (sent, allowed) if sent > allowed => difference(&answer, &format!("{allowed} statements so far, not {sent}")),
        _ => Ok(()),
    }
}

async fn get(app: &App, url: &str, prefer: Option<&str>) -> Answer {
    // Rows are read by one statement, and counted by another.
    ALLOWED.fetch_add(1 + usize::from(prefer.is_some()), Ordering::SeqCst);
    let request = Request::get(url);
    let request = prefer.into_iter().fold(request, |request, prefer| request.header("prefer", prefer));
    exchange(app, request.body(Body::empty()).unwrap()).await
}

/// The tables and their rows.
fn described(database: &Database) -> String {
    let mut text = String::new();
    for source in &database.tables {
        let table = &source.table;
        let columns: Vec<String> =
            table.columns.iter().map(|column| format!("{:?} {}", column.name, column.kind.name())).collect();
        let _ = writeln!(text, "{:?} ({}), key {:?}", table.name, columns.join(", "), table.primary_key);
        for key in &table.foreign_keys {
            let (own, other) = (&key.columns, &key.referenced_columns);
            let _ = writeln!(text, "  {:?}: {own:?} references {:?} {other:?}", key.name, key.references);
        }
        for row in &source.rows {
            let _ = writeln!(text, "  {}", row.iter().map(|cell| cell.json()).collect::<Value>());
        }
    }
    text
}

/// Counts the statements that engines log, but for those that begin and end transactions.
struct Counter;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Counter {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "mwallet::sql" {
            event.record(&mut Self);
        }
    }
}

impl tracing::field::Visit for Counter {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" && format!("{value:?}").starts_with("SELECT ") {
            SENT.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn count_statements() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().with(Counter).init());
}
