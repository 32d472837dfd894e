//! Queries across several entities.
//!
//! A period without a bound is open at that end; both bounds are inclusive. The newest rows come first. Rows with the
//! same time are sorted by ID, so that pages never overlap.

use mwallet_db::schema::Timestamp;
use mwallet_db::{Executor, Filter, Find, KeyColumns, NameColumns, Query, Result};

use crate::{AppNotice, NoticeRecipient, Transaction, User};

/// Returns the notices of a user, identified by slug or `rsid`, whose own period lies within the given one.
///
/// A notice without an end does not lie within a period that has one. If one user's slug is another's `rsid`, the
/// slug takes precedence. An unknown user has no notices.
///
/// # Errors
///
/// Returns an error if the database fails.
pub async fn notices_of_user(
    executor: impl Into<Executor<'_>>,
    identifier: &str,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    skip: u64,
    limit: Option<u64>,
) -> Result<Vec<AppNotice>> {
    let mut executor = executor.into();
    let user = user_id(executor.reborrow(), identifier).await?;
    Find::<AppNotice>::from(notices_query(user, start, end, skip, limit)).all(executor).await
}

/// Returns the ID of the user with this slug or else this `rsid`.
///
/// # Errors
///
/// Returns an error if the database fails.
pub async fn user_id(executor: impl Into<Executor<'_>>, identifier: &str) -> Result<Option<i64>> {
    let named = User::SLUG.eq(identifier) | User::RSID.eq(identifier);
    let users = User::find().filter(named).all(executor).await?;
    let by_slug = users.iter().find(|user| user.names.slug.get().is_some_and(|slug| slug == identifier));
    Ok(by_slug.or(users.first()).and_then(|user| user.key.id.get().copied()))
}

/// Returns the query of [`notices_of_user`], for callers that need the rows in another form. Nobody has no notices.
pub fn notices_query(
    user: Option<i64>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    skip: u64,
    limit: Option<u64>,
) -> Query {
    let is_recipient = match user {
        Some(id) => AppNotice::RECIPIENTS.any(NoticeRecipient::USER_ID.eq(id)),
        None => Filter::Or(Vec::new()),
    };
    let mut query = Query { limit, ..Query::new() }
        .filter(is_recipient)
        .order(AppNotice::START_AT.desc())
        .order(AppNotice::ID.desc())
        .skip(skip);
    if let Some(start) = start {
        query = query.filter(AppNotice::START_AT.gte(start));
    }
    if let Some(end) = end {
        query = query.filter(AppNotice::END_AT.lte(end));
    }
    query
}

/// Returns the transactions of a network that were mined in a period.
///
/// # Errors
///
/// Returns an error if the database fails.
pub async fn transactions_mined(
    executor: impl Into<Executor<'_>>,
    network: &str,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    skip: u64,
    limit: Option<u64>,
) -> Result<Vec<Transaction>> {
    Find::<Transaction>::from(transactions_mined_query(network, start, end, skip, limit)).all(executor).await
}

/// Returns the query of [`transactions_mined`], for callers that need the rows in another form.
pub fn transactions_mined_query(
    network: &str,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    skip: u64,
    limit: Option<u64>,
) -> Query {
    let mut query = Query { limit, ..Query::new() }
        .filter(Transaction::NETWORK.eq(network))
        .filter(Transaction::MINED_AT.is_not_null())
        .order(Transaction::MINED_AT.desc())
        .order(Transaction::ID.desc())
        .skip(skip);
    if let Some(start) = start {
        query = query.filter(Transaction::MINED_AT.gte(start));
    }
    if let Some(end) = end {
        query = query.filter(Transaction::MINED_AT.lte(end));
    }
    query
}
