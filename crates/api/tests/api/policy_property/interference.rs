//! Non-interference: what a caller cannot see can change without any answer to it changing.
//!
//! The requests are sent twice, over rows that differ in what is hidden from their sender and read by none of its
//! grants. That a key exists already, or that a row is still referred to, is found out by everybody who writes: a
//! series ends there.

use std::collections::BTreeSet;

use mwallet_testkit::{TestDb, both_engines};

use super::callers::Caller;
use super::database::{Cell, Row, SOURCES, State};
use super::evaluate::Asker;
use super::policies::Policy;
use super::requests::Request;
use super::{REQUESTS, SHOWN, Scene, seeds};
use crate::related_property::Random;
use crate::support::Answer;

/// The attempts to change something.
const CHANGES: usize = 30;

#[both_engines]
async fn answers_do_not_depend_on_what_random_policies_hide(db: TestDb) {
    let scene = Scene::new(&db).await;
    let (mut failures, mut changed) = (Vec::new(), 0);
    let seeds = seeds();
    for seed in &seeds {
        let (differences, is_changed) = of_policy(&scene, *seed).await;
        failures.extend(differences);
        changed += usize::from(is_changed);
    }
    failures.sort_by_key(String::len);
    let count = failures.len();
    failures.truncate(SHOWN);
    assert!(count == 0, "{count} answers differ:\n\n{}", failures.join("\n\n"));
    assert!(seeds.len() < 5 || changed * 2 > seeds.len(), "of {} databases, only {changed} hide anything", seeds.len());
}

/// Returns how the answers to the requests of a policy differ, and whether anything hidden could be changed.
async fn of_policy(scene: &Scene<'_>, seed: u64) -> (Option<String>, bool) {
    let mut random = Random::new(seed);
    let asks_for_rows = random.one_in(3);
    let (policy, one) = (Policy::generate(asks_for_rows, &mut random), State::generate(&mut random));
    let asker = loop {
        let caller = Caller::pick(&mut random);
        if !caller.is_bypass {
            break Asker::new(&policy, caller);
        }
    };
    let other = with_other_secrets(&asker, &one, &mut random);
    if other == one {
        return (None, false);
    }
    let mut requests = Vec::new();
    while u64::try_from(requests.len()).unwrap() < REQUESTS {
        let mut request = Request::generate(&asker, &one, &mut random);
        request.order_wholly(&asker);
        if !request.is_upsert() {
            requests.push(request);
        }
    }
    let app = scene.app(&policy.text(None));
    let mut answers = [Vec::new(), Vec::new()];
    for (state, answers) in [&one, &other].into_iter().zip(&mut answers) {
        scene.fill(state).await;
        for request in &requests {
            let answer = scene.send(&app, asker.caller, request).await;
            let is_end = is_excepted(request, &answer);
            answers.push(answer);
            if is_end {
                break;
            }
        }
    }
    let [first, second] = answers;
    for ((request, first), second) in requests.iter().zip(first).zip(second) {
        if is_excepted(request, &first) || is_excepted(request, &second) {
            break;
        }
        if told(&first) != told(&second) {
            let (name, text) = (asker.caller.name, policy.text(Some(asker.caller.roles)));
            let difference = format!(
                "{name}: {request}\nanswered {:?}\nand then {:?}\nseed {seed}\n{text}\n{}\nand then\n{}",
                told(&first),
                told(&second),
                one.describe(),
                other.describe()
            );
            return (Some(difference), true);
        }
    }
    (None, true)
}

/// What is the same in answers that are the same.
fn told(answer: &Answer) -> (u16, axum::http::HeaderMap, &str) {
    let mut headers = answer.headers.clone();
    for name in ["x-request-id", "date", "server-timing"] {
        headers.remove(name);
    }
    (answer.status.as_u16(), headers, &answer.text)
}

/// Whether an answer says that a key exists already, or that a row is referred to or refers to the same row as before.
fn is_excepted(request: &Request, answer: &Answer) -> bool {
    let is_of_existing = matches!(request.method(), "PATCH" | "DELETE" | "PUT");
    answer.status == 409 && (answer.text.contains("23505") || is_of_existing)
}

/// What a caller sees of all rows.
fn view(asker: &Asker<'_>, state: &State) -> Vec<Vec<Row>> {
    let of_table = |(table, rows): (usize, &Vec<Row>)| {
        let sight = asker.sight(table);
        let seen = rows.iter().filter(|row| sight.shows_row(state, row));
        let cells = |row: &Row| SOURCES[table].all().map(|column| sight.cell(state, row, column)).collect();
        let mut seen: Vec<Row> = seen.map(cells).collect();
        seen.sort();
        seen
    };
    state.0.iter().enumerate().map(of_table).collect()
}

/// Changes, adds and removes what a caller does not see and what none of its grants reads.
fn with_other_secrets(asker: &Asker<'_>, state: &State, random: &mut Random) -> State {
    let mut read: BTreeSet<(usize, Option<usize>)> = BTreeSet::new();
    for table in 0..SOURCES.len() {
        let granted = asker.granted(table).unwrap();
        granted.each_read(table, &mut |table, column| {
            read.insert((table, column));
        });
    }
    let (seen, mut state) = (view(asker, state), state.clone());
    for _ in 0..CHANGES {
        let table = random.below(SOURCES.len());
        let (source, sight, rows) = (&SOURCES[table], asker.sight(table), &state.0[table]);
        let mut next = state.clone();
        let at = random.below(rows.len().max(1));
        let is_hidden = rows.get(at).is_some_and(|row| !sight.shows_row(&state, row));
        let may_have_other_rows = !read.contains(&(table, None));
        match random.below(4) {
            0 if may_have_other_rows => {
                let new: Row = source.all().map(|column| source.value(column, random)).collect();
                next.0[table].push(new);
            }
            1 if may_have_other_rows && is_hidden => {
                next.0[table].remove(at);
            }
            _ if !rows.is_empty() => {
                let column = random.below(source.fields.len());
                let is_read = read.contains(&(table, Some(column)));
                let is_masked = sight.cell(&state, &rows[at], column) == Cell::Null && !rows[at][column].is_null();
                // Which rows are hidden may depend on a cell, but then it is asked for by a grant.
                if is_read && (!is_hidden || !may_have_other_rows) {
                    continue;
                }
                if (is_hidden || is_masked) && !source.key.contains(&column) {
                    next.0[table][at][column] = source.value(column, random);
                }
            }
            _ => {}
        }
        if next.broken().is_empty() && next.is_in_order() && view(asker, &next) == seen {
            state = next;
        }
    }
    state
}
