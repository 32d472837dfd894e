//! Which columns a plan returns, and their names.

use std::borrow::Cow;

use mwallet_schema::{Column, Table, shortened};

use super::{ColumnSet, OutputValue, PlanError, Planner, RelatedPlan};
use crate::columns::{OutputColumn, OutputKind};
use crate::query::{Projection, Scope, Selection};

/// The number of columns that may be selected from any table, for tables with few of their own.
const FEW_COLUMNS: usize = 200;
/// The maximum number of columns in a result. It leaves room for order columns, which count too: SQLite returns at
/// most 2,000 columns, PostgreSQL 1,664.
pub(in crate::query) const MOST_COLUMNS: usize = 1_600;
/// The maximum number of columns of a related row. SQLite passes so many arguments to the function that packs them.
const MOST_RELATED: usize = 1_000;

/// The columns to return.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum OutputSet {
    /// All columns that clients may read.
    Readable,
    /// All columns.
    All,
    /// These columns, under their own names.
    Columns(ColumnSet),
    /// These values, with their names in the output.
    Values { values: Vec<OutputValue>, names: Vec<String> },
}

impl OutputSet {
    /// Returns the positions of its columns. Values are not columns, whatever they are made of.
    fn positions(&self, table: &Table) -> Cow<'_, [usize]> {
        let columns = table.columns.iter().enumerate();
        match self {
            Self::Readable => {
                columns.filter(|(_, column)| column.is_readable()).map(|(position, _)| position).collect()
            }
            Self::All => columns.map(|(position, _)| position).collect(),
            Self::Columns(positions) => Cow::Borrowed(positions),
            Self::Values { .. } => Cow::Borrowed(&[]),
        }
    }

    /// Returns the values.
    pub(crate) fn values(&self, table: &Table) -> Cow<'_, [OutputValue]> {
        match self {
            Self::Values { values, .. } => Cow::Borrowed(values),
            _ => self.positions(table).iter().copied().map(OutputValue::from).collect(),
        }
    }

    /// Returns the columns of the output.
    pub(in crate::query) fn columns(&self, table: &Table) -> Vec<OutputColumn> {
        match self {
            Self::Values { values, names } => {
                let column = |(name, value): (&String, &OutputValue)| OutputColumn {
                    name: name.clone(),
                    kind: value.kind(table),
                };
                names.iter().zip(values).map(column).collect()
            }
            _ => {
                let own = |column: &Column| OutputColumn {
                    name: column.name.clone(),
                    kind: OutputKind::Column(column.kind.clone()),
                };
                self.positions(table).iter().map(|position| own(&table.columns[*position])).collect()
            }
        }
    }

    /// Returns the number of values.
    fn len(&self, table: &Table) -> usize {
        match self {
            Self::Values { values, .. } => values.len(),
            _ => self.positions(table).len(),
        }
    }

    /// Returns whether it has no values.
    pub(in crate::query) fn is_empty(&self, table: &Table) -> bool {
        self.len(table) == 0
    }

    /// Returns whether any of its values are aggregated.
    pub(super) fn is_aggregated(&self) -> bool {
        matches!(self, Self::Values { values, .. } if values.iter().any(|value| value.aggregate.is_some()))
    }

    /// Returns the names of the columns in the output.
    fn names<'a>(&'a self, table: &'a Table) -> Vec<&'a str> {
        match self {
            Self::Values { names, .. } => names.iter().map(String::as_str).collect(),
            _ => self.positions(table).iter().map(|position| table.columns[*position].name.as_str()).collect(),
        }
    }
}

impl Planner<'_> {
    /// The positions of all columns that the asker may see.
    fn visible(&self) -> impl Iterator<Item = usize> {
        (0..self.table.columns.len()).filter(|position| self.is_visible(*position))
    }

    pub(super) fn output(&self, fields: &Projection) -> Result<OutputSet, PlanError> {
        let find_all = |names: &[String]| names.iter().map(|name| self.find(name)).collect::<Result<ColumnSet, _>>();
        let positions = match fields {
            Projection::All => {
                return Ok(match self.at.scope() {
                    Scope::Program => OutputSet::All,
                    Scope::Client => OutputSet::Readable,
                    Scope::Granted(_) => OutputSet::Columns(self.visible().collect()),
                });
            }
            Projection::Include(names) => find_all(names)?,
            Projection::Exclude(names) => {
                let excluded = find_all(names)?;
                self.visible().filter(|position| !excluded.contains(position)).collect()
            }
            Projection::Select(selected) => return self.selected(selected),
        };
        Ok(OutputSet::Columns(positions))
    }

    fn selected(&self, selected: &[Selection]) -> Result<OutputSet, PlanError> {
        let (mut values, mut names): (Vec<OutputValue>, Vec<String>) = (Vec::new(), Vec::new());
        let mut add = |value: OutputValue, name: &str| {
            match names.iter().position(|earlier| earlier == name) {
                // `*,id` names a column twice but means it once.
                Some(earlier) if values[earlier] == value => {}
                Some(_) => return Err(same_names(name)),
                None => {
                    values.push(value);
                    names.push(name.into());
                }
            }
            check_count("select", values.len(), self.table)
        };
        for item in selected {
            match item {
                Selection::Value(value) => add(self.value(value)?, value.name())?,
                Selection::All => {
                    for position in self.visible() {
                        add(position.into(), &self.table.columns[position].name)?;
                    }
                }
            }
        }
        Ok(OutputSet::Values { values, names })
    }

    /// Rejects two columns of one name, and more related columns than fit into one row.
    pub(super) fn check_output(&self, output: &OutputSet) -> Result<(), PlanError> {
        if self.related.is_empty() {
            return Ok(());
        }
        let mut names = output.names(self.table);
        self.related.iter().for_each(|related| related.add_names(&mut names));
        let count = names.len();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(same_names(pair[0])),
            None if count > MOST_COLUMNS => {
                Err(PlanError::TooMany { parameter: "select".into(), items: "columns", limit: MOST_COLUMNS })
            }
            None => Ok(()),
        }
    }
}

impl RelatedPlan<'_> {
    /// Adds the names that it has in the output of the row that it is related to.
    fn add_names<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self.is_spread {
            _ if self.is_empty => {}
            false => names.push(&self.name),
            true => {
                names.extend(self.plan.output.names(self.plan.table));
                self.plan.related.iter().for_each(|related| related.add_names(names));
            }
        }
    }

    /// Rejects more columns than a related row may have.
    pub(super) fn check_count(&self) -> Result<(), PlanError> {
        let columns = self.plan.output.len(self.plan.table) + self.plan.related.len();
        match columns > MOST_RELATED {
            true => Err(PlanError::TooMany { parameter: self.name.clone(), items: "columns", limit: MOST_RELATED }),
            false => Ok(()),
        }
    }
}

fn same_names(name: &str) -> PlanError {
    PlanError::Syntax {
        parameter: "select".into(),
        message: format!("two columns would be named {}", shortened(name)),
        hint: Some("name one of them: select=other:column"),
    }
}

/// Rejects too many columns. A table's own number of columns is always allowed, and so is twice that or 200 within the
/// overall maximum.
pub(in crate::query) fn check_count(parameter: &'static str, found: usize, table: &Table) -> Result<(), PlanError> {
    let own = table.columns.len();
    let limit = (own * 2).min(MOST_COLUMNS).max(own).max(FEW_COLUMNS);
    match found > limit {
        true => Err(PlanError::TooMany { parameter: parameter.into(), items: "columns", limit }),
        false => Ok(()),
    }
}
