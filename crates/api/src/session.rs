//! A database session as an argument of a handler.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use mwallet_db::Session;

use crate::problem::Problem;
use crate::state::AppState;

/// A transaction for one request.
///
/// Only [`Session::commit`] commits it. If a handler returns early or panics, or if a client disconnects, the session
/// is dropped, which rolls it back.
///
/// ```
/// use mwallet_api::{DbSession, Problem};
///
/// async fn handler(DbSession(mut session): DbSession) -> Result<(), Problem> {
///     session.run(mwallet_db::Sql::new("DELETE FROM drafts")).await?;
///     session.commit().await?;
///     Ok(())
/// }
/// ```
pub struct DbSession(pub Session);

impl<S> FromRequestParts<S> for DbSession
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, state: &S) -> Result<Self, Problem> {
        let state = AppState::from_ref(state);
        Ok(Self(state.engine.sessions().begin().await?))
    }
}
