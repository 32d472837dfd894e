//! A database that others change is read again: when they say so by `NOTIFY mwallet, 'reload'`, at SIGHUP, and at a POST to
//! `/admin/reload`. What was read before is served until the new description is ready, and stays if it cannot be had.

use std::sync::Arc;

use mwallet_api::{AppState, ExposedTables, Reload};
use mwallet_db::{Error, Notifications};
use tokio::sync::Mutex;

use super::reflected::ReflectedOptions;
use crate::failure::Result;

/// The channel of PostgreSQL that is listened to, and what is said there.
const CHANNEL: &str = "mwallet";
const WORD: &str = "reload";

/// The same state, which serves what the database has whenever it is told to look.
pub(super) fn keep_fresh(state: AppState, reflected: ReflectedOptions) -> Result<AppState> {
    let reload = {
        let state = state.clone();
        // One at a time: what is read last is what counts.
        let turn = Arc::new(Mutex::new(()));
        Reload::new(move || {
            let (state, reflected, turn) = (state.clone(), reflected.clone(), turn.clone());
            async move {
                let _turn = turn.lock().await;
                let tables = reflected.read(state.engine()).await?;
                let served = ExposedTables::titled(state.engine().name(), &tables)
                    .map_err(|error| Error::Config(error.to_string()))?;
                state.serve(served);
                tracing::info!("{} tables and views are served", tables.len());
                Ok(())
            }
        })
    };
    at_signals(reload.clone())?;
    if let Some(notifications) = state.engine().listen(CHANNEL)? {
        tokio::spawn(at_notifications(notifications, reload.clone()));
    }
    Ok(state.reload(reload))
}

async fn at_notifications(mut notifications: Notifications, reload: Reload) {
    while let Some(payload) = notifications.next().await {
        // Nothing is said where a connection was lost, and with it what may have been said.
        if payload == WORD || payload.is_empty() {
            run(&reload, "a notification").await;
        }
    }
}

#[cfg(unix)]
fn at_signals(reload: Reload) -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangups = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            run(&reload, "SIGHUP").await;
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn at_signals(_: Reload) -> Result<()> {
    Ok(())
}

async fn run(reload: &Reload, why: &str) {
    if let Err(error) = reload.run().await {
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        tracing::error!(%error, source, "{why} asked to read the database again, which failed; what was read before is served");
    }
}
