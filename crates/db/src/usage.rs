//! What an engine uses now, for those who watch over a server.

/// What an engine uses now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How often the database was asked since the start. A session counts once.
    pub calls: u64,
    /// The connections to PostgreSQL.
    pub connections: Option<PoolUsage>,
    /// The requests that wait for the writer of SQLite.
    pub queued: Option<usize>,
    /// The size of SQLite's log in bytes.
    pub log_bytes: Option<u64>,
}

/// Connections of a pool, and those who wait for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolUsage {
    /// The most connections.
    pub most: usize,
    /// Those that are open.
    pub open: usize,
    /// Those of them that nobody uses.
    pub idle: usize,
    /// How many wait for a connection.
    pub waiting: usize,
}
