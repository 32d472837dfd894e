//! What a session is asked for.

use std::time::Duration;

use crate::isolation::Isolation;

/// What a session may do and for how long.
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// How strictly it is kept apart from others. SQLite's sessions are serializable, whatever is asked.
    pub isolation: Isolation,
    /// Whether it only reads. On SQLite such a session leaves the writer to others.
    pub read_only: bool,
    /// How long it may take; the engine's limit where nothing is said.
    pub limit: Option<Duration>,
    /// Whether it changes tables. SQLite makes a table anew for it, during which foreign keys must be off: whoever begins
    /// such a session sees to it that they lead to rows at its end.
    pub changes_tables: bool,
}
