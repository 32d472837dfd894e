//! Transfers rows from a SQLite thread to their consumer.

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

/// The number of batches that a stream buffers.
const BATCHES_AHEAD: usize = 2;
/// How long a stream without a deadline waits for its receiver before it gives up.
const RECEIVER_PATIENCE: Duration = Duration::from_secs(60);

/// The receiving end of a stream of rows.
pub(crate) struct RowReceiver {
    batches: mpsc::Receiver<Message>,
    ended: bool,
    /// The read that produces the rows.
    waiting: Waiting,
}

/// The sending end of a stream of rows.
pub(super) struct RowSender {
    batches: mpsc::Sender<Message>,
    runtime: Handle,
    read: Arc<Read>,
}

enum Message {
    Batch(Result<Output>),
    /// All rows were sent. If the channel closes without this, the stream was cut off.
    End,
}

impl RowReceiver {
    /// Returns the next rows, or `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Output>> {
        if self.ended {
            return None;
        }
        let message = self.batches.recv().await;
        self.ended = !matches!(message, Some(Message::Batch(Ok(_))));
        match message {
            Some(Message::Batch(batch)) => Some(batch),
            Some(Message::End) => None,
            // The read was ended, or the thread gave up because the receiver was too slow.
            None => Some(Err(self.waiting.0.error().unwrap_or(Error::Timeout))),
        }
    }
}

/// Creates a channel for rows. Must be called within a Tokio runtime.
pub(super) fn row_channel() -> (RowSender, RowReceiver) {
    let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
    let read = Read::new();
    let sender = RowSender { batches: sender, runtime: Handle::current(), read: read.clone() };
    (sender, RowReceiver { batches, ended: false, waiting: Waiting(read) })
}

impl RowSender {
    /// Returns the read that produces the rows.
    pub(super) fn read(&self) -> &Arc<Read> {
        &self.read
    }

    /// Runs a statement and sends its rows in batches, until the receiver is dropped or the deadline passes. Outside
    /// a session, which has its own time limit, each batch may take up to `statement_timeout`.
    pub(super) fn send_all(
        &self,
        timed: &DeadlineConnection,
        statement: &Statement,
        format: Format,
        echo: bool,
        deadline: Option<Instant>,
        statement_timeout: Option<Duration>,
    ) {
        // Do not count the time spent waiting for the receiver.
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

    /// Sends an error instead of further rows.
    pub(super) fn send_error(&self, error: Error) {
        self.send(Message::Batch(Err(error)), None);
    }

    /// Sends a message. Returns `false` if the receiver was dropped or was too slow.
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
