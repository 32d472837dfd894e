//! Listens for PostgreSQL notifications on a dedicated connection, and reconnects when it is lost.

use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, NoTls, Socket};

use super::tls::Tls;
use super::{Settings, connect};
use crate::notifications::Notifications;
use crate::quote::quote;

/// The minimum and maximum delay before reconnecting.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// Starts listening on a channel.
pub(super) fn listen(settings: Settings, tls: Tls, channel: &'static str) -> Notifications {
    let (payloads, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        let mut listener = Listener { config: connect::config(&settings), channel, payloads, was_connected: false };
        let mut pause = PAUSES.0;
        while !listener.payloads.is_closed() {
            let before = tokio::time::Instant::now();
            let ended = match &tls {
                Tls::Off => listener.follow(NoTls).await,
                Tls::On(tls) => listener.follow(tls.clone()).await,
            };
            // Reset the delay after a connection that lasted.
            pause = if before.elapsed() > PAUSES.1 { PAUSES.0 } else { pause };
            match ended {
                Ok(()) => tracing::warn!("the connection that listens to {channel} was lost; it is made again"),
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "nothing listens to {channel}; it is tried again in {pause:?}"
                ),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    });
    Notifications { payloads: receiver }
}

struct Listener {
    config: tokio_postgres::Config,
    channel: &'static str,
    payloads: mpsc::Sender<String>,
    was_connected: bool,
}

impl Listener {
    /// Connects and forwards notifications until the connection ends or the receiver is dropped.
    async fn follow<T>(&mut self, tls: T) -> Result<(), tokio_postgres::Error>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send,
    {
        let (client, mut connection) = self.config.connect(tls).await?;
        let was_connected = std::mem::replace(&mut self.was_connected, true);
        let Self { channel, payloads, .. } = self;
        let listening = async {
            client.batch_execute(&format!("LISTEN {}", quote(channel))).await?;
            if was_connected {
                // Notifications may have been missed in between.
                let _ = payloads.send(String::new()).await;
            }
            payloads.closed().await;
            Ok(())
        };
        let receiving = async {
            let mut messages = stream::poll_fn(|context| connection.poll_message(context));
            while let Some(message) = messages.next().await {
                if let AsyncMessage::Notification(notification) = message? {
                    let _ = payloads.send(notification.payload().to_owned()).await;
                }
            }
            Ok(())
        };
        tokio::select! {
            ended = listening => ended,
            ended = receiving => ended,
        }
    }
}
