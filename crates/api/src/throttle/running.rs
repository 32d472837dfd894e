//! How many requests of somebody run at once, and how many of them are streams.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The requests that run, by a hash of whose they are. There are no more entries than requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Running(Arc<Mutex<HashMap<u64, usize>>>);

/// A request that runs, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    running: Running,
    key: u64,
}

impl Running {
    /// Takes a place of somebody who may have `most`. `None` if they have them.
    pub(super) fn take(&self, key: u64, most: u32) -> Option<Place> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(key).or_default();
        // An entry is never left at zero: whoever has none may have one.
        if *count >= usize::try_from(most).unwrap_or(usize::MAX).max(1) {
            return None;
        }
        *count += 1;
        Some(Place { running: self.clone(), key })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.running.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_it_is_dropped() {
        let running = Running::default();
        let first = running.take(1, 2).unwrap();
        let second = running.take(1, 2).unwrap();
        assert!(running.take(1, 2).is_none() && running.take(2, 1).is_some());
        drop(first);
        let third = running.take(1, 2);
        assert!(third.is_some() && running.take(1, 2).is_none());
        drop((second, third));
        assert!(running.0.lock().unwrap().is_empty());
    }
}
