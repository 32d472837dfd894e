//! Tables as the holders of some roles know them: what documents, hints and pages tell of them, and nothing else.

use mwallet_db::schema::{Access, Column, Table, Updatability};
use mwallet_db::{TableGrants, WriteGrant};

/// A table with only what some grants name of it. `None` if that is nothing.
pub(super) fn table(table: &Table, grants: &TableGrants) -> Option<Table> {
    let columns: Vec<Column> = table.columns.iter().filter_map(|column| seen(column, grants)).collect();
    if columns.is_empty() && grants.delete.is_empty() {
        return None;
    }
    let is_there = |name: &String| columns.iter().any(|column| column.name == *name);
    let all_there = |names: &[String]| names.iter().all(is_there);
    let sees_all = columns.len() == table.columns.len();
    Some(Table {
        primary_key: if all_there(&table.primary_key) { table.primary_key.clone() } else { Vec::new() },
        uniques: table.uniques.iter().filter(|unique| all_there(&unique.columns)).cloned().collect(),
        foreign_keys: table.foreign_keys.iter().filter(|key| all_there(&key.columns)).cloned().collect(),
        // Indexes and checks are expressions, whose columns nobody knows.
        indexes: if sees_all { table.indexes.clone() } else { Vec::new() },
        checks: if sees_all { table.checks.clone() } else { Vec::new() },
        writes: Updatability {
            insert: table.writes.insert && !grants.create.is_empty(),
            update: table.writes.update && !grants.update.is_empty(),
            delete: table.writes.delete && !grants.delete.is_empty(),
        },
        columns,
        ..table.clone()
    })
}

/// A column with the access that grants give to it. `None` if none names it.
fn seen(column: &Column, grants: &TableGrants) -> Option<Column> {
    let is_readable = column.is_readable() && grants.read.iter().any(|grant| grant.columns.contains(&column.name));
    let takes = |grant: &WriteGrant| grant.columns.contains(&column.name);
    let is_writable = column.access != Access::ReadOnly && grants.create.iter().chain(&grants.update).any(takes);
    let access = match (is_readable, is_writable) {
        (true, true) => column.access,
        (true, false) => Access::ReadOnly,
        (false, true) => Access::WriteOnly,
        (false, false) => return None,
    };
    Some(Column { access, ..column.clone() })
}

/// A table as bodies are checked against it: what readers see and writers give. What a reader sees and may not give is
/// refused by its name later, where the server can say why.
pub(super) fn taken(seen: &Table, table: &Table) -> Table {
    let mut taken = seen.clone();
    for column in &mut taken.columns {
        if let Some(own) = table.column(&column.name) {
            column.access = own.access;
        }
    }
    taken
}

/// The columns that some grant to create rows sets itself.
pub(super) fn set(grants: &TableGrants) -> Vec<&str> {
    grants.create.iter().flat_map(|grant| &grant.set).map(|(column, _)| column.as_str()).collect()
}
