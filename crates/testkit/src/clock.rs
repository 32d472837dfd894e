//! A clock that tests control, and deterministic randomness.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use mwallet_db::schema::{Sources, Timestamp};

/// A time that only changes when it is moved, and bytes that depend only on the seed.
#[derive(Debug)]
pub struct TestSources {
    now: Mutex<Timestamp>,
    state: AtomicU64,
}

impl TestSources {
    /// Returns sources with a fixed time, such as `2026-01-02T03:04:05Z`.
    pub fn at(time: &str) -> Self {
        let now = time.parse().expect("the time of a test is one");
        Self { now: Mutex::new(now), state: AtomicU64::new(1) }
    }

    /// Advances the clock.
    pub fn advance(&self, micros: i64) {
        let mut now = self.now.lock().expect("no test panics while it moves the clock");
        *now = Timestamp::from_micros(now.micros() + micros).expect("the clock stays within its years");
    }
}

impl Sources for TestSources {
    fn now(&self) -> Timestamp {
        *self.now.lock().expect("no test panics while it moves the clock")
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        for byte in buffer {
            // The generator `splitmix64`: uniform, and without repetition in a run.
            let mut mixed = self.state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (mixed >> 56) as u8;
        }
    }
}
