//! The deadline of statements.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::active_reads::Read;

/// The error message of our SQL functions after the deadline. [`super::errors`] recognizes it.
pub(super) const OUT_OF_TIME: &str = "mwallet: the time is over";

/// The deadline of the running statement, and the read that it belongs to, which may end earlier. Shared with
/// SQLite's progress handler.
#[derive(Clone)]
pub(super) struct Deadline {
    start: Instant,
    /// Milliseconds after `start`, or `i64::MAX` for no deadline.
    millis: Arc<AtomicI64>,
    read: Arc<Mutex<Option<Arc<Read>>>>,
}

impl Deadline {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), millis: Arc::new(AtomicI64::new(i64::MAX)), read: Arc::default() }
    }

    pub(super) fn set(&self, at: Option<Instant>) {
        let millis = at.map_or(i64::MAX, |at| {
            i64::try_from(at.saturating_duration_since(self.start).as_millis()).unwrap_or(i64::MAX)
        });
        self.millis.store(millis, Ordering::Relaxed);
    }

    /// Sets the read that ends the running statement when it ends.
    pub(super) fn set_read(&self, read: Option<Arc<Read>>) {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = read;
    }

    /// Returns whether the running statement must end.
    pub(super) fn has_passed(&self) -> bool {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.as_ref().is_some_and(|read| read.is_ended()) {
            return true;
        }
        let millis = self.millis.load(Ordering::Relaxed);
        millis != i64::MAX && self.start.elapsed().as_millis() >= millis.unsigned_abs().into()
    }
}

/// Returns the instant when a time limit ends, or `None` if that is out of range.
pub(super) fn after(limit: Duration) -> Option<Instant> {
    Instant::now().checked_add(limit)
}
