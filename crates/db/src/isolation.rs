//! Transaction isolation levels.

/// A transaction isolation level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Each statement sees what was committed before it.
    #[default]
    ReadCommitted,
    /// All statements see what was committed before the first one.
    RepeatableRead,
    /// Transactions appear to run one after the other. Conflicts are reported as errors to retry.
    Serializable,
}
