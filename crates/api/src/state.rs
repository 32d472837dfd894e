//! What every handler shares: the engine, the tables that are served, the limits.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use mwallet_db::Engine;

use crate::access::AccessLog;
use crate::endpoint::Endpoint;
use crate::error_log;
use crate::exposed::ExposedTables;
use crate::limits::Limits;
use crate::origins::Origins;
use crate::reload::{PAUSE, Reload};
use crate::row_counts::RowCounts;

/// What every handler shares. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState {
    pub(crate) engine: Engine,
    tables: Arc<RwLock<Arc<ExposedTables>>>,
    pub(crate) reload: Option<Reload>,
    pub(crate) limits: Limits,
    pub(crate) origins: Arc<Origins>,
    pub(crate) loopback_hosts_only: bool,
    pub(crate) access_log: Option<AccessLog>,
    pub(crate) endpoints: Arc<Vec<Endpoint>>,
    pub(crate) row_counts: RowCounts,
}

impl AppState {
    /// The state of a server over an engine and its tables, with the limits that serve most.
    pub fn new(engine: Engine, tables: ExposedTables) -> Self {
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
    pub(crate) fn tables(&self) -> Arc<ExposedTables> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads again what is served, for a request that met another table than it had planned for by `before`; at most once a
    /// second, however many there are. Whether there is something new to plan by.
    pub(crate) async fn read_again(&self, before: &Arc<ExposedTables>) -> bool {
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
            error_log::write(error);
        }
        read.is_ok()
    }

    /// Serves other tables from now on, here and wherever this state was cloned to.
    pub fn serve(&self, tables: ExposedTables) {
        *self.tables.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tables);
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}
