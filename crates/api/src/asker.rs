//! Who sends a request, and what is there for them.

use std::sync::Arc;
use std::time::Duration;

use mwallet_auth::{Limit, Principal};
use mwallet_db::{Caller, Scope};
use tokio::sync::watch;

use crate::exposed::ExposedTables;
use crate::problem::Problem;

/// The name that filters of grants have for the time.
pub(crate) const NOW: &str = "now";

/// How long somebody is permitted what the permissions said when they asked.
pub(crate) struct Permitted {
    replaced: Option<watch::Receiver<bool>>,
    reload_timeout: Duration,
}

impl Permitted {
    /// Returns when it is over: some time after the permissions were replaced.
    pub(crate) async fn over(self) {
        match self.replaced {
            // Nobody replaces what everybody is permitted.
            None => std::future::pending().await,
            Some(mut replaced) => {
                // An error says the same: what they came from is gone.
                let _ = replaced.wait_for(|is_replaced| *is_replaced).await;
                tokio::time::sleep(self.reload_timeout).await;
            }
        }
    }
}

/// The sender of a request.
#[derive(Debug)]
pub(crate) struct Asker {
    /// The tables that are there for them.
    pub(crate) tables: Arc<ExposedTables>,
    who: Who,
    /// Whom the server knows it to be, to ask again when the tables have changed.
    principal: Option<Arc<Principal>>,
    /// How much they may ask.
    limit: Limit,
    /// Tells when the permissions are replaced.
    replaced: Option<watch::Receiver<bool>>,
}

#[derive(Debug)]
enum Who {
    /// Somebody who sees and does everything.
    Everything,
    /// Somebody with grants.
    Granted(Caller),
}

impl Asker {
    /// The sender of a request before they are known: nothing is there for them.
    pub(crate) fn nobody() -> Self {
        Self {
            tables: Arc::new(ExposedTables::none()),
            who: Who::Granted(Caller::default()),
            principal: None,
            limit: Limit::default(),
            replaced: None,
        }
    }

    /// Anybody, on a server that is open to all.
    pub(crate) fn anybody(tables: Arc<ExposedTables>) -> Self {
        Self { tables, who: Who::Everything, principal: None, limit: Limit::default(), replaced: None }
    }

    /// Somebody who sees and does everything.
    pub(crate) fn of_everything(
        tables: Arc<ExposedTables>,
        principal: Arc<Principal>,
        limit: Limit,
        replaced: watch::Receiver<bool>,
    ) -> Self {
        Self { tables, who: Who::Everything, principal: Some(principal), limit, replaced: Some(replaced) }
    }

    /// Somebody with grants, and the tables as they know them.
    pub(crate) fn granted(
        tables: Arc<ExposedTables>,
        caller: Caller,
        principal: Arc<Principal>,
        limit: Limit,
        replaced: watch::Receiver<bool>,
    ) -> Self {
        Self { tables, who: Who::Granted(caller), principal: Some(principal), limit, replaced: Some(replaced) }
    }

    /// How long they are permitted what they were permitted at first.
    pub(crate) fn permitted(&self, reload_timeout: Duration) -> Permitted {
        Permitted { replaced: self.replaced.clone(), reload_timeout }
    }

    /// How much they may ask.
    pub(crate) fn limit(&self) -> &Limit {
        &self.limit
    }

    /// What they see of each table.
    pub(crate) fn scope(&self) -> Scope<'_> {
        match &self.who {
            Who::Everything => Scope::Client,
            Who::Granted(caller) => Scope::Granted(caller),
        }
    }

    /// Whether they see and do everything.
    pub(crate) fn sees_everything(&self) -> bool {
        matches!(self.who, Who::Everything)
    }

    /// Whether something is known of them that the filters of grants ask for by this name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        match &self.who {
            Who::Everything => true,
            Who::Granted(caller) => caller.values.contains_key(name),
        }
    }

    /// Whether what they may see depends on the time.
    pub(crate) fn is_of_this_moment(&self) -> bool {
        matches!(&self.who, Who::Granted(caller) if caller.values.contains_key(NOW))
    }

    pub(crate) fn principal(&self) -> Option<&Arc<Principal>> {
        self.principal.as_ref()
    }

    /// What they are not permitted is unauthorized as long as they have not said who they are.
    pub(crate) fn refuse(&self, problem: Problem) -> Problem {
        let is_anonymous = self.principal.as_ref().is_some_and(|principal| principal.is_anonymous);
        if is_anonymous && problem.is_denied() { problem.unauthorized("Bearer") } else { problem }
    }
}
