//! The writer thread.
//!
//! Queued requests are committed together, each in its own savepoint, so that one disk sync serves them all. No
//! request is answered before COMMIT has returned. If a group fails as a whole (a deferred constraint,
//! `RAISE(ROLLBACK)`, a full disk), its requests run again one by one, so that each gets its own result.
//!
//! A session leases the thread from `BEGIN IMMEDIATE` to the end of its transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::Settings;
use super::active_reads::{ActiveReads, LogWatch};
use super::connection::{self, DeadlineConnection, Role};
use super::deadline::after;
use super::errors;
use super::execute::{self, execute, roll_back};
use super::lease::{Command, Lease, Purpose, serve_lease};
use super::point_read::PointReads;
use crate::error::{Error, Result};
use crate::statement::{Format, Output, Statement};

/// The maximum number of requests committed together.
const GROUP: usize = 256;

/// The WAL size in bytes above which it is truncated when idle: about twice SQLite's automatic checkpoint threshold.
const LARGE_LOG: u64 = 8 * 1024 * 1024;
/// How long the writer must be idle before the WAL is truncated.
const REST: Duration = Duration::from_millis(500);

/// The queue of the writer thread, which starts with the first request.
pub(super) struct Writer {
    settings: Arc<Settings>,
    lookups: PointReads,
    active: Arc<ActiveReads>,
    queue: OnceLock<Sender<Job>>,
}

enum Job {
    /// Closes the connection and stops the thread.
    Close {
        done: oneshot::Sender<()>,
    },
    Write(Write),
    Read {
        statement: Statement,
        format: Format,
        reply: oneshot::Sender<Result<Output>>,
    },
    Lease {
        commands: Receiver<Command>,
        limit: Duration,
        purpose: Purpose,
        ready: oneshot::Sender<Result<()>>,
    },
}

struct Write {
    statements: Vec<Statement>,
    format: Format,
    reply: oneshot::Sender<Result<Vec<Output>>>,
}

impl Writer {
    pub(super) fn new(settings: Arc<Settings>, lookups: PointReads, active: Arc<ActiveReads>) -> Self {
        Self { settings, lookups, active, queue: OnceLock::new() }
    }

    /// Returns how many requests wait.
    pub(super) fn queued(&self) -> usize {
        self.queue.get().map_or(0, Sender::len)
    }

    pub(super) async fn write(&self, statements: Vec<Statement>, format: Format) -> Result<Vec<Output>> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Write(Write { statements, format, reply }))?;
        answer.await.unwrap_or(Err(Error::Cancelled))
    }

    pub(super) async fn read(&self, statement: Statement, format: Format) -> Result<Output> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Read { statement, format, reply })?;
        answer.await.unwrap_or(Err(Error::Cancelled))
    }

    pub(super) async fn lease(&self, purpose: Purpose, limit: Duration) -> Result<Lease> {
        let (commands, receiver) = crossbeam_channel::unbounded();
        let (ready, begun) = oneshot::channel();
        self.send(Job::Lease { commands: receiver, limit, purpose, ready })?;
        match tokio::time::timeout(self.settings.pool_timeout, begun).await {
            Ok(begun) => begun.unwrap_or(Err(Error::Cancelled))?,
            Err(_) => return Err(Error::Busy),
        }
        Ok(Lease::new(commands, limit))
    }

    /// Stops the thread and closes its connection.
    pub(super) async fn close(&self) {
        if let Some(queue) = self.queue.get() {
            let (done, ended) = oneshot::channel();
            if queue.try_send(Job::Close { done }).is_ok() {
                let _ = ended.await;
            }
        }
    }

    fn send(&self, job: Job) -> Result<()> {
        let queue = self.queue.get_or_init(|| {
            let (sender, receiver) = crossbeam_channel::bounded(self.settings.max_queued);
            let (settings, lookups, active) = (self.settings.clone(), self.lookups.clone(), self.active.clone());
            let log = LogWatch::default();
            std::thread::spawn(move || {
                Thread { settings, lookups, active, log, log_bytes: 0, connection: None }.serve(&receiver);
            });
            sender
        });
        queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => Error::Cancelled,
        })
    }
}

struct Thread {
    settings: Arc<Settings>,
    lookups: PointReads,
    active: Arc<ActiveReads>,
    log: LogWatch,
    /// The size of the WAL after the last commit.
    log_bytes: u64,
    connection: Option<DeadlineConnection>,
}

impl Thread {
    /// Serves jobs in order until the engine is dropped or closed. A panic fails the affected jobs but not the
    /// thread.
    fn serve(&mut self, jobs: &Receiver<Job>) {
        let mut next = None;
        while let Some(job) = next.take().or_else(|| self.next(jobs)) {
            match catch_unwind(AssertUnwindSafe(|| self.serve_one(job, jobs, &mut next))) {
                Ok(true) => {}
                Ok(false) => return,
                // The state of the connection is unknown. Closing it rolls back.
                Err(_) => self.connection = None,
            }
        }
    }

    /// Returns the next job. While idle, a large WAL is checkpointed and truncated.
    fn next(&mut self, jobs: &Receiver<Job>) -> Option<Job> {
        while self.log_bytes > LARGE_LOG {
            match jobs.recv_timeout(REST) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
            let _writing = self.lookups.writing();
            // Do not wait for readers of the WAL. Try again later.
            let cut = self.connection().and_then(|timed| {
                timed.connection.busy_timeout(Duration::ZERO).map_err(errors::convert)?;
                let cut = timed.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
                timed.connection.busy_timeout(connection::BUSY_TIMEOUT).map_err(errors::convert)?;
                cut.map_err(errors::convert)
            });
            self.log_bytes = cut.and_then(|()| self.settings.check_file()).unwrap_or(0);
        }
        jobs.recv().ok()
    }

    /// Checks the file after a commit, which is acknowledged only if the file is still there.
    fn committed(&mut self) -> Result<()> {
        self.log_bytes = self.settings.check_file()?;
        self.log.see(self.log_bytes, &self.active);
        Ok(())
    }

    /// Serves one job, and with a write also the writes queued behind it. Returns `false` after the last job. A job
    /// that was taken from the queue but not served is left in `next`.
    fn serve_one(&mut self, job: Job, jobs: &Receiver<Job>, next: &mut Option<Job>) -> bool {
        match job {
            Job::Write(write) => {
                let mut group = vec![write];
                while group.len() < GROUP {
                    match jobs.try_recv() {
                        Ok(Job::Write(write)) => group.push(write),
                        Ok(other) => {
                            *next = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                // Drop requests that were cancelled before they began.
                group.retain(|write| !write.reply.is_closed());
                let _writing = self.lookups.writing();
                self.write(group);
            }
            Job::Read { statement, format, reply } => {
                let echo = self.settings.echo;
                let timed = self.connection();
                let result = timed.and_then(|timed| execute::run(&timed.connection, &statement, format, echo));
                let _ = reply.send(result);
            }
            Job::Close { done } => {
                self.connection = None;
                // The caller of close may have gone away.
                let _ = done.send(());
                return false;
            }
            Job::Lease { commands, limit, purpose, ready } => {
                // The session may have stopped waiting.
                if !ready.is_closed() {
                    let _writing = self.lookups.writing();
                    self.lease(&commands, limit, purpose, ready);
                }
            }
        }
        true
    }

    /// Returns the connection, opening it if needed, and starts the statement time limit.
    fn connection(&mut self) -> Result<&DeadlineConnection> {
        self.settings.check_file()?;
        let timed = match self.connection.take() {
            Some(timed) => timed,
            None => connection::open(&self.settings, Role::Writer)?,
        };
        timed.set_deadline(after(self.settings.statement_timeout));
        Ok(self.connection.insert(timed))
    }

    fn write(&mut self, group: Vec<Write>) {
        if self.settings.read_only {
            return refuse_all(group, || Error::ReadOnly);
        }
        let group = match <[Write; 1]>::try_from(group) {
            Ok([write]) => return self.write_alone(write),
            Err(group) => group,
        };
        match self.write_together(&group) {
            // Another program holds the lock. Each request alone would wait for it just as long.
            Err(Error::Busy) => refuse_all(group, || Error::Busy),
            Err(Error::FileGone { path }) => refuse_all(group, || Error::FileGone { path: path.clone() }),
            Ok(Some(results)) => {
                for (write, result) in group.into_iter().zip(results) {
                    let _ = write.reply.send(result);
                }
            }
            Ok(None) | Err(_) => group.into_iter().for_each(|write| self.write_alone(write)),
        }
    }

    /// Commits a group. Returns `None` if it failed as a whole and was rolled back.
    ///
    /// # Errors
    ///
    /// Returns an error if the transaction could not begin, or if the database file is gone.
    fn write_together(&mut self, group: &[Write]) -> Result<Option<Vec<Result<Vec<Output>>>>> {
        let (echo, limit) = (self.settings.echo, self.settings.statement_timeout);
        let timed = self.connection()?;
        let connection = &timed.connection;
        execute(connection, "BEGIN IMMEDIATE")?;
        let mut results = Vec::with_capacity(group.len());
        for write in group {
            timed.set_deadline(after(limit));
            let saved = execute(connection, "SAVEPOINT request");
            let result = saved.and_then(|()| run_all(connection, write, echo));
            let kept = match &result {
                Ok(_) => execute(connection, "RELEASE request"),
                Err(_) => {
                    execute(connection, "ROLLBACK TO request").and_then(|()| execute(connection, "RELEASE request"))
                }
            };
            // RAISE(ROLLBACK) and a full disk end the whole transaction.
            if kept.is_err() || connection.is_autocommit() {
                roll_back(connection);
                return Ok(None);
            }
            results.push(result);
        }
        if execute(connection, "COMMIT").is_err() {
            roll_back(connection);
            return Ok(None);
        }
        // A commit to a file that is gone is lost.
        self.committed().map(|()| Some(results))
    }

    fn write_alone(&mut self, write: Write) {
        let result = self.try_alone(&write);
        let _ = write.reply.send(result);
    }

    fn try_alone(&mut self, write: &Write) -> Result<Vec<Output>> {
        let echo = self.settings.echo;
        let connection = &self.connection()?.connection;
        execute(connection, "BEGIN IMMEDIATE")?;
        let result = run_all(connection, write, echo).and_then(|outputs| {
            execute(connection, "COMMIT")?;
            Ok(outputs)
        });
        if result.is_err() {
            roll_back(connection);
            return result;
        }
        self.committed().and(result)
    }

    fn lease(
        &mut self,
        commands: &Receiver<Command>,
        limit: Duration,
        purpose: Purpose,
        ready: oneshot::Sender<Result<()>>,
    ) {
        // For a database in memory, the writer also serves read-only sessions. A read-only engine has `query_only`
        // set already.
        let settings = purpose.settings().filter(|_| purpose != Purpose::Read || !self.settings.read_only);
        let begun = self.connection().and_then(|timed| {
            settings.map_or(Ok(()), |(before, _)| execute(&timed.connection, before))?;
            let begin = if purpose == Purpose::Read { "BEGIN" } else { "BEGIN IMMEDIATE" };
            execute(&timed.connection, begin)
        });
        let failed = begun.is_err();
        let is_served = ready.send(begun).is_ok() && !failed;
        let Some(timed) = &self.connection else { return };
        match is_served {
            true => serve_lease(timed, commands, limit, &self.settings),
            false => roll_back(&timed.connection),
        }
        self.log_bytes = self.settings.check_file().unwrap_or(0);
        if settings.is_some_and(|(_, after)| timed.connection.execute_batch(after).is_err()) {
            self.connection = None;
        }
    }
}

fn refuse_all(group: Vec<Write>, why: impl Fn() -> Error) {
    group.into_iter().for_each(|write| drop(write.reply.send(Err(why()))));
}

fn run_all(connection: &Connection, write: &Write, echo: bool) -> Result<Vec<Output>> {
    write.statements.iter().map(|statement| execute::run_guarded(connection, statement, write.format, echo)).collect()
}
