//! Whole transactions, tried again when they collide with others.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::{Session, SessionFactory};
use crate::error::{Error, Result};

/// What a transaction does, as [`SessionFactory::transact`] takes it.
pub type SessionFuture<'s, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 's>>;

/// How often a transaction is tried in all.
const ATTEMPTS: u32 = 5;
/// How long to wait before the second attempt; twice as long before each that follows.
const FIRST_WAIT: Duration = Duration::from_millis(5);

impl SessionFactory {
    /// Does work in a session and commits it. Where it collides with a transaction at the same time, or a row that it
    /// updates by its version has another meanwhile, the whole is tried again, up to five times: the work must have no
    /// effect but on the session, and read in it what it writes.
    ///
    /// Where the isolation is the usual one, nobody notices that a row without a version changed between reading and
    /// writing it: of two that read 5 and write 6, one is lost. Give the entity a version ([`Session::update`] looks at
    /// it), let the database compute (`SET n = n + 1`), or ask for
    /// [`Isolation::Serializable`](crate::Isolation::Serializable).
    ///
    /// ```
    /// # async fn example(engine: mwallet_db::Engine) -> mwallet_db::Result<()> {
    /// use mwallet_db::{Isolation, Sql};
    /// let sessions = engine.sessions().isolation(Isolation::Serializable);
    /// sessions
    ///     .transact(|session| {
    ///         Box::pin(async move { session.run(Sql::new("DELETE FROM orders WHERE id = $1").bind(1i64)).await })
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The first error that is no collision, or the last collision: [`Error::VersionConflict`] where the row is still
    /// another.
    pub async fn transact<T>(&self, work: impl for<'s> Fn(&'s mut Session) -> SessionFuture<'s, T>) -> Result<T> {
        let mut wait = FIRST_WAIT;
        for _ in 1..ATTEMPTS {
            match self.attempt(&work).await {
                Err(error) if error.is_transient() || matches!(error, Error::VersionConflict { .. }) => {
                    // Those that collided must not meet again at the same moment.
                    tokio::time::sleep(self.jitter(wait)).await;
                    wait *= 2;
                }
                result => return result,
            }
        }
        self.attempt(&work).await
    }

    async fn attempt<T>(&self, work: &impl for<'s> Fn(&'s mut Session) -> SessionFuture<'s, T>) -> Result<T> {
        let mut session = self.begin().await?;
        let result = work(&mut session).await?;
        session.commit().await?;
        Ok(result)
    }

    /// Between half of a time and the whole of it.
    fn jitter(&self, time: Duration) -> Duration {
        let mut random = [0];
        self.engine.sources().fill_random(&mut random);
        time.mul_f64(0.5 + f64::from(random[0]) / 512.0)
    }
}
