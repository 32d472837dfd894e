//! The body of a request: its type, its content coding, its size, its text.

mod gzip;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::limits::Limits;
use crate::problem::Problem;

/// Reads the body of a request that must be JSON.
///
/// The content type is required: in a visitor's browser, a page of another site can send a body without a type, but
/// not one of type JSON, unless this server allows it.
///
/// # Errors
///
/// If the body has another type or an unsupported coding, is too large, or does not arrive in time. The size limit
/// applies to a compressed body both before and after decompression.
pub(crate) async fn json(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Bytes, Problem> {
    let content_type = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    if !content_type.is_some_and(is_json) {
        return Err(Problem::media_type(content_type));
    }
    let coding = Coding::parse(headers)?;
    // If the headers declare the size, the body need not be read.
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return Err(Problem::too_large(limits.body_bytes));
    }
    let body = Limited::new(body, limits.body_bytes);
    let read = async {
        match coding {
            Coding::Identity => Ok(body.collect().await.map_err(|error| broken(&*error, limits))?.to_bytes()),
            Coding::Gzip => gzip::decode(body, limits).await,
        }
    };
    tokio::time::timeout(limits.body_read_timeout, read).await.unwrap_or_else(|_| Err(Problem::body_timeout()))
}

/// The problem of a body that cannot be read to its end.
fn broken(error: &(dyn std::error::Error + 'static), limits: &Limits) -> Problem {
    match error.is::<LengthLimitError>() {
        true => Problem::too_large(limits.body_bytes),
        false => Problem::body("the body is incomplete"),
    }
}

/// The content coding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Identity,
    /// The only supported coding: decompression needs 32 KiB of memory, whatever was sent. With Brotli and Zstandard
    /// the client chooses how much.
    Gzip,
}

impl Coding {
    fn parse(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut coding = Self::Identity;
        let lines = headers.get_all(CONTENT_ENCODING).iter();
        for line in lines {
            for name in line.to_str().unwrap_or("?").split(',').map(str::trim) {
                coding = match name.to_ascii_lowercase().as_str() {
                    "" | "identity" => coding,
                    "gzip" | "x-gzip" if coding == Self::Identity => Self::Gzip,
                    // Only an attacker compresses a body twice.
                    _ => return Err(Problem::content_coding(name)),
                };
            }
        }
        Ok(coding)
    }
}

/// Whether a media type is JSON in UTF-8, its only encoding.
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
    use super::*;

    #[test]
    fn a_coding_is_none_or_gzip() {
        let of = |lines: &[&'static str]| {
            let lines = lines.iter().map(|line| (CONTENT_ENCODING, axum::http::HeaderValue::from_static(line)));
            Coding::parse(&HeaderMap::from_iter(lines)).ok()
        };
        for identity in [&[][..], &[""], &["identity"], &["Identity, identity"]] {
            assert_eq!(of(identity), Some(Coding::Identity), "{identity:?}");
        }
        for gzip in [&["gzip"][..], &["GZIP"], &["x-gzip"], &["identity, gzip"]] {
            assert_eq!(of(gzip), Some(Coding::Gzip), "{gzip:?}");
        }
        for other in [&["br"][..], &["deflate"], &["gzip, gzip"], &["gzip", "gzip"], &["gzip;q=1"], &["*"]] {
            assert_eq!(of(other), None, "{other:?}");
        }
    }

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
