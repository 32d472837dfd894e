//! The body of a request: its type, its size, its text.

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::problem::Problem;
use crate::state::Limits;

/// Reads the body of a request that must be JSON.
///
/// The type must be said: a page of a foreign site may send a body without one from a visitor's browser, but not one of
/// this type, unless this server allows it.
///
/// # Errors
///
/// Where it is of another type or encoding, too large, or does not come in time.
pub(crate) async fn json(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Bytes, Problem> {
    let content_type = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    if !content_type.is_some_and(is_json) {
        return Err(Problem::media_type(content_type));
    }
    // What says how large it is need not be sent at all.
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return Err(Problem::too_large(limits.body_bytes));
    }
    let read = Limited::new(body, limits.body_bytes).collect();
    match tokio::time::timeout(limits.body_time, read).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Problem::too_large(limits.body_bytes)),
        Ok(Err(_)) => Err(Problem::body("the body did not come whole")),
        Err(_) => Err(Problem::body_timeout()),
    }
}

/// Whether a media type is JSON in UTF-8, the only encoding it has.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn the_type_is_json_in_utf_8() {
        for json in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""] {
            assert!(is_json(json), "{json}");
        }
        for other in ["", "text/plain", "application/json; charset=latin1", "application/x-www-form-urlencoded"] {
            assert!(!is_json(other), "{other}");
        }
    }
}
