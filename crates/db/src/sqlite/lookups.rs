//! Lookups on the thread that asks.
//!
//! A row that an index finds takes some microseconds to read: less than to wake another thread for it, and to be woken when
//! it is done. So a thread borrows a connection, reads, and puts it back. There are as many connections as threads ever
//! read at the same moment. None waits for a lock: where another program holds the file, the reader threads wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Settings;
use super::connection::{self, Role, Timed};
use super::deadline::after;
use super::run;
use crate::error::{Error, Result};
use crate::statement::{Format, Output, Statement};

/// The connections that are not in use; `None` when the engine is closed.
pub(super) struct Lookups {
    settings: Arc<Settings>,
    idle: Mutex<Option<Vec<Timed>>>,
}

impl Lookups {
    pub(super) fn new(settings: Arc<Settings>) -> Self {
        Self { settings, idle: Mutex::new(Some(Vec::new())) }
    }

    /// Runs a lookup and gathers its rows; `None` where it would have to wait.
    pub(super) fn run(&self, statement: &Statement, format: Format) -> Option<Result<Output>> {
        let kept = self.idle().as_mut().map(Vec::pop)?;
        let timed = match kept.map_or_else(|| connection::open(&self.settings, Role::Lookup), Ok) {
            Ok(timed) => timed,
            // The reader threads meet the same, and may wait for it to pass.
            Err(_) => return None,
        };
        timed.set_deadline(after(self.settings.statement_timeout));
        // A panic costs its request and the connection, as it does on a reader thread.
        let read = AssertUnwindSafe(|| run::run(&timed.connection, statement, format, self.settings.echo));
        let Ok(result) = catch_unwind(read) else { return Some(Err(Error::Cancelled)) };
        if let Some(idle) = &mut *self.idle() {
            idle.push(timed);
        }
        (!matches!(result, Err(Error::Busy))).then_some(result)
    }

    /// Closes the connections.
    pub(super) fn close(&self) {
        *self.idle() = None;
    }

    fn idle(&self) -> MutexGuard<'_, Option<Vec<Timed>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
