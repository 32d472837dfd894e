//! What a database says of an error, all of it: for whoever runs the database, never for a client.

use std::error::Error;

use mwallet_schema::shortened_to;

use crate::driver::said;

/// The most characters of a line that is shown.
const LONGEST: usize = 300;

/// An error with all that lies behind it: of what PostgreSQL says its message, code, detail, hint, context and what it is about.
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

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The text of that line.
    pub text: String,
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

/// The place of a byte of a text.
pub(crate) fn place_of(sql: &str, offset: usize) -> Option<Place> {
    let before = sql.get(..offset)?;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let text = sql[start..].lines().next().unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before[start..].chars().count() + 1;
    Some(Place { line, column, text: shortened_to(text.trim(), LONGEST).into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_line_and_a_column() {
        let sql = "CREATE TABLE é (\n  id bigint,\n  b nothing\n)";
        let place = place_of(sql, sql.find("nothing").unwrap()).unwrap();
        assert_eq!((place.line, place.column, place.text.as_str()), (3, 5, "b nothing"));
        assert_eq!(place_of(sql, 0).map(|place| (place.line, place.column)), Some((1, 1)));
        assert_eq!(place_of(sql, sql.len()).map(|place| place.line), Some(4));
        assert_eq!(place_of(sql, sql.len() + 1), None);
    }
}
