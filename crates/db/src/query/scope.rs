//! What one asker may see of each table. Every part of a plan takes it from here.

use std::fmt::Debug;

use mwallet_schema::{Column, Table};

use super::Filter;
use crate::catalog::{CatalogTable, TableRef};

/// What an asker may see.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'s> {
    /// A client sees every row, and every column that is not write-only.
    Client,
    /// The program itself sees everything.
    Program,
    /// A client that sees a part of each table.
    Restricted(&'s dyn Restrictions),
}

/// What a client may see of each table.
pub trait Restrictions: Debug + Sync {
    /// Returns what it may see of a table.
    fn of(&self, table: &Table) -> TableScope;
}

/// What a client may see of one table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableScope {
    /// The columns that do not exist for it. Write-only columns never do.
    pub hidden: Vec<String>,
    /// The rows that exist for it, or `None` for all. The filter may name hidden columns.
    pub rows: Option<Filter>,
}

/// A table as an asker sees it. A plain [`Table`] is seen by the program, a table of a catalog by a client.
#[derive(Clone, Copy, Debug)]
pub struct ScopedTable<'c> {
    table: &'c Table,
    in_catalog: Option<TableRef<'c>>,
    scope: Scope<'c>,
}

impl Scope<'_> {
    /// Returns what it allows of one table.
    pub(crate) fn of(self, table: &Table) -> TableScope {
        match self {
            Self::Client | Self::Program => TableScope::default(),
            Self::Restricted(restrictions) => restrictions.of(table),
        }
    }

    /// Returns whether a column may be seen, by what the scope allows of its table.
    pub(crate) fn shows(self, rules: &TableScope, column: &Column) -> bool {
        (matches!(self, Self::Program) || column.is_readable()) && !rules.hidden.contains(&column.name)
    }
}

impl<'c> ScopedTable<'c> {
    /// A table of a catalog in a scope. The tables that it is related to are seen in the same.
    pub fn new(table: TableRef<'c>, scope: Scope<'c>) -> Self {
        Self { table: table.table(), in_catalog: Some(table), scope }
    }

    /// A table that the program names itself.
    pub(crate) fn without_catalog(table: &'c Table, scope: Scope<'c>) -> Self {
        Self { table, in_catalog: None, scope }
    }

    /// The table.
    pub fn table(self) -> &'c Table {
        self.table
    }

    /// The scope.
    pub fn scope(self) -> Scope<'c> {
        self.scope
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
