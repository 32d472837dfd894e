//! Writes the rows that a write returns: their columns, their order, and whether an upsert updated or inserted them.

use mwallet_schema::{ColumnType, Value};

use super::{Condition, OrderBy, OutputValue, Writer, qualified};
use crate::Dialect;
use crate::query::plan::Told;
use crate::query::{Direction, Nulls};
use crate::statement::{FAILED_CHECK, Hidden, SortKey};

/// What a write returns.
pub(super) struct Returning<'p, 't> {
    /// The columns to return, or `None` if the table cannot return rows.
    pub(super) answered: Option<&'p Vec<OutputValue>>,
    /// Whether each row reports if an upsert updated it.
    pub(super) tells_merged: bool,
    pub(super) order: &'p [OrderBy],
    /// The PostgreSQL identity column that an insert sets explicitly, so that its sequence must be advanced.
    pub(super) identity: Option<usize>,
    /// What else is said of each row.
    pub(super) told: Told<'t>,
}

impl<'p> Returning<'p, '_> {
    pub(super) fn new(answered: Option<&'p Vec<OutputValue>>, order: &'p [OrderBy]) -> Self {
        Self { answered, tells_merged: false, order, identity: None, told: Told::default() }
    }

    /// Returns whether the write is wrapped in a statement that selects from its result.
    fn is_selected(&self, dialect: Dialect) -> bool {
        let is_ordered = !self.order.is_empty() && self.answered.is_some();
        dialect == Dialect::Postgres && (is_ordered || self.identity.is_some())
    }
}

impl<'t> Writer<'t> {
    pub(super) fn begin_write(&mut self, returning: &Returning<'_, 't>) {
        if returning.is_selected(self.dialect) {
            self.push("WITH given AS (");
        }
    }

    /// Writes the condition on rows that an upsert updates, and one that is always true and records that it does.
    pub(super) fn merge_where(&mut self, condition: Option<Condition<'t>>) {
        self.push(" WHERE ");
        let note = match self.dialect {
            Dialect::Postgres => "set_config('mwallet.merged', 't', true) = 't'",
            Dialect::Sqlite => "mwallet_note_merge()",
        };
        match condition {
            None => self.push(note),
            // Nothing is recorded of a row that is not updated, so this comes second, in an order that CASE keeps.
            Some(condition) => {
                self.push("CASE WHEN ");
                self.stored(|writer| writer.condition(condition));
                self.push(" THEN ");
                self.push(note);
                self.push(" ELSE FALSE END");
            }
        }
    }

    /// Writes whether the row was updated, and resets the flag. Rows are returned one by one as they are written.
    fn merged(&mut self) {
        self.push(match self.dialect {
            Dialect::Postgres => {
                "CASE current_setting('mwallet.merged', true) WHEN 't' THEN set_config('mwallet.merged', '', true) = \
                 '' ELSE FALSE END"
            }
            Dialect::Sqlite => "mwallet_merged()",
        });
    }

    /// Ends a write with its RETURNING clause.
    pub(super) fn end_write(&mut self, returning: &Returning<'_, 't>) -> Hidden {
        if returning.is_selected(self.dialect) {
            self.select_of_given(returning);
            return self.hidden(returning, Vec::new());
        }
        let Some(answered) = returning.answered else { return Hidden::default() };
        // Rows are counted by what is returned, so return something.
        self.push(if answered.is_empty() { " RETURNING NULL" } else { " RETURNING " });
        self.read_values(answered);
        if returning.tells_merged {
            self.push(", ");
            self.merged();
        }
        self.tell(&returning.told);
        // On PostgreSQL, an order can get here only if no rows are requested.
        let sort = returning.order.iter().map(|order| self.sort_key(order)).collect();
        self.hidden(returning, sort)
    }

    fn hidden(&self, returning: &Returning<'_, 't>, sort: Vec<SortKey>) -> Hidden {
        let Told { check, seen } = &returning.told;
        Hidden {
            tells_merged: returning.tells_merged,
            checked: check.as_ref().map(|_| self.table.name.clone()),
            tells_seen: seen.is_some(),
            sort,
        }
    }

    /// Writes what else is said of each row.
    fn tell(&mut self, told: &Told<'t>) {
        if let Some(check) = &told.check {
            self.check(check);
        }
        if let Some(seen) = &told.seen {
            self.push(", (");
            self.stored(|writer| writer.condition(seen.clone()));
            self.push(") IS TRUE");
        }
    }

    /// Writes whether a row is as it must be. On PostgreSQL the statement fails if it is not, so that it needs no
    /// transaction around it, which would be two more ways to the server and back.
    fn check(&mut self, check: &Condition<'t>) {
        self.push(match self.dialect {
            Dialect::Postgres => ", (CASE WHEN ",
            Dialect::Sqlite => ", (",
        });
        self.stored(|writer| writer.condition(check.clone()));
        match self.dialect {
            Dialect::Postgres => self.push(&format!(" THEN 't' ELSE '{FAILED_CHECK}' END)::boolean")),
            Dialect::Sqlite => self.push(") IS TRUE"),
        }
    }

    /// Adds a hidden sort column, because SQLite cannot order the rows of a write.
    fn sort_key(&mut self, order: &OrderBy) -> SortKey {
        self.push(", ");
        self.field(&order.field);
        SortKey {
            table: self.table.name.clone(),
            column: order.field.name(self.table),
            is_descending: order.direction == Direction::Descending,
            nulls_first: order.nulls == Nulls::First,
        }
    }

    /// Ends a write named `given`, advances the sequence beyond explicit identity values, and selects from the
    /// result.
    fn select_of_given(&mut self, returning: &Returning<'_, 't>) {
        self.push(" RETURNING *");
        if returning.tells_merged {
            self.push(", ");
            self.merged();
            self.push(" AS mwallet_merged");
        }
        self.push(")");
        self.source = "given.".into();
        if let Some(identity) = returning.identity {
            self.push(", moved AS (SELECT setval(sequence, most) FROM (SELECT pg_get_serial_sequence(");
            let text = ColumnType::Text { max: None };
            self.bind_as(text.clone(), Value::Text(qualified(self.table)));
            self.push(", ");
            self.bind_as(text, Value::Text(self.table.columns[identity].name.clone()));
            self.push(")::regclass AS sequence, max(");
            self.stored(|writer| writer.column(identity));
            self.push(") AS most FROM given) AS found WHERE most > coalesce(pg_sequence_last_value(sequence), 0))");
        }
        let answered = returning.answered.map(Vec::as_slice).unwrap_or_default();
        self.push(if answered.is_empty() { " SELECT NULL" } else { " SELECT " });
        self.read_values(answered);
        self.push(if returning.tells_merged { ", given.mwallet_merged" } else { "" });
        self.tell(&returning.told);
        self.push(" FROM given");
        // The join makes PostgreSQL run `moved`: a CTE that only selects is skipped if nothing reads it.
        self.push(if returning.identity.is_some() { " LEFT JOIN moved ON TRUE" } else { "" });
        self.order_by(returning.order);
    }
}
