//! What the server should answer, as far as the query determines it.

use serde_json::Value as Json;

use super::numbers::Number;
use super::values::Cell;

/// Equality is that of the database, in which 9 and 9.0 are equal.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    Null,
    Value(Cell),
    /// Any value that is equal, however it is written.
    Equal(Cell),
    Rows(Vec<Answer>),
    /// Rows in any order.
    Unordered(Vec<Answer>),
    Object(Vec<(String, Answer)>),
}

impl Answer {
    pub(super) fn value(cell: Cell, is_exact: bool) -> Self {
        if is_exact { Self::Value(cell) } else { Self::Equal(cell) }
    }

    pub(super) fn json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Value(cell) | Self::Equal(cell) => cell.json(),
            Self::Rows(rows) | Self::Unordered(rows) => rows.iter().map(Self::json).collect(),
            Self::Object(members) => members.iter().map(|(name, value)| (name.clone(), value.json())).collect(),
        }
    }

    /// The same, but whatever is equal to a value is an answer too.
    pub(super) fn loose(self) -> Self {
        match self {
            Self::Value(cell) => Self::Equal(cell),
            Self::Rows(rows) => Self::Rows(rows.into_iter().map(Self::loose).collect()),
            Self::Unordered(rows) => Self::Unordered(rows.into_iter().map(Self::loose).collect()),
            Self::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name, value.loose())).collect())
            }
            other => other,
        }
    }

    /// Whether an answer is this: digit by digit, and with members in this order.
    pub(super) fn matches(&self, found: &Json) -> bool {
        match (self, found) {
            (Self::Null, found) => found.is_null(),
            (Self::Value(cell), found) => has_text_of(&cell.json(), found),
            (Self::Equal(cell), found) => are_equal(&cell.json(), found),
            (Self::Rows(rows), Json::Array(found)) => {
                rows.len() == found.len() && rows.iter().zip(found).all(|(row, found)| row.matches(found))
            }
            (Self::Unordered(rows), Json::Array(found)) => {
                let mut rest: Vec<&Json> = found.iter().collect();
                let mut take = |row: &Self| {
                    let position = rest.iter().position(|found| row.matches(found));
                    position.map(|position| rest.swap_remove(position)).is_some()
                };
                rows.len() == found.len() && rows.iter().all(&mut take)
            }
            (Self::Object(members), Json::Object(found)) => {
                let matches = |((name, value), (found_name, found)): (&(String, Self), (&String, &Json))| {
                    name == found_name && value.matches(found)
                };
                members.len() == found.len() && members.iter().zip(found).all(matches)
            }
            _ => false,
        }
    }
}

/// Whether two values are the same to the database: numbers, and texts of numbers, by their value.
fn are_equal(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => Number::of_json(one) == Number::of_json(other),
        (Json::String(one), Json::String(other)) => {
            let number = Number::parse;
            one == other || number(one).zip(number(other)).is_some_and(|(one, other)| one == other)
        }
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| are_equal(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            let has = |(name, value): (&String, &Json)| other.get(name).is_some_and(|other| are_equal(value, other));
            one.len() == other.len() && one.iter().all(has)
        }
        _ => one == other,
    }
}

/// Whether two values are written in the same way: numbers are compared digit by digit, and the order of members too.
fn has_text_of(one: &Json, other: &Json) -> bool {
    let (one, other) = (one.to_string(), other.to_string());
    one == other
}
