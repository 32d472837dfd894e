//! Headers of every response that are about the safety of browsers and caches.

use axum::http::header::{CACHE_CONTROL, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue};

use crate::client::Client;
use crate::state::AppState;

/// Adds the headers.
pub(crate) fn add(headers: &mut HeaderMap, state: &AppState, client: Client) {
    // A browser takes nothing for a page or a script that says to be something else.
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // What somebody may see is not for a cache that others share. Caches know this of the header Authorization, but not of
    // keys.
    if state.authority.is_some() && !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
    }
    if let Some(hsts) = state.hsts.as_ref().filter(|_| client.is_secure) {
        headers.insert(STRICT_TRANSPORT_SECURITY, hsts.clone());
    }
}
