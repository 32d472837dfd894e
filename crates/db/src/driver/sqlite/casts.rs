//! Conversions between types as PostgreSQL has them: `mwallet_cast(value, 'decimal', 'integer')`.

use mwallet_schema::conversion::{self, ConversionError};
use mwallet_schema::{Timestamp, decimal_text, json, trim_fraction};
use rusqlite::functions::Context;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Error, Result};

use super::errors::refused;
use super::functions::utf8;

/// Converts a value. The second argument says what it is, the third what it becomes.
pub(super) fn cast(context: &Context<'_>) -> Result<Value> {
    let (from, to) = (utf8(context.get_raw(1).as_bytes()?)?, utf8(context.get_raw(2).as_bytes()?)?);
    let Some(text) = text_of(context.get_raw(0), from, to)? else { return Ok(Value::Null) };
    let integer = |least, most| {
        let is_number = matches!(from, "number" | "decimal" | "json");
        conversion::to_integer(&text, is_number, to, least, most).map(Value::Integer).map_err(impossible)
    };
    match to {
        "smallint" => integer(i16::MIN.into(), i16::MAX.into()),
        "integer" => integer(i32::MIN.into(), i32::MAX.into()),
        "bigint" => integer(i64::MIN, i64::MAX),
        "numeric" => conversion::to_number(&text, to).map(|number| Value::Text(number.to_string())).map_err(impossible),
        "boolean" => conversion::to_boolean(&text).map(|value| Value::Integer(value.into())).map_err(impossible),
        "jsonb" => json::jsonb_text(text.as_bytes()).map(Value::Text).map_err(not_json),
        // A time begins with its date.
        "date" => Ok(Value::Text(text.chars().take(10).collect())),
        _ => Ok(Value::Text(text)),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` passes")]
fn impossible(error: ConversionError) -> Error {
    refused(error.code(), &error.to_string())
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
        (_, ValueRef::Real(number)) if number.is_finite() => number.to_string(),
        (_, ValueRef::Real(number)) => if number > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        (_, ValueRef::Blob(_)) => return Err(wrong()),
    }))
}

/// The error for a column of JSON that another program has filled with something else.
pub(super) fn not_json(error: json::SyntaxError) -> Error {
    refused("22P02", &format!("invalid input syntax for type json: {error}"))
}
