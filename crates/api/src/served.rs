//! What a server serves at a time: its tables, and who may see and do what with them. A reload replaces the whole.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use mwallet_auth::{Permissions, Principal};
use mwallet_db::{Caller, Grants};
use tokio::sync::watch;

use crate::asker::Asker;
use crate::exposed::ExposedTables;
use crate::problem::Problem;

/// The most sets of roles whose tables are kept.
const MOST_VIEWS: usize = 1_000;

/// Tables, and the permissions that fit them.
#[derive(Debug)]
pub(crate) struct Served {
    tables: Arc<ExposedTables>,
    permissions: Permissions,
    anybody: Arc<Asker>,
    nobody: Arc<Asker>,
    /// The tables as the holders of some roles know them.
    views: Mutex<HashMap<Vec<String>, Arc<View>>>,
    /// Whether something else is served instead.
    replaced: watch::Sender<bool>,
}

/// What there is for the holders of some roles.
#[derive(Debug)]
struct View {
    tables: Arc<ExposedTables>,
    grants: Arc<Grants>,
}

impl Served {
    pub(crate) fn new(tables: ExposedTables, permissions: Permissions) -> Self {
        let tables = Arc::new(tables);
        let anybody = Arc::new(Asker::anybody(tables.clone()));
        Self {
            tables,
            permissions,
            anybody,
            nobody: Arc::new(Asker::nobody()),
            views: Mutex::default(),
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
    pub(crate) fn asker(&self, principal: Principal) -> Result<Arc<Asker>, Problem> {
        let permissions = &self.permissions;
        let unknown =
            |role: &&String| !permissions.has_role(role) || (permissions.is_bypass(role) && !principal.may_bypass);
        if let Some(unknown) = principal.holder.named.iter().find(unknown).filter(|_| !principal.is_anonymous) {
            let name = mwallet_db::schema::shortened(unknown);
            return Err(Problem::invalid_token("PGRST303", format!("the role {name} is not known here")));
        }
        let roles = permissions.held_by(&principal.holder).into_iter().map(Into::into).collect();
        self.asker_of(principal, roles)
    }

    /// Somebody with some roles.
    fn asker_of(&self, principal: Principal, roles: Vec<String>) -> Result<Arc<Asker>, Problem> {
        if principal.may_bypass && roles.iter().any(|role| self.permissions.is_bypass(role)) {
            return Ok(Arc::new(Asker::of_everything(self.tables.clone(), principal, self.replaced.subscribe())));
        }
        let view = self.view(roles)?;
        let caller = Caller { grants: view.grants.clone(), values: principal.values.clone() };
        Ok(Arc::new(Asker::granted(view.tables.clone(), caller, principal, self.replaced.subscribe())))
    }

    /// Somebody who has one more role than they have.
    ///
    /// # Errors
    ///
    /// If what is left of a table for them contradicts itself.
    pub(crate) fn asker_with(&self, principal: &Principal, role: &str) -> Result<Arc<Asker>, Problem> {
        let held = self.permissions.held_by(&principal.holder);
        self.asker_of(principal.clone(), held.into_iter().chain([role]).map(Into::into).collect())
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
        let view = Arc::new(View { tables: Arc::new(tables), grants: Arc::new(grants) });
        let mut views = lock();
        if views.len() >= MOST_VIEWS {
            views.clear();
        }
        views.insert(roles, view.clone());
        Ok(view)
    }
}
