//! The time at which a statement is to end.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::active_reads::Read;

/// What a function of ours says whose time is over; [`super::errors`] knows it.
pub(super) const OUT_OF_TIME: &str = "mwallet: the time is over";

/// The time at which the running statement is to end, and the read that it belongs to, which may end before. Shared
/// with SQLite's progress handler.
#[derive(Clone)]
pub(super) struct Deadline {
    start: Instant,
    /// Milliseconds after `start`; `i64::MAX` for none.
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

    /// Ends what runs when this read ends.
    pub(super) fn set_read(&self, read: Option<Arc<Read>>) {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = read;
    }

    /// Whether what runs is to end.
    pub(super) fn has_passed(&self) -> bool {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.as_ref().is_some_and(|read| read.is_ended()) {
            return true;
        }
        let millis = self.millis.load(Ordering::Relaxed);
        millis != i64::MAX && self.start.elapsed().as_millis() >= millis.unsigned_abs().into()
    }
}

/// The time so much later; none where that is too far away to be a time.
pub(super) fn after(limit: Duration) -> Option<Instant> {
    Instant::now().checked_add(limit)
}
