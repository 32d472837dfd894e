//! The door to a database, whichever it is.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mwallet_schema::Sources;

use crate::Dialect;
use crate::error::{Error, Result};
use crate::postgres::{self, Notifications, Postgres};
use crate::room::Room;
use crate::sources::SystemSources;
use crate::sqlite::{self, DatabaseFile, Sqlite};
use crate::statement::{Format, Output, SearchPath, Statement};
use crate::stream::Batches;
use crate::transaction::{SessionOptions, Transaction};
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

enum Driver {
    Postgres(Postgres),
    Sqlite(Sqlite),
    /// Runs nothing, keeps what it was given.
    Mock(Mutex<Vec<String>>),
}

/// What an engine may use and how long things may take.
#[derive(Clone)]
pub struct EngineOptions {
    /// Connections of PostgreSQL, or threads that read SQLite. By default four for each processor core, as measured.
    pub pool_size: usize,
    /// How many runtimes use the engine: 1. Each has its share of PostgreSQL's connections, since a connection is driven by
    /// the runtime that opened it.
    pub runtimes: usize,
    /// How long to wait for a free connection: 5 seconds.
    pub pool_timeout: Duration,
    /// How long connecting may take: 5 seconds.
    pub connect_timeout: Duration,
    /// How long one statement may run: 30 seconds.
    pub statement_timeout: Duration,
    /// How long SQLite may read for one request, whose rows a client may take slowly: 60 seconds. Meanwhile the log of the database
    /// only grows.
    pub read_timeout: Duration,
    /// Where SQLite puts sorts and the like that are too large for memory: beside the database, where nothing is said. It is the whole
    /// process' own: what the first engine says that opens a file goes for all.
    pub temp_dir: Option<PathBuf>,
    /// The schema of PostgreSQL that most statements will be about: none. A connection looks there from the first for what
    /// functions and triggers name without a schema; for a table of another schema it is told so first.
    pub schema: Option<String>,
    /// How long a session may hold its transaction: 5 seconds.
    pub session_limit: Duration,
    /// How many statements may wait for SQLite: 10,000.
    pub queue: usize,
    /// Whether nothing may be written.
    pub read_only: bool,
    /// Whether the database is others' own, for whom it must stay as it is: a file of SQLite keeps its journal mode, and is
    /// not made where there is none.
    pub foreign: bool,
    /// Whether each statement is logged with its time, without its values.
    pub echo: bool,
    /// The clock and the randomness.
    pub sources: Arc<dyn Sources>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            pool_size: cores * 4,
            runtimes: 1,
            pool_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            read_timeout: Duration::from_secs(60),
            temp_dir: None,
            schema: None,
            session_limit: Duration::from_secs(5),
            queue: 10_000,
            read_only: false,
            foreign: false,
            echo: false,
            sources: Arc::new(SystemSources),
        }
    }
}

impl Engine {
    /// An engine of a URL, with the options that serve most.
    ///
    /// # Errors
    ///
    /// Where a setting of the URL is wrong, such as a file of certificates. Whether the database is there is seen at the
    /// first use.
    ///
    /// ```
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
        let driver = match url {
            DatabaseUrl::Postgres(postgres) => Driver::Postgres(Postgres::new(postgres::Settings {
                url: postgres.clone(),
                connections: options.pool_size.max(1),
                runtimes: options.runtimes.max(1),
                pool_timeout: options.pool_timeout,
                connect_timeout: options.connect_timeout,
                statement_timeout: options.statement_timeout,
                search_path: SearchPath::of_schema(options.schema.as_deref()),
                read_only: options.read_only,
                echo: options.echo,
            })?),
            DatabaseUrl::Sqlite(place) => Driver::Sqlite(Sqlite::new(sqlite::Settings {
                location: match place {
                    SqliteUrl::File(path) => sqlite::Location::File(Arc::new(DatabaseFile::new(path))),
                    SqliteUrl::Memory => sqlite::Location::Memory,
                },
                readers: options.pool_size.max(1),
                queue: options.queue.max(1),
                pool_timeout: options.pool_timeout,
                statement_timeout: options.statement_timeout,
                read_timeout: options.read_timeout,
                temp_dir: options.temp_dir.clone(),
                read_only: options.read_only,
                foreign: options.foreign,
                echo: options.echo,
            })),
        };
        Ok(Self {
            inner: Arc::new(Inner {
                driver,
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
        let driver = Driver::Mock(Mutex::new(Vec::new()));
        let place = format!("{dialect} (nothing is run)");
        let name = "nothing".into();
        let (options, closed) = (EngineOptions::default(), AtomicBool::new(false));
        Self { inner: Arc::new(Inner { driver, dialect, place, name, options, closed, room: Room::default() }) }
    }

    /// What a mock engine was given so far; nothing for another.
    pub fn statements(&self) -> Vec<String> {
        match &self.inner.driver {
            Driver::Mock(statements) => statements.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Driver::Postgres(_) | Driver::Sqlite(_) => Vec::new(),
        }
    }

    /// The driver, unless the engine is closed.
    fn driver(&self) -> Result<&Driver> {
        match self.inner.closed.load(Ordering::Acquire) {
            true => Err(Error::Unavailable("the engine is closed".into())),
            false => Ok(&self.inner.driver),
        }
    }

    pub(crate) fn is_mock(&self) -> bool {
        matches!(self.inner.driver, Driver::Mock(_))
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
        let result = self.run_write(statements, format).await;
        self.inner.room.learn(&result, |outputs| outputs.iter().any(|output| !output.is_empty()));
        result
    }

    async fn run_write(&self, statements: Vec<Statement>, format: Format) -> Result<Vec<Output>> {
        match self.driver()? {
            Driver::Postgres(postgres) => postgres.write(statements, format).await,
            Driver::Sqlite(sqlite) => sqlite.write(statements, format).await,
            Driver::Mock(kept) => {
                let outputs = statements.iter().map(|_| Output::empty(format)).collect();
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(statements.into_iter().map(|statement| statement.sql.to_string()));
                Ok(outputs)
            }
        }
    }

    /// Runs one statement that reads.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn read(&self, statement: Statement, format: Format) -> Result<Output> {
        match self.driver()? {
            Driver::Postgres(postgres) => postgres.read(statement, format).await,
            Driver::Sqlite(sqlite) => sqlite.read(statement, format).await,
            Driver::Mock(_) => Ok(self.write(vec![statement], format).await?.remove(0)),
        }
    }

    /// Runs a statement of a migration, in no transaction. Its error keeps all that the database says.
    pub(crate) async fn run_script(&self, sql: &str) -> Result<()> {
        match self.driver()? {
            Driver::Postgres(postgres) => postgres.run_script(sql).await,
            Driver::Sqlite(_) | Driver::Mock(_) => {
                self.read(Statement::new(sql.to_owned()), Format::Values).await.map(drop)
            }
        }
    }

    /// Runs one statement of an author, which nobody knows to read only: on both engines it cannot write.
    pub(crate) async fn read_only(&self, statement: Statement, format: Format) -> Result<Output> {
        match self.driver()? {
            Driver::Sqlite(sqlite) if !sqlite.is_in_memory() => sqlite.read(statement, format).await,
            Driver::Mock(_) => self.read(statement, format).await,
            Driver::Postgres(_) | Driver::Sqlite(_) => {
                let options = SessionOptions { read_only: true, ..SessionOptions::default() };
                let mut transaction = self.lease(&options).await?;
                let output = transaction.run(statement, format).await?;
                transaction.commit().await?;
                Ok(output)
            }
        }
    }

    /// Runs one statement that reads, and hands out its rows in batches as they come.
    ///
    /// However many rows there are, no more than a few batches are in memory.
    ///
    /// # Errors
    ///
    /// What the database says at the start; what it says later comes from the batches.
    pub async fn stream(&self, statement: Statement, format: Format) -> Result<Batches<'static>> {
        match self.driver()? {
            Driver::Postgres(postgres) => Ok(Batches::of_postgres(postgres.stream(statement, format).await?)),
            // The rows of a database in memory are there anyway, and a stream that held its only connection would block
            // every write.
            Driver::Sqlite(sqlite) if sqlite.is_in_memory() => {
                Ok(Batches::gathered(sqlite.read(statement, format).await?))
            }
            // A stream has a thread to itself, of which there are few; what fits one batch goes without. Where it does
            // not, one batch was read in vain.
            Driver::Sqlite(sqlite) => match sqlite.read_if_small(statement.clone(), format).await? {
                Some(output) => Ok(Batches::gathered(output)),
                None => Ok(Batches::of_sqlite(sqlite.stream(statement, format).await?)),
            },
            Driver::Mock(_) => Ok(Batches::gathered(self.read(statement, format).await?)),
        }
    }

    /// Asks the database whether it is there.
    ///
    /// # Errors
    ///
    /// Why it is not.
    pub async fn ping(&self) -> Result<()> {
        match self.driver()? {
            Driver::Sqlite(sqlite) => sqlite.ping().await,
            Driver::Postgres(_) | Driver::Mock(_) => self.read(Statement::ping(), Format::Values).await.map(drop),
        }
    }

    /// Opens the connections before they are needed, on PostgreSQL those of the runtime that asks: a server that is full of
    /// clients may have no file left to open one by.
    ///
    /// # Errors
    ///
    /// Why one cannot be opened; then it is tried again when it is needed.
    pub async fn warm_up(&self) -> Result<()> {
        match self.driver()? {
            Driver::Postgres(postgres) => postgres.warm_up().await,
            Driver::Sqlite(sqlite) => sqlite.warm_up(self.inner.options.runtimes).await,
            Driver::Mock(_) => Ok(()),
        }
    }

    /// The most files that it may have open at once, sockets among them.
    pub fn most_files(&self) -> usize {
        match &self.inner.driver {
            Driver::Postgres(postgres) => postgres.most_files(),
            Driver::Sqlite(sqlite) => sqlite.most_files(self.inner.options.runtimes),
            Driver::Mock(_) => 0,
        }
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
        Ok(match self.driver()? {
            Driver::Postgres(postgres) => Some(postgres.listen(channel)),
            Driver::Sqlite(_) | Driver::Mock(_) => None,
        })
    }

    /// Closes the connections; what is asked of the engine afterwards is refused. A program that ends without it loses
    /// nothing, but a database of SQLite keeps its log beside its file then.
    pub async fn close(&self) {
        self.inner.closed.store(true, Ordering::Release);
        match &self.inner.driver {
            Driver::Postgres(postgres) => postgres.close(),
            Driver::Sqlite(sqlite) => sqlite.close().await,
            Driver::Mock(_) => {}
        }
    }

    /// An engine over the same file of SQLite that leaves it as it is, before it is known whose it is: to open one as ours changes
    /// how it keeps its journal. `None` where there is no file yet, or no file at all.
    pub(crate) fn untouching(&self) -> Result<Option<Self>> {
        match self.driver()? {
            Driver::Sqlite(sqlite) => match sqlite.file().filter(|path| path.exists()) {
                Some(path) => {
                    let options = EngineOptions { foreign: true, pool_size: 1, ..self.inner.options.clone() };
                    Self::with(&DatabaseUrl::Sqlite(SqliteUrl::File(path.to_owned())), options).map(Some)
                }
                None => Ok(None),
            },
            Driver::Postgres(_) | Driver::Mock(_) => Ok(None),
        }
    }

    pub(crate) async fn lease(&self, options: &SessionOptions) -> Result<Transaction> {
        let limit = options.limit.unwrap_or(self.inner.options.session_limit);
        let read_only = options.read_only || self.inner.options.read_only;
        match self.driver()? {
            Driver::Postgres(postgres) => {
                let connection = postgres.lease(options.isolation, read_only, limit).await?;
                Ok(Transaction::Postgres(Box::new(connection)))
            }
            Driver::Sqlite(sqlite) => {
                let purpose = match (read_only, options.changes_tables) {
                    (true, _) => sqlite::Purpose::Read,
                    (false, true) => sqlite::Purpose::ChangeTables,
                    (false, false) => sqlite::Purpose::Write,
                };
                Ok(Transaction::Sqlite(sqlite.lease(purpose, limit).await?))
            }
            Driver::Mock(_) => Err(Error::Config("a mock engine has no sessions".into())),
        }
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
