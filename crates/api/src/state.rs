//! The state that all handlers share: the engine, the served tables, the limits.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::HeaderValue;
use mwallet_auth::{Authority, Case, Permissions, Trust};
use mwallet_db::Engine;

use crate::access::AccessLog;
use crate::asker::Asker;
use crate::client::Proxies;
use crate::endpoint::Endpoint;
use crate::error_log;
use crate::exposed::ExposedTables;
use crate::hosts::Hosts;
use crate::limits::Limits;
use crate::metrics::{Known, Metrics};
use crate::origins::Origins;
use crate::reload::{PAUSE, Reload};
use crate::row_counts::RowCounts;
use crate::served::Served;
use crate::throttle::Throttle;
use crate::timing::{Stage, Stopwatch};

/// The state that all handlers share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState {
    pub(crate) engine: Engine,
    served: Arc<RwLock<Arc<Served>>>,
    /// Who knows the senders of requests. Without one, the server is open to all.
    pub(crate) authority: Option<Authority>,
    pub(crate) reload: Option<Reload>,
    pub(crate) limits: Limits,
    pub(crate) origins: Arc<Origins>,
    pub(crate) hosts: Option<Hosts>,
    pub(crate) proxies: Proxies,
    pub(crate) hsts: Option<HeaderValue>,
    pub(crate) access_log: Option<AccessLog>,
    pub(crate) metrics: Option<Metrics>,
    pub(crate) endpoints: Arc<Vec<Endpoint>>,
    pub(crate) row_counts: RowCounts,
    pub(crate) server_timing: bool,
    pub(crate) has_plans: bool,
    /// Who has used how much of what they may.
    pub(crate) throttle: Arc<Throttle>,
}

impl AppState {
    /// The state of a server that is open to everybody who reaches it, with the default limits.
    pub fn new(engine: Engine, tables: ExposedTables) -> Self {
        let served = Served::new(engine.clone(), tables, Permissions::default());
        Self::with(engine, served, None)
    }

    /// The state of a server for those whom an authority knows, who may do what permissions say.
    pub fn closed(engine: Engine, tables: ExposedTables, authority: Authority, permissions: Permissions) -> Self {
        let served = Served::new(engine.clone(), tables, permissions);
        Self::with(engine, served, Some(authority))
    }

    fn with(engine: Engine, served: Served, authority: Option<Authority>) -> Self {
        Self {
            engine,
            served: Arc::new(RwLock::new(Arc::new(served))),
            authority,
            reload: None,
            limits: Limits::default(),
            origins: Arc::default(),
            hosts: None,
            proxies: Proxies::default(),
            hsts: None,
            access_log: None,
            metrics: None,
            endpoints: Arc::default(),
            row_counts: RowCounts::default(),
            server_timing: false,
            has_plans: false,
            throttle: Arc::default(),
        }
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the origins whose pages may call the server.
    pub fn origins(mut self, origins: Origins) -> Self {
        self.origins = Arc::new(origins);
        self
    }

    /// Refuses requests that call the server by another name than these. Without this, every name is accepted.
    ///
    /// A server without login needs it. It listens on a loopback address only, but a page of another site, open in a
    /// browser on the same machine, could let its own host name resolve to that address and read everything.
    pub fn hosts(mut self, hosts: Hosts) -> Self {
        self.hosts = Some(hosts);
        self
    }

    /// Sets the proxies that are believed who their clients are.
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// Tells browsers that come by TLS to come by TLS only, for this time (RFC 6797).
    pub fn strict_transport(mut self, time: Duration) -> Self {
        // It is a number of ASCII digits.
        self.hsts = HeaderValue::from_str(&format!("max-age={}", time.as_secs())).ok();
        self
    }

    /// Sets the access log.
    pub fn access_log(mut self, log: AccessLog) -> Self {
        self.access_log = Some(log);
        self
    }

    /// Counts requests, and returns what serves the counts at `/metrics`. They tell of tables and how much they are used,
    /// so this is for a listener of its own, for those who watch over the server.
    pub fn metrics(mut self) -> (Self, Router) {
        let metrics = Metrics::new();
        self.metrics = Some(metrics.clone());
        let (engine, authority) = (self.engine.clone(), self.authority.clone());
        let router = metrics.router(move || Known {
            usage: engine.usage(),
            tokens: authority.as_ref().map(Authority::verified_tokens),
        });
        (self, router)
    }

    /// Sends the time that each stage of a request about a table takes, in the header `Server-Timing`.
    pub fn server_timing(mut self) -> Self {
        self.server_timing = true;
        self
    }

    /// Responds to reads with their execution plan instead of rows if the client accepts nothing else.
    ///
    /// Plans tell the names of indexes, conditions of views and how many rows there are, and PostgreSQL runs a read for
    /// its plan if the client wants. So this is for those who may know all of it.
    pub fn plans(mut self) -> Self {
        self.has_plans = true;
        self
    }

    /// The same state for one request, which is measured. It is boxed to keep the future of a request small.
    pub(crate) fn measured(&self, timing: &Stopwatch) -> Box<Self> {
        let timing = timing.clone();
        let engine = self.engine.on_use(move || timing.enter(Stage::Transaction));
        Box::new(Self { engine, ..self.clone() })
    }

    /// Adds a custom endpoint.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        Arc::make_mut(&mut self.endpoints).push(endpoint);
        self
    }

    /// Enables reloads of the tables: by a POST to `/admin/reload`, and by requests that find that a table has changed.
    pub fn reload(mut self, reload: Reload) -> Self {
        self.reload = Some(reload);
        self
    }

    /// What is served now. A request keeps it until its end.
    pub(crate) fn served(&self) -> Arc<Served> {
        self.served.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All tables that are served now, whoever asks.
    pub(crate) fn tables(&self) -> Arc<ExposedTables> {
        self.served().tables().clone()
    }

    /// Reloads the tables for a request that was planned for `before` and found that a table has changed; at most once
    /// a second for all requests. Returns whether the tables are new.
    pub(crate) async fn read_again(&self, before: &Asker) -> bool {
        let Some(reload) = &self.reload else { return false };
        let is_new = || !self.served().is_of(before);
        if is_new() {
            return true;
        }
        let mut last = reload.by_requests.lock().await;
        // Another request has reloaded them meanwhile.
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

    /// Replaces the served tables, and who may see and do what with them, in all clones of this state. The permissions
    /// of a server that is open to everybody mean nothing.
    pub fn serve(&self, tables: ExposedTables, permissions: Permissions) {
        let new = Arc::new(Served::new(self.engine.clone(), tables, permissions));
        let before = std::mem::replace(&mut *self.served.write().unwrap_or_else(PoisonError::into_inner), new);
        before.replace();
    }

    /// Accepts the tokens of others from now on, instead of those that were accepted before.
    pub fn trust(&self, trust: Trust) {
        if let Some(authority) = &self.authority {
            authority.trust(trust);
        }
    }

    /// The tests of the permissions.
    pub fn cases(&self) -> Vec<Case> {
        self.served().permissions().cases().to_vec()
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}
