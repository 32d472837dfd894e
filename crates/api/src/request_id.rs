//! The number of a request, by which its answer and the lines of the log about it are found again, and how many rows it came
//! to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use mwallet_db::schema::Sources;

/// The header in which a client may bring one, and every answer tells it.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest number that is taken from a client.
const MAX_LENGTH: usize = 64;

tokio::task_local! {
    static CURRENT: Current;
}

/// What is known of the request that is being answered.
#[derive(Clone)]
struct Current {
    id: HeaderValue,
    rows: Option<Rows>,
}

/// How many rows a request came to, as long as they are counted.
#[derive(Clone, Debug)]
pub(crate) struct Rows(Arc<AtomicU64>);

impl Rows {
    /// What stands for a number that is not known: nothing was about rows.
    const UNKNOWN: u64 = u64::MAX;

    pub(crate) fn unknown() -> Self {
        Self(Arc::new(AtomicU64::new(Self::UNKNOWN)))
    }

    /// How many they are; `None` where nothing was about rows.
    pub(crate) fn count(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|count| *count != Self::UNKNOWN)
    }

    fn add(&self, more: u64) {
        self.0.store(self.count().unwrap_or(0).saturating_add(more), Ordering::Relaxed);
    }
}

/// The number that the client brought, if it is one that can stand in a log, or a new one.
pub(crate) fn of(headers: &HeaderMap, sources: &dyn Sources) -> HeaderValue {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let brought = headers.get(X_REQUEST_ID).filter(|value| {
        let bytes = value.as_bytes();
        !bytes.is_empty() && bytes.len() <= MAX_LENGTH && bytes.iter().all(is_plain)
    });
    brought.cloned().unwrap_or_else(|| new(sources))
}

fn new(sources: &dyn Sources) -> HeaderValue {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut random = [0; 16];
    sources.fill_random(&mut random);
    let mut digits = [0; 32];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(random) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    // Digits are always a value.
    HeaderValue::from_bytes(&digits).unwrap_or(HeaderValue::from_static("0"))
}

/// Runs what belongs to a request, so that [`current`] knows it, and counts its rows if that is wanted.
pub(crate) async fn scope<F: Future>(id: HeaderValue, rows: Option<Rows>, work: F) -> F::Output {
    CURRENT.scope(Current { id, rows }, work).await
}

/// The same work as a part of the request that is being answered now, wherever it will run.
pub(crate) fn carry<F: Future<Output = ()>>(work: F) -> impl Future<Output = ()> {
    let current = CURRENT.try_with(Clone::clone).ok();
    async move {
        match current {
            Some(current) => CURRENT.scope(current, work).await,
            None => work.await,
        }
    }
}

/// The number of the request that is being answered, as the log has it.
pub(crate) fn current() -> String {
    CURRENT.try_with(|current| current.id.to_str().unwrap_or("-").to_owned()).unwrap_or_else(|_| "-".into())
}

/// Counts rows that were read or written for the request that is being answered.
pub(crate) fn count_rows(rows: u64) {
    let _ = CURRENT.try_with(|current| current.rows.as_ref().map(|counted| counted.add(rows)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_kept_if_it_can_stand_in_a_log() {
        let sources = mwallet_db::SystemSources;
        let of = |value: &str| {
            let headers = HeaderMap::from_iter([(X_REQUEST_ID, HeaderValue::from_str(value).unwrap())]);
            super::of(&headers, &sources).to_str().unwrap().to_owned()
        };
        assert_eq!(of("a-B_9.z"), "a-B_9.z");
        for other in ["", "a b", "a\"b", &"x".repeat(65)] {
            let id = of(other);
            assert_eq!(id.len(), 32, "{other}");
            assert_ne!(id, of(other), "another request has another number");
        }
    }
}
