//! The driver of SQLite, which runs inside the program: one writer thread, several reader threads.
//!
//! Statements go to the threads through queues of bounded length and their outputs come back through channels. Only
//! lookups run on the thread that asks: they cost less than to wake another.

mod active_reads;
pub(crate) mod backup;
mod codec;
mod connection;
mod database_file;
mod deadline;
pub(crate) mod decimal_text;
mod deferred_keys;
mod errors;
mod functions;
mod lease;
mod like;
mod lookups;
mod open_files;
mod reader;
pub(crate) mod restore;
mod rows;
mod run;
mod sort;
mod temporary_files;
mod wal_index;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) use database_file::DatabaseFile;
pub(crate) use lease::{Lease, Purpose};
pub(crate) use rows::RowReceiver;

/// Where the columns of a statement come from, a table and its column each, unless one is made of something else.
pub type Origins = Vec<Option<(String, String)>>;

/// What SQLite says of a statement that it prepares: where its columns come from, or why it cannot be run.
pub type Prepared = std::result::Result<Origins, String>;

use crate::error::Result;
use crate::statement::{Format, Output, Statement};
use lookups::Lookups;
use reader::Readers;
use writer::Writer;

/// Where the database lies.
#[derive(Clone, Debug)]
pub(crate) enum Location {
    File(Arc<DatabaseFile>),
    /// In memory; gone with the engine.
    Memory,
}

/// What an engine asks of this driver.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) location: Location,
    /// Threads that read.
    pub(crate) readers: usize,
    /// How many statements may wait before more are refused.
    pub(crate) queue: usize,
    /// How long a session waits for the writer.
    pub(crate) pool_timeout: Duration,
    /// How long one statement may run.
    pub(crate) statement_timeout: Duration,
    /// How long a reading transaction may last.
    pub(crate) read_timeout: Duration,
    /// Where temporary files go; beside the database where nothing is said.
    pub(crate) temp_dir: Option<PathBuf>,
    pub(crate) read_only: bool,
    /// Whether the file must keep its journal mode, and is not made where there is none.
    pub(crate) foreign: bool,
    pub(crate) echo: bool,
}

impl Settings {
    /// Whether the database is a file that has a log (WAL), because it is ours.
    fn keeps_log(&self) -> bool {
        !self.read_only && !self.foreign && self.file().is_some()
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
    lookups: Lookups,
    is_warm: AtomicBool,
}

/// The most files that a connection has open: the database, its log or journal, and their index.
const FILES: usize = 3;

impl Sqlite {
    pub(crate) fn new(settings: Settings) -> Self {
        let settings = Arc::new(settings);
        let (readers, lookups) = (Readers::new(settings.clone()), Lookups::new(settings.clone()));
        Self {
            writer: Writer::new(settings.clone(), lookups.clone(), readers.active()),
            readers,
            lookups,
            settings,
            is_warm: AtomicBool::new(false),
        }
    }

    /// The most files that it may have open, where so many threads look up.
    pub(crate) fn most_files(&self, threads: usize) -> usize {
        let connections = 1 + self.settings.readers + reader::LONG_READS + threads;
        if self.is_in_memory() { 0 } else { connections * FILES }
    }

    /// Opens the connections of the writer, of all readers and of so many threads that look up. Once is enough.
    pub(crate) async fn warm_up(&self, threads: usize) -> Result<()> {
        if self.is_in_memory() || self.is_warm.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let statement = Statement::new("SELECT 1 FROM sqlite_schema LIMIT 1");
        self.writer.read(statement, Format::Values).await?;
        self.readers.warm_up()?;
        self.lookups.warm_up(threads)
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
    pub(crate) fn is_in_memory(&self) -> bool {
        self.settings.file().is_none()
    }

    /// Runs one statement that reads a file, and gathers its rows if they fit one batch.
    pub(crate) async fn read_if_small(&self, statement: Statement, format: Format) -> Result<Option<Output>> {
        self.settings.check_file_now_and_then()?;
        self.readers.read_if_small(statement, format).await
    }

    /// Runs one statement that reads a file, and hands out its rows as they come.
    pub(crate) async fn stream(&self, statement: Statement, format: Format) -> Result<RowReceiver> {
        self.readers.stream(statement, format).await
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

    /// Has SQLite remove the log that a file had to get to be read, if nobody else has it open: a connection that only reads leaves it.
    fn remove_empty_log(&self) {
        let Some(path) = self.settings.file().map(DatabaseFile::path).filter(|_| self.settings.read_only) else {
            return;
        };
        // One that holds something may be that of a program which was killed, and putting it into the file would be a change of it.
        if backup::beside(path, "-wal").metadata().is_ok_and(|log| log.len() == 0) {
            let opened = connection::open_file(path, false, false);
            // What may not be written to stays as it is.
            if let Err(error) = opened.and_then(|connection| connection::has_log(&connection)) {
                tracing::debug!(%error, "an empty log is left");
            }
        }
    }

    /// Takes a thread for one session: the writer, or for a session that only reads a file a reader.
    pub(crate) async fn lease(&self, purpose: Purpose, limit: Duration) -> Result<Lease> {
        match purpose == Purpose::Read && !self.is_in_memory() {
            true => self.readers.lease(limit).await,
            false => self.writer.lease(purpose, limit).await,
        }
    }
}
