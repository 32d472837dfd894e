//! Tracks whether the disk of a database is full, from the results of writes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// How long a full disk is remembered if no write is tried. Programs that stop writing have no other way to find out
/// that there is space again.
const REMEMBERED: Duration = Duration::from_secs(30);

/// The result of the last writes.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// Kept separately from the time, so that writes need no lock while there is space.
    is_full: AtomicBool,
    found: Mutex<Option<Instant>>,
}

impl Room {
    /// Returns whether there is space, as far as is known.
    pub(crate) fn is_there(&self) -> bool {
        if !self.is_full.load(Ordering::Relaxed) {
            return true;
        }
        let found = *self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.is_none_or(|found| found.elapsed() >= REMEMBERED)
    }

    /// Updates the state from the result of a write. `wrote` returns whether a successful one changed any rows.
    pub(crate) fn learn<T>(&self, result: &Result<T>, wrote: impl FnOnce(&T) -> bool) {
        let is_full = match result {
            Ok(written) if self.is_full.load(Ordering::Relaxed) && wrote(written) => false,
            Err(Error::Database { code: Some(code), .. }) if code == Error::DISK_FULL => true,
            _ => return,
        };
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = is_full.then(Instant::now);
        self.is_full.store(is_full, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_last_write_found_counts_for_a_while() {
        let room = Room::default();
        let full = || Err::<(), _>(Error::Database { code: Some("53100".into()), source: "full".into() });
        assert!(room.is_there());
        room.learn(&full(), |()| true);
        assert!(!room.is_there());
        room.learn(&Err(Error::Busy), |()| true);
        room.learn(&Ok(()), |()| false);
        assert!(!room.is_there(), "neither wrote");
        room.learn(&Ok(()), |()| true);
        assert!(room.is_there());

        room.learn(&full(), |()| true);
        *room.found.lock().unwrap() = Instant::now().checked_sub(REMEMBERED);
        assert!(room.is_there(), "it was long ago");
    }
}
