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
