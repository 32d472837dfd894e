//! Which sites' pages may change something here.
//!
//! A browser sends requests for any page that it shows, with what the visitor's machine can reach. It says for whom in
//! `Origin`, and where that is missing, how far away in `Sec-Fetch-Site`. CORS keeps other sites from reading answers; this
//! keeps them from doing what a plain form can do.

use axum::http::header::{HOST, HeaderName, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method};

use crate::location::RELOAD;
use crate::origins::Origins;
use crate::problem::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a request that would change something for a page of a site that may not.
///
/// What is no browser sends neither header, and passes.
///
/// # Errors
///
/// Where the page is of another site, which `origins` does not name.
pub(crate) fn check(parts: &Parts, origins: &Origins) -> Result<(), Problem> {
    // The method comes first: most requests read.
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let mut told = parts.headers.get_all(ORIGIN).iter();
    let may = match (told.next(), told.next()) {
        (None, _) => !parts.headers.get_all(SEC_FETCH_SITE).iter().any(|site| site == "cross-site"),
        (Some(origin), None) => is_allowed(origin, origins, parts.uri.path()) || is_own(origin, parts),
        // No browser sends two.
        (Some(_), Some(_)) => false,
    };
    if may { Ok(()) } else { Err(Problem::foreign_site()) }
}

fn is_allowed(origin: &HeaderValue, origins: &Origins, path: &str) -> bool {
    match origins {
        Origins::None => false,
        // Whoever lets all pages use the data means the data.
        Origins::Any => path != RELOAD,
        Origins::These(origins) => origins.contains(origin),
    }
}

/// Whether an origin is the very host that the request calls. The scheme does not count: TLS may end in front of this server.
fn is_own(origin: &HeaderValue, parts: &Parts) -> bool {
    let called = match parts.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => parts.headers.get(HOST).and_then(|host| host.to_str().ok()),
    };
    let Some((scheme, page)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else { return false };
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let without_default = |host: &str| host.strip_suffix(default_port).unwrap_or(host).to_ascii_lowercase();
    called.is_some_and(|called| !called.is_empty() && without_default(called) == without_default(page))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    /// Whether a POST passes that has these headers.
    fn passes(headers: &[(&str, &str)], origins: &Origins) -> bool {
        let request = Request::post("/rest/v1/orders");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        check(&request.body(()).unwrap().into_parts().0, origins).is_ok()
    }

    #[test]
    fn the_host_that_is_called_is_its_own_origin() {
        for (origin, host, own) in [
            ("http://desk.example", "desk.example", true),
            ("https://desk.example", "desk.example", true),
            ("https://DESK.example", "desk.EXAMPLE", true),
            ("http://desk.example", "desk.example:80", true),
            ("https://desk.example", "desk.example:443", true),
            ("http://desk.example:8080", "desk.example:8080", true),
            ("http://[::1]:8080", "[::1]:8080", true),
            ("http://desk.example", "desk.example:443", false),
            ("http://desk.example:8080", "desk.example", false),
            ("http://desk.example:8080", "desk.example:8081", false),
            ("http://evil.desk.example", "desk.example", false),
            ("http://desk.example.evil", "desk.example", false),
            ("http://evil@desk.example", "desk.example", false),
            ("ftp://desk.example", "desk.example", false),
            ("desk.example", "desk.example", false),
            ("http://", "", false),
            ("null", "null", false),
            ("", "", false),
        ] {
            let headers = [("origin", origin), ("host", host)];
            assert_eq!(passes(&headers, &Origins::None), own, "{origin} at {host}");
        }
        assert!(!passes(&[("origin", "http://desk.example")], &Origins::None), "no host is no origin's");
    }

    #[test]
    fn a_target_with_a_host_is_what_is_called() {
        let request = Request::post("http://desk.example/rest/v1/orders").header("host", "evil.example");
        let request = request.header("origin", "http://evil.example").body(()).unwrap();
        assert!(check(&request.into_parts().0, &Origins::None).is_err());
    }
}
