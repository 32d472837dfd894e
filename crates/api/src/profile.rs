//! Which database schema a request is about, where several are served: `Accept-Profile` for reads, `Content-Profile` for
//! writes. The first that is served is meant where neither says anything.

use std::borrow::Cow;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::location::REST;
use crate::problem::Problem;
use crate::state::{Profile, Tables};

/// What clients call the schema of tables that have none, as those of SQLite and of entities.
pub(crate) const DEFAULT: &str = "public";
const ACCEPT_PROFILE: HeaderName = HeaderName::from_static("accept-profile");
const CONTENT_PROFILE: HeaderName = HeaderName::from_static("content-profile");

/// The tables that a request is about.
///
/// # Errors
///
/// Where it names a schema that is not served.
pub(crate) fn of<'t>(tables: &'t Tables, method: &Method, headers: &HeaderMap) -> Result<&'t Profile, Problem> {
    let is_read = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let Some(wanted) = headers.get(if is_read { ACCEPT_PROFILE } else { CONTENT_PROFILE }) else {
        return Ok(tables.first());
    };
    let name = text(wanted);
    tables.profile(&name).ok_or_else(|| {
        let names: Vec<&str> = tables.schemas().collect();
        Problem::unknown_schema(&name, &if names.is_empty() { DEFAULT.into() } else { names.join(", ") })
    })
}

/// What a header says. Programs write it in UTF-8; browsers have no other letters for headers than those of Latin-1.
fn text(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.into(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    }
}

/// The header by which an answer tells the schema that it is about; nothing where there is one schema, or another answer.
pub(crate) fn told(tables: &Tables, request: &Request) -> Option<(HeaderName, HeaderValue)> {
    tables.schemas().nth(1).filter(|_| request.uri().path().starts_with(REST))?;
    let profile = of(tables, request.method(), request.headers()).ok()?;
    Some((CONTENT_PROFILE, HeaderValue::from_bytes(profile.schema.as_deref()?.as_bytes()).ok()?))
}
