//! SQL functions that SQLite lacks: exact sums and averages, LIKE as in PostgreSQL, regular expressions, JSON that
//! contains JSON, JSON normalization, and a flag for rows that an upsert updated.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mwallet_schema::{DecimalSum, decimal_text, json, regular_expression};
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error, Result};

use super::deadline::{Deadline, OUT_OF_TIME};
use super::errors::refused;
use super::{casts, inner_json, like, packed_rows};

/// Registers the functions on a connection.
pub(super) fn register(connection: &Connection, deadline: &Deadline) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    for (name, fold_case) in [("mwallet_like", false), ("mwallet_ilike", true)] {
        let deadline = deadline.clone();
        connection.create_scalar_function(name, 2, flags, move |context| matches(context, fold_case, &deadline))?;
    }
    for (name, fold_case) in [("mwallet_regex", false), ("mwallet_iregex", true)] {
        connection.create_scalar_function(name, 2, flags, move |context| matches_regex(context, fold_case))?;
    }
    connection.create_scalar_function("mwallet_contains", 2, flags, contains)?;
    connection.create_scalar_function("mwallet_json", 1, flags, canonical_json)?;
    let (noted, merged) = (Arc::new(AtomicBool::new(false)), FunctionFlags::SQLITE_UTF8);
    let told = noted.clone();
    connection.create_scalar_function("mwallet_note_merge", 0, merged, move |_| {
        noted.store(true, Ordering::Relaxed);
        Ok(true)
    })?;
    connection.create_scalar_function("mwallet_merged", 0, merged, move |_| Ok(told.swap(false, Ordering::Relaxed)))?;
    connection.create_scalar_function("mwallet_cast", 3, flags, casts::cast)?;
    inner_json::register(connection)?;
    packed_rows::register(connection)?;
    connection.create_aggregate_function("mwallet_sum", 2, flags, Total::Sum)?;
    connection.create_aggregate_function("mwallet_avg", 2, flags, Total::Average)?;
    connection.create_aggregate_function("mwallet_total", 1, flags, Total::Dynamic)
}

fn matches(context: &Context<'_>, fold_case: bool, deadline: &Deadline) -> Result<Option<bool>> {
    match (context.get_raw(0), context.get_raw(1)) {
        (ValueRef::Text(text), ValueRef::Text(pattern)) => {
            let (text, pattern) = (utf8(text)?, utf8(pattern)?);
            let matched = like::matches(text, pattern, fold_case, || deadline.has_passed());
            matched.map(Some).ok_or_else(|| Error::UserFunctionError(OUT_OF_TIME.into()))
        }
        _ => Ok(None),
    }
}

fn matches_regex(context: &Context<'_>, fold_case: bool) -> Result<Option<bool>> {
    let (ValueRef::Text(text), ValueRef::Text(pattern)) = (context.get_raw(0), context.get_raw(1)) else {
        return Ok(None);
    };
    // SQLite keeps what was compiled for the whole statement, since the pattern is one parameter.
    let regex =
        context.get_or_create_aux(1, |_| regular_expression::compile(utf8(pattern)?, fold_case).map_err(failed))?;
    Ok(Some(regex.is_match(utf8(text)?)))
}

/// Returns whether a JSON value contains another.
fn contains(context: &Context<'_>) -> Result<Option<bool>> {
    let (ValueRef::Text(one), ValueRef::Text(other)) = (context.get_raw(0), context.get_raw(1)) else {
        return Ok(None);
    };
    json::contains(one, other).map(Some).map_err(|error| failed(error.to_string()))
}

fn failed(message: String) -> Error {
    Error::UserFunctionError(message.into())
}

/// Returns the canonical text of a JSON value. Invalid JSON, which other programs may have stored, is returned
/// unchanged and so equals only itself.
fn canonical_json(context: &Context<'_>) -> Result<Option<String>> {
    let text = match context.get_raw(0) {
        ValueRef::Null => return Ok(None),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
    };
    Ok(Some(json::canonical(text.as_bytes()).unwrap_or(text)))
}

pub(super) fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|error| Error::UserFunctionError(error.into()))
}

/// A running sum.
struct Accumulator {
    sum: DecimalSum,
    /// Whether texts are numbers of any scale, rather than decimals as they are stored.
    is_plain: bool,
}

impl Accumulator {
    /// The second argument is the scale of the decimals, if they have one.
    fn start(context: &Context<'_>) -> Result<Self> {
        let scale: Option<u32> = if context.len() > 1 { context.get(1)? } else { None };
        Ok(Self { sum: DecimalSum::default(), is_plain: scale.is_none() })
    }

    fn add(&mut self, context: &Context<'_>) -> Result<()> {
        match context.get_raw(0) {
            ValueRef::Null => {}
            ValueRef::Integer(number) => self.sum.add_integer(number),
            // The digits that tell a double from all others.
            ValueRef::Real(number) => match number.to_string().parse() {
                Ok(number) => self.sum.add(&number),
                Err(_) => return Err(refused("22003", "infinity cannot be added up")),
            },
            // Only a column of any type holds what is no number, and for SQLite that is zero.
            ValueRef::Text(text) if self.is_plain => match utf8(text)?.trim().parse() {
                Ok(number) => self.sum.add(&number),
                Err(_) => self.sum.add_integer(0),
            },
            ValueRef::Blob(_) if self.is_plain => self.sum.add_integer(0),
            ValueRef::Text(text) => {
                let wrong = || Error::UserFunctionError("not a decimal as mWallet stores it".into());
                self.sum.add(&decimal_text::decode(utf8(text)?).ok_or_else(wrong)?);
            }
            ValueRef::Blob(_) => return Err(Error::UserFunctionError("only numbers can be added up".into())),
        }
        Ok(())
    }
}

// The accumulator has no lock or cell, so a panic cannot leave shared state inconsistent.
impl std::panic::UnwindSafe for Accumulator {}
impl std::panic::RefUnwindSafe for Accumulator {}

/// What becomes of the numbers of a group.
enum Total {
    Sum,
    Average,
    /// The sum, as an integer if it is one that SQLite has.
    Dynamic,
}

impl Aggregate<Accumulator, Value> for Total {
    fn init(&self, context: &mut Context<'_>) -> Result<Accumulator> {
        Accumulator::start(context)
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut Accumulator) -> Result<()> {
        sum.add(context)
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Accumulator>) -> Result<Value> {
        let sum = sum.map(|accumulator| accumulator.sum);
        let result = sum.and_then(|sum| if matches!(self, Self::Average) { sum.average() } else { sum.total() });
        let Some(number) = result else { return Ok(Value::Null) };
        let text = number.to_string();
        Ok(match (self, text.parse()) {
            (Self::Dynamic, Ok(integer)) => Value::Integer(integer),
            _ => Value::Text(text),
        })
    }
}
