//! Values of inserts and updates: fills in defaults and converts each value to its column's type.

use mwallet_schema::{Column, ColumnDefault, OnUpdate, Record, Sources, Table, TableKind, Value};

use super::{Assignment, ColumnSet, PlanError, Planner};

/// Returns whether two records omit the same database-filled columns, so that one statement can insert both.
pub(crate) fn same_shape(table: &Table, left: &Record, right: &Record) -> bool {
    let made = table.columns.iter().filter(|column| is_filled(table, column));
    made.into_iter().all(|column| left.get(&column.name).is_some() == right.get(&column.name).is_some())
}

/// Returns whether the database fills in the column if an insert omits it. Columns of views and foreign tables may
/// have defaults that the catalogue does not show.
fn is_filled(table: &Table, column: &Column) -> bool {
    let is_elsewhere = matches!(table.kind, TableKind::View | TableKind::Foreign);
    column.default.as_ref().map_or(is_elsewhere, ColumnDefault::is_of_database)
}

impl Planner<'_> {
    /// Returns the columns that an insert writes: all except database-filled ones that the record omits.
    pub(super) fn written_columns(&self, record: &Record) -> ColumnSet {
        let left_out = |column: &Column| is_filled(self.table, column) && record.get(&column.name).is_none();
        (0..self.table.columns.len()).filter(|position| !left_out(self.column(*position))).collect()
    }

    pub(super) fn new_row(
        &self,
        columns: &ColumnSet,
        mut record: Record,
        sources: &dyn Sources,
    ) -> Result<Vec<Value>, PlanError> {
        let row = columns.iter().map(|position| {
            let column = self.column(*position);
            match record.remove(&column.name) {
                Some(value) => self.stored(column, value),
                None => match &column.default {
                    Some(ColumnDefault::Constant(value)) => self.stored(column, value.clone()),
                    Some(ColumnDefault::AppGenerated(generator)) => Ok(generator.generate(sources)),
                    Some(ColumnDefault::Identity | ColumnDefault::Database(_)) | None => {
                        self.stored(column, Value::Null)
                    }
                },
            }
        });
        let row = row.collect::<Result<Vec<_>, _>>()?;
        self.refuse_rest(&record)?;
        Ok(row)
    }

    /// Converts a value to what the column stores.
    pub(super) fn stored(&self, column: &Column, value: Value) -> Result<Value, PlanError> {
        if value.is_null() && !column.nullable {
            return Err(PlanError::Missing { column: column.name.clone() });
        }
        value.coerce(&column.kind).map_err(|error| PlanError::InvalidValue { column: column.name.clone(), error })
    }

    /// Rejects values for unknown columns.
    fn refuse_rest(&self, record: &Record) -> Result<(), PlanError> {
        match record.iter().next() {
            None => Ok(()),
            Some((name, _)) => Err(self.unknown_column(name)),
        }
    }

    /// Returns the assignments of an update, and the values that it gives for immutable columns.
    #[expect(clippy::type_complexity, reason = "two lists, each of which is plain by itself")]
    pub(super) fn assignments(
        &self,
        mut changes: Record,
        sources: &dyn Sources,
    ) -> Result<(Vec<(usize, Assignment)>, Vec<(usize, Value)>), PlanError> {
        let (mut assignments, mut kept) = (Vec::new(), Vec::new());
        for (position, column) in self.table.columns.iter().enumerate() {
            let Some(value) = changes.remove(&column.name) else { continue };
            let value = self.stored(column, value)?;
            match column.immutable {
                true => kept.push((position, value)),
                false => assignments.push((position, Assignment::Value(value))),
            }
        }
        self.refuse_rest(&changes)?;
        if assignments.is_empty() && kept.is_empty() {
            return Err(PlanError::NothingToUpdate);
        }
        self.touch(&mut assignments, || Assignment::Value(Value::Timestamp(sources.now())));
        if assignments.is_empty() {
            // Update something, so that `RETURNING` includes the row.
            let changed = self.table.columns.iter().position(|column| !column.immutable);
            assignments.push((changed.ok_or(PlanError::NothingToUpdate)?, Assignment::Unchanged));
        }
        Ok((assignments, kept))
    }

    /// Adds the on-update columns. `now` returns the time of the update.
    pub(super) fn touch(&self, assignments: &mut Vec<(usize, Assignment)>, now: impl Fn() -> Assignment) {
        for (position, column) in self.table.columns.iter().enumerate() {
            let given = assignments.iter().any(|(given, _)| *given == position);
            match column.on_update {
                Some(OnUpdate::Now) if !given => assignments.push((position, now())),
                // A counter is incremented even if a value was given, because it must show that the row changed.
                Some(OnUpdate::Increment) => {
                    assignments.retain(|(given, _)| *given != position);
                    assignments.push((position, Assignment::Increment));
                }
                _ => {}
            }
        }
    }
}
