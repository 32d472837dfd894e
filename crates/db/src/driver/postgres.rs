//! The PostgreSQL driver: a connection pool with prepared statements cached per connection.

mod codec;
mod connect;
mod connection;
mod errors;
mod listen;
mod numeric;
mod pipeline;
mod record;
mod said;
mod search_path;
mod tls;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures::StreamExt;
use tokio::runtime::{Handle, Id};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use connection::Connection;
pub(crate) use said::said;

use crate::batch::Batch;
use crate::driver::{RowSource, Transaction};
use crate::error::{Error, Result};
use crate::isolation::Isolation;
use crate::notifications::Notifications;
use crate::options::{EngineOptions, SessionOptions};
use crate::statement::{Format, Output, SearchPath, Statement};
use crate::url::PostgresUrl;
use crate::usage::{PoolUsage, Usage};
use pipeline::Pipeline;
use search_path::Pool;
use tls::Tls;

/// The settings of the driver.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) url: PostgresUrl,
    /// The maximum number of connections.
    pub(crate) connections: usize,
    /// The number of runtimes that share the connections.
    pub(crate) runtimes: usize,
    /// The maximum wait for a free connection.
    pub(crate) pool_timeout: Duration,
    /// The maximum time to connect.
    pub(crate) connect_timeout: Duration,
    /// The maximum run time of one statement.
    pub(crate) statement_timeout: Duration,
    /// The initial search path of connections.
    pub(crate) search_path: SearchPath,
    pub(crate) read_only: bool,
    pub(crate) echo: bool,
}

impl Settings {
    pub(crate) fn new(url: &PostgresUrl, options: &EngineOptions) -> Self {
        Self {
            url: url.clone(),
            connections: options.pool_size.max(1),
            runtimes: options.runtimes.max(1),
            pool_timeout: options.pool_timeout,
            connect_timeout: options.connect_timeout,
            statement_timeout: options.statement_timeout,
            search_path: SearchPath::of_schema(options.schema.as_deref()),
            read_only: options.read_only,
            echo: options.echo,
        }
    }
}

/// A PostgreSQL database. It does not connect before the first use.
pub(crate) struct Postgres {
    settings: Settings,
    tls: Tls,
    pools: Pools,
}

/// The connections, with one pool per runtime. A connection is driven by the runtime that opened it, and using it
/// from another one would wake another thread for every statement.
struct Pools {
    first: Share,
    of_runtimes: RwLock<Vec<(Option<Id>, Share)>>,
}

/// The connections of one runtime.
#[derive(Clone)]
struct Share {
    pool: Pool,
    /// Limits streams to half of the connections, so that slow readers leave the rest to others.
    streams: Arc<Semaphore>,
    /// The connection shared by lookups, if there are enough connections left for other work.
    pipeline: Option<Arc<Pipeline>>,
}

impl Share {
    fn close(&self) {
        self.pool.close();
        if let Some(pipeline) = &self.pipeline {
            pipeline.close();
        }
    }

    fn new(settings: &Settings, tls: &Tls) -> Result<Self> {
        let pool = connect::pool(settings, tls)?;
        let connections = pool.status().max_size;
        let has_pipeline = connections >= MIN_FOR_PIPELINE;
        let pipeline = has_pipeline.then(|| Arc::new(Pipeline::new(tls.clone())));
        let others = connections - usize::from(has_pipeline);
        let streams = Arc::new(Semaphore::new((others / 2).max(1)));
        Ok(Self { pool, streams, pipeline })
    }
}

/// The minimum number of connections per runtime for lookups to get their own, so that a stream and a write still
/// have one each.
const MIN_FOR_PIPELINE: usize = 3;

/// A stream of rows. Its connection is discarded if it is dropped before the end.
pub(crate) struct RowReceiver<'c> {
    /// `None` after the end.
    hold: Option<Hold<'c>>,
    rows: std::pin::Pin<Box<tokio_postgres::RowStream>>,
    batch: Batch,
}

impl Postgres {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        let tls = Tls::new(&settings.url)?;
        // Create the first pool now, so that invalid settings are reported at startup.
        let first = Share::new(&settings, &tls)?;
        Ok(Self { settings, tls, pools: Pools { first, of_runtimes: RwLock::default() } })
    }

    /// Returns the connections of the current runtime.
    fn share(&self) -> Result<Share> {
        let id = Handle::try_current().ok().map(|runtime| runtime.id());
        let find =
            |shares: &[(Option<Id>, Share)]| shares.iter().find(|(of, _)| *of == id).map(|(_, share)| share.clone());
        if let Some(share) = find(&self.pools.of_runtimes.read().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(share);
        }
        let mut shares = self.pools.of_runtimes.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = find(&shares) {
            return Ok(share);
        }
        let share = match shares.is_empty() {
            true => self.pools.first.clone(),
            false => Share::new(&self.settings, &self.tls)?,
        };
        if self.pools.first.pool.is_closed() {
            share.close();
        }
        shares.push((id, share.clone()));
        Ok(share)
    }

    /// Returns what is used now, by all runtimes.
    pub(crate) fn usage(&self) -> Usage {
        let shares = self.pools.of_runtimes.read().unwrap_or_else(PoisonError::into_inner);
        let mut all = PoolUsage::default();
        for (_, Share { pool, .. }) in &*shares {
            let status = pool.status();
            all.most += status.max_size;
            all.open += status.size;
            all.idle += status.available;
            all.waiting += status.waiting;
        }
        Usage { connections: Some(all), ..Usage::default() }
    }

    /// Returns the maximum number of file descriptors.
    pub(crate) fn most_files(&self) -> usize {
        // The engine may also be called from one runtime besides those that serve.
        let connections = self.settings.connections.div_ceil(self.settings.runtimes) * (self.settings.runtimes + 1);
        // Cancelling a statement takes another connection, and one connection listens for notifications.
        connections * 2 + 1
    }

    /// Opens the connections of the current runtime.
    pub(crate) async fn warm_up(&self) -> Result<()> {
        let Share { pool, pipeline, .. } = self.share()?;
        let opened = (0..pool.status().max_size).map(|_| pool.get());
        // Hold all of them until the last is open, or the same one would be reused.
        futures::future::try_join_all(opened).await.map(drop).map_err(errors::from_pool)?;
        // Reserve the connection for lookups before others take them all.
        if let Some(pipeline) = pipeline {
            pipeline.open(&pool).await;
        }
        Ok(())
    }

    async fn connection(&self) -> Result<Connection> {
        self.connection_of(&self.share()?).await
    }

    async fn connection_of(&self, share: &Share) -> Result<Connection> {
        let object = share.pool.get().await.map_err(errors::from_pool)?;
        Ok(Connection::new(object, self.tls.clone(), self.settings.statement_timeout, self.settings.echo))
    }

    /// Runs statements in one transaction, which is durable on return.
    pub(crate) async fn write(&self, statements: Vec<Statement>, format: Format) -> Result<Vec<Output>> {
        if self.settings.read_only {
            return Err(Error::ReadOnly);
        }
        let mut connection = self.connection().await?;
        // A single statement is its own transaction.
        if let [statement] = statements.as_slice()
            && statement.guards.is_empty()
        {
            return Ok(vec![connection.run_guarded(statement, format).await?]);
        }
        connection.begin(Isolation::ReadCommitted, false, None).await?;
        let mut outputs = Vec::with_capacity(statements.len());
        for statement in &statements {
            outputs.push(connection.run_guarded(statement, format).await?);
        }
        connection.commit().await?;
        Ok(outputs)
    }

    /// Runs a migration statement outside a transaction.
    pub(crate) async fn run_script(&self, sql: &str) -> Result<()> {
        self.connection().await?.run_script(sql).await
    }

    /// Runs one read statement.
    pub(crate) async fn read(&self, statement: Statement, format: Format) -> Result<Output> {
        let share = self.share()?;
        if let Some(pipeline) = share.pipeline.as_ref().filter(|_| statement.is_lookup)
            && let Some(result) = pipeline.run(&share.pool, &statement, format, self.settings.echo).await
        {
            return result;
        }
        self.connection_of(&share).await?.run_guarded(&statement, format).await
    }

    /// Returns false, because pooled connections may write.
    pub(crate) fn read_refuses_writes(&self) -> bool {
        false
    }

    /// Runs one read statement and streams its rows.
    pub(crate) async fn stream(&self, statement: Statement, format: Format) -> Result<RowSource<'static>> {
        let hold = self.hold().await?;
        Ok(RowSource::Postgres(Box::new(RowReceiver::open(hold, &statement, format).await?)))
    }

    /// Runs a statement that counts and streams the rows of another, in one transaction. It ends with the stream, and
    /// has no time limit of its own, as a stream has none: its client may be slow.
    pub(crate) async fn counted_stream(
        &self,
        count: Statement,
        statement: Statement,
        format: Format,
    ) -> Result<(Output, RowSource<'static>)> {
        let mut hold = self.hold().await?;
        let connection = hold.connection();
        let opened = match connection.open_counted(&count, &statement).await {
            // Outside a transaction, the statement would have been prepared again.
            Err(Error::PlanInvalidated) => {
                connection.roll_back().await?;
                connection.open_counted(&count, &statement).await
            }
            opened => opened,
        };
        let (count, rows) = opened?;
        Ok((count, RowSource::Postgres(Box::new(RowReceiver::new(hold, rows, &statement, format)))))
    }

    /// Takes a connection for a stream.
    async fn hold(&self) -> Result<Hold<'static>> {
        let place = tokio::time::timeout(self.settings.pool_timeout, self.share()?.streams.acquire_owned()).await;
        // The semaphore is never closed.
        let place = place.map_err(|_| Error::Busy)?.ok();
        Ok(Hold::Own { connection: Box::new(self.connection().await?), _place: place })
    }

    /// Checks that the server responds.
    pub(crate) async fn ping(&self) -> Result<()> {
        self.read(Statement::ping(), Format::Values).await.map(drop)
    }

    /// Returns `None`, because the database is on a server.
    pub(crate) fn file(&self) -> Option<&Path> {
        None
    }

    /// Listens on a channel, on a connection outside the pool.
    pub(crate) fn listen(&self, channel: &'static str) -> Option<Notifications> {
        Some(listen::listen(self.settings.clone(), self.tls.clone(), channel))
    }

    /// Closes idle connections now and the others when they are returned.
    pub(crate) async fn close(&self) {
        let shares = self.pools.of_runtimes.write().unwrap_or_else(PoisonError::into_inner);
        self.pools.first.close();
        shares.iter().for_each(|(_, share)| share.close());
    }

    /// Takes a connection for a session and begins its transaction.
    pub(crate) async fn lease(&self, options: &SessionOptions, limit: Duration) -> Result<Transaction> {
        let mut connection = self.connection().await?;
        let read_only = options.read_only || self.settings.read_only;
        connection.begin(options.isolation, read_only, Some(limit)).await?;
        Ok(Transaction::Postgres(Box::new(connection)))
    }
}

/// The stream's own connection with the permit that counts the stream, or that of its session.
enum Hold<'c> {
    Own { connection: Box<Connection>, _place: Option<OwnedSemaphorePermit> },
    Session(&'c mut Connection),
}

impl Hold<'_> {
    fn connection(&mut self) -> &mut Connection {
        match self {
            Self::Own { connection, .. } => connection,
            Self::Session(connection) => connection,
        }
    }
}

impl<'c> RowReceiver<'c> {
    /// Opens a stream.
    async fn open(mut hold: Hold<'c>, statement: &Statement, format: Format) -> Result<Self> {
        let rows = hold.connection().open(statement).await?;
        Ok(Self::new(hold, rows, statement, format))
    }

    fn new(hold: Hold<'c>, rows: tokio_postgres::RowStream, statement: &Statement, format: Format) -> Self {
        Self { hold: Some(hold), rows: Box::pin(rows), batch: Batch::new(statement, format) }
    }

    /// Returns the next rows, or `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Output>> {
        let Self { hold, rows, batch } = self;
        let connection = hold.as_mut()?.connection();
        // Returns true if the batch is full, and false at the end of the rows.
        let fill = async {
            while let Some(row) = rows.next().await {
                batch.push(&row.map_err(errors::convert)?)?;
                if batch.is_full() {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        match connection.rows_in_time(fill).await.flatten() {
            Ok(true) => return Some(Ok(self.batch.take())),
            Ok(false) => connection.finish(),
            Err(error) => {
                self.hold = None;
                return Some(Err(error));
            }
        }
        // Others can have the connection while the last rows are on their way.
        self.hold = None;
        (!self.batch.is_empty()).then(|| Ok(self.batch.take()))
    }
}
