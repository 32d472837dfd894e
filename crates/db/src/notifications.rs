//! Database notifications.

use tokio::sync::mpsc;

/// The notifications of a channel. Dropping this stops listening.
pub struct Notifications {
    pub(crate) payloads: mpsc::Receiver<String>,
}

impl Notifications {
    /// Returns the next payload. It is empty if notifications may have been lost because of a reconnect. Returns
    /// `None` after the runtime has shut down.
    pub async fn next(&mut self) -> Option<String> {
        self.payloads.recv().await
    }
}
