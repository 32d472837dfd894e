//! What a database says of an error, all of it: for whoever runs the database, never for a client.

use std::error::Error;

use crate::driver::said;
use crate::place::{Place, place_of};

/// An error with all that lies behind it: of what PostgreSQL says its message, code, detail, hint, context and what it
/// is about.
///
/// ```
/// let refused = std::io::Error::other("connection refused");
/// let error = mwallet_db::Error::Unavailable(Box::new(refused));
/// assert_eq!(mwallet_db::explain(&error), "the database cannot be reached: connection refused");
/// ```
pub fn explain(error: &(dyn Error + 'static)) -> String {
    causes(error).join(": ")
}

/// An error and what lies behind it, one by one, the outermost first: there is always one.
///
/// ```
/// let refused = std::io::Error::other("connection refused");
/// let error = mwallet_db::Error::Unavailable(Box::new(refused));
/// assert_eq!(mwallet_db::causes(&error), ["the database cannot be reached", "connection refused"]);
/// ```
pub fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        // What a database says is all there is; what lies behind it repeats the statement, or is a number.
        let all = said(cause).map(|said| said.message());
        let is_all = all.is_some();
        let cause_text = all.unwrap_or_else(|| cause.to_string());
        // Some errors repeat what lies behind them.
        if causes.last().is_none_or(|earlier| !earlier.ends_with(&cause_text)) {
            causes.push(cause_text);
        }
        next = cause.source().filter(|_| !is_all);
    }
    causes
}

/// Where in a statement an error is, if the database tells.
pub fn place(error: &(dyn Error + 'static), sql: &str) -> Option<Place> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(said) = said(cause) {
            return said.offset(sql).and_then(|offset| place_of(sql, offset));
        }
        next = cause.source();
    }
    None
}
