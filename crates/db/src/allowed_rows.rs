//! Limits on the number of affected rows.

use std::fmt;

/// The number of rows that a write may affect. It is rolled back if it affects another number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AllowedRows {
    /// Any number.
    #[default]
    Any,
    /// Exactly one.
    One,
    /// At most this many.
    AtMost(u64),
}

impl AllowedRows {
    /// Returns whether the number is allowed.
    pub(crate) fn allows(self, found: u64) -> bool {
        match self {
            Self::Any => true,
            Self::One => found == 1,
            Self::AtMost(most) => found <= most,
        }
    }
}

impl fmt::Display for AllowedRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any number may be"),
            Self::One => f.write_str("it must be one"),
            Self::AtMost(most) => write!(f, "it may be {most} at most"),
        }
    }
}
