//! Database setup: creates missing tables.

use mwallet_schema::{Table, Value};

use crate::engine::Engine;
use crate::error::Result;
use crate::sql::Sql;
use crate::statement::{Format, Statement};
use crate::{Dialect, ddl};

/// The advisory lock ID that prevents concurrent setups of a database: `mwallet` in ASCII.
const LOCK: i64 = 0x6d_77_61_6c_6c_65_74;

impl Engine {
    /// Creates the missing tables in one transaction.
    ///
    /// # Errors
    ///
    /// Returns an error if the database reports one. No table is created then.
    pub async fn create_all(&self, tables: &[&Table]) -> Result<()> {
        if self.is_mock() {
            let statements = ddl::create_statements(tables, self.dialect());
            return self.write(statements.into_iter().map(Statement::new).collect(), Format::Values).await.map(drop);
        }
        // Usually all tables exist, and a single read is enough.
        let found = self.read(existing(self.dialect()), Format::Values).await?.into_values();
        if missing(tables, &found).is_empty() {
            return Ok(());
        }
        let mut session = self.sessions().begin().await?;
        if self.dialect() == Dialect::Postgres {
            // SQLite has a single writer anyway.
            session.run(Sql::new("SELECT 1 FROM pg_advisory_xact_lock($1)").bind(LOCK)).await?;
        }
        let found = session.run_statement(existing(self.dialect())).await?.into_values();
        for sql in ddl::create_statements(&missing(tables, &found), self.dialect()) {
            session.run_statement(Statement::new(sql)).await?;
        }
        session.commit().await
    }

    /// Drops the tables that exist, with their rows, in one transaction.
    ///
    /// # Errors
    ///
    /// Returns an error if the database reports one, for example if another table refers to one of these. No table is
    /// dropped then.
    pub async fn drop_all(&self, tables: &[&Table]) -> Result<()> {
        let statements = ddl::drop_statements(tables, self.dialect());
        self.write(statements.into_iter().map(Statement::new).collect(), Format::Values).await?;
        Ok(())
    }
}

/// Returns a query for the names of the tables that the connection sees.
fn existing(dialect: Dialect) -> Statement {
    let sql = match dialect {
        Dialect::Postgres => {
            Sql::new("SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid)")
        }
        Dialect::Sqlite => Sql::new("SELECT name FROM sqlite_schema WHERE type = 'table'"),
    };
    sql.returns("name", mwallet_schema::ColumnType::Text { max: None }).statement(dialect)
}

fn missing<'t>(tables: &[&'t Table], found: &[Vec<Value>]) -> Vec<&'t Table> {
    let exists =
        |table: &Table| found.iter().any(|row| matches!(row.first(), Some(Value::Text(name)) if *name == table.name));
    tables.iter().copied().filter(|table| !exists(table)).collect()
}
