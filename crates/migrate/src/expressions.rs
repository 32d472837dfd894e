//! The expressions of checks and indexes: renamed with their columns, and compared by what they say.
//!
//! SQLite writes the new name of a column into them, in quotes; whoever declares them writes it as they like.

use mwallet_schema::{Check, ExpressionIndex, Index, Table};

use mwallet_db::Dialect;
use mwallet_db::schema_tools::quote;
use mwallet_db::schema_tools::tokens::{Token, tokens};

/// Gives columns their new names in the checks and indexes of a table, as far as they are then what they are to be:
/// what is not the same is told as it was.
pub(super) fn rename(table: &mut Table, after: Option<&Table>, pairs: &[(String, String)]) {
    for check in &mut table.checks {
        check.expression = renamed(&check.expression, pairs);
    }
    for index in &mut table.indexes {
        let Some(special) = &index.special else { continue };
        let renamed = ExpressionIndex {
            keys: renamed(&special.keys, pairs),
            condition: special.condition.as_ref().map(|condition| renamed(condition, pairs)),
            ..special.clone()
        };
        // An index is only renamed where it is the same.
        let same = |other: &&Index| other.special.as_ref().is_some_and(|other| said(other) == said(&renamed));
        let declared = after.and_then(|after| after.indexes.iter().find(same));
        index.special = Some(declared.and_then(|declared| declared.special.clone()).unwrap_or(renamed));
    }
}

/// Whether two checks of one name say the same.
pub(super) fn same_check(left: &Check, right: &Check) -> bool {
    left == right || left.name == right.name && plain(&left.expression) == plain(&right.expression)
}

/// Whether two indexes of one name are the same.
pub(super) fn same_index(left: &Index, right: &Index) -> bool {
    let specials = || left.special.as_ref().map(said) == right.special.as_ref().map(said);
    let bare = |index: &Index| Index { special: None, ..index.clone() };
    left == right || bare(left) == bare(right) && specials()
}

/// What an index says.
fn said(index: &ExpressionIndex) -> (bool, Vec<String>, Option<Vec<String>>) {
    (index.unique, plain(&index.keys), index.condition.as_deref().map(plain))
}

/// The words, and names without quotes.
fn plain(expression: &str) -> Vec<String> {
    tokens(expression, Dialect::Sqlite)
        .iter()
        .map(|word| if word.text.starts_with('"') { word.name() } else { word.text.into() })
        .collect()
}

fn renamed(expression: &str, pairs: &[(String, String)]) -> String {
    let words = tokens(expression, Dialect::Sqlite);
    let (mut text, mut end) = (String::new(), 0);
    for (at, word) in words.iter().enumerate() {
        let is_call = words.get(at + 1).is_some_and(|next| next.text == "(") && !word.text.starts_with('"');
        let new = pairs.iter().find(|(from, _)| !is_call && is_column(word, from)).map(|(_, to)| quote(to));
        text.push_str(&expression[end..word.start]);
        text.push_str(new.as_deref().unwrap_or(word.text));
        end = word.end;
    }
    text.push_str(&expression[end..]);
    text
}

/// Whether a word is the name of a column; a text is none.
fn is_column(word: &Token<'_>, name: &str) -> bool {
    match word.text.as_bytes().first() {
        Some(b'\'') => false,
        Some(b'"' | b'`' | b'[') => word.name() == name,
        _ => word.is(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_renamed_in_expressions_and_nothing_else_is() {
        let pairs = [("low".to_owned(), "least".to_owned()), ("lower".to_owned(), "l".to_owned())];
        for (before, after) in [
            ("low <= high OR \"low\" = -1", "\"least\" <= high OR \"least\" = -1"),
            ("lower(low) <> 'low' AND lower IS NULL", "lower(\"least\") <> 'low' AND \"l\" IS NULL"),
            ("lowest -- low\n > LOW", "lowest -- low\n > \"least\""),
        ] {
            assert_eq!(renamed(before, &pairs), after);
        }
        assert_eq!(plain("\"a\" <= b"), plain("a<=\"b\""));
        assert_ne!(plain("a <= 'b'"), plain("a <= b"));
    }
}
