//! Which grants allow a write, by the columns that it gives.

use mwallet_schema::{Record, Value};

use crate::query::{Caller, Denied, Filter, Operand, Plan, PlanError, ScopedTable, WriteAction, WriteGrant};

/// Grants that allow a write in the same way: those of an update differ in their rows only, those of a creation in their
/// checks.
pub(super) struct Chosen<'a> {
    grants: Vec<&'a WriteGrant>,
    /// The columns that they set, and the values for this caller.
    pub(super) set: Vec<(String, Value)>,
}

impl<'a> Chosen<'a> {
    /// One of the grants, for all that they have in common.
    pub(super) fn grant(&self) -> &'a WriteGrant {
        // There is always one.
        self.grants[0]
    }

    /// The rows of any of the grants.
    pub(super) fn rows(&self) -> Filter {
        any_rows(&self.grants)
    }

    /// What must hold of a row after the write, if anything: what any of the grants demands.
    pub(super) fn check(&self) -> Option<Filter> {
        let checks: Vec<Filter> = self.grants.iter().map(|grant| grant.check.clone()).collect::<Option<_>>()?;
        let mut different: Vec<Filter> = Vec::with_capacity(checks.len());
        for check in checks {
            if !different.contains(&check) {
                different.push(check);
            }
        }
        Some(if different.len() == 1 { different.remove(0) } else { Filter::Or(different) })
    }

    /// Whether these are the same grants.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let pairs = || self.grants.iter().zip(&other.grants);
        self.grants.len() == other.grants.len() && pairs().all(|(one, other)| std::ptr::eq(*one, *other))
    }

    /// Adds what the grants set to a row.
    pub(super) fn complete(&self, mut row: Record) -> Record {
        for (column, value) in &self.set {
            if !row.was_given(column) {
                row.fill(column.clone(), value.clone());
            }
        }
        row
    }
}

/// Returns the rows of any of these grants.
pub(super) fn any_rows(grants: &[&WriteGrant]) -> Filter {
    let rows: Option<Vec<Filter>> = grants.iter().map(|grant| grant.rows.clone()).collect();
    match rows {
        None => Filter::And(Vec::new()),
        Some(mut one) if one.len() == 1 => one.remove(0),
        Some(rows) => Filter::Or(rows),
    }
}

/// Returns the grants that allow to write these columns, in the order in which they are tried.
pub(super) fn choose<'a>(
    caller: &'a Caller,
    at: ScopedTable<'_>,
    action: WriteAction,
    row: &Record,
    given: &[&str],
) -> Result<Vec<Chosen<'a>>, PlanError> {
    let table = || at.table().name.clone();
    let grants = caller.writes(at.table(), action);
    if grants.is_empty() {
        return Err(Denied::Action { action, table: table() }.into());
    }
    for column in given {
        if !grants.iter().any(|grant| grant.columns.contains(column)) {
            // What the caller neither sees nor gives does not exist for it, though a grant may set it.
            Plan::check_column(at, column)?;
        }
        if !grants.iter().any(|grant| grant.takes(column)) {
            return Err(Denied::Column { column: (*column).into(), action, table: table() }.into());
        }
    }
    let (mut chosen, mut refusal): (Vec<Chosen<'_>>, Option<PlanError>) = (Vec::new(), None);
    for grant in grants.into_iter().filter(|grant| given.iter().all(|column| grant.takes(column))) {
        match set_values(caller, at, grant, row, given) {
            Err(error) => {
                refusal.get_or_insert(error);
            }
            Ok(set) => {
                let is_alike = |other: &&mut Chosen<'_>| {
                    let one = other.grant();
                    // What must hold after an update depends on which rows it was of. A new row has not been any.
                    let is_checked_alike = action == WriteAction::Create || one.check == grant.check;
                    other.set == set && is_checked_alike && one.references == grant.references
                };
                match chosen.iter_mut().find(is_alike) {
                    Some(alike) => alike.grants.push(grant),
                    None => chosen.push(Chosen { grants: vec![grant], set }),
                }
            }
        }
    }
    match (chosen.is_empty(), refusal) {
        (false, _) => Ok(chosen),
        (true, Some(refusal)) => Err(refusal),
        (true, None) => {
            let columns = given.iter().map(|column| (*column).to_owned()).collect();
            Err(Denied::Together { columns, action, table: table() }.into())
        }
    }
}

/// Returns what a grant sets columns to, if the row has no other values for them.
fn set_values(
    caller: &Caller,
    at: ScopedTable<'_>,
    grant: &WriteGrant,
    row: &Record,
    given: &[&str],
) -> Result<Vec<(String, Value)>, PlanError> {
    let mut values = Vec::with_capacity(grant.set.len());
    for (column, operand) in &grant.set {
        if matches!(operand, Operand::Caller(name) if !caller.values.contains_key(name)) {
            return Err(Denied::Unknown { column: column.clone() }.into());
        }
        // What the column cannot hold is nothing that is known of the caller.
        let value = Plan::granted_value(at, column, operand);
        let value = value.map_err(|_| PlanError::from(Denied::Unknown { column: column.clone() }))?;
        let is_other = given.contains(&column.as_str()) && {
            let given = row.get(column).cloned().unwrap_or(Value::Null);
            Plan::granted_value(at, column, &Operand::Value(given)).ok().as_ref() != Some(&value)
        };
        if is_other {
            return Err(Denied::Set { column: column.clone() }.into());
        }
        values.push((column.clone(), value));
    }
    Ok(values)
}
