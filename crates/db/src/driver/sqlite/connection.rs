//! Opens connections, set up the way mWallet uses SQLite.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::active_reads::{Active, ActiveReads, Read};
use super::database_file::Hold;
use super::deadline::Deadline;
use super::{Location, Settings, errors, functions, temporary_files};
use crate::error::Result;

/// How many prepared statements a connection keeps.
const STATEMENT_CACHE: usize = 256;
/// How long a connection waits for a lock that another process holds.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// After how many steps of its virtual machine SQLite looks at the deadline: some tens of microseconds.
const STEPS_PER_LOOK: i32 = 4_000;

/// How much of the log is kept when it is begun anew, in bytes: what SQLite lets it grow to before it puts it back.
const LOG_KEPT: i64 = 4 * 1024 * 1024;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Short reads, most of them by an index whose pages are worth keeping.
    Reader,
    /// The same, on a thread that must not wait for a lock.
    Lookup,
    /// Streams and long sessions: a scan reads each page once, and keeping them would only fill the memory.
    LongReader,
    Writer,
}

impl Role {
    /// How much of the database the connection keeps in memory, in KiB.
    fn cache_kib(self) -> i64 {
        match self {
            Self::LongReader => 2_048,
            Self::Reader => 4_096,
            Self::Writer => 32_768,
            Self::Lookup => 65_536,
        }
    }
}

/// A connection whose statements end at a deadline.
pub(super) struct DeadlineConnection {
    pub(super) connection: Connection,
    deadline: Deadline,
    /// Of a file that is open; dropped after the connection.
    hold: Option<Hold>,
}

impl DeadlineConnection {
    /// Begins a read: its statements end when it does.
    pub(super) fn begin_read<'r>(&'r self, all: &'r ActiveReads, read: &Arc<Read>) -> ActiveStatement<'r> {
        self.deadline.set_read(Some(read.clone()));
        ActiveStatement { deadline: &self.deadline, _active: all.begin(read) }
    }

    /// Ends statements that run beyond this time.
    pub(super) fn set_deadline(&self, at: Option<Instant>) {
        self.deadline.set(at);
    }
}

/// A read that has begun on a connection; dropped, it is over.
pub(super) struct ActiveStatement<'r> {
    deadline: &'r Deadline,
    _active: Active<'r>,
}

impl Drop for ActiveStatement<'_> {
    fn drop(&mut self) {
        self.deadline.set_read(None);
    }
}

/// Opens a connection; this is where a database file is made if there is none.
pub(super) fn open(settings: &Settings, role: Role) -> Result<DeadlineConnection> {
    let set_up = |connection| set_up(connection, settings, role);
    let Location::File(file) = &settings.location else {
        return Connection::open_in_memory().and_then(set_up).map_err(errors::convert);
    };
    let may_create = !settings.read_only && !settings.existing;
    let hold = file.hold();
    let mut timed = file.open(may_create, |path, may_create| {
        let opened = open_file(path, settings.read_only, may_create).and_then(set_up);
        opened.map_err(|error| errors::of_opening(path, error))
    })?;
    if has_log(&timed.connection).map_err(|error| errors::of_opening(file.path(), error))? {
        file.note_log();
    }
    timed.hold = Some(hold);
    Ok(timed)
}

/// Opens a file, as far as this user may; nothing is set yet.
pub(super) fn open_file(path: &Path, read_only: bool, may_create: bool) -> rusqlite::Result<Connection> {
    let access = match (read_only, may_create) {
        (true, _) => OpenFlags::SQLITE_OPEN_READ_ONLY,
        (false, false) => OpenFlags::SQLITE_OPEN_READ_WRITE,
        (false, true) => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    // Each connection stays on one thread at a time, so SQLite need not lock.
    Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Whether the database has a log (WAL), which is open afterwards.
pub(super) fn has_log(connection: &Connection) -> rusqlite::Result<bool> {
    // With the first read a connection opens the log.
    connection.pragma_query_value(None, "schema_version", |_| Ok(()))?;
    connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0)).map(|mode| mode == "wal")
}

fn set_up(mut connection: Connection, settings: &Settings, role: Role) -> rusqlite::Result<DeadlineConnection> {
    connection.busy_timeout(if role == Role::Lookup { Duration::ZERO } else { BUSY_TIMEOUT })?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    if settings.keeps_log() {
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    }
    // What was acknowledged survives a power cut: the log is synced at every commit.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    temporary_files::set_up(&connection, settings)?;
    if settings.file().is_some() {
        // After it was begun anew, a log that had grown is cut.
        connection.pragma_update_and_check(None, "journal_size_limit", LOG_KEPT, |_| Ok(()))?;
    }
    // A negative number counts KiB, a positive one pages.
    connection.pragma_update(None, "cache_size", -role.cache_kib())?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Otherwise the name of a column that is gone becomes a text, and a condition on it true or false for every row.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    // Otherwise a statement with a bound LIMIT is prepared anew each time it is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if role != Role::Writer || settings.read_only {
        connection.pragma_update(None, "query_only", true)?;
    }
    let deadline = Deadline::new();
    functions::register(&connection, &deadline)?;
    let watched = deadline.clone();
    connection.progress_handler(STEPS_PER_LOOK, Some(move || watched.has_passed()))?;
    Ok(DeadlineConnection { connection, deadline, hold: None })
}
