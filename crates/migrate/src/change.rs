//! Describes one change to the tables of a database: what it does, what it deletes, and why it may fail.

use std::fmt;

use mwallet_schema::{Bound, Check, Column, ColumnDefault, ColumnType, ForeignKey, Index, Table, Unique};

use super::convert::{converts, with_labels};
use super::renames::without_aside;

/// One change. Tables and columns have the names at the time of the change: renames come first.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A table is renamed.
    RenameTable {
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// A column is renamed.
    RenameColumn {
        /// The table.
        table: String,
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// A constraint is renamed.
    RenameConstraint {
        /// The table.
        table: String,
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// An index is renamed.
    RenameIndex {
        /// The table.
        table: String,
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// A table is created.
    CreateTable(Table),
    /// A table is dropped with its rows.
    DropTable(Table),
    /// A column is added.
    AddColumn {
        /// The table.
        table: String,
        /// The column.
        column: Column,
    },
    /// A column is dropped with its values.
    DropColumn {
        /// The table.
        table: String,
        /// The column.
        column: Column,
    },
    /// The type, the default, the rules or the nullability of a column changes.
    AlterColumn {
        /// The table.
        table: String,
        /// Before.
        from: Box<Column>,
        /// After.
        to: Box<Column>,
        /// Renamed labels of an enum.
        labels: Vec<(String, String)>,
    },
    /// The columns of the primary key change.
    PrimaryKey {
        /// The table.
        table: String,
        /// Before.
        from: Vec<String>,
        /// After.
        to: Vec<String>,
    },
    /// A unique constraint is added.
    AddUnique(String, Unique),
    /// A unique constraint is dropped.
    DropUnique(String, Unique),
    /// An index is added.
    AddIndex(String, Index),
    /// An index is dropped.
    DropIndex(String, Index),
    /// A foreign key is added.
    AddForeignKey(String, ForeignKey),
    /// A foreign key is dropped.
    DropForeignKey(String, ForeignKey),
    /// A check is added.
    AddCheck(String, Check),
    /// A check is dropped.
    DropCheck(String, Check),
    /// The comment of a table or column changes.
    Comment {
        /// The table.
        table: String,
        /// The column; `None` for the table itself.
        column: Option<String>,
        /// Before.
        from: Option<String>,
        /// After.
        to: Option<String>,
    },
}

impl Change {
    /// The table that it changes, under its name at that time.
    pub fn table(&self) -> &str {
        match self {
            Self::RenameTable { to, .. } => to,
            Self::CreateTable(table) | Self::DropTable(table) => &table.name,
            Self::RenameColumn { table, .. }
            | Self::RenameConstraint { table, .. }
            | Self::RenameIndex { table, .. }
            | Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::AlterColumn { table, .. }
            | Self::PrimaryKey { table, .. }
            | Self::Comment { table, .. }
            | Self::AddUnique(table, _)
            | Self::DropUnique(table, _)
            | Self::AddIndex(table, _)
            | Self::DropIndex(table, _)
            | Self::AddForeignKey(table, _)
            | Self::DropForeignKey(table, _)
            | Self::AddCheck(table, _)
            | Self::DropCheck(table, _) => table,
        }
    }

    /// What it permanently deletes, if anything.
    pub fn loses(&self) -> Option<String> {
        match self {
            Self::DropTable(table) => Some(format!("the rows of {}", without_aside(&table.name))),
            Self::DropColumn { table, column } => {
                Some(format!("the values of {}.{}", without_aside(table), without_aside(&column.name)))
            }
            _ => None,
        }
    }

    /// The old and the new name of a constraint or index.
    pub(super) fn renamed_constraint(&self) -> Option<(&str, &str)> {
        match self {
            Self::RenameConstraint { from, to, .. } | Self::RenameIndex { from, to, .. } => Some((from, to)),
            _ => None,
        }
    }

    /// The value that existing rows get. Reverting the migration does not remove it, since those rows are unknown then.
    pub fn fills(&self) -> Option<String> {
        let Self::AlterColumn { table, from, to, .. } = self else { return None };
        let default = to.default.as_ref().filter(|_| from.nullable && !to.nullable)?;
        let name = &to.name;
        Some(format!("rows of {table} without {name} get its {}, also after a revert", told_default(default)))
    }

    /// The rows that would make it fail. Nothing is changed then.
    pub fn may_fail(&self) -> Option<String> {
        match self {
            Self::AlterColumn { table, from, to, labels } => {
                let name = &to.name;
                let is_needed = from.nullable && !to.nullable && to.default.is_none();
                match (is_needed, is_narrower(from, to, labels)) {
                    (true, true) => Some(format!(
                        "fails if rows of {table} have no {name}, or if values of {table}.{name} do not fit"
                    )),
                    (true, false) => Some(format!("fails if rows of {table} have no {name}")),
                    (false, true) => Some(format!("fails if values of {table}.{name} do not fit")),
                    (false, false) => None,
                }
            }
            Self::AddUnique(table, unique) => {
                Some(format!("fails if rows of {table} have the same {}", unique.columns.join(", ")))
            }
            Self::AddIndex(table, Index { special: Some(special), .. }) if special.unique => {
                Some(format!("fails if rows of {table} have the same {}", special.keys))
            }
            Self::PrimaryKey { table, to, .. } if !to.is_empty() => {
                Some(format!("fails if rows of {table} have the same {}", to.join(", ")))
            }
            Self::AddForeignKey(table, key) => {
                Some(format!("fails if rows of {table} have dangling references to {}", key.references))
            }
            Self::AddCheck(table, check) => Some(format!("fails if rows of {table} violate {}", check.name)),
            _ => None,
        }
    }
}

/// Whether some values of a column would be invalid after the change.
pub(super) fn is_narrower(from: &Column, to: &Column, labels: &[(String, String)]) -> bool {
    let (is, was) = (&to.rules, &from.rules);
    let is_tighter = |is: &Option<Bound>, was: &Option<Bound>, above: fn(&Bound, &Bound) -> bool| match (is, was) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(is), Some(was)) => above(is, was) || is.value == was.value && is.exclusive && !was.exclusive,
    };
    !converts(&with_labels(&from.kind, labels), &to.kind)
        || is_tighter(&is.min, &was.min, |is, was| is.value > was.value)
        || is_tighter(&is.max, &was.max, |is, was| is.value < was.value)
        || is.min_length.unwrap_or(0) > was.min_length.unwrap_or(0)
        || is.max_length.is_some_and(|is| was.max_length.is_none_or(|was| is < was))
        || !is.one_of.is_empty() && (was.one_of.is_empty() || was.one_of.iter().any(|value| !is.one_of.contains(value)))
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RenameTable { from, to } => write!(f, "rename table {from} to {to}"),
            Self::RenameColumn { table, from, to } => write!(f, "rename column {table}.{from} to {to}"),
            Self::RenameConstraint { table, from, to } => write!(f, "rename constraint {from} of {table} to {to}"),
            Self::RenameIndex { table, from, to } => write!(f, "rename index {from} of {table} to {to}"),
            Self::CreateTable(table) => write!(f, "create table {}", table.name),
            Self::DropTable(table) => write!(f, "drop table {}", without_aside(&table.name)),
            Self::AddColumn { table, column } => {
                write!(f, "add column {table}.{}: {}", column.name, describe_column(column))
            }
            Self::DropColumn { table, column } => write!(f, "drop column {table}.{}", without_aside(&column.name)),
            Self::AlterColumn { table, from, to, labels } => {
                write!(f, "alter column {table}.{}: {} to {}", to.name, describe_column(from), describe_column(to))?;
                labels.iter().try_for_each(|(from, to)| write!(f, "; {from} becomes {to}"))
            }
            Self::PrimaryKey { table, from, to } => {
                write!(f, "primary key of {table}: ({}) to ({})", from.join(", "), to.join(", "))
            }
            Self::AddUnique(table, one) => write!(f, "add unique {} on {table} ({})", one.name, one.columns.join(", ")),
            Self::DropUnique(table, one) => write!(f, "drop unique {} of {table}", one.name),
            Self::AddIndex(table, one) => match &one.special {
                None => write!(f, "add index {} on {table} ({})", one.name, one.columns.join(", ")),
                Some(special) => write!(f, "add index {} on {table} {}", one.name, special.sql()),
            },
            Self::DropIndex(table, one) => write!(f, "drop index {} of {table}", one.name),
            Self::AddForeignKey(table, one) => {
                write!(f, "add foreign key {} of {table} to {}", one.name, one.references)
            }
            Self::DropForeignKey(table, one) => write!(f, "drop foreign key {} of {table}", one.name),
            Self::AddCheck(table, one) => write!(f, "add check {} of {table}: {}", one.name, one.expression),
            Self::DropCheck(table, one) => write!(f, "drop check {} of {table}", one.name),
            Self::Comment { table, column: None, .. } => write!(f, "comment of {table}"),
            Self::Comment { table, column: Some(column), .. } => write!(f, "comment of {table}.{column}"),
        }
    }
}

/// A short description of a column.
pub(super) fn describe_column(column: &Column) -> String {
    let mut text = match &column.kind {
        ColumnType::Enum(labels) => format!("one of {}", labels.names()),
        kind => kind.name(),
    };
    text.push_str(if column.nullable { ", null" } else { ", not null" });
    text.push_str(if column.is_readable() { "" } else { ", write-only" });
    if let Some(default) = &column.default {
        text.push_str(&format!(", {}", told_default(default)));
    }
    let rules = &column.rules;
    for (bound, inclusive, exclusive) in [(&rules.min, ">=", ">"), (&rules.max, "<=", "<")] {
        if let Some(bound) = bound {
            text.push_str(&format!(", {} {}", if bound.exclusive { exclusive } else { inclusive }, bound.value));
        }
    }
    for (length, word) in [(rules.min_length, "at least"), (rules.max_length, "at most")] {
        if let Some(length) = length {
            text.push_str(&format!(", length {word} {length}"));
        }
    }
    text
}

fn told_default(default: &ColumnDefault) -> String {
    match default {
        ColumnDefault::Constant(value) => {
            let mut json = Vec::new();
            mwallet_schema::json::write_value(&mut json, value);
            format!("default {}", String::from_utf8_lossy(&json))
        }
        ColumnDefault::Identity => "identity".into(),
        ColumnDefault::AppGenerated(_) => "default now".into(),
        ColumnDefault::Database(expression) => format!("default {expression}"),
    }
}
