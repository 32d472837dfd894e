//! Measures, shortens and escapes texts.
//!
//! The font is only known where the drawing is shown, so widths are upper bounds: the width of each character in the
//! widest font of the drawing.

use std::borrow::Cow;

use html_escape::encode_quoted_attribute;

/// A text as drawn, and the full text if it is shortened.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Label {
    /// The drawn text.
    pub(super) shown: String,
    /// The maximum width of the drawn text, in pixels.
    pub(super) width: f64,
    /// The full text, if it is shortened.
    pub(super) whole: Option<String>,
}

impl Label {
    /// Shortens a text to a width, with an ellipsis.
    pub(super) fn new(text: &str, font: Font, limit: f64) -> Self {
        let text = visible(text);
        let width = font.width(&text);
        if width <= limit {
            return Self { shown: text.into_owned(), width, whole: None };
        }
        let room = limit - font.width("…");
        let mut used = 0.0;
        let mut shown: String = text
            .chars()
            .take_while(|&character| {
                used += font.character(character);
                used <= room
            })
            .collect();
        // A trailing joiner would join the ellipsis.
        shown.truncate(shown.trim_end_matches('\u{200d}').len());
        shown.push('…');
        Self { width: font.width(&shown), shown, whole: Some(text.into_owned()) }
    }
}

/// The size and weight of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Font {
    /// The size in pixels.
    pub(super) size: f64,
    /// Whether it is bold.
    pub(super) bold: bool,
}

impl Font {
    /// Returns the maximum width of a text in pixels.
    pub(super) fn width(self, text: &str) -> f64 {
        text.chars().map(|character| self.character(character)).sum()
    }

    fn character(self, character: char) -> f64 {
        let weight = if self.bold { 1.2 } else { 1.03 };
        f64::from(hundredths(character)) * self.size * weight / 100.0
    }
}

/// Returns the width of a character in hundredths of the font size. It is that of DejaVu Sans, the widest font of the
/// drawing, unless another one is wider.
fn hundredths(character: char) -> u32 {
    match character {
        'i' | 'j' | 'l' | '\'' => 30,
        'I' | '.' | ',' | ' ' | '|' | ':' | ';' | '/' | '\\' | 'f' | 't' => 40,
        'r' | '(' | ')' | '[' | ']' | '!' | '-' => 43,
        'c' | 's' | 'z' | '?' | '*' | 'J' => 56,
        'a' | 'e' | 'k' | 'v' | 'x' | 'y' | 'o' | '_' | '`' | 'L' | '"' => 62,
        '0'..='9' | 'b' | 'd' | 'g' | 'h' | 'n' | 'p' | 'q' | 'u' | '$' | '{' | '}' => 64,
        'E' | 'F' | 'P' | 'S' | 'T' | 'Y' => 68,
        'A' | 'B' | 'C' | 'K' | 'R' | 'V' | 'X' | 'Z' => 73,
        'D' | 'G' | 'H' | 'N' | 'O' | 'Q' | 'U' | '&' => 80,
        '#' | '+' | '<' | '=' | '>' | 'M' | '^' | '~' | 'w' => 88,
        ..='\u{7f}' => 104,
        '…' => 100,
        // Combining, joining and directional characters.
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => 0,
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => 0,
        '\u{80}'..='\u{58f}' if character.is_uppercase() => 118,
        '\u{80}'..='\u{58f}' => 100,
        // Dashes as wide as two and three characters, cuneiform, and ligatures of whole sentences.
        '\u{2e3a}' | '\u{2e3b}' | '\u{12000}'..='\u{1254f}' => 300,
        '\u{fdfa}' | '\u{fdfb}' | '\u{fdfd}' => 1200,
        // Arrows, symbols and emoji.
        '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}' => 140,
        _ => 112,
    }
}

/// Replaces characters that are not drawn, and that XML may reject, with visible symbols.
fn visible(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}');
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let picture = |c: char| match u32::from(c) {
        code @ ..=0x1f => char::from_u32(0x2400 + code).unwrap_or('\u{fffd}'),
        0x7f => '\u{2421}',
        _ => '\u{fffd}',
    };
    Cow::Owned(text.chars().map(|c| if is_hidden(c) { picture(c) } else { c }).collect())
}

/// Escapes a text for XML and HTML content, and for attributes in double quotes.
pub(super) fn escape(text: &str) -> String {
    encode_quoted_attribute(&visible(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FONT: Font = Font { size: 10.0, bold: false };

    #[test]
    fn a_text_that_fits_is_left_whole() {
        let label = Label::new("invoice", FONT, 100.0);
        assert_eq!((label.shown.as_str(), label.whole), ("invoice", None));
    }

    #[test]
    fn a_long_text_is_cut_within_its_limit() {
        for text in ["x".repeat(300), "宽".repeat(100), "👩\u{200d}🔧".repeat(50), "e\u{301}".repeat(200)] {
            let label = Label::new(&text, FONT, 100.0);
            assert!(label.width <= 100.0, "{label:?}");
            assert!(label.shown.ends_with('…') && !label.shown.contains("\u{200d}…"), "{label:?}");
            assert_eq!(label.whole, Some(text));
        }
    }

    #[test]
    fn wide_characters_have_the_room_they_need() {
        assert!(FONT.width("订单") >= 20.0);
        assert!(FONT.width("WWWW") > FONT.width("iiii"));
        assert!(Font { bold: true, ..FONT }.width("name") > FONT.width("name"));
    }

    #[test]
    fn what_xml_refuses_is_shown_as_a_picture() {
        assert_eq!(escape("a\0b\nc\u{7f}\u{ffff}"), "a␀b␊c␡\u{fffd}");
        assert_eq!(escape("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#x27;");
    }
}
