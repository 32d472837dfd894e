//! The reads that are under way, and what ends one before its last row: nobody waits for it any more, it has lasted too
//! long, or it keeps the log from being begun anew.
//!
//! A read of SQLite sees one state of the database from its beginning to its end, and all that is written meanwhile
//! stays in the log. So a client that takes its rows slowly would make the log grow for as long as it likes.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::error::{Error, ReadEnd};

/// The reads that are under way.
#[derive(Default)]
pub(super) struct ActiveReads {
    reads: Mutex<Vec<Arc<Read>>>,
}

/// One read, from when it was asked for.
pub(super) struct Read {
    asked: Instant,
    end: AtomicU8,
    ended: Notify,
}

const GOES_ON: u8 = 0;
const UNWANTED: u8 = 1;
const TOO_OLD: u8 = 2;
const IN_THE_WAY: u8 = 3;

impl Read {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { asked: Instant::now(), end: AtomicU8::new(GOES_ON), ended: Notify::new() })
    }

    /// Whether it is to end now.
    pub(super) fn is_ended(&self) -> bool {
        self.end.load(Ordering::Relaxed) != GOES_ON
    }

    /// Why it ended, where that was not for its own rows.
    pub(super) fn error(&self) -> Option<Error> {
        match self.end.load(Ordering::Relaxed) {
            UNWANTED => Some(Error::Cancelled),
            TOO_OLD => Some(Error::ReadEnded { why: ReadEnd::TooOld }),
            IN_THE_WAY => Some(Error::ReadEnded { why: ReadEnd::LogTooLarge }),
            _ => None,
        }
    }

    /// Ends it, since it has lasted too long.
    pub(super) fn is_too_old(&self) {
        self.end_for(TOO_OLD);
    }

    /// Waits until it is ended.
    pub(super) async fn ended(&self) {
        while !self.is_ended() {
            self.ended.notified().await;
        }
    }

    fn end_for(&self, why: u8) {
        // What ended it first is what is told.
        if self.end.compare_exchange(GOES_ON, why, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.ended.notify_one();
        }
    }
}

/// Who waits for a read: dropped, nobody does, and the read ends.
pub(super) struct Waiting(pub(super) Arc<Read>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.end_for(UNWANTED);
    }
}

/// A read that has begun; dropped, it is over.
pub(super) struct Active<'r> {
    all: &'r ActiveReads,
    read: Arc<Read>,
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.all.lock().retain(|other| !Arc::ptr_eq(other, &self.read));
    }
}

impl ActiveReads {
    /// Notes that a read begins.
    pub(super) fn begin(&self, read: &Arc<Read>) -> Active<'_> {
        self.lock().push(read.clone());
        Active { all: self, read: read.clone() }
    }

    /// Ends the oldest of the reads that were asked for before a time; whether there was one.
    pub(super) fn end_oldest(&self, before: Instant) -> bool {
        let reads = self.lock();
        let old = reads.iter().filter(|read| read.asked < before);
        match old.min_by_key(|read| read.asked) {
            Some(oldest) => {
                oldest.end_for(IN_THE_WAY);
                true
            }
            None => false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Read>>> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How large the log may grow before reads are ended for it, in bytes: what is written before they are gone comes to
/// it.
const LOG_LIMIT: u64 = 56_000_000;
/// How long a read that was ended may take to let go before the next is.
const PATIENCE: Duration = Duration::from_millis(50);

/// Keeps the log small, as seen after each commit.
#[derive(Default)]
pub(super) struct LogWatch {
    /// When it became too large, and how large it may grow before reads that began later are ended too. What holds it
    /// may be another program, such as a backup, and then it helps nobody to end ours.
    too_large: Option<(Instant, u64)>,
    last: Option<Instant>,
}

impl LogWatch {
    /// Looks at the size of the log, and ends the read that most likely keeps it from being begun anew.
    pub(super) fn see(&mut self, bytes: u64, reads: &ActiveReads) {
        if bytes <= LOG_LIMIT {
            self.too_large = None;
            return;
        }
        let now = Instant::now();
        if self.last.is_some_and(|last| now.duration_since(last) < PATIENCE) {
            return;
        }
        self.last = Some(now);
        let (since, limit) = self.too_large.filter(|(_, limit)| bytes <= *limit).unwrap_or((now, bytes + LOG_LIMIT));
        self.too_large = Some((since, limit));
        reads.end_oldest(since);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_read_is_ended_first_and_those_that_began_later_are_left() {
        let (reads, mut watch) = (ActiveReads::default(), LogWatch::default());
        let all: Vec<Arc<Read>> = (0..3)
            .map(|_| {
                std::thread::sleep(Duration::from_millis(2));
                Read::new()
            })
            .collect();
        let ended = || all.iter().map(|read| read.is_ended()).collect::<Vec<_>>();
        let active: Vec<Active<'_>> = [1, 0].map(|at| reads.begin(&all[at])).into();
        watch.see(LOG_LIMIT, &reads);
        assert_eq!(ended(), [false, false, false]);
        watch.see(LOG_LIMIT + 1, &reads);
        assert_eq!(ended(), [true, false, false]);
        // It has some time to let go.
        watch.see(LOG_LIMIT + 2, &reads);
        assert_eq!(ended(), [true, false, false]);
        drop(active);
        let later = reads.begin(&all[2]);
        let newest = Read::new();
        let after = reads.begin(&newest);
        std::thread::sleep(PATIENCE);
        watch.see(LOG_LIMIT + 3, &reads);
        assert_eq!(ended(), [true, false, true]);
        drop(later);
        std::thread::sleep(PATIENCE);
        watch.see(LOG_LIMIT + 4, &reads);
        assert!(!newest.is_ended(), "it began when the log was too large already");
        std::thread::sleep(PATIENCE);
        watch.see(3 * LOG_LIMIT, &reads);
        assert!(newest.is_ended());
        drop(after);
    }

    #[test]
    fn what_ended_a_read_first_is_told() {
        let read = Read::new();
        assert!(read.error().is_none());
        read.is_too_old();
        drop(Waiting(read.clone()));
        assert!(matches!(read.error(), Some(Error::ReadEnded { why: ReadEnd::TooOld })));
    }
}
