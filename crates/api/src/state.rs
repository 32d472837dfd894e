//! What every handler shares: the engine, the tables that are served, the limits.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use bytes::Bytes;
use mwallet_db::schema::{FromTable, Schema, SchemaError, Table};
use mwallet_db::{Engine, Relation};

use crate::openapi::{self, Question};
use crate::questions;

/// What every handler shares. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState {
    pub(crate) engine: Engine,
    pub(crate) tables: Arc<Tables>,
    pub(crate) limits: Limits,
    pub(crate) origins: Arc<Origins>,
    pub(crate) loopback_hosts_only: bool,
}

/// Whose pages may call a server from a browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    /// Nobody's but its own.
    #[default]
    None,
    /// Everybody's.
    Any,
    /// Those of these origins, such as `https://desk.example`.
    These(Vec<HeaderValue>),
}

/// What requests may do, how large they may be and how long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a body: 1 MiB.
    pub body_bytes: usize,
    /// The most rows that one body may bring: 10,000.
    pub body_rows: usize,
    /// The most rows that one answer may have; `None`, as it is by default, is no limit, since answers stream.
    pub max_rows: Option<u64>,
    /// Whether every row of a table may be changed or deleted by a request without a filter; not by default.
    pub allow_unfiltered: bool,
    /// How long a client may take to send a body: 30 seconds.
    pub body_time: Duration,
    /// How long a request may take until its answer begins: 60 seconds. A statement has a limit of its own, which is
    /// shorter.
    pub request_time: Duration,
    /// How long a client may leave an answer unread that comes in parts: 30 seconds. It holds a connection meanwhile.
    pub stall_time: Duration,
}

impl Limits {
    /// The most rows of an answer, of those that were asked for.
    pub(crate) fn page(&self, asked: Option<u64>) -> Option<u64> {
        match (asked, self.max_rows) {
            (Some(asked), Some(most)) => Some(asked.min(most)),
            (asked, most) => asked.or(most),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            body_rows: 10_000,
            max_rows: None,
            allow_unfiltered: false,
            body_time: Duration::from_secs(30),
            request_time: Duration::from_secs(60),
            stall_time: Duration::from_secs(30),
        }
    }
}

impl AppState {
    /// The state of a server over an engine and its tables, with the limits that serve most.
    pub fn new(engine: Engine, tables: Tables) -> Self {
        Self {
            engine,
            tables: Arc::new(tables),
            limits: Limits::default(),
            origins: Arc::default(),
            loopback_hosts_only: false,
        }
    }

    /// The same with other limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The same for pages of other origins too.
    pub fn origins(mut self, origins: Origins) -> Self {
        self.origins = Arc::new(origins);
        self
    }

    /// The same, which refuses requests that call it by a name which is not the machine's own.
    ///
    /// For a server without login. It listens on the loopback address only, but a page of a foreign site, open in a
    /// browser on the same machine, could have its own name point there and read everything as its own.
    pub fn loopback_hosts_only(mut self) -> Self {
        self.loopback_hosts_only = true;
        self
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// The tables that are served, by their names. Made once, when the server starts.
#[derive(Debug)]
pub struct Tables {
    by_name: HashMap<String, Resource>,
    /// The questions whose tables are served.
    pub(crate) questions: Vec<Question>,
    /// The OpenAPI document of them, as it is sent.
    pub(crate) document: Bytes,
}

/// One table that is served, and what a request about it is held against.
#[derive(Debug)]
pub struct Resource {
    /// The table, ready for requests.
    pub relation: Relation,
    /// What the body of a creation must look like.
    pub create: Schema,
    /// What the body of a change must look like.
    pub change: Schema,
}

impl Resource {
    /// The table.
    pub fn table(&self) -> &Table {
        self.relation.table()
    }
}

impl Tables {
    /// Makes the catalogue of these tables.
    ///
    /// # Errors
    ///
    /// Where a table contradicts itself, so that no schema can be made of it.
    pub fn new<'t>(tables: impl IntoIterator<Item = &'t Table>) -> Result<Self, SchemaError> {
        let tables: Vec<&Table> = tables.into_iter().collect();
        let questions = questions::served(&tables);
        let document = openapi::render(&tables, &questions)?;
        let resource = |table: &Table| {
            let create = Schema::from_table(table, FromTable::default())?;
            let change = create.partial(create.name());
            Ok((table.name.clone(), Resource { relation: Relation::new(table.clone()), create, change }))
        };
        Ok(Self { by_name: tables.into_iter().map(resource).collect::<Result<_, _>>()?, questions, document })
    }

    /// The table of that name.
    pub fn get(&self, name: &str) -> Option<&Resource> {
        self.by_name.get(name)
    }
}
