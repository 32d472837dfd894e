//! Statement logging: SQL and duration, never the parameter values.

use std::time::Duration;

/// Logs a statement that has run.
pub(crate) fn log(sql: &str, took: Duration) {
    tracing::info!(target: "mwallet::sql", took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX), "{sql}");
}
