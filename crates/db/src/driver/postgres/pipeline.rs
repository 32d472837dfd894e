//! A connection on which the lookups of a runtime are pipelined, without waiting for earlier responses.
//!
//! A lookup costs the database less than a context switch between two processes. Pipelined lookups share a packet and
//! the wake-ups on both sides. Each one waits for those before it, so only short queries may use the pipeline. One
//! that is delayed anyway, by a lock or an unresponsive server, is sent again on its own connection, with the usual
//! time limits. Reading twice is harmless.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::Timeouts;

use super::connection;
use super::search_path::{Object, Pool};
use super::tls::Tls;
use crate::error::{Error, Result};
use crate::statement::{Format, Output, Statement};

/// The maximum number of lookups in flight. Further ones use the pool.
const IN_FLIGHT: usize = 64;
/// The time before a lookup is retried on the pool.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long the pipeline is not used after a delay.
const REST: Duration = Duration::from_secs(5);

/// A pooled connection shared by concurrent lookups. If it is not available, the pool is used instead.
pub(super) struct Pipeline {
    tls: Tls,
    state: Mutex<State>,
}

enum State {
    /// There is no connection.
    Closed,
    /// A task is opening one.
    Opening,
    Open(Arc<Object>),
    /// A lookup was delayed recently.
    Resting(Instant),
}

impl Pipeline {
    pub(super) fn new(tls: Tls) -> Self {
        Self { tls, state: Mutex::new(State::Closed) }
    }

    /// Runs a lookup and collects its rows. Returns `None` if it must run on the pool.
    pub(super) async fn run(
        &self,
        pool: &Pool,
        statement: &Statement,
        format: Format,
        echo: bool,
    ) -> Option<Result<Output>> {
        let connection = self.connection(pool).await?;
        // Lookups in flight rely on the current search path.
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

    /// Takes the shared connection from the pool, if one is free.
    pub(super) async fn open(&self, pool: &Pool) {
        self.connection(pool).await;
    }

    /// Closes the connection once its last lookup has finished.
    pub(super) fn close(&self) {
        *self.lock() = State::Closed;
    }

    /// Returns the connection if it has capacity.
    async fn connection(&self, pool: &Pool) -> Option<Arc<Object>> {
        {
            let mut state = self.lock();
            match &*state {
                State::Open(connection) if !connection.is_closed() => {
                    // The state itself holds one reference.
                    return (Arc::strong_count(connection) <= IN_FLIGHT).then(|| connection.clone());
                }
                State::Opening => return None,
                State::Resting(until) if Instant::now() < *until => return None,
                State::Closed | State::Open(_) | State::Resting(_) => *state = State::Opening,
            }
        }
        // If this future is dropped, the next caller can open the connection.
        let opening = Opening(self);
        // If no connection is free at once, others need them more.
        let timeouts = Timeouts { wait: Some(Duration::ZERO), ..pool.timeouts() };
        let connection = Arc::new(pool.timeout_get(&timeouts).await.ok()?);
        *self.lock() = State::Open(connection.clone());
        std::mem::forget(opening);
        Some(connection)
    }

    /// Gives up a connection to the lookups that still use it, unless it was already replaced.
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

/// Marks that the connection is being opened. Resets the state on drop.
struct Opening<'p>(&'p Pipeline);

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        *self.0.lock() = State::Closed;
    }
}
