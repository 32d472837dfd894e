//! The entry point to a database.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mwallet_schema::Sources;

use crate::Dialect;
use crate::driver::{Driver, Transaction};
use crate::error::{Error, Result};
use crate::notifications::Notifications;
use crate::options::{EngineOptions, SessionOptions};
use crate::room::Room;
use crate::statement::{Format, Output, Statement};
use crate::stream::Batches;
use crate::url::{DatabaseUrl, SqliteUrl};
use crate::usage::Usage;

/// A database with its URL, dialect and connections. Cheap to clone. It does not connect before the first use.
///
/// Use [`Engine::write`] for a fixed list of statements, and a [`Session`](crate::Session) if the program must make
/// decisions in between.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
    /// Called before each use of the database.
    on_use: Option<Arc<dyn Fn() + Send + Sync>>,
}

struct Inner {
    driver: Driver,
    dialect: Dialect,
    place: String,
    name: String,
    options: EngineOptions,
    closed: AtomicBool,
    room: Room,
    /// How often the database was asked.
    calls: AtomicU64,
}

impl Engine {
    /// Creates an engine with default options.
    ///
    /// # Errors
    ///
    /// Returns an error if a setting of the URL is invalid, such as a certificate file, or if its driver is not
    /// compiled in. It does not check whether the database exists.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// let engine = mwallet_db::Engine::new(&"sqlite::memory:".parse()?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(url: &DatabaseUrl) -> Result<Self> {
        Self::with(url, EngineOptions::default())
    }

    /// Creates an engine with options.
    ///
    /// # Errors
    ///
    /// Fails like [`Engine::new`].
    pub fn with(url: &DatabaseUrl, options: EngineOptions) -> Result<Self> {
        Ok(Self {
            inner: Arc::new(Inner {
                driver: Driver::new(url, &options)?,
                dialect: url.dialect(),
                place: url.to_string(),
                name: url.name(),
                options,
                closed: AtomicBool::new(false),
                room: Room::default(),
                calls: AtomicU64::new(0),
            }),
            on_use: None,
        })
    }

    /// Returns the database name. See [`DatabaseUrl::name`].
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Creates an engine that records statements instead of running them.
    ///
    /// ```
    /// # #[derive(mwallet_db::Entity)]
    /// # struct Coin { #[entity(flatten)] key: mwallet_db::Key }
    /// use mwallet_db::{Dialect, Engine, Entity};
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let engine = Engine::mock(Dialect::Postgres);
    /// engine.create_all(&[Coin::table()]).await?;
    /// assert!(engine.statements()[0].starts_with("CREATE TABLE \"coins\""));
    /// # Ok::<(), mwallet_db::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn mock(dialect: Dialect) -> Self {
        let driver = Driver::mock();
        let place = format!("{dialect} (nothing is run)");
        let name = "nothing".into();
        let (options, closed) = (EngineOptions::default(), AtomicBool::new(false));
        let (room, calls) = (Room::default(), AtomicU64::new(0));
        let inner = Inner { driver, dialect, place, name, options, closed, room, calls };
        Self { inner: Arc::new(inner), on_use: None }
    }

    /// Returns the statements that a mock engine has recorded. Empty for any other engine.
    pub fn statements(&self) -> Vec<String> {
        self.inner.driver.as_mock().map_or_else(Vec::new, |mock| mock.statements())
    }

    /// Returns the same engine, which calls a function before each use of the database. It tells the time that a program
    /// spends on its own, such as planning, from the time that the database takes.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    /// let uses = Arc::new(AtomicU32::new(0));
    /// let counted = uses.clone();
    /// let engine = mwallet_db::Engine::mock(mwallet_db::Dialect::Sqlite);
    /// engine.on_use(move || _ = counted.fetch_add(1, Relaxed)).ping().await?;
    /// engine.ping().await?;
    /// assert_eq!(uses.load(Relaxed), 1);
    /// # Ok::<(), mwallet_db::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn on_use(&self, on_use: impl Fn() + Send + Sync + 'static) -> Self {
        Self { inner: self.inner.clone(), on_use: Some(Arc::new(on_use)) }
    }

    /// Returns the driver unless the engine is closed.
    fn driver(&self) -> Result<&Driver> {
        if let Some(on_use) = &self.on_use {
            on_use();
        }
        self.inner.calls.fetch_add(1, Ordering::Relaxed);
        match self.inner.closed.load(Ordering::Acquire) {
            true => Err(Error::Unavailable("the engine is closed".into())),
            false => Ok(&self.inner.driver),
        }
    }

    pub(crate) fn is_mock(&self) -> bool {
        self.inner.driver.as_mock().is_some()
    }

    /// Returns the SQL dialect.
    pub fn dialect(&self) -> Dialect {
        self.inner.dialect
    }

    /// Returns the options.
    pub fn options(&self) -> &EngineOptions {
        &self.inner.options
    }

    /// Returns the clock and the source of randomness.
    pub fn sources(&self) -> &dyn Sources {
        self.inner.options.sources.as_ref()
    }

    /// Runs statements in one transaction, which is durable on return.
    ///
    /// On SQLite, concurrent writes are committed together, but each list is still atomic.
    ///
    /// # Errors
    ///
    /// Returns the first error. Nothing in the list is written then.
    pub async fn write(&self, statements: Vec<Statement>, format: Format) -> Result<Vec<Output>> {
        let result = self.driver()?.write(statements, format).await;
        self.inner.room.learn(&result, |outputs| outputs.iter().any(|output| !output.is_empty()));
        result
    }

    /// Runs one read statement.
    ///
    /// # Errors
    ///
    /// Returns an error if the database reports one.
    pub async fn read(&self, statement: Statement, format: Format) -> Result<Output> {
        self.driver()?.read(statement, format).await
    }

    /// Runs a migration statement outside a transaction. Errors keep the database's full message.
    pub(crate) async fn run_script(&self, sql: &str) -> Result<()> {
        self.driver()?.run_script(sql).await
    }

    /// Runs a hand-written statement that may only read. Both engines reject it if it writes.
    pub(crate) async fn read_only(&self, statement: Statement, format: Format) -> Result<Output> {
        let driver = self.driver()?;
        if driver.read_refuses_writes() {
            return driver.read(statement, format).await;
        }
        let options = SessionOptions { read_only: true, ..SessionOptions::default() };
        let mut transaction = self.lease(&options).await?;
        let output = transaction.run(statement, format).await?;
        transaction.commit().await?;
        Ok(output)
    }

    /// Runs one read statement and streams its rows in batches.
    ///
    /// Only a few batches are in memory at a time.
    ///
    /// # Errors
    ///
    /// Returns an error if the database reports one at the start. Later errors come with the batches.
    pub async fn stream(&self, statement: Statement, format: Format) -> Result<Batches<'static>> {
        self.driver()?.stream(statement, format).await.map(Batches::new)
    }

    /// Runs a statement that counts and streams the rows of another, both as of the same moment.
    pub(crate) async fn counted_stream(
        &self,
        count: Statement,
        statement: Statement,
        format: Format,
    ) -> Result<(Output, Batches<'static>)> {
        let (count, rows) = self.driver()?.counted_stream(count, statement, format).await?;
        Ok((count, Batches::new(rows)))
    }

    /// Checks that the database responds.
    ///
    /// # Errors
    ///
    /// Returns the error if it does not.
    pub async fn ping(&self) -> Result<()> {
        self.driver()?.ping().await
    }

    /// Opens the connections in advance; on PostgreSQL, those of the current runtime. A server at its file descriptor
    /// limit might not be able to open them later.
    ///
    /// # Errors
    ///
    /// Returns an error if one cannot be opened. It is then opened on demand.
    pub async fn warm_up(&self) -> Result<()> {
        self.driver()?.warm_up().await
    }

    /// Returns what the engine uses now.
    pub fn usage(&self) -> Usage {
        Usage { calls: self.inner.calls.load(Ordering::Relaxed), ..self.inner.driver.usage() }
    }

    /// Returns the maximum number of file descriptors that the engine may have open, including sockets.
    pub fn most_files(&self) -> usize {
        self.inner.driver.most_files()
    }

    /// Returns whether the database has disk space. It is `false` after a write found the disk full
    /// ([`Error::DISK_FULL`]), until a write succeeds or none was tried for 30 seconds.
    pub fn has_room(&self) -> bool {
        self.inner.room.is_there()
    }

    pub(crate) fn room(&self) -> &Room {
        &self.inner.room
    }

    /// Listens on a PostgreSQL channel. Returns `None` on SQLite, which has no notifications.
    ///
    /// # Errors
    ///
    /// Returns an error if the engine is closed.
    pub fn listen(&self, channel: &'static str) -> Result<Option<Notifications>> {
        Ok(self.driver()?.listen(channel))
    }

    /// Closes the connections. The engine rejects all later calls. A program that exits without this loses no data,
    /// but leaves the WAL next to a SQLite file.
    pub async fn close(&self) {
        self.inner.closed.store(true, Ordering::Release);
        self.inner.driver.close().await;
    }

    /// Returns an engine on the same SQLite file that does not change it, to find out whether it is ours: opening it
    /// as our own changes its journal mode. Returns `None` if the file does not exist or the database is not a file.
    pub(crate) fn untouching(&self) -> Result<Option<Self>> {
        let Some(path) = self.driver()?.file().filter(|path| path.exists()) else { return Ok(None) };
        let options = EngineOptions { existing: true, pool_size: 1, ..self.inner.options.clone() };
        Self::with(&DatabaseUrl::Sqlite(SqliteUrl::File(path.to_owned())), options).map(Some)
    }

    pub(crate) async fn lease(&self, options: &SessionOptions) -> Result<Transaction> {
        let limit = options.limit.unwrap_or(self.inner.options.transaction_timeout);
        self.driver()?.lease(options, limit).await
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({self})")
    }
}

impl fmt::Display for Engine {
    /// Writes the URL without its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.place)
    }
}
