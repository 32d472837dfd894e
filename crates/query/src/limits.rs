//! Limits of list lengths and of depth. Parsing stops when one is exceeded.
//!
//! The number of selected columns depends on the table, so the query planner limits it further.

use crate::ParseError;

/// The maximum nesting depth of `and` and `or` in a filter, and of embeds in `select`.
pub const MAX_DEPTH: usize = 32;
/// The maximum number of parameters: the maximum number of conditions in a query, plus some for other parameters.
pub(crate) const MAX_PARAMETERS: usize = 1_024;
/// The maximum number of items in `select`, with those of embeds.
pub(crate) const MAX_ITEMS: usize = 10_000;
/// The maximum number of columns in `order`.
pub(crate) const MAX_ORDER: usize = 64;
/// The maximum number of columns in `on_conflict`.
pub(crate) const MAX_KEY: usize = 64;
/// The maximum number of values in a list, such as that of `in`.
pub(crate) const MAX_VALUES: usize = 10_000;

/// The maximum number of keys that lead into JSON.
pub(crate) const MAX_KEYS: usize = 32;

/// Returns an error if a list is too long.
pub(crate) fn check(parameter: &str, items: &'static str, found: usize, limit: usize) -> Result<(), ParseError> {
    match found > limit {
        true => Err(ParseError::TooMany { parameter: parameter.into(), items, limit }),
        false => Ok(()),
    }
}
