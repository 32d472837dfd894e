//! Which database schema a request is about, where several are served: `Accept-Profile` for reads, `Content-Profile` for
//! writes. The first that is served is meant where neither says anything.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::location::REST;
use crate::problem::Problem;
use crate::state::{Profile, Tables};

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
    // Tables without a schema are all there is, whatever a client calls them.
    if tables.first().schema.is_none() {
        return Ok(tables.first());
    }
    let found = wanted.to_str().ok().and_then(|wanted| tables.profile(wanted));
    found.ok_or_else(|| {
        let name = String::from_utf8_lossy(wanted.as_bytes()).into_owned();
        Problem::unknown_schema(&name, &tables.schemas().collect::<Vec<_>>().join(", "))
    })
}

/// The header by which an answer tells the schema that it is about; nothing where there is one schema, or another answer.
pub(crate) fn told(tables: &Tables, request: &Request) -> Option<(HeaderName, HeaderValue)> {
    tables.schemas().nth(1).filter(|_| request.uri().path().starts_with(REST))?;
    let profile = of(tables, request.method(), request.headers()).ok()?;
    Some((CONTENT_PROFILE, HeaderValue::from_str(profile.schema.as_deref()?).ok()?))
}
