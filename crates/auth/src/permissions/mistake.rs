//! What is wrong with a permissions file, and where.

use std::fmt;

use mwallet_schema::nearest;
use serde_saphyr::Location;

/// A mistake in a permissions file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistake {
    /// The line, from 1.
    pub line: u64,
    /// The column in characters, from 1.
    pub column: u64,
    /// What is wrong, and what was probably meant.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, message } = self;
        write!(out, "line {line}, column {column}: {message}")
    }
}

impl Mistake {
    pub(super) fn at(location: Location, message: impl Into<String>) -> Self {
        Self { line: location.line(), column: location.column(), message: message.into() }
    }

    /// A name that is not there, with the one that was probably meant.
    pub(super) fn unknown<'n>(
        location: Location,
        message: String,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Self {
        Self::at(location, message + &did_you_mean(known, name))
    }
}

/// Ends a message about a name that is not there: `; did you mean orders?`, or nothing.
pub(super) fn did_you_mean<'n>(known: impl IntoIterator<Item = &'n str>, name: &str) -> String {
    nearest(known, name).map(|meant| format!("; did you mean {meant}?")).unwrap_or_default()
}
