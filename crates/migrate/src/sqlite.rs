//! Converts a difference to SQLite statements. SQLite can change little in place, so other changes rebuild the table.
//!
//! Source: "Making Other Kinds Of Table Schema Changes" in SQLite's documentation. Foreign keys must be off. No
//! statement in a transaction can do that, so the caller must.

mod constraint_names;

use std::collections::HashMap;

use mwallet_schema::{Column, ColumnDefault, ForeignKey, Table};

use super::backfill::{filler, note};
use super::change::Change;
use super::convert::Conversion;
use super::diff::Difference;
use super::fits;
use super::renames::{Turn, in_turn};
use super::script::Step;
use mwallet_db::Dialect::Sqlite;
use mwallet_db::schema_tools;
use mwallet_db::schema_tools::quote;

/// Statements for objects that are dropped with their table: triggers, and indexes that no [`Table`] describes.
pub type Beside = HashMap<String, Vec<String>>;

/// The prefix of a table's name while it is rebuilt.
pub(super) const TEMPORARY: &str = "mwallet_new_";

/// Returns the statements in order.
pub(super) fn steps(difference: &Difference, beside: &Beside) -> Vec<Step> {
    let mut steps = renames(difference);
    let mut changed: Vec<&str> = Vec::new();
    for change in &difference.changes {
        match change {
            Change::CreateTable(table) => {
                steps.extend(mwallet_db::create_statements(&[table], Sqlite).into_iter().map(Step::parse));
            }
            Change::DropTable(table) => steps.push(Step::parse(format!("DROP TABLE {}", quote(&table.name)))),
            Change::Comment { .. } => {}
            _ => {
                let table = change.table();
                if !changed.contains(&table) {
                    changed.push(table);
                    of_table(table, difference, beside, &mut steps);
                }
            }
        }
    }
    steps
}

/// Returns the statements that rename tables and columns. SQLite then updates the triggers, views, checks, indexes
/// and foreign keys that name them.
pub(super) fn renames(difference: &Difference) -> Vec<Step> {
    let moves = &difference.moves;
    let mut steps = constraint_names::steps(difference);
    for Turn { from, to, .. } in in_turn(&moves.tables) {
        steps.push(Step::parse(format!("ALTER TABLE {} RENAME TO {}", quote(&from), quote(&to))));
    }
    for table in &difference.from {
        for Turn { from, to, .. } in in_turn(moves.columns.get(&table.name).map(Vec::as_slice).unwrap_or_default()) {
            let (table, from, to) = (quote(&table.name), quote(&from), quote(&to));
            steps.push(Step::parse(format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}")));
        }
    }
    steps
}

/// Returns whether all changes of a table can be made in place.
fn is_in_place(table: &Table, difference: &Difference) -> bool {
    let mut changes = difference.changes.iter().filter(|change| change.table() == table.name);
    changes.all(|change| in_place(change, table, difference).is_some())
}

/// Adds the statements for all changes of one table.
fn of_table(name: &str, difference: &Difference, beside: &Beside, steps: &mut Vec<Step>) {
    let find = |tables: &'_ [Table]| tables.iter().find(|table| table.name == name).cloned();
    // A table that was created, or renamed and dropped, has no other changes.
    let (Some(from), Some(to)) = (find(&difference.from), find(&difference.to)) else { return };
    let changes: Vec<&Change> = difference.changes.iter().filter(|change| change.table() == name).collect();
    let simple: Option<Vec<Vec<Step>>> = changes.iter().map(|change| in_place(change, &to, difference)).collect();
    match simple {
        Some(simple) => steps.extend(simple.into_iter().flatten()),
        None => rebuild((&from, &to), &changes, difference, beside, steps),
    }
}

/// Returns the statements of a change that SQLite can make in place.
fn in_place(change: &Change, table: &Table, difference: &Difference) -> Option<Vec<Step>> {
    let name = quote(&table.name);
    match change {
        // Renames came first.
        Change::RenameTable { .. } | Change::RenameColumn { .. } => Some(Vec::new()),
        Change::RenameConstraint { .. } | Change::RenameIndex { .. } => {
            constraint_names::can_change(difference).then(Vec::new)
        }
        Change::AddIndex(_, index) => Some(vec![Step::parse(schema_tools::create_index(&name, index))]),
        Change::DropIndex(_, index) => Some(vec![Step::parse(format!("DROP INDEX {}", quote(&index.name)))]),
        Change::AddColumn { column, .. } => {
            let is_constant = matches!(column.default, None | Some(ColumnDefault::Constant(_)));
            let is_key = table.primary_key.contains(&column.name);
            if !is_constant || is_key || (!column.nullable && column.default.is_none()) {
                return None;
            }
            let definition = schema_tools::column_definition(table, column, Sqlite);
            let check = schema_tools::column_constraint(&table.name, column, Sqlite);
            let check = check.map(|check| format!(" {check}")).unwrap_or_default();
            Some(vec![Step::parse(format!("ALTER TABLE {name} ADD COLUMN {definition}{check}"))])
        }
        Change::Comment { .. } => Some(Vec::new()),
        _ => None,
    }
}

/// Rebuilds a table: creates it under another name, copies the rows, and renames it.
fn rebuild(
    (from, to): (&Table, &Table),
    changes: &[&Change],
    difference: &Difference,
    beside: &Beside,
    steps: &mut Vec<Step>,
) {
    let temporary = format!("{TEMPORARY}{}", to.name);
    let (old, new) = (quote(&to.name), quote(&temporary));
    for change in changes {
        if let Change::AlterColumn { from, to: after, labels, .. } = change {
            steps.extend(fits::steps(&old, &to.name, (from, after), labels, Sqlite));
        }
    }
    let fills = changes.iter().filter_map(|change| change.fills());
    let told: Vec<String> = changes.iter().map(ToString::to_string).chain(fills).collect();
    let mut push = |sql: String| steps.push(Step::parse(sql));
    // Otherwise the last step would check views and triggers, which name a table that does not exist yet.
    push("PRAGMA legacy_alter_table = ON".into());
    let keys: Vec<&ForeignKey> = to.foreign_keys.iter().collect();
    let create = schema_tools::create_table_as(&new, to, &keys, Sqlite);
    steps.push(Step::noted(told.join("\n"), create));
    let (mut names, mut values, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for column in &to.columns {
        let before = from.column(&column.name).filter(|_| {
            // If no value of the old type converts, the new column is filled like an added one.
            !changes
                .iter()
                .any(|change| matches!(change, Change::AddColumn { column: added, .. } if added.name == column.name))
        });
        let value = match before {
            Some(before) => Some(kept(before, column, changes)),
            None => added(&to.name, column, difference, &mut notes, changes),
        };
        if let Some(value) = value {
            names.push(quote(&column.name));
            values.push(value);
        }
    }
    if let (true, Some(first)) = (names.is_empty(), to.columns.first()) {
        // Keep each row, even if none of its columns are kept.
        names.push(quote(&first.name));
        values.push(schema_tools::column_default(first, Sqlite).unwrap_or_else(|| "NULL".into()));
    }
    let fill = format!("INSERT INTO {new} ({}) SELECT {} FROM {old}", names.join(", "), values.join(", "));
    steps.push(if notes.is_empty() { Step::parse(fill) } else { Step::noted(notes.join("\n"), fill) });
    let mut push = |sql: String| steps.push(Step::parse(sql));
    let is_numbered =
        |table: &Table| table.columns.iter().any(|column| column.default == Some(ColumnDefault::Identity));
    if is_numbered(from) && is_numbered(to) {
        // IDs of deleted rows are not assigned again.
        let (name, temporary) = (schema_tools::literal(&to.name), schema_tools::literal(&temporary));
        push(format!("DELETE FROM sqlite_sequence WHERE name = {temporary}"));
        push(format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT {temporary}, seq FROM sqlite_sequence WHERE name = {name}"
        ));
    }
    push(format!("DROP TABLE {old}"));
    push(format!("ALTER TABLE {new} RENAME TO {old}"));
    push("PRAGMA legacy_alter_table = OFF".into());
    to.indexes.iter().for_each(|index| push(schema_tools::create_index(&old, index)));
    beside.get(&to.name).into_iter().flatten().for_each(|statement| push(statement.clone()));
}

/// Returns the value of an existing column.
fn kept(before: &Column, after: &Column, changes: &[&Change]) -> String {
    let labels = changes.iter().find_map(|change| match change {
        Change::AlterColumn { to, labels, .. } if to.name == after.name => Some(labels.as_slice()),
        _ => None,
    });
    let name = quote(&before.name);
    let labels = labels.unwrap_or_default();
    let value = Conversion { name: &name, from: &before.kind, to: &after.kind, labels }.expression(Sqlite);
    match schema_tools::column_default(after, Sqlite) {
        Some(default) if before.nullable && !after.nullable => format!("coalesce({value}, {default})"),
        _ => value,
    }
}

/// Returns the value of a new column in existing rows; `None` for its default.
fn added(
    table: &str,
    column: &Column,
    difference: &Difference,
    notes: &mut Vec<String>,
    changes: &[&Change],
) -> Option<String> {
    let filler = filler(table, column, difference, Sqlite)?;
    let change =
        changes.iter().find(|change| matches!(change, Change::AddColumn { column: added, .. } if added == column));
    notes.extend(change.map(|change| note(change, &filler)));
    Some(filler.sql)
}
