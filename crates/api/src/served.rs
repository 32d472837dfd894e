//! What a server serves at a time: its tables, and who may see and do what with them. A reload replaces the whole.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use mwallet_auth::{Permissions, Principal};
use mwallet_db::schema::Value;
use mwallet_db::{Caller, Engine, Grants};
use tokio::sync::watch;

use crate::asker::{Asker, NOW};
use crate::exposed::ExposedTables;
use crate::problem::Problem;

/// The most sets of roles whose tables are kept.
const MOST_VIEWS: usize = 1_000;

/// Tables, and the permissions that fit them.
#[derive(Debug)]
pub(crate) struct Served {
    tables: Arc<ExposedTables>,
    permissions: Permissions,
    /// Tells the time.
    engine: Engine,
    anybody: Arc<Asker>,
    nobody: Arc<Asker>,
    /// The tables as the holders of some roles know them.
    views: Mutex<HashMap<Vec<String>, Arc<View>>>,
    /// Those who asked already, by the address of whom the authority knows them to be.
    askers: Mutex<HashMap<usize, KnownAsker>>,
    /// Whether something else is served instead.
    replaced: watch::Sender<bool>,
}

/// What there is for the holders of some roles.
#[derive(Debug)]
struct View {
    tables: Arc<ExposedTables>,
    grants: Arc<Grants>,
    /// Whether the grants depend on the time.
    asks_for_now: bool,
}

/// Somebody who asked already. While they are kept, nobody else has their address.
#[derive(Debug)]
struct KnownAsker {
    principal: Arc<Principal>,
    asker: Arc<Asker>,
}

impl Served {
    pub(crate) fn new(engine: Engine, tables: ExposedTables, permissions: Permissions) -> Self {
        let tables = Arc::new(tables);
        let anybody = Arc::new(Asker::anybody(tables.clone()));
        Self {
            tables,
            permissions,
            engine,
            anybody,
            nobody: Arc::new(Asker::nobody()),
            views: Mutex::default(),
            askers: Mutex::default(),
            replaced: watch::Sender::new(false),
        }
    }

    /// Tells responses that are still sent that something else is served from now on.
    pub(crate) fn replace(&self) {
        self.replaced.send_replace(true);
    }

    /// All tables, whoever asks.
    pub(crate) fn tables(&self) -> &Arc<ExposedTables> {
        &self.tables
    }

    /// Anybody, where the server is open to all.
    pub(crate) fn anybody(&self) -> Arc<Asker> {
        self.anybody.clone()
    }

    /// The sender of a request before they are known.
    pub(crate) fn nobody(&self) -> Arc<Asker> {
        self.nobody.clone()
    }

    /// Somebody who was identified.
    ///
    /// # Errors
    ///
    /// If they name a role that the permissions do not have: it could be misspelt.
    pub(crate) fn asker(&self, principal: Arc<Principal>) -> Result<Arc<Asker>, Problem> {
        let address = Arc::as_ptr(&principal).addr();
        let askers = || self.askers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = askers().get(&address).filter(|known| Arc::ptr_eq(&known.principal, &principal)) {
            return Ok(known.asker.clone());
        }
        let permissions = &self.permissions;
        let unknown =
            |role: &&String| !permissions.has_role(role) || (permissions.is_bypass(role) && !principal.may_bypass);
        if let Some(unknown) = principal.holder.named.iter().find(unknown).filter(|_| !principal.is_anonymous) {
            let name = mwallet_db::schema::shortened(unknown);
            return Err(Problem::invalid_token("PGRST303", format!("the role {name} is not known here")));
        }
        let roles = self.roles(&principal);
        let ends = roles.iter().any(|role| permissions.ends(role));
        let asker = self.asker_of(principal.clone(), roles)?;
        if !ends && !asker.is_of_this_moment() {
            let mut askers = askers();
            if askers.len() >= MOST_VIEWS {
                askers.clear();
            }
            askers.insert(address, KnownAsker { principal, asker: asker.clone() });
        }
        Ok(asker)
    }

    /// The roles that somebody has now, without those that they include.
    pub(crate) fn roles(&self, principal: &Principal) -> Vec<String> {
        let now = self.engine.sources().now();
        self.permissions.held_by(&principal.holder, now).into_iter().map(Into::into).collect()
    }

    /// Somebody with some roles.
    fn asker_of(&self, principal: Arc<Principal>, roles: Vec<String>) -> Result<Arc<Asker>, Problem> {
        let limit = self.permissions.limit(roles.iter().map(String::as_str));
        if principal.may_bypass && roles.iter().any(|role| self.permissions.is_bypass(role)) {
            return Ok(Arc::new(Asker::of_everything(
                self.tables.clone(),
                principal,
                limit,
                self.replaced.subscribe(),
            )));
        }
        let view = self.view(roles)?;
        let mut caller = Caller { grants: view.grants.clone(), values: principal.values.clone(), ..Caller::default() };
        if view.asks_for_now {
            let now = Value::Timestamp(self.engine.sources().now());
            Arc::make_mut(&mut caller.values).insert(NOW.into(), now);
        }
        Ok(Arc::new(Asker::granted(view.tables.clone(), caller, principal, limit, self.replaced.subscribe())))
    }

    /// Somebody who has one more role than they have.
    ///
    /// # Errors
    ///
    /// If what is left of a table for them contradicts itself.
    pub(crate) fn asker_with(&self, principal: &Arc<Principal>, role: &str) -> Result<Arc<Asker>, Problem> {
        let mut roles = self.roles(principal);
        roles.push(role.to_owned());
        self.asker_of(principal.clone(), roles)
    }

    /// The permissions.
    pub(crate) fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    /// Whether an asker got its tables from here.
    pub(crate) fn is_of(&self, asker: &Asker) -> bool {
        let views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = views.values().map(|view| &view.tables).chain([&self.tables]);
        all.any(|tables| Arc::ptr_eq(tables, &asker.tables))
    }

    fn view(&self, roles: Vec<String>) -> Result<Arc<View>, Problem> {
        let lock = || self.views.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = lock().get(&roles) {
            return Ok(view.clone());
        }
        let grants = self.permissions.grants(roles.iter().map(String::as_str));
        let tables = self.tables.granted(&grants).map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot serve what is granted");
            Problem::internal()
        })?;
        let asks_for_now = grants.ask_for(NOW);
        let view = Arc::new(View { tables: Arc::new(tables), grants: Arc::new(grants), asks_for_now });
        let mut views = lock();
        if views.len() >= MOST_VIEWS {
            views.clear();
        }
        views.insert(roles, view.clone());
        Ok(view)
    }
}
