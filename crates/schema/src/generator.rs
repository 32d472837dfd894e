//! Generates values on the server: identifiers, references, the current time.

use uuid::Uuid;

use crate::{Timestamp, Value};

/// Provides the time and random bytes; tests provide their own.
pub trait Sources: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;

    /// Fills the buffer with cryptographically secure random bytes.
    fn fill_random(&self, buffer: &mut [u8]);
}

/// Sources with a fixed time, so that all values filled in together share it.
pub struct FixedTime<'s> {
    sources: &'s dyn Sources,
    now: Timestamp,
}

impl<'s> FixedTime<'s> {
    /// Reads the time now and keeps it.
    pub fn new(sources: &'s dyn Sources) -> Self {
        Self { now: sources.now(), sources }
    }
}

impl Sources for FixedTime<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        self.sources.fill_random(buffer);
    }
}

/// A generator of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueGenerator {
    /// A version 7 UUID, which sorts by creation time.
    UuidV7,
    /// A short name for URLs: 20 letters and digits that cannot be parsed as a number or a UUID.
    Slug,
    /// A reference for people to read out: this prefix, the date, and 16 letters and digits, separated by hyphens.
    /// `Reference("INV")` generates `INV-20300101-7K2M9QX4V0B6T1RW`.
    Reference(&'static str),
    /// The time of the write.
    Now,
}

/// Crockford's base 32 in lower case, without `i`, `l`, `o` and `u`, which are easily misread.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl ValueGenerator {
    /// Generates a value.
    pub fn generate(self, sources: &dyn Sources) -> Value {
        match self {
            Self::UuidV7 => Value::Uuid(uuid_v7(sources)),
            Self::Slug => Value::Text(slug(sources)),
            Self::Reference(prefix) => Value::Text(reference(prefix, sources)),
            Self::Now => Value::Timestamp(sources.now()),
        }
    }

    /// Returns the name that documents and schemas use.
    pub fn name(self) -> &'static str {
        match self {
            Self::UuidV7 => "uuid v7",
            Self::Slug => "slug",
            Self::Reference(_) => "reference",
            Self::Now => "now",
        }
    }
}

fn uuid_v7(sources: &dyn Sources) -> Uuid {
    let mut random = [0; 10];
    sources.fill_random(&mut random);
    let millis = u64::try_from(sources.now().micros() / 1_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

fn slug(sources: &dyn Sources) -> String {
    let mut text = random_text::<20>(sources);
    // A leading letter distinguishes a slug from an ID.
    if text.as_bytes()[0].is_ascii_digit() {
        let letter = ALPHABET[10 + usize::from(text.as_bytes()[0] - b'0')];
        text.replace_range(0..1, &char::from(letter).to_string());
    }
    text
}

fn reference(prefix: &str, sources: &dyn Sources) -> String {
    let now = sources.now().to_string();
    let day: String = now[..10].chars().filter(char::is_ascii_digit).collect();
    format!("{prefix}-{day}-{}", random_text::<16>(sources).to_uppercase())
}

/// Returns `N` letters and digits, with five random bits each.
fn random_text<const N: usize>(sources: &dyn Sources) -> String {
    let mut random = [0; N];
    sources.fill_random(&mut random);
    random.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    /// A fixed clock, and bytes that count up.
    struct Counting(AtomicU8);

    impl Sources for Counting {
        fn now(&self) -> Timestamp {
            Timestamp::from_seconds(1_399_713_634).unwrap()
        }

        fn fill_random(&self, buffer: &mut [u8]) {
            buffer.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    #[test]
    fn a_slug_is_never_an_id_or_a_uuid() {
        let sources = Counting(AtomicU8::new(0));
        for _ in 0..100 {
            let Value::Text(slug) = ValueGenerator::Slug.generate(&sources) else { panic!("a slug is text") };
            assert_eq!(slug.len(), 20);
            assert!(slug.as_bytes()[0].is_ascii_lowercase(), "{slug}");
        }
    }

    #[test]
    fn a_uuid_carries_its_time_and_version() {
        let Value::Uuid(uuid) = ValueGenerator::UuidV7.generate(&Counting(AtomicU8::new(7))) else { panic!("a uuid") };
        assert_eq!(uuid.get_version_num(), 7);
        assert_eq!(uuid.as_u128() >> 80, 1_399_713_634_000);
    }

    #[test]
    fn a_reference_names_its_day() {
        let reference = ValueGenerator::Reference("TX").generate(&Counting(AtomicU8::new(0)));
        assert_eq!(reference, Value::Text("TX-20140510-0123456789ABCDEF".into()));
    }
}
