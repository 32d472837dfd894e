//! The ID of a request, which is in its response and in its lines of the log, and the number of its rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use mwallet_db::schema::Sources;

/// The header with the ID: clients can send it, and every response has it.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest ID that is accepted from a client.
const MAX_LENGTH: usize = 64;

tokio::task_local! {
    static CURRENT: Current;
}

/// The request that is being handled.
#[derive(Clone)]
struct Current {
    id: HeaderValue,
    rows: Option<Rows>,
}

/// The counter for the rows of a request.
#[derive(Clone, Debug)]
pub(crate) struct Rows(Arc<AtomicU64>);

impl Rows {
    /// The value while no rows have been counted.
    const UNKNOWN: u64 = u64::MAX;

    pub(crate) fn unknown() -> Self {
        Self(Arc::new(AtomicU64::new(Self::UNKNOWN)))
    }

    /// The number of rows; `None` if the request was not about rows.
    pub(crate) fn count(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|count| *count != Self::UNKNOWN)
    }

    fn add(&self, more: u64) {
        self.0.store(self.count().unwrap_or(0).saturating_add(more), Ordering::Relaxed);
    }
}

/// The ID that the client sent, if it is safe in a log, or a new one.
pub(crate) fn choose(headers: &HeaderMap, sources: &dyn Sources) -> HeaderValue {
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
    // Digits are always a valid header value.
    HeaderValue::from_bytes(&digits).unwrap_or(HeaderValue::from_static("0"))
}

/// Runs the work of a request, so that [`current`] returns its ID, and counts its rows if there is a counter.
pub(crate) async fn scope<F: Future>(id: HeaderValue, rows: Option<Rows>, work: F) -> F::Output {
    CURRENT.scope(Current { id, rows }, work).await
}

/// Makes work a part of the current request, wherever it runs.
pub(crate) fn carry<F: Future<Output = ()>>(work: F) -> impl Future<Output = ()> {
    let current = CURRENT.try_with(Clone::clone).ok();
    async move {
        match current {
            Some(current) => CURRENT.scope(current, work).await,
            None => work.await,
        }
    }
}

/// The ID of the current request, for the log.
pub(crate) fn current() -> String {
    CURRENT.try_with(|current| current.id.to_str().unwrap_or("-").to_owned()).unwrap_or_else(|_| "-".into())
}

/// Counts rows that were read or written for the current request.
pub(crate) fn count_rows(rows: u64) {
    let _ = CURRENT.try_with(|current| current.rows.as_ref().map(|counted| counted.add(rows)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_if_it_is_safe_in_a_log() {
        let sources = mwallet_db::SystemSources;
        let of = |value: &str| {
            let headers = HeaderMap::from_iter([(X_REQUEST_ID, HeaderValue::from_str(value).unwrap())]);
            super::choose(&headers, &sources).to_str().unwrap().to_owned()
        };
        assert_eq!(of("a-B_9.z"), "a-B_9.z");
        for other in ["", "a b", "a\"b", &"x".repeat(65)] {
            let id = of(other);
            assert_eq!(id.len(), 32, "{other}");
            assert_ne!(id, of(other), "each request has its own ID");
        }
    }
}
