//! A table prepared for many requests.

use std::sync::OnceLock;

use mwallet_schema::{Table, Value};

use super::Plan;
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

    /// Returns the statement of a plan that selects whole rows of this table. Lookups by the value of one column use
    /// cached SQL, because they are by far the most frequent.
    pub(crate) fn statement(&self, mut plan: Plan<'_>, dialect: Dialect) -> Statement {
        let Some((position, value)) = plan.by_one_value() else {
            return plan.statement_answering(dialect, Some(&self.answered));
        };
        let value = std::mem::replace(value, Value::Null);
        let (known, statement) = self.by_value[position].get_or_init(|| {
            let statement = plan.clone().statement_answering(dialect, Some(&self.answered));
            (dialect, statement)
        });
        let mut statement = match *known == dialect {
            true => statement.clone(),
            false => plan.statement_answering(dialect, Some(&self.answered)),
        };
        if let Some(bind) = statement.binds.first_mut() {
            bind.value = value;
        }
        statement
    }
}

#[cfg(test)]
mod tests {
    use mwallet_schema::{Access, Column, ColumnType, Unique};

    use super::*;
    use crate::query::{Comparison, Filter, Query, Scope};

    #[test]
    fn what_is_written_once_is_what_the_plan_says() {
        let mut table = Table::new("coins");
        for (name, kind) in [("id", ColumnType::BigInt), ("slug", ColumnType::Text { max: Some(8) })] {
            table.columns.push(Column::new(name, kind));
        }
        table.columns.push(Column::new("secret", ColumnType::Text { max: None }).access(Access::WriteOnly));
        table.primary_key = vec!["id".into()];
        table.uniques.push(Unique { name: "coins_slug_key".into(), columns: vec!["slug".into()] });
        let relation = CatalogTable::new(table);
        // The first dialect fills the cache.
        for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Sqlite] {
            for query in [
                Query::new().identifier(7),
                Query::new().identifier("bitcoin"),
                Query::new().identifier("dash"),
                Query::new().filter(Filter::eq("slug", "dash")),
                Query::new().filter(Filter::eq("slug", "dash")).order_desc("id"),
                Query::new().filter(Filter::eq("slug", "dash")).limit(0),
                Query::new().filter(Filter::compare("id", Comparison::Gt, 4)),
                Query::new(),
            ] {
                let plan = Plan::select(relation.table(), &query, Scope::Client).unwrap();
                let (own, kept) = (plan.clone().statement(dialect), relation.statement(plan, dialect));
                let parts =
                    |statement: &Statement| (statement.sql.clone(), statement.binds.clone(), statement.is_lookup);
                assert_eq!(parts(&kept), parts(&own), "{query:?}");
                assert_eq!(kept.columns, own.columns, "{query:?}");
            }
        }
    }
}
