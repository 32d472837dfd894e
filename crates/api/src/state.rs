//! What every handler shares: the engine, the tables that are served, the limits.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mwallet_db::Engine;
use mwallet_db::schema::{FromTable, Schema, SchemaError, Table};

/// What every handler shares. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState {
    pub(crate) engine: Engine,
    pub(crate) tables: Arc<Tables>,
    pub(crate) limits: Limits,
}

/// How large requests may be and how long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a body: 1 MiB.
    pub body_bytes: usize,
    /// How long a client may take to send a body: 30 seconds.
    pub body_time: Duration,
    /// How long a request may take until its answer begins: 60 seconds. A statement has a limit of its own, which is
    /// shorter.
    pub request_time: Duration,
    /// How long a client may leave an answer unread that comes in parts: 30 seconds. It holds a connection meanwhile.
    pub stall_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            body_time: Duration::from_secs(30),
            request_time: Duration::from_secs(60),
            stall_time: Duration::from_secs(30),
        }
    }
}

impl AppState {
    /// The state of a server over an engine and its tables, with the limits that serve most.
    pub fn new(engine: Engine, tables: Tables) -> Self {
        Self { engine, tables: Arc::new(tables), limits: Limits::default() }
    }

    /// The same with other limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
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
}

/// One table that is served, and what a request about it is held against.
#[derive(Debug)]
pub struct Resource {
    /// The table.
    pub table: Table,
    /// What the body of a creation must look like.
    pub create: Schema,
}

impl Tables {
    /// Makes the catalogue of these tables.
    ///
    /// # Errors
    ///
    /// Where a table contradicts itself, so that no schema can be made of it.
    pub fn new<'t>(tables: impl IntoIterator<Item = &'t Table>) -> Result<Self, SchemaError> {
        let resource = |table: &Table| {
            let create = Schema::from_table(table, FromTable::default())?;
            Ok((table.name.clone(), Resource { table: table.clone(), create }))
        };
        Ok(Self { by_name: tables.into_iter().map(resource).collect::<Result<_, _>>()? })
    }

    /// The table of that name.
    pub fn get(&self, name: &str) -> Option<&Resource> {
        self.by_name.get(name)
    }
}
