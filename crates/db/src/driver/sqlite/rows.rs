//! Rows on their way from a thread of SQLite to whoever waits for them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::active_reads::{Read, Waiting};
use super::connection::DeadlineConnection;
use super::deadline::after;
use super::execute;
use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::statement::{Format, Output, Statement};

/// How many batches of a stream wait for its receiver.
const BATCHES_AHEAD: usize = 2;
/// How long a stream waits for a receiver that takes nothing before it gives up.
const RECEIVER_PATIENCE: Duration = Duration::from_secs(60);

/// The rows of a stream, as they come.
pub(crate) struct RowReceiver {
    batches: mpsc::Receiver<Message>,
    ended: bool,
    /// The read whose rows they are.
    waiting: Waiting,
}

/// Where a thread puts the rows of a stream.
pub(super) struct RowSender {
    batches: mpsc::Sender<Message>,
    runtime: Handle,
    read: Arc<Read>,
}

enum Message {
    Batch(Result<Output>),
    /// All rows were sent. A channel that closes without it is a stream that broke off.
    End,
}

impl RowReceiver {
    /// The next rows; `None` after the last.
    pub(crate) async fn next(&mut self) -> Option<Result<Output>> {
        if self.ended {
            return None;
        }
        let message = self.batches.recv().await;
        self.ended = !matches!(message, Some(Message::Batch(Ok(_))));
        match message {
            Some(Message::Batch(batch)) => Some(batch),
            Some(Message::End) => None,
            // The read was ended, or the thread gave up: nobody had taken a batch for too long.
            None => Some(Err(self.waiting.0.error().unwrap_or(Error::Timeout))),
        }
    }
}

/// A channel for rows; to be called on a thread of the runtime.
pub(super) fn row_channel() -> (RowSender, RowReceiver) {
    let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
    let read = Read::new();
    let sender = RowSender { batches: sender, runtime: Handle::current(), read: read.clone() };
    (sender, RowReceiver { batches, ended: false, waiting: Waiting(read) })
}

impl RowSender {
    /// The read whose rows are sent.
    pub(super) fn read(&self) -> &Arc<Read> {
        &self.read
    }

    /// Runs a statement and sends its rows in batches, until the receiver is gone or a deadline passes. Outside of a
    /// session, which has a limit of its own, it may take `statement_timeout` from one batch to the next.
    pub(super) fn send_all(
        &self,
        timed: &DeadlineConnection,
        statement: &Statement,
        format: Format,
        echo: bool,
        deadline: Option<Instant>,
        statement_timeout: Option<Duration>,
    ) {
        // What takes its time is the receiver.
        let time_starts = || {
            if let Some(limit) = statement_timeout {
                timed.set_deadline([after(limit), deadline].into_iter().flatten().min());
            }
        };
        let connection = &timed.connection;
        time_starts();
        let mut batch = Batch::new(statement, format);
        let mut received = true;
        let result = execute::each_row(connection, statement, echo, |row| {
            batch.push(row)?;
            if batch.is_full() {
                received = self.send(Message::Batch(Ok(batch.take())), deadline);
                time_starts();
            }
            Ok(received)
        });
        if statement_timeout.is_some() && deadline.is_some_and(|at| Instant::now() >= at) {
            self.read.is_too_old();
        }
        match result {
            Ok(()) if !received => {}
            Ok(()) => {
                if batch.is_empty() || self.send(Message::Batch(Ok(batch.take())), deadline) {
                    self.send(Message::End, deadline);
                }
            }
            Err(error) => self.send_error(self.read.error().unwrap_or(error)),
        }
    }

    /// Sends what went wrong instead of further rows.
    pub(super) fn send_error(&self, error: Error) {
        self.send(Message::Batch(Err(error)), None);
    }

    /// Sends a message; `false` if nobody receives any more, or nobody did for too long.
    fn send(&self, message: Message, deadline: Option<Instant>) -> bool {
        let message = match self.batches.try_send(message) {
            Ok(()) => return true,
            Err(mpsc::error::TrySendError::Closed(_)) => return false,
            Err(mpsc::error::TrySendError::Full(message)) => message,
        };
        let patience = deadline.map_or(RECEIVER_PATIENCE, |at| at.saturating_duration_since(Instant::now()));
        self.runtime.block_on(async {
            tokio::select! {
                sent = tokio::time::timeout(patience, self.batches.send(message)) => matches!(sent, Ok(Ok(()))),
                () = self.read.ended() => false,
            }
        })
    }
}
