//! The parameters of a URL: whatever parses is formatted as text that parses as the same.

use mwallet_query::{Identifier, Parameters, SelectItem};

use super::url;

/// The columns of a table, some of which need quotes.
const COLUMNS: [&str; 8] = ["id", "memo", "order", "a.b", "x,y", "\"q\"", " s p ", "we\"ird"];

fn is_column(name: &str) -> bool {
    COLUMNS.contains(&name)
}

/// Checks a query string.
///
/// # Panics
///
/// Panics if the parameters are formatted as text that does not parse as the same.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    check_identifier(text);
    let Some(pairs) = url::pairs(text) else { return };
    let parameters = match Parameters::parse(pairs, &is_column) {
        Ok(parameters) => parameters,
        Err(error) => {
            // The message counts characters up to a position.
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    // The documented exception: `a.b` is a column, and not the parameter `b` of the embed `a`.
    if parameters.select.iter().any(|item| matches!(item, SelectItem::Embed(embed) if embed.name() == "a")) {
        return;
    }
    let formatted = parameters.pairs();
    assert_eq!(url::pairs(&url::encode(&formatted)).as_ref(), Some(&formatted), "encoding changes parameters");
    assert_eq!(Parameters::parse(formatted.clone(), &is_column), Ok(parameters), "{formatted:?}");
}

fn check_identifier(text: &str) {
    let identifier = Identifier::parse(text);
    assert_eq!(Identifier::parse(&identifier.to_string()), identifier);
}
