//! Computes the difference between two sets of tables.

use mwallet_schema::{Check, Column, ColumnDefault, ForeignKey, Index, Table, TableKind, Unique, ValueGenerator};

use super::change::Change;
use super::convert::{may_convert, with_labels};
use super::expressions;
use super::normalize::{in_full, stored};
use super::renames::{Moves, Renames, aside};
use mwallet_db::Dialect;
use mwallet_db::schema_tools::parents_first;

/// The changes that turn one set of tables into another.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The tables before, under their new names.
    pub(super) from: Vec<Table>,
    /// The tables after.
    pub(super) to: Vec<Table>,
    /// The renames.
    pub(super) moves: Moves,
    /// The columns with a generator afterwards. Databases do not store generators.
    pub(super) generators: Vec<(String, String, ValueGenerator)>,
    /// The changes, in an order in which they can be applied.
    pub changes: Vec<Change>,
}

/// Compares two sets of tables in the form that a database stores. Ignores views.
///
/// ```
/// # use mwallet_db::Dialect;
/// # use mwallet_migrate::{Renames, diff};
/// # use mwallet_db::schema::{Column, ColumnType, Table};
/// let mut before = Table::new("coins");
/// before.columns.push(Column::new("name", ColumnType::Text { max: None }));
/// let mut after = before.clone();
/// after.columns.push(Column::new("rank", ColumnType::Integer).nullable());
/// let difference = diff(&[before], &[after], &Renames::default(), Dialect::Sqlite);
/// assert_eq!(difference.changes[0].to_string(), "add column coins.rank: integer, null");
/// ```
pub fn diff(from: &[Table], to: &[Table], renames: &Renames, dialect: Dialect) -> Difference {
    // Views are written by hand.
    let is_table = |table: &&Table| table.kind == TableKind::Table;
    let mut from: Vec<Table> = from.iter().filter(is_table).map(|table| stored(table, dialect)).collect();
    let generated = |table: &Table, column: &Column| match column.default {
        Some(ColumnDefault::AppGenerated(generator)) => Some((table.name.clone(), column.name.clone(), generator)),
        _ => None,
    };
    let of_table =
        |table: &Table| table.columns.iter().filter_map(|column| generated(table, column)).collect::<Vec<_>>();
    let generators = to.iter().flat_map(of_table).collect();
    let full: Vec<Table> = to.iter().filter(is_table).map(in_full).collect();
    let to: Vec<Table> = to.iter().filter(is_table).map(|table| stored(table, dialect)).collect();
    let (mut moves, mut changes) = rename(&mut from, &to, renames, dialect);
    changes.extend(rename_constraints(&mut from, &to, &mut moves));
    let mut dropped_keys = Vec::new();
    let mut added_keys = Vec::new();
    let mut inner = Vec::new();
    let mut comments = Vec::new();
    let mut created = Vec::new();
    for table in &to {
        match from.iter().find(|before| before.name == table.name) {
            Some(before) => {
                between(before, table, renames, &mut inner, &mut comments);
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
    // Drops come first, to free names.
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
    Difference { from, to: full, moves, generators, changes }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines: Vec<String> = self.changes.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl Difference {
    /// Returns whether there are no changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns possible renames: pairs of something dropped and something added with the same type.
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

/// Renames tables and columns wherever they are named. If another table or column gets the name of one that is not
/// renamed itself, the latter gets a temporary name and is dropped at the end.
fn rename(tables: &mut [Table], to: &[Table], renames: &Renames, dialect: Dialect) -> (Moves, Vec<Change>) {
    let mut moves = Moves::default();
    let mut changes = Vec::new();
    for name in tables.iter().map(|table| table.name.clone()) {
        match new_name(&name, renames.tables.iter().map(|(from, to)| (from, to))) {
            NewName::Same => continue,
            NewName::Renamed(to) => {
                changes.push(Change::RenameTable { from: name.clone(), to: to.clone() });
                moves.tables.push((name, to));
            }
            NewName::InTheWay => moves.tables.push((name.clone(), aside(&name))),
        }
    }
    let moved = |name: &mut String, pairs: &[(String, String)]| {
        if let Some((_, to)) = pairs.iter().find(|(from, _)| from == name) {
            name.clone_from(to);
        }
    };
    for table in tables.iter_mut() {
        moved(&mut table.name, &moves.tables);
        table.foreign_keys.iter_mut().for_each(|key| moved(&mut key.references, &moves.tables));
    }
    for table in tables.iter() {
        let own = || renames.columns.iter().filter(|(of, ..)| *of == table.name).map(|(_, from, to)| (from, to));
        for column in &table.columns {
            let pair = match new_name(&column.name, own()) {
                NewName::Same => continue,
                NewName::Renamed(to) => {
                    let (table, from) = (table.name.clone(), column.name.clone());
                    changes.push(Change::RenameColumn { table, from, to: to.clone() });
                    (column.name.clone(), to)
                }
                NewName::InTheWay => (column.name.clone(), aside(&column.name)),
            };
            moves.columns.entry(table.name.clone()).or_default().push(pair);
        }
    }
    let set = |names: &mut Vec<String>, pairs: Option<&Vec<(String, String)>>| {
        names.iter_mut().for_each(|name| pairs.into_iter().for_each(|pairs| moved(name, pairs)));
    };
    for table in tables.iter_mut() {
        for key in &mut table.foreign_keys {
            set(&mut key.referenced_columns, moves.columns.get(&key.references));
        }
        let Some(pairs) = moves.columns.get(&table.name) else { continue };
        for column in &mut table.columns {
            moved(&mut column.name, pairs);
            *column = super::normalize::renamed(column);
        }
        set(&mut table.primary_key, Some(pairs));
        table.uniques.iter_mut().for_each(|unique| set(&mut unique.columns, Some(pairs)));
        table.indexes.iter_mut().for_each(|index| set(&mut index.columns, Some(pairs)));
        table.foreign_keys.iter_mut().for_each(|key| set(&mut key.columns, Some(pairs)));
        if dialect == Dialect::Sqlite {
            // SQLite updates names in expressions. PostgreSQL does too, but the declared text is kept separately.
            let after = to.iter().find(|after| after.name == table.name);
            expressions::rename(table, after, pairs);
        }
    }
    (moves, changes)
}

/// What happens to a name.
enum NewName {
    Same,
    Renamed(String),
    InTheWay,
}

fn new_name<'r>(name: &String, mut renames: impl Iterator<Item = (&'r String, &'r String)> + Clone) -> NewName {
    match renames.clone().find(|(from, _)| *from == name) {
        Some((_, to)) => NewName::Renamed(to.clone()),
        None if renames.any(|(_, to)| to == name) => NewName::InTheWay,
        None => NewName::Same,
    }
}

/// Renames constraints and indexes that only differ in name, since their names derive from tables and columns. This
/// includes those of tables with a temporary name.
fn rename_constraints(from: &mut [Table], to: &[Table], moves: &mut Moves) -> Vec<Change> {
    for table in from.iter_mut().filter(|table| to.iter().all(|after| after.name != table.name)) {
        if moves.tables.iter().all(|(_, after)| *after != table.name) {
            continue;
        }
        for unique in &mut table.uniques {
            let after = aside(&unique.name);
            let before = std::mem::replace(&mut unique.name, after);
            moves.constraints.push((table.name.clone(), (before, unique.name.clone())));
        }
        for index in &mut table.indexes {
            let after = aside(&index.name);
            let before = std::mem::replace(&mut index.name, after);
            moves.indexes.push((table.name.clone(), (before, index.name.clone())));
        }
    }
    let mut renames = Vec::new();
    for before in from.iter() {
        let Some(after) = to.iter().find(|after| after.name == before.name) else { continue };
        let unique = |old: &Unique, new: &Unique| old.columns == new.columns;
        let key = |old: &ForeignKey, new: &ForeignKey| ForeignKey { name: new.name.clone(), ..old.clone() } == *new;
        let check =
            |old: &Check, new: &Check| expressions::same_check(&Check { name: new.name.clone(), ..old.clone() }, new);
        let index =
            |old: &Index, new: &Index| expressions::same_index(&Index { name: new.name.clone(), ..old.clone() }, new);
        let constraints = [
            renamed(&before.uniques, &after.uniques, |one| &one.name, unique),
            renamed(&before.foreign_keys, &after.foreign_keys, |one| &one.name, key),
            renamed(&before.checks, &after.checks, |one| &one.name, check),
        ];
        let table = || before.name.clone();
        let constraint = |(from, to)| Change::RenameConstraint { table: table(), from, to };
        renames.extend(constraints.into_iter().flatten().map(constraint));
        let indexes = renamed(&before.indexes, &after.indexes, |one| &one.name, index);
        renames.extend(indexes.into_iter().map(|(from, to)| Change::RenameIndex { table: table(), from, to }));
    }
    // A name is free if nothing has it, or if what has it is renamed.
    let taken: Vec<String> = from.iter_mut().flat_map(constraint_names).map(|name| name.clone()).collect();
    loop {
        let goes = |name: &str, change: &Change| change.renamed_constraint().is_some_and(|(from, _)| from == name);
        let is_stuck = |change: &Change| {
            let (_, to) = change.renamed_constraint().unwrap_or_default();
            taken.iter().any(|name| name == to) && !renames.iter().any(|other| goes(to, other))
        };
        match renames.iter().position(is_stuck) {
            Some(at) => drop(renames.remove(at)),
            None => break,
        }
    }
    for table in from.iter_mut() {
        let own: Vec<&Change> = renames.iter().filter(|change| change.table() == table.name).collect();
        for name in constraint_names(table) {
            let pair = own.iter().filter_map(|change| change.renamed_constraint()).find(|(from, _)| from == name);
            if let Some((_, to)) = pair {
                *name = to.to_owned();
            }
        }
        *table = in_full(table);
    }
    for change in &renames {
        match change.clone() {
            Change::RenameIndex { table, from, to } => moves.indexes.push((table, (from, to))),
            Change::RenameConstraint { table, from, to } => moves.constraints.push((table, (from, to))),
            _ => {}
        }
    }
    renames
}

/// Returns the pairs of old and new names of things that only differ in name.
fn renamed<T>(
    before: &[T],
    after: &[T],
    name: impl Fn(&T) -> &String,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<(String, String)> {
    let stays = |old: &T, new: &T| name(old) == name(new) && same(old, new);
    let mut pairs: Vec<(String, String)> = Vec::new();
    for old in before.iter().filter(|old| !after.iter().any(|new| stays(old, new))) {
        let is_free = |new: &&T| {
            same(old, new)
                && !before.iter().any(|other| stays(other, new))
                && pairs.iter().all(|(_, taken)| taken != name(new))
        };
        if let Some(new) = after.iter().find(is_free) {
            pairs.push((name(old).clone(), name(new).clone()));
        }
    }
    pairs
}

/// Returns the names of the constraints and indexes of a table.
fn constraint_names(table: &mut Table) -> impl Iterator<Item = &mut String> {
    let uniques = table.uniques.iter_mut().map(|one| &mut one.name);
    let keys = table.foreign_keys.iter_mut().map(|one| &mut one.name);
    let checks = table.checks.iter_mut().map(|one| &mut one.name);
    uniques.chain(keys).chain(checks).chain(table.indexes.iter_mut().map(|one| &mut one.name))
}

fn between(from: &Table, to: &Table, renames: &Renames, changes: &mut Vec<Change>, comments: &mut Vec<Change>) {
    let table = &to.name;
    // What has the same name but differs is dropped and added.
    macro_rules! compare {
        ($field:ident, $same:expr, $drop:ident, $add:ident) => {
            for old in from.$field.iter().filter(|old| !to.$field.iter().any(|new| $same(old, new))) {
                changes.push(Change::$drop(table.clone(), old.clone()));
            }
            for new in to.$field.iter().filter(|new| !from.$field.iter().any(|old| $same(old, new))) {
                changes.push(Change::$add(table.clone(), new.clone()));
            }
        };
    }
    compare!(uniques, |old: &Unique, new: &Unique| old == new, DropUnique, AddUnique);
    compare!(indexes, expressions::same_index, DropIndex, AddIndex);
    compare!(checks, expressions::same_check, DropCheck, AddCheck);
    for column in &from.columns {
        let labels: Vec<(String, String)> = renames
            .labels
            .iter()
            .filter(|(of, name, ..)| of == table && *name == column.name)
            .map(|(_, _, from, to)| (from.clone(), to.clone()))
            .collect();
        match to.column(&column.name) {
            Some(after) if !may_convert(&with_labels(&column.kind, &labels), &after.kind) => {
                changes.push(Change::DropColumn { table: table.clone(), column: column.clone() });
                changes.push(Change::AddColumn { table: table.clone(), column: after.clone() });
            }
            Some(after) => {
                let plain = |column: &Column| Column { comment: None, ..column.clone() };
                if plain(column) != plain(after) || !labels.is_empty() {
                    let (from, to) = (Box::new(column.clone()), Box::new(after.clone()));
                    changes.push(Change::AlterColumn { table: table.clone(), from, to, labels });
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

fn comment(table: &str, column: Option<&str>, from: &Option<String>, to: &Option<String>, comments: &mut Vec<Change>) {
    if from != to {
        let column = column.map(Into::into);
        comments.push(Change::Comment { table: table.into(), column, from: from.clone(), to: to.clone() });
    }
}

/// Returns the foreign keys to drop first and those to add last: changed ones, and those whose columns or referenced
/// keys change.
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
