//! The difference between two sets of tables.

use mwallet_schema::{Column, ForeignKey, Table, TableKind};

use super::change::Change;
use super::convert::converts;
use super::stored::{in_full, stored};
use crate::Dialect;
use crate::ddl::parents_first;

/// What has another name now. Never guessed: declared by `renamed_from`, or said by whoever makes the migration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames {
    /// Tables: before and after.
    pub tables: Vec<(String, String)>,
    /// Columns: the table under its new name, before and after.
    pub columns: Vec<(String, String, String)>,
}

impl Renames {
    /// Those that tables declare of themselves and their columns, as far as they are still to be done.
    pub fn declared(from: &[Table], to: &[Table]) -> Self {
        let was_there = |name: &str| from.iter().find(|table| table.name == name);
        let mut renames = Self::default();
        for table in to {
            let before = table.renamed_from.as_ref().filter(|old| was_there(old).is_some());
            let before = before.filter(|_| was_there(&table.name).is_none());
            if let Some(before) = before {
                renames.tables.push((before.clone(), table.name.clone()));
            }
            let Some(old) = was_there(before.unwrap_or(&table.name)) else { continue };
            for column in &table.columns {
                if let Some(before) = column.renamed_from.as_ref()
                    && old.column(before).is_some()
                    && old.column(&column.name).is_none()
                {
                    renames.columns.push((table.name.clone(), before.clone(), column.name.clone()));
                }
            }
        }
        renames
    }

    /// The way back.
    pub fn inverse(&self) -> Self {
        let tables: Vec<_> = self.tables.iter().map(|(from, to)| (to.clone(), from.clone())).collect();
        let old_name = |name: &String| {
            self.tables.iter().find(|(_, to)| to == name).map_or_else(|| name.clone(), |(from, _)| from.clone())
        };
        let back = |(table, from, to): &(String, String, String)| (old_name(table), to.clone(), from.clone());
        Self { tables, columns: self.columns.iter().map(back).collect() }
    }
}

/// What must be done to the tables of a database so that they are others.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The tables before, under the names that renames give them.
    pub(super) from: Vec<Table>,
    /// The tables after.
    pub(super) to: Vec<Table>,
    /// The changes, in an order in which they can be made.
    pub changes: Vec<Change>,
}

/// Compares two sets of tables as a database keeps them. Views are not compared.
///
/// ```
/// # use mwallet_db::Dialect;
/// # use mwallet_db::migrate::{Renames, diff};
/// # use mwallet_db::schema::{Column, ColumnType, Table};
/// let mut before = Table::new("coins");
/// before.columns.push(Column::new("name", ColumnType::Text { max: None }));
/// let mut after = before.clone();
/// after.columns.push(Column::new("rank", ColumnType::Integer).nullable());
/// let difference = diff(&[before], &[after], &Renames::default(), Dialect::Sqlite);
/// assert_eq!(difference.changes[0].to_string(), "add column coins.rank: integer, null");
/// ```
pub fn diff(from: &[Table], to: &[Table], renames: &Renames, dialect: Dialect) -> Difference {
    // Views are made by hand.
    let is_table = |table: &&Table| table.kind == TableKind::Table;
    let mut from: Vec<Table> = from.iter().filter(is_table).map(|table| stored(table, dialect)).collect();
    let full: Vec<Table> = to.iter().filter(is_table).map(in_full).collect();
    let to: Vec<Table> = to.iter().filter(is_table).map(|table| stored(table, dialect)).collect();
    let mut changes = rename(&mut from, renames);
    let mut dropped_keys = Vec::new();
    let mut added_keys = Vec::new();
    let mut inner = Vec::new();
    let mut comments = Vec::new();
    let mut created = Vec::new();
    for table in &to {
        match from.iter().find(|before| before.name == table.name) {
            Some(before) => {
                between(before, table, &mut inner, &mut comments);
                let (dropped, added) = foreign_keys(before, table, &from, &to);
                dropped_keys.extend(dropped.into_iter().map(|key| Change::DropForeignKey(table.name.clone(), key)));
                added_keys.extend(added.into_iter().map(|key| Change::AddForeignKey(table.name.clone(), key)));
            }
            None => created.extend(full.iter().find(|full| full.name == table.name)),
        }
    }
    let is_gone = |table: &&Table| to.iter().all(|after| after.name != table.name);
    let gone: Vec<&Table> = from.iter().filter(is_gone).collect();
    changes.extend(dropped_keys);
    // What is dropped makes room for what is added.
    let (first, then): (Vec<Change>, Vec<Change>) = inner
        .into_iter()
        .partition(|change| matches!(change, Change::DropUnique(..) | Change::DropIndex(..) | Change::DropCheck(..)));
    changes.extend(first);
    changes.extend(parents_first(&created).into_iter().cloned().map(Change::CreateTable));
    let (columns, constraints): (Vec<Change>, Vec<Change>) = then.into_iter().partition(|change| {
        matches!(change, Change::AddColumn { .. } | Change::DropColumn { .. } | Change::AlterColumn { .. })
    });
    changes.extend(columns);
    changes.extend(constraints);
    changes.extend(added_keys);
    changes.extend(parents_first(&gone).into_iter().rev().cloned().map(Change::DropTable));
    changes.extend(comments);
    Difference { from, to: full, changes }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines: Vec<String> = self.changes.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl Difference {
    /// Whether nothing must be done.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Pairs that may be renames: what is dropped, and what is added with the same type.
    pub fn proposals(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for change in &self.changes {
            match change {
                Change::DropColumn { table, column } => {
                    for other in &self.changes {
                        if let Change::AddColumn { table: of, column: added } = other
                            && of == table
                            && added.kind == column.kind
                            && added.name != column.name
                        {
                            pairs.push((format!("{table}.{}", column.name), format!("{table}.{}", added.name)));
                        }
                    }
                }
                Change::DropTable(gone) => {
                    for other in &self.changes {
                        if let Change::CreateTable(made) = other
                            && gone.columns.iter().filter(|column| made.column(&column.name).is_some()).count() * 2
                                > gone.columns.len()
                        {
                            pairs.push((gone.name.clone(), made.name.clone()));
                        }
                    }
                }
                _ => {}
            }
        }
        pairs
    }
}

/// Gives tables and columns their new names, wherever they are named.
fn rename(tables: &mut [Table], renames: &Renames) -> Vec<Change> {
    let mut changes = Vec::new();
    for (from, to) in &renames.tables {
        for table in tables.iter_mut() {
            if table.name == *from {
                table.name.clone_from(to);
                changes.push(Change::RenameTable { from: from.clone(), to: to.clone() });
            }
            for key in table.foreign_keys.iter_mut().filter(|key| key.references == *from) {
                key.references.clone_from(to);
            }
        }
    }
    for (of, from, to) in &renames.columns {
        let set = |names: &mut Vec<String>| {
            names.iter_mut().filter(|name| *name == from).for_each(|name| name.clone_from(to));
        };
        for table in tables.iter_mut() {
            for key in table.foreign_keys.iter_mut().filter(|key| key.references == *of) {
                set(&mut key.referenced_columns);
            }
            if table.name != *of {
                continue;
            }
            if let Some(column) = table.columns.iter_mut().find(|column| column.name == *from) {
                column.name.clone_from(to);
                changes.push(Change::RenameColumn { table: of.clone(), from: from.clone(), to: to.clone() });
                *column = super::stored::renamed(column);
            }
            set(&mut table.primary_key);
            table.uniques.iter_mut().for_each(|unique| set(&mut unique.columns));
            table.indexes.iter_mut().for_each(|index| set(&mut index.columns));
            table.foreign_keys.iter_mut().for_each(|key| set(&mut key.columns));
        }
    }
    changes
}

fn between(from: &Table, to: &Table, changes: &mut Vec<Change>, comments: &mut Vec<Change>) {
    let table = &to.name;
    // What is compared by its name and is not the same is dropped and added.
    macro_rules! compare {
        ($field:ident, $drop:ident, $add:ident) => {
            for old in from.$field.iter().filter(|old| !to.$field.contains(old)) {
                changes.push(Change::$drop(table.clone(), old.clone()));
            }
            for new in to.$field.iter().filter(|new| !from.$field.contains(new)) {
                changes.push(Change::$add(table.clone(), new.clone()));
            }
        };
    }
    compare!(uniques, DropUnique, AddUnique);
    compare!(indexes, DropIndex, AddIndex);
    compare!(checks, DropCheck, AddCheck);
    for column in &from.columns {
        match to.column(&column.name) {
            Some(after) if is_made_anew(column, after) => {
                changes.push(Change::DropColumn { table: table.clone(), column: column.clone() });
                changes.push(Change::AddColumn { table: table.clone(), column: after.clone() });
            }
            Some(after) => {
                let plain = |column: &Column| Column { comment: None, ..column.clone() };
                if plain(column) != plain(after) {
                    let (from, to) = (Box::new(column.clone()), Box::new(after.clone()));
                    changes.push(Change::AlterColumn { table: table.clone(), from, to });
                }
                comment(table, Some(&after.name), &column.comment, &after.comment, comments);
            }
            None => changes.push(Change::DropColumn { table: table.clone(), column: column.clone() }),
        }
    }
    for column in to.columns.iter().filter(|column| from.column(&column.name).is_none()) {
        changes.push(Change::AddColumn { table: table.clone(), column: column.clone() });
    }
    if from.primary_key != to.primary_key {
        let (from, to) = (from.primary_key.clone(), to.primary_key.clone());
        changes.push(Change::PrimaryKey { table: table.clone(), from, to });
    }
    comment(table, None, &from.comment, &to.comment, comments);
}

/// Whether no value of the one type becomes one of the other.
fn is_made_anew(from: &Column, to: &Column) -> bool {
    from.kind != to.kind && !converts(&from.kind, &to.kind) && !converts(&to.kind, &from.kind)
}

fn comment(table: &str, column: Option<&str>, from: &Option<String>, to: &Option<String>, comments: &mut Vec<Change>) {
    if from != to {
        let column = column.map(Into::into);
        comments.push(Change::Comment { table: table.into(), column, from: from.clone(), to: to.clone() });
    }
}

/// The foreign keys to drop first and to add last: those that differ, and those whose columns or keys do.
fn foreign_keys(from: &Table, to: &Table, all: &[Table], then: &[Table]) -> (Vec<ForeignKey>, Vec<ForeignKey>) {
    let is_disturbed = |key: &ForeignKey| {
        let before = all.iter().find(|table| table.name == key.references);
        let after = then.iter().find(|table| table.name == key.references);
        let (Some(before), Some(after)) = (before, after) else { return true };
        let kinds = |table: &Table, names: &[String]| -> Vec<_> {
            names.iter().map(|name| table.column(name).map(|column| column.kind.clone())).collect()
        };
        kinds(from, &key.columns) != kinds(to, &key.columns)
            || kinds(before, &key.referenced_columns) != kinds(after, &key.referenced_columns)
            || before.primary_key != after.primary_key
            || before.uniques.iter().any(|unique| !after.uniques.contains(unique))
    };
    let stays = |key: &&ForeignKey, others: &[ForeignKey]| others.contains(key) && !is_disturbed(key);
    let dropped = from.foreign_keys.iter().filter(|key| !stays(key, &to.foreign_keys)).cloned().collect();
    let added = to.foreign_keys.iter().filter(|key| !stays(key, &from.foreign_keys)).cloned().collect();
    (dropped, added)
}
