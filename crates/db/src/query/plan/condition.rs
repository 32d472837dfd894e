//! Identifiers and filters held against the columns of their table.

use mwallet_schema::{ColumnType, Value, ValueError};

use super::{PlanError, Planner};
use crate::query::{Comparison, Filter, Identifier, Is, Operand, Query};

/// How deep conditions may be nested.
pub(super) const MAX_DEPTH: usize = 32;
/// How many conditions a filter may have.
pub(super) const MAX_CONDITIONS: usize = 1_000;
/// How many values `in` may list.
pub(super) const MAX_IN_VALUES: usize = 100_000;

/// A filter whose names are positions and whose values are of the columns' types.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    Compare(usize, Comparison, Value),
    In(usize, Vec<Value>),
    Between(usize, Value, Value),
    Like { column: usize, pattern: String, fold_case: bool },
    Is(usize, Is),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
}

impl Planner<'_> {
    /// The condition of a query: its identifier and its filter.
    pub(super) fn rows(&self, query: &Query) -> Result<Condition, PlanError> {
        let mut all = match &query.identifier {
            Some(identifier) => self.identified(identifier)?,
            None => Vec::new(),
        };
        if let Some(filter) = &query.filter {
            let mut budget = MAX_CONDITIONS;
            all.push(self.condition(filter, MAX_DEPTH, &mut budget)?);
        }
        Ok(match <[Condition; 1]>::try_from(all) {
            Ok([one]) => one,
            Err(all) => Condition::And(all),
        })
    }

    fn identified(&self, identifier: &Identifier) -> Result<Vec<Condition>, PlanError> {
        let refuse = |by| PlanError::Identifier { table: self.table.name.clone(), by };
        let equal = |name: &str, value: Value, by| {
            let position = self.table.position(name).ok_or_else(|| refuse(by))?;
            let value = value.coerce(&self.column(position).kind).map_err(|_| refuse(by))?;
            Ok(Condition::Compare(position, Comparison::Eq, value))
        };
        match identifier {
            Identifier::Id(id) => {
                let name = match self.table.primary_key.as_slice() {
                    [one] => one.as_str(),
                    _ => "id",
                };
                Ok(vec![equal(name, Value::Int(*id), "a number")?])
            }
            Identifier::Uuid(uuid) => Ok(vec![equal("uuid", Value::Uuid(*uuid), "a UUID")?]),
            Identifier::Slug(slug) => Ok(vec![equal("slug", Value::Text(slug.clone()), "a slug")?]),
            Identifier::Key(parts) => {
                let key = &self.table.primary_key;
                if key.len() != parts.len() {
                    return Err(PlanError::KeyLength { table: self.table.name.clone(), expected: key.len().max(1) });
                }
                key.iter()
                    .zip(parts)
                    .map(|(name, part)| {
                        let position = self.find(name)?;
                        let value = self.operand(position, &Operand::Text(part.clone()))?;
                        Ok(Condition::Compare(position, Comparison::Eq, value))
                    })
                    .collect()
            }
        }
    }

    fn condition(&self, filter: &Filter, depth: usize, budget: &mut usize) -> Result<Condition, PlanError> {
        *budget = budget.checked_sub(1).ok_or(PlanError::TooComplex)?;
        let depth = depth.checked_sub(1).ok_or(PlanError::TooComplex)?;
        Ok(match filter {
            Filter::Compare { column, comparison, operand } => {
                let position = self.find(column)?;
                self.require_comparable(position, "compared")?;
                Condition::Compare(position, *comparison, self.operand(position, operand)?)
            }
            Filter::In { column, values } => {
                if values.len() > MAX_IN_VALUES {
                    return Err(PlanError::TooComplex);
                }
                let position = self.find(column)?;
                self.require_comparable(position, "compared")?;
                let values = values.iter().map(|value| self.operand(position, value)).collect::<Result<_, _>>()?;
                Condition::In(position, values)
            }
            Filter::Between { column, low, high } => {
                let position = self.find(column)?;
                self.require_comparable(position, "compared")?;
                Condition::Between(position, self.operand(position, low)?, self.operand(position, high)?)
            }
            Filter::Like { column, pattern, fold_case } => self.like(column, pattern, *fold_case)?,
            Filter::Is { column, is } => {
                let position = self.find(column)?;
                if *is != Is::Null && self.column(position).kind != ColumnType::Boolean {
                    return Err(self.refuse(position, "true or false"));
                }
                Condition::Is(position, *is)
            }
            Filter::And(filters) => Condition::And(self.conditions(filters, depth, budget)?),
            Filter::Or(filters) => Condition::Or(self.conditions(filters, depth, budget)?),
            Filter::Not(filter) => Condition::Not(Box::new(self.condition(filter, depth, budget)?)),
        })
    }

    fn conditions(&self, filters: &[Filter], depth: usize, budget: &mut usize) -> Result<Vec<Condition>, PlanError> {
        filters.iter().map(|filter| self.condition(filter, depth, budget)).collect()
    }

    fn like(&self, column: &str, pattern: &str, fold_case: bool) -> Result<Condition, PlanError> {
        let position = self.find(column)?;
        if !matches!(self.column(position).kind, ColumnType::Text { .. } | ColumnType::Enum(_)) {
            return Err(self.refuse(position, "matched with a pattern"));
        }
        if pattern.contains('\0') {
            return Err(PlanError::Value { column: column.into(), error: ValueError::NulInText });
        }
        let backslashes = pattern.bytes().rev().take_while(|byte| *byte == b'\\').count();
        if backslashes % 2 == 1 {
            return Err(PlanError::Pattern { column: column.into() });
        }
        Ok(Condition::Like { column: position, pattern: pattern.into(), fold_case })
    }

    /// Reads what a column is compared with. It need not fit the column's limits: `memo = <a longer text>` is simply false.
    fn operand(&self, position: usize, operand: &Operand) -> Result<Value, PlanError> {
        let column = self.column(position);
        let kind = match &column.kind {
            ColumnType::Text { .. } => &ColumnType::Text { max: None },
            ColumnType::Bytes { .. } => &ColumnType::Bytes { max: None },
            kind => kind,
        };
        let value = match operand {
            Operand::Value(value) => value.clone().coerce(kind),
            Operand::Text(text) => Value::parse(kind, text),
        };
        value.map_err(|error| PlanError::Value { column: column.name.clone(), error })
    }

    pub(super) fn require_comparable(&self, position: usize, operation: &'static str) -> Result<(), PlanError> {
        match self.column(position).kind {
            ColumnType::Json => Err(self.refuse(position, operation)),
            _ => Ok(()),
        }
    }

    pub(super) fn refuse(&self, position: usize, operation: &'static str) -> PlanError {
        let column = self.column(position);
        PlanError::Operator { column: column.name.clone(), kind: column.kind.name(), operation }
    }
}
