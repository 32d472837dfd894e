//! One transaction as a unit of work.

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
use crate::query::{Filter, Plan, Query, Scope};
use crate::quote::quote;
use crate::row::Row;
use crate::sql::Sql;
use crate::statement::{Format, Output, Prepared, SearchPath, Statement};
use crate::stream::Batches;
use work::UnitOfWork;

/// Makes sessions of one engine with the same options.
#[derive(Clone, Debug)]
pub struct SessionFactory {
    engine: Engine,
    options: SessionOptions,
}

impl Engine {
    /// A maker of sessions.
    pub fn sessions(&self) -> SessionFactory {
        SessionFactory { engine: self.clone(), options: SessionOptions::default() }
    }
}

impl SessionFactory {
    /// The same with an isolation.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.options.isolation = isolation;
        self
    }

    /// The same for sessions that only read.
    pub fn read_only(mut self) -> Self {
        self.options.read_only = true;
        self
    }

    /// The same for sessions that change tables: see [`SessionOptions`].
    pub(crate) fn schema_change(mut self) -> Self {
        self.options.schema_change = true;
        self
    }

    /// The same with a time limit.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.options.limit = Some(limit);
        self
    }

    /// Begins a session.
    ///
    /// # Errors
    ///
    /// Where the database cannot be reached or is busy for too long.
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

/// A transaction, and what is still to be written in it.
///
/// [`add`](Session::add), [`update`](Session::update) and [`delete`](Session::delete) queue; [`flush`](Session::flush)
/// writes the queue; [`commit`](Session::commit) flushes and makes all of it durable. A session that is dropped, or
/// cancelled while it waits for the database, is rolled back. After an error nothing more can be done in it but to go
/// back to a savepoint.
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
    /// Whether a statement gave back rows, which those that change some do.
    had_rows: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The database is at work. Found at the start of a call, it means that an earlier one was cancelled.
    Waiting,
    /// A statement failed; only a savepoint leads back.
    Failed,
}

/// A point of a session to go back to.
#[derive(Debug)]
#[must_use = "a savepoint is there to go back to, or to be released"]
pub struct Savepoint {
    name: String,
    /// How many rows had been added; all of them were written when it was set.
    added: usize,
}

impl Session {
    /// The engine it belongs to.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Queues the creation of a row. The handle may stand in foreign keys of other rows of this session, and gives the
    /// row back once it is written.
    pub fn add<E: Entity>(&mut self, entity: E) -> Handle<E> {
        self.work.add(entity)
    }

    /// Queues an update of a stored row: every column of it, apart from its key.
    ///
    /// Where the entity has a version, the row must still have it: if somebody else wrote in between, the flush ends
    /// with [`Error::VersionConflict`] instead of overwriting their change.
    pub fn update<E: Entity>(&mut self, entity: &E) {
        self.work.update(entity);
    }

    /// Queues the deletion of a stored row.
    pub fn delete<E: Entity>(&mut self, entity: &E) {
        self.work.delete(entity);
    }

    /// Writes what is queued: creations first, of rows that are referred to before rows that refer; then updates; then
    /// deletions, in the opposite order.
    ///
    /// # Errors
    ///
    /// Where a row does not fit its table or breaks a constraint, is stale, or was never stored.
    pub async fn flush(&mut self) -> Result<()> {
        let result = work::flush(self).await;
        // A part of the queue may be written and the rest forgotten: what is left must not be committed as the whole.
        if result.is_err() && self.state == State::Open {
            self.state = State::Failed;
        }
        result
    }

    /// The row of a handle as it was written, with its key and defaults.
    ///
    /// # Errors
    ///
    /// [`Error::UnitOfWork`] if it was not flushed or was rolled back, or the handle is of another session.
    pub fn get<E: Entity>(&self, handle: Handle<E>) -> Result<E> {
        self.work.stored(handle)
    }

    /// Reads a row again; `None` if it is gone.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn reload<E: Entity>(&mut self, entity: &E) -> Result<Option<E>> {
        let Some(filter) = key_filter(entity) else { return Ok(None) };
        let row = self.select_one(E::table(), &Query::new().filter(filter)).await?;
        Ok(row.map(Row::into_entity).transpose()?)
    }

    /// Reads some columns of a row again and sets them; `false` if the row is gone.
    ///
    /// # Errors
    ///
    /// Where a name is no column, or what the database says.
    pub async fn refresh<E: Entity>(&mut self, entity: &mut E, columns: &[&str]) -> Result<bool> {
        let Some(filter) = key_filter(entity) else { return Ok(false) };
        let query = Query::new().filter(filter).include(columns.iter().copied());
        let Some(row) = self.select_one(E::table(), &query).await? else { return Ok(false) };
        *entity = E::from_map(entity.to_map().update(&row.into_map()))?;
        Ok(true)
    }

    async fn select_one(&mut self, table: &Table, query: &Query) -> Result<Option<Row>> {
        let statement = Plan::select(table, query, Scope::Program)?.statement(self.engine.dialect());
        let columns = statement.columns.clone();
        let row = self.run_statement(statement).await?.into_values().pop();
        Ok(row.map(|values| Row::new(columns, values)))
    }

    /// Runs a statement of the program's author.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn run(&mut self, sql: Sql) -> Result<Vec<Row>> {
        let statement = sql.statement(self.engine.dialect());
        let columns = statement.columns.clone();
        let rows = self.run_statement(statement).await?.into_values();
        Ok(rows.into_iter().map(|values| Row::new(columns.clone(), values)).collect())
    }

    /// Sets a point to go back to, after writing what is queued.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn savepoint(&mut self) -> Result<Savepoint> {
        self.flush().await?;
        self.savepoints += 1;
        let name = format!("point_{}", self.savepoints);
        self.command(format!("SAVEPOINT {}", quote(&name))).await?;
        Ok(Savepoint { name, added: self.work.added() })
    }

    /// Undoes all since a savepoint. After an error, this makes the session usable again.
    ///
    /// # Errors
    ///
    /// Where the session was cancelled or its time is over.
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

    /// Gives a savepoint up and keeps what was done since.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn release(&mut self, savepoint: Savepoint) -> Result<()> {
        self.flush().await?;
        self.command(format!("RELEASE SAVEPOINT {}", quote(&savepoint.name))).await
    }

    /// Writes what is queued and makes all of it durable.
    ///
    /// # Errors
    ///
    /// What the database says, such as a deferred key that leads nowhere; then everything is rolled back.
    pub async fn commit(mut self) -> Result<()> {
        self.flush().await?;
        self.enter()?;
        let result = self.transaction.commit().await;
        self.engine.room().learn(&result, |()| self.had_rows);
        result
    }

    /// Undoes everything and waits until it is undone; dropping the session does the same without waiting.
    ///
    /// # Errors
    ///
    /// Where the database cannot be reached; it undoes everything by itself then.
    pub async fn roll_back(mut self) -> Result<()> {
        self.transaction.roll_back().await
    }

    async fn command(&mut self, sql: String) -> Result<()> {
        // What is said of the transaction itself, after an error above all, needs nothing else first.
        self.run_statement(Statement { search_path: SearchPath::Any, ..Statement::new(sql) }).await.map(drop)
    }

    pub(crate) async fn run_statement(&mut self, statement: Statement) -> Result<Output> {
        self.run_as(statement, Format::Values).await
    }

    /// What SQLite says of statements that it only prepares.
    pub(crate) async fn prepare(&mut self, statements: Vec<String>) -> Result<Vec<Prepared>> {
        self.enter()?;
        let result = self.transaction.prepare(statements).await;
        self.state = if result.is_ok() { State::Open } else { State::Failed };
        result
    }

    /// Fails where a commit would, since a constraint that is held at its end is broken.
    pub(crate) async fn check_deferred(&mut self) -> Result<()> {
        self.enter()?;
        let result = self.transaction.check_deferred().await;
        self.state = if result.is_ok() { State::Open } else { State::Failed };
        result
    }

    /// Runs a text without values and forgets what it answers.
    pub(crate) async fn run_plain(&mut self, sql: &str) -> Result<()> {
        self.enter()?;
        let result = self.transaction.run_plain(sql).await;
        self.state = if result.is_ok() { State::Open } else { State::Failed };
        result
    }

    /// Runs a statement of a migration.
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
        // That rows could be written is known when they are committed.
        self.engine.room().learn(&result, |_| false);
        // PostgreSQL refuses all that follows an error; so do sessions of both engines.
        self.state = if result.is_ok() { State::Open } else { State::Failed };
        result
    }

    pub(crate) async fn stream(&mut self, statement: Statement, format: Format) -> Result<Batches<'_>> {
        self.enter()?;
        let batches = self.transaction.stream(statement, format).await.map(Batches::new);
        self.state = if batches.is_ok() { State::Open } else { State::Failed };
        // An error among the rows ends the transaction as one of any other statement does.
        let state = &mut self.state;
        batches.map(|batches| batches.or_fail(move || *state = State::Failed))
    }

    /// Begins to wait for the database, unless an earlier call failed or was cancelled.
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

/// The condition that finds an entity's row by its key.
fn key_filter<E: Entity>(entity: &E) -> Option<Filter> {
    let key = entity.key()?;
    let columns = E::table().primary_key.iter();
    Some(Filter::And(columns.zip(key).map(|(name, value)| Filter::eq(name, value)).collect()))
}
