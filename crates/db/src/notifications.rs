//! Notifications of a database.

use tokio::sync::mpsc;

/// What comes from a channel. Dropped, it listens no more.
pub struct Notifications {
    pub(crate) payloads: mpsc::Receiver<String>,
}

impl Notifications {
    /// The next payload that was sent; an empty one where some may have been lost, since a connection was. `None` after
    /// the runtime has ended.
    pub async fn next(&mut self) -> Option<String> {
        self.payloads.recv().await
    }
}
