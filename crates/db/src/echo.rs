//! The log of statements: each with its time, never with its values.

use std::time::Duration;

/// Logs a statement that ran.
pub(crate) fn log(sql: &str, took: Duration) {
    tracing::info!(target: "mwallet::sql", took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX), "{sql}");
}
