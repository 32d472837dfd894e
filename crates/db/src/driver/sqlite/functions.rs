//! SQL functions that SQLite lacks: exact sums and averages, LIKE as in PostgreSQL, regular expressions, JSON that
//! contains JSON, JSON normalization, and a flag for rows that an upsert updated.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mwallet_schema::{DecimalError, DecimalSum, json};
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};

use super::deadline::{Deadline, OUT_OF_TIME};
use super::{casts, inner_json, like, packed_rows};
use crate::{decimal_text, regular_expression};

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
    connection.create_aggregate_function("mwallet_sum", 2, flags, Total { is_average: false })?;
    connection.create_aggregate_function("mwallet_avg", 2, flags, Total { is_average: true })
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
    /// The second argument is the scale of the decimals, or null.
    fn start(context: &Context<'_>) -> Result<Self> {
        let scale: Option<u32> = context.get(1)?;
        Ok(Self { sum: DecimalSum::default(), is_plain: scale.is_none() })
    }

    fn add(&mut self, context: &Context<'_>) -> Result<()> {
        match context.get_raw(0) {
            ValueRef::Null => {}
            ValueRef::Integer(number) => self.sum.add_integer(number),
            ValueRef::Text(text) if self.is_plain => {
                let number =
                    utf8(text)?.parse().map_err(|error| Error::UserFunctionError(Box::<DecimalError>::new(error)))?;
                self.sum.add(&number);
            }
            ValueRef::Text(text) => {
                let wrong = || Error::UserFunctionError("not a decimal as mWallet stores it".into());
                self.sum.add(&decimal_text::decode(utf8(text)?).ok_or_else(wrong)?);
            }
            _ => return Err(Error::UserFunctionError("only numbers can be added up".into())),
        }
        Ok(())
    }
}

// The accumulator has no lock or cell, so a panic cannot leave shared state inconsistent.
impl std::panic::UnwindSafe for Accumulator {}
impl std::panic::RefUnwindSafe for Accumulator {}

/// The sum of a group, or its average.
struct Total {
    is_average: bool,
}

impl Aggregate<Accumulator, Option<String>> for Total {
    fn init(&self, context: &mut Context<'_>) -> Result<Accumulator> {
        Accumulator::start(context)
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut Accumulator) -> Result<()> {
        sum.add(context)
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Accumulator>) -> Result<Option<String>> {
        let sum = sum.map(|accumulator| accumulator.sum);
        let result = sum.and_then(|sum| if self.is_average { sum.average() } else { sum.total() });
        Ok(result.map(|number| number.to_string()))
    }
}
