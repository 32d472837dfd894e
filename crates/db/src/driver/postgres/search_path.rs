//! Where a connection looks for names that have no schema.
//!
//! Our statements name the schema of a table. The functions and triggers of that schema often do not: they were written
//! for programs whose `search_path` begins with it.

use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

use deadpool::managed;
use deadpool_postgres::ClientWrapper;

use super::errors;
use crate::error::Result;
use crate::quote::quote;
use crate::statement::SearchPath;

/// A pool of connections that know their path.
pub(super) type Pool = managed::Pool<Manager>;

/// A connection of the pool.
pub(super) type Object = managed::Object<Manager>;

/// Has the server look each second, while a statement runs, whether its client is still there: a program that ends
/// cannot cancel what it has begun. PostgreSQL does so from 14 on; where its owner has chosen a time, that holds.
const LOOK_AFTER_CLIENT: &str = "SELECT set_config('client_connection_check_interval', '1000', false)
    WHERE current_setting('client_connection_check_interval', true) = '0'";

/// Makes connections whose path begins with one schema, if there is one that most statements are about.
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
        // Where the server knows this and cannot do it, as on some systems, it goes without.
        if let Err(error) = client.batch_execute(LOOK_AFTER_CLIENT).await {
            tracing::debug!(%error, "the server does not look whether its client is still there");
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

/// A client of PostgreSQL that knows its path.
pub(super) struct Client {
    client: ClientWrapper,
    /// Nothing, while nobody knows.
    path: Mutex<Option<SearchPath>>,
}

impl Client {
    /// Whether a statement finds what it is about where the connection looks.
    pub(super) fn has_path(&self, wanted: &SearchPath) -> bool {
        let path = self.path.lock().unwrap_or_else(PoisonError::into_inner);
        *wanted == SearchPath::Any || path.as_ref() == Some(wanted)
    }

    /// Has the connection look where a statement needs it.
    pub(super) async fn look_in(&self, wanted: &SearchPath) -> Result<()> {
        match self.has_path(wanted) {
            true => Ok(()),
            false => self.set(wanted).await.map_err(errors::convert),
        }
    }

    /// Says that a transaction was undone, and perhaps the path with it.
    pub(super) fn forget_path(&self) {
        *self.path.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn set(&self, wanted: &SearchPath) -> std::result::Result<(), tokio_postgres::Error> {
        self.forget_path();
        match wanted {
            SearchPath::Any => return Ok(()),
            SearchPath::Role => self.client.batch_execute("RESET search_path").await?,
            SearchPath::Schema(schema) => {
                // What the role has follows: `public`, and the schemas of extensions on many servers.
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
