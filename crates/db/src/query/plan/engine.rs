//! What one of the engines cannot do, found before a connection is taken.

use super::{Condition, Plan, PlanError, PlanKind, PlannedField, RelatedPlan};
use crate::Dialect;

impl Plan<'_> {
    /// Rejects what an engine cannot do.
    pub(in crate::query) fn check_engine(&self, dialect: Dialect) -> Result<(), PlanError> {
        if dialect == Dialect::Postgres {
            return Ok(());
        }
        let condition = match &self.kind {
            PlanKind::Select { condition, .. }
            | PlanKind::SelectByJunction { condition, .. }
            | PlanKind::CountGroups { condition }
            | PlanKind::Update { condition, .. }
            | PlanKind::Delete { condition } => Some(condition),
            PlanKind::Insert { .. } => None,
        };
        for condition in condition.into_iter().chain(&self.barrier) {
            self.check_condition(condition)?;
        }
        self.related.iter().try_for_each(check_related)
    }

    /// Rejects what SQLite cannot do.
    fn check_condition(&self, condition: &Condition<'_>) -> Result<(), PlanError> {
        let name = |field: &PlannedField| field.name(self.table);
        match condition {
            Condition::And(all) | Condition::Or(all) => all.iter().try_for_each(|one| self.check_condition(one)),
            Condition::Not(one) => self.check_condition(one),
            Condition::Behind(both) => both.iter().try_for_each(|one| self.check_condition(one)),
            Condition::Exists(related) | Condition::Among(related) => check_related(related),
            Condition::Stored(one) => self.check_condition(one),
            Condition::Search { field, .. } => {
                Err(PlanError::NotOnEngine { column: name(field), operation: "searched for words", engine: "SQLite" })
            }
            #[cfg(feature = "sqlite")]
            Condition::Regex { field, pattern, fold_case } => {
                mwallet_schema::regular_expression::check_pattern(pattern, *fold_case)
                    .map_err(|message| PlanError::Regex { column: name(field), message })
            }
            _ => Ok(()),
        }
    }
}

fn check_related(related: &RelatedPlan<'_>) -> Result<(), PlanError> {
    related.plan.check_engine(Dialect::Sqlite)
}
