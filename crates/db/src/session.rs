//! A transaction as a unit of work.

mod retry;
mod work;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mwallet_schema::Table;

pub use retry::SessionFuture;

use crate::driver::Transaction;
use crate::engine::Engine;
use crate::entity::{Entity, Handle};
use crate::error::{Error, Result};
use crate::isolation::Isolation;
use crate::options::SessionOptions;
use crate::query::{Filter, Plan, Query};
use crate::quote::quote;
use crate::row::Row;
use crate::sql::Sql;
use crate::statement::{Format, Output, Prepared, SearchPath, Statement};
use crate::stream::Batches;
use work::UnitOfWork;

/// Creates sessions of an engine with the same options.
#[derive(Clone, Debug)]
pub struct SessionFactory {
    engine: Engine,
    options: SessionOptions,
}

impl Engine {
    /// Returns a session factory with default options.
    pub fn sessions(&self) -> SessionFactory {
        SessionFactory { engine: self.clone(), options: SessionOptions::default() }
    }
}

impl SessionFactory {
    /// Sets the isolation level.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.options.isolation = isolation;
        self
    }

    /// Makes the sessions read-only.
    pub fn read_only(mut self) -> Self {
        self.options.read_only = true;
        self
    }

    /// Lets the sessions change the schema. See [`SessionOptions`].
    pub(crate) fn schema_change(mut self) -> Self {
        self.options.schema_change = true;
        self
    }

    /// Sets the time limit.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.options.limit = Some(limit);
        self
    }

    /// Begins a session.
    ///
    /// # Errors
    ///
    /// Returns an error if the database cannot be reached or is busy for too long.
    pub async fn begin(&self) -> Result<Session> {
        static SESSIONS: AtomicU64 = AtomicU64::new(0);
        let transaction = self.engine.lease(&self.options).await?;
        let id = SESSIONS.fetch_add(1, Ordering::Relaxed);
        Ok(Session {
            engine: self.engine.clone(),
            transaction,
            state: State::Open,
            work: UnitOfWork::new(id),
            savepoints: 0,
            had_rows: false,
        })
    }
}

/// A transaction with a queue of pending writes.
///
/// [`add`](Session::add), [`update`](Session::update) and [`delete`](Session::delete) queue writes, and
/// [`flush`](Session::flush) runs them. [`commit`](Session::commit) flushes and makes everything durable. A session
/// that is dropped, or cancelled while waiting for the database, is rolled back. After an error, only rolling back to
/// a savepoint makes it usable again.
///
/// ```
/// # use mwallet_db::{Auto, Engine, Entity, Key, Ref};
/// #[derive(Clone, Debug, Entity)]
/// struct Trader { #[entity(flatten)] key: Key, name: String }
/// #[derive(Clone, Debug, Entity)]
/// struct Offer { #[entity(flatten)] key: Key, trader_id: Ref<Trader> }
///
/// # #[cfg(feature = "sqlite")]
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let engine = Engine::new(&"sqlite::memory:".parse().unwrap())?;
/// engine.create_all(&[Trader::table(), Offer::table()]).await?;
///
/// let mut session = engine.sessions().begin().await?;
/// let trader = session.add(Trader { key: Key::default(), name: "Ada".into() });
/// let offer = session.add(Offer { key: Key::default(), trader_id: trader.into() });
/// session.flush().await?;
/// assert_eq!(session.get(offer)?.trader_id, Ref::Id(1));
/// session.commit().await?;
/// # Ok::<(), mwallet_db::Error>(())
/// # }).unwrap();
/// ```
pub struct Session {
    engine: Engine,
    transaction: Transaction,
    state: State,
    work: UnitOfWork,
    savepoints: u32,
    /// Whether any statement returned rows, as writes that change rows do.
    had_rows: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// A statement is running. At the start of a call this means that an earlier call was cancelled.
    Waiting,
    /// A statement failed. Only rolling back to a savepoint recovers.
    Failed,
}

/// A savepoint of a session.
#[derive(Debug)]
#[must_use = "a savepoint is there to go back to, or to be released"]
pub struct Savepoint {
    name: String,
    /// The number of rows added before the savepoint, all of which were written.
    added: usize,
}

impl Session {
    /// Returns the engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Queues the insertion of a row. Foreign keys of other rows in this session can use the handle, and it returns
    /// the row after a flush.
    pub fn add<E: Entity>(&mut self, entity: E) -> Handle<E> {
        self.work.add(entity)
    }

    /// Queues an update of all columns of a stored row except its key.
    ///
    /// If the entity has a version, the stored row must still have the same one. Otherwise the flush fails with
    /// [`Error::VersionConflict`], instead of overwriting someone else's change.
    pub fn update<E: Entity>(&mut self, entity: &E) {
        self.work.update(entity);
    }

    /// Queues the deletion of a stored row.
    pub fn delete<E: Entity>(&mut self, entity: &E) {
        self.work.delete(entity);
    }

    /// Runs the queued writes: first inserts, with referenced rows before referencing ones, then updates, then
    /// deletes in the opposite order.
    ///
    /// # Errors
    ///
    /// Returns an error if a row does not fit its table, violates a constraint, is stale, or was never stored.
    pub async fn flush(&mut self) -> Result<()> {
        let result = work::flush(self).await;
        // Part of the queue may have been written. Do not allow it to be committed.
        if result.is_err() && self.state == State::Open {
            self.state = State::Failed;
        }
        result
    }

    /// Returns the row of a handle as it was written, with its key and defaults.
    ///
    /// # Errors
    ///
    /// Returns [`Error::UnitOfWork`] if the row was not flushed or was rolled back, or if the handle is from another
    /// session.
    pub fn get<E: Entity>(&self, handle: Handle<E>) -> Result<E> {
        self.work.stored(handle)
    }

    /// Reads a row again. Returns `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the database reports one.
    pub async fn reload<E: Entity>(&mut self, entity: &E) -> Result<Option<E>> {
        let Some(filter) = key_filter(entity) else { return Ok(None) };
        let row = self.select_one(E::table(), &Query::new().filter(filter)).await?;
        Ok(row.map(Row::into_entity).transpose()?)
    }

    /// Reads some columns of a row again and sets them. Returns `false` if the row does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if a column is unknown, or if the database reports one.
    pub async fn refresh<E: Entity>(&mut self, entity: &mut E, columns: &[&str]) -> Result<bool> {
        let Some(filter) = key_filter(entity) else { return Ok(false) };
        let query = Query::new().filter(filter).include(columns.iter().copied());
        let Some(row) = self.select_one(E::table(), &query).await? else { return Ok(false) };
        *entity = E::from_map(entity.to_map().update(&row.into_map()))?;
        Ok(true)
    }

    async fn select_one(&mut self, table: &Table, query: &Query) -> Result<Option<Row>> {
        let statement = Plan::select(table, query)?.statement(self.engine.dialect())?;
        let columns = statement.columns.clone();
        let row = self.run_statement(statement).await?.into_values().pop();
        Ok(row.map(|values| Row::new(columns, values)))
    }

    /// Runs a hand-written SQL statement.
    ///
    /// # Errors
    ///
    /// Returns an error if the database reports one.
    pub async fn run(&mut self, sql: Sql) -> Result<Vec<Row>> {
        let statement = sql.statement(self.engine.dialect());
        let columns = statement.columns.clone();
        let rows = self.run_statement(statement).await?.into_values();
        Ok(rows.into_iter().map(|values| Row::new(columns.clone(), values)).collect())
    }

    /// Flushes and sets a savepoint.
    ///
    /// # Errors
    ///
    /// Returns an error if the database reports one.
    pub async fn savepoint(&mut self) -> Result<Savepoint> {
        self.flush().await?;
        self.savepoints += 1;
        let name = format!("point_{}", self.savepoints);
        self.command(format!("SAVEPOINT {}", quote(&name))).await?;
        Ok(Savepoint { name, added: self.work.added() })
    }

    /// Rolls back to a savepoint. After an error, this makes the session usable again.
    ///
    /// # Errors
    ///
    /// Returns an error if the session was cancelled or has expired.
    pub async fn roll_back_to(&mut self, savepoint: Savepoint) -> Result<()> {
        self.work.clear(savepoint.added);
        if self.state == State::Failed {
            self.state = State::Open;
        }
        let name = quote(&savepoint.name);
        self.command(format!("ROLLBACK TO SAVEPOINT {name}")).await?;
        self.transaction.forget_path();
        self.command(format!("RELEASE SAVEPOINT {name}")).await
    }

    /// Flushes and releases a savepoint, keeping the changes since.
    ///
    /// # Errors
    ///
    /// Returns an error if the database reports one.
    pub async fn release(&mut self, savepoint: Savepoint) -> Result<()> {
        self.flush().await?;
        self.command(format!("RELEASE SAVEPOINT {}", quote(&savepoint.name))).await
    }

    /// Flushes and commits.
    ///
    /// # Errors
    ///
    /// Returns an error if the database reports one, such as a violated deferred constraint. Everything is rolled
    /// back then.
    pub async fn commit(mut self) -> Result<()> {
        self.flush().await?;
        self.enter()?;
        let result = self.transaction.commit().await;
        self.engine.room().learn(&result, |()| self.had_rows);
        result
    }

    /// Rolls back and waits until that is done. Dropping the session rolls back without waiting.
    ///
    /// # Errors
    ///
    /// Returns an error if the database cannot be reached. It then rolls back by itself.
    pub async fn roll_back(mut self) -> Result<()> {
        self.transaction.roll_back().await
    }

    async fn command(&mut self, sql: String) -> Result<()> {
        // Do not change the search path for transaction control, which must work even after an error.
        self.run_statement(Statement { search_path: SearchPath::Any, ..Statement::new(sql) }).await.map(drop)
    }

    pub(crate) async fn run_statement(&mut self, statement: Statement) -> Result<Output> {
        self.run_as(statement, Format::Values).await
    }

    /// Returns what SQLite reports about statements that it prepares but does not run.
    pub(crate) async fn prepare(&mut self, statements: Vec<String>) -> Result<Vec<Prepared>> {
        self.enter()?;
        let result = self.transaction.prepare(statements).await;
        self.state = if result.is_ok() { State::Open } else { State::Failed };
        result
    }

    /// Returns the error that a commit would report if a deferred constraint is violated.
    pub(crate) async fn check_deferred(&mut self) -> Result<()> {
        self.enter()?;
        let result = self.transaction.check_deferred().await;
        self.state = if result.is_ok() { State::Open } else { State::Failed };
        result
    }

    /// Runs SQL without parameters and ignores its rows.
    pub(crate) async fn run_plain(&mut self, sql: &str) -> Result<()> {
        self.enter()?;
        let result = self.transaction.run_plain(sql).await;
        self.state = if result.is_ok() { State::Open } else { State::Failed };
        result
    }

    /// Runs a migration statement.
    pub(crate) async fn run_script(&mut self, sql: &str) -> Result<()> {
        self.enter()?;
        let result = self.transaction.run_script(sql).await;
        self.state = if result.is_ok() { State::Open } else { State::Failed };
        result
    }

    pub(crate) async fn run_as(&mut self, statement: Statement, format: Format) -> Result<Output> {
        self.enter()?;
        let result = self.transaction.run(statement, format).await;
        self.had_rows |= result.as_ref().is_ok_and(|output| !output.is_empty());
        // Whether there was space for the rows is known only after the commit.
        self.engine.room().learn(&result, |_| false);
        // After an error, PostgreSQL rejects all further statements. Sessions of both engines do the same.
        self.state = if result.is_ok() { State::Open } else { State::Failed };
        result
    }

    pub(crate) async fn stream(&mut self, statement: Statement, format: Format) -> Result<Batches<'_>> {
        self.enter()?;
        let batches = self.transaction.stream(statement, format).await.map(Batches::new);
        self.state = if batches.is_ok() { State::Open } else { State::Failed };
        // An error among the rows ends the transaction, as an error of any other statement does.
        let state = &mut self.state;
        batches.map(|batches| batches.or_fail(move || *state = State::Failed))
    }

    /// Marks the session as waiting, unless an earlier call failed or was cancelled.
    fn enter(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.state, State::Waiting) {
            State::Open => Ok(()),
            state @ (State::Waiting | State::Failed) => {
                self.state = state;
                Err(Error::SessionEnded)
            }
        }
    }
}

/// Returns a filter on the entity's key.
fn key_filter<E: Entity>(entity: &E) -> Option<Filter> {
    let key = entity.key()?;
    let columns = E::table().primary_key.iter();
    Some(Filter::And(columns.zip(key).map(|(name, value)| Filter::eq(name, value)).collect()))
}
