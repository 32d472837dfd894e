//! Names of tables and columns in the document: as keys, in paths, in sentences.

use std::fmt::Write as _;

use mwallet_db::schema::{Column, Table};

use crate::location;

/// Keys of schemas that do not belong to a table.
const TAKEN: &[&str] = &["Problem", "Document", "Computed", "Query"];

/// A name as a part of a component's key, in which OpenAPI allows letters, digits and `._-` only.
///
/// Different names have different keys. No key contains a dot, which separates the parts of a key.
pub(super) fn key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for (position, byte) in name.bytes().enumerate() {
        if byte == b'_' || (byte.is_ascii_alphanumeric() && !(position == 0 && TAKEN.contains(&name))) {
            key.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(key, "-{byte:02x}");
        }
    }
    key
}

/// A name as written in sentences.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// A name in a list in a parameter: quoted if it has special characters.
pub(super) fn quoted(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ' ');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// The path where a table is read by a document.
pub(super) fn query_path(table: &Table) -> String {
    format!("{}{}", location::QUERY, location::encode(&table.name))
}

/// The path of a table.
pub(super) fn path(table: &Table) -> String {
    format!("{}{}", location::REST, location::encode(&table.name))
}

/// The columns that are not hidden from clients.
pub(super) fn readable(table: &Table) -> impl Iterator<Item = &Column> {
    table.columns.iter().filter(|column| column.is_readable())
}

/// The readable column of that name.
pub(super) fn readable_column<'t>(table: &'t Table, name: &str) -> Option<&'t Column> {
    table.column(name).filter(|column| column.is_readable())
}

/// The kinds of identifiers that a row has in its path, in the order in which they are tried.
///
/// They match those of the data layer: digits are the `id`, a UUID is the `uuid`, other text is the `slug`; without
/// such a column, the only column of the primary key; and a value for each column of a composite key.
pub(super) struct Identifiers<'t> {
    pub(super) id: Option<&'t Column>,
    pub(super) uuid: Option<&'t Column>,
    pub(super) slug: Option<&'t Column>,
    pub(super) composite: Vec<&'t Column>,
}

impl<'t> Identifiers<'t> {
    /// The identifiers of a table's rows; `None` if they have none.
    pub(super) fn from_table(table: &'t Table) -> Option<Self> {
        let key: Vec<_> = table.primary_key.iter().filter_map(|name| readable_column(table, name)).collect();
        let whole = key.len() == table.primary_key.len();
        let alone = key.first().copied().filter(|_| key.len() == 1 && whole);
        let named = |name| if table.column(name).is_some() { readable_column(table, name) } else { alone };
        let composite = if key.len() > 1 && whole { key } else { Vec::new() };
        let found = Self { id: named("id"), uuid: named("uuid"), slug: named("slug"), composite };
        let is_there = found.id.or(found.uuid).or(found.slug).is_some() || !found.composite.is_empty();
        is_there.then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use mwallet_db::schema::{Access, ColumnType};

    use super::*;

    #[test]
    fn no_two_names_have_one_key() {
        let names =
            ["orders", "old orders", "old-orders", "old.orders", "old-20orders", "é", "Problem", "problem", "_"];
        let keys: Vec<_> = names.iter().map(|name| key(name)).collect();
        assert_eq!(keys[..3], ["orders", "old-20orders", "old-2dorders"]);
        assert_eq!(keys[5..7], ["-c3-a9", "-50roblem"]);
        let different: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(different.len(), names.len());
        assert!(keys.iter().flat_map(|key| key.chars()).all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'));
    }

    #[test]
    fn rows_are_named_by_what_their_table_has() {
        let table = |columns: &[&str], key: &[&str]| Table {
            columns: columns.iter().map(|name| Column::new(*name, ColumnType::BigInt)).collect(),
            primary_key: key.iter().map(|name| (*name).into()).collect(),
            ..Table::new("t")
        };
        let named = |table: &Table| {
            let name = |column: Option<&Column>| column.map(|column| column.name.clone()).unwrap_or_default();
            Identifiers::from_table(table)
                .map(|found| (name(found.id), name(found.uuid), name(found.slug), found.composite.len()))
        };
        let text = |id: &str, uuid: &str, slug: &str, composite| Some((id.into(), uuid.into(), slug.into(), composite));
        assert_eq!(named(&table(&["id", "slug"], &["id"])), text("id", "id", "slug", 0));
        assert_eq!(named(&table(&["code"], &["code"])), text("code", "code", "code", 0));
        assert_eq!(named(&table(&["a", "b"], &["a", "b"])), text("", "", "", 2));
        assert_eq!(named(&table(&["a"], &[])), None);
        let mut secret = table(&["a"], &["a"]);
        secret.columns[0].access = Access::WriteOnly;
        assert_eq!(named(&secret), None);
    }
}
