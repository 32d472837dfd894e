//! Normalizes tables to the form that a database stores.

use mwallet_schema::{Access, Column, ColumnDefault, ColumnType, Table, Value, ValueGenerator};

use mwallet_db::Dialect;
use mwallet_reflect::{DEFAULT_SCHEMA, defaults_of_postgres, labels};

/// Returns the table in the form that a database stores, whether it was declared or reflected. Drops what only
/// mWallet knows (access, immutability, generators, patterns, codes of labels), and sorts by name where order is
/// irrelevant.
///
/// SQLite stores no comments. Two tables with the same stored form need no migration.
pub fn stored(table: &Table, dialect: Dialect) -> Table {
    match dialect {
        Dialect::Postgres => {
            let mut table = table.clone();
            defaults_of_postgres(&mut table);
            in_full(&table)
        }
        Dialect::Sqlite => without_comments(in_full(table)),
    }
}

/// Removes the comments.
fn without_comments(mut table: Table) -> Table {
    table.comment = None;
    table.columns.iter_mut().for_each(|column| column.comment = None);
    table
}

/// Same as [`stored`], with the comments that the statements of SQLite contain.
pub(super) fn in_full(table: &Table) -> Table {
    let mut table = table.clone();
    table.schema = table.schema.filter(|schema| schema != DEFAULT_SCHEMA);
    table.writes = mwallet_schema::Updatability::default();
    table.renamed_from = None;
    table.columns = table.columns.into_iter().map(stored_column).collect();
    key(&mut table);
    table.uniques.sort_by(|a, b| a.name.cmp(&b.name));
    table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
    table.checks.sort_by(|a, b| a.name.cmp(&b.name));
    for key in &mut table.foreign_keys {
        key.references_schema = key.references_schema.take().filter(|schema| schema != DEFAULT_SCHEMA);
    }
    table
}

/// Normalizes a SQLite rowid key: that a column declared as `INTEGER` gets a value by itself is not a declared
/// default. A numbered key is numbered, whatever its range.
fn key(table: &mut Table) {
    let [name] = table.primary_key.as_slice() else { return };
    let Some(column) = table.columns.iter_mut().find(|column| column.name == *name) else { return };
    if let (Some(ColumnDefault::Database(how)), false) = (&column.default, matches!(column.kind, ColumnType::Native(_)))
    {
        match how.as_str() {
            "rowid" => column.default = None,
            "AUTOINCREMENT" => column.default = Some(ColumnDefault::Identity),
            _ => {}
        }
    }
}

fn stored_column(mut column: Column) -> Column {
    if let ColumnType::Enum(found) = &column.kind {
        column.kind = labels(&column.name, found.labels.iter().map(|label| label.name.clone()));
    }
    column.default = match column.default {
        Some(ColumnDefault::AppGenerated(ValueGenerator::Now)) => {
            Some(ColumnDefault::AppGenerated(ValueGenerator::Now))
        }
        Some(ColumnDefault::AppGenerated(_)) | None => None,
        Some(ColumnDefault::Constant(value)) => constant(value, &column.kind),
        other => other,
    };
    // Secret columns are marked in the database.
    column.access = if column.is_readable() { Access::ReadWrite } else { Access::WriteOnly };
    column.immutable = false;
    column.on_update = None;
    column.base = None;
    column.renamed_from = None;
    column.rules.pattern = None;
    column
}

/// Returns the column under its new name; its labels get that name too.
pub(super) fn renamed(column: &Column) -> Column {
    match &column.kind {
        ColumnType::Enum(found) => {
            let kind = labels(&column.name, found.labels.iter().map(|label| label.name.clone()));
            Column { kind, ..column.clone() }
        }
        _ => column.clone(),
    }
}

/// Converts a default to the type of its column, so that `0` becomes `0.00`.
fn constant(value: Value, kind: &ColumnType) -> Option<ColumnDefault> {
    match (value.coerce(kind).ok()?, kind) {
        (Value::Null, _) => None,
        (Value::Decimal(number), ColumnType::Decimal { scale, .. }) => {
            Some(ColumnDefault::Constant(Value::Decimal(number.rescale(*scale).unwrap_or(number))))
        }
        (value, _) => Some(ColumnDefault::Constant(value)),
    }
}
