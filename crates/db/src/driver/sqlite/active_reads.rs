//! Tracks active reads. It ends a read early if nobody waits for it, if it takes too long, or if it prevents the WAL
//! from being reset.
//!
//! A read in SQLite sees one snapshot, and everything written meanwhile stays in the WAL. Without a limit, a slow
//! client would let the WAL grow indefinitely.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::error::{Error, ReadEnd};

/// The active reads.
#[derive(Default)]
pub(super) struct ActiveReads {
    reads: Mutex<Vec<Arc<Read>>>,
}

/// One read, from the time of its request.
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

    /// Returns whether the read must end.
    pub(super) fn is_ended(&self) -> bool {
        self.end.load(Ordering::Relaxed) != GOES_ON
    }

    /// Returns why the read was ended early, if it was.
    pub(super) fn error(&self) -> Option<Error> {
        match self.end.load(Ordering::Relaxed) {
            UNWANTED => Some(Error::Cancelled),
            TOO_OLD => Some(Error::ReadEnded { why: ReadEnd::TooOld }),
            IN_THE_WAY => Some(Error::ReadEnded { why: ReadEnd::LogTooLarge }),
            _ => None,
        }
    }

    /// Ends the read because it takes too long.
    pub(super) fn is_too_old(&self) {
        self.end_for(TOO_OLD);
    }

    /// Waits until the read is ended early.
    pub(super) async fn ended(&self) {
        while !self.is_ended() {
            self.ended.notified().await;
        }
    }

    fn end_for(&self, why: u8) {
        // Keep the first reason.
        if self.end.compare_exchange(GOES_ON, why, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.ended.notify_one();
        }
    }
}

/// Ends a read when its consumer is dropped.
pub(super) struct Waiting(pub(super) Arc<Read>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.end_for(UNWANTED);
    }
}

/// Registers an active read until dropped.
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
    /// Registers a read that begins.
    pub(super) fn begin(&self, read: &Arc<Read>) -> Active<'_> {
        self.lock().push(read.clone());
        Active { all: self, read: read.clone() }
    }

    /// Ends the oldest read that was requested before a time. Returns whether there was one.
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

/// The WAL size in bytes above which reads are ended. The WAL still grows while they end.
const LOG_LIMIT: u64 = 56_000_000;
/// How long an ended read may take to stop before the next one is ended.
const PATIENCE: Duration = Duration::from_millis(50);

/// Limits the size of the WAL, which is checked after each commit.
#[derive(Default)]
pub(super) struct LogWatch {
    /// When the WAL became too large, and the size above which later reads are ended too. It may be held by another
    /// program, such as a backup, in which case ending our reads would not help.
    too_large: Option<(Instant, u64)>,
    last: Option<Instant>,
}

impl LogWatch {
    /// Checks the WAL size and, if it is too large, ends the read that most likely prevents a reset.
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
        // The ended read gets some time to stop.
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
