//! Takes out of an error what its caller may not know: names of hidden columns and of other tables, and values of rows.

use mwallet_schema::Table;

use crate::error::{ConstraintKind, Error, Refusal, Violation};
use crate::query::ScopedTable;

pub(super) fn veil(error: Error, at: ScopedTable<'_>) -> Error {
    let sight = at.scope().sight(at.table());
    let sees = |name: &String| at.table().column(name).is_some_and(|column| sight.shows(column));
    // The details have values, and nobody knows of which row.
    let sees_cells = |name: &String| sees(name) && at.masked_columns().iter().all(|masked| *masked != name);
    let sees_all = at.table().columns.iter().all(|column| sight.shows(column));
    let without_details = |refusal: Refusal| Refusal { details: refusal.details.filter(|_| sees_all), ..refusal };
    match error {
        Error::Constraint(violation) => {
            let is_own = violation.table.as_ref().is_none_or(|table| *table == at.table().name);
            let columns = columns(&violation, at.table());
            let is_seen = match violation.kind {
                // Nobody knows which columns these are about.
                ConstraintKind::Check | ConstraintKind::Exclusion => sees_all,
                _ => !columns.is_empty() && columns.iter().all(sees),
            };
            Error::Constraint(match is_own && is_seen {
                // The details of the others name other tables, or rows that were there before.
                true => {
                    let has_own_values = violation.kind == ConstraintKind::Unique && columns.iter().all(sees_cells);
                    Violation { details: violation.details.filter(|_| has_own_values), ..violation }
                }
                false => Violation { constraint: None, columns: Vec::new(), details: None, ..violation },
            })
        }
        Error::Refused(refusal) => Error::Refused(without_details(refusal)),
        Error::Raised(refusal) => Error::Raised(without_details(refusal)),
        error => error,
    }
}

/// Returns the columns of a violation, as the database reported them or else as the table has them.
fn columns(violation: &Violation, table: &Table) -> Vec<String> {
    let Some(name) = violation.constraint.as_ref().filter(|_| violation.columns.is_empty()) else {
        return violation.columns.clone();
    };
    let uniques = table.uniques.iter().map(|unique| (&unique.name, &unique.columns));
    let references = table.foreign_keys.iter().map(|key| (&key.name, &key.columns));
    let named = uniques.chain(references).find(|(known, _)| *known == name).map(|(_, columns)| columns.clone());
    let is_key = *name == mwallet_schema::constraint_name(&table.name, &[], "pkey");
    named.unwrap_or_else(|| if is_key { table.primary_key.clone() } else { Vec::new() })
}
