//! The addresses of tables and rows.

use std::fmt::Display;

use mwallet_db::schema::Table;
use mwallet_db::schema::json::Reader;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Where the tables stand.
pub(crate) const REST: &str = "/rest/v1/";

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

/// The path of a row, read from its JSON: by its key, since a slug may change.
///
/// Nothing where the key is not made of whole numbers: other text could read as another kind of identifier.
pub(crate) fn of(table: &Table, row: &[u8]) -> Option<String> {
    let keys = table.primary_key.iter().map(|name| whole_number(row, name)).collect::<Option<Vec<_>>>()?;
    if keys.is_empty() {
        return None;
    }
    Some(format!("{REST}{}/{}", encode(&table.name), keys.join(",")))
}

/// A name as it stands in a path.
pub(crate) fn encode(name: &str) -> impl Display {
    utf8_percent_encode(name, NAME)
}

/// What a name keeps as it is in a path.
const NAME: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-');

/// The member of an object, if it is a whole number.
fn whole_number<'r>(row: &'r [u8], name: &str) -> Option<&'r str> {
    let mut reader = Reader::new(row).ok()?;
    reader.value().ok()?;
    while let Some(key) = reader.key().ok()? {
        let value = reader.raw().ok()?;
        if key == name {
            return value.parse::<i64>().is_ok().then_some(value);
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
    fn the_key_is_the_address() {
        let table = |key: &[&str]| Table {
            primary_key: key.iter().map(|name| (*name).into()).collect(),
            ..Table::new("old orders")
        };
        let row = br#"{"memo":"id","id":7,"user":{"id":9},"group_id":8,"slug":"x"}"#;
        assert_eq!(of(&table(&["id"]), row).as_deref(), Some("/rest/v1/old%20orders/7"));
        assert_eq!(of(&table(&["id", "group_id"]), row).as_deref(), Some("/rest/v1/old%20orders/7,8"));
        assert_eq!(of(&table(&["slug"]), row), None);
        assert_eq!(of(&table(&[]), row), None);
    }
}
