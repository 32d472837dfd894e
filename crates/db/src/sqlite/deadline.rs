//! The time at which a statement is to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// What a function of ours says whose time is over; [`super::errors`] knows it.
pub(super) const OUT_OF_TIME: &str = "mwallet: the time is over";

/// The time at which the running statement is to end, shared with SQLite's progress handler.
#[derive(Clone)]
pub(super) struct Deadline {
    start: Instant,
    /// Milliseconds after `start`; `i64::MAX` for none.
    millis: Arc<AtomicI64>,
}

impl Deadline {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), millis: Arc::new(AtomicI64::new(i64::MAX)) }
    }

    pub(super) fn set(&self, at: Option<Instant>) {
        let millis = at.map_or(i64::MAX, |at| {
            i64::try_from(at.saturating_duration_since(self.start).as_millis()).unwrap_or(i64::MAX)
        });
        self.millis.store(millis, Ordering::Relaxed);
    }

    pub(super) fn has_passed(&self) -> bool {
        let millis = self.millis.load(Ordering::Relaxed);
        millis != i64::MAX && self.start.elapsed().as_millis() >= millis.unsigned_abs().into()
    }
}

/// The time so much later; none where that is too far away to be a time.
pub(super) fn after(limit: Duration) -> Option<Instant> {
    Instant::now().checked_add(limit)
}
