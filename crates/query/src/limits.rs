//! How long lists may be and how deep filters may nest. What exceeds them is refused before any more of it is read.
//!
//! How many columns may be selected depends on the table, so that whoever plans the query limits it.

use crate::ParseError;

/// The most levels of `and` and `or` in one filter.
pub const MAX_DEPTH: usize = 32;
/// The most parameters: as many as a query may have conditions, plus some that are not conditions.
pub(crate) const MAX_PARAMETERS: usize = 1_024;
/// The most columns to order by.
pub(crate) const MAX_ORDER: usize = 64;
/// The most columns in `on_conflict`.
pub(crate) const MAX_KEY: usize = 64;
/// The most values in one list, such as that of `in`.
pub(crate) const MAX_VALUES: usize = 10_000;

/// Refuses a list that is too long.
pub(crate) fn check(parameter: &str, items: &'static str, found: usize, limit: usize) -> Result<(), ParseError> {
    match found > limit {
        true => Err(ParseError::TooMany { parameter: parameter.into(), items, limit }),
        false => Ok(()),
    }
}
