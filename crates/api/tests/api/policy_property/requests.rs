//! Random requests, and what should come of them.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value as Json;

use super::answer::Answer;
use super::database::{Cell, Code, SOURCES, State};
use super::evaluate::Asker;
use super::filters::{Comparison, Filter, Operand, Test};
use super::queries::{Names, Node};
use super::writes::{Kind, Write};
use crate::related_property::Random;
use crate::support;

/// A request to a table.
pub(super) enum Request {
    /// A page of rows, counted or not.
    Page {
        node: Node,
        is_counted: bool,
    },
    /// The row of a key.
    One {
        node: Node,
        key: Vec<Cell>,
    },
    Write(Write),
}

/// What should come of a request.
pub(super) enum Outcome {
    /// One of these errors. Nothing is changed.
    Refused(BTreeSet<Code>),
    /// These statuses, and rows if some are answered.
    Done { status: &'static [u16], rows: Option<Answer>, total: Option<usize>, state: Option<State> },
}

impl Request {
    pub(super) fn generate(asker: &Asker<'_>, state: &State, random: &mut Random) -> Self {
        let names = Names::new(asker, random);
        if random.one_in(2) {
            return Self::Write(Write::generate(asker, &names, state, random));
        }
        let table = *random.pick(&names.tables);
        match random.below(6) {
            0 => Self::one(table, &names, state, random),
            _ => Self::Page { node: Node::generate(table, &names, 2, random), is_counted: random.one_in(3) },
        }
    }

    /// Makes the rows of its answer be in one order only.
    pub(super) fn order_wholly(&mut self, asker: &Asker<'_>) {
        match self {
            Self::Page { node, .. } | Self::One { node, .. } => node.order_wholly(asker),
            Self::Write(write) => write.order_wholly(asker),
        }
    }

    /// Whether it is an upsert, whose answer depends on rows with the same key whoever sees them.
    pub(super) fn is_upsert(&self) -> bool {
        matches!(self, Self::Write(Write { kind: Kind::Post { conflict: Some(_), .. }, .. }))
    }

    fn one(table: usize, names: &Names, state: &State, random: &mut Random) -> Self {
        let mut node = Node::generate(table, names, 1, random);
        if node.is_aggregated() {
            node = Node::all(table);
        }
        (node.filters, node.limit, node.offset) = (Vec::new(), None, 0);
        Self::One { node, key: some_key(table, state, random) }
    }

    pub(super) fn is_read(&self) -> bool {
        self.method() == "GET"
    }

    pub(super) fn method(&self) -> &'static str {
        match self {
            Self::Page { .. } | Self::One { .. } => "GET",
            Self::Write(write) => write.method(),
        }
    }

    pub(super) fn path(&self) -> String {
        support::readable(&self.readable())
    }

    fn readable(&self) -> String {
        match self {
            Self::Page { node, .. } => format!("{}?{}", SOURCES[node.table].name, node.parameters().join("&")),
            Self::Write(write) => write.readable(),
            Self::One { node, key } => {
                let key: Vec<String> = key.iter().map(Cell::text).collect();
                format!("{}/{}?{}", SOURCES[node.table].name, key.join(","), node.parameters().join("&"))
            }
        }
    }

    pub(super) fn prefer(&self) -> Option<String> {
        match self {
            Self::Page { is_counted: true, .. } => Some("count=exact".into()),
            Self::Write(write) => Some(write.prefer()),
            _ => None,
        }
    }

    pub(super) fn body(&self) -> Option<Json> {
        match self {
            Self::Write(write) => write.body(),
            _ => None,
        }
    }

    /// What should come of it.
    pub(super) fn outcome(&self, asker: &Asker<'_>, state: &State) -> Outcome {
        match self {
            Self::Page { node, is_counted } => page(asker, state, node, *is_counted),
            Self::One { node, key } => one(asker, state, node, key),
            Self::Write(write) => write.outcome(asker, state),
        }
    }
}

/// A key that there is, most often.
pub(super) fn some_key(table: usize, state: &State, random: &mut Random) -> Vec<Cell> {
    let (source, rows) = (&SOURCES[table], &state.0[table]);
    match rows.is_empty() || random.one_in(5) {
        true => source.key.iter().map(|_| Cell::Int(9)).collect(),
        false => {
            let row = random.pick(rows);
            source.key.iter().map(|column| row[*column].clone()).collect()
        }
    }
}

/// A filter for the row of a key.
pub(super) fn of_key(table: usize, key: &[Cell]) -> Vec<Filter> {
    let equals = |(column, cell): (&usize, &Cell)| {
        Filter::Column(*column, Test::Compare(Comparison::Eq, Operand::Value(cell.clone())))
    };
    SOURCES[table].key.iter().zip(key).map(equals).collect()
}

fn page(asker: &Asker<'_>, state: &State, node: &Node, is_counted: bool) -> Outcome {
    if let Some(refused) = refused(asker, node) {
        return refused;
    }
    let rows = asker.select(state, node);
    let answer = asker.answer(state, node, rows, asker.sight(node.table).most_rows());
    let (found, total) = answer.rows();
    let status: &[u16] = match is_counted {
        true if node.offset > total => return Outcome::Refused(["PGRST103"].into()),
        true if found < total => &[206],
        _ => &[200],
    };
    Outcome::Done { status, rows: Some(answer), total: is_counted.then_some(total), state: None }
}

fn one(asker: &Asker<'_>, state: &State, node: &Node, key: &[Cell]) -> Outcome {
    let mut node = node.clone();
    if let Some(mut refused) = refused(asker, &node) {
        refused.may_be(hidden_key(asker, node.table));
        return refused;
    }
    if let Some(code) = hidden_key(asker, node.table) {
        return Outcome::Refused([code].into());
    }
    node.filters = of_key(node.table, key);
    let rows = asker.select(state, &node);
    if rows.is_empty() {
        return Outcome::Refused(["PGRST116"].into());
    }
    let answer = match asker.answer(state, &node, rows, None) {
        Answer::Page { ties, .. } => ties.into_iter().flatten().next(),
        other => Some(other),
    };
    Outcome::Done { status: &[200], rows: answer, total: None, state: None }
}

/// What a path with a key is answered if the key is hidden.
pub(super) fn hidden_key(asker: &Asker<'_>, table: usize) -> Option<Code> {
    let (source, sight) = (&SOURCES[table], asker.sight(table));
    let is_hidden = source.key.iter().any(|column| !sight.shows(*column));
    is_hidden.then_some(if source.key.len() > 1 { "42703" } else { "22P02" })
}

/// What is wrong with a read, whatever the rows are.
fn refused(asker: &Asker<'_>, node: &Node) -> Option<Outcome> {
    if !asker.knows(node.table) {
        return Some(Outcome::Refused(["PGRST205"].into()));
    }
    let mistakes = asker.mistakes(node);
    (!mistakes.is_empty()).then_some(Outcome::Refused(mistakes))
}

impl Outcome {
    /// Adds an error that may be answered instead of the others.
    pub(super) fn may_be(&mut self, code: Option<Code>) {
        if let Self::Refused(codes) = self {
            codes.extend(code);
        }
    }

    /// The rows after the request.
    pub(super) fn state(&self, before: &State) -> State {
        match self {
            Self::Done { state: Some(state), .. } => state.clone().sorted(),
            _ => before.clone(),
        }
    }

    /// What is wrong with an answer.
    pub(super) fn difference(&self, asker: &Asker<'_>, answer: &support::Answer) -> Option<String> {
        let status = answer.status.as_u16();
        match self {
            Self::Refused(codes) => {
                let json: Json = serde_json::from_str(&answer.text).unwrap_or_default();
                let is_one = |code: &&Code| json["code"] == **code && statuses(code, asker).contains(&status);
                let expected = || format!("expected one of {codes:?}");
                (!codes.iter().any(|code| is_one(&code))).then(expected)
            }
            Self::Done { status: expected, rows, total, .. } => {
                let json = serde_json::from_str::<Json>(&answer.text);
                let are_expected = match (rows, json) {
                    (None, _) => answer.text.is_empty(),
                    (Some(rows), json) => json.is_ok_and(|json| rows.matches(&json)),
                };
                if !expected.contains(&status) || !are_expected {
                    let rows = rows.as_ref().map(|rows| rows.json().to_string()).unwrap_or_default();
                    return Some(format!("expected {expected:?} {rows}"));
                }
                let range = answer.header("content-range").and_then(|range| range.split_once('/'));
                let found = range.map(|(_, found)| found);
                let is_other = |total: usize| found != Some(&total.to_string());
                total.filter(|total| is_other(*total)).map(|total| format!("expected the total {total}"))
            }
        }
    }
}

/// The statuses that an error may have.
fn statuses(code: Code, asker: &Asker<'_>) -> &'static [u16] {
    match code {
        "42501" if asker.caller.is_anonymous() => &[401],
        "42501" => &[403],
        "42703" => &[400, 422],
        "23502" => &[400, 422],
        "23503" | "23505" => &[409],
        "PGRST103" => &[416],
        "PGRST116" | "PGRST205" => &[404],
        _ => &[400],
    }
}

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} /rest/v1/{}", self.method(), self.readable())?;
        self.prefer().iter().try_for_each(|prefer| write!(out, "\nPrefer: {prefer}"))?;
        self.body().iter().try_for_each(|body| write!(out, "\n{body}"))
    }
}
