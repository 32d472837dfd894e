//! What is read of a row: a column, or a value inside its JSON.

use std::borrow::Cow;

use mwallet_query::{Field, JsonKey, JsonPath};
use mwallet_schema::{Column, ColumnDefault, ColumnType, Table, Transfer};

use super::{PlanError, Planner};

/// A column by its position, or a value inside its JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlannedField {
    pub(crate) column: usize,
    pub(crate) path: JsonPath,
}

impl From<usize> for PlannedField {
    fn from(column: usize) -> Self {
        Self { column, path: JsonPath::default() }
    }
}

impl PlannedField {
    /// Returns the type of the value.
    pub(crate) fn kind<'t>(&self, table: &'t Table) -> Cow<'t, ColumnType> {
        match (self.path.is_empty(), self.path.as_text) {
            (true, _) => Cow::Borrowed(&table.columns[self.column].kind),
            (false, true) => Cow::Owned(ColumnType::Text { max: None }),
            (false, false) => Cow::Owned(ColumnType::Json),
        }
    }

    /// Returns its name for messages: `data->>city`.
    pub(crate) fn name(&self, table: &Table) -> String {
        format!("{}{}", table.columns[self.column].name, self.path)
    }

    /// Returns whether reading or comparing it can fail for some row: a path fails on what is not JSON, what is computed
    /// when it is read on any value, and a type that only PostgreSQL knows has operators of its own. SQLite compares
    /// whatever is stored.
    pub(super) fn can_fail(&self, table: &Table) -> bool {
        let Column { kind, default, .. } = &table.columns[self.column];
        let is_computed = matches!(default, Some(ColumnDefault::Database(clause))
            if clause.starts_with("GENERATED") && !clause.ends_with("STORED"));
        let has_own_operators = match kind {
            ColumnType::Native(native) => !matches!(native.transfer, Transfer::SqliteDynamic(_)),
            _ => false,
        };
        !self.path.is_empty() || is_computed || has_own_operators
    }

    /// Returns whether it is read as JSON out of a column.
    pub(crate) fn is_inner_json(&self) -> bool {
        !self.path.is_empty() && !self.path.as_text
    }
}

impl Planner<'_> {
    /// Looks up a field. Only JSON has a path into it, and what PostgreSQL can convert to JSON: arrays and composite
    /// types.
    pub(super) fn field(&self, field: &Field) -> Result<PlannedField, PlanError> {
        let planned = PlannedField { column: self.find(&field.column)?, path: field.path.clone() };
        if planned.path.is_empty() {
            return Ok(planned);
        }
        let has_members = match &self.column(planned.column).kind {
            ColumnType::Json => true,
            ColumnType::Native(native) => native.transfer == Transfer::Json || native.is_declared_json(),
            _ => false,
        };
        if !has_members {
            return Err(self.refuse(&planned.column.into(), "read as JSON"));
        }
        for key in &planned.path.keys {
            if let JsonKey::Name(name) = key {
                self.refuse_nul(&planned.column.into(), name)?;
            }
        }
        Ok(planned)
    }
}
