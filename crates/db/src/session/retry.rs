//! Retries of whole transactions after conflicts.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::{Session, SessionFactory};
use crate::error::{Error, Result};

/// The future returned by the work that is passed to [`SessionFactory::transact`].
pub type SessionFuture<'s, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 's>>;

/// The maximum number of attempts.
const ATTEMPTS: u32 = 5;
/// The delay before the second attempt. It doubles before each further one.
const FIRST_WAIT: Duration = Duration::from_millis(5);

impl SessionFactory {
    /// Runs work in a session and commits it. If it conflicts with another transaction, or fails with a version
    /// conflict, the whole work is retried, up to five attempts in total. It must have no effects outside the
    /// session, and must read what it changes within the session.
    ///
    /// At the default isolation level, changes to a row without a version between reading and writing it go
    /// unnoticed: if two transactions read 5 and write 6, one update is lost. Give the entity a version
    /// ([`Session::update`] checks it), let the database compute (`SET n = n + 1`), or use
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
    /// Returns the first error that is not a conflict, or the last conflict, such as [`Error::VersionConflict`].
    pub async fn transact<T>(&self, work: impl for<'s> Fn(&'s mut Session) -> SessionFuture<'s, T>) -> Result<T> {
        let mut wait = FIRST_WAIT;
        for _ in 1..ATTEMPTS {
            match self.attempt(&work).await {
                Err(error) if error.is_transient() || matches!(error, Error::VersionConflict { .. }) => {
                    // Random delays keep conflicting transactions from meeting again.
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

    /// Returns a random time between half of the given one and all of it.
    fn jitter(&self, time: Duration) -> Duration {
        let mut random = [0];
        self.engine.sources().fill_random(&mut random);
        time.mul_f64(0.5 + f64::from(random[0]) / 512.0)
    }
}
