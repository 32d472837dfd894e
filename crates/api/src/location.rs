//! The addresses of tables and rows, and what leads to them from those that are nearly right.

use std::fmt::Display;

use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use mwallet_db::schema::json::Reader;
use mwallet_db::schema::{Table, Value};
use mwallet_query::column_parameter;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Where the tables stand.
pub(crate) const REST: &str = "/rest/v1/";

/// The path of a table, as it stands in a URL.
///
/// ```
/// assert_eq!(mwallet_api::table_path("Order Details"), "/rest/v1/Order%20Details");
/// ```
pub fn table_path(name: &str) -> String {
    format!("{REST}{}", encode(name))
}

/// The table that a path names, and which of its rows, both as they are written.
pub(crate) fn place(path: &str) -> Option<(&str, Option<&str>)> {
    let path = path.strip_prefix(REST)?;
    let (table, row) = match path.split_once('/') {
        Some((table, row)) => (table, Some(row)),
        None => (path, None),
    };
    let is_row = |row: &str| !row.is_empty() && !row.contains('/');
    (!table.is_empty() && row.is_none_or(is_row)).then_some((table, row))
}

/// The path of a table that is written with a slash at its end, without the slash.
pub(crate) fn without_slash(path: &str) -> Option<&str> {
    let table = path.strip_suffix('/')?;
    matches!(place(table), Some((_, None))).then_some(table)
}

/// Leads to a path of this server, for good and with the same method and body. `None` where it cannot stand in a header.
///
/// The path is one of those that this server has, so that nobody is led to another site.
pub(crate) fn redirect(path: &str, query: Option<&str>) -> Option<Response> {
    let query = query.filter(|query| !query.is_empty());
    let address = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
    response.headers_mut().insert(LOCATION, HeaderValue::try_from(address).ok()?);
    Some(response)
}

/// The address of a row, read from its JSON: by its key, since a slug may change. A key of whole numbers is a path, another a
/// filter, since its text could read as another kind of identifier.
pub(crate) fn of(table: &Table, row: &[u8]) -> Option<String> {
    let keys = table.primary_key.iter().map(|name| Some((name, member(row, name)?))).collect::<Option<Vec<_>>>()?;
    if keys.is_empty() {
        return None;
    }
    let place = table_path(&table.name);
    if keys.iter().all(|(_, value)| matches!(value, Value::Int(_))) {
        let numbers: Vec<String> = keys.iter().map(|(_, value)| text(value)).collect::<Option<_>>()?;
        return Some(format!("{place}/{}", numbers.join(",")));
    }
    let filter = |(name, value): (&String, Value)| {
        Some(format!("{}=eq.{}", encode(&column_parameter(name)), encode(&text(&value)?)))
    };
    let filters: Option<Vec<String>> = keys.into_iter().map(filter).collect();
    Some(format!("{place}?{}", filters?.join("&")))
}

/// A value as it stands in a filter.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Int(number) => Some(number.to_string()),
        Value::Decimal(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// A name as it stands in a path.
pub(crate) fn encode(name: &str) -> impl Display {
    utf8_percent_encode(name, NAME)
}

/// What a name keeps as it is in a path.
const NAME: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-');

/// The member of an object, if it is a text, a number or a truth.
fn member(row: &[u8], name: &str) -> Option<Value> {
    let mut reader = Reader::new(row).ok()?;
    reader.value().ok()?;
    while let Some(key) = reader.key().ok()? {
        let value = reader.raw().ok()?;
        if key == name {
            return Value::scalar(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_one_or_two_parts_is_a_place() {
        assert_eq!(place("/rest/v1/orders"), Some(("orders", None)));
        assert_eq!(place("/rest/v1/orders/a%2Fb"), Some(("orders", Some("a%2Fb"))));
        for other in ["/rest/v1", "/rest/v1/", "/rest/v1//a", "/rest/v1/orders/", "/rest/v1/orders/a/b", "/orders"] {
            assert_eq!(place(other), None, "{other}");
        }
    }

    #[test]
    fn a_slash_at_the_end_is_of_tables_only() {
        assert_eq!(without_slash("/rest/v1/orders/"), Some("/rest/v1/orders"));
        for other in
            ["/rest/v1/", "/rest/v1//", "/rest/v1/orders//", "/rest/v1/orders/1/", "//orders/", "/rest/v1/orders"]
        {
            assert_eq!(without_slash(other), None, "{other}");
        }
    }

    #[test]
    fn the_key_is_the_address() {
        let table = |key: &[&str]| Table {
            primary_key: key.iter().map(|name| (*name).into()).collect(),
            ..Table::new("old orders")
        };
        let row = br#"{"memo":"id","id":7,"user":{"id":9},"group_id":8,"slug":"x"}"#;
        assert_eq!(of(&table(&["id"]), row).as_deref(), Some("/rest/v1/old%20orders/7"));
        assert_eq!(of(&table(&["id", "group_id"]), row).as_deref(), Some("/rest/v1/old%20orders/7,8"));
        assert_eq!(of(&table(&["slug"]), row).as_deref(), Some("/rest/v1/old%20orders?slug=eq.x"));
        let row = br#"{"code":"a,b & \"c\"","order":1.5,"gone":null,"list":[1]}"#;
        let address = "/rest/v1/old%20orders?code=eq.a%2Cb%20%26%20%22c%22&%22order%22=eq.1%2E5";
        assert_eq!(of(&table(&["code", "order"]), row).as_deref(), Some(address));
        assert_eq!((of(&table(&["gone"]), row), of(&table(&["list"]), row)), (None, None));
        assert_eq!(of(&table(&[]), row), None);
    }
}
