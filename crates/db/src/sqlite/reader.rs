//! The threads that read, and streams of rows.
//!
//! Short reads share a few threads. A stream or a session that only reads has a thread to itself, so that a slow client
//! keeps nobody else waiting; how many of those there are at once is limited too.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::connection::{self, Role, Timed};
use super::writer::{Lease, execute, serve_lease};
use super::{Settings, run};
use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::statement::{Format, Output, Statement};

/// How many streams and reading sessions there may be at once.
const LONG_READS: usize = 16;
/// How many batches of a stream wait for its receiver.
const BATCHES_AHEAD: usize = 2;
/// How long a stream waits for a receiver that takes nothing before it gives up.
const RECEIVER_PATIENCE: Duration = Duration::from_secs(60);

/// The threads that read, which start with the first read.
pub(super) struct Readers {
    settings: Arc<Settings>,
    queue: OnceLock<Sender<Job>>,
    long_reads: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Timed>>>,
}

struct Job {
    statement: Statement,
    format: Format,
    reply: oneshot::Sender<Result<Output>>,
}

/// The rows of a stream, as they come.
pub(crate) struct RowReceiver {
    batches: mpsc::Receiver<Result<Output>>,
}

/// Where a thread puts the rows of a stream.
pub(super) struct RowSender {
    batches: mpsc::Sender<Result<Output>>,
    runtime: Handle,
}

impl RowReceiver {
    /// A stream of rows that are here already.
    pub(super) fn of(output: Output) -> Self {
        let (sender, batches) = mpsc::channel(1);
        // There is room for one, and the receiver is at hand.
        let _ = sender.try_send(Ok(output));
        Self { batches }
    }

    /// The next rows; `None` after the last.
    pub(crate) async fn next(&mut self) -> Option<Result<Output>> {
        self.batches.recv().await
    }
}

/// A channel for rows; to be called on a thread of the runtime.
pub(super) fn row_channel() -> (RowSender, RowReceiver) {
    let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
    (RowSender { batches: sender, runtime: Handle::current() }, RowReceiver { batches })
}

impl RowSender {
    /// Runs a statement and sends its rows in batches, until the receiver is gone or a deadline passes.
    pub(super) fn send_all(
        &self,
        connection: &Connection,
        statement: &Statement,
        format: Format,
        echo: bool,
        deadline: Option<Instant>,
    ) {
        let mut batch = Batch::new(&statement.columns, format);
        let result = run::each_row(connection, statement, echo, |row| {
            batch.push(row)?;
            if batch.is_full() { self.send(Ok(batch.take()), deadline) } else { Ok(true) }
        });
        let _ = match result {
            Ok(()) if batch.is_empty() => Ok(true),
            Ok(()) => self.send(Ok(batch.take()), deadline),
            Err(error) => self.send(Err(error), deadline),
        };
    }

    /// Sends one batch; `false` if nobody receives any more.
    fn send(&self, batch: Result<Output>, deadline: Option<Instant>) -> Result<bool> {
        let batch = match self.batches.try_send(batch) {
            Ok(()) => return Ok(true),
            Err(mpsc::error::TrySendError::Closed(_)) => return Ok(false),
            Err(mpsc::error::TrySendError::Full(batch)) => batch,
        };
        let patience = deadline.map_or(RECEIVER_PATIENCE, |at| at.saturating_duration_since(Instant::now()));
        let sent = self.runtime.block_on(async { tokio::time::timeout(patience, self.batches.send(batch)).await });
        match sent {
            Ok(sent) => Ok(sent.is_ok()),
            Err(_) => Err(Error::Timeout),
        }
    }
}

impl Readers {
    pub(super) fn new(settings: Arc<Settings>) -> Self {
        Self {
            settings,
            queue: OnceLock::new(),
            long_reads: Arc::new(Semaphore::new(LONG_READS)),
            idle: Arc::default(),
        }
    }

    pub(super) async fn read(&self, statement: Statement, format: Format) -> Result<Output> {
        let queue = self.queue.get_or_init(|| {
            let (sender, receiver) = crossbeam_channel::bounded(self.settings.queue);
            for _ in 0..self.settings.readers {
                let (settings, jobs) = (self.settings.clone(), receiver.clone());
                std::thread::spawn(move || serve(&settings, &jobs));
            }
            sender
        });
        let (reply, answer) = oneshot::channel();
        queue.try_send(Job { statement, format, reply }).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => Error::Cancelled,
        })?;
        answer.await.unwrap_or(Err(Error::Cancelled))
    }

    pub(super) async fn stream(&self, statement: Statement, format: Format) -> Result<RowReceiver> {
        let (rows, receiver) = row_channel();
        let settings = self.settings.clone();
        self.on_own_thread(move |timed| {
            // How long a stream takes is up to its receiver, so only its waiting is limited.
            let Ok(timed) = timed.map_err(|error| rows.send(Err(error), None)) else { return };
            timed.set_deadline(None);
            rows.send_all(&timed.connection, &statement, format, settings.echo, None);
        })
        .await?;
        Ok(receiver)
    }

    /// A session that only reads: one state of the database from its beginning to its end.
    pub(super) async fn lease(&self, limit: Duration) -> Result<Lease> {
        let (commands, receiver) = crossbeam_channel::unbounded();
        let (ready, begun) = oneshot::channel();
        let echo = self.settings.echo;
        self.on_own_thread(move |timed| {
            let timed = match timed.and_then(|timed| execute(&timed.connection, "BEGIN").map(|()| timed)) {
                Ok(timed) => timed,
                Err(error) => return drop(ready.send(Err(error))),
            };
            if ready.send(Ok(())).is_ok() {
                serve_lease(timed, &receiver, limit, echo);
            }
            super::writer::roll_back(&timed.connection);
        })
        .await?;
        begun.await.unwrap_or(Err(Error::Cancelled))?;
        Ok(Lease::new(commands, limit))
    }

    /// Gives work a thread and a connection of its own, as soon as there may be one more of them.
    async fn on_own_thread(&self, work: impl FnOnce(Result<&Timed>) + Send + 'static) -> Result<()> {
        let wait = tokio::time::timeout(self.settings.statement_timeout, self.long_reads.clone().acquire_owned());
        let permit = match wait.await {
            Ok(Ok(permit)) => permit,
            _ => return Err(Error::Busy),
        };
        let (settings, idle) = (self.settings.clone(), self.idle.clone());
        std::thread::spawn(move || {
            let _permit = permit;
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let opened = kept.map_or_else(|| connection::open(&settings, Role::LongReader), Ok);
            match opened {
                Ok(timed) => {
                    work(Ok(&timed));
                    idle.lock().unwrap_or_else(PoisonError::into_inner).push(timed);
                }
                Err(error) => work(Err(error)),
            }
        });
        Ok(())
    }
}

/// Serves reads in their order until the engine is dropped.
fn serve(settings: &Settings, jobs: &Receiver<Job>) {
    let mut kept: Option<Timed> = None;
    for Job { statement, format, reply } in jobs {
        if reply.is_closed() {
            continue;
        }
        let timed = match kept.take() {
            Some(timed) => timed,
            None => match connection::open(settings, Role::Reader) {
                Ok(timed) => timed,
                Err(error) => {
                    let _ = reply.send(Err(error));
                    continue;
                }
            },
        };
        timed.set_deadline(Some(Instant::now() + settings.statement_timeout));
        let _ = reply.send(run::run(&timed.connection, &statement, format, settings.echo));
        kept = Some(timed);
    }
}
