//! Reading the tables again, because others changed the database.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use mwallet_db::Error;
use tokio::sync::Mutex;

/// Reads again what is served. What it gives is what goes wrong.
#[derive(Clone)]
pub struct Reload {
    run: Arc<dyn Fn() -> BoxFuture<'static, Result<(), Error>> + Send + Sync>,
    /// When requests had it run, which one does at a time.
    pub(crate) by_requests: Arc<Mutex<Option<Instant>>>,
}

/// How long requests that meet a table which is not what it was leave the database alone before they have it read again.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

impl Reload {
    /// A way to read it again, such as by reflection.
    pub fn new<F>(reload: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        Self { run: Arc::new(move || Box::pin(reload())), by_requests: Arc::default() }
    }

    /// Reads it again. What is served meanwhile is the old one.
    ///
    /// # Errors
    ///
    /// Why it cannot be read; then the old one stays.
    pub async fn run(&self) -> Result<(), Error> {
        (self.run)().await
    }
}

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reload")
    }
}
