//! The origins whose pages may call this server from a browser.

use std::time::Duration;

use axum::http::header::HeaderName;
use axum::http::{HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// The origins whose pages may call a server from a browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origins {
    /// Only the server itself.
    #[default]
    None,
    /// All origins.
    Any,
    /// These origins, such as `https://desk.example`.
    These(Vec<HeaderValue>),
}

/// The CORS layer for these origins; `None` if there are none.
///
/// The headers are those that Supabase clients send and read.
pub(crate) fn cors(origins: &Origins) -> Option<CorsLayer> {
    let allowed = match origins {
        Origins::None => return None,
        Origins::Any => AllowOrigin::any(),
        Origins::These(origins) => AllowOrigin::list(origins.iter().cloned()),
    };
    let methods =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let headers = ALLOWED_HEADERS.map(HeaderName::from_static);
    let exposed = EXPOSED_HEADERS.map(HeaderName::from_static);
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods(methods)
            .allow_headers(headers)
            .expose_headers(exposed)
            .max_age(PREFLIGHT_TIME),
    )
}

/// The headers that pages of other sites may send.
const ALLOWED_HEADERS: [&str; 14] = [
    "accept",
    "accept-profile",
    "apikey",
    "authorization",
    "content-encoding",
    "content-profile",
    "content-type",
    "prefer",
    "range",
    "range-unit",
    "x-client-info",
    "x-request-id",
    "x-retry-count",
    "x-supabase-api-version",
];

/// The headers that pages of other sites may read.
const EXPOSED_HEADERS: [&str; 12] = [
    "content-encoding",
    "content-location",
    "content-profile",
    "content-range",
    "link",
    "location",
    "preference-applied",
    "retry-after",
    "server-timing",
    "x-request-id",
    "x-supabase-api-version",
    "x-total-count",
];

/// How long a browser may cache a preflight response.
const PREFLIGHT_TIME: Duration = Duration::from_secs(3_600);
