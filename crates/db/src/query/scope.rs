//! What one asker may see of each table. Every part of a plan takes it from here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use mwallet_schema::{Column, Table, Value};

use super::{Filter, PlanError, plan};
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

/// Somebody who asks, by what was granted to them.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// What they may see.
    pub grants: Arc<Grants>,
    /// What is known of them, by the names that the filters of grants have for it: see [`Operand::Caller`].
    ///
    /// [`Operand::Caller`]: super::Operand::Caller
    pub values: BTreeMap<String, Value>,
}

/// What the holders of some roles are granted, by table. A table without a grant does not exist for them.
///
/// ```
/// use mwallet_db::{Filter, Grant, Grants};
/// let mut grants = Grants::default();
/// grants.add(None, "orders", Grant { rows: Some(Filter::eq("order_type", "OPEN")), ..Grant::of_columns(["id"]) });
/// grants.add(None, "assets", Grant::all());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Grants {
    tables: HashMap<Option<String>, HashMap<String, Vec<Grant>>>,
}

/// A permission to read some rows and columns of a table. With several of them, a row is visible if one shows it, and a
/// cell is visible if one shows both its row and its column. Other cells of a visible row are null, wherever a request
/// mentions them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grant {
    /// The rows, or `None` for all. The filter may name columns that the grant does not show.
    pub rows: Option<Filter>,
    /// The columns. Write-only columns are never visible.
    pub columns: GrantedColumns,
}

/// The columns of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantedColumns {
    /// All of the table.
    All,
    /// Those of these names.
    Named(Vec<String>),
}

impl Default for GrantedColumns {
    fn default() -> Self {
        Self::Named(Vec::new())
    }
}

impl Grants {
    /// Adds a grant for a table.
    pub fn add(&mut self, schema: Option<&str>, table: &str, grant: Grant) {
        let tables = self.tables.entry(schema.map(Into::into)).or_default();
        tables.entry(table.into()).or_default().push(grant);
    }

    fn of(&self, table: &Table) -> &[Grant] {
        self.tables.get(&table.schema).and_then(|tables| tables.get(&table.name)).map_or(&[], Vec::as_slice)
    }
}

impl Grant {
    /// Shows a table as a whole.
    pub fn all() -> Self {
        Self { rows: None, columns: GrantedColumns::All }
    }

    /// Shows some columns of all rows.
    pub fn of_columns<N: Into<String>>(columns: impl IntoIterator<Item = N>) -> Self {
        Self { rows: None, columns: GrantedColumns::Named(columns.into_iter().map(Into::into).collect()) }
    }

    /// Checks that a filter fits a table, whoever asks.
    ///
    /// # Errors
    ///
    /// Returns an error if a name or a value does not fit, in the filter itself or in the tables that it asks for.
    pub fn check_rows(filter: &Filter, table: TableRef<'_>) -> Result<(), PlanError> {
        plan::check_filter_of_grant(filter, ScopedTable::new(table, Scope::Program))
    }

    /// Returns whether it shows a column.
    pub(crate) fn shows(&self, column: &str) -> bool {
        match &self.columns {
            GrantedColumns::All => true,
            GrantedColumns::Named(names) => names.iter().any(|name| name == column),
        }
    }
}

impl<'s> Scope<'s> {
    /// Returns what it shows of one table.
    pub(crate) fn sight(self, table: &Table) -> Sight<'s> {
        match self {
            Self::Client => Sight::Whole { with_write_only: false },
            Self::Program => Sight::Whole { with_write_only: true },
            Self::Granted(caller) => {
                let grants = caller.grants.of(table).iter();
                Sight::Granted(grants.filter(|grant| caller.knows_operands(grant)).collect())
            }
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

impl Caller {
    /// Returns whether a grant applies: one whose filter asks for what is not known of this caller does not.
    fn knows_operands(&self, grant: &Grant) -> bool {
        let mut knows_all = true;
        if let Some(rows) = &grant.rows {
            rows.each_of_caller(&mut |name| knows_all &= self.values.contains_key(name));
        }
        knows_all
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
            Self::Granted(grants) => column.is_readable() && grants.iter().any(|grant| grant.shows(&column.name)),
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
