//! A SQLite thread leased to one session for the duration of its transaction.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tokio::sync::oneshot;

use super::connection::DeadlineConnection;
use super::deadline::after;
use super::execute::{self, execute, roll_back};
use super::rows::{RowSender, row_channel};
use super::{Settings, deferred_keys};
use crate::driver::RowSource;
use crate::error::{Error, Result};
use crate::statement::{Format, Output, Prepared, Statement};

/// The purpose of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Reads only.
    Read,
    /// Writes rows.
    Write,
    /// Changes the schema, with foreign keys switched off.
    ChangeTables,
}

impl Purpose {
    /// Returns the SQL to run before the transaction and after it, if the purpose needs any.
    pub(super) fn settings(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Read => Some(("PRAGMA query_only = ON", "PRAGMA query_only = OFF")),
            Self::Write => None,
            // A script that fails halfway may leave these on, so reset them.
            Self::ChangeTables => Some((
                "PRAGMA foreign_keys = OFF",
                "PRAGMA foreign_keys = ON; PRAGMA legacy_alter_table = OFF; PRAGMA writable_schema = OFF",
            )),
        }
    }
}

/// A command of a session to its leased thread.
pub(super) enum Command {
    Run { statement: Statement, format: Format, reply: oneshot::Sender<Result<Output>> },
    Stream { statement: Statement, format: Format, rows: RowSender },
    Prepare { statements: Vec<String>, reply: oneshot::Sender<Result<Vec<Prepared>>> },
    CheckDeferred { reply: oneshot::Sender<Result<()>> },
    Commit { reply: oneshot::Sender<Result<()>> },
    RollBack { reply: oneshot::Sender<Result<()>> },
}

/// A thread leased to one session. Dropping the lease rolls back.
pub(crate) struct Lease {
    commands: Sender<Command>,
    limit: Duration,
}

impl Lease {
    pub(super) fn new(commands: Sender<Command>, limit: Duration) -> Self {
        Self { commands, limit }
    }

    pub(crate) async fn run(&self, statement: Statement, format: Format) -> Result<Output> {
        self.ask(|reply| Command::Run { statement, format, reply }).await
    }

    /// Runs SQL without parameters and ignores its rows.
    pub(crate) async fn run_plain(&self, sql: &str) -> Result<()> {
        self.run(Statement::new(sql.to_owned()), Format::Values).await.map(drop)
    }

    /// Runs a migration statement.
    pub(crate) async fn run_script(&self, sql: &str) -> Result<()> {
        self.run_plain(sql).await
    }

    /// Does nothing, because SQLite has no search path.
    pub(crate) fn forget_path(&self) {}

    pub(crate) async fn prepare(&self, statements: Vec<String>) -> Result<Vec<Prepared>> {
        self.ask(|reply| Command::Prepare { statements, reply }).await
    }

    /// Returns the error that a commit would report if a deferred foreign key is violated.
    pub(crate) async fn check_deferred(&self) -> Result<()> {
        self.ask(|reply| Command::CheckDeferred { reply }).await
    }

    pub(crate) async fn commit(&self) -> Result<()> {
        self.ask(|reply| Command::Commit { reply }).await
    }

    pub(crate) async fn roll_back(&self) -> Result<()> {
        self.ask(|reply| Command::RollBack { reply }).await
    }

    pub(crate) async fn stream(&mut self, statement: Statement, format: Format) -> Result<RowSource<'_>> {
        let (rows, receiver) = row_channel();
        self.commands.send(Command::Stream { statement, format, rows }).map_err(|_| self.expired())?;
        Ok(RowSource::Sqlite(receiver))
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<Result<T>>) -> Command) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).map_err(|_| self.expired())?;
        // Without a reply, the session is taken to have expired.
        answer.await.unwrap_or_else(|_| Err(self.expired()))
    }

    fn expired(&self) -> Error {
        Error::SessionExpired { limit: self.limit }
    }
}

/// Serves one session on a connection with an open transaction, until it ends or expires.
pub(super) fn serve_lease(
    timed: &DeadlineConnection,
    commands: &Receiver<Command>,
    limit: Duration,
    settings: &Settings,
) {
    let echo = settings.echo;
    let deadline = after(limit);
    let has_passed = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    timed.set_deadline(deadline);
    let connection = &timed.connection;
    loop {
        let command = match deadline {
            Some(deadline) => commands.recv_deadline(deadline),
            None => commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match command {
            Ok(Command::Run { statement, format, reply }) => {
                let result = execute::run_guarded(connection, &statement, format, echo);
                let expired = matches!(result, Err(Error::Timeout)) && has_passed();
                let over = connection.is_autocommit();
                let _ = reply.send(if expired { Err(Error::SessionExpired { limit }) } else { result });
                if expired || over {
                    break;
                }
            }
            Ok(Command::Stream { statement, format, rows }) => {
                rows.send_all(timed, &statement, format, echo, deadline, None);
            }
            Ok(Command::Prepare { statements, reply }) => {
                let _ = reply.send(Ok(statements.iter().map(|sql| execute::prepare(connection, sql)).collect()));
            }
            Ok(Command::CheckDeferred { reply }) => {
                let _ = reply.send(deferred_keys::check(connection));
            }
            Ok(Command::Commit { reply }) => {
                let result = execute(connection, "COMMIT").and_then(|()| settings.check_file().map(drop));
                if result.is_err() {
                    roll_back(connection);
                }
                let _ = reply.send(result);
                break;
            }
            Ok(Command::RollBack { reply }) => {
                roll_back(connection);
                let _ = reply.send(Ok(()));
                break;
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    roll_back(connection);
    timed.set_deadline(None);
}
