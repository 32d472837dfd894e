//! Replacing a row (PUT): the changes to an existing row, and the row to insert if there is none.

use mwallet_schema::{Access, ColumnDefault, Record, Value};

use super::condition::Place;
use super::{Plan, PlanError, Planner};
use crate::query::{Comparison, Filter, Operand, Query, ScopedTable};

impl Plan<'_> {
    /// Returns the key columns of the row to replace, and their values.
    ///
    /// # Errors
    ///
    /// Returns an error if the query does not identify a row by its key.
    pub(crate) fn place(at: ScopedTable<'_>, query: &Query) -> Result<Record, PlanError> {
        let planner = Planner::new(at)?;
        let mut place = Record::new();
        for (position, value) in planner.place(query)? {
            place.set(&planner.column(position).name, value);
        }
        Ok(place)
    }

    /// Returns the changes to make to an existing row, and the row to insert if there is none. The second is `None`
    /// if a key column is read-only, so that only the database can assign it.
    ///
    /// # Errors
    ///
    /// Returns an error if the query does not identify a row by its key, or if the row has another key.
    pub(crate) fn replacement(
        at: ScopedTable<'_>,
        query: &Query,
        record: Record,
    ) -> Result<(Record, Option<Record>), PlanError> {
        let planner = Planner::new(at)?;
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
        for column in at.table().columns.iter().filter(|column| column.access != Access::ReadOnly) {
            let value = match (&column.default, new.get(&column.name)) {
                (_, Some(value)) if new.was_given(&column.name) => value.clone(),
                // Immutable columns keep their value unless a new one is given.
                _ if column.immutable => continue,
                (Some(ColumnDefault::Constant(value)), _) => value.clone(),
                // Generated values are kept too.
                (Some(_), _) => continue,
                (None, _) => Value::Null,
            };
            changes.set(&column.name, value);
        }
        Ok((changes, can_create.then_some(new)))
    }
}

impl Planner<'_> {
    /// Returns the key columns and values by which a query identifies a row.
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
                    Ok((position, self.operand(&position.into(), operand)?))
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

/// Returns the columns and values of a filter that consists only of equalities.
fn equalities(filter: &Filter) -> Option<Vec<(&str, &Operand)>> {
    match filter {
        Filter::Compare { field, comparison: Comparison::Eq, operand } if field.path.is_empty() => {
            Some(vec![(&field.column, operand)])
        }
        Filter::And(all) => {
            let parts: Option<Vec<_>> = all.iter().map(equalities).collect();
            Some(parts?.into_iter().flatten().collect())
        }
        _ => None,
    }
}
