//! A table made ready for many requests.

use mwallet_schema::Table;

use crate::statement::{Columns, OutputColumn, OutputKind};

/// A table made ready for the requests of clients: what each of their answers repeats is written once.
///
/// ```
/// # use mwallet_db::{Relation, schema::{Access, Column, ColumnType, Table}};
/// let mut coins = Table::new("coins");
/// coins.columns.push(Column::new("name", ColumnType::Text { max: None }));
/// coins.columns.push(Column::new("secret", ColumnType::Text { max: None }).access(Access::WriteOnly));
/// assert_eq!(Relation::new(coins).answered().len(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Relation {
    table: Table,
    answered: Columns,
}

impl Relation {
    /// Makes a table ready.
    pub fn new(table: Table) -> Self {
        let columns = table.columns.iter().filter(|column| column.is_readable());
        let columns: Vec<OutputColumn> =
            columns.map(|c| OutputColumn { name: c.name.clone(), kind: OutputKind::Column(c.kind.clone()) }).collect();
        Self { table, answered: columns.into() }
    }

    /// The table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The columns of a whole row as clients see it.
    pub fn answered(&self) -> &Columns {
        &self.answered
    }
}
