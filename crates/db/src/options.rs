//! Options of engines and sessions.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mwallet_schema::Sources;

use crate::isolation::Isolation;
use crate::sources::SystemSources;

/// The options of an engine.
#[derive(Clone)]
pub struct EngineOptions {
    /// The number of PostgreSQL connections or SQLite reader threads. Defaults to four per CPU core, based on
    /// measurements.
    pub pool_size: usize,
    /// The number of runtimes that use the engine. Defaults to 1. Each gets its share of PostgreSQL's connections,
    /// because a connection is driven by the runtime that opened it.
    pub runtimes: usize,
    /// The maximum wait for a free connection. Defaults to 5 seconds.
    pub pool_timeout: Duration,
    /// The maximum time to connect. Defaults to 5 seconds.
    pub connect_timeout: Duration,
    /// The maximum run time of one statement. Defaults to 30 seconds.
    pub statement_timeout: Duration,
    /// The maximum duration of a SQLite read, including the time that the client takes to receive the rows. Defaults
    /// to 60 seconds; it begins after a count of the same rows. The WAL cannot be reset meanwhile.
    pub read_timeout: Duration,
    /// The directory for SQLite's temporary files, such as large sorts. Defaults to that of the database. It is
    /// global to the process, so the first engine that opens a file sets it for all.
    pub temp_dir: Option<PathBuf>,
    /// The PostgreSQL schema that most statements use. None by default. Connections start with it in their search
    /// path, for functions and triggers with unqualified names. For tables of other schemas the path is changed
    /// first.
    pub schema: Option<String>,
    /// The maximum duration of a session's transaction. Defaults to 5 seconds.
    pub transaction_timeout: Duration,
    /// The maximum number of statements queued for SQLite. Defaults to 10,000.
    pub max_queued: usize,
    /// Whether writes are rejected.
    pub read_only: bool,
    /// Whether the database belongs to another program and must not be reconfigured: a SQLite file keeps its journal
    /// mode, and is not created if missing.
    pub existing: bool,
    /// Whether to log each statement with its duration, but without parameter values.
    pub echo: bool,
    /// The clock and the source of randomness.
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

/// The options of a session.
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// The isolation level. SQLite sessions are always serializable.
    pub isolation: Isolation,
    /// Whether the session only reads. On SQLite it then does not occupy the writer.
    pub read_only: bool,
    /// The time limit. Defaults to that of the engine.
    pub limit: Option<Duration>,
    /// Whether the session changes the schema. SQLite rebuilds tables for this, with foreign keys switched off. The
    /// caller must make sure that they hold at the end.
    pub schema_change: bool,
}
