//! Values inside JSON: `mwallet_json_get(json, key, ...)` and `mwallet_json_text(json, key, ...)`, which are `->` and
//! `->>` of PostgreSQL, and the collations `mwallet_json` and `mwallet_number`, by which they are compared.

use std::cmp::Ordering;

use mwallet_schema::json::{self, Step};
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

use super::casts::not_json;
use super::functions::utf8;

/// Registers the functions and collations on a connection.
pub(super) fn register(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("mwallet_json_get", -1, flags, |context| {
        let found = find(context)?;
        found.map(|text| json::jsonb_text(text.as_bytes()).map_err(not_json)).transpose()
    })?;
    connection.create_scalar_function("mwallet_json_text", -1, flags, |context| match find(context)? {
        Some(text) => json::plain_text(text.as_bytes()).map_err(not_json),
        None => Ok(None),
    })?;
    connection.create_collation("mwallet_json", compare_json)?;
    connection.create_collation("mwallet_number", json::compare_numbers)
}

/// A collation cannot fail, so texts that are not JSON compare as texts.
fn compare_json(one: &str, other: &str) -> Ordering {
    json::compare(one.as_bytes(), other.as_bytes()).unwrap_or_else(|_| one.cmp(other))
}

fn find<'c>(context: &'c Context<'_>) -> Result<Option<&'c str>> {
    let ValueRef::Text(text) = context.get_raw(0) else { return Ok(None) };
    let mut steps = Vec::with_capacity(context.len());
    for index in 1..context.len() {
        steps.push(match context.get_raw(index) {
            ValueRef::Integer(index) => Step::Item(index),
            key => Step::Member(utf8(key.as_bytes()?)?),
        });
    }
    json::inner(text, steps).map_err(not_json)
}
