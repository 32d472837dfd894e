//! The drivers behind one interface. The Cargo features `sqlite` and `postgres` say which of them are built in.
//!
//! The enums below name the drivers, and `dispatch!` matches over those that are built in. A driver has the methods
//! that are called here; no other module knows which drivers there are.

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
use mock::Mock;

/// Calls the same method of whichever driver a value belongs to. The last argument names the variant that needs no
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
            // Without a driver the enum has no variant, and so no value.
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
    /// The driver for a URL, if it is built in. Nothing connects before the first use.
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

    /// A driver that runs nothing and keeps the statements.
    pub(crate) fn mock() -> Self {
        Self::Mock(Mock::default())
    }

    /// The mock driver, if this is one.
    pub(crate) fn as_mock(&self) -> Option<&Mock> {
        match self {
            Self::Mock(mock) => Some(mock),
            #[cfg(any(feature = "postgres", feature = "sqlite"))]
            _ => None,
        }
    }

    /// Runs statements in one transaction that is durable when this returns.
    pub(crate) async fn write(&self, statements: Vec<Statement>, format: Format) -> Result<Vec<Output>> {
        dispatch!(self, driver => driver.write(statements, format).await, Mock)
    }

    /// Runs one statement that reads.
    pub(crate) async fn read(&self, statement: Statement, format: Format) -> Result<Output> {
        dispatch!(self, driver => driver.read(statement, format).await, Mock)
    }

    /// Whether [`Self::read`] refuses statements that write.
    pub(crate) fn read_refuses_writes(&self) -> bool {
        dispatch!(self, driver => driver.read_refuses_writes(), Mock)
    }

    /// Runs a statement of a migration, in no transaction. Its error keeps all that the database says.
    pub(crate) async fn run_script(&self, sql: &str) -> Result<()> {
        dispatch!(self, driver => driver.run_script(sql).await, Mock)
    }

    /// Runs one statement that reads, and returns its rows as they come.
    pub(crate) async fn stream(&self, statement: Statement, format: Format) -> Result<RowSource<'static>> {
        dispatch!(self, driver => driver.stream(statement, format).await, Mock)
    }

    /// Asks the database for an answer.
    pub(crate) async fn ping(&self) -> Result<()> {
        dispatch!(self, driver => driver.ping().await, Mock)
    }

    /// Opens the connections before they are needed.
    pub(crate) async fn warm_up(&self) -> Result<()> {
        dispatch!(self, driver => driver.warm_up().await, Mock)
    }

    /// The most files that it may have open at once, sockets among them.
    pub(crate) fn most_files(&self) -> usize {
        dispatch!(self, driver => driver.most_files(), Mock)
    }

    /// Listens to a channel; `None` where the database has none.
    pub(crate) fn listen(&self, channel: &'static str) -> Option<Notifications> {
        dispatch!(self, driver => driver.listen(channel), Mock)
    }

    /// The file of the database; `None` where it is no file.
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

/// The error for a database whose driver is not built in.
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

/// A transaction that has begun. Dropped before its end, it is rolled back.
pub(crate) enum Transaction {
    #[cfg(feature = "postgres")]
    Postgres(Box<postgres::Connection>),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Lease),
}

impl Transaction {
    /// Runs a statement and gathers its rows.
    pub(crate) async fn run(&mut self, statement: Statement, format: Format) -> Result<Output> {
        dispatch!(self, transaction => transaction.run(statement, format).await)
    }

    /// Runs a text without values and ignores its rows. On PostgreSQL it leaves nothing open. A statement with values
    /// would: its snapshot, for which others may wait.
    pub(crate) async fn run_plain(&mut self, sql: &str) -> Result<()> {
        dispatch!(self, transaction => transaction.run_plain(sql).await)
    }

    /// Runs a statement of a migration. Its error keeps all that the database says.
    pub(crate) async fn run_script(&mut self, sql: &str) -> Result<()> {
        dispatch!(self, transaction => transaction.run_script(sql).await)
    }

    /// What SQLite says of statements that it only prepares.
    pub(crate) async fn prepare(&mut self, statements: Vec<String>) -> Result<Vec<Prepared>> {
        dispatch!(self, transaction => transaction.prepare(statements).await)
    }

    /// Runs one statement, and returns its rows as they come.
    pub(crate) async fn stream(&mut self, statement: Statement, format: Format) -> Result<RowSource<'_>> {
        dispatch!(self, transaction => transaction.stream(statement, format).await)
    }

    /// Forgets where the connection looks for names, since a part of the transaction was undone.
    pub(crate) fn forget_path(&self) {
        dispatch!(self, transaction => transaction.forget_path());
    }

    /// Checks what is otherwise checked when it commits.
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

/// Where batches of rows come from. Those of a session borrow it.
pub(crate) enum RowSource<'s> {
    #[cfg(feature = "postgres")]
    Postgres(Box<postgres::RowReceiver<'s>>),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::RowReceiver),
    Gathered(Gathered<'s>),
}

/// Rows that are in memory already.
pub(crate) struct Gathered<'s> {
    output: Option<Output>,
    session: PhantomData<&'s mut ()>,
}

impl RowSource<'_> {
    /// Rows that are in memory already, as one batch.
    pub(crate) fn gathered(output: Output) -> Self {
        Self::Gathered(Gathered { output: Some(output), session: PhantomData })
    }

    /// The next rows; `None` after the last.
    pub(crate) async fn next(&mut self) -> Option<Result<Output>> {
        dispatch!(self, rows => rows.next().await, Gathered)
    }
}

impl Gathered<'_> {
    async fn next(&mut self) -> Option<Result<Output>> {
        self.output.take().filter(|output| !output.is_empty()).map(Ok)
    }
}

/// What a database says of an error, in full.
pub(crate) trait Said {
    /// All of it, in one line.
    fn message(&self) -> String;

    /// The byte of the statement that the error is at, if the database names one.
    fn offset(&self, sql: &str) -> Option<usize>;
}

/// What a database says of an error, if the error comes from a driver that is built in.
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
