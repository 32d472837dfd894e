//! Shortens untrusted text for error messages.

use std::borrow::Cow;

/// The maximum number of characters of a name or value in an error.
const MOST: usize = 100;

/// Returns the text, or its first 100 characters and `…`, so that an error stays short.
///
/// ```
/// use mwallet_schema::shortened;
/// assert_eq!(shortened("asset"), "asset");
/// assert_eq!(shortened(&"é".repeat(5_000)).chars().count(), 101);
/// ```
pub fn shortened(text: &str) -> Cow<'_, str> {
    shortened_to(text, MOST)
}

/// Same as [`shortened`], with a limit of `most` characters.
pub fn shortened_to(text: &str, most: usize) -> Cow<'_, str> {
    // There are never more characters than bytes.
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_kept_whole() {
        for (text, short) in
            [("", ""), ("abc", "abc"), ("abcd", "abc…"), ("äöü", "äöü"), ("äöüß", "äöü…"), ("a👛b👛", "a👛b…")]
        {
            assert_eq!(shortened_to(text, 3), short);
        }
    }
}
