//! Names and texts of others, written so that whoever shows them does nothing but that.

/// Whether a character is not seen but changes what is: it moves the cursor, ends a line, is nothing at all, or turns
/// the direction of writing.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
        || matches!(c, '\u{61c}' | '\u{feff}')
}

/// A text on one line, in which such characters are written out.
///
/// ```
/// use mwallet_schema::visible;
/// assert_eq!(visible("Größe\n\u{202e}"), r"Größe\n\u{202e}");
/// ```
pub fn visible(text: &str) -> String {
    written_out(text, is_hidden)
}

/// The same of a text that may have several lines.
pub fn visible_lines(text: &str) -> String {
    written_out(text, |c| c != '\n' && is_hidden(c))
}

fn written_out(text: &str, is_hidden: impl Fn(char) -> bool) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) { written.extend(c.escape_default()) } else { written.push(c) }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_written_out() {
        let text = "a\tb\r\n\u{1b}[2J\u{7f}\u{85}\u{61c}\u{200b}\u{2028}\u{202e}\u{2066}\u{feff}é\\n";
        let seen = r"a\tb\r\n\u{1b}[2J\u{7f}\u{85}\u{61c}\u{200b}\u{2028}\u{202e}\u{2066}\u{feff}é\n";
        assert_eq!(visible(text), seen);
        assert_eq!(visible_lines("a\nb\u{1b}"), "a\nb\\u{1b}");
    }
}
