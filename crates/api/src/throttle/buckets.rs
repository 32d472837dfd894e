//! How often somebody may ask: the generic cell rate algorithm, for as many callers as fit.
//!
//! For each caller one time is kept: when all that they have asked would be paid for. Somebody for whom that time has
//! come is as one who never asked, so they can be forgotten. If nobody can be, newcomers share one time: then a flood of
//! addresses slows down other newcomers, and costs no more memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mwallet_auth::Rate;
use mwallet_db::schema::Timestamp;

/// Locks that share the callers, so that threads rarely wait for each other.
const SHARDS: usize = 16;
/// The most callers of each.
const MOST_OF_SHARD: usize = 4_096;
/// The key of all for whom there is no room.
const OTHERS: u64 = 0;

/// The least time between two searches for callers to forget, in microseconds: each looks at all of a shard.
const PAUSE: u64 = 1_000_000;

/// The callers, by a hash of who they are.
#[derive(Debug, Default)]
pub(super) struct Buckets([Mutex<Shard>; SHARDS]);

/// Some of the callers.
#[derive(Debug, Default)]
struct Shard {
    /// When all that each has asked is paid for, in microseconds since 1970.
    paid: HashMap<u64, i64>,
    /// When callers to forget were last looked for.
    searched: i64,
}

/// What a caller has left after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    /// How many requests they may send at once now.
    pub(super) requests: u64,
    /// How long it takes until they have all that they may have.
    pub(super) reset: Duration,
}

impl Buckets {
    /// Takes a request of a caller. An error says how long to wait.
    pub(super) fn take(&self, key: u64, rate: &Rate, now: Timestamp) -> Result<Left, Duration> {
        let now = now.micros();
        let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        let requests = i64::from(rate.requests);
        let each = (micros(rate.period) / requests).max(1);
        let most = each.saturating_mul(requests);
        let shard = usize::try_from(key % SHARDS as u64).unwrap_or_default();
        let mut shard = self.0[shard].lock().unwrap_or_else(PoisonError::into_inner);
        let key = shard.place(key, now);
        let paid = shard.paid.entry(key).or_insert(now);
        // A clock that was set back leaves nobody waiting for longer than if they had used up everything.
        let next = (*paid).clamp(now, now.saturating_add(most)).saturating_add(each);
        let span = |micros: i64| Duration::from_micros(u64::try_from(micros).unwrap_or_default());
        if next - now > most {
            *paid = next - each;
            return Err(span(next - now - most));
        }
        *paid = next;
        Ok(Left { requests: u64::try_from((most - (next - now)) / each).unwrap_or_default(), reset: span(next - now) })
    }
}

impl Shard {
    /// Returns the key under which a caller is kept.
    fn place(&mut self, key: u64, now: i64) -> u64 {
        if self.paid.len() < MOST_OF_SHARD || self.paid.contains_key(&key) {
            return key;
        }
        if self.searched.abs_diff(now) >= PAUSE {
            self.searched = now;
            self.paid.retain(|_, until| *until > now);
        }
        if self.paid.len() < MOST_OF_SHARD { key } else { OTHERS }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1_000).unwrap()
    }

    /// Ten in ten seconds.
    const RATE: Rate = Rate { requests: 10, period: Duration::from_secs(10) };

    #[test]
    fn as_many_as_stated_are_taken_at_once_and_then_one_at_a_time() {
        let buckets = Buckets::default();
        for left in (0..10).rev() {
            let taken = buckets.take(1, &RATE, at(0)).unwrap();
            assert_eq!((taken.requests, taken.reset.as_secs()), (left, 10 - left));
        }
        assert_eq!(buckets.take(1, &RATE, at(0)), Err(Duration::from_secs(1)));
        assert_eq!(buckets.take(1, &RATE, at(900)), Err(Duration::from_millis(100)));
        assert_eq!(buckets.take(1, &RATE, at(1_000)).map(|left| left.requests), Ok(0));
        assert!(buckets.take(1, &RATE, at(1_000)).is_err(), "what is refused costs nothing, and gives nothing");
        assert_eq!(buckets.take(2, &RATE, at(1_000)).map(|left| left.requests), Ok(9), "others have their own");
        assert_eq!(buckets.take(1, &RATE, at(60_000)).map(|left| left.requests), Ok(9));
    }

    #[test]
    fn a_clock_that_jumps_locks_nobody_out() {
        let buckets = Buckets::default();
        assert!(buckets.take(1, &RATE, at(100_000_000)).is_ok());
        assert_eq!(buckets.take(1, &RATE, at(0)), Err(Duration::from_secs(1)), "as if all were used up");
        assert!(buckets.take(1, &RATE, at(1_000)).is_ok());
        assert_eq!(buckets.take(1, &RATE, at(200_000_000)).map(|left| left.requests), Ok(9));
    }

    #[test]
    fn a_flood_of_callers_takes_no_more_room_and_slows_down_newcomers_only() {
        let buckets = Buckets::default();
        let most = (SHARDS * MOST_OF_SHARD) as u64;
        for key in 1..=4 * most {
            let _ = buckets.take(key, &RATE, at(0));
        }
        let kept = |buckets: &Buckets| buckets.0.iter().map(|shard| shard.lock().unwrap().paid.len()).sum::<usize>();
        assert!(kept(&buckets) <= SHARDS * (MOST_OF_SHARD + 1), "{}", kept(&buckets));
        assert_eq!(buckets.take(1, &RATE, at(0)).map(|left| left.requests), Ok(8), "who was there before");
        assert!(buckets.take(5 * most, &RATE, at(0)).is_err());
        // Their time has come: they are forgotten.
        assert!(buckets.take(5 * most, &RATE, at(20_000)).is_ok());
    }
}
