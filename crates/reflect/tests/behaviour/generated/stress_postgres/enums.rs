//! Types with labels.

use mwallet_db::Enumeration;

/// The labels of `mood`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enumeration)]
pub enum Mood {
    #[enumeration(label = "sad")]
    Sad,
    #[enumeration(label = "ok")]
    Ok,
    #[enumeration(label = "it's \"fine\"")]
    ItSFine,
}
