//! What others wrote, as errors repeat it: no more of it than tells what is meant.

use std::borrow::Cow;

/// The most characters of a name or a value that an error repeats.
const MOST: usize = 100;

/// A text, or its beginning and `…` where it is longer than 100 characters: an error is not to be as long as what it is
/// about.
///
/// ```
/// use mwallet_schema::shortened;
/// assert_eq!(shortened("asset"), "asset");
/// assert_eq!(shortened(&"é".repeat(5_000)).chars().count(), 101);
/// ```
pub fn shortened(text: &str) -> Cow<'_, str> {
    shortened_to(text, MOST)
}

/// The same with another number of characters.
pub fn shortened_to(text: &str, most: usize) -> Cow<'_, str> {
    // A text of so few bytes has no more characters.
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
