//! Renames columns in the expressions of checks and indexes, and compares expressions.
//!
//! SQLite writes the new name of a column in quotes, while declarations may not quote it.

use mwallet_schema::{Check, ExpressionIndex, Index, Table};

use mwallet_db::Dialect;
use mwallet_db::schema_tools::quote;
use mwallet_reflect::tokens::{Token, tokens};

/// Renames columns in the checks and indexes of a table. An index that then equals a declared one takes the declared
/// text, so that the two compare equal.
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
        // The declared text may differ in quotes only.
        let same = |other: &&Index| other.special.as_ref().is_some_and(|other| said(other) == said(&renamed));
        let declared = after.and_then(|after| after.indexes.iter().find(same));
        index.special = Some(declared.and_then(|declared| declared.special.clone()).unwrap_or(renamed));
    }
}

/// Returns whether two checks have the same name and the same expression.
pub(super) fn same_check(left: &Check, right: &Check) -> bool {
    left == right || left.name == right.name && plain(&left.expression) == plain(&right.expression)
}

/// Returns whether two indexes have the same name and definition.
pub(super) fn same_index(left: &Index, right: &Index) -> bool {
    let specials = || left.special.as_ref().map(said) == right.special.as_ref().map(said);
    let bare = |index: &Index| Index { special: None, ..index.clone() };
    left == right || bare(left) == bare(right) && specials()
}

/// Returns the definition of an index in comparable form.
fn said(index: &ExpressionIndex) -> (bool, Vec<String>, Option<Vec<String>>) {
    (index.unique, plain(&index.keys), index.condition.as_deref().map(plain))
}

/// Returns the tokens of an expression, with names unquoted.
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

/// Returns whether a token is the name of a column rather than a string.
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
