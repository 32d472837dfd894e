//! Tests what policies grant against a naive evaluator, with random policies, rows and requests.
//!
//! The evaluator computes in memory, with loops, what a caller sees and what its writes do. It shares no code with the
//! server. A seed always gives the same policy, rows and requests. To send 20,000 requests to each engine instead of 200:
//!
//! ```sh
//! MWALLET_TEST_QUERIES=20000 cargo xtask test -p mwallet-api policy_property
//! ```
//!
//! A failure names its seed. `MWALLET_TEST_SEED` sends the requests of that seed only.

mod answer;
mod apply;
mod callers;
mod create;
mod database;
mod evaluate;
mod filters;
mod interference;
mod policies;
mod queries;
mod requests;
mod writes;

use axum::body::Body;
use axum::http::Request as HttpRequest;
use mwallet_api::{App, Limits};
use mwallet_db::schema::Table;
use mwallet_db::{Query, Sql, crud};
use mwallet_testkit::{TestDb, both_engines};

use crate::related_property::{Random, variable};
use crate::support::{Answer, exchange};
use callers::{Caller, Gate};
use database::{Cell, SOURCES, State};
use evaluate::Asker;
use policies::Policy;
use requests::Request;

/// The requests of one policy.
const REQUESTS: u64 = 20;
/// The failures that are shown: the shortest.
const SHOWN: usize = 5;

/// The seeds of the policies.
fn seeds() -> Vec<u64> {
    let policies = variable("MWALLET_TEST_QUERIES").unwrap_or(200).div_ceil(REQUESTS);
    variable("MWALLET_TEST_SEED").map_or_else(|| (1..=policies).collect(), |seed| vec![seed])
}

/// A database with the tables of the test.
struct Scene<'t> {
    db: &'t TestDb,
    tables: Vec<Table>,
    gate: Gate,
}

impl<'t> Scene<'t> {
    async fn new(db: &'t TestDb) -> Self {
        let tables: Vec<Table> = SOURCES.iter().map(database::Source::table).collect();
        db.engine.create_all(&tables.iter().collect::<Vec<_>>()).await.unwrap();
        Self { db, tables, gate: Gate::new(&db.engine).await }
    }

    /// Replaces all rows.
    async fn fill(&self, state: &State) {
        for sql in
            ["DELETE FROM notes", "DELETE FROM items", "DELETE FROM members", "DELETE FROM people", "DELETE FROM teams"]
        {
            crud::execute::<(i64,)>(&self.db.engine, Sql::new(sql)).await.unwrap();
        }
        for (number, table) in self.tables.iter().enumerate() {
            crud::create_many(&self.db.engine, table, state.records(number)).await.unwrap();
        }
    }

    /// The rows as the engine has them.
    async fn stored(&self) -> State {
        let mut state = State(Default::default());
        for (table, rows) in self.tables.iter().zip(&mut state.0) {
            let found = crud::data_plane::retrieve(&self.db.engine, table, &Query::new()).await.unwrap();
            let found: Vec<serde_json::Map<String, serde_json::Value>> =
                serde_json::from_slice(&found.into_array()).unwrap();
            *rows = found.iter().map(|row| row.values().map(Cell::of_json).collect()).collect();
        }
        state.sorted()
    }

    fn app(&self, policy: &str) -> App {
        let limits = Limits { allow_aggregates: true, ..Limits::default() };
        App::new(self.gate.state(&self.db.engine, policy).limits(limits))
    }

    async fn send(&self, app: &App, caller: &Caller, request: &Request) -> Answer {
        let mut sent = HttpRequest::builder().method(request.method()).uri(request.path());
        if let Some(bearer) = self.gate.bearer(caller) {
            sent = sent.header("authorization", format!("Bearer {bearer}"));
        }
        if let Some(prefer) = request.prefer() {
            sent = sent.header("prefer", prefer);
        }
        let body = match request.body() {
            None => Body::empty(),
            Some(body) => {
                sent = sent.header("content-type", "application/json");
                body.to_string().into()
            }
        };
        exchange(app, sent.body(body).unwrap()).await
    }
}

#[both_engines]
async fn answers_are_those_of_a_naive_evaluator(db: TestDb) {
    let scene = Scene::new(&db).await;
    let (mut failures, mut tally) = (Vec::new(), Tally::default());
    for seed in seeds() {
        failures.extend(of_policy(&scene, seed, &mut tally).await);
    }
    // A short failure is more likely to show only one fault.
    failures.sort_by_key(String::len);
    let count = failures.len();
    failures.truncate(SHOWN);
    assert!(count == 0, "{count} answers differ:\n\n{}", failures.join("\n\n"));
    let Tally { asked: [reads, writes], done: [read, written] } = tally;
    assert!(reads < 50 || read * 3 > reads, "of {reads} reads, only {read} are answered with rows");
    assert!(writes < 50 || written * 10 > writes, "of {writes} writes, only {written} change rows");
}

/// How many reads and writes are asked, and how many of them do something.
#[derive(Default)]
struct Tally {
    asked: [usize; 2],
    done: [usize; 2],
}

/// Sends the requests of a policy. Returns a description of each wrong answer.
async fn of_policy(scene: &Scene<'_>, seed: u64, tally: &mut Tally) -> Vec<String> {
    let mut random = Random::new(seed);
    let (policy, state) = (Policy::generate(true, &mut random), State::generate(&mut random));
    scene.fill(&state).await;
    let (app, mut state) = (scene.app(&policy.text(None)), state.sorted());
    let mut failures = Vec::new();
    for _ in 0..REQUESTS {
        let asker = Asker::new(&policy, Caller::pick(&mut random));
        let request = Request::generate(&asker, &state, &mut random);
        let expected = request.outcome(&asker, &state);
        let answer = scene.send(&app, asker.caller, &request).await;
        let stored = if request.is_read() { state.clone() } else { scene.stored().await };
        let after = expected.state(&state);
        let difference = expected.difference(&asker, &answer).or_else(|| {
            (stored != after).then(|| format!("expected the rows\n{}\nfound\n{}", after.describe(), stored.describe()))
        });
        if let Some(difference) = difference {
            let Answer { status, headers, text: body } = &answer;
            let (name, text, rows) = (asker.caller.name, policy.text(Some(asker.caller.roles)), state.describe());
            failures.push(format!(
                "{name}: {request}\n{difference}\nanswered {status} {body}\n{headers:?}\nseed {seed}\n{text}\n{rows}"
            ));
        }
        let (is_write, has_rows) = (usize::from(!request.is_read()), answer.text != "[]");
        let is_done = answer.status.is_success() && if request.is_read() { has_rows } else { stored != state };
        tally.asked[is_write] += 1;
        tally.done[is_write] += usize::from(is_done);
        state = stored;
    }
    failures
}
