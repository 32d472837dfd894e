//! Who sends a request, and what is there for them.

use std::sync::Arc;

use axum::http::header::{AUTHORIZATION, HeaderName, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use mwallet_auth::{Credentials, Principal, Refused};
use mwallet_db::{Caller, Scope};

use crate::exposed::ExposedTables;
use crate::problem::Problem;
use crate::state::AppState;

const API_KEY: HeaderName = HeaderName::from_static("apikey");

/// The sender of a request.
#[derive(Debug)]
pub(crate) struct Asker {
    /// The tables that are there for them.
    pub(crate) tables: Arc<ExposedTables>,
    who: Who,
    /// Whom the server knows it to be, to ask again when the tables have changed.
    principal: Option<Principal>,
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
        Self { tables: Arc::new(ExposedTables::none()), who: Who::Granted(Caller::default()), principal: None }
    }

    /// Anybody, on a server that is open to all.
    pub(crate) fn anybody(tables: Arc<ExposedTables>) -> Self {
        Self { tables, who: Who::Everything, principal: None }
    }

    /// Somebody who sees and does everything.
    pub(crate) fn of_everything(tables: Arc<ExposedTables>, principal: Principal) -> Self {
        Self { tables, who: Who::Everything, principal: Some(principal) }
    }

    /// Somebody with grants, and the tables as they know them.
    pub(crate) fn granted(tables: Arc<ExposedTables>, caller: Caller, principal: Principal) -> Self {
        Self { tables, who: Who::Granted(caller), principal: Some(principal) }
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

    pub(crate) fn principal(&self) -> Option<&Principal> {
        self.principal.as_ref()
    }

    /// What they are not permitted is unauthorized as long as they have not said who they are.
    pub(crate) fn refuse(&self, problem: Problem) -> Problem {
        let is_anonymous = self.principal.as_ref().is_some_and(|principal| principal.is_anonymous);
        if is_anonymous && problem.is_denied() { problem.unauthorized("Bearer") } else { problem }
    }
}

/// Finds out who sends a request.
///
/// # Errors
///
/// If what it says of its sender is not understood. Nobody becomes anonymous by a mistake.
pub(crate) async fn identify(state: &AppState, headers: &HeaderMap) -> Result<Arc<Asker>, Problem> {
    let served = state.served();
    let Some(authority) = &state.authority else { return Ok(served.anybody()) };
    let credentials = Credentials {
        api_key: one(headers, &API_KEY)?,
        bearer: one(headers, &AUTHORIZATION)?.map(bearer).transpose()?,
        has_origin: headers.contains_key(ORIGIN),
    };
    let principal = authority.identify(credentials).await.map_err(problem)?;
    served.asker(principal)
}

/// The only value of a header.
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(value), None) => Ok(Some(value.trim())),
        (_, Some(_)) => Err(invalid(format!("the header {name} is there twice"))),
        (Err(_), None) => Err(invalid(format!("the header {name} is not ASCII"))),
    }
}

/// The token or key in the header `Authorization`.
fn bearer(value: &str) -> Result<&str, Problem> {
    let found = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = found.map(|(_, token)| token.trim()).filter(|token| !token.is_empty());
    token.ok_or_else(|| invalid("the header authorization is not of the form: Bearer TOKEN"))
}

fn invalid(message: impl Into<String>) -> Problem {
    const CHALLENGE: &str = "Bearer error=\"invalid_token\"";
    Problem::new(StatusCode::UNAUTHORIZED, "PGRST301", message.into()).unauthorized(CHALLENGE)
}

/// The problem of somebody who is refused.
pub(crate) fn problem(refused: Refused) -> Problem {
    match refused {
        Refused::Invalid(message) => invalid(message),
        Refused::Claims(message) => {
            Problem::new(StatusCode::UNAUTHORIZED, "PGRST303", message).unauthorized("Bearer error=\"invalid_token\"")
        }
        Refused::Database(error) => error.into(),
    }
}
