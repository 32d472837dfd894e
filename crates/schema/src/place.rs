//! Locations in a text.

use crate::shortened_to;

/// The maximum number of characters of a line that is shown.
const LONGEST: usize = 300;

/// A location in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line number, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The text of the line, trimmed and shortened.
    pub text: String,
}

impl Place {
    /// Returns the location of a byte offset, if the text is that long.
    pub fn of(text: &str, offset: usize) -> Option<Self> {
        let before = text.get(..offset)?;
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let whole = text[start..].lines().next().unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before[start..].chars().count() + 1;
        Some(Self { line, column, text: shortened_to(whole.trim(), LONGEST).into_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_line_and_a_column() {
        let sql = "CREATE TABLE é (\n  id bigint,\n  b nothing\n)";
        let place = Place::of(sql, sql.find("nothing").unwrap()).unwrap();
        assert_eq!((place.line, place.column, place.text.as_str()), (3, 5, "b nothing"));
        assert_eq!(Place::of(sql, 0).map(|place| (place.line, place.column)), Some((1, 1)));
        assert_eq!(Place::of(sql, sql.len()).map(|place| place.line), Some(4));
        assert_eq!(Place::of(sql, sql.len() + 1), None);
    }
}
