//! Chance that is the same for the same seed, and the values that mWallet would have made itself, made of it.

use std::sync::{Mutex, PoisonError};

use mwallet_db::schema::{Sources, Timestamp, Value, ValueGenerator};
use mwallet_db::{Auto, Name, Timestamps};
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};

/// How long the time is in which everything but the users comes to be, in microseconds: the year before the data is made for.
const YEAR: i64 = 365 * DAY;
/// A day in microseconds.
pub(super) const DAY: i64 = 24 * HOUR;
/// An hour in microseconds.
pub(super) const HOUR: i64 = 3_600_000_000;

/// What data is made of: the same origin makes the same rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// Which data: each number makes other rows.
    pub(crate) seed: u64,
    /// The time that the data is made for: what was made and what is over lies before it, what is open ends after it.
    pub(crate) as_of: Timestamp,
}

/// Chance for the rows of one table.
///
/// Each table has a stream of its own, so that more rows in one do not change what stands in another.
pub(super) struct Random {
    source: Mutex<ChaCha8Rng>,
    /// The time that the data is made for.
    as_of: Timestamp,
    /// The time of the row whose names are made.
    now: Timestamp,
}

impl Random {
    /// The chance of an origin for a table.
    pub(super) fn new(origin: Origin, table: Stream) -> Self {
        let mut source = ChaCha8Rng::seed_from_u64(origin.seed);
        source.set_stream(table as u64);
        Self { source: Mutex::new(source), as_of: origin.as_of, now: Timestamp::default() }
    }

    /// The generator itself, for libraries.
    pub(super) fn source(&mut self) -> &mut ChaCha8Rng {
        self.source.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number from `low` up to, but not including, `high`.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        self.source().random_range(low..high)
    }

    /// Whether something happens that happens so many times in a hundred.
    pub(super) fn percent(&mut self, chance: u32) -> bool {
        self.source().random_ratio(chance, 100)
    }

    /// One of some things, each as likely as the others; the default of none.
    pub(super) fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        from.choose(self.source()).copied().unwrap_or_default()
    }

    /// A number from 1 to `count`, the small ones far more often: a few people do most of the trading.
    pub(super) fn few_of(&mut self, count: u64) -> i64 {
        let share: f64 = self.source().random();
        // A count of rows is far below where floats stop being exact.
        ((share * share * count as f64) as i64).min(count as i64 - 1) + 1
    }

    /// Text of letters from an alphabet.
    pub(super) fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(self.pick(alphabet))).collect()
    }

    /// Random bytes.
    pub(super) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.source().fill_bytes(&mut bytes);
        bytes
    }

    /// The time of the `number`th of `count` rows, so that later rows are younger.
    pub(super) fn moment(&mut self, number: u64, count: u64) -> Timestamp {
        let step = YEAR / i64::try_from(count).unwrap_or(i64::MAX).max(1);
        let jitter = self.between(0, step.max(1));
        time(self.as_of.micros() - YEAR + step * (i64::try_from(number).unwrap_or(i64::MAX) - 1) + jitter)
    }

    /// A time that is over: the wanted one, or where that is still to come one between `since`, which is over, and now.
    pub(super) fn over(&self, since: Timestamp, wanted: Timestamp) -> Timestamp {
        match wanted < self.as_of {
            true => wanted,
            false => time(since.micros() + (self.as_of.micros() - since.micros()) / 2),
        }
    }

    /// A time that is still to come: the wanted one, or where that is over one as far from now as it was from `since`.
    pub(super) fn to_come(&self, since: Timestamp, wanted: Timestamp) -> Timestamp {
        match wanted > self.as_of {
            true => wanted,
            false => later(self.as_of, wanted.micros() - since.micros()),
        }
    }

    /// The names of a row that was made at a time.
    pub(super) fn names(&mut self, made: Timestamp, slug: impl Into<String>) -> Name {
        self.now = made;
        let uuid = match ValueGenerator::UuidV7.generate(self) {
            Value::Uuid(uuid) => Auto::Set(uuid),
            _ => Auto::Unset,
        };
        Name { uuid, slug: Auto::Set(slug.into()) }
    }

    /// The reference of a transaction that was made at a time.
    pub(super) fn reference(&mut self, made: Timestamp) -> Auto<String> {
        self.now = made;
        match ValueGenerator::Reference("TX").generate(self) {
            Value::Text(reference) => Auto::Set(reference),
            _ => Auto::Unset,
        }
    }
}

impl Sources for Random {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        self.source.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(buffer);
    }
}

/// Which table chance is for. The numbers are part of what a seed means.
#[derive(Clone, Copy)]
pub(super) enum Stream {
    Organizations = 1,
    Users = 2,
    Groups = 3,
    Members = 4,
    Notices = 5,
    Recipients = 6,
    Assets = 7,
    Wallets = 8,
    ServerAddresses = 9,
    UserAddresses = 10,
    Orders = 11,
    Transactions = 12,
}

/// A time in microseconds since 1970, which is always within the years of a timestamp here.
fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap_or_default()
}

/// A time that is later by some microseconds.
pub(super) fn later(than: Timestamp, by: i64) -> Timestamp {
    time(than.micros() + by)
}

/// The times of a row that was never changed.
pub(super) fn unchanged(made: Timestamp) -> Timestamps {
    Timestamps { created_at: made.into(), updated_at: made.into(), version: 1.into() }
}

/// The times of a row that was changed once.
pub(super) fn changed(made: Timestamp, changed: Timestamp) -> Timestamps {
    Timestamps { created_at: made.into(), updated_at: changed.into(), version: 2.into() }
}
