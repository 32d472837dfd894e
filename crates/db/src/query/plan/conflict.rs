//! What an insert does with rows that exist already.

use std::collections::HashSet;

use mwallet_schema::Value;

use super::{Assignment, ColumnSet, Plan, PlanError, PlanKind, Planner, Scope};

/// What an insert does with rows that exist already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// It fails.
    #[default]
    Error,
    /// It leaves them as they are.
    Ignore {
        /// The columns of the unique constraint that counts; any of them where nothing is said.
        target: Option<Vec<String>>,
    },
    /// It gives them new values.
    Merge {
        /// The columns of the unique constraint that finds them; the primary key where nothing is said.
        target: Option<Vec<String>>,
        /// The columns that get the values of the new row.
        columns: Vec<String>,
    },
}

/// The same with positions for names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PlannedConflict {
    Error,
    Ignore(Option<ColumnSet>),
    /// `kept` are immutable columns that the new rows give: rows that hold other values are not changed.
    Merge {
        target: ColumnSet,
        changes: Vec<(usize, Assignment)>,
        kept: ColumnSet,
    },
}

impl Plan<'_> {
    /// The same creation, which does something else than fail where rows exist already.
    ///
    /// # Errors
    ///
    /// Where a name is no column, the columns that find rows are not unique together, or two of the new rows are the
    /// same by them.
    pub fn on_conflict(mut self, what: &OnConflict, audience: Scope) -> Result<Self, PlanError> {
        let planner = Planner { table: self.table, audience };
        if let PlanKind::Insert { columns, rows, on_conflict } = &mut self.kind {
            *on_conflict = planner.conflict(what, columns, rows)?;
        }
        Ok(self)
    }
}

impl Planner<'_> {
    fn conflict(
        &self,
        what: &OnConflict,
        written: &ColumnSet,
        rows: &[Vec<Value>],
    ) -> Result<PlannedConflict, PlanError> {
        Ok(match what {
            OnConflict::Error => PlannedConflict::Error,
            OnConflict::Ignore { target: None } => PlannedConflict::Ignore(None),
            OnConflict::Ignore { target: Some(target) } => PlannedConflict::Ignore(Some(self.target(target)?)),
            // As in PostgREST: where nothing names a row, none exists already.
            OnConflict::Merge { target: None, .. } if self.table.primary_key.is_empty() => PlannedConflict::Error,
            OnConflict::Merge { target, columns } => {
                let target = self.target(target.as_deref().unwrap_or(&self.table.primary_key))?;
                // PostgreSQL refuses to write a row twice, SQLite does it.
                self.refuse_same(&target, written, rows)?;
                let (changes, kept) = self.proposed(&target, columns)?;
                PlannedConflict::Merge { target, changes, kept }
            }
        })
    }

    fn target(&self, names: &[String]) -> Result<ColumnSet, PlanError> {
        let positions = names.iter().map(|name| self.find(name)).collect::<Result<_, _>>()?;
        let columns: Vec<&str> = names.iter().map(String::as_str).collect();
        match !columns.is_empty() && self.table.is_unique(&columns) {
            true => Ok(positions),
            false => Err(PlanError::ConflictTarget { table: self.table.name.clone(), columns: columns.join(", ") }),
        }
    }

    fn refuse_same(&self, target: &ColumnSet, written: &ColumnSet, rows: &[Vec<Value>]) -> Result<(), PlanError> {
        let places: Option<Vec<usize>> =
            target.iter().map(|position| written.iter().position(|written| written == position)).collect();
        // Where the database numbers the rows, none is the same as another.
        let Some(places) = places.filter(|_| rows.len() > 1) else { return Ok(()) };
        let mut seen = HashSet::with_capacity(rows.len());
        for row in rows {
            let key: Vec<&Value> = places.iter().map(|place| &row[*place]).collect();
            let has_null = key.iter().any(|value| value.is_null());
            if !has_null && !seen.insert(format!("{key:?}")) {
                let columns: Vec<&str> = target.iter().map(|position| self.column(*position).name.as_str()).collect();
                return Err(PlanError::SameRows { columns: columns.join(" and ") });
            }
        }
        Ok(())
    }

    /// What a row becomes that is found: the values of the new one, and what every update does; and the immutable
    /// columns that must be as in the new one.
    fn proposed(
        &self,
        target: &ColumnSet,
        columns: &[String],
    ) -> Result<(Vec<(usize, Assignment)>, ColumnSet), PlanError> {
        let (mut changes, mut kept) = (Vec::new(), ColumnSet::new());
        for name in columns {
            let position = self.find_any(name)?;
            match self.column(position).immutable {
                _ if target.contains(&position) => {}
                true => kept.push(position),
                false => changes.push((position, Assignment::Proposed)),
            }
        }
        // The proposed row was made now, so its time is that of the update.
        self.touch(&mut changes, || Assignment::Proposed);
        if changes.is_empty() {
            // A row that is set to what it is still is answered.
            changes.extend(target.first().map(|position| (*position, Assignment::Proposed)));
        }
        Ok((changes, kept))
    }

    /// The position of a column, which may be one that is taken and never answered.
    fn find_any(&self, name: &str) -> Result<usize, PlanError> {
        let unknown = || PlanError::UnknownColumn { table: self.table.name.clone(), column: name.into() };
        self.table.position(name).ok_or_else(unknown)
    }
}
