//! Runs blocking work off the threads that serve requests.
//!
//! [`delegate`] runs a function on a worker thread, and [`stream`] runs an iterator there and returns its items on
//! demand. A program that needs more threads, or separate limits, can create its own [`Workers`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::error::{Error, Result};

/// The default number of threads.
pub const DEFAULT_WORKERS: usize = 2;
/// The maximum number of threads.
pub const MAX_WORKERS: usize = 64;
/// The number of items that a stream buffers.
const ITEMS_AHEAD: usize = 16;

/// The default workers of the program, with [`DEFAULT_WORKERS`] threads.
static DEFAULT_POOL: LazyLock<Workers> = LazyLock::new(Workers::default);

/// Runs a function on one of the program's default workers. See [`Workers::delegate`].
///
/// # Errors
///
/// Fails like [`Workers::delegate`].
pub async fn delegate<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    DEFAULT_POOL.delegate(task).await
}

/// Runs an iterator on one of the program's default workers. See [`Workers::stream`].
pub fn stream<T: Send + 'static, I: Iterator<Item = T>>(source: impl FnOnce() -> I + Send + 'static) -> Items<T> {
    DEFAULT_POOL.stream(source)
}

/// A bounded number of threads for blocking work. Cheap to clone.
///
/// ```
/// use mwallet_db::worker::Workers;
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let workers = Workers::default();
/// assert_eq!(workers.delegate(|| 6 * 7).await?, 42);
///
/// let mut squares = workers.stream(|| (1..).map(|n| n * n));
/// assert_eq!(squares.next().await.transpose()?, Some(1));
/// # Ok::<(), mwallet_db::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Workers {
    places: Arc<Semaphore>,
}

impl Default for Workers {
    fn default() -> Self {
        Self::new(DEFAULT_WORKERS)
    }
}

impl Workers {
    /// Allows this number of threads, clamped to between one and [`MAX_WORKERS`].
    pub fn new(threads: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(threads.clamp(1, MAX_WORKERS))) }
    }

    /// Runs a function on a thread of its own, as soon as the limit allows it.
    ///
    /// If the future is dropped before the function starts, the function never runs. After that it runs to its end.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Panicked`] with the message if the function panics, and [`Error::Cancelled`] if its thread
    /// ends without a result.
    pub async fn delegate<T: Send + 'static>(&self, task: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let place = self.places.clone().acquire_owned().await.map_err(|_| Error::Cancelled)?;
        let (reply, answer) = oneshot::channel();
        std::thread::spawn(move || {
            let _place = place;
            if !reply.is_closed() {
                let _ = reply.send(catch_unwind(AssertUnwindSafe(task)).map_err(panic_error));
            }
        });
        answer.await.unwrap_or(Err(Error::Cancelled))
    }

    /// Runs an iterator on a thread of its own and returns its items on demand. It is at most a few items ahead of
    /// the reader, and ends when the reader is dropped.
    pub fn stream<T, I>(&self, source: impl FnOnce() -> I + Send + 'static) -> Items<T>
    where
        T: Send + 'static,
        I: Iterator<Item = T>,
    {
        let (sender, items) = mpsc::channel(ITEMS_AHEAD);
        let places = self.places.clone();
        tokio::spawn(async move {
            // The semaphore is never closed.
            let Ok(place) = places.acquire_owned().await else { return };
            std::thread::spawn(move || {
                let _place = place;
                let made = catch_unwind(AssertUnwindSafe(|| {
                    if sender.is_closed() {
                        return;
                    }
                    for item in source() {
                        if sender.blocking_send(Ok(item)).is_err() {
                            break;
                        }
                    }
                }));
                if let Err(panic) = made {
                    let _ = sender.blocking_send(Err(panic_error(panic)));
                }
            });
        });
        Items { items }
    }
}

/// The items of an iterator that runs on another thread.
#[derive(Debug)]
pub struct Items<T> {
    items: mpsc::Receiver<Result<T>>,
}

impl<T> Items<T> {
    /// Returns the next item, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<T>> {
        self.items.recv().await
    }
}

fn panic_error(panic: Box<dyn std::any::Any + Send>) -> Error {
    let message = match panic.downcast_ref::<&str>() {
        Some(text) => (*text).to_owned(),
        None => panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "without a message".into()),
    };
    Error::Panicked(message)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn no_more_run_at_once_than_there_are_threads() {
        let workers = Workers::new(2);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks = (0..8).map(|_| {
            let (running, most) = (running.clone(), most.clone());
            workers.delegate(move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(10));
                running.fetch_sub(1, Ordering::SeqCst);
            })
        });
        for result in futures::future::join_all(tasks).await {
            result.unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_panic_comes_back_as_an_error_and_gives_its_place_back() {
        let workers = Workers::new(1);
        for _ in 0..3 {
            let result: Result<()> = workers.delegate(|| panic!("no coins")).await;
            assert!(matches!(result, Err(Error::Panicked(message)) if message == "no coins"));
        }
        assert_eq!(workers.delegate(|| 1).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn what_is_cancelled_before_it_began_never_runs() {
        let workers = Workers::new(1);
        let ran = Arc::new(AtomicUsize::new(0));
        let blocking = tokio::spawn({
            let workers = workers.clone();
            async move { workers.delegate(|| std::thread::sleep(Duration::from_millis(50))).await }
        });
        tokio::time::sleep(Duration::from_millis(10)).await;
        let counted = ran.clone();
        let cancelled = workers.delegate(move || counted.fetch_add(1, Ordering::SeqCst));
        assert!(tokio::time::timeout(Duration::from_millis(5), cancelled).await.is_err());
        blocking.await.unwrap().unwrap();
        workers.delegate(|| ()).await.unwrap();
        assert_eq!(ran.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_stream_waits_for_its_reader_and_ends_with_it() {
        let workers = Workers::new(1);
        let made = Arc::new(AtomicUsize::new(0));
        let counted = made.clone();
        let mut items = workers.stream(move || {
            (0..1_000_000).inspect(move |_| {
                counted.fetch_add(1, Ordering::SeqCst);
            })
        });
        assert_eq!(items.next().await.unwrap().unwrap(), 0);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(made.load(Ordering::SeqCst) <= ITEMS_AHEAD + 3, "the iterator ran ahead");
        drop(items);
        // The only thread is free again.
        workers.delegate(|| ()).await.unwrap();
    }

    #[tokio::test]
    async fn a_stream_that_panics_says_so_after_its_items() {
        let mut items = Workers::default().stream(|| (0..3).map(|n| if n < 2 { n } else { panic!("torn") }));
        assert_eq!(items.next().await.unwrap().unwrap(), 0);
        assert_eq!(items.next().await.unwrap().unwrap(), 1);
        assert!(matches!(items.next().await.unwrap(), Err(Error::Panicked(_))));
        assert!(items.next().await.is_none());
    }
}
