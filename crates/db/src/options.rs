//! What engines and sessions may use, and how long things may take.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mwallet_schema::Sources;

use crate::isolation::Isolation;
use crate::sources::SystemSources;

/// What an engine may use and how long things may take.
#[derive(Clone)]
pub struct EngineOptions {
    /// Connections of PostgreSQL, or threads that read SQLite. By default four for each processor core, as measured.
    pub pool_size: usize,
    /// How many runtimes use the engine: 1. Each has its share of PostgreSQL's connections, since a connection is
    /// driven by the runtime that opened it.
    pub runtimes: usize,
    /// How long to wait for a free connection: 5 seconds.
    pub pool_timeout: Duration,
    /// How long connecting may take: 5 seconds.
    pub connect_timeout: Duration,
    /// How long one statement may run: 30 seconds.
    pub statement_timeout: Duration,
    /// How long SQLite may read for one request, whose rows a client may take slowly: 60 seconds. Meanwhile the log of
    /// the database only grows.
    pub read_timeout: Duration,
    /// Where SQLite puts sorts and the like that are too large for memory: beside the database, where nothing is said.
    /// It is the whole process' own: what the first engine says that opens a file goes for all.
    pub temp_dir: Option<PathBuf>,
    /// The schema of PostgreSQL that most statements will be about: none. A connection looks there from the first for
    /// what functions and triggers name without a schema; for a table of another schema it is told so first.
    pub schema: Option<String>,
    /// How long a session may hold its transaction: 5 seconds.
    pub transaction_timeout: Duration,
    /// How many statements may wait for SQLite: 10,000.
    pub max_queued: usize,
    /// Whether nothing may be written.
    pub read_only: bool,
    /// Whether the database is others' own, for whom it must stay as it is: a file of SQLite keeps its journal mode,
    /// and is not made where there is none.
    pub existing: bool,
    /// Whether each statement is logged with its time, without its values.
    pub echo: bool,
    /// The clock and the randomness.
    pub sources: Arc<dyn Sources>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            pool_size: cores * 4,
            runtimes: 1,
            pool_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            read_timeout: Duration::from_secs(60),
            temp_dir: None,
            schema: None,
            transaction_timeout: Duration::from_secs(5),
            max_queued: 10_000,
            read_only: false,
            existing: false,
            echo: false,
            sources: Arc::new(SystemSources),
        }
    }
}

/// What a session may do and for how long.
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// How strictly it is kept apart from others. SQLite's sessions are serializable, whatever is asked.
    pub isolation: Isolation,
    /// Whether it only reads. On SQLite such a session leaves the writer to others.
    pub read_only: bool,
    /// How long it may take; the engine's limit where nothing is said.
    pub limit: Option<Duration>,
    /// Whether it changes tables. SQLite makes a table anew for it, during which foreign keys must be off: whoever
    /// begins such a session sees to it that they lead to rows at its end.
    pub schema_change: bool,
}
