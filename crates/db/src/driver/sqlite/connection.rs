//! Opens and configures connections.

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

/// The maximum number of prepared statements per connection.
const STATEMENT_CACHE: usize = 256;
/// How long a connection waits for a lock held by another process.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The number of virtual machine steps between deadline checks, some tens of microseconds.
const STEPS_PER_LOOK: i32 = 4_000;

/// The size in bytes to which the WAL is truncated on reset, about SQLite's checkpoint threshold.
const LOG_KEPT: i64 = 4 * 1024 * 1024;

/// The purpose of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Short reads, mostly by an index whose pages are worth caching.
    Reader,
    /// Short reads on a thread that must not wait for a lock.
    Lookup,
    /// Streams and long sessions. A scan reads each page once, so a large cache would only waste memory.
    LongReader,
    Writer,
}

impl Role {
    /// Returns the size of the page cache in KiB.
    fn cache_kib(self) -> i64 {
        match self {
            Self::LongReader => 2_048,
            Self::Reader => 4_096,
            Self::Writer => 32_768,
            Self::Lookup => 65_536,
        }
    }
}

/// A connection whose statements are interrupted at a deadline.
pub(super) struct DeadlineConnection {
    pub(super) connection: Connection,
    deadline: Deadline,
    /// Set for a database file. Dropped after the connection.
    hold: Option<Hold>,
}

impl DeadlineConnection {
    /// Begins a read. The connection's statements end when it ends.
    pub(super) fn begin_read<'r>(&'r self, all: &'r ActiveReads, read: &Arc<Read>) -> ActiveStatement<'r> {
        self.deadline.set_read(Some(read.clone()));
        ActiveStatement { deadline: &self.deadline, _active: all.begin(read) }
    }

    /// Sets the time at which statements are interrupted.
    pub(super) fn set_deadline(&self, at: Option<Instant>) {
        self.deadline.set(at);
    }
}

/// A read that is active on a connection until dropped.
pub(super) struct ActiveStatement<'r> {
    deadline: &'r Deadline,
    _active: Active<'r>,
}

impl Drop for ActiveStatement<'_> {
    fn drop(&mut self) {
        self.deadline.set_read(None);
    }
}

/// Opens a connection. This creates the database file if it does not exist and may be created.
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

/// Opens a database file with the access that is requested, and configures nothing.
pub(super) fn open_file(path: &Path, read_only: bool, may_create: bool) -> rusqlite::Result<Connection> {
    let access = match (read_only, may_create) {
        (true, _) => OpenFlags::SQLITE_OPEN_READ_ONLY,
        (false, false) => OpenFlags::SQLITE_OPEN_READ_WRITE,
        (false, true) => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    // Each connection is used by one thread at a time, so SQLite need not lock it.
    Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Returns whether the database uses a WAL, and opens it.
pub(super) fn has_log(connection: &Connection) -> rusqlite::Result<bool> {
    // The first read opens the WAL.
    connection.pragma_query_value(None, "schema_version", |_| Ok(()))?;
    connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0)).map(|mode| mode == "wal")
}

fn set_up(mut connection: Connection, settings: &Settings, role: Role) -> rusqlite::Result<DeadlineConnection> {
    connection.busy_timeout(if role == Role::Lookup { Duration::ZERO } else { BUSY_TIMEOUT })?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    if settings.keeps_log() {
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    }
    // Sync the WAL at every commit, so that acknowledged writes survive a power loss.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    temporary_files::set_up(&connection, settings)?;
    if settings.file().is_some() {
        // Truncate a large WAL when it is reset.
        connection.pragma_update_and_check(None, "journal_size_limit", LOG_KEPT, |_| Ok(()))?;
    }
    // A negative value is in KiB, a positive one in pages.
    connection.pragma_update(None, "cache_size", -role.cache_kib())?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Otherwise the name of a missing column becomes a string literal, and a condition on it is constant.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    // Otherwise a statement with a bound LIMIT is prepared again each time it is bound.
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
