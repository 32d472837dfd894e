//! A row put in the place that a request names: what it changes of the row that is there, and what a new one is.

use mwallet_schema::{Access, ColumnDefault, Record, Table, Value};

use super::condition::Place;
use super::{Plan, PlanError, Planner, Scope};
use crate::query::{Comparison, Filter, Operand, Query};

impl Plan<'_> {
    /// The columns that name the place of a row that is put, and their values.
    ///
    /// # Errors
    ///
    /// Where the query names no place.
    pub(crate) fn place(table: &Table, query: &Query) -> Result<Record, PlanError> {
        let planner = Planner { table, audience: Scope::Client };
        let mut place = Record::new();
        for (position, value) in planner.place(query)? {
            place.set(&planner.column(position).name, value);
        }
        Ok(place)
    }

    /// What a row that is put in a place changes of the one that is there, and the row to create where there is none:
    /// nothing where the place is a number that only the database gives.
    ///
    /// # Errors
    ///
    /// Where the query names no place, or the row has another key than it.
    pub(crate) fn replacement(
        table: &Table,
        query: &Query,
        record: Record,
    ) -> Result<(Record, Option<Record>), PlanError> {
        let planner = Planner { table, audience: Scope::Client };
        let mut new = record;
        let mut can_create = true;
        for (position, value) in planner.place(query)? {
            let column = planner.column(position);
            if new.was_given(&column.name) && new.get(&column.name) != Some(&value) {
                return Err(PlanError::OtherKey { column: column.name.clone() });
            }
            can_create &= column.access != Access::ReadOnly;
            new.set(&column.name, value);
        }
        let mut changes = Record::new();
        for column in table.columns.iter().filter(|column| column.access != Access::ReadOnly) {
            let value = match (&column.default, new.get(&column.name)) {
                (_, Some(value)) if new.was_given(&column.name) => value.clone(),
                // What was given once stays.
                _ if column.immutable => continue,
                (Some(ColumnDefault::Constant(value)), _) => value.clone(),
                // So does what the server made.
                (Some(_), _) => continue,
                (None, _) => Value::Null,
            };
            changes.set(&column.name, value);
        }
        Ok((changes, can_create.then_some(new)))
    }
}

impl Planner<'_> {
    /// The columns and values that a query names a place by.
    fn place(&self, query: &Query) -> Result<Vec<(usize, Value)>, PlanError> {
        let refuse = || PlanError::NoPlace { table: self.table.name.clone() };
        let named: Vec<(usize, Place)> = match (&query.identifier, &query.filter) {
            (Some(identifier), None) => self.places(identifier)?,
            (None, Some(filter)) => {
                let equalities = equalities(filter).ok_or_else(refuse)?;
                let is_key = equalities.len() == self.table.primary_key.len()
                    && self.table.primary_key.iter().all(|key| equalities.iter().any(|(name, _)| name == key));
                if !is_key {
                    return Err(refuse());
                }
                let place = |(name, operand): (&str, &Operand)| {
                    let position = self.find(name)?;
                    Ok((position, self.operand(position, operand)?))
                };
                equalities.into_iter().map(place).collect::<Result<_, PlanError>>()?
            }
            _ => return Err(refuse()),
        };
        let value = |(position, place)| match place {
            Place::At(value) => Ok((position, value)),
            Place::Between(_) => Err(refuse()),
        };
        named.into_iter().map(value).collect()
    }
}

/// The columns that must be equal to a value each, where a filter says nothing else.
fn equalities(filter: &Filter) -> Option<Vec<(&str, &Operand)>> {
    match filter {
        Filter::Compare { column, comparison: Comparison::Eq, operand } => Some(vec![(column, operand)]),
        Filter::And(all) => {
            let parts: Option<Vec<_>> = all.iter().map(equalities).collect();
            Some(parts?.into_iter().flatten().collect())
        }
        _ => None,
    }
}
