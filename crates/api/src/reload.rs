//! Reloads the tables after the database has changed.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use mwallet_db::Error;
use tokio::sync::Mutex;

/// A function that reloads the served tables.
#[derive(Clone)]
pub struct Reload {
    run: Arc<dyn Fn() -> BoxFuture<'static, Result<(), Error>> + Send + Sync>,
    /// When a request last triggered a reload. One request does so at a time.
    pub(crate) by_requests: Arc<Mutex<Option<Instant>>>,
}

/// The shortest time between reloads that requests trigger when they find that a table has changed.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

impl Reload {
    /// Wraps a function that reloads the tables, such as by reflection.
    pub fn new<F>(reload: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        Self { run: Arc::new(move || Box::pin(reload())), by_requests: Arc::default() }
    }

    /// Reloads the tables. Meanwhile the old ones are served.
    ///
    /// # Errors
    ///
    /// If the tables cannot be read. The old ones are still served then.
    pub async fn run(&self) -> Result<(), Error> {
        (self.run)().await
    }
}

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reload")
    }
}
