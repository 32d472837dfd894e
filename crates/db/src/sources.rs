//! The system clock and random number generator.

use mwallet_schema::{Sources, Timestamp};

/// The system clock and a cryptographically secure random number generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemSources;

impl Sources for SystemSources {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place where the time of the system is read")]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).ok().and_then(|micros| Timestamp::from_micros(micros).ok()).unwrap_or_default()
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        use rand::Rng as _;
        rand::rng().fill_bytes(buffer);
    }
}
