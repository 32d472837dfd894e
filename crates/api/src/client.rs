//! Where a request comes from: its connection, and the client behind the proxies that the server trusts.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::HeaderName;
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The connection that a request came by, as one of its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Connection {
    /// The address of its other end.
    pub(crate) peer: IpAddr,
    /// Whether it cannot be overheard.
    pub(crate) is_secure: bool,
}

/// The program that sent a request, as far as the connection and the headers tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Client {
    /// Its address. Requests that the program makes itself have none.
    pub(crate) address: Option<IpAddr>,
    /// Whether its own connection cannot be overheard.
    pub(crate) is_secure: bool,
}

impl Client {
    /// Finds out which client sent a request.
    pub(crate) fn find(request: &Request, proxies: &Proxies) -> Self {
        let Some(Connection { peer, is_secure }) = request.extensions().get().copied() else { return Self::default() };
        let peer = peer.to_canonical();
        if !proxies.contains(peer) {
            return Self { address: Some(peer), is_secure };
        }
        let is_secure = is_secure || last(request.headers(), &X_FORWARDED_PROTO).is_some_and(|proto| proto == "https");
        Self { address: Some(proxies.client(peer, request.headers())), is_secure }
    }
}

/// The networks of the proxies that a server trusts to tell who their clients are.
///
/// ```
/// use mwallet_api::Proxies;
///
/// let proxies = Proxies::new(["127.0.0.1".parse()?, "10.0.0.0/8".parse()?]);
/// # Ok::<_, mwallet_api::ProxyError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Proxies(Arc<[Proxy]>);

/// A network of proxies, as it is written: `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proxy(IpNet);

/// A text is no address or network.
#[derive(Debug, thiserror::Error)]
#[error("expected an address or a network, such as 10.0.0.7 or 10.0.0.0/8")]
pub struct ProxyError;

impl FromStr for Proxy {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(Self).map_err(|_| ProxyError)
    }
}

impl Proxies {
    /// These proxies.
    pub fn new(networks: impl IntoIterator<Item = Proxy>) -> Self {
        Self(networks.into_iter().collect())
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|proxy| proxy.0.contains(&address))
    }

    /// The client behind a proxy. Each proxy appends the address that it was called from, so the list is read from the
    /// right, and only as far as those who wrote it are trusted: what is left of that is whatever somebody sent.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        for value in headers.get_all(X_FORWARDED_FOR).iter().rev() {
            for text in value.to_str().unwrap_or_default().rsplit(',') {
                let Some(address) = address(text.trim()) else { return client };
                client = address;
                if !self.contains(client) {
                    return client;
                }
            }
        }
        client
    }
}

/// An address, which some proxies write with a port.
fn address(text: &str) -> Option<IpAddr> {
    let parsed = text.parse().ok().or_else(|| {
        let (host, port) = text.rsplit_once(':')?;
        port.parse::<u16>().ok()?;
        match host.strip_prefix('[') {
            Some(host) => host.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            None => host.parse().ok(),
        }
    });
    parsed.as_ref().map(IpAddr::to_canonical)
}

/// The last of the values that a header lists.
fn last<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    const TRUSTED: [&str; 3] = ["10.0.0.0/8", "127.0.0.1", "fd00::/8"];

    fn client(peer: &str, headers: &[(&str, &str)]) -> Client {
        let proxies = Proxies::new(TRUSTED.map(|text| text.parse().unwrap()));
        let request =
            headers.iter().fold(axum::http::Request::get("/"), |request, (name, value)| request.header(*name, *value));
        let connection = Connection { peer: peer.parse().unwrap(), is_secure: false };
        Client::find(&request.extension(connection).body(Body::empty()).unwrap(), &proxies)
    }

    #[test]
    fn the_list_is_read_from_the_right_as_far_as_proxies_are_trusted() {
        for (peer, lists, address) in [
            // Nobody is believed who is no proxy.
            ("203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            ("203.0.113.9", &["127.0.0.1"], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            // What the client wrote itself stands on the left.
            ("10.0.0.1", &["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["1.2.3.4", "198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["1.2.3.4,198.51.100.1,10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &["1.2.3.4, 198.51.100.1", "10.0.0.2,127.0.0.1"], "198.51.100.1"),
            // All of them are proxies.
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            // What cannot be read is not passed over.
            ("10.0.0.1", &["198.51.100.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &[""], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1,"], "10.0.0.1"),
            // Ports, and both families.
            ("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("10.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("fd00::1", &["2001:db8::1"], "2001:db8::1"),
            ("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("::ffff:203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
        ] {
            let headers: Vec<_> = lists.iter().map(|list| ("x-forwarded-for", *list)).collect();
            assert_eq!(client(peer, &headers).address, address.parse().ok(), "{peer} {lists:?}");
        }
    }

    #[test]
    fn only_proxies_say_that_their_client_cannot_be_overheard() {
        let proto = |peer: &str, values: &[&str]| {
            let headers: Vec<_> = values.iter().map(|value| ("x-forwarded-proto", *value)).collect();
            client(peer, &headers).is_secure
        };
        assert!(proto("10.0.0.1", &["https"]) && proto("10.0.0.1", &["http, https"]));
        assert!(!proto("10.0.0.1", &["http"]) && !proto("10.0.0.1", &["https", "http"]) && !proto("10.0.0.1", &[]));
        assert!(!proto("203.0.113.9", &["https"]));
    }

    #[test]
    fn networks_are_read() {
        for text in ["10.0.0.7", "10.0.0.0/8", "::1", "fd00::/8", "0.0.0.0/0"] {
            assert!(text.parse::<Proxy>().is_ok(), "{text}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0", "proxy.example", "10.0.0.1:80"] {
            assert!(text.parse::<Proxy>().is_err(), "{text}");
        }
    }
}
