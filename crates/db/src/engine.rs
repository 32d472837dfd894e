//! The door to a database, whichever it is.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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

/// A database: its URL, its dialect, its connections. Cheap to clone; nothing connects before the first use.
///
/// Statements go in by two doors: [`Engine::write`] for a closed list of statements, and a
/// [`Session`](crate::Session) for what must be decided in between.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    driver: Driver,
    dialect: Dialect,
    place: String,
    name: String,
    options: EngineOptions,
    closed: AtomicBool,
    room: Room,
}

impl Engine {
    /// An engine of a URL, with the options that serve most.
    ///
    /// # Errors
    ///
    /// Where a setting of the URL is wrong, such as a file of certificates, or its driver is not built in. Whether the
    /// database is there is seen at the first use.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// let engine = mwallet_db::Engine::new(&"sqlite::memory:".parse()?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(url: &DatabaseUrl) -> Result<Self> {
        Self::with(url, EngineOptions::default())
    }

    /// An engine of a URL with options.
    ///
    /// # Errors
    ///
    /// As [`Engine::new`].
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
            }),
        })
    }

    /// The name of its database; see [`DatabaseUrl::name`].
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// An engine that runs nothing and keeps the statements it was given: for seeing what would run.
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
        Self { inner: Arc::new(Inner { driver, dialect, place, name, options, closed, room: Room::default() }) }
    }

    /// What a mock engine was given so far; nothing for another.
    pub fn statements(&self) -> Vec<String> {
        self.inner.driver.as_mock().map_or_else(Vec::new, |mock| mock.statements())
    }

    /// The driver, unless the engine is closed.
    fn driver(&self) -> Result<&Driver> {
        match self.inner.closed.load(Ordering::Acquire) {
            true => Err(Error::Unavailable("the engine is closed".into())),
            false => Ok(&self.inner.driver),
        }
    }

    pub(crate) fn is_mock(&self) -> bool {
        self.inner.driver.as_mock().is_some()
    }

    /// Which SQL it speaks.
    pub fn dialect(&self) -> Dialect {
        self.inner.dialect
    }

    /// Its options.
    pub fn options(&self) -> &EngineOptions {
        &self.inner.options
    }

    /// Its clock and randomness.
    pub fn sources(&self) -> &dyn Sources {
        self.inner.options.sources.as_ref()
    }

    /// Runs statements in one transaction that is durable when this returns.
    ///
    /// On SQLite, what waits is committed together; each list is still all or nothing.
    ///
    /// # Errors
    ///
    /// The first failure; then nothing of the list is written.
    pub async fn write(&self, statements: Vec<Statement>, format: Format) -> Result<Vec<Output>> {
        let result = self.driver()?.write(statements, format).await;
        self.inner.room.learn(&result, |outputs| outputs.iter().any(|output| !output.is_empty()));
        result
    }

    /// Runs one statement that reads.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn read(&self, statement: Statement, format: Format) -> Result<Output> {
        self.driver()?.read(statement, format).await
    }

    /// Runs a statement of a migration, in no transaction. Its error keeps all that the database says.
    pub(crate) async fn run_script(&self, sql: &str) -> Result<()> {
        self.driver()?.run_script(sql).await
    }

    /// Runs one statement of an author, which nobody knows to read only: on both engines it cannot write.
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

    /// Runs one statement that reads, and hands out its rows in batches as they come.
    ///
    /// However many rows there are, no more than a few batches are in memory.
    ///
    /// # Errors
    ///
    /// What the database says at the start; what it says later comes from the batches.
    pub async fn stream(&self, statement: Statement, format: Format) -> Result<Batches<'static>> {
        self.driver()?.stream(statement, format).await.map(Batches::new)
    }

    /// Asks the database whether it is there.
    ///
    /// # Errors
    ///
    /// Why it is not.
    pub async fn ping(&self) -> Result<()> {
        self.driver()?.ping().await
    }

    /// Opens the connections before they are needed, on PostgreSQL those of the runtime that asks: a server that is
    /// full of clients may have no file left to open one by.
    ///
    /// # Errors
    ///
    /// Why one cannot be opened; then it is tried again when it is needed.
    pub async fn warm_up(&self) -> Result<()> {
        self.driver()?.warm_up().await
    }

    /// The most files that it may have open at once, sockets among them.
    pub fn most_files(&self) -> usize {
        self.inner.driver.most_files()
    }

    /// Whether the database had room when it was last written to; `false` after a write found the disk full
    /// ([`Error::DISK_FULL`]), until one succeeds or none was tried for 30 seconds.
    pub fn has_room(&self) -> bool {
        self.inner.room.is_there()
    }

    pub(crate) fn room(&self) -> &Room {
        &self.inner.room
    }

    /// Listens to a channel of PostgreSQL; `None` on SQLite, which has none.
    ///
    /// # Errors
    ///
    /// Where the engine is closed.
    pub fn listen(&self, channel: &'static str) -> Result<Option<Notifications>> {
        Ok(self.driver()?.listen(channel))
    }

    /// Closes the connections; what is asked of the engine afterwards is refused. A program that ends without it loses
    /// nothing, but a database of SQLite keeps its log beside its file then.
    pub async fn close(&self) {
        self.inner.closed.store(true, Ordering::Release);
        self.inner.driver.close().await;
    }

    /// An engine over the same file of SQLite that leaves it as it is, before it is known whose it is: to open one as
    /// ours changes how it keeps its journal. `None` where there is no file yet, or no file at all.
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
    /// The URL, without its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.place)
    }
}
