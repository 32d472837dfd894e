//! A strict pull parser for JSON text (RFC 8259).
//!
//! Other parsers stop at the first invalid value and convert numbers to doubles. This one leaves the meaning of
//! values to its caller, so that all failures of a body are reported at once, and returns a number as the text in
//! which it was written. It knows nothing of schemas.

use std::borrow::Cow;
use std::fmt;

mod canonical;
mod inner;
mod number;
mod tree;
mod write;

pub use canonical::canonical;
pub use inner::{Step, inner, jsonb_text, plain_text};
pub use number::compare_numbers;
pub use tree::{compare, contains};
pub use write::{compact, write_string, write_value};
pub(crate) use write::{squeeze, storable};

/// The maximum nesting depth of arrays and objects.
pub const MAX_DEPTH: u32 = 128;

/// Why a text is not JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct SyntaxError {
    /// The offset in bytes.
    pub offset: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The error message.
    pub message: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {} column {}", self.message, self.line, self.column)
    }
}

/// A scalar value, or the opening bracket of an array or object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(&'a str),
    /// A string, unescaped.
    String(Cow<'a, str>),
    /// `[`: call [`Reader::item`] until it returns false.
    Array,
    /// `{`: call [`Reader::key`] until it returns `None`.
    Object,
}

/// Reads the values of a JSON text one by one.
///
/// ```
/// use mwallet_schema::json::{Reader, Token};
/// let mut reader = Reader::new(br#"{"amount": 0.10}"#)?;
/// assert_eq!(reader.value()?, Token::Object);
/// assert_eq!(reader.key()?.as_deref(), Some("amount"));
/// assert_eq!(reader.value()?, Token::Number("0.10"));
/// assert_eq!(reader.key()?, None);
/// reader.end()?;
/// # Ok::<(), mwallet_schema::json::SyntaxError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
    /// Whether the last token was an opening bracket, which no comma follows.
    opened: bool,
}

impl<'a> Reader<'a> {
    /// Creates a reader for a text.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes are not UTF-8.
    pub fn new(text: &'a [u8]) -> Result<Self, SyntaxError> {
        match std::str::from_utf8(text) {
            Ok(text) => Ok(Self { text, at: 0, depth: 0, opened: false }),
            Err(error) => Err(error_at(text, error.valid_up_to(), "not UTF-8")),
        }
    }

    /// Returns the number of bytes read.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Returns the first byte of the next token without consuming it.
    pub fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.byte()
    }

    /// Reads a scalar value or an opening bracket.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no value, or if brackets are nested too deeply.
    pub fn value(&mut self) -> Result<Token<'a>, SyntaxError> {
        match self.peek() {
            Some(b'"') => self.string().map(Token::String),
            Some(b'{') => self.open(Token::Object),
            Some(b'[') => self.open(Token::Array),
            Some(b'-' | b'0'..=b'9') => self.number().map(Token::Number),
            Some(b't') => self.word("true", Token::Bool(true)),
            Some(b'f') => self.word("false", Token::Bool(false)),
            Some(b'n') => self.word("null", Token::Null),
            Some(_) => Err(self.error("expected a value")),
            None => Err(self.error("unexpected end of the text; expected a value")),
        }
    }

    /// Reads the next key of an object and its colon. Returns `None` at the end of the object.
    ///
    /// # Errors
    ///
    /// Returns an error if there is neither a key nor the end of the object.
    pub fn key(&mut self) -> Result<Option<Cow<'a, str>>, SyntaxError> {
        if !self.another(b'}', "expected a comma or the end of the object")? {
            return Ok(None);
        }
        if self.peek() != Some(b'"') {
            return Err(self.error("expected a key in double quotes"));
        }
        let key = self.string()?;
        if self.peek() != Some(b':') {
            return Err(self.error("expected a colon"));
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// Returns whether another item of an array follows. If not, consumes the end of the array.
    ///
    /// # Errors
    ///
    /// Returns an error if there is neither an item nor the end of the array.
    pub fn item(&mut self) -> Result<bool, SyntaxError> {
        self.another(b']', "expected a comma or the end of the array")
    }

    /// Reads a whole value and returns its text.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not JSON.
    pub fn raw(&mut self) -> Result<&'a str, SyntaxError> {
        self.skip_space();
        let start = self.at;
        self.skip()?;
        Ok(&self.text[start..self.at])
    }

    /// Skips a whole value.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not JSON.
    pub fn skip(&mut self) -> Result<(), SyntaxError> {
        match self.value()? {
            Token::Array => {
                while self.item()? {
                    self.skip()?;
                }
            }
            Token::Object => {
                while self.key()?.is_some() {
                    self.skip()?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Checks that nothing follows the value.
    ///
    /// # Errors
    ///
    /// Returns an error if something does.
    pub fn end(&mut self) -> Result<(), SyntaxError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("expected the end of the text")),
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.at += 1;
        }
    }

    fn open(&mut self, token: Token<'a>) -> Result<Token<'a>, SyntaxError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error("arrays and objects are nested too deep"));
        }
        self.depth += 1;
        self.at += 1;
        self.opened = true;
        Ok(token)
    }

    /// Reads the comma before another member, or the closing bracket.
    fn another(&mut self, close: u8, expected: &str) -> Result<bool, SyntaxError> {
        let opened = std::mem::take(&mut self.opened);
        match self.peek() {
            Some(byte) if byte == close => {
                self.at += 1;
                self.depth = self.depth.saturating_sub(1);
                Ok(false)
            }
            Some(_) if opened => Ok(true),
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(self.error(expected)),
        }
    }

    fn word(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>, SyntaxError> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.error("expected a value"));
        }
        self.at += word.len();
        Ok(token)
    }

    fn digits(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.error("expected a digit")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<&'a str, SyntaxError> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
            if self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
                return Err(self.error("a number must not start with a zero"));
            }
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn string(&mut self) -> Result<Cow<'a, str>, SyntaxError> {
        self.at += 1;
        let start = self.at;
        self.plain()?;
        if self.byte() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(&self.text[start..self.at - 1]));
        }
        let mut unescaped = self.text[start..self.at].to_owned();
        loop {
            if self.byte() == Some(b'"') {
                self.at += 1;
                return Ok(Cow::Owned(unescaped));
            }
            unescaped.push(self.escape()?);
            let start = self.at;
            self.plain()?;
            unescaped.push_str(&self.text[start..self.at]);
        }
    }

    /// Advances to the next double quote or backslash.
    fn plain(&mut self) -> Result<(), SyntaxError> {
        self.at += write::plain_length(&self.text.as_bytes()[self.at..]);
        match self.byte() {
            Some(b'"' | b'\\') => Ok(()),
            Some(_) => Err(self.error("a control character must be escaped")),
            None => Err(self.error("unexpected end of the text in a string")),
        }
    }

    /// Reads an escape, or both escapes of a surrogate pair.
    fn escape(&mut self) -> Result<char, SyntaxError> {
        let start = self.at;
        let byte = self.text.as_bytes().get(self.at + 1).copied();
        self.at += 2;
        let plain = match byte {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code_point(start),
            _ => return Err(self.error_from(start, "unknown escape")),
        };
        Ok(plain)
    }

    fn code_point(&mut self, start: usize) -> Result<char, SyntaxError> {
        let first = self.hex(start)?;
        let mut code = first;
        if (0xd800..0xdc00).contains(&first) && self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let second = self.hex(start)?;
            if (0xdc00..0xe000).contains(&second) {
                code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            }
        }
        // Only half of a surrogate pair is not a character.
        char::from_u32(code).ok_or_else(|| self.error_from(start, "half of a surrogate pair"))
    }

    fn hex(&mut self, start: usize) -> Result<u32, SyntaxError> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).unwrap_or_default();
        let code = digits.iter().try_fold(0, |code, &digit| Some(code * 16 + char::from(digit).to_digit(16)?));
        match code {
            Some(code) if digits.len() == 4 => {
                self.at += 4;
                Ok(code)
            }
            _ => Err(self.error_from(start, "expected four hexadecimal digits")),
        }
    }

    fn error(&self, message: &str) -> SyntaxError {
        self.error_from(self.at, message)
    }

    fn error_from(&self, offset: usize, message: &str) -> SyntaxError {
        error_at(self.text.as_bytes(), offset, message)
    }
}

/// Creates an error. Counts lines and columns only now.
fn error_at(text: &[u8], offset: usize, message: &str) -> SyntaxError {
    let before = &text[..offset.min(text.len())];
    let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let column = 1 + String::from_utf8_lossy(&before[line_start..]).chars().count();
    SyntaxError { offset: before.len(), line, column, message: message.into() }
}

#[cfg(test)]
mod tests;
