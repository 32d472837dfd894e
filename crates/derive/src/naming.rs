//! Derives names of tables and constants, text from doc comments, and suggestions for misspelled words.

use heck::{ToShoutySnakeCase, ToSnakeCase};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta};

/// Returns the table name for a type: `UserAddress` becomes `user_addresses`.
///
/// This duplicates `mwallet_schema::plural`, since a dependency would slow down builds of the macro; a test in
/// `mwallet-db` compares the two.
pub(crate) fn table_name(type_name: &Ident) -> String {
    let name = type_name.unraw().to_string().to_snake_case();
    match name.rsplit_once('_') {
        Some((before, last)) => format!("{before}_{}", pluralizer::pluralize(last, 2, false)),
        None => pluralizer::pluralize(&name, 2, false),
    }
}

/// Converts `expected_end` or `PartlyDone` to upper snake case.
pub(crate) fn shouting(name: &Ident) -> String {
    name.unraw().to_string().to_shouty_snake_case()
}

/// Returns the text of doc comments, with the lines of each paragraph joined.
pub(crate) fn documentation(attributes: &[Attribute]) -> Option<String> {
    let literals: Vec<String> = attributes.iter().filter_map(doc_line).collect();
    let lines: Vec<&str> = literals.iter().flat_map(|text| text.split('\n')).map(str::trim).collect();
    let paragraphs: Vec<String> =
        lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty()).map(|lines| lines.join(" ")).collect();
    (!paragraphs.is_empty()).then(|| paragraphs.join("\n\n"))
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the most similar known word, if it is close enough.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distances = known.into_iter().map(|candidate| (distance(word, candidate), candidate));
    let (distance, candidate) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= (word.len() + 1) / 3).then_some(candidate)
}

/// Returns the edit distance of two words.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn doc_comments_become_paragraphs() {
        let attributes: Vec<Attribute> = parse_quote! {
            /// When the order starts
            /// to count.
            #[entity(index)]
            ///
            /// In UTC.
        };
        assert_eq!(documentation(&attributes).as_deref(), Some("When the order starts to count.\n\nIn UTC."));
        assert_eq!(documentation(&[]), None);
    }

    #[test]
    fn only_a_near_word_was_meant() {
        let known = ["unique", "index", "identity"];
        assert_eq!(nearest("uniqe", known), Some("unique"));
        assert_eq!(nearest("idnex", known), Some("index"));
        assert_eq!(nearest("nullable", known), None);
        assert_eq!(nearest("nope", ["code"]), None);
    }
}
