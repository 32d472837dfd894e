//! The loop that accepts connections, and how it ends.

use std::future::{Future, IntoFuture};
use std::io;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Serves until `shutdown` is done; then no connection is accepted any more, and requests that are under way have the time
/// `grace` to end.
///
/// # Errors
///
/// Where the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> io::Result<()> {
    let (asked, told) = oneshot::channel();
    let listener = listener.tap_io(|connection| {
        // Small answers must not wait for an acknowledgement of earlier ones.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY cannot be set");
        }
    });
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        shutdown.await;
        // Nobody listens where the server has ended already.
        let _ = asked.send(());
    });
    let over = async {
        match told.await {
            Ok(()) => tokio::time::sleep(grace).await,
            // The server ended without being asked to.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = server.into_future() => ended,
        () = over => {
            tracing::warn!("requests were still under way after {grace:?}; their connections are closed");
            Ok(())
        }
    }
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
        let server = tokio::spawn(serve(listener, Router::new().route("/", get(handler)), stop, grace));
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
}
