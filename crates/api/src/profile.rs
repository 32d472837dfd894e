//! The database schema of a request, if several are served: `Accept-Profile` for reads, `Content-Profile` for writes.
//! The default is the first one.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::exposed::{DEFAULT_SCHEMA, ExposedSchema, ExposedTables};
use crate::location;
use crate::problem::Problem;

const ACCEPT_PROFILE: HeaderName = HeaderName::from_static("accept-profile");
const CONTENT_PROFILE: HeaderName = HeaderName::from_static("content-profile");

/// The schema that a request names. Programs send it in UTF-8; browsers can only send Latin-1 in headers.
pub(crate) fn named(method: &Method, headers: &HeaderMap) -> Option<String> {
    let is_read = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let value = headers.get(if is_read { ACCEPT_PROFILE } else { CONTENT_PROFILE })?;
    Some(match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.into(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    })
}

/// The exposed schema of that name, or the first.
///
/// # Errors
///
/// If there is no such schema.
pub(crate) fn find<'t>(tables: &'t ExposedTables, name: Option<&str>) -> Result<&'t ExposedSchema, Problem> {
    let Some(name) = name else { return Ok(tables.first()) };
    tables.schema(name).ok_or_else(|| {
        let names: Vec<&str> = tables.schema_names().collect();
        Problem::unknown_schema(name, &if names.is_empty() { DEFAULT_SCHEMA.into() } else { names.join(", ") })
    })
}

/// The response header that names the schema; `None` if there is only one, or if the request is not about a table.
pub(crate) fn header(tables: &ExposedTables, path: &str, name: Option<&str>) -> Option<(HeaderName, HeaderValue)> {
    tables.schema_names().nth(1).filter(|_| location::is_about_tables(path))?;
    let schema = find(tables, name).ok()?;
    Some((CONTENT_PROFILE, HeaderValue::from_bytes(schema.name.as_deref()?.as_bytes()).ok()?))
}
