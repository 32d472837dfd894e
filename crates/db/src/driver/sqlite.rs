//! The SQLite driver, which runs in process with one writer thread and several reader threads.
//!
//! Statements reach the threads through bounded queues, and results return through channels. Only lookups run on the
//! calling thread, because they cost less than waking another one.

mod active_reads;
mod casts;
mod codec;
mod connection;
mod database_file;
mod deadline;
mod deferred_keys;
mod errors;
mod execute;
mod functions;
mod inner_json;
mod lease;
mod like;
mod packed_rows;
mod point_read;
mod reader;
mod rows;
mod sort;
mod temporary_files;
mod wal_index;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) use errors::said;
pub(crate) use lease::Lease;
pub(crate) use rows::RowReceiver;

use crate::driver::{RowSource, Transaction};
use crate::error::Result;
use crate::notifications::Notifications;
use crate::options::{EngineOptions, SessionOptions};
use crate::statement::{Format, Output, Statement};
use crate::url::SqliteUrl;
use crate::usage::Usage;
use database_file::DatabaseFile;
use lease::Purpose;
use point_read::PointReads;
use reader::Readers;
use writer::Writer;

/// Where the database is stored.
#[derive(Clone, Debug)]
enum Location {
    File(Arc<DatabaseFile>),
    /// In memory, for the lifetime of the engine.
    Memory,
}

/// Returns the path of a file that SQLite keeps next to a database, with the suffix `-wal`, `-shm` or `-journal`.
pub fn side_file(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Registers the SQL functions that checks and indexes of mWallet tables may use, on a connection not opened by an
/// engine.
///
/// # Errors
///
/// Returns an error if SQLite rejects one.
pub fn register_functions(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    functions::register(connection, &deadline::Deadline::new())
}

/// The settings of the driver.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    location: Location,
    /// The number of reader threads.
    readers: usize,
    /// The number of runtimes whose threads run lookups.
    runtimes: usize,
    /// The maximum number of queued statements. Further ones are rejected.
    max_queued: usize,
    /// The maximum time that a session waits for the writer.
    pool_timeout: Duration,
    /// The maximum run time of one statement.
    statement_timeout: Duration,
    /// The maximum duration of a read transaction.
    read_timeout: Duration,
    /// The directory for temporary files. Defaults to that of the database.
    temp_dir: Option<PathBuf>,
    read_only: bool,
    /// Whether the database exists already: its journal mode is kept, and a missing file is not created.
    existing: bool,
    echo: bool,
}

impl Settings {
    pub(crate) fn new(url: &SqliteUrl, options: &EngineOptions) -> Self {
        Self {
            location: match url {
                SqliteUrl::File(path) => Location::File(Arc::new(DatabaseFile::new(path))),
                SqliteUrl::Memory => Location::Memory,
            },
            readers: options.pool_size.max(1),
            runtimes: options.runtimes,
            max_queued: options.max_queued.max(1),
            pool_timeout: options.pool_timeout,
            statement_timeout: options.statement_timeout,
            read_timeout: options.read_timeout,
            temp_dir: options.temp_dir.clone(),
            read_only: options.read_only,
            existing: options.existing,
            echo: options.echo,
        }
    }

    /// Returns whether the database is our own file, which uses a WAL.
    fn keeps_log(&self) -> bool {
        !self.read_only && !self.existing && self.file().is_some()
    }

    /// Returns the database file, or `None` for a database in memory.
    fn file(&self) -> Option<&DatabaseFile> {
        match &self.location {
            Location::File(file) => Some(file),
            Location::Memory => None,
        }
    }

    /// Checks after a commit that the file is still the one that was opened. Returns the size of the WAL in bytes.
    fn check_file(&self) -> Result<u64> {
        self.file().map_or(Ok(0), DatabaseFile::check)
    }

    /// Performs the check for reads, at most every 100 milliseconds.
    fn check_file_now_and_then(&self) -> Result<()> {
        self.file().map_or(Ok(()), DatabaseFile::check_now_and_then)
    }
}

/// A SQLite database. It opens no file before the first use.
pub(crate) struct Sqlite {
    settings: Arc<Settings>,
    writer: Writer,
    readers: Readers,
    lookups: PointReads,
    is_warm: AtomicBool,
}

/// The maximum number of open files per connection: the database, its WAL or journal, and the WAL index.
const FILES: usize = 3;

impl Sqlite {
    pub(crate) fn new(settings: Settings) -> Self {
        let settings = Arc::new(settings);
        let (readers, lookups) = (Readers::new(settings.clone()), PointReads::new(settings.clone()));
        Self {
            writer: Writer::new(settings.clone(), lookups.clone(), readers.active()),
            readers,
            lookups,
            settings,
            is_warm: AtomicBool::new(false),
        }
    }

    /// Returns what is used now.
    pub(crate) fn usage(&self) -> Usage {
        let log = self.file().map(|file| side_file(file, "-wal").metadata().map_or(0, |log| log.len()));
        Usage { queued: Some(self.writer.queued()), log_bytes: log, ..Usage::default() }
    }

    /// Returns the maximum number of open files.
    pub(crate) fn most_files(&self) -> usize {
        let connections = 1 + self.settings.readers + reader::LONG_READS + self.settings.runtimes;
        if self.is_in_memory() { 0 } else { connections * FILES }
    }

    /// Opens the connections of the writer, the readers and the lookup threads. Does nothing after the first call.
    pub(crate) async fn warm_up(&self) -> Result<()> {
        if self.is_in_memory() || self.is_warm.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let statement = Statement::new("SELECT 1 FROM sqlite_schema LIMIT 1");
        self.writer.read(statement, Format::Values).await?;
        self.readers.warm_up()?;
        self.lookups.warm_up(self.settings.runtimes)
    }

    /// Runs statements in one transaction, which is durable on return.
    pub(crate) async fn write(&self, statements: Vec<Statement>, format: Format) -> Result<Vec<Output>> {
        self.writer.write(statements, format).await
    }

    /// Runs one read statement.
    pub(crate) async fn read(&self, statement: Statement, format: Format) -> Result<Output> {
        if self.is_in_memory() {
            return self.writer.read(statement, format).await;
        }
        self.settings.check_file_now_and_then()?;
        if statement.is_lookup
            && let Some(result) = self.lookups.run(&statement, format)
        {
            return result;
        }
        self.readers.read(statement, format).await
    }

    /// Returns the path of the database file, or `None` for a database in memory.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.settings.file().map(DatabaseFile::path)
    }

    /// Returns whether the database is in memory, so that it has a single connection.
    fn is_in_memory(&self) -> bool {
        self.settings.file().is_none()
    }

    /// Returns whether reads cannot write. A database in memory only has the writer's connection.
    pub(crate) fn read_refuses_writes(&self) -> bool {
        !self.is_in_memory()
    }

    /// Runs a migration statement outside a transaction.
    pub(crate) async fn run_script(&self, sql: &str) -> Result<()> {
        self.read(Statement::new(sql.to_owned()), Format::Values).await.map(drop)
    }

    /// Runs one read statement and streams its rows.
    pub(crate) async fn stream(&self, statement: Statement, format: Format) -> Result<RowSource<'static>> {
        // A database in memory has its rows in memory anyway, and a stream on its only connection would block all
        // writes.
        if self.is_in_memory() {
            return self.read(statement, format).await.map(RowSource::gathered);
        }
        self.settings.check_file_now_and_then()?;
        // A stream occupies one of a few threads, so results that fit one batch do without. If the result does not
        // fit, that batch is read twice.
        match self.readers.read_if_small(statement.clone(), format).await? {
            Some(output) => Ok(RowSource::gathered(output)),
            None => self.readers.stream(statement, format).await.map(RowSource::Sqlite),
        }
    }

    /// Runs a statement that counts and streams the rows of another, in one read transaction.
    pub(crate) async fn counted_stream(
        &self,
        count: Statement,
        statement: Statement,
        format: Format,
    ) -> Result<(Output, RowSource<'static>)> {
        if self.is_in_memory() {
            let lease = self.writer.lease(Purpose::Read, self.settings.statement_timeout).await?;
            let count = lease.run(count, Format::Values).await?;
            let rows = lease.run(statement, format).await?;
            lease.roll_back().await?;
            return Ok((count, RowSource::gathered(rows)));
        }
        let (count, rows) = self.readers.counted_stream(count, statement, format).await?;
        Ok((count, RowSource::Sqlite(rows)))
    }

    /// Returns `None`, because SQLite has no notifications.
    pub(crate) fn listen(&self, _: &'static str) -> Option<Notifications> {
        None
    }

    /// Checks that the database responds and is the one that was opened.
    pub(crate) async fn ping(&self) -> Result<()> {
        self.read(Statement::ping(), Format::Values).await?;
        self.settings.check_file().map(drop)
    }

    /// Stops the threads. The last connection to close checkpoints the WAL.
    pub(crate) async fn close(&self) {
        self.lookups.close();
        self.readers.close().await;
        self.writer.close().await;
        self.remove_empty_log();
    }

    /// Makes SQLite remove the empty WAL that a read-only connection had to create and leaves behind, if nobody else
    /// has the file open.
    fn remove_empty_log(&self) {
        let Some(path) = self.settings.file().map(DatabaseFile::path).filter(|_| self.settings.read_only) else {
            return;
        };
        // A non-empty WAL may belong to a program that was killed. Checkpointing it would change the file.
        if side_file(path, "-wal").metadata().is_ok_and(|log| log.len() == 0) {
            let opened = connection::open_file(path, false, false);
            // Leave files that are not writable as they are.
            if let Err(error) = opened.and_then(|connection| connection::has_log(&connection)) {
                tracing::debug!(%error, "an empty log is left");
            }
        }
    }

    /// Takes a thread for one session: a reader if the session only reads a file, otherwise the writer.
    pub(crate) async fn lease(&self, options: &SessionOptions, limit: Duration) -> Result<Transaction> {
        let purpose = match (options.read_only || self.settings.read_only, options.schema_change) {
            (true, _) => Purpose::Read,
            (false, true) => Purpose::ChangeTables,
            (false, false) => Purpose::Write,
        };
        let lease = match purpose == Purpose::Read && !self.is_in_memory() {
            true => self.readers.lease(limit).await?,
            false => self.writer.lease(purpose, limit).await?,
        };
        Ok(Transaction::Sqlite(lease))
    }
}
