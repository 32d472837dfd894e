//! Sorts the rows of a write. SQLite cannot order them, so they are collected and sorted as SQLite would.

use std::cmp::Ordering;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::{errors, execute};
use crate::batch::Batch;
use crate::error::Result;
use crate::statement::{Format, Output, SortKey, Statement};

/// Runs a statement and collects its rows in order.
pub(super) fn run(connection: &Connection, statement: &Statement, format: Format, echo: bool) -> Result<Output> {
    let keys = &statement.hidden.sort;
    let orders = keys.iter().map(|key| Ok((key, collation(connection, key)?))).collect::<Result<Vec<_>>>()?;
    let first = statement.columns.returned() + usize::from(statement.hidden.tells_merged);
    let mut rows: Vec<(Vec<Value>, Output)> = Vec::new();
    let mut batch = Batch::new(statement, format);
    execute::each_row(connection, statement, echo, |row| {
        let values = (first..first + keys.len()).map(|index| row.get(index)).collect::<rusqlite::Result<_>>();
        batch.push(row)?;
        rows.push((values.map_err(errors::convert)?, batch.take()));
        Ok(true)
    })?;
    rows.sort_by(|(left, _), (right, _)| {
        let by_each = orders
            .iter()
            .zip(left.iter().zip(right))
            .map(|((key, collation), (left, right))| compare(key, *collation, left, right));
        by_each.fold(Ordering::Equal, Ordering::then)
    });
    let mut all = Output::empty(format);
    rows.into_iter().for_each(|(_, row)| all.append(row));
    Ok(all)
}

/// The collation of a column.
#[derive(Clone, Copy)]
enum Collation {
    Binary,
    /// Ignores ASCII case.
    NoCase,
    /// Ignores trailing spaces.
    RightTrimmed,
}

fn collation(connection: &Connection, key: &SortKey) -> Result<Collation> {
    let metadata = connection.column_metadata(None::<&str>, key.table.as_str(), key.column.as_str());
    let (_, name, ..) = metadata.map_err(errors::convert)?;
    let is = |known: &str| name.is_some_and(|name| name.to_bytes().eq_ignore_ascii_case(known.as_bytes()));
    Ok(match () {
        () if is("NOCASE") => Collation::NoCase,
        () if is("RTRIM") => Collation::RightTrimmed,
        () => Collation::Binary,
    })
}

fn compare(key: &SortKey, collation: Collation, left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) if key.nulls_first => Ordering::Less,
        (Value::Null, _) => Ordering::Greater,
        (_, Value::Null) => compare(key, collation, right, left).reverse(),
        _ if key.is_descending => ascending(collation, right, left),
        _ => ascending(collation, left, right),
    }
}

/// Compares by storage class first: numbers, then text, then blobs.
fn ascending(collation: Collation, left: &Value, right: &Value) -> Ordering {
    let class = |value: &Value| match value {
        Value::Null => 0,
        Value::Integer(_) | Value::Real(_) => 1,
        Value::Text(_) => 2,
        Value::Blob(_) => 3,
    };
    match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
        (Value::Real(left), Value::Real(right)) => left.total_cmp(right),
        (Value::Integer(left), Value::Real(right)) => number(*left, *right),
        (Value::Real(left), Value::Integer(right)) => number(*right, *left).reverse(),
        (Value::Text(left), Value::Text(right)) => match collation {
            Collation::Binary => left.cmp(right),
            Collation::NoCase => left.to_ascii_lowercase().cmp(&right.to_ascii_lowercase()),
            Collation::RightTrimmed => left.trim_end_matches(' ').cmp(right.trim_end_matches(' ')),
        },
        (Value::Blob(left), Value::Blob(right)) => left.cmp(right),
        _ => class(left).cmp(&class(right)),
    }
}

/// Compares an integer with a double, without converting it to a double, which would lose digits.
fn number(whole: i64, double: f64) -> Ordering {
    // Doubles outside this range are outside the range of i64.
    if double >= 9_223_372_036_854_775_808.0 {
        return Ordering::Less;
    }
    if double < -9_223_372_036_854_775_808.0 {
        return Ordering::Greater;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it was just seen to be within 64 bits")]
    let truncated = double.trunc() as i64;
    let fraction = double - double.trunc();
    whole.cmp(&truncated).then_with(|| 0.0_f64.total_cmp(&(fraction + 0.0)))
}
