//! Sets up a database: which tables are there, and creating those that are not.

use mwallet_schema::{Table, Value};

use super::{Driver, Engine};
use crate::error::Result;
use crate::statement::{Format, Sql, Statement};
use crate::{Dialect, ddl};

/// The number of the lock that keeps two programs from setting up one database at once: the letters `mwallet`.
const LOCK: i64 = 0x6d_77_61_6c_6c_65_74;

/// Creates the tables that are not there yet, in one transaction.
pub(super) async fn create_missing(engine: &Engine, tables: &[&Table]) -> Result<()> {
    if let Driver::Mock(_) = engine.inner.driver {
        let statements = ddl::create_statements(tables, engine.dialect());
        return engine.write(statements.into_iter().map(Statement::new).collect(), Format::Values).await.map(drop);
    }
    // Most often everything is there, and one read says so.
    let found = engine.read(existing(engine.dialect()), Format::Values).await?.into_values();
    if missing(tables, &found).is_empty() {
        return Ok(());
    }
    let mut session = engine.sessions().begin().await?;
    if engine.dialect() == Dialect::Postgres {
        // SQLite's writer is alone already.
        session.run(Sql::new("SELECT 1 FROM pg_advisory_xact_lock($1)").bind(LOCK)).await?;
    }
    let found = session.run_statement(existing(engine.dialect())).await?.into_values();
    for sql in ddl::create_statements(&missing(tables, &found), engine.dialect()) {
        session.run_statement(Statement::new(sql)).await?;
    }
    session.commit().await
}

/// The names of the tables that the connection sees.
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
