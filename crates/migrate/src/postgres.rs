//! Converts a difference to PostgreSQL statements.

use mwallet_schema::{Column, ColumnDefault, ForeignKey, Table};

use super::backfill::{filler, note};
use super::change::Change;
use super::convert::Conversion;
use super::diff::Difference;
use super::fits;
use super::renames::{Moves, Turn, in_turn};
use super::script::Step;
use mwallet_db::Dialect::Postgres;
use mwallet_db::schema_tools;
use mwallet_db::schema_tools::quote;

/// Returns the statements in order.
pub(super) fn steps(difference: &Difference) -> Vec<Step> {
    let mut steps = renames(difference);
    let is_last = |change: &Change| matches!(change, Change::DropTable(_) | Change::Comment { .. });
    let last = difference.changes.iter().position(is_last).unwrap_or(difference.changes.len());
    let (first, last) = difference.changes.split_at(last);
    first.iter().for_each(|change| of_change(change, difference, &mut steps));
    // Foreign keys of new tables wait until the referenced tables exist.
    for change in first {
        let Change::CreateTable(table) = change else { continue };
        let add = |key| {
            Step::parse(format!(
                "ALTER TABLE {} ADD {}",
                schema_tools::table_name(table),
                schema_tools::foreign_key(key)
            ))
        };
        steps.extend(table.foreign_keys.iter().map(add));
    }
    steps.extend(keys_in_the_way(last));
    last.iter().for_each(|change| of_change(change, difference, &mut steps));
    steps
}

/// Drops foreign keys of tables that are dropped later to tables that are dropped before them, as in circular
/// references: PostgreSQL drops no table that is still referenced.
fn keys_in_the_way(changes: &[Change]) -> Vec<Step> {
    let mut gone: Vec<&Table> = Vec::new();
    for change in changes {
        if let Change::DropTable(table) = change {
            gone.push(table);
        }
    }
    let mut steps = Vec::new();
    for (position, table) in gone.iter().enumerate() {
        let goes_before = |key: &&ForeignKey| gone[..position].iter().any(|before| before.name == key.references);
        for key in table.foreign_keys.iter().filter(goes_before) {
            steps.push(Step::parse(format!(
                "ALTER TABLE {} DROP CONSTRAINT {}",
                schema_tools::table_name(table),
                quote(&key.name)
            )));
        }
    }
    steps
}

/// Returns the statements that rename tables, columns and constraints.
fn renames(difference: &Difference) -> Vec<Step> {
    let moves = &difference.moves;
    let mut steps = Vec::new();
    let mut step = |sql: String| steps.push(Step::parse(sql));
    let rename_constraint = |table: &str, from: &str, to: &str| {
        format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {}", quote(from), quote(to))
    };
    for Turn { from, to, last } in in_turn(&moves.tables) {
        step(format!("ALTER TABLE {} RENAME TO {}", quote(&from), quote(&to)));
        let Some(table) = difference.from.iter().find(|table| table.name == last) else { continue };
        // Names that derive from the name of the table.
        if !table.primary_key.is_empty() {
            step(rename_constraint(&quote(&to), &schema_tools::key_name(&from), &schema_tools::key_name(&to)));
        }
        for column in table.columns.iter().filter(|column| schema_tools::column_check(column, Postgres).is_some()) {
            // Columns are renamed later.
            let pair = moves.columns.get(&last).into_iter().flatten().find(|(_, after)| *after == column.name);
            let column = pair.map_or(&column.name, |(before, _)| before);
            step(rename_constraint(
                &quote(&to),
                &schema_tools::check_name(&from, column),
                &schema_tools::check_name(&to, column),
            ));
        }
    }
    for table in &difference.from {
        let pairs = moves.columns.get(&table.name).map(Vec::as_slice).unwrap_or_default();
        let place = schema_tools::table_name(table);
        for Turn { from, to, last } in in_turn(pairs) {
            step(format!("ALTER TABLE {place} RENAME COLUMN {} TO {}", quote(&from), quote(&to)));
            if table.column(&last).is_some_and(|column| schema_tools::column_check(column, Postgres).is_some()) {
                let names = (schema_tools::check_name(&table.name, &from), schema_tools::check_name(&table.name, &to));
                step(rename_constraint(&place, &names.0, &names.1));
            }
        }
    }
    constraint_renames(difference, &mut steps);
    steps
}

/// Returns the statements that rename constraints and indexes. The names of indexes and unique constraints are unique
/// in the whole schema.
fn constraint_renames(difference: &Difference, steps: &mut Vec<Step>) {
    let Moves { constraints, indexes, .. } = &difference.moves;
    let all: Vec<&(String, (String, String))> = constraints.iter().chain(indexes).collect();
    let pairs: Vec<(String, String)> = all.iter().map(|(_, pair)| pair.clone()).collect();
    for Turn { from, to, last } in in_turn(&pairs) {
        let Some(at) = all.iter().position(|(_, (_, to))| *to == last) else { continue };
        let (old, new) = (quote(&from), quote(&to));
        let table = difference.from.iter().find(|table| table.name == all[at].0);
        steps.push(Step::parse(match at < constraints.len() {
            true => format!("ALTER TABLE {} RENAME CONSTRAINT {old} TO {new}", named(difference, &all[at].0)),
            false => {
                let schema = table.and_then(|table| table.schema.as_ref());
                let schema = schema.map(|schema| format!("{}.", quote(schema))).unwrap_or_default();
                format!("ALTER INDEX {schema}{old} RENAME TO {new}")
            }
        }));
    }
}

fn of_change(change: &Change, difference: &Difference, steps: &mut Vec<Step>) {
    let mut step = |sql: String| steps.push(Step::parse(sql));
    let alter = |table: &str, what: String| format!("ALTER TABLE {} {what}", named(difference, table));
    match change {
        // Renames came first.
        Change::RenameTable { .. }
        | Change::RenameColumn { .. }
        | Change::RenameConstraint { .. }
        | Change::RenameIndex { .. } => {}
        Change::CreateTable(table) => {
            let bare = Table { foreign_keys: Vec::new(), ..table.clone() };
            mwallet_db::create_statements(&[&bare], Postgres).into_iter().for_each(step);
        }
        Change::DropTable(table) => step(format!("DROP TABLE {}", schema_tools::table_name(table))),
        Change::AddColumn { table, column } => add_column(change, table, column, difference, steps),
        Change::DropColumn { table, column } => step(alter(table, format!("DROP COLUMN {}", quote(&column.name)))),
        Change::AlterColumn { table, from, to, labels } => {
            alter_column(change.fills(), table, (from, to), labels, difference, steps);
        }
        Change::PrimaryKey { table, from, to } => {
            let name = quote(&schema_tools::key_name(table));
            if !from.is_empty() {
                step(alter(table, format!("DROP CONSTRAINT {name}")));
            }
            if !to.is_empty() {
                step(alter(table, format!("ADD CONSTRAINT {name} PRIMARY KEY ({})", schema_tools::quoted_list(to))));
            }
            // The key made its columns not null, and dropping it does not change that.
            let after = difference.to.iter().find(|found| found.name == *table);
            for column in from.iter().filter(|name| !to.contains(name)) {
                if after.and_then(|table| table.column(column)).is_some_and(|column| column.nullable) {
                    step(alter(table, format!("ALTER COLUMN {} DROP NOT NULL", quote(column))));
                }
            }
        }
        Change::AddUnique(table, unique) => step(alter(table, format!("ADD {}", schema_tools::unique(unique)))),
        Change::AddForeignKey(table, key) => step(alter(table, format!("ADD {}", schema_tools::foreign_key(key)))),
        Change::AddCheck(table, check) => {
            step(alter(table, format!("ADD {}", schema_tools::check(check))));
            step(schema_tools::check_comment(&named(difference, table), check));
        }
        Change::DropUnique(table, mwallet_schema::Unique { name, .. })
        | Change::DropForeignKey(table, mwallet_schema::ForeignKey { name, .. })
        | Change::DropCheck(table, mwallet_schema::Check { name, .. }) => {
            step(alter(table, format!("DROP CONSTRAINT {}", quote(name))));
        }
        Change::AddIndex(table, index) => {
            step(schema_tools::create_index(&named(difference, table), index));
            let schema =
                difference.to.iter().find(|found| found.name == *table).and_then(|found| found.schema.as_deref());
            schema_tools::index_comment(schema, index).into_iter().for_each(step);
        }
        Change::DropIndex(table, index) => {
            let schema =
                difference.from.iter().find(|found| found.name == *table).and_then(|found| found.schema.clone());
            let schema = schema.map(|schema| format!("{}.", quote(&schema))).unwrap_or_default();
            step(format!("DROP INDEX {schema}{}", quote(&index.name)));
        }
        Change::Comment { table, column, to, .. } => {
            let after = difference.to.iter().find(|found| found.name == *table);
            let found = column.as_ref().and_then(|column| after?.column(column));
            let text = found.map_or_else(|| to.clone(), schema_tools::marked_comment);
            step(schema_tools::comment(&named(difference, table), column.as_deref(), text.as_deref()));
        }
    }
}

/// Returns the qualified name of a table.
fn named(difference: &Difference, table: &str) -> String {
    let found = difference.to.iter().chain(&difference.from).find(|found| found.name == table);
    found.map_or_else(|| quote(table), schema_tools::table_name)
}

fn add_column(change: &Change, table: &str, column: &Column, difference: &Difference, steps: &mut Vec<Step>) {
    let (name, place) = (quote(&column.name), named(difference, table));
    let check =
        schema_tools::column_constraint(table, column, Postgres).map(|check| format!(" {check}")).unwrap_or_default();
    let add = |column: &Column| {
        let definition = schema_tools::column_definition(&Table::new(table), column, Postgres);
        format!("ALTER TABLE {place} ADD COLUMN {definition}{check}")
    };
    match filler(table, column, difference, Postgres) {
        // Existing rows need a value; new rows bring their own, so the default is dropped again.
        Some(filler) => {
            let filled = Column { default: Some(ColumnDefault::Database(filler.sql.clone())), ..column.clone() };
            steps.push(Step::noted(note(change, &filler), add(&filled)));
            steps.push(Step::parse(format!("ALTER TABLE {place} ALTER COLUMN {name} DROP DEFAULT")));
        }
        None => steps.push(Step::parse(add(column))),
    }
    if let Some(comment) = schema_tools::marked_comment(column) {
        steps.push(Step::parse(schema_tools::comment(&place, Some(&column.name), Some(&comment))));
    }
}

fn alter_column(
    filled: Option<String>,
    table: &str,
    (from, to): (&Column, &Column),
    labels: &[(String, String)],
    difference: &Difference,
    steps: &mut Vec<Step>,
) {
    let (name, place) = (quote(&to.name), named(difference, table));
    steps.extend(fits::steps(&place, table, (from, to), labels, Postgres));
    let check = quote(&schema_tools::check_name(table, &to.name));
    let (before, after) =
        (schema_tools::column_constraint(table, from, Postgres), schema_tools::column_constraint(table, to, Postgres));
    let is_checked_anew = before != after;
    let (old_type, new_type) =
        (schema_tools::type_name(&from.kind, Postgres), schema_tools::type_name(&to.kind, Postgres));
    let (old_default, new_default) =
        (schema_tools::column_default(from, Postgres), schema_tools::column_default(to, Postgres));
    let is_filled_anew = old_default != new_default || old_type != new_type;
    let identity = |column: &Column| column.default == Some(ColumnDefault::Identity);
    let mut step = |what: String| steps.push(Step::parse(format!("ALTER TABLE {place} {what}")));
    if is_checked_anew && before.is_some() {
        step(format!("DROP CONSTRAINT {check}"));
    }
    if identity(from) && !identity(to) {
        step(format!("ALTER COLUMN {name} DROP IDENTITY"));
    }
    if old_default.is_some() && is_filled_anew {
        step(format!("ALTER COLUMN {name} DROP DEFAULT"));
    }
    if old_type != new_type || !labels.is_empty() {
        // Also renames labels, without an UPDATE, which would fire triggers.
        let value = Conversion { name: &name, from: &from.kind, to: &to.kind, labels }.expression(Postgres);
        step(format!("ALTER COLUMN {name} TYPE {new_type} USING {value}"));
    }
    if let Some(default) = new_default.as_ref().filter(|_| is_filled_anew) {
        step(format!("ALTER COLUMN {name} SET DEFAULT {default}"));
    }
    if from.nullable && !to.nullable {
        if let Some(default) = &new_default {
            let fill = format!("UPDATE {place} SET {name} = {default} WHERE {name} IS NULL");
            steps.push(Step { note: filled, sql: fill });
        }
        steps.push(Step::parse(format!("ALTER TABLE {place} ALTER COLUMN {name} SET NOT NULL")));
    }
    let mut step = |what: String| steps.push(Step::parse(format!("ALTER TABLE {place} {what}")));
    if !from.nullable && to.nullable {
        step(format!("ALTER COLUMN {name} DROP NOT NULL"));
    }
    if identity(to) && !identity(from) {
        step(format!("ALTER COLUMN {name} ADD GENERATED BY DEFAULT AS IDENTITY"));
        let (table, column) = (schema_tools::literal(&place), schema_tools::literal(&to.name));
        steps.push(Step::parse(format!(
            "SELECT setval(pg_get_serial_sequence({table}, {column}), greatest((SELECT max({name}) FROM {place}), 1), \
             EXISTS (SELECT FROM {place}))"
        )));
    }
    if let Some(check) = after.filter(|_| is_checked_anew) {
        steps.push(Step::parse(format!("ALTER TABLE {place} ADD {check}")));
    }
    if from.access != to.access {
        steps.push(Step::parse(schema_tools::comment(
            &place,
            Some(&to.name),
            schema_tools::marked_comment(to).as_deref(),
        )));
    }
}
