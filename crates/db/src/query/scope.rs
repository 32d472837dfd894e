//! What one asker may see of each table. Every part of a plan takes it from here.

use mwallet_schema::{Column, Table};

use super::grants::{Caller, Denied, Grant, WriteAction};
use super::{Filter, PlanError};
use crate::catalog::{CatalogTable, TableRef};

/// What an asker may see.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'s> {
    /// A client sees every row, and every column that is not write-only.
    Client,
    /// The program itself sees everything.
    Program,
    /// A client that sees what grants show it.
    Granted(&'s Caller),
}

impl<'s> Scope<'s> {
    /// Returns what it shows of one table.
    pub(crate) fn sight(self, table: &Table) -> Sight<'s> {
        match self {
            Self::Client => Sight::Whole { with_write_only: false },
            Self::Program => Sight::Whole { with_write_only: true },
            Self::Granted(caller) => Sight::Granted(caller.reads(table)),
        }
    }

    /// Returns what is known of a caller.
    pub(crate) fn caller(self) -> Option<&'s Caller> {
        match self {
            Self::Client | Self::Program => None,
            Self::Granted(caller) => Some(caller),
        }
    }
}

/// What an asker sees of one table.
#[derive(Debug)]
pub(crate) enum Sight<'s> {
    /// All rows, and all columns or those that are not write-only.
    Whole { with_write_only: bool },
    /// What any of these grants shows.
    Granted(Vec<&'s Grant>),
}

impl<'s> Sight<'s> {
    /// Returns whether a column exists: whether some row shows it.
    pub(crate) fn shows(&self, column: &Column) -> bool {
        match self {
            Self::Whole { with_write_only } => *with_write_only || column.is_readable(),
            Self::Granted(grants) => {
                column.is_readable() && grants.iter().any(|grant| grant.columns.contains(&column.name))
            }
        }
    }

    /// Returns whether nothing is seen of the table, whatever its rows are.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self, Self::Granted(grants) if grants.is_empty())
    }

    /// Returns what is seen of the table where its rows are aggregated.
    pub(crate) fn of_aggregates(self, table: &Table) -> Result<Self, PlanError> {
        match self {
            Self::Whole { .. } => Ok(self),
            Self::Granted(mut grants) => {
                grants.retain(|grant| grant.aggregates);
                match grants.is_empty() {
                    true => Err(PlanError::AggregatesClosed { table: table.name.clone() }),
                    false => Ok(Self::Granted(grants)),
                }
            }
        }
    }

    /// Returns the grants, unless all rows and columns are seen.
    pub(crate) fn grants(&self) -> Option<&[&'s Grant]> {
        match self {
            Self::Whole { .. } => None,
            Self::Granted(grants) => Some(grants),
        }
    }
}

/// A table as an asker sees it. A plain [`Table`] is seen by the program, a table of a catalog by a client.
#[derive(Clone, Copy, Debug)]
pub struct ScopedTable<'c> {
    table: &'c Table,
    in_catalog: Option<TableRef<'c>>,
    scope: Scope<'c>,
    within: Option<&'c Filter>,
}

impl<'c> ScopedTable<'c> {
    /// A table of a catalog in a scope. The tables that it is related to are seen in the same.
    pub fn new(table: TableRef<'c>, scope: Scope<'c>) -> Self {
        Self { table: table.table(), in_catalog: Some(table), scope, within: None }
    }

    /// A table that the program names itself.
    pub(crate) fn without_catalog(table: &'c Table, scope: Scope<'c>) -> Self {
        Self { table, in_catalog: None, scope, within: None }
    }

    /// Only these of its rows. The filter is one of a grant: it may name what the asker does not see.
    pub(crate) fn within(self, rows: &'c Filter) -> Self {
        Self { within: Some(rows), ..self }
    }

    /// The rows that it is narrowed to.
    pub(crate) fn narrowed(self) -> Option<&'c Filter> {
        self.within
    }

    /// The table.
    pub fn table(self) -> &'c Table {
        self.table
    }

    /// The scope.
    pub fn scope(self) -> Scope<'c> {
        self.scope
    }

    /// The most rows that one request may read, if grants limit them.
    pub fn most_rows(self) -> Option<u64> {
        let reads = self.scope.caller()?.reads(self.table);
        let limits: Option<Vec<u64>> = reads.iter().map(|grant| grant.limit).collect();
        limits?.into_iter().max()
    }

    /// Returns the columns that only some of the visible rows show.
    pub fn masked_columns(self) -> Vec<&'c str> {
        let sight = self.scope.sight(self.table);
        let Some(grants) = sight.grants() else { return Vec::new() };
        let is_in_all = |name: &str| grants.iter().all(|grant| grant.columns.contains(name));
        let masked = self.table.columns.iter().filter(|column| sight.shows(column) && !is_in_all(&column.name));
        masked.map(|column| column.name.as_str()).collect()
    }

    /// Checks that the asker may write rows somehow.
    ///
    /// # Errors
    ///
    /// Returns an error if no grant is about such writes.
    pub fn check_action(self, action: WriteAction) -> Result<(), Denied> {
        match self.scope.caller() {
            Some(caller) if caller.writes(self.table, action).is_empty() => {
                Err(Denied::Action { action, table: self.table.name.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The table in its catalog, if it is in one.
    pub fn in_catalog(self) -> Option<TableRef<'c>> {
        self.in_catalog
    }
}

impl<'c> From<TableRef<'c>> for ScopedTable<'c> {
    fn from(table: TableRef<'c>) -> Self {
        Self::new(table, Scope::Client)
    }
}

impl<'c> From<&'c CatalogTable> for ScopedTable<'c> {
    fn from(table: &'c CatalogTable) -> Self {
        TableRef::from(table).into()
    }
}

impl<'c> From<&'c Table> for ScopedTable<'c> {
    fn from(table: &'c Table) -> Self {
        Self::without_catalog(table, Scope::Program)
    }
}
