//! How strictly transactions are kept apart.

/// How strictly transactions that run at the same time are kept apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Each statement sees what was committed before it.
    #[default]
    ReadCommitted,
    /// All statements see what was committed before the first.
    RepeatableRead,
    /// As if the transactions ran one after the other; a collision is an error to try again after.
    Serializable,
}
