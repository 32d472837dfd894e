//! Manages the search path of connections, which resolves names without a schema.
//!
//! Our statements name the schema of their table. The functions and triggers of that schema often do not, because
//! they were written for programs whose `search_path` starts with it.

use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use deadpool::managed;
use deadpool_postgres::ClientWrapper;

use super::errors;
use crate::error::Result;
use crate::quote::quote;
use crate::statement::SearchPath;

/// A pool of connections that track their search path.
pub(super) type Pool = managed::Pool<Manager>;

/// A pooled connection.
pub(super) type Object = managed::Object<Manager>;

/// Statements with related rows look expensive to PostgreSQL even where tables are small. It would compile each of their
/// subqueries, which takes seconds for a statement that runs for milliseconds.
const NO_COMPILATION: &str = "SET jit = off";

/// Makes the server check every second, while a statement runs, whether its client is still connected, because a
/// killed program cannot cancel its statements. Requires PostgreSQL 14 or later. A non-zero setting of the operator
/// is kept.
const LOOK_AFTER_CLIENT: &str = "SELECT set_config('client_connection_check_interval', '1000', false)
    WHERE current_setting('client_connection_check_interval', true) = '0'";

/// Creates connections with an initial search path, for the schema that most statements use.
pub(super) struct Manager {
    connections: deadpool_postgres::Manager,
    first: SearchPath,
}

impl Manager {
    pub(super) fn new(connections: deadpool_postgres::Manager, first: SearchPath) -> Self {
        Self { connections, first }
    }
}

impl managed::Manager for Manager {
    type Type = Client;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> std::result::Result<Client, tokio_postgres::Error> {
        let client = self.connections.create().await?;
        // Some platforms do not support the setting. Continue without it.
        if let Err(error) = client.batch_execute(LOOK_AFTER_CLIENT).await {
            tracing::debug!(%error, "the server does not look whether its client is still there");
        }
        if let Err(error) = client.batch_execute(NO_COMPILATION).await {
            tracing::debug!(%error, "the server compiles statements");
        }
        let client = Client { client, path: Mutex::new(Some(SearchPath::Role)) };
        client.set(&self.first).await?;
        Ok(client)
    }

    async fn recycle(
        &self,
        client: &mut Client,
        metrics: &managed::Metrics,
    ) -> managed::RecycleResult<tokio_postgres::Error> {
        self.connections.recycle(&mut client.client, metrics).await
    }

    fn detach(&self, client: &mut Client) {
        self.connections.detach(&mut client.client);
    }
}

/// A PostgreSQL client that tracks its search path.
pub(super) struct Client {
    client: ClientWrapper,
    /// `None` if it is unknown.
    path: Mutex<Option<SearchPath>>,
}

impl Client {
    /// Returns whether the current search path suits a statement.
    pub(super) fn has_path(&self, wanted: &SearchPath) -> bool {
        let path = self.path.lock().unwrap_or_else(PoisonError::into_inner);
        *wanted == SearchPath::Any || path.as_ref() == Some(wanted)
    }

    /// Sets the search path that a statement needs, unless it is set already.
    pub(super) async fn look_in(&self, wanted: &SearchPath) -> Result<()> {
        match self.has_path(wanted) {
            true => Ok(()),
            false => self.set(wanted).await.map_err(errors::convert),
        }
    }

    /// Marks the search path as unknown, because a rollback may have reverted it.
    pub(super) fn forget_path(&self) {
        *self.path.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn set(&self, wanted: &SearchPath) -> std::result::Result<(), tokio_postgres::Error> {
        self.forget_path();
        match wanted {
            SearchPath::Any => return Ok(()),
            SearchPath::Role => self.client.batch_execute("RESET search_path").await?,
            SearchPath::Schema(schema) => {
                // Append the role's default path: `public`, and often the schemas of extensions.
                let set = "SELECT set_config('search_path', concat_ws(', ', $1::text, nullif(reset_val, '')), false)
                           FROM pg_catalog.pg_settings WHERE name = 'search_path'";
                let set = self.client.prepare_cached(set).await?;
                self.client.query(&set, &[&quote(schema)]).await?;
            }
        }
        *self.path.lock().unwrap_or_else(PoisonError::into_inner) = Some(wanted.clone());
        Ok(())
    }
}

impl Deref for Client {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        &self.client
    }
}
