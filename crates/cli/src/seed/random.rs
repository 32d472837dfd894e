//! Seeded random numbers, and the values that mWallet would otherwise generate itself.

use std::sync::{Mutex, PoisonError};

use mwallet_db::schema::{Sources, Timestamp, Value, ValueGenerator};
use mwallet_db::{Auto, Name, Timestamps};
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};

/// The period in which everything but the users is created, in microseconds: the year before the reference time.
const YEAR: i64 = 365 * DAY;
/// A day in microseconds.
pub(super) const DAY: i64 = 24 * HOUR;
/// An hour in microseconds.
pub(super) const HOUR: i64 = 3_600_000_000;

/// What the data depends on: the same origin creates the same rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// The seed of the random numbers: each one creates different rows.
    pub(crate) seed: u64,
    /// The reference time: past events are before it, and open orders end after it.
    pub(crate) as_of: Timestamp,
}

/// Random numbers for the rows of one table.
///
/// Each table has its own stream, so that more rows in one table do not change another.
pub(super) struct Random {
    source: Mutex<ChaCha8Rng>,
    /// The reference time.
    as_of: Timestamp,
    /// The creation time of the current row.
    now: Timestamp,
}

impl Random {
    /// The random numbers of an origin for a table.
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

    /// `true` with a chance in percent.
    pub(super) fn percent(&mut self, chance: u32) -> bool {
        self.source().random_ratio(chance, 100)
    }

    /// One of several values with equal chance; the default value if there are none.
    pub(super) fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        from.choose(self.source()).copied().unwrap_or_default()
    }

    /// A number from 1 to `count`, small ones far more often: a few people do most of the trading.
    pub(super) fn few_of(&mut self, count: u64) -> i64 {
        let share: f64 = self.source().random();
        // A count of rows is far below where floats stop being exact.
        ((share * share * count as f64) as i64).min(count as i64 - 1) + 1
    }

    /// A text of `length` letters from an alphabet.
    pub(super) fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(self.pick(alphabet))).collect()
    }

    /// Random bytes.
    pub(super) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.source().fill_bytes(&mut bytes);
        bytes
    }

    /// The creation time of the `number`th of `count` rows; later rows are younger.
    pub(super) fn moment(&mut self, number: u64, count: u64) -> Timestamp {
        let step = YEAR / i64::try_from(count).unwrap_or(i64::MAX).max(1);
        let jitter = self.between(0, step.max(1));
        time(self.as_of.micros() - YEAR + step * (i64::try_from(number).unwrap_or(i64::MAX) - 1) + jitter)
    }

    /// A time in the past: `wanted`, or, if that is in the future, one between `since` and the reference time.
    pub(super) fn over(&self, since: Timestamp, wanted: Timestamp) -> Timestamp {
        match wanted < self.as_of {
            true => wanted,
            false => time(since.micros() + (self.as_of.micros() - since.micros()) / 2),
        }
    }

    /// A time in the future: `wanted`, or, if that is in the past, one as far from the reference time as it was from
    /// `since`.
    pub(super) fn to_come(&self, since: Timestamp, wanted: Timestamp) -> Timestamp {
        match wanted > self.as_of {
            true => wanted,
            false => later(self.as_of, wanted.micros() - since.micros()),
        }
    }

    /// The UUID and slug of a row that was created at a time.
    pub(super) fn names(&mut self, made: Timestamp, slug: impl Into<String>) -> Name {
        self.now = made;
        let uuid = match ValueGenerator::UuidV7.generate(self) {
            Value::Uuid(uuid) => Auto::Set(uuid),
            _ => Auto::Unset,
        };
        Name { uuid, slug: Auto::Set(slug.into()) }
    }

    /// The reference of a transaction that was created at a time.
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

/// The stream of each table. Changing a number changes the rows of every seed.
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

/// A time in microseconds since 1970, which is always valid here.
fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap_or_default()
}

/// A time that is later by `by` microseconds.
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
