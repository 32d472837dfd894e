//! The listening sockets.

use std::io;
use std::net::SocketAddr;

use std::future::poll_fn;
use std::task::Poll;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// The backlog of connections to accept: as many as the system allows (`net.core.somaxconn` on Linux), which reduces a
/// larger number to its own limit.
const BACKLOG: u32 = i32::MAX as u32;

/// Listens on an address. Unlike [`TcpListener::bind`], it uses the largest backlog that the system allows.
///
/// # Errors
///
/// If the address cannot be listened on.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restarted server need not wait for the connections of the previous one to time out. On Windows, this option
    // would let two programs use the same port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The sockets of a server.
pub(super) struct Listeners {
    all: Vec<TcpListener>,
    /// The socket to poll first: the one after the last accepted connection, so that none starves the others.
    next: usize,
}

impl Listeners {
    pub(super) fn new(all: impl IntoIterator<Item = TcpListener>) -> Self {
        Self { all: all.into_iter().collect(), next: 0 }
    }

    /// Accepts the next connection on any of them, with the address of its other end.
    pub(super) async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        poll_fn(|context| {
            for turn in 0..self.all.len() {
                let index = (self.next + turn) % self.all.len();
                if let Poll::Ready(accepted) = self.all[index].poll_accept(context) {
                    self.next = index + 1;
                    return Poll::Ready(accepted);
                }
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpStream;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn as_many_wait_as_the_system_allows() {
        let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        let most: usize = most.trim().parse().unwrap();
        // More than the 1,024 that are usual.
        let wanted = most.min(1_500);
        let (soft, hard) = rlimit::Resource::NOFILE.get().unwrap();
        rlimit::Resource::NOFILE.set(hard.min(4_096).max(soft), hard).unwrap();
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        // Nobody accepts them.
        let waiting = (0..wanted).map(|_| TcpStream::connect_timeout(&address, Duration::from_millis(900)));
        let waiting = waiting.collect::<io::Result<Vec<_>>>();
        assert_eq!(waiting.map(|waiting| waiting.len()).ok(), Some(wanted));
    }

    #[tokio::test]
    async fn a_busy_socket_keeps_no_other_waiting() {
        let sockets =
            [listen("127.0.0.1:0".parse().unwrap()).unwrap(), listen("127.0.0.1:0".parse().unwrap()).unwrap()];
        let [busy, other] = sockets.each_ref().map(|socket| socket.local_addr().unwrap());
        let clients = [busy, busy, busy, other].map(|address| TcpStream::connect(address).unwrap());
        let mut listeners = Listeners::new(sockets);
        let mut accepted = Vec::new();
        for _ in &clients {
            accepted.push(listeners.accept().await.unwrap().0.local_addr().unwrap());
        }
        assert_eq!(accepted, [busy, other, busy, busy]);
    }

    #[tokio::test]
    async fn both_families_are_listened_to_and_only_once() {
        // Not every machine has the second one.
        let families =
            ["127.0.0.1:0", "[::1]:0"].into_iter().filter(|address| std::net::TcpListener::bind(address).is_ok());
        for address in families {
            let listener = listen(address.parse().unwrap()).unwrap();
            let taken = listen(listener.local_addr().unwrap()).unwrap_err();
            assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
        }
    }
}
