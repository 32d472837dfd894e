//! Where the server listens: on one address, or on every address of a host name.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpListener, lookup_host};

use crate::failure::{Failure, Result};

/// The name of the local machine. It is resolved without a lookup (RFC 6761), to an IPv4 and an IPv6 address.
const LOCALHOST: &str = "localhost";

/// How many ports are tried until one is free on every address of a name.
const TRIES: usize = 20;

/// Where to listen, as the user wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Address(SocketAddr),
    Name(String, u16),
}

/// Parses an address or a host name with a port.
pub(super) fn parse(text: &str) -> std::result::Result<Place, &'static str> {
    if let Ok(address) = text.parse() {
        return Ok(Place::Address(address));
    }
    let wrong = "expected an address or a host name with a port, such as 127.0.0.1:8080, [::1]:8080 or localhost:8080";
    let (name, port) = text.rsplit_once(':').ok_or(wrong)?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    match port.parse() {
        Ok(port) if is_name => Ok(Place::Name(name.to_owned(), port)),
        _ => Err(wrong),
    }
}

impl Place {
    /// Resolves the addresses; there is at least one.
    pub(super) async fn addresses(&self) -> Result<Vec<SocketAddr>> {
        let (name, port) = match self {
            Self::Address(address) => return Ok(vec![*address]),
            Self::Name(name, port) => (name.as_str(), *port),
        };
        if name.eq_ignore_ascii_case(LOCALHOST) {
            return Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
        }
        let unknown = |failure: Failure| {
            failure.code("name_not_resolved").hint(
                "check the name: it must be in /etc/hosts or in DNS; or pass an address, such as --listen \
                 127.0.0.1:8080",
            )
        };
        let message = format!("cannot resolve the host name {name}");
        let found = lookup_host((name, port)).await.map_err(|error| unknown(Failure::caused(&message, &error)))?;
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for address in found {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() { Err(unknown(Failure::new(message))) } else { Ok(addresses) }
    }

    /// Listens on every address, all on one port. Skips addresses of a name that the machine does not have.
    pub(super) fn listen(&self, addresses: &[SocketAddr]) -> Result<Vec<TcpListener>> {
        let mut tries = 1;
        loop {
            match self.try_to_listen(addresses) {
                // The port was free on the first address only.
                Err((address, error))
                    if error.kind() == ErrorKind::AddrInUse && self.takes_any_port() && tries < TRIES =>
                {
                    tracing::debug!(%address, "the port is taken");
                    tries += 1;
                }
                Err((address, error)) => return Err(cannot_listen(address, &error)),
                Ok(listeners) => return Ok(listeners),
            }
        }
    }

    fn try_to_listen(
        &self,
        addresses: &[SocketAddr],
    ) -> std::result::Result<Vec<TcpListener>, (SocketAddr, std::io::Error)> {
        let mut listeners: Vec<TcpListener> = Vec::new();
        let mut missing = None;
        for address in addresses {
            let mut address = *address;
            if let Some(Ok(first)) = listeners.first().map(TcpListener::local_addr) {
                address.set_port(first.port());
            }
            match mwallet_api::listen(address) {
                Ok(listener) => listeners.push(listener),
                Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {
                    return Err((address, error));
                }
                // Many machines have only IPv4 or only IPv6, whatever the name resolves to.
                Err(error) => {
                    tracing::info!(%address, %error, "skipped this address");
                    missing.get_or_insert((address, error));
                }
            }
        }
        match missing {
            Some(missing) if listeners.is_empty() => Err(missing),
            _ => Ok(listeners),
        }
    }

    fn takes_any_port(&self) -> bool {
        match self {
            Self::Address(address) => address.port() == 0,
            Self::Name(_, port) => *port == 0,
        }
    }

    /// The URL of a server there. It contains a name only if the server accepts requests for that name.
    pub(super) fn url(&self, scheme: &str, first: SocketAddr) -> String {
        match self {
            Self::Name(name, _) if name.eq_ignore_ascii_case(LOCALHOST) => {
                format!("{scheme}://{name}:{}", first.port())
            }
            _ => format!("{scheme}://{first}"),
        }
    }

    /// Which of these addresses other machines can reach, as the user wrote it.
    pub(super) fn reached_by_others(&self, addresses: &[SocketAddr]) -> Option<String> {
        let reachable = addresses.iter().find(|address| !address.ip().is_loopback())?;
        Some(match self {
            Self::Address(address) => address.to_string(),
            Self::Name(name, port) => format!("{name}:{port} ({})", reachable.ip()),
        })
    }

    /// Refuses an address that other machines can reach, since `option` serves without login.
    pub(super) fn refuse_others(&self, addresses: &[SocketAddr], option: &str) -> Result<()> {
        let Some(place) = self.reached_by_others(addresses) else { return Ok(()) };
        let message =
            format!("{option} serves without login, so it must not listen on {place}, which other machines can reach");
        Err(Failure::usage(message).hint("listen on this machine only, for example with --listen localhost:8080"))
    }
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Failure {
    match error.kind() {
        ErrorKind::AddrInUse => Failure::new(format!("another program already listens on {address}"))
            .code("address_in_use")
            .hint(format!("--listen {} picks a free port", SocketAddr::new(address.ip(), 0))),
        _ => Failure::caused(&format!("cannot listen on {address}"), error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_read() {
        let name = |name: &str, port| Place::Name(name.into(), port);
        assert_eq!(parse("[::1]:80"), Ok(Place::Address("[::1]:80".parse().unwrap())));
        assert_eq!(parse("localhost:8080"), Ok(name("localhost", 8080)));
        assert_eq!(parse("wallet.example:0"), Ok(name("wallet.example", 0)));
        for wrong in
            ["", ":80", "localhost", "localhost:", "localhost:http", "localhost:65536", "::1:80", "a b:80", "a/b:80"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn localhost_is_both_families_at_one_port() {
        let place = parse("localhost:0").unwrap();
        let addresses = place.addresses().await.unwrap();
        assert_eq!(addresses.len(), 2);
        let listeners = place.listen(&addresses).unwrap();
        let ports: Vec<u16> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        assert!(ports.iter().all(|port| *port == ports[0]), "{ports:?}");
        let has_both = std::net::TcpListener::bind("[::1]:0").is_ok();
        assert_eq!(listeners.len(), if has_both { 2 } else { 1 });
        let taken = Place::Name("localhost".into(), ports[0]);
        assert!(taken.listen(&taken.addresses().await.unwrap()).is_err());
    }

    #[tokio::test]
    async fn an_address_that_the_machine_has_not_is_left_out_of_a_name() {
        // For documentation (RFC 5737): no machine has it.
        let foreign: SocketAddr = "192.0.2.1:0".parse().unwrap();
        let place = Place::Name("both".into(), 0);
        assert_eq!(place.listen(&[foreign, "127.0.0.1:0".parse().unwrap()]).unwrap().len(), 1);
        assert!(place.listen(&[foreign]).is_err());
    }

    #[test]
    fn a_name_of_which_one_address_is_reachable_is_refused() {
        let place = Place::Name("wallet.example".into(), 80);
        let addresses = ["127.0.0.1:80", "192.0.2.1:80"].map(|address| address.parse().unwrap());
        assert!(place.refuse_others(&addresses, "--open").is_err());
        assert!(place.refuse_others(&addresses[..1], "--open").is_ok());
    }
}
