//! Writes inserts of one or many rows, with generated or explicit identity values.

use mwallet_schema::{ColumnDefault, ColumnType, Transfer, Value};

use super::{Writer, is_cast, member};
use crate::Dialect;
use crate::query::plan::{ColumnSet, PlannedConflict};
use crate::statement::Bind;

impl<'t> Writer<'t> {
    pub(super) fn insert(&mut self, columns: &ColumnSet, rows: Vec<Vec<Value>>, on_conflict: &PlannedConflict<'t>) {
        self.push("INSERT INTO ");
        self.table_name();
        if columns.is_empty() {
            return self.insert_defaults(rows.len(), on_conflict);
        }
        self.push(" (");
        self.names(columns);
        self.push(")");
        if rows.len() > 1 && self.dialect == Dialect::Postgres {
            self.insert_arrays(columns, rows);
        } else {
            self.insert_values(columns, rows);
        }
        self.on_conflict(on_conflict);
    }

    fn on_conflict(&mut self, on_conflict: &PlannedConflict<'t>) {
        let target = match on_conflict {
            PlannedConflict::Error => return,
            PlannedConflict::Ignore(target) => target.as_ref(),
            PlannedConflict::Merge { target, .. } => Some(target),
        };
        self.push(" ON CONFLICT");
        if let Some(target) = target {
            self.push(" (");
            self.names(target);
            self.push(")");
        }
        match on_conflict {
            PlannedConflict::Merge { condition, changes, kept, .. } => {
                self.push(" DO UPDATE SET ");
                self.assignments(changes.clone());
                self.merge_where(condition.clone());
                for position in kept {
                    self.push(" AND ");
                    self.spelled(&(*position).into(), |writer| writer.column(*position));
                    self.push(match self.dialect {
                        Dialect::Postgres => " IS NOT DISTINCT FROM ",
                        Dialect::Sqlite => " IS ",
                    });
                    self.spelled(&(*position).into(), |writer| {
                        writer.push("excluded.");
                        writer.name(*position);
                    });
                }
            }
            _ => self.push(" DO NOTHING"),
        }
    }

    /// Returns the PostgreSQL identity column that an insert sets explicitly, so that its sequence must be advanced.
    /// SQLite continues from the largest value by itself.
    pub(super) fn given_identity(&self, columns: &ColumnSet) -> Option<usize> {
        let is_identity = |position: &usize| self.table.columns[*position].default == Some(ColumnDefault::Identity);
        columns.iter().copied().find(is_identity).filter(|_| self.dialect == Dialect::Postgres)
    }

    /// Inserts rows whose values are all generated, for tables that have only an identity column.
    fn insert_defaults(&mut self, rows: usize, on_conflict: &PlannedConflict<'t>) {
        match self.dialect {
            Dialect::Sqlite => {
                self.push(" DEFAULT VALUES");
                self.repeats = vec![Vec::new(); rows.saturating_sub(1)];
            }
            Dialect::Postgres => {
                let identity = (0..self.table.columns.len()).collect();
                self.push(" (");
                self.names(&identity);
                self.push(") VALUES ");
                let row = format!("({})", vec!["DEFAULT"; identity.len()].join(", "));
                self.push(&vec![row.as_str(); rows.max(1)].join(", "));
                self.on_conflict(on_conflict);
            }
        }
    }

    /// Inserts one row. For more rows the statement is repeated.
    fn insert_values(&mut self, columns: &ColumnSet, rows: Vec<Vec<Value>>) {
        let mut rows = rows.into_iter();
        self.push(" VALUES (");
        for (index, (position, value)) in columns.iter().zip(rows.next().unwrap_or_default()).enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.bind_value(*position, value);
        }
        self.push(")");
        let kinds = || columns.iter().map(|position| self.table.columns[*position].kind.clone());
        self.repeats =
            rows.map(|row| row.into_iter().zip(kinds()).map(|(value, kind)| Bind { value, kind }).collect()).collect();
    }

    /// Inserts rows as one array per column, so that the SQL does not depend on the number of rows.
    fn insert_arrays(&mut self, columns: &ColumnSet, rows: Vec<Vec<Value>>) {
        let mut arrays: Vec<Vec<Value>> = columns.iter().map(|_| Vec::with_capacity(rows.len())).collect();
        for row in rows {
            for (array, value) in arrays.iter_mut().zip(row) {
                array.push(value);
            }
        }
        self.push(" SELECT ");
        for (index, position) in columns.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.given_column(*position);
        }
        self.push(" FROM unnest(");
        for (index, (position, array)) in columns.iter().zip(arrays).enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            let kind = self.table.columns[*position].kind.clone();
            let is_json = self.native(&(*position).into()).is_some_and(|native| native.transfer == Transfer::Json);
            let array = if is_json { array.into_iter().map(member).collect() } else { array };
            let array_type = array_type(&kind);
            self.bind_as(kind, Value::List(array));
            self.push(array_type);
        }
        // Insert, and so return, the rows in the given order.
        self.push(") WITH ORDINALITY AS given (");
        self.names(columns);
        self.push(", mwallet_ordinal) ORDER BY mwallet_ordinal");
    }
}

impl Writer<'_> {
    /// Writes a column of the `unnest` result, converted to the table's column type.
    fn given_column(&mut self, position: usize) {
        let table = std::mem::replace(&mut self.source, "given.".into());
        self.as_column(position);
        self.source = table;
    }

    fn as_column(&mut self, position: usize) {
        let Some(native) = self.native(&position.into()).filter(|native| is_cast(native)) else {
            return self.column(position);
        };
        let (is_json, name) = (native.transfer == Transfer::Json, native.name.clone());
        if is_json {
            self.value_of_json(&name, |writer| writer.column(position));
        } else {
            self.column(position);
            self.push("::");
            self.push(&name);
        }
    }
}

/// Returns the cast to an array of the column's type, for `unnest`.
fn array_type(kind: &ColumnType) -> &'static str {
    match kind {
        ColumnType::SmallInt => "::int2[]",
        ColumnType::Integer => "::int4[]",
        ColumnType::BigInt => "::int8[]",
        ColumnType::Decimal { .. } => "::numeric[]",
        ColumnType::Text { .. } | ColumnType::Enum(_) => "::text[]",
        ColumnType::Timestamp => "::timestamptz[]",
        ColumnType::Uuid => "::uuid[]",
        ColumnType::Bytes { .. } => "::bytea[]",
        ColumnType::Json => "::jsonb[]",
        ColumnType::Boolean => "::bool[]",
        ColumnType::Native(native) => match native.transfer {
            Transfer::Number { .. } => "::numeric[]",
            _ => "::text[]",
        },
    }
}
