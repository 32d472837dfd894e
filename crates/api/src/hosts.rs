//! The host names by which this server can be called.
//!
//! A server without login listens on a loopback address only. Even so, a page of another site that is open in a browser
//! on the same machine could let its own host name resolve to that address (DNS rebinding). The browser sends that
//! name, and this module refuses it.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use axum::http::header::HOST;
use axum::http::request::Parts;

use crate::problem::Problem;

/// The host names by which a server can be called: its own machine's, such as `localhost`, and others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts(Arc<[Host]>);

/// A host name without a port: `desk.example`, an address, or `*.desk.example` for all names below one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// In lower case, and for all names below one with the dot before it.
    name: String,
    is_suffix: bool,
}

/// A text is no host name.
#[derive(Debug, thiserror::Error)]
#[error("expected a host name without a port, such as desk.example or *.desk.example")]
pub struct HostError;

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let (name, is_suffix) = match text.strip_prefix('*') {
            Some(name) if name.starts_with('.') => (name, true),
            Some(_) => return Err(HostError),
            None => (text, false),
        };
        let labels = name.strip_prefix('.').filter(|_| is_suffix).unwrap_or(name);
        let is_label =
            |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if !labels.split('.').all(is_label) && (is_suffix || name.parse::<IpAddr>().is_err()) {
            return Err(HostError);
        }
        Ok(Self { name: name.to_ascii_lowercase(), is_suffix })
    }
}

impl Host {
    fn is(&self, name: &str) -> bool {
        match self.is_suffix {
            false => name.eq_ignore_ascii_case(&self.name),
            true => name
                .len()
                .checked_sub(self.name.len())
                .filter(|start| *start > 0)
                .and_then(|start| name.get(start..))
                .is_some_and(|end| end.eq_ignore_ascii_case(&self.name)),
        }
    }
}

impl Hosts {
    /// The names of the machine itself, and these.
    pub fn new(names: impl IntoIterator<Item = Host>) -> Self {
        Self(names.into_iter().collect())
    }

    /// Refuses a request whose `Host` header or target names another host.
    ///
    /// # Errors
    ///
    /// If a name is not one of these.
    pub(crate) fn check(&self, parts: &Parts) -> Result<(), Problem> {
        if self.names_other(parts) { Err(Problem::foreign_host()) } else { Ok(()) }
    }

    fn names_other(&self, parts: &Parts) -> bool {
        // Browsers always send the header, or over HTTP/2 the target.
        let mut headers = parts.headers.get_all(HOST).iter();
        let by_header = headers.any(|host| !self.contains(host.to_str().unwrap_or_default()));
        by_header || parts.uri.authority().is_some_and(|authority| !self.contains(authority.as_str()))
    }

    /// Whether the value of a `Host` header, with or without a port, is one of these.
    fn contains(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, _)) => address,
            None => host.split_once(':').map_or(host, |(name, _)| name),
        };
        // A fast path for the two most common names.
        name == "127.0.0.1"
            || name.eq_ignore_ascii_case("localhost")
            || self.0.iter().any(|host| host.is(name))
            || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
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
            Hosts::default().names_other(&request.body(()).unwrap().into_parts().0)
        };
        assert!(!request("/", &[]) && !request("http://localhost/", &["127.0.0.1:80"]));
        assert!(request("/", &["localhost", "evil.example"]));
        assert!(request("http://evil.example/", &["localhost"]));
    }

    #[test]
    fn names_of_this_machine_pass_and_those_that_are_named() {
        let (own, hosts) = (
            Hosts::default(),
            Hosts::new(
                ["desk.example", "*.Desk.example", "192.0.2.1", "2001:db8::1"].map(|name| name.parse().unwrap()),
            ),
        );
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080", "[::1]"] {
            assert!(own.contains(host) && hosts.contains(host), "{host}");
        }
        for host in [
            "desk.example",
            "DESK.example:8443",
            "a.desk.example",
            "a.b.desk.EXAMPLE:1",
            "192.0.2.1:80",
            "[2001:db8::1]",
        ] {
            assert!(!own.contains(host) && hosts.contains(host), "{host}");
        }
        for host in [
            "",
            "evil.example:8080",
            "localhost.evil.example",
            "192.168.0.1:80",
            "[::2]:80",
            "::1",
            "xdesk.example",
            ".desk.example",
            "desk.example.evil",
            "desk.example.",
        ] {
            assert!(!own.contains(host) && !hosts.contains(host), "{host}");
        }
    }

    #[test]
    fn host_names_are_read() {
        for text in ["desk.example", "localhost", "*.desk.example", "192.0.2.1", "::1", "a_b-c"] {
            assert!(text.parse::<Host>().is_ok(), "{text}");
        }
        for text in
            ["", "*", "*.", "*desk.example", "desk.example:80", "https://desk.example", "desk..example", "a/b", "[::1]"]
        {
            assert!(text.parse::<Host>().is_err(), "{text}");
        }
    }
}
