//! A table prepared for many requests.

use std::sync::OnceLock;

use mwallet_schema::Table;

use crate::Dialect;
use crate::columns::{Columns, OutputColumn, OutputKind};
use crate::statement::Statement;

/// A table prepared for client requests. It caches the output columns and the SQL of lookups by one column.
///
/// ```
/// # use mwallet_db::{CatalogTable, schema::{Access, Column, ColumnType, Table}};
/// let mut coins = Table::new("coins");
/// coins.columns.push(Column::new("name", ColumnType::Text { max: None }));
/// coins.columns.push(Column::new("secret", ColumnType::Text { max: None }).access(Access::WriteOnly));
/// assert_eq!(CatalogTable::new(coins).output_columns().len(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct CatalogTable {
    table: Table,
    answered: Columns,
    /// For each column, the statement that reads whole rows by its value. Filled on first use.
    by_value: Box<[OnceLock<(Dialect, Statement)>]>,
}

impl CatalogTable {
    /// Prepares a table.
    pub fn new(table: Table) -> Self {
        let columns = table.columns.iter().filter(|column| column.is_readable());
        let columns: Vec<OutputColumn> =
            columns.map(|c| OutputColumn { name: c.name.clone(), kind: OutputKind::Column(c.kind.clone()) }).collect();
        let by_value = table.columns.iter().map(|_| OnceLock::new()).collect();
        Self { table, answered: columns.into(), by_value }
    }

    /// Returns the table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Returns the columns of a whole row that clients may read.
    pub fn output_columns(&self) -> &Columns {
        &self.answered
    }

    /// Returns a kept statement that reads whole rows by the value of one column, made on first use. It must be that of
    /// a client that sees every row and every readable column, and of this dialect, or none is kept.
    pub(crate) fn by_value(
        &self,
        column: usize,
        dialect: Dialect,
        make: impl FnOnce() -> Statement,
    ) -> Option<Statement> {
        let (known, statement) = self.by_value[column].get_or_init(|| (dialect, make()));
        (*known == dialect).then(|| statement.clone())
    }
}
