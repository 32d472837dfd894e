//! Escapes untrusted text so that displaying it is safe.

/// Returns whether a character is invisible but has an effect: it is a control character or a line separator, has no
/// width, or changes the direction of writing.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
        || matches!(c, '\u{61c}' | '\u{feff}')
}

/// Returns the text on one line, with hidden characters escaped.
///
/// ```
/// use mwallet_schema::visible;
/// assert_eq!(visible("Größe\n\u{202e}"), r"Größe\n\u{202e}");
/// ```
pub fn visible(text: &str) -> String {
    written_out(text, is_hidden)
}

/// Returns the text with hidden characters escaped, apart from line breaks.
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
