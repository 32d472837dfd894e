//! Queries across several entities, each a single statement.
//!
//! A period without a bound is open at that end; both bounds are inclusive. The newest rows come first. Rows with the
//! same time are sorted by ID, so that pages never overlap.

use mwallet_db::crud;
use mwallet_db::schema::{ColumnType, Timestamp};
use mwallet_db::{Executor, Find, KeyColumns, Query, Result, Sql};

use crate::{AppNotice, Transaction};

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
    let sql = notices_of_user_sql(identifier, start, end, skip, limit);
    crud::select(executor, sql).await
}

/// Returns the statement of [`notices_of_user`], for callers that need the rows in another form.
pub fn notices_of_user_sql(
    identifier: &str,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    skip: u64,
    limit: Option<u64>,
) -> Sql {
    // PostgreSQL infers the type of a parameter from its first use, so comparisons come before `IS NULL`.
    let sql = Sql::select::<AppNotice>(
        "JOIN notice_recipients ON notice_recipients.notice_id = app_notices.id
         WHERE notice_recipients.user_id = coalesce(
             (SELECT id FROM users WHERE slug = $1), (SELECT id FROM users WHERE rsid = $1))
         AND (app_notices.start_at >= $2 OR $2 IS NULL)
         AND (app_notices.end_at <= $3 OR $3 IS NULL)
         ORDER BY app_notices.start_at DESC, app_notices.id DESC
         LIMIT $4 OFFSET $5",
    );
    sql.bind(identifier)
        .bind_as(start, ColumnType::Timestamp)
        .bind_as(end, ColumnType::Timestamp)
        .bind(rows(limit.unwrap_or(u64::MAX)))
        .bind(rows(skip))
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

/// Converts a number of rows to the type that both engines accept.
fn rows(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
