//! Renames constraints and indexes of existing tables.
//!
//! SQLite only renames tables and columns. The names of constraints are only in the text of the table's statement,
//! and an index is identified by its name, so both are changed in `sqlite_schema`. "Making Other Kinds Of Table
//! Schema Changes" in SQLite's documentation describes this for changes that do not affect the content. The `ALTER
//! TABLE` that follows makes every connection reload the schema, and fails if it is invalid.

use mwallet_schema::Table;

use mwallet_db::Dialect::Sqlite;
use mwallet_db::schema_tools;
use mwallet_db::schema_tools::quote;

use super::super::diff::Difference;
use super::super::renames::{Turn, in_turn};
use super::super::script::Step;
use super::is_in_place;

/// Returns whether names can be changed this way: only before a table or column is renamed.
pub(super) fn can_change(difference: &Difference) -> bool {
    !difference.moves.tables.is_empty() || !difference.moves.columns.is_empty()
}

/// Returns the statements that change names, before tables and columns are renamed. A rebuilt table gets the names
/// from its statement.
pub(super) fn steps(difference: &Difference) -> Vec<Step> {
    if !can_change(difference) {
        return Vec::new();
    }
    let moves = &difference.moves;
    let mut updates = Vec::new();
    for table in &difference.from {
        if !difference.to.iter().any(|after| after.name == table.name) || !is_in_place(table, difference) {
            continue;
        }
        let mut constraints = made_of_names(table, difference);
        let own = moves.constraints.iter().filter(|(of, _)| *of == table.name);
        constraints.extend(own.map(|(_, pair)| pair.clone()));
        let mut text = "sql".to_owned();
        for Turn { from, to, .. } in in_turn(&constraints) {
            let constraint = |name: &str| schema_tools::literal(&format!("CONSTRAINT {} ", quote(name)));
            text = format!("replace({text}, {}, {})", constraint(&from), constraint(&to));
        }
        if !constraints.is_empty() {
            let name = schema_tools::literal(old_name(table, difference));
            updates.push(format!("UPDATE sqlite_schema SET sql = {text} WHERE type = 'table' AND name = {name}"));
        }
    }
    // Includes rebuilt tables, since another may need such a name before.
    let indexes: Vec<(String, String)> = moves.indexes.iter().map(|(_, pair)| pair.clone()).collect();
    for Turn { from, to, .. } in in_turn(&indexes) {
        let index = |name: &str| schema_tools::literal(&format!("INDEX {} ON ", quote(name)));
        updates.push(format!(
            "UPDATE sqlite_schema SET name = {}, sql = replace(sql, {}, {}) WHERE type = 'index' AND name = {}",
            schema_tools::literal(&to),
            index(&from),
            index(&to),
            schema_tools::literal(&from)
        ));
    }
    if updates.is_empty() {
        return Vec::new();
    }
    let begin =
        Step::noted("Renames constraints and indexes; no row is changed.".into(), "PRAGMA writable_schema = ON".into());
    let end = Step::parse("PRAGMA writable_schema = OFF".into());
    std::iter::once(begin).chain(updates.into_iter().map(Step::parse)).chain([end]).collect()
}

/// Returns the names that derive from the table and its columns: those of its primary key and of its column checks.
fn made_of_names(table: &Table, difference: &Difference) -> Vec<(String, String)> {
    let old_table = old_name(table, difference);
    let columns = difference.moves.columns.get(&table.name);
    let mut names = vec![(schema_tools::key_name(old_table), schema_tools::key_name(&table.name))];
    for column in table.columns.iter().filter(|column| schema_tools::column_check(column, Sqlite).is_some()) {
        let pair = columns.into_iter().flatten().find(|(_, to)| *to == column.name);
        let old_column = pair.map_or(&column.name, |(from, _)| from);
        names.push((
            schema_tools::check_name(old_table, old_column),
            schema_tools::check_name(&table.name, &column.name),
        ));
    }
    names.retain(|(from, to)| from != to);
    names
}

/// Returns the previous name of a table.
fn old_name<'n>(table: &'n Table, difference: &'n Difference) -> &'n str {
    let pair = difference.moves.tables.iter().find(|(_, to)| *to == table.name);
    pair.map_or(table.name.as_str(), |(from, _)| from.as_str())
}
