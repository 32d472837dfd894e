//! The driver of SQLite, which runs inside the program: one writer thread, several reader threads.
//!
//! Statements go to the threads through queues of bounded length and their outputs come back through channels. Only
//! lookups run on the thread that asks: they cost less than to wake another.

mod active_reads;
mod average;
mod codec;
mod connection;
mod database_file;
mod deadline;
mod deferred_keys;
mod errors;
mod execute;
mod functions;
mod lease;
mod like;
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
use database_file::DatabaseFile;
use lease::Purpose;
use point_read::PointReads;
use reader::Readers;
use writer::Writer;

/// Where the database lies.
#[derive(Clone, Debug)]
enum Location {
    File(Arc<DatabaseFile>),
    /// In memory; gone with the engine.
    Memory,
}

/// The file that SQLite keeps next to a database: its name with `-wal`, `-shm` or `-journal` after it.
pub fn side_file(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Adds the functions that the tables of this data layer may use in checks and indexes to a connection that no engine
/// has opened.
///
/// # Errors
///
/// If SQLite refuses one.
pub fn register_functions(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    functions::register(connection, &deadline::Deadline::new())
}

/// What an engine asks of this driver.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    location: Location,
    /// Threads that read.
    readers: usize,
    /// Runtimes whose threads look up.
    runtimes: usize,
    /// How many statements may wait before more are refused.
    max_queued: usize,
    /// How long a session waits for the writer.
    pool_timeout: Duration,
    /// How long one statement may run.
    statement_timeout: Duration,
    /// How long a reading transaction may last.
    read_timeout: Duration,
    /// Where temporary files go; beside the database where nothing is said.
    temp_dir: Option<PathBuf>,
    read_only: bool,
    /// Whether the file must keep its journal mode, and is not made where there is none.
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

    /// Whether the database is a file that has a log (WAL), because it is ours.
    fn keeps_log(&self) -> bool {
        !self.read_only && !self.existing && self.file().is_some()
    }

    /// The file of the database; none of one in memory.
    fn file(&self) -> Option<&DatabaseFile> {
        match &self.location {
            Location::File(file) => Some(file),
            Location::Memory => None,
        }
    }

    /// Whether the file is still the one that was opened, for what was just committed; how many bytes its log has.
    fn check_file(&self) -> Result<u64> {
        self.file().map_or(Ok(0), DatabaseFile::check)
    }

    /// The same for what is read.
    fn check_file_now_and_then(&self) -> Result<()> {
        self.file().map_or(Ok(()), DatabaseFile::check_now_and_then)
    }
}

/// A database of SQLite. No file is opened before the first use.
pub(crate) struct Sqlite {
    settings: Arc<Settings>,
    writer: Writer,
    readers: Readers,
    lookups: PointReads,
    is_warm: AtomicBool,
}

/// The most files that a connection has open: the database, its log or journal, and their index.
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

    /// The most files that it may have open.
    pub(crate) fn most_files(&self) -> usize {
        let connections = 1 + self.settings.readers + reader::LONG_READS + self.settings.runtimes;
        if self.is_in_memory() { 0 } else { connections * FILES }
    }

    /// Opens the connections of the writer, of all readers and of the threads that look up. Once is enough.
    pub(crate) async fn warm_up(&self) -> Result<()> {
        if self.is_in_memory() || self.is_warm.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let statement = Statement::new("SELECT 1 FROM sqlite_schema LIMIT 1");
        self.writer.read(statement, Format::Values).await?;
        self.readers.warm_up()?;
        self.lookups.warm_up(self.settings.runtimes)
    }

    /// Runs statements in one transaction that is durable when this returns.
    pub(crate) async fn write(&self, statements: Vec<Statement>, format: Format) -> Result<Vec<Output>> {
        self.writer.write(statements, format).await
    }

    /// Runs one statement that reads.
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

    /// The file of the database; `None` for one in memory.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.settings.file().map(DatabaseFile::path)
    }

    /// Whether the database is in memory, and so belongs to one connection.
    fn is_in_memory(&self) -> bool {
        self.settings.file().is_none()
    }

    /// Readers of a file cannot write. A database in memory has the connection of the writer alone.
    pub(crate) fn read_refuses_writes(&self) -> bool {
        !self.is_in_memory()
    }

    /// Runs a statement of a migration, in no transaction.
    pub(crate) async fn run_script(&self, sql: &str) -> Result<()> {
        self.read(Statement::new(sql.to_owned()), Format::Values).await.map(drop)
    }

    /// Runs one statement that reads, and hands out its rows as they come.
    pub(crate) async fn stream(&self, statement: Statement, format: Format) -> Result<RowSource<'static>> {
        // The rows of a database in memory are there anyway, and a stream that held its only connection would block
        // every write.
        if self.is_in_memory() {
            return self.read(statement, format).await.map(RowSource::gathered);
        }
        self.settings.check_file_now_and_then()?;
        // A stream has a thread to itself, of which there are few; what fits one batch goes without. Where it does
        // not, one batch was read in vain.
        match self.readers.read_if_small(statement.clone(), format).await? {
            Some(output) => Ok(RowSource::gathered(output)),
            None => self.readers.stream(statement, format).await.map(RowSource::Sqlite),
        }
    }

    /// SQLite has no channels.
    pub(crate) fn listen(&self, _: &'static str) -> Option<Notifications> {
        None
    }

    /// Whether the database answers, and is the one that was opened.
    pub(crate) async fn ping(&self) -> Result<()> {
        self.read(Statement::ping(), Format::Values).await?;
        self.settings.check_file().map(drop)
    }

    /// Ends the threads. The last connection to close puts the log back into the file.
    pub(crate) async fn close(&self) {
        self.lookups.close();
        self.readers.close().await;
        self.writer.close().await;
        self.remove_empty_log();
    }

    /// Has SQLite remove the log that a file had to get to be read, if nobody else has it open: a connection that only
    /// reads leaves it.
    fn remove_empty_log(&self) {
        let Some(path) = self.settings.file().map(DatabaseFile::path).filter(|_| self.settings.read_only) else {
            return;
        };
        // One that holds something may be that of a program which was killed, and putting it into the file would be a
        // change of it.
        if side_file(path, "-wal").metadata().is_ok_and(|log| log.len() == 0) {
            let opened = connection::open_file(path, false, false);
            // What may not be written to stays as it is.
            if let Err(error) = opened.and_then(|connection| connection::has_log(&connection)) {
                tracing::debug!(%error, "an empty log is left");
            }
        }
    }

    /// Takes a thread for one session: the writer, or for a session that only reads a file a reader.
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
