//! A connection in use.

use std::time::{Duration, Instant};

use futures::StreamExt;
use tokio_postgres::RowStream;

use super::search_path::Object;
use super::tls::Tls;
use super::{Hold, RowReceiver, codec, errors};
use crate::batch::{self, Batch};
use crate::driver::RowSource;
use crate::error::{Error, Result};
use crate::isolation::Isolation;
use crate::statement::{FAILED_CHECK, Format, Output, Prepared, Statement};

/// A pooled connection that is cleaned up before anyone else gets it.
///
/// If dropped during a statement, the connection is closed and the statement cancelled. If dropped in a transaction,
/// the transaction is rolled back. A caller may be cancelled at any await, so the state is set before each one.
pub(crate) struct Connection {
    object: Option<Object>,
    tls: Tls,
    state: State,
    is_in_transaction: bool,
    statement_timeout: Duration,
    /// The deadline of the transaction and its time limit.
    deadline: Option<(Instant, Duration)>,
    echo: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    InTransaction,
    /// A statement is in progress, so the state of the connection is unknown.
    Busy,
}

/// The time by which a statement must finish, and whether it comes from the transaction's limit.
#[derive(Clone, Copy)]
struct Ends {
    at: Instant,
    of_transaction: bool,
}

/// The maximum number of prepared statements per connection.
const STATEMENT_CACHE: usize = 256;
/// The maximum time in milliseconds that PostgreSQL accepts in settings.
const MAX_MILLIS: u128 = i32::MAX as u128;
/// Used instead of a timeout that overflows an instant.
const FAR_AWAY: Duration = Duration::from_secs(30 * 365 * 86_400);

/// Returns the instant when a time limit ends.
fn after(limit: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(limit).unwrap_or_else(|| now + FAR_AWAY)
}

/// Returns the SQL name of an isolation level.
fn level(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::ReadCommitted => "READ COMMITTED",
        Isolation::RepeatableRead => "REPEATABLE READ",
        Isolation::Serializable => "SERIALIZABLE",
    }
}

impl Connection {
    pub(super) fn new(object: Object, tls: Tls, statement_timeout: Duration, echo: bool) -> Self {
        let state = State::Idle;
        Self { object: Some(object), tls, state, is_in_transaction: false, statement_timeout, deadline: None, echo }
    }

    pub(super) async fn begin(&mut self, isolation: Isolation, read_only: bool, limit: Option<Duration>) -> Result<()> {
        let mode = if read_only { "READ ONLY" } else { "READ WRITE" };
        let mut sql = format!("BEGIN ISOLATION LEVEL {} {mode}", level(isolation));
        if let Some(limit) = limit {
            // The server ends an idle session even if this program hangs.
            let millis = limit.as_millis().clamp(1, MAX_MILLIS);
            sql.push_str(&format!("; SET LOCAL idle_in_transaction_session_timeout = {millis}"));
            self.deadline = Some((after(limit), limit));
        }
        let begun = self.run_plain(&sql).await;
        match begun {
            Ok(()) => (self.state, self.is_in_transaction) = (State::InTransaction, true),
            // The transaction may have begun anyway, so nobody else may use the connection.
            Err(_) => self.discard(),
        }
        begun
    }

    pub(crate) async fn commit(&mut self) -> Result<()> {
        self.run_plain("COMMIT").await.inspect_err(|_| self.forget_path())?;
        (self.state, self.is_in_transaction) = (State::Idle, false);
        Ok(())
    }

    pub(crate) async fn roll_back(&mut self) -> Result<()> {
        self.run_plain("ROLLBACK").await?;
        self.forget_path();
        (self.state, self.is_in_transaction) = (State::Idle, false);
        Ok(())
    }

    /// Forgets the known search path, because a rollback may have changed it.
    pub(crate) fn forget_path(&self) {
        if let Some(object) = &self.object {
            object.forget_path();
        }
    }

    /// Runs SQL without parameters, such as transaction control.
    pub(crate) async fn run_plain(&mut self, sql: &str) -> Result<()> {
        self.limited(async |object| object.batch_execute(sql).await.map_err(errors::convert), sql).await
    }

    /// Runs a migration statement. Errors keep the server's full message.
    pub(crate) async fn run_script(&mut self, sql: &str) -> Result<()> {
        self.limited(async |object| object.batch_execute(sql).await.map_err(errors::whole), sql).await
    }

    /// Runs a statement of a session and collects its rows.
    pub(crate) async fn run(&mut self, statement: Statement, format: Format) -> Result<Output> {
        self.run_guarded(&statement, format).await
    }

    /// Runs a statement of a session and streams its rows.
    pub(crate) async fn stream(&mut self, statement: Statement, format: Format) -> Result<RowSource<'_>> {
        let rows = RowReceiver::open(Hold::Session(self), &statement, format).await?;
        Ok(RowSource::Postgres(Box::new(rows)))
    }

    /// Returns an error, because this is supported on SQLite only.
    pub(crate) async fn prepare(&self, _: Vec<String>) -> Result<Vec<Prepared>> {
        Err(Error::Config("PostgreSQL is not asked to prepare what it does not run".into()))
    }

    /// Checks deferred constraints now instead of on commit.
    pub(crate) async fn check_deferred(&mut self) -> Result<()> {
        self.run_plain("SET CONSTRAINTS ALL IMMEDIATE").await
    }

    /// Runs a statement and collects its rows. A statement with guards must run in a transaction, which must be
    /// rolled back if this fails.
    pub(super) async fn run_guarded(&mut self, statement: &Statement, format: Format) -> Result<Output> {
        for guard in &statement.guards {
            if let Some(question) = guard.question() {
                Error::check_guard(guard, guard.allows_found(self.run_one(question, Format::Values).await?))?;
            }
        }
        let output = self.run_one(statement, format).await?;
        statement.guards.iter().try_for_each(|guard| Error::check_guard(guard, guard.allows_answer(&output)))?;
        Ok(output)
    }

    async fn run_one(&mut self, statement: &Statement, format: Format) -> Result<Output> {
        let ran = self.limited(async |object| gather(object, statement, format).await, &statement.sql).await;
        ran.map_err(|error| match (&statement.hidden.checked, error) {
            (Some(table), Error::Refused(refusal)) if refusal.message.contains(FAILED_CHECK) => {
                batch::failed_check(table)
            }
            (_, error) => error,
        })
    }

    /// Runs a statement whose rows the caller reads. The connection is busy until [`Self::finish`].
    pub(crate) async fn open(&mut self, statement: &Statement) -> Result<RowStream> {
        let rows = self.limited(async |object| query(object, statement).await, &statement.sql).await?;
        self.state = State::Busy;
        Ok(rows)
    }

    /// Begins a transaction without a time limit of its own, counts, and opens rows in the same snapshot.
    pub(super) async fn open_counted(
        &mut self,
        count: &Statement,
        statement: &Statement,
    ) -> Result<(Output, RowStream)> {
        self.begin(Isolation::RepeatableRead, true, None).await?;
        let count = self.run_guarded(count, Format::Values).await?;
        Ok((count, self.open(statement).await?))
    }

    /// Waits for rows of [`Self::open`] within the statement's and the transaction's time limits.
    pub(super) async fn rows_in_time<T>(&mut self, rows: impl Future<Output = T>) -> Result<T> {
        let ends = self.ends();
        tokio::time::timeout_at(ends.at.into(), rows).await.map_err(|_| self.overdue(ends))
    }

    /// Marks the rows of [`Self::open`] as fully read.
    pub(crate) fn finish(&mut self) {
        self.state = if self.is_in_transaction { State::InTransaction } else { State::Idle };
    }

    /// Runs work within the time limits, with the connection marked as busy.
    async fn limited<T>(&mut self, work: impl AsyncFnOnce(&Object) -> Result<T>, sql: &str) -> Result<T> {
        let begun = Instant::now();
        let ends = self.ends();
        if self.deadline.is_some_and(|(deadline, _)| begun >= deadline) {
            return Err(self.expired());
        }
        let before = std::mem::replace(&mut self.state, State::Busy);
        let object = self.object.as_ref().ok_or(Error::SessionEnded)?;
        let result = tokio::time::timeout_at(ends.at.into(), work(object)).await;
        if self.echo {
            crate::echo::log(sql, begun.elapsed());
        }
        let closed = object.is_closed();
        match result {
            Ok(result) => {
                // After a failed statement the transaction still has to be rolled back.
                self.state = before;
                if matches!(result, Err(Error::Unavailable(_))) {
                    // The client may not have noticed the closed connection yet, so keep it out of the pool.
                    drop(self.object.take().map(Object::take));
                }
                if closed && self.deadline.is_some_and(|(deadline, _)| Instant::now() >= deadline) {
                    return Err(self.expired());
                }
                result
            }
            Err(_) => Err(self.overdue(ends)),
        }
    }

    /// Returns the deadline for work that starts now: that of the statement or the transaction, whichever comes
    /// first.
    fn ends(&self) -> Ends {
        let statement = after(self.statement_timeout);
        match self.deadline {
            Some((at, _)) if at < statement => Ends { at, of_transaction: true },
            _ => Ends { at: statement, of_transaction: false },
        }
    }

    /// Discards the connection, which cancels the statement, and returns the timeout error.
    fn overdue(&mut self, ends: Ends) -> Error {
        if ends.of_transaction {
            return self.expired();
        }
        self.discard();
        Error::Timeout
    }

    /// Discards the connection and returns the error for an expired session.
    fn expired(&mut self) -> Error {
        let limit = self.deadline.map_or(Duration::ZERO, |(_, limit)| limit);
        self.discard();
        Error::SessionExpired { limit }
    }

    /// Closes the connection instead of returning it to the pool, and cancels its running statement.
    fn discard(&mut self) {
        let Some(object) = self.object.take() else { return };
        let client = Object::take(object);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (cancel, tls) = (client.cancel_token(), self.tls.clone());
            // Without cancelling, the statement would run to its end on the server.
            runtime.spawn(async move { tls.cancel(cancel).await });
        }
        drop(client);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        match (self.state, tokio::runtime::Handle::try_current()) {
            (State::Idle, _) => {}
            (State::InTransaction, Ok(runtime)) => {
                let Some(object) = self.object.take() else { return };
                object.forget_path();
                runtime.spawn(async move {
                    if object.batch_execute("ROLLBACK").await.is_err() {
                        drop(Object::take(object));
                    }
                });
            }
            (State::Busy | State::InTransaction, _) => self.discard(),
        }
    }
}

/// Runs a statement and collects its rows.
pub(super) async fn gather(object: &Object, statement: &Statement, format: Format) -> Result<Output> {
    let rows = query(object, statement).await?;
    let mut rows = std::pin::pin!(rows);
    let mut batch = Batch::new(statement, format);
    while let Some(row) = rows.next().await {
        batch.push(&row.map_err(errors::convert)?)?;
    }
    Ok(batch.take())
}

/// Starts a statement. If its table was changed since it was prepared, prepares it again; the server rejects such a
/// statement before it runs anything.
async fn query(object: &Object, statement: &Statement) -> Result<RowStream> {
    match query_once(object, statement).await {
        Err(Error::PlanInvalidated) => {
            object.statement_cache.remove(&statement.sql, &[]);
            // In a transaction the first error has aborted it, and is the more useful one.
            query_once(object, statement).await.map_err(|error| match error {
                Error::SessionEnded => Error::PlanInvalidated,
                error => error,
            })
        }
        result => result,
    }
}

async fn query_once(object: &Object, statement: &Statement) -> Result<RowStream> {
    // Clients choose the shape of filters, and thus how many statements there are. Limit them, because the server
    // keeps prepared statements in memory.
    if object.statement_cache.size() >= STATEMENT_CACHE {
        object.statement_cache.clear();
    }
    object.look_in(&statement.search_path).await?;
    let prepared = object.prepare_cached(&statement.sql).await.map_err(errors::convert)?;
    // Do not decode a column that now has another type.
    let mut types = statement.columns.iter().zip(prepared.columns());
    if !types.all(|(column, found)| codec::can_read(&column.kind, found.type_())) {
        return Err(Error::PlanInvalidated);
    }
    let binds = statement.binds.iter().map(|bind| bind as &(dyn tokio_postgres::types::ToSql + Sync));
    object.query_raw(&prepared, binds).await.map_err(errors::convert)
}
