//! A transaction in its driver, and what was asked of it.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::isolation::Isolation;
use crate::statement::{Format, Output, Statement};
use crate::stream::Batches;
use crate::{postgres, sqlite};

/// What a session may do and for how long.
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// How strictly it is kept apart from others. SQLite's sessions are serializable, whatever is asked.
    pub isolation: Isolation,
    /// Whether it only reads. On SQLite such a session leaves the writer to others.
    pub read_only: bool,
    /// How long it may take; the engine's limit where nothing is said.
    pub limit: Option<Duration>,
    /// Whether it changes tables. SQLite makes a table anew for it, during which foreign keys must be off: whoever begins such a
    /// session sees to it that they lead to rows at its end.
    pub changes_tables: bool,
}

/// A transaction that has begun. Dropped before its end, it is rolled back.
pub(crate) enum Transaction {
    Postgres(Box<postgres::Connection>),
    Sqlite(sqlite::Lease),
}

impl Transaction {
    pub(crate) async fn run(&mut self, statement: Statement, format: Format) -> Result<Output> {
        match self {
            Self::Postgres(connection) => connection.run(&statement, format).await,
            Self::Sqlite(lease) => lease.run(statement, format).await,
        }
    }

    /// Runs a text without values and forgets what it answers. On PostgreSQL nothing of it is left open, as the last statement
    /// with values is, whose view of the rows others may wait for.
    pub(crate) async fn run_plain(&mut self, sql: &str) -> Result<()> {
        match self {
            Self::Postgres(connection) => connection.execute(sql).await,
            Self::Sqlite(lease) => lease.run(Statement::new(sql.to_owned()), Format::Values).await.map(drop),
        }
    }

    /// Runs a statement of a migration, whose error keeps all that the database says.
    pub(crate) async fn run_script(&mut self, sql: &str) -> Result<()> {
        match self {
            Self::Postgres(connection) => connection.run_script(sql).await,
            Self::Sqlite(lease) => lease.run(Statement::new(sql.to_owned()), Format::Values).await.map(drop),
        }
    }

    /// What SQLite says of statements that it only prepares.
    pub(crate) async fn prepare(&mut self, statements: Vec<String>) -> Result<Vec<sqlite::Prepared>> {
        match self {
            Self::Postgres(_) => Err(Error::Config("PostgreSQL is not asked to prepare what it does not run".into())),
            Self::Sqlite(lease) => lease.prepare(statements).await,
        }
    }

    pub(crate) async fn stream(&mut self, statement: Statement, format: Format) -> Result<Batches<'_>> {
        match self {
            Self::Postgres(connection) => {
                let rows = postgres::RowReceiver::in_session(connection, &statement, format).await;
                rows.map(Batches::of_postgres)
            }
            Self::Sqlite(lease) => lease.stream(statement, format).map(Batches::of_sqlite),
        }
    }

    /// Says that a part of it was undone.
    pub(crate) fn forget_path(&self) {
        if let Self::Postgres(connection) = self {
            connection.forget_path();
        }
    }

    /// Checks what is otherwise checked when it commits.
    pub(crate) async fn check_deferred(&mut self) -> Result<()> {
        match self {
            Self::Postgres(connection) => connection.execute("SET CONSTRAINTS ALL IMMEDIATE").await,
            Self::Sqlite(lease) => lease.check_deferred().await,
        }
    }

    pub(crate) async fn commit(&mut self) -> Result<()> {
        match self {
            Self::Postgres(connection) => connection.commit().await,
            Self::Sqlite(lease) => lease.commit().await,
        }
    }

    pub(crate) async fn roll_back(&mut self) -> Result<()> {
        match self {
            Self::Postgres(connection) => connection.roll_back().await,
            Self::Sqlite(lease) => lease.roll_back().await,
        }
    }
}
