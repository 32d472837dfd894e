//! The database drivers behind one interface. The Cargo features `sqlite` and `postgres` select which are compiled
//! in.
//!
//! The enums below list the drivers, and `dispatch!` matches over those that are compiled in. Every driver has the
//! methods called here. No other module knows which drivers exist.

mod mock;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use std::error::Error;
use std::marker::PhantomData;
use std::path::Path;
use std::time::Duration;

#[cfg(feature = "postgres")]
use self::postgres::Postgres;
#[cfg(feature = "sqlite")]
use self::sqlite::Sqlite;
use crate::error::Result;
use crate::notifications::Notifications;
use crate::options::EngineOptions;
use crate::options::SessionOptions;
use crate::statement::{Format, Output, Prepared, Statement};
use crate::url::DatabaseUrl;
use crate::usage::Usage;
use mock::Mock;

/// Calls the same method on whichever driver a value belongs to. The last argument names the variant that needs no
/// database.
macro_rules! dispatch {
    ($value:expr, $driver:ident => $call:expr, $other:ident) => {
        match $value {
            #[cfg(feature = "postgres")]
            Self::Postgres($driver) => $call,
            #[cfg(feature = "sqlite")]
            Self::Sqlite($driver) => $call,
            Self::$other($driver) => $call,
        }
    };
    ($value:expr, $driver:ident => $call:expr) => {
        match $value {
            #[cfg(feature = "postgres")]
            Self::Postgres($driver) => $call,
            #[cfg(feature = "sqlite")]
            Self::Sqlite($driver) => $call,
            // Without any driver the enum has no variants and thus no values.
            #[cfg(not(any(feature = "postgres", feature = "sqlite")))]
            none => match *none {},
        }
    };
}

/// The driver of one database.
pub(crate) enum Driver {
    #[cfg(feature = "postgres")]
    Postgres(Box<Postgres>),
    #[cfg(feature = "sqlite")]
    Sqlite(Sqlite),
    Mock(Mock),
}

impl Driver {
    /// Creates the driver for a URL if it is compiled in. It does not connect before the first use.
    pub(crate) fn new(url: &DatabaseUrl, options: &EngineOptions) -> Result<Self> {
        match url {
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(url) => {
                let driver = Postgres::new(postgres::Settings::new(url, options))?;
                Ok(Self::Postgres(Box::new(driver)))
            }
            #[cfg(not(feature = "postgres"))]
            DatabaseUrl::Postgres(_) => Err(not_built_in("PostgreSQL", "postgres")),
            #[cfg(feature = "sqlite")]
            DatabaseUrl::Sqlite(url) => Ok(Self::Sqlite(Sqlite::new(sqlite::Settings::new(url, options)))),
            #[cfg(not(feature = "sqlite"))]
            DatabaseUrl::Sqlite(_) => Err(not_built_in("SQLite", "sqlite")),
        }
    }

    /// Creates a driver that records statements instead of running them.
    pub(crate) fn mock() -> Self {
        Self::Mock(Mock::default())
    }

    /// Returns the mock driver, if this is one.
    pub(crate) fn as_mock(&self) -> Option<&Mock> {
        match self {
            Self::Mock(mock) => Some(mock),
            #[cfg(any(feature = "postgres", feature = "sqlite"))]
            _ => None,
        }
    }

    /// Runs statements in one transaction, which is durable on return.
    pub(crate) async fn write(&self, statements: Vec<Statement>, format: Format) -> Result<Vec<Output>> {
        dispatch!(self, driver => driver.write(statements, format).await, Mock)
    }

    /// Runs one read statement.
    pub(crate) async fn read(&self, statement: Statement, format: Format) -> Result<Output> {
        dispatch!(self, driver => driver.read(statement, format).await, Mock)
    }

    /// Returns what is used now.
    pub(crate) fn usage(&self) -> Usage {
        dispatch!(self, driver => driver.usage(), Mock)
    }

    /// Returns whether [`Self::read`] rejects statements that write.
    pub(crate) fn read_refuses_writes(&self) -> bool {
        dispatch!(self, driver => driver.read_refuses_writes(), Mock)
    }

    /// Runs a migration statement outside a transaction. Errors keep the database's full message.
    pub(crate) async fn run_script(&self, sql: &str) -> Result<()> {
        dispatch!(self, driver => driver.run_script(sql).await, Mock)
    }

    /// Runs one read statement and streams its rows.
    pub(crate) async fn stream(&self, statement: Statement, format: Format) -> Result<RowSource<'static>> {
        dispatch!(self, driver => driver.stream(statement, format).await, Mock)
    }

    /// Runs a statement that counts and streams the rows of another, in one snapshot.
    pub(crate) async fn counted_stream(
        &self,
        count: Statement,
        statement: Statement,
        format: Format,
    ) -> Result<(Output, RowSource<'static>)> {
        dispatch!(self, driver => driver.counted_stream(count, statement, format).await, Mock)
    }

    /// Checks that the database responds.
    pub(crate) async fn ping(&self) -> Result<()> {
        dispatch!(self, driver => driver.ping().await, Mock)
    }

    /// Opens the connections in advance.
    pub(crate) async fn warm_up(&self) -> Result<()> {
        dispatch!(self, driver => driver.warm_up().await, Mock)
    }

    /// Returns the maximum number of file descriptors that the driver may have open, including sockets.
    pub(crate) fn most_files(&self) -> usize {
        dispatch!(self, driver => driver.most_files(), Mock)
    }

    /// Listens on a channel. Returns `None` if the database has no notifications.
    pub(crate) fn listen(&self, channel: &'static str) -> Option<Notifications> {
        dispatch!(self, driver => driver.listen(channel), Mock)
    }

    /// Returns the path of the database file, or `None` if there is none.
    pub(crate) fn file(&self) -> Option<&Path> {
        dispatch!(self, driver => driver.file(), Mock)
    }

    /// Closes the connections.
    pub(crate) async fn close(&self) {
        dispatch!(self, driver => driver.close().await, Mock);
    }

    /// Begins the transaction of a session.
    pub(crate) async fn lease(&self, options: &SessionOptions, limit: Duration) -> Result<Transaction> {
        dispatch!(self, driver => driver.lease(options, limit).await, Mock)
    }
}

/// Returns the error for a database whose driver is not compiled in.
///
/// ```
/// # use mwallet_db::Engine;
/// # #[cfg(not(feature = "postgres"))] {
/// let error = Engine::new(&"postgresql://me@localhost/coins".parse()?).unwrap_err();
/// let sentence = "this program was built without PostgreSQL: enable the feature `postgres` of mwallet-db";
/// assert_eq!(error.to_string(), sentence);
/// # }
/// # #[cfg(not(feature = "sqlite"))] {
/// let error = Engine::new(&"sqlite:coins.db".parse()?).unwrap_err();
/// let sentence = "this program was built without SQLite: enable the feature `sqlite` of mwallet-db";
/// assert_eq!(error.to_string(), sentence);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(not(all(feature = "postgres", feature = "sqlite")))]
fn not_built_in(database: &str, feature: &str) -> crate::Error {
    let reason = format!("this program was built without {database}: enable the feature `{feature}` of mwallet-db");
    crate::Error::Config(reason)
}

/// A transaction in progress. It is rolled back on drop unless it has ended.
pub(crate) enum Transaction {
    #[cfg(feature = "postgres")]
    Postgres(Box<postgres::Connection>),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Lease),
}

impl Transaction {
    /// Runs a statement and collects its rows.
    pub(crate) async fn run(&mut self, statement: Statement, format: Format) -> Result<Output> {
        dispatch!(self, transaction => transaction.run(statement, format).await)
    }

    /// Runs SQL without parameters and ignores its rows. On PostgreSQL this leaves no portal open. A statement with
    /// parameters would, and its snapshot can make other transactions wait.
    pub(crate) async fn run_plain(&mut self, sql: &str) -> Result<()> {
        dispatch!(self, transaction => transaction.run_plain(sql).await)
    }

    /// Runs a migration statement. Errors keep the database's full message.
    pub(crate) async fn run_script(&mut self, sql: &str) -> Result<()> {
        dispatch!(self, transaction => transaction.run_script(sql).await)
    }

    /// Returns what SQLite reports about statements that it prepares but does not run.
    pub(crate) async fn prepare(&mut self, statements: Vec<String>) -> Result<Vec<Prepared>> {
        dispatch!(self, transaction => transaction.prepare(statements).await)
    }

    /// Runs one statement and streams its rows.
    pub(crate) async fn stream(&mut self, statement: Statement, format: Format) -> Result<RowSource<'_>> {
        dispatch!(self, transaction => transaction.stream(statement, format).await)
    }

    /// Forgets the connection's known search path, because part of the transaction was rolled back.
    pub(crate) fn forget_path(&self) {
        dispatch!(self, transaction => transaction.forget_path());
    }

    /// Checks deferred constraints now instead of on commit.
    pub(crate) async fn check_deferred(&mut self) -> Result<()> {
        dispatch!(self, transaction => transaction.check_deferred().await)
    }

    pub(crate) async fn commit(&mut self) -> Result<()> {
        dispatch!(self, transaction => transaction.commit().await)
    }

    pub(crate) async fn roll_back(&mut self) -> Result<()> {
        dispatch!(self, transaction => transaction.roll_back().await)
    }
}

/// A source of row batches. In a session, it borrows the session.
pub(crate) enum RowSource<'s> {
    #[cfg(feature = "postgres")]
    Postgres(Box<postgres::RowReceiver<'s>>),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::RowReceiver),
    Gathered(Gathered<'s>),
}

/// Rows that are already in memory.
pub(crate) struct Gathered<'s> {
    output: Option<Output>,
    session: PhantomData<&'s mut ()>,
}

impl RowSource<'_> {
    /// Creates a source with a single batch that is already in memory.
    pub(crate) fn gathered(output: Output) -> Self {
        Self::Gathered(Gathered { output: Some(output), session: PhantomData })
    }

    /// Returns the next batch, or `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Output>> {
        dispatch!(self, rows => rows.next().await, Gathered)
    }
}

impl Gathered<'_> {
    async fn next(&mut self) -> Option<Result<Output>> {
        self.output.take().filter(|output| !output.is_empty()).map(Ok)
    }
}

/// The full error report of a database.
pub(crate) trait Said {
    /// Returns the whole report on one line.
    fn message(&self) -> String;

    /// Returns the byte offset of the error in the statement, if the database reports one.
    fn offset(&self, sql: &str) -> Option<usize>;
}

/// Returns the database's error report, if the error comes from a driver that is compiled in.
pub(crate) fn said<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e dyn Said> {
    #[cfg(feature = "postgres")]
    if let Some(said) = postgres::said(error) {
        return Some(said);
    }
    #[cfg(feature = "sqlite")]
    if let Some(said) = sqlite::said(error) {
        return Some(said);
    }
    None
}
