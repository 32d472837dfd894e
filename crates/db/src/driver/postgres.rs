//! The driver of PostgreSQL: a pool of connections, each statement prepared once on each.

mod codec;
mod connect;
mod connection;
mod errors;
mod listen;
mod numeric;
mod pipeline;
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
use pipeline::Pipeline;
use search_path::Pool;
use tls::Tls;

/// What an engine asks of this driver.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) url: PostgresUrl,
    /// The most connections.
    pub(crate) connections: usize,
    /// How many runtimes share them.
    pub(crate) runtimes: usize,
    /// How long to wait for a free connection.
    pub(crate) pool_timeout: Duration,
    /// How long connecting may take.
    pub(crate) connect_timeout: Duration,
    /// How long one statement may run.
    pub(crate) statement_timeout: Duration,
    /// Where connections look for names from the first.
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

/// A database of PostgreSQL. No connection is made before the first use.
pub(crate) struct Postgres {
    settings: Settings,
    tls: Tls,
    pools: Pools,
}

/// The connections, in a pool for each runtime. What drives a connection is the runtime that opened it; to use it from
/// another costs a wake of another thread for every statement.
struct Pools {
    first: Share,
    of_runtimes: RwLock<Vec<(Option<Id>, Share)>>,
}

/// What one runtime has of the connections.
#[derive(Clone)]
struct Share {
    pool: Pool,
    /// How many of them streams may hold: half, so that clients who read slowly leave the rest to others.
    streams: Arc<Semaphore>,
    /// The one that lookups share, where there are enough for other work to have some of its own.
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

/// The fewest connections of a runtime of which lookups take one: a stream and a write have one each beside it.
const MIN_FOR_PIPELINE: usize = 3;

/// The rows of a stream, as they come; dropped before its end, it gives up its connection.
pub(crate) struct RowReceiver<'c> {
    connection: Hold<'c>,
    rows: std::pin::Pin<Box<tokio_postgres::RowStream>>,
    batch: Batch,
    ended: bool,
    /// The place among the streams, where it has one of its own.
    place: Option<OwnedSemaphorePermit>,
}

impl Postgres {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        let tls = Tls::new(&settings.url)?;
        // Made before it is needed, so that a wrong setting is told at the start.
        let first = Share::new(&settings, &tls)?;
        Ok(Self { settings, tls, pools: Pools { first, of_runtimes: RwLock::default() } })
    }

    /// What the runtime that asks has of the connections.
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

    /// The most files that it may have open.
    pub(crate) fn most_files(&self) -> usize {
        // The caller of an engine may be a runtime beside those that serve.
        let connections = self.settings.connections.div_ceil(self.settings.runtimes) * (self.settings.runtimes + 1);
        // To cancel a statement takes another connection; one listens.
        connections * 2 + 1
    }

    /// Opens the connections of the runtime that asks.
    pub(crate) async fn warm_up(&self) -> Result<()> {
        let Share { pool, pipeline, .. } = self.share()?;
        let opened = (0..pool.status().max_size).map(|_| pool.get());
        // All are held until the last is there; otherwise one would be taken again and again.
        futures::future::try_join_all(opened).await.map(drop).map_err(errors::from_pool)?;
        // Lookups have theirs before others take all.
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

    /// Runs statements in one transaction that is durable when this returns.
    pub(crate) async fn write(&self, statements: Vec<Statement>, format: Format) -> Result<Vec<Output>> {
        if self.settings.read_only {
            return Err(Error::ReadOnly);
        }
        let mut connection = self.connection().await?;
        // One statement is a transaction of its own.
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

    /// Runs a statement of a migration, in no transaction.
    pub(crate) async fn run_script(&self, sql: &str) -> Result<()> {
        self.connection().await?.run_script(sql).await
    }

    /// Runs one statement that reads.
    pub(crate) async fn read(&self, statement: Statement, format: Format) -> Result<Output> {
        let share = self.share()?;
        if let Some(pipeline) = share.pipeline.as_ref().filter(|_| statement.is_lookup)
            && let Some(result) = pipeline.run(&share.pool, &statement, format, self.settings.echo).await
        {
            return result;
        }
        self.connection_of(&share).await?.run_guarded(&statement, format).await
    }

    /// A connection of the pool may write.
    pub(crate) fn read_refuses_writes(&self) -> bool {
        false
    }

    /// Runs one statement that reads, and hands out its rows as they come.
    pub(crate) async fn stream(&self, statement: Statement, format: Format) -> Result<RowSource<'static>> {
        let place = tokio::time::timeout(self.settings.pool_timeout, self.share()?.streams.acquire_owned()).await;
        // The semaphore is never closed.
        let place = place.map_err(|_| Error::Busy)?.ok();
        let mut connection = self.connection().await?;
        let rows = connection.open(&statement).await?;
        let batch = Batch::new(&statement, format);
        let connection = Hold::Own(Box::new(connection));
        let rows = RowReceiver { connection, rows: Box::pin(rows), batch, ended: false, place };
        Ok(RowSource::Postgres(Box::new(rows)))
    }

    /// Whether the server answers.
    pub(crate) async fn ping(&self) -> Result<()> {
        self.read(Statement::ping(), Format::Values).await.map(drop)
    }

    /// The database is on a server.
    pub(crate) fn file(&self) -> Option<&Path> {
        None
    }

    /// Begins to listen to a channel, on a connection beside the pool.
    pub(crate) fn listen(&self, channel: &'static str) -> Option<Notifications> {
        Some(listen::listen(self.settings.clone(), self.tls.clone(), channel))
    }

    /// Closes the connections that are idle, and each other one when it is given back.
    pub(crate) async fn close(&self) {
        let shares = self.pools.of_runtimes.write().unwrap_or_else(PoisonError::into_inner);
        self.pools.first.close();
        shares.iter().for_each(|(_, share)| share.close());
    }

    /// Takes a connection for one session and begins its transaction.
    pub(crate) async fn lease(&self, options: &SessionOptions, limit: Duration) -> Result<Transaction> {
        let mut connection = self.connection().await?;
        let read_only = options.read_only || self.settings.read_only;
        connection.begin(options.isolation, read_only, Some(limit)).await?;
        Ok(Transaction::Postgres(Box::new(connection)))
    }
}

/// A connection that a stream has to itself, or that of the session it belongs to.
enum Hold<'c> {
    Own(Box<Connection>),
    Session(&'c mut Connection),
}

impl<'c> RowReceiver<'c> {
    /// Opens a stream on the connection of a session.
    pub(crate) async fn in_session(
        connection: &'c mut Connection,
        statement: &Statement,
        format: Format,
    ) -> Result<Self> {
        let rows = connection.open(statement).await?;
        let batch = Batch::new(statement, format);
        Ok(Self { connection: Hold::Session(connection), rows: Box::pin(rows), batch, ended: false, place: None })
    }

    /// The next rows; `None` after the last.
    pub(crate) async fn next(&mut self) -> Option<Result<Output>> {
        if self.ended {
            return None;
        }
        let Self { connection, rows, batch, .. } = self;
        let connection = match connection {
            Hold::Own(connection) => connection.as_mut(),
            Hold::Session(connection) => connection,
        };
        // Whether the batch is full; otherwise the rows have ended.
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
            Ok(false) => {
                connection.finish();
                self.place = None;
            }
            Err(error) => {
                self.ended = true;
                return Some(Err(error));
            }
        }
        self.ended = true;
        (!self.batch.is_empty()).then(|| Ok(self.batch.take()))
    }
}
