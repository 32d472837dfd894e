//! Reads the schema of an existing database, the permissions and the keys of others again: on `NOTIFY mwallet,
//! 'reload'`, on SIGHUP and on a POST to `/admin/reload`. The server keeps using the previous ones until the new are
//! ready, and if reading them fails.

use std::sync::Arc;

use mwallet_api::{AppState, ExposedTables, Reload};
use mwallet_auth::Permissions;
use mwallet_db::{Error, Notifications};
use tokio::sync::Mutex;

use super::callers::CallerOptions;
use crate::failure::{Failure, Result};
use crate::reflected::ReflectedOptions;
use crate::signals::Hangups;

/// The PostgreSQL channel to listen on, and the payload that asks for a reload.
const CHANNEL: &str = "mwallet";
const WORD: &str = "reload";

/// Makes the state serve the current schema after each request to reload.
pub(super) fn keep_fresh(
    state: AppState,
    reflected: ReflectedOptions,
    callers: Option<CallerOptions>,
) -> Result<AppState> {
    let reload = {
        let state = state.clone();
        // One reload at a time, so that the last one wins.
        let turn = Arc::new(Mutex::new(()));
        Reload::new(move || {
            let (state, reflected, callers, turn) = (state.clone(), reflected.clone(), callers.clone(), turn.clone());
            async move {
                let _turn = turn.lock().await;
                let served = match reflected.is_own() {
                    true => ExposedTables::new(mwallet_models::tables()),
                    false => ExposedTables::titled(state.engine().name(), &reflected.read(state.engine()).await?),
                };
                let served = served.map_err(|error| Error::Config(error.to_string()))?;
                let wrong = |failure: Failure| Error::Config(failure.message());
                let mut permissions = Permissions::default();
                if let Some(callers) = &callers {
                    permissions = callers.permissions(&served, reflected.is_own()).map_err(wrong)?;
                    state.trust(callers.trust().map_err(wrong)?);
                }
                let tables = served.list().len();
                state.serve(served, permissions);
                tracing::info!("reloaded: {tables} tables and views are served");
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
        // The payload is empty after a lost connection, which may have lost notifications too.
        if payload == WORD || payload.is_empty() {
            run(&reload, "a notification").await;
        }
    }
}

fn at_signals(reload: Reload) -> Result<()> {
    let mut hangups = Hangups::new()?;
    tokio::spawn(async move {
        loop {
            hangups.next().await;
            run(&reload, "SIGHUP").await;
        }
    });
    Ok(())
}

async fn run(reload: &Reload, why: &str) {
    if let Err(error) = reload.run().await {
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        tracing::error!(%error, source, "{why} asked for a reload, which failed; the previous schema is still served");
    }
}
