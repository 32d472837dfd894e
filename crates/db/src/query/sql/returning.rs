//! What a write answers of its rows, in which order, and which of them it found instead of making them.

use mwallet_schema::{ColumnType, Value};

use super::{OrderBy, Writer, qualified};
use crate::Dialect;
use crate::query::{Direction, Nulls};
use crate::statement::{Hidden, SortKey};

/// What is wanted of the rows of a write.
pub(super) struct Returning<'p> {
    /// The columns that are answered; nothing where the table does not tell its rows.
    pub(super) answered: Option<&'p Vec<usize>>,
    /// Whether each row says if an upsert found it.
    pub(super) tells_merged: bool,
    pub(super) order: &'p [OrderBy],
    /// The column that PostgreSQL numbers, where an insert gives its values, so that its sequence must be moved.
    pub(super) identity: Option<usize>,
}

impl<'p> Returning<'p> {
    pub(super) fn new(answered: Option<&'p Vec<usize>>, order: &'p [OrderBy]) -> Self {
        Self { answered, tells_merged: false, order, identity: None }
    }

    /// Whether the write stands within a statement that selects of what it returns.
    fn is_selected(&self, dialect: Dialect) -> bool {
        let is_ordered = !self.order.is_empty() && self.answered.is_some();
        dialect == Dialect::Postgres && (is_ordered || self.identity.is_some())
    }
}

impl Writer<'_> {
    pub(super) fn begin_write(&mut self, returning: &Returning<'_>) {
        if returning.is_selected(self.dialect) {
            self.push("WITH given AS (");
        }
    }

    /// The condition of an upsert that notes that it found a row. It is always true.
    pub(super) fn note_merge(&mut self) {
        self.push(match self.dialect {
            Dialect::Postgres => " WHERE set_config('mwallet.merged', 't', true) = 't'",
            Dialect::Sqlite => " WHERE mwallet_note_merge()",
        });
    }

    /// Whether a row was found, and forgets it for the next one: rows are returned one by one as they are written.
    fn merged(&mut self) {
        self.push(match self.dialect {
            Dialect::Postgres => {
                "CASE current_setting('mwallet.merged', true) WHEN 't' THEN set_config('mwallet.merged', '', true) = \
                 '' ELSE FALSE END"
            }
            Dialect::Sqlite => "mwallet_merged()",
        });
    }

    /// Ends a write with what is answered of it.
    pub(super) fn end_write(&mut self, returning: &Returning<'_>) -> Hidden {
        if returning.is_selected(self.dialect) {
            self.select_of_given(returning);
            return Hidden { tells_merged: returning.tells_merged, sort: Vec::new() };
        }
        let Some(answered) = returning.answered else { return Hidden::default() };
        // The rows are counted by what is answered.
        self.push(if answered.is_empty() { " RETURNING NULL" } else { " RETURNING " });
        self.read_columns(answered);
        if returning.tells_merged {
            self.push(", ");
            self.merged();
        }
        // PostgreSQL would be here with an order only where nobody wants the rows.
        let sort = returning.order.iter().map(|order| self.sort_key(order)).collect();
        Hidden { tells_merged: returning.tells_merged, sort }
    }

    /// Returns what SQLite, which has no order for rows of a write, is to be sorted by.
    fn sort_key(&mut self, order: &OrderBy) -> SortKey {
        self.push(", ");
        self.column(order.column);
        SortKey {
            table: self.table.name.clone(),
            column: self.table.columns[order.column].name.clone(),
            is_descending: order.direction == Direction::Descending,
            nulls_first: order.nulls == Nulls::First,
        }
    }

    /// Ends a write named `given`, moves the sequence of its numbers beyond those that were given, and selects of it.
    fn select_of_given(&mut self, returning: &Returning<'_>) {
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
            self.column(identity);
            self.push(") AS most FROM given) AS found WHERE most > coalesce(pg_sequence_last_value(sequence), 0))");
        }
        let answered = returning.answered.map(Vec::as_slice).unwrap_or_default();
        self.push(if answered.is_empty() { " SELECT NULL" } else { " SELECT " });
        self.read_columns(answered);
        self.push(if returning.tells_merged { ", given.mwallet_merged" } else { "" });
        self.push(" FROM given");
        // The join is what has the sequence moved: what nobody reads is not run.
        self.push(if returning.identity.is_some() { " LEFT JOIN moved ON TRUE" } else { "" });
        self.order_by(returning.order);
    }
}
