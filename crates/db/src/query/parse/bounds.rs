//! How long the lists of a request may be. What is longer is refused before a database is asked.
//!
//! A request that keeps within them runs on both engines: SQLite answers 2,000 columns at most, PostgreSQL 1,664, those among
//! them that only an order needs.

use mwallet_schema::Table;

use crate::query::PlanError;

/// The most parameters: as many as there may be conditions, and some that are none.
pub(super) const PARAMETERS: usize = 1_024;
/// The most columns to order by.
pub(super) const ORDER: usize = 64;
/// The most columns by which an upsert finds rows.
pub(super) const KEY: usize = 64;
/// The most values of one list, as of `in`.
pub(super) const VALUES: usize = 10_000;

/// The columns that any table may be asked for; many of them twice, by other names.
const FEW_COLUMNS: usize = 200;
/// The most columns that both engines answer, with as many beside as there may be to order by.
const MOST_COLUMNS: usize = 1_600;

/// The most columns that may be chosen from a table: each twice, or 200. All of its own always may.
pub(super) fn columns(table: &Table) -> usize {
    let own = table.columns.len();
    (own * 2).min(MOST_COLUMNS).max(own).max(FEW_COLUMNS)
}

/// Refuses a list that is longer than it may be.
pub(super) fn hold(parameter: &str, what: &'static str, found: usize, most: usize) -> Result<(), PlanError> {
    match found > most {
        true => Err(PlanError::TooMany { parameter: parameter.into(), what, most }),
        false => Ok(()),
    }
}
