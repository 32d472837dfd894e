//! What every handler shares: the engine, the tables that are served, the limits.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::http::HeaderValue;
use bytes::Bytes;
use futures::future::BoxFuture;
use mwallet_db::schema::{FromTable, Schema, SchemaError, Table};
use mwallet_db::{Engine, Error, Relation};
use tokio::sync::Mutex;

use crate::access::AccessLog;
use crate::endpoint::{Answer, Endpoint};
use crate::home::RowCounts;
use crate::openapi::Document;
use crate::{errors, profile};

/// What every handler shares. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState {
    pub(crate) engine: Engine,
    tables: Arc<RwLock<Arc<Tables>>>,
    pub(crate) reload: Option<Reload>,
    pub(crate) limits: Limits,
    pub(crate) origins: Arc<Origins>,
    pub(crate) loopback_hosts_only: bool,
    pub(crate) access_log: Option<AccessLog>,
    pub(crate) endpoints: Arc<Vec<Endpoint>>,
    pub(crate) row_counts: RowCounts,
}

/// Reads again what is served. What it gives is what goes wrong.
#[derive(Clone)]
pub struct Reload {
    run: Arc<dyn Fn() -> BoxFuture<'static, Result<(), Error>> + Send + Sync>,
    /// When requests had it run, which one does at a time.
    by_requests: Arc<Mutex<Option<Instant>>>,
}

/// How long requests that meet a table which is not what it was leave the database alone before they have it read again.
const PAUSE: Duration = Duration::from_secs(1);

impl Reload {
    /// A way to read it again, such as by reflection.
    pub fn new<F>(reload: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        Self { run: Arc::new(move || Box::pin(reload())), by_requests: Arc::default() }
    }

    /// Reads it again. What is served meanwhile is the old one.
    ///
    /// # Errors
    ///
    /// Why it cannot be read; then the old one stays.
    pub async fn run(&self) -> Result<(), Error> {
        (self.run)().await
    }
}

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reload")
    }
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
            tables: Arc::new(RwLock::new(Arc::new(tables))),
            reload: None,
            limits: Limits::default(),
            origins: Arc::default(),
            loopback_hosts_only: false,
            access_log: None,
            endpoints: Arc::default(),
            row_counts: RowCounts::default(),
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

    /// The same, which tells of every request that it answers.
    pub fn access_log(mut self, log: AccessLog) -> Self {
        self.access_log = Some(log);
        self
    }

    /// The same with an endpoint of the program.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        Arc::make_mut(&mut self.endpoints).push(endpoint);
        self
    }

    /// The same, where a POST to `/admin/reload` reads again what is served.
    pub fn reload(mut self, reload: Reload) -> Self {
        self.reload = Some(reload);
        self
    }

    /// What is served now. A request holds on to it until its end.
    pub(crate) fn tables(&self) -> Arc<Tables> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads again what is served, for a request that met another table than it had planned for by `before`; at most once a
    /// second, however many there are. Whether there is something new to plan by.
    pub(crate) async fn read_again(&self, before: &Arc<Tables>) -> bool {
        let Some(reload) = &self.reload else { return false };
        let is_new = || !Arc::ptr_eq(&self.tables(), before);
        if is_new() {
            return true;
        }
        let mut last = reload.by_requests.lock().await;
        // Whoever came first has done it for all who waited.
        if is_new() {
            return true;
        }
        if last.is_some_and(|last| last.elapsed() < PAUSE) {
            return false;
        }
        let read = reload.run().await;
        *last = Some(Instant::now());
        if let Err(error) = &read {
            errors::log(error);
        }
        read.is_ok()
    }

    /// Serves other tables from now on, here and wherever this state was cloned to.
    pub fn serve(&self, tables: Tables) {
        *self.tables.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tables);
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// The tables that are served, those of one database schema together. Made when the server starts, and when it is told that
/// they have changed.
#[derive(Debug)]
pub struct Tables {
    /// At least one; the first is meant where a request names none.
    profiles: Vec<Profile>,
    /// The title of the documentation, if it is not that of mWallet.
    title: Option<String>,
}

/// The tables of one schema, by their names.
#[derive(Debug)]
pub(crate) struct Profile {
    /// The name of the schema; `None` where tables have none.
    pub(crate) schema: Option<String>,
    by_name: HashMap<String, Resource>,
    /// The tables in the order in which they are documented.
    order: Vec<String>,
    /// The OpenAPI document, once somebody has asked for it.
    document: OnceLock<Bytes>,
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
        Self::with_title(None, tables)
    }

    /// The same of a database that others made, whose document has this title.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn titled<'t>(title: &str, tables: impl IntoIterator<Item = &'t Table>) -> Result<Self, SchemaError> {
        Self::with_title(Some(title), tables)
    }

    fn with_title<'t>(title: Option<&str>, tables: impl IntoIterator<Item = &'t Table>) -> Result<Self, SchemaError> {
        let mut schemas: Vec<(Option<String>, Vec<&Table>)> = Vec::new();
        for table in tables {
            match schemas.iter_mut().find(|(schema, _)| *schema == table.schema) {
                Some((_, tables)) => tables.push(table),
                None => schemas.push((table.schema.clone(), vec![table])),
            }
        }
        if schemas.is_empty() {
            schemas.push((None, Vec::new()));
        }
        let profiles = schemas.into_iter().map(|(schema, tables)| Profile::new(schema, &tables));
        Ok(Self { profiles: profiles.collect::<Result<_, _>>()?, title: title.map(Into::into) })
    }

    /// The tables that are meant where a request names no schema.
    pub(crate) fn first(&self) -> &Profile {
        // There is always one.
        &self.profiles[0]
    }

    /// A table of that name, in whichever schema.
    pub(crate) fn any(&self, name: &str) -> Option<&Resource> {
        self.profiles.iter().find_map(|profile| profile.get(name))
    }

    /// All tables by their names, those of one schema after those of the other.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Profile, &Resource)> {
        self.profiles.iter().flat_map(|profile| {
            let mut names: Vec<&str> = profile.names().collect();
            names.sort_unstable();
            names.into_iter().filter_map(move |name| Some((profile, profile.get(name)?)))
        })
    }

    /// The OpenAPI document of the tables of a schema and these endpoints, as it is sent. It is written when it is first
    /// asked for.
    ///
    /// # Errors
    ///
    /// Where a table contradicts itself; none that is served does.
    pub(crate) fn document(&self, profile: &Profile, endpoints: &[Endpoint]) -> Result<Bytes, SchemaError> {
        if let Some(document) = profile.document.get() {
            return Ok(document.clone());
        }
        let tables = profile.order.iter().filter_map(|name| Some(profile.get(name)?.table()));
        let mut document = Document::new(tables).of_schemas(self.schemas());
        if let Some(title) = &self.title {
            document = document.titled(title);
        }
        // Endpoints are about the tables of the first schema.
        if std::ptr::eq(profile, self.first()) {
            document = endpoints.iter().cloned().fold(document, Document::endpoint);
        }
        let document = Bytes::from(document.json()?.to_string());
        Ok(profile.document.get_or_init(|| document).clone())
    }

    /// Whether what an endpoint answers is served.
    pub(crate) fn serves(&self, endpoint: &Endpoint) -> bool {
        match endpoint.answer {
            Answer::Rows(table) => self.first().get(table).is_some(),
            Answer::Document { .. } => true,
        }
    }

    /// The tables of a schema.
    pub(crate) fn profile(&self, schema: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.schema.as_deref().unwrap_or(profile::DEFAULT) == schema)
    }

    /// The names of the schemas.
    pub(crate) fn schemas(&self) -> impl Iterator<Item = &str> {
        self.profiles.iter().filter_map(|profile| profile.schema.as_deref())
    }
}

impl Profile {
    fn new(schema: Option<String>, tables: &[&Table]) -> Result<Self, SchemaError> {
        let resource = |table: &&Table| {
            let create = Schema::from_table(table, FromTable::default())?;
            let change = create.partial(create.name());
            Ok((table.name.clone(), Resource { relation: Relation::new((*table).clone()), create, change }))
        };
        let by_name = tables.iter().map(resource).collect::<Result<_, _>>()?;
        let order = tables.iter().map(|table| table.name.clone()).collect();
        Ok(Self { schema, by_name, order, document: OnceLock::new() })
    }

    /// The names of the tables, in no order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The table of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Resource> {
        self.by_name.get(name)
    }
}
