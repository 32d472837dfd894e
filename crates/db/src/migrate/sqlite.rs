//! A difference as statements of SQLite, which changes little of a table that is there: the others are made anew.
//!
//! Source: "Making Other Kinds Of Table Schema Changes" in SQLite's documentation. Foreign keys must be off, which no statement
//! within a transaction can do: whoever runs these does it.

use std::collections::HashMap;

use mwallet_schema::{Column, ColumnDefault, ForeignKey, Table};

use super::change::Change;
use super::convert;
use super::diff::Difference;
use super::fill::{filler, note};
use super::fits;
use super::script::Step;
use crate::Dialect::Sqlite;
use crate::ddl;
use crate::query::quote;

/// Statements of a database that belong to tables and are lost with them: triggers, and indexes that no [`Table`] says.
pub type Beside = HashMap<String, Vec<String>>;

/// What the name of a table begins with while it is made anew.
pub(super) const TEMPORARY: &str = "mwallet_new_";

/// The statements, in their order.
pub(super) fn steps(difference: &Difference, beside: &Beside) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rebuilt: Vec<&str> = Vec::new();
    for change in &difference.changes {
        match change {
            Change::RenameTable { from, to } => {
                steps.push(Step::of(format!("ALTER TABLE {} RENAME TO {}", quote(from), quote(to))));
            }
            Change::RenameColumn { table, from, to } => {
                let sql = format!("ALTER TABLE {} RENAME COLUMN {} TO {}", quote(table), quote(from), quote(to));
                steps.push(Step::of(sql));
            }
            _ => {}
        }
    }
    for change in &difference.changes {
        match change {
            Change::CreateTable(table) => {
                steps.extend(ddl::create_statements(&[table], Sqlite).into_iter().map(Step::of));
            }
            Change::DropTable(table) => steps.push(Step::of(format!("DROP TABLE {}", quote(&table.name)))),
            Change::Comment { .. } => {}
            _ => {
                let table = change.table();
                if !rebuilt.contains(&table) {
                    rebuilt.push(table);
                    of_table(table, difference, beside, &mut steps);
                }
            }
        }
    }
    steps
}

/// All changes of one table.
fn of_table(name: &str, difference: &Difference, beside: &Beside, steps: &mut Vec<Step>) {
    let find = |tables: &'_ [Table]| tables.iter().find(|table| table.name == name).cloned();
    // A table that was renamed and dropped, or made, is not changed as well.
    let (Some(from), Some(to)) = (find(&difference.from), find(&difference.to)) else { return };
    let changes: Vec<&Change> = difference.changes.iter().filter(|change| change.table() == name).collect();
    let simple: Option<Vec<Vec<Step>>> = changes.iter().map(|change| in_place(change, &to)).collect();
    match simple {
        Some(simple) => steps.extend(simple.into_iter().flatten()),
        None => rebuild(&from, &to, &changes, beside, steps),
    }
}

/// The statements of a change that SQLite makes in a table that is there.
fn in_place(change: &Change, table: &Table) -> Option<Vec<Step>> {
    let name = quote(&table.name);
    match change {
        Change::AddIndex(_, index) => Some(vec![Step::of(ddl::create_index(&name, index))]),
        Change::DropIndex(_, index) => Some(vec![Step::of(format!("DROP INDEX {}", quote(&index.name)))]),
        Change::AddColumn { column, .. } => {
            let is_constant = matches!(column.default, None | Some(ColumnDefault::Constant(_)));
            let is_key = table.primary_key.contains(&column.name);
            if !is_constant || is_key || (!column.nullable && column.default.is_none()) {
                return None;
            }
            let definition = ddl::column_definition(table, column, Sqlite);
            let check = ddl::column_constraint(&table.name, column, Sqlite);
            let check = check.map(|check| format!(" {check}")).unwrap_or_default();
            Some(vec![Step::of(format!("ALTER TABLE {name} ADD COLUMN {definition}{check}"))])
        }
        Change::Comment { .. } => Some(Vec::new()),
        _ => None,
    }
}

/// Makes a table anew under another name, fills it, and gives it the name.
fn rebuild(from: &Table, to: &Table, changes: &[&Change], beside: &Beside, steps: &mut Vec<Step>) {
    let temporary = format!("{TEMPORARY}{}", to.name);
    let (old, new) = (quote(&to.name), quote(&temporary));
    for change in changes {
        if let Change::AlterColumn { from, to: after, .. } = change {
            steps.extend(fits::steps(&old, &to.name, from, after, Sqlite));
        }
    }
    let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
    let mut push = |sql: String| steps.push(Step::of(sql));
    // Otherwise the last step would look into views and triggers, which name a table that is not there yet.
    push("PRAGMA legacy_alter_table = ON".into());
    let keys: Vec<&ForeignKey> = to.foreign_keys.iter().collect();
    let create = ddl::create_table_as(&new, to, &keys, Sqlite);
    steps.push(Step::noted(told.join("\n"), create));
    let (mut names, mut values, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for column in &to.columns {
        let before = from.column(&column.name).filter(|_| {
            // A type that no value of the old one becomes is a column of its own.
            !changes
                .iter()
                .any(|change| matches!(change, Change::AddColumn { column: added, .. } if added.name == column.name))
        });
        let value = match before {
            Some(before) => Some(kept(before, column)),
            None => added(column, &mut notes, changes),
        };
        if let Some(value) = value {
            names.push(quote(&column.name));
            values.push(value);
        }
    }
    if let (true, Some(first)) = (names.is_empty(), to.columns.first()) {
        // Each row stays, even one of which nothing is kept.
        names.push(quote(&first.name));
        values.push(ddl::column_default(first, Sqlite).unwrap_or_else(|| "NULL".into()));
    }
    let fill = format!("INSERT INTO {new} ({}) SELECT {} FROM {old}", names.join(", "), values.join(", "));
    steps.push(if notes.is_empty() { Step::of(fill) } else { Step::noted(notes.join("\n"), fill) });
    let mut push = |sql: String| steps.push(Step::of(sql));
    let is_numbered =
        |table: &Table| table.columns.iter().any(|column| column.default == Some(ColumnDefault::Identity));
    if is_numbered(from) && is_numbered(to) {
        // The numbers of rows that were deleted are not given again.
        let (name, temporary) = (ddl::literal(&to.name), ddl::literal(&temporary));
        push(format!("DELETE FROM sqlite_sequence WHERE name = {temporary}"));
        push(format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT {temporary}, seq FROM sqlite_sequence WHERE name = {name}"
        ));
    }
    push(format!("DROP TABLE {old}"));
    push(format!("ALTER TABLE {new} RENAME TO {old}"));
    push("PRAGMA legacy_alter_table = OFF".into());
    to.indexes.iter().for_each(|index| push(ddl::create_index(&old, index)));
    beside.get(&to.name).into_iter().flatten().for_each(|statement| push(statement.clone()));
}

/// What a column holds that was there.
fn kept(before: &Column, after: &Column) -> String {
    let name = quote(&before.name);
    let value = match before.kind == after.kind {
        true => name,
        false => convert::expression(&name, &before.kind, &after.kind, Sqlite),
    };
    match ddl::column_default(after, Sqlite) {
        Some(default) if before.nullable && !after.nullable => format!("coalesce({value}, {default})"),
        _ => value,
    }
}

/// What a new column holds in rows that are there; nothing is its default.
fn added(column: &Column, notes: &mut Vec<String>, changes: &[&Change]) -> Option<String> {
    let value = filler(column, Sqlite)?;
    let change =
        changes.iter().find(|change| matches!(change, Change::AddColumn { column: added, .. } if added == column));
    notes.extend(change.map(|change| note(change, &value)));
    Some(value)
}
