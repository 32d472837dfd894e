//! Formats complete error reports, for the operators of the database and never for clients.

use std::error::Error;

use mwallet_schema::Place;

use crate::driver::said;

/// Formats an error with all of its causes. For PostgreSQL errors this includes the message, code, detail, hint,
/// context and affected objects.
///
/// ```
/// let refused = std::io::Error::other("connection refused");
/// let error = mwallet_db::Error::Unavailable(Box::new(refused));
/// assert_eq!(mwallet_db::explain(&error), "the database cannot be reached: connection refused");
/// ```
pub fn explain(error: &(dyn Error + 'static)) -> String {
    causes(error).join(": ")
}

/// Returns an error and its causes, outermost first. There is always at least one.
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
        // A database report is complete. Its sources only repeat the statement or are a number.
        let all = said(cause).map(|said| said.message());
        let is_all = all.is_some();
        let cause_text = all.unwrap_or_else(|| cause.to_string());
        // Some errors repeat their source.
        if causes.last().is_none_or(|earlier| !earlier.ends_with(&cause_text)) {
            causes.push(cause_text);
        }
        next = cause.source().filter(|_| !is_all);
    }
    causes
}

/// Returns the location of an error in a statement, if the database reports it.
pub fn place(error: &(dyn Error + 'static), sql: &str) -> Option<Place> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(said) = said(cause) {
            return said.offset(sql).and_then(|offset| Place::of(sql, offset));
        }
        next = cause.source();
    }
    None
}
