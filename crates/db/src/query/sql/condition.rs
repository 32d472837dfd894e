//! Conditions: what rows must be like.

use mwallet_schema::{ColumnType, Value};

use super::{Writer, is_cast};
use crate::Dialect;
use crate::query::plan::Condition;
use crate::query::{Comparison, Is};

/// How many conditions stand in one chain; more are chains in brackets.
const CHAIN: usize = 50;

impl Writer<'_> {
    pub(super) fn where_(&mut self, condition: Condition) {
        if condition != Condition::And(Vec::new()) {
            self.push(" WHERE ");
            self.condition(condition);
        }
    }

    pub(super) fn condition(&mut self, condition: Condition) {
        match condition {
            Condition::Compare(position, comparison, value) => self.compare(position, comparison, value),
            Condition::In(position, values) => self.in_(position, values),
            Condition::Between(position, low, high) => {
                self.column(position);
                self.push(" BETWEEN ");
                self.bind_operand(position, low);
                self.push(" AND ");
                self.bind_operand(position, high);
            }
            Condition::Like { column, pattern, fold_case } => self.like(column, pattern, fold_case),
            Condition::Is(position, is) => {
                self.column(position);
                self.push(match is {
                    Is::Null | Is::Unknown => " IS NULL",
                    Is::True => " IS TRUE",
                    Is::False => " IS FALSE",
                });
            }
            Condition::Same(position, value) => {
                self.spelled(position, |writer| writer.column(position));
                self.push(match self.dialect {
                    Dialect::Postgres => " IS NOT DISTINCT FROM ",
                    Dialect::Sqlite => " IS ",
                });
                self.spelled(position, |writer| writer.bind_operand(position, value));
            }
            Condition::And(all) => self.joined(all, " AND ", "TRUE"),
            Condition::Or(any) => self.joined(any, " OR ", "FALSE"),
            Condition::Not(condition) => {
                self.push("NOT (");
                self.condition(*condition);
                self.push(")");
            }
        }
    }

    fn joined(&mut self, conditions: Vec<Condition>, with: &str, if_none: &str) {
        if conditions.is_empty() {
            return self.push(if_none);
        }
        self.push("(");
        // Both engines read a chain as a tree as deep as it is long, and SQLite refuses one of a thousand.
        let chunk = if conditions.len() > CHAIN { conditions.len().div_ceil(CHAIN) } else { 1 };
        let mut conditions = conditions.into_iter().peekable();
        let mut is_first = true;
        while conditions.peek().is_some() {
            self.push(if is_first { "" } else { with });
            is_first = false;
            let mut part: Vec<Condition> = conditions.by_ref().take(chunk).collect();
            match part.pop() {
                Some(only) if part.is_empty() => self.condition(only),
                last => self.joined(part.into_iter().chain(last).collect(), with, if_none),
            }
        }
        self.push(")");
    }

    fn compare(&mut self, position: usize, comparison: Comparison, value: Value) {
        self.spelled(position, |writer| writer.column(position));
        self.push(match comparison {
            Comparison::Eq => " = ",
            Comparison::Neq => " <> ",
            Comparison::Gt => " > ",
            Comparison::Gte => " >= ",
            Comparison::Lt => " < ",
            Comparison::Lte => " <= ",
        });
        self.spelled(position, |writer| writer.bind_operand(position, value));
    }

    /// Writes a value of a column as it is compared for being the same: JSON, which SQLite keeps as texts of which
    /// several say the same, as one text for all of them.
    pub(super) fn spelled(&mut self, position: usize, value: impl FnOnce(&mut Self)) {
        let is_spelled = self.dialect == Dialect::Sqlite && self.table.columns[position].kind == ColumnType::Json;
        self.push(if is_spelled { "mwallet_json(" } else { "" });
        value(self);
        self.push(if is_spelled { ")" } else { "" });
    }

    /// One of a list: bound as one array, so that the length of the list does not make a new statement.
    fn in_(&mut self, position: usize, values: Vec<Value>) {
        let kind = self.table.columns[position].kind.clone();
        self.spelled(position, |writer| writer.column(position));
        match self.dialect {
            // An array of what only PostgreSQL knows may be a type of its own; a list of casts is never.
            Dialect::Postgres if self.native(position).is_some_and(is_cast) => {
                self.push(if values.is_empty() { " = ANY('{}')" } else { " IN (" });
                let count = values.len();
                for (index, value) in values.into_iter().enumerate() {
                    self.bind_operand(position, value);
                    self.push(if index + 1 < count { ", " } else { ")" });
                }
            }
            Dialect::Postgres => {
                self.push(" = ANY(");
                self.bind_as(kind, Value::List(values));
                self.push(")");
            }
            // Bytes have no form in JSON, by which SQLite takes lists, but their hexadecimal digits have.
            Dialect::Sqlite if matches!(kind, ColumnType::Bytes { .. }) => {
                self.push(" IN (SELECT unhex(value) FROM json_each(");
                self.bind_as(kind, Value::List(values));
                self.push("))");
            }
            Dialect::Sqlite => {
                self.push(" IN (SELECT ");
                self.spelled(position, |writer| writer.push("value"));
                self.push(" FROM json_each(");
                self.bind_as(kind, Value::List(values));
                self.push("))");
            }
        }
    }

    /// SQLite's own LIKE folds case; ours is a function that does as PostgreSQL's.
    fn like(&mut self, position: usize, pattern: String, fold_case: bool) {
        let text = ColumnType::Text { max: None };
        match self.dialect {
            Dialect::Postgres => {
                self.column(position);
                self.push(if fold_case { " ILIKE " } else { " LIKE " });
                self.bind_as(text, Value::Text(pattern));
            }
            Dialect::Sqlite => {
                self.push(if fold_case { "mwallet_ilike(" } else { "mwallet_like(" });
                // A column that mWallet did not make may hold anything.
                let is_native = self.native(position).is_some();
                self.push(if is_native { "CAST(" } else { "" });
                self.column(position);
                self.push(if is_native { " AS TEXT), " } else { ", " });
                self.bind_as(text, Value::Text(pattern));
                self.push(")");
            }
        }
    }
}
