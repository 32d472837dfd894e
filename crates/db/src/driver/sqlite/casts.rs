//! Conversions between types as PostgreSQL has them: `mwallet_cast(value, 'decimal', 'integer')`.

use std::str::FromStr;

use mwallet_schema::{Decimal, DecimalError, Timestamp, json, trim_fraction};
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};
use rusqlite::functions::Context;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Error, Result};

use super::errors::refused;
use super::functions::utf8;
use crate::decimal_text;

/// Converts a value. The second argument says what it is, the third what it becomes.
pub(super) fn cast(context: &Context<'_>) -> Result<Value> {
    let (from, to) = (utf8(context.get_raw(1).as_bytes()?)?, utf8(context.get_raw(2).as_bytes()?)?);
    let Some(text) = text_of(context.get_raw(0), from, to)? else { return Ok(Value::Null) };
    let is_number = matches!(from, "number" | "decimal" | "json");
    match to {
        "smallint" => integer(&text, is_number, to, i16::MIN.into(), i16::MAX.into()),
        "integer" => integer(&text, is_number, to, i32::MIN.into(), i32::MAX.into()),
        "bigint" => integer(&text, is_number, to, i64::MIN, i64::MAX),
        "numeric" => Ok(Value::Text(number(&text, to)?.to_string())),
        "boolean" => boolean(&text).map(|value| Value::Integer(value.into())),
        "jsonb" => {
            let written = json::jsonb_text(text.as_bytes());
            written
                .map(Value::Text)
                .map_err(|error| refused("22P02", &format!("invalid input syntax for type json: {error}")))
        }
        // A time begins with its date.
        "date" => Ok(Value::Text(text.chars().take(10).collect())),
        _ => Ok(Value::Text(text)),
    }
}

/// Returns a value as text. JSON that is to become a number or a boolean is what a string in it says.
fn text_of(stored: ValueRef<'_>, from: &str, to: &str) -> Result<Option<String>> {
    let wrong = || refused("22P02", &format!("a value is not stored as {from}"));
    Ok(Some(match (from, stored) {
        (_, ValueRef::Null) => return Ok(None),
        ("boolean", ValueRef::Integer(value)) if to == "integer" => i64::from(value != 0).to_string(),
        ("boolean", ValueRef::Integer(value)) => (value != 0).to_string(),
        ("decimal", ValueRef::Text(text)) => decimal_text::decode(utf8(text)?).ok_or_else(wrong)?.to_string(),
        ("timestamp", ValueRef::Text(text)) => {
            let fixed: &[u8; Timestamp::FIXED_WIDTH] = text.try_into().map_err(|_| wrong())?;
            format!("{}+00:00", utf8(trim_fraction(fixed))?)
        }
        ("json", ValueRef::Text(text)) if matches!(to, "text" | "jsonb") => json::jsonb_text(text).map_err(not_json)?,
        ("json", ValueRef::Text(text)) => match json::plain_text(text).map_err(not_json)? {
            Some(text) => text,
            None => return Ok(None),
        },
        (_, ValueRef::Text(text)) => utf8(text)?.to_owned(),
        (_, ValueRef::Integer(number)) => number.to_string(),
        // Written without an exponent.
        (_, ValueRef::Real(number)) => number.to_string(),
        (_, ValueRef::Blob(_)) => return Err(wrong()),
    }))
}

/// The error for a column of JSON that another program has filled with something else.
pub(super) fn not_json(error: json::SyntaxError) -> Error {
    refused("22P02", &format!("invalid input syntax for type json: {error}"))
}

fn invalid(text: &str, to: &str) -> Error {
    refused("22P02", &format!("invalid input syntax for type {to}: {}", mwallet_schema::shortened(text)))
}

fn out_of_range(to: &str) -> Error {
    refused("22003", &format!("{to} out of range"))
}

fn number(text: &str, to: &str) -> Result<Decimal> {
    text.trim_matches(char::is_whitespace).parse().map_err(|error| match error {
        DecimalError::TooLarge => out_of_range(to),
        _ => invalid(text, to),
    })
}

/// Reads an integer. Numbers are rounded, half away from zero; text must be an integer already.
fn integer(text: &str, is_number: bool, to: &str, least: i64, most: i64) -> Result<Value> {
    let found = if is_number {
        rounded(&number(text, to)?)
    } else {
        let trimmed = text.trim_matches(char::is_whitespace);
        let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid(text, to));
        }
        BigInt::from_str(trimmed.strip_prefix('+').unwrap_or(trimmed)).map_err(|_| invalid(text, to))?
    };
    let fitting = found.to_i64().filter(|number| (least..=most).contains(number));
    fitting.map(Value::Integer).ok_or_else(|| out_of_range(to))
}

fn rounded(number: &Decimal) -> BigInt {
    let unit = Decimal::power_of_ten(number.scale());
    let magnitude: BigInt = (number.unscaled().abs() * 2 + &unit) / (&unit * 2);
    if number.is_negative() { -magnitude } else { magnitude }
}

/// Reads a boolean: any beginning of `true`, `false`, `yes` or `no` that is clear, `on`, `off`, `1` or `0`.
fn boolean(text: &str) -> Result<bool> {
    let word = text.trim_matches(char::is_whitespace).to_ascii_lowercase();
    let begins = |whole: &str, least: usize| word.len() >= least && whole.starts_with(&word);
    match () {
        () if begins("true", 1) || begins("yes", 1) || word == "on" || word == "1" => Ok(true),
        () if begins("false", 1) || begins("no", 1) || begins("off", 2) || word == "0" => Ok(false),
        () => Err(invalid(text, "boolean")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_half_away_from_zero() {
        for (text, expected) in
            [("2.5", 3), ("-2.5", -3), ("2.4999", 2), ("0.5", 1), ("-0.4", 0), ("7", 7), ("1e2", 100)]
        {
            assert_eq!(rounded(&text.parse().unwrap()), BigInt::from(expected), "{text}");
        }
    }

    #[test]
    fn booleans_are_those_of_postgresql() {
        for (text, expected) in
            [("t", true), (" TRUE ", true), ("y", true), ("on", true), ("of", false), ("n", false), ("0", false)]
        {
            assert_eq!(boolean(text).unwrap(), expected, "{text}");
        }
        for text in ["", "o", "truth", "2", "nope"] {
            assert!(boolean(text).is_err(), "{text}");
        }
    }
}
