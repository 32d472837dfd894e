//! The host names by which this server can be called.
//!
//! A server without login listens on a loopback address only. Even so, a page of another site that is open in a browser
//! on the same machine could let its own host name resolve to that address (DNS rebinding). The browser sends that
//! name, and this module refuses it.

use std::net::IpAddr;

use axum::http::header::HOST;
use axum::http::request::Parts;

use crate::problem::Problem;

/// Refuses a request whose `Host` header or target names another machine.
///
/// # Errors
///
/// If a name is not that of this machine.
pub(crate) fn check(parts: &Parts) -> Result<(), Problem> {
    if is_foreign(parts) { Err(Problem::foreign_host()) } else { Ok(()) }
}

fn is_foreign(parts: &Parts) -> bool {
    // Browsers always send the header.
    let mut headers = parts.headers.get_all(HOST).iter();
    let by_header = headers.any(|host| !is_loopback(host.to_str().unwrap_or_default()));
    by_header || parts.uri.authority().is_some_and(|authority| !is_loopback(authority.as_str()))
}

/// Whether the value of a `Host` header, with or without a port, is this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    // A fast path for the two most common names.
    name == "127.0.0.1"
        || name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn every_name_of_a_request_counts() {
        let request = |target: &str, hosts: &[&str]| {
            let request = Request::get(target);
            let request = hosts.iter().fold(request, |request, host| request.header(HOST, *host));
            is_foreign(&request.body(()).unwrap().into_parts().0)
        };
        assert!(!request("/", &[]) && !request("http://localhost/", &["127.0.0.1:80"]));
        assert!(request("/", &["localhost", "evil.example"]));
        assert!(request("http://evil.example/", &["localhost"]));
    }

    #[test]
    fn only_names_of_this_machine_pass() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "evil.example:8080", "localhost.evil.example", "192.168.0.1:80", "[::2]:80", "::1"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
