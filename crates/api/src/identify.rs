//! Finds out who sends a request, by its headers.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HeaderName, ORIGIN};
use mwallet_auth::{Authority, Credentials, Refused};

use crate::asker::Asker;
use crate::problem::Problem;
use crate::served::Served;
use crate::sites::SEC_FETCH_SITE;

const API_KEY: HeaderName = HeaderName::from_static("apikey");

/// Finds out who sends a request, where the server is not open to all.
///
/// # Errors
///
/// If what it says of its sender is not understood. Nobody becomes anonymous by a mistake.
pub(crate) async fn identify(
    served: &Served,
    authority: &Authority,
    headers: &HeaderMap,
) -> Result<Arc<Asker>, Problem> {
    let credentials = Credentials {
        api_key: one(headers, &API_KEY)?,
        bearer: one(headers, &AUTHORIZATION)?.map(bearer).transpose()?,
        // A page that reads from its own server sends no origin.
        has_origin: headers.contains_key(ORIGIN) || headers.contains_key(SEC_FETCH_SITE),
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
    Problem::invalid_token("PGRST301", message.into())
}

/// The problem of somebody who is refused.
pub(crate) fn problem(refused: Refused) -> Problem {
    match refused {
        Refused::Invalid(message) => invalid(message),
        Refused::Claims(message) => Problem::invalid_token("PGRST303", message),
        Refused::Database(error) => error.into(),
    }
}
