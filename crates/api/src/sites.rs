//! Protection against cross-site request forgery.
//!
//! A browser sends requests for any page that it shows, to every server that the visitor's machine can reach. It names
//! the origin of the page in `Origin`, or at least its relation in `Sec-Fetch-Site`. CORS keeps other sites from
//! reading responses; this module keeps them from changing data, for example with a form.

use axum::http::header::{HOST, HeaderName, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method};

use crate::location::RELOAD;
use crate::origins::Origins;
use crate::problem::Problem;

pub(crate) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a request that would change data for a page of another site.
///
/// Clients other than browsers send neither header, and pass.
///
/// # Errors
///
/// If the page is from another site that `origins` does not name.
pub(crate) fn check(parts: &Parts, origins: &Origins) -> Result<(), Problem> {
    // The method comes first: most requests read.
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let mut told = parts.headers.get_all(ORIGIN).iter();
    let may = match (told.next(), told.next()) {
        (None, _) => !parts.headers.get_all(SEC_FETCH_SITE).iter().any(|site| site == "cross-site"),
        (Some(origin), None) => is_allowed(origin, origins, parts.uri.path()) || is_own(origin, parts),
        // Browsers never send two.
        (Some(_), Some(_)) => false,
    };
    if may { Ok(()) } else { Err(Problem::foreign_site()) }
}

fn is_allowed(origin: &HeaderValue, origins: &Origins, path: &str) -> bool {
    match origins {
        Origins::None => false,
        // Opening the data to all pages does not open the administration.
        Origins::Any => path != RELOAD,
        Origins::These(origins) => origins.contains(origin),
    }
}

/// Whether an origin is the host of the request. The scheme is ignored: a proxy may terminate TLS.
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
