//! One change of a database's tables: what it does, what it may lose, and what it locks.

use std::fmt;

use mwallet_schema::{Bound, Check, Column, ColumnDefault, ColumnType, ForeignKey, Index, Table, Unique};

use super::convert::{converts, with_labels};
use super::renames::without_aside;

/// One change. Names of tables and columns are those that hold when it is its turn: renames come first.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A table has another name.
    RenameTable {
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// A column has another name.
    RenameColumn {
        /// The table.
        table: String,
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// A constraint has another name.
    RenameConstraint {
        /// The table.
        table: String,
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// An index has another name.
    RenameIndex {
        /// The table.
        table: String,
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// A table is made.
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
    /// A column has another type, default or rules, or may be null where it could not.
    AlterColumn {
        /// The table.
        table: String,
        /// Before.
        from: Box<Column>,
        /// After.
        to: Box<Column>,
        /// Labels of an enum that have another name.
        labels: Vec<(String, String)>,
    },
    /// Other columns are the primary key.
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
    /// A table or column means something else.
    Comment {
        /// The table.
        table: String,
        /// The column, where it is one.
        column: Option<String>,
        /// Before.
        from: Option<String>,
        /// After.
        to: Option<String>,
    },
}

impl Change {
    /// The table that it concerns, under the name that it has then.
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

    /// What is lost for good, if anything is.
    pub fn loses(&self) -> Option<String> {
        match self {
            Self::DropTable(table) => Some(format!("the rows of {}", without_aside(&table.name))),
            Self::DropColumn { table, column } => {
                Some(format!("the values of {}.{}", without_aside(table), without_aside(&column.name)))
            }
            _ => None,
        }
    }

    /// The name that a constraint or an index had, and the one that it has.
    pub(super) fn renamed_constraint(&self) -> Option<(&str, &str)> {
        match self {
            Self::RenameConstraint { from, to, .. } | Self::RenameIndex { from, to, .. } => Some((from, to)),
            _ => None,
        }
    }

    /// What rows that are there get, and that the way back cannot tell which those were.
    pub fn fills(&self) -> Option<String> {
        let Self::AlterColumn { table, from, to, .. } = self else { return None };
        let default = to.default.as_ref().filter(|_| from.nullable && !to.nullable)?;
        let name = &to.name;
        Some(format!("rows of {table} without {name} get its {}; the way back leaves it there", told_default(default)))
    }

    /// What keeps it from being done where rows do not allow it; then nothing is changed.
    pub fn may_fail(&self) -> Option<String> {
        match self {
            Self::AlterColumn { table, from, to, labels } => {
                let name = &to.name;
                let is_needed = from.nullable && !to.nullable && to.default.is_none();
                match (is_needed, is_narrower(from, to, labels)) {
                    (true, true) => Some(format!(
                        "rows of {table} without {name}, and values of {table}.{name} that do not fit, make it fail"
                    )),
                    (true, false) => Some(format!("rows of {table} without {name} make it fail")),
                    (false, true) => Some(format!("values of {table}.{name} that do not fit make it fail")),
                    (false, false) => None,
                }
            }
            Self::AddUnique(table, unique) => {
                Some(format!("rows of {table} that are equal in {} make it fail", unique.columns.join(", ")))
            }
            Self::AddIndex(table, Index { special: Some(special), .. }) if special.unique => {
                Some(format!("rows of {table} that are equal in {} make it fail", special.keys))
            }
            Self::PrimaryKey { table, to, .. } if !to.is_empty() => {
                Some(format!("rows of {table} that are equal in {} make it fail", to.join(", ")))
            }
            Self::AddForeignKey(table, key) => {
                Some(format!("rows of {table} that refer to no row of {} make it fail", key.references))
            }
            Self::AddCheck(table, check) => Some(format!("rows of {table} that break {} make it fail", check.name)),
            _ => None,
        }
    }
}

/// Whether there are values of a column that it will not take when it is another.
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
            Self::AddColumn { table, column } => write!(f, "add column {table}.{}: {}", column.name, told(column)),
            Self::DropColumn { table, column } => write!(f, "drop column {table}.{}", without_aside(&column.name)),
            Self::AlterColumn { table, from, to, labels } => {
                write!(f, "alter column {table}.{}: {} to {}", to.name, told(from), told(to))?;
                labels.iter().try_for_each(|(from, to)| write!(f, "; {from} is {to} now"))
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

/// What a column is, in few words.
pub(super) fn told(column: &Column) -> String {
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
        ColumnDefault::Identity => "numbered".into(),
        ColumnDefault::AppGenerated(_) => "default now".into(),
        ColumnDefault::Database(expression) => format!("default {expression}"),
    }
}
