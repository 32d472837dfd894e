//! The reader threads and streams of rows.
//!
//! Short reads share a few threads. A stream or a read-only session gets its own thread, so that a slow client keeps
//! nobody else waiting. The number of these threads is limited too.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use super::Settings;
use super::active_reads::{ActiveReads, Read, Waiting};
use super::connection::{self, DeadlineConnection, Role};
use super::deadline::after;
use super::execute::{self, execute, roll_back};
use super::lease::{Lease, serve_lease};
use super::rows::{RowReceiver, row_channel};
use crate::error::{Error, Result};
use crate::statement::{Format, Output, Statement};

/// The maximum number of concurrent streams and read-only sessions.
pub(super) const LONG_READS: usize = 16;
/// How long closing the engine waits for those that have just finished.
const MOMENT: Duration = Duration::from_millis(200);

/// The reader threads, which start with the first read.
pub(super) struct Readers {
    settings: Arc<Settings>,
    queue: OnceLock<Sender<Job>>,
    long_reads: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<DeadlineConnection>>>,
    /// Connections opened in advance for the threads.
    ready: Arc<Mutex<Vec<DeadlineConnection>>>,
    active: Arc<ActiveReads>,
}

enum Job {
    Read {
        statement: Statement,
        format: Format,
        read: Arc<Read>,
        reply: oneshot::Sender<Result<Output>>,
    },
    /// A read whose rows are returned only if they fit into one batch.
    ReadIfSmall {
        statement: Statement,
        format: Format,
        read: Arc<Read>,
        reply: oneshot::Sender<Result<Option<Output>>>,
    },
    /// Stops the thread that receives it.
    Close {
        done: oneshot::Sender<()>,
    },
}

impl Readers {
    pub(super) fn new(settings: Arc<Settings>) -> Self {
        Self {
            settings,
            queue: OnceLock::new(),
            long_reads: Arc::new(Semaphore::new(LONG_READS)),
            idle: Arc::default(),
            ready: Arc::default(),
            active: Arc::default(),
        }
    }

    /// Returns the active reads.
    pub(super) fn active(&self) -> Arc<ActiveReads> {
        self.active.clone()
    }

    /// Opens the connections that the threads will use.
    pub(super) fn warm_up(&self) -> Result<()> {
        for _ in 0..self.settings.readers {
            let timed = connection::open(&self.settings, Role::Reader)?;
            self.ready.lock().unwrap_or_else(PoisonError::into_inner).push(timed);
        }
        Ok(())
    }

    pub(super) async fn read(&self, statement: Statement, format: Format) -> Result<Output> {
        self.ask(|read, reply| Job::Read { statement, format, read, reply }).await
    }

    /// Returns the rows if they fit into one batch. Most lists do, and then need no thread of their own.
    pub(super) async fn read_if_small(&self, statement: Statement, format: Format) -> Result<Option<Output>> {
        self.ask(|read, reply| Job::ReadIfSmall { statement, format, read, reply }).await
    }

    async fn ask<T>(&self, job: impl FnOnce(Arc<Read>, oneshot::Sender<Result<T>>) -> Job) -> Result<T> {
        let queue = self.queue.get_or_init(|| {
            let (sender, receiver) = crossbeam_channel::bounded(self.settings.max_queued);
            for _ in 0..self.settings.readers {
                let (settings, jobs, ready) = (self.settings.clone(), receiver.clone(), self.ready.clone());
                let active = self.active.clone();
                std::thread::spawn(move || {
                    // A panic only fails the read that caused it.
                    while catch_unwind(AssertUnwindSafe(|| serve(&settings, &jobs, &ready, &active))).is_err() {
                        tracing::error!("a reader of SQLite panicked");
                    }
                });
            }
            sender
        });
        let (reply, answer) = oneshot::channel();
        // If the caller goes away, this ends the read.
        let waiting = Waiting(Read::new());
        queue.try_send(job(waiting.0.clone(), reply)).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => Error::Cancelled,
        })?;
        answer.await.unwrap_or(Err(Error::Cancelled))
    }

    pub(super) async fn stream(&self, statement: Statement, format: Format) -> Result<RowReceiver> {
        let (rows, receiver) = row_channel();
        let (settings, active) = (self.settings.clone(), self.active.clone());
        self.on_own_thread(move |timed| {
            let timed = match timed {
                Ok(timed) => timed,
                Err(error) => return rows.send_error(error),
            };
            let _reading = timed.begin_read(&active, rows.read());
            let expires = after(settings.read_timeout);
            rows.send_all(timed, &statement, format, settings.echo, expires, Some(settings.statement_timeout));
        })
        .await?;
        Ok(receiver)
    }

    /// Counts, and starts a stream of the rows in the same snapshot. The stream has as much time as any other.
    pub(super) async fn counted_stream(
        &self,
        count: Statement,
        statement: Statement,
        format: Format,
    ) -> Result<(Output, RowReceiver)> {
        let (rows, receiver) = row_channel();
        let (reply, counted) = oneshot::channel();
        let (settings, active) = (self.settings.clone(), self.active.clone());
        self.on_own_thread(move |timed| {
            let timed = match timed {
                Ok(timed) => timed,
                Err(error) => return drop(reply.send(Err(error))),
            };
            let reading = timed.begin_read(&active, rows.read());
            timed.set_deadline(after(settings.statement_timeout.min(settings.read_timeout)));
            let connection = &timed.connection;
            let begun = execute(connection, "BEGIN");
            let count = begun.and_then(|()| execute::run(connection, &count, Format::Values, settings.echo));
            let is_counted = count.is_ok();
            // The reason why the read was ended is more useful than the interrupt.
            let replied = reply.send(count.map_err(|error| rows.read().error().unwrap_or(error)));
            if is_counted && replied.is_ok() {
                let expires = after(settings.read_timeout);
                rows.send_all(timed, &statement, format, settings.echo, expires, Some(settings.statement_timeout));
            }
            // Nothing may interrupt the rollback.
            drop(reading);
            timed.set_deadline(None);
            roll_back(connection);
        })
        .await?;
        let count = counted.await.unwrap_or(Err(Error::Cancelled))?;
        Ok((count, receiver))
    }

    /// Starts a read-only session, which sees one snapshot of the database.
    pub(super) async fn lease(&self, limit: Duration) -> Result<Lease> {
        let (commands, receiver) = crossbeam_channel::unbounded();
        let (ready, begun) = oneshot::channel();
        let settings = self.settings.clone();
        self.on_own_thread(move |timed| {
            let timed = match timed.and_then(|timed| execute(&timed.connection, "BEGIN").map(|()| timed)) {
                Ok(timed) => timed,
                Err(error) => return drop(ready.send(Err(error))),
            };
            if ready.send(Ok(())).is_ok() {
                serve_lease(timed, &receiver, limit, &settings);
            }
            roll_back(&timed.connection);
        })
        .await?;
        begun.await.unwrap_or(Err(Error::Cancelled))?;
        Ok(Lease::new(commands, limit))
    }

    /// Stops the threads and closes their connections, except those of long reads in progress.
    pub(super) async fn close(&self) {
        if let Some(queue) = self.queue.get() {
            for _ in 0..self.settings.readers {
                let (done, ended) = oneshot::channel();
                if queue.try_send(Job::Close { done }).is_ok() {
                    let _ = ended.await;
                }
            }
        }
        // A thread that has just finished a long read still has to return its connection.
        let all_back = self.long_reads.acquire_many(LONG_READS as u32);
        let _ = tokio::time::timeout(MOMENT, all_back).await;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Runs work on its own thread and connection, as soon as the limit allows it.
    async fn on_own_thread(&self, work: impl FnOnce(Result<&DeadlineConnection>) + Send + 'static) -> Result<()> {
        self.settings.check_file_now_and_then()?;
        let wait = tokio::time::timeout(self.settings.pool_timeout, self.long_reads.clone().acquire_owned());
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

/// Serves reads in order until the engine is dropped or closed.
fn serve(settings: &Settings, jobs: &Receiver<Job>, ready: &Mutex<Vec<DeadlineConnection>>, active: &ActiveReads) {
    let mut kept = ready.lock().unwrap_or_else(PoisonError::into_inner).pop();
    for job in jobs {
        match job {
            Job::Read { statement, format, read, reply } => {
                serve_one(settings, &mut kept, reply, (active, &read), |connection| {
                    execute::run(connection, &statement, format, settings.echo)
                });
            }
            Job::ReadIfSmall { statement, format, read, reply } => {
                serve_one(settings, &mut kept, reply, (active, &read), |connection| {
                    execute::run_if_small(connection, &statement, format, settings.echo)
                });
            }
            Job::Close { done } => {
                drop(kept);
                // The caller of close may have gone away.
                let _ = done.send(());
                return;
            }
        }
    }
}

/// Runs one read on the thread's connection and replies, unless nobody waits for it.
fn serve_one<T>(
    settings: &Settings,
    kept: &mut Option<DeadlineConnection>,
    reply: oneshot::Sender<Result<T>>,
    (active, read): (&ActiveReads, &Arc<Read>),
    rows: impl FnOnce(&Connection) -> Result<T>,
) {
    if reply.is_closed() {
        return;
    }
    let opened = kept.take().map_or_else(|| connection::open(settings, Role::Reader), Ok);
    let result = opened.and_then(|timed| {
        timed.set_deadline(after(settings.statement_timeout.min(settings.read_timeout)));
        let reading = timed.begin_read(active, read);
        let result = rows(&timed.connection);
        drop(reading);
        *kept = Some(timed);
        // The reason why the read was ended is more useful than the interrupt.
        result.map_err(|error| read.error().unwrap_or(error))
    });
    let _ = reply.send(result);
}
