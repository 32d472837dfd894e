//! JSON as PostgreSQL's `jsonb` has it: compared, printed, and taken apart.

use std::cmp::Ordering;

use serde_json::{Map, Value as Json};

use super::numbers::Number;
use super::query::Step;

/// A JSON value as it is inserted. Equality and order are those of `jsonb`.
#[derive(Clone, Debug)]
pub(super) struct Document(pub(super) Json);

/// What columns hold. A member of one name has values of few types in all of them, so that some can be converted.
pub(super) const DOCUMENTS: [&str; 16] = [
    r#"{"n": 9, "t": [1, "x", null], "s": "Ada", "b": true, "i": 7}"#,
    r#"{"s": "ada", "n": 9.0, "t": [], "o": {"k": "v", "n": 1}, "i": "7"}"#,
    r#"{"n": 1e2, "b": "no", "s": "10", "o": {"n": 1.0, "k": "v"}, "longer": 1, "i": null}"#,
    r#"{"n": "0.50", "b": null, "s": "", "t": [[1, 2], {"n": 3}], "i": -3}"#,
    r#"{"n": -12.345, "b": false, "s": "it's \"q\" \\ 😀\n\u0001", "a.b": {"": "empty", "x y": [0]}, "i": 20000}"#,
    r#"{"n": null, "s": null, "o": [], "t": {"n": 0.50}, "m": [2, {"k": null}]}"#,
    r#"{"n": 0.5, "s": "null", "b": "on", "t": ["x", {"n": 3.0}], "0": "zero", "m": 9}"#,
    r#"{"n": 12345678901234567890.125, "s": "9", "o": {}, "m": "9", "i": 3e0}"#,
    r#"{"n": 15E-1, "s": "größe", "o": {"k": "w", "n": -0.0}, "m": true}"#,
    "{}",
    "[]",
    "null",
    "true",
    "9",
    r#""text""#,
    r#"[9, 9.0, [1], {"n": "x"}]"#,
];

impl Document {
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).map(Self).ok()
    }

    /// The value at the end of a path, as `->` prints it.
    pub(super) fn at(&self, path: &[Step]) -> Option<Self> {
        let mut found = &self.0;
        for step in path {
            found = match (step, found) {
                (Step::Member(name), Json::Object(members)) => members.get(*name)?,
                (Step::Item(index), Json::Array(items)) => {
                    let skipped = usize::try_from(index.unsigned_abs()).ok()?;
                    match index.is_negative() {
                        true => items.iter().rev().nth(skipped - 1)?,
                        false => items.get(skipped)?,
                    }
                }
                _ => return None,
            };
        }
        Some(Self(printed(found)))
    }

    /// The value as `jsonb` prints it.
    pub(super) fn printed(&self) -> Self {
        Self(printed(&self.0))
    }

    /// The text that `::text` makes of it.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        write(&printed(&self.0), &mut text);
        text
    }

    /// The text that `->>` makes of it.
    pub(super) fn plain(&self) -> Option<String> {
        match &self.0 {
            Json::Null => None,
            Json::String(text) => Some(text.clone()),
            _ => Some(self.text()),
        }
    }
}

impl Ord for Document {
    fn cmp(&self, other: &Self) -> Ordering {
        let is_scalar = |json: &Json| !json.is_array() && !json.is_object();
        let is_empty = |json: &Json| json.as_array().is_some_and(Vec::is_empty);
        // A scalar on its own is stored as an array of one.
        match (&self.0, &other.0) {
            (one, other) if is_empty(one) && is_scalar(other) => Ordering::Less,
            (one, other) if is_scalar(one) && is_empty(other) => Ordering::Greater,
            (one, other) => compare(one, other),
        }
    }
}

impl PartialOrd for Document {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Document {}

/// The members of an object, the shortest names first.
fn members(object: &Map<String, Json>) -> Vec<(&String, &Json)> {
    let mut members: Vec<_> = object.iter().collect();
    members.sort_by_key(|(name, _)| (name.len(), name.as_bytes()));
    members
}

fn compare(one: &Json, other: &Json) -> Ordering {
    let rank = |json: &Json| match json {
        Json::Null => 0,
        Json::String(_) => 1,
        Json::Number(_) => 2,
        Json::Bool(_) => 3,
        Json::Array(_) => 4,
        Json::Object(_) => 5,
    };
    match (one, other) {
        (Json::String(one), Json::String(other)) => one.cmp(other),
        (Json::Number(one), Json::Number(other)) => Number::of_json(one).cmp(&Number::of_json(other)),
        (Json::Bool(one), Json::Bool(other)) => one.cmp(other),
        (Json::Array(one), Json::Array(other)) => {
            let mut order = one.len().cmp(&other.len());
            for (one, other) in one.iter().zip(other) {
                order = order.then(compare(one, other));
            }
            order
        }
        (Json::Object(one), Json::Object(other)) => {
            let mut order = one.len().cmp(&other.len());
            for ((name, one), (other_name, other)) in members(one).into_iter().zip(members(other)) {
                order = order.then(name.cmp(other_name)).then(compare(one, other));
            }
            order
        }
        _ => rank(one).cmp(&rank(other)),
    }
}

fn printed(json: &Json) -> Json {
    match json {
        Json::Number(number) => serde_json::from_str(&Number::of_json(number).to_string()).unwrap(),
        Json::Array(items) => items.iter().map(printed).collect(),
        Json::Object(object) => {
            members(object).into_iter().map(|(name, value)| (name.clone(), printed(value))).collect()
        }
        other => other.clone(),
    }
}

fn write(json: &Json, text: &mut String) {
    match json {
        Json::Array(items) => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                text.push_str(if position > 0 { ", " } else { "" });
                write(item, text);
            }
            text.push(']');
        }
        Json::Object(members) => {
            text.push('{');
            for (position, (name, value)) in members.iter().enumerate() {
                text.push_str(if position > 0 { ", " } else { "" });
                write(&name.as_str().into(), text);
                text.push_str(": ");
                write(value, text);
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}
