//! The loop that accepts connections, and how it ends.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// How a server treats its connections.
#[derive(Clone, Copy, Debug)]
pub struct ServeOptions {
    /// How long requests that are under way may take to end when the server is told to stop: 10 seconds.
    pub grace: Duration,
    /// How long a connection may take to send the head of a request, and may wait between two of them: 60 seconds.
    pub head_time: Duration,
    /// How many connections there may be at once: 10,000. Others wait until one ends.
    pub connections: usize,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self { grace: Duration::from_secs(10), head_time: Duration::from_secs(60), connections: 10_000 }
    }
}

/// How long to wait where the system has no more room for connections.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until `shutdown` is done; then no connection is accepted any more, and requests that are under way have some
/// time to end.
///
/// # Errors
///
/// Where the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send,
    options: ServeOptions,
) -> io::Result<()> {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(options.head_time);
    let open = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(options.connections));
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (place, connection) = tokio::select! {
            accepted = accept(&listener, &places) => accepted?,
            () = &mut shutdown => break,
        };
        let service = TowerToHyperService::new(router.clone());
        let served = open.watch(http.serve_connection(TokioIo::new(connection), service));
        tokio::spawn(async move {
            // A client that goes away or sends nonsense is its own business.
            if let Err(error) = served.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(options.grace, open.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way after {:?}; their connections are closed", options.grace);
    }
    Ok(())
}

/// The next connection, as soon as there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(Option<tokio::sync::OwnedSemaphorePermit>, TcpStream)> {
    // The semaphore is never closed.
    let place = places.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((connection, _)) => {
                // Small answers must not wait for an acknowledgement of earlier ones.
                if let Err(error) = connection.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY cannot be set");
                }
                return Ok((place, connection));
            }
            // The client was gone before it was greeted.
            Err(error) if is_of_one_connection(&error) => {}
            // No file is free, for example: they will be, when others close.
            Err(error) => {
                tracing::error!(%error, "a connection cannot be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;

    use super::*;

    /// Serves a request that takes `work` to answer, is told to stop in the middle of it, and gives what was answered.
    async fn stop_during(work: Duration, grace: Duration) -> String {
        let begun = std::sync::Arc::new(Notify::new());
        let at_work = begun.clone();
        let handler = async move || {
            at_work.notify_one();
            tokio::time::sleep(work).await;
            "done"
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = async move { begun.notified().await };
        let options = ServeOptions { grace, ..ServeOptions::default() };
        let server = tokio::spawn(serve(listener, Router::new().route("/", get(handler)), stop, options));
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        server.await.unwrap().unwrap();
        let mut answer = String::new();
        // What is still open when the server has ended is closed with the program.
        let _ = tokio::time::timeout(Duration::from_millis(100), socket.read_to_string(&mut answer)).await;
        answer
    }

    #[tokio::test]
    async fn what_is_under_way_ends_unless_it_takes_too_long() {
        let in_time = stop_during(Duration::from_millis(100), Duration::from_secs(60)).await;
        assert!(in_time.ends_with("done"), "{in_time}");
        assert_eq!(stop_during(Duration::from_secs(60), Duration::from_millis(50)).await, "");
    }

    #[tokio::test]
    async fn a_head_that_never_ends_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let options = ServeOptions { head_time: Duration::from_millis(50), ..ServeOptions::default() };
        tokio::spawn(serve(listener, Router::new(), std::future::pending(), options));
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").await.unwrap();
        let mut answer = String::new();
        let ended = tokio::time::timeout(Duration::from_secs(5), socket.read_to_string(&mut answer)).await;
        assert!(ended.is_ok(), "the connection is still open");
    }

    #[tokio::test]
    async fn connections_beyond_the_limit_wait() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(async || "done"));
        let options = ServeOptions { connections: 1, ..ServeOptions::default() };
        tokio::spawn(serve(listener, router, std::future::pending(), options));
        let first = TcpStream::connect(address).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        second.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        let waited = tokio::time::timeout(Duration::from_millis(100), second.read_to_string(&mut answer)).await;
        assert!(waited.is_err(), "{answer}");
        drop(first);
        second.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("done"), "{answer}");
    }
}
