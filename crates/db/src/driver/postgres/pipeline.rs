//! One connection on which the lookups of a runtime follow each other without waiting for answers.
//!
//! A lookup costs the database less than the change between two processes does. Sent one behind the other, several
//! share one packet, one wake of the server and one of this program. Only what is never long may do so: each waits for
//! those before it. What is held up all the same, by a lock or a server that does not answer, is asked again on a
//! connection of its own, under the limits that hold there. To read twice does no harm.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::Timeouts;

use super::connection;
use super::search_path::{Object, Pool};
use super::tls::Tls;
use crate::error::{Error, Result};
use crate::statement::{Format, Output, Statement};

/// How many lookups may be on their way; more go elsewhere.
const IN_FLIGHT: usize = 64;
/// How long a lookup waits before it is asked elsewhere.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long nothing is sent this way after something was held up.
const REST: Duration = Duration::from_secs(5);

/// A connection of a pool that many use at a time. Where it cannot serve, the pool does.
pub(super) struct Pipeline {
    tls: Tls,
    state: Mutex<State>,
}

enum State {
    /// There is no connection yet, or no longer.
    Closed,
    /// Somebody makes one.
    Opening,
    Open(Arc<Object>),
    /// Something was held up not long ago.
    Resting(Instant),
}

impl Pipeline {
    pub(super) fn new(tls: Tls) -> Self {
        Self { tls, state: Mutex::new(State::Closed) }
    }

    /// Runs a lookup and gathers its rows; `None` where it must be asked elsewhere.
    pub(super) async fn run(
        &self,
        pool: &Pool,
        statement: &Statement,
        format: Format,
        echo: bool,
    ) -> Option<Result<Output>> {
        let connection = self.connection(pool).await?;
        // Others are under way that look where it looks now.
        if !connection.has_path(&statement.search_path) {
            return None;
        }
        let begun = echo.then(Instant::now);
        let result = tokio::time::timeout(PATIENCE, connection::gather(&connection, statement, format)).await;
        if let Some(begun) = begun {
            crate::echo::log(&statement.sql, begun.elapsed());
        }
        match result {
            Ok(Err(Error::Unavailable(_) | Error::Timeout)) => {
                self.give_up(&connection, State::Closed);
                None
            }
            Ok(result) => Some(result),
            Err(_) => {
                self.give_up(&connection, State::Resting(Instant::now() + REST));
                let (cancel, tls) = (connection.cancel_token(), self.tls.clone());
                tokio::spawn(async move { tls.cancel(cancel).await });
                None
            }
        }
    }

    /// Takes its connection, if one is free.
    pub(super) async fn open(&self, pool: &Pool) {
        self.connection(pool).await;
    }

    /// Closes the connection when the last lookup on it has ended.
    pub(super) fn close(&self) {
        *self.lock() = State::Closed;
    }

    /// The connection, if it has room.
    async fn connection(&self, pool: &Pool) -> Option<Arc<Object>> {
        {
            let mut state = self.lock();
            match &*state {
                State::Open(connection) if !connection.is_closed() => {
                    // One holder is this state.
                    return (Arc::strong_count(connection) <= IN_FLIGHT).then(|| connection.clone());
                }
                State::Opening => return None,
                State::Resting(until) if Instant::now() < *until => return None,
                State::Closed | State::Open(_) | State::Resting(_) => *state = State::Opening,
            }
        }
        // Whoever stops waiting leaves the way open to the next.
        let opening = Opening(self);
        // Where none is free at once, somebody needs it more.
        let timeouts = Timeouts { wait: Some(Duration::ZERO), ..pool.timeouts() };
        let connection = Arc::new(pool.timeout_get(&timeouts).await.ok()?);
        *self.lock() = State::Open(connection.clone());
        std::mem::forget(opening);
        Some(connection)
    }

    /// Leaves a connection to those who still wait on it, unless another is in its place by now.
    fn give_up(&self, connection: &Arc<Object>, next: State) {
        let mut state = self.lock();
        if matches!(&*state, State::Open(open) if Arc::ptr_eq(open, connection)) {
            *state = next;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody makes a connection; dropped, nobody does.
struct Opening<'p>(&'p Pipeline);

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        *self.0.lock() = State::Closed;
    }
}
