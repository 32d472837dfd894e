//! Scans the tokens of the language: names, quoted values, lists.

use crate::{ParseError, limits};

/// Scans the value of a parameter.
pub(crate) struct Lexer<'a> {
    parameter: &'a str,
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(parameter: &'a str, text: &'a str) -> Self {
        Self { parameter, text, at: 0 }
    }

    /// Returns the parameter.
    pub(crate) fn parameter(&self) -> &'a str {
        self.parameter
    }

    /// Returns a lexer of the name of a parameter, from a position in it.
    pub(crate) fn of_name(parameter: &'a str, at: usize) -> Self {
        Self { parameter, text: parameter, at }
    }

    /// Returns the unread rest.
    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    pub(crate) fn next_is(&self, c: char) -> bool {
        self.rest().starts_with(c)
    }

    /// Consumes a text if it is next. Returns whether it was.
    pub(crate) fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    /// Consumes a text that must be next.
    pub(crate) fn expect(&mut self, text: &str) -> Result<(), ParseError> {
        if self.take(text) { Ok(()) } else { Err(self.error(&format!("expected {text}"))) }
    }

    /// Returns an error if anything is left.
    pub(crate) fn expect_end(&self) -> Result<(), ParseError> {
        if self.is_at_end() { Ok(()) } else { Err(self.error("expected the end")) }
    }

    /// Skips spaces, which people write after commas and parentheses.
    pub(crate) fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(' ').len();
    }

    /// Reads a name: quoted, or up to one of these characters and trimmed.
    pub(crate) fn name(&mut self, ends: &[char]) -> Result<String, ParseError> {
        self.skip_spaces();
        if self.next_is('"') {
            let unclosed = |lexer: &Self| lexer.error("expected the closing double quote of the name that begins");
            let name = self.take_quoted().ok_or_else(|| unclosed(self))?;
            self.skip_spaces();
            return Ok(name);
        }
        Ok(self.until(ends).trim_end_matches(' ').into())
    }

    /// The same, but a name without quotes also ends where a path into JSON begins.
    pub(crate) fn name_before_arrow(&mut self, ends: &[char]) -> Result<String, ParseError> {
        self.skip_spaces();
        if self.next_is('"') {
            return self.name(ends);
        }
        let rest = self.rest();
        let end = rest.find(ends).unwrap_or(rest.len());
        let end = rest[..end].find("->").unwrap_or(end);
        self.at += end;
        Ok(rest[..end].trim_end_matches(' ').into())
    }

    /// Reads up to one of these characters, or to the end.
    pub(crate) fn until(&mut self, ends: &[char]) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    /// Reads the rest.
    pub(crate) fn all(&mut self) -> &'a str {
        let rest = self.rest();
        self.at = self.text.len();
        rest
    }

    /// Reads a value. In double quotes, a backslash escapes the next character, and one of `ends` or the end must
    /// follow. Otherwise, as in PostgREST, the value is the text before one of `ends`.
    pub(crate) fn value(&mut self, ends: &[char]) -> String {
        let begin = self.at;
        if let Some(value) = self.take_quoted()
            && (self.is_at_end() || self.rest().starts_with(ends))
        {
            return value;
        }
        self.at = begin;
        self.until(ends).into()
    }

    /// Same as [`value`](Self::value), but reads text in braces as one value, with its commas.
    pub(crate) fn value_or_array(&mut self, ends: &[char]) -> String {
        let rest = self.rest();
        if let Some(inside) = rest.strip_prefix('{')
            && let Some(end) = inside.find(['{', '}']).filter(|end| inside[*end..].starts_with('}'))
        {
            let array = &rest[..end + 2];
            self.at += array.len();
            return array.into();
        }
        self.value(ends)
    }

    /// Reads a quoted text, in which a backslash escapes the next character.
    fn take_quoted(&mut self) -> Option<String> {
        let inside = self.rest().strip_prefix('"')?;
        let mut value = String::new();
        let mut chars = inside.char_indices();
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += offset + 2;
                    return Some(value);
                }
                '\\' => value.extend(chars.next().map(|(_, c)| c)),
                c => value.push(c),
            }
        }
        None
    }

    /// Reads comma-separated values up to the closing parenthesis. The opening one has been consumed.
    pub(crate) fn list(&mut self) -> Result<Vec<String>, ParseError> {
        let mut values = Vec::new();
        self.skip_spaces();
        if self.take(")") {
            return Ok(values);
        }
        loop {
            values.push(self.value(&[',', ')']));
            limits::check(self.parameter, "values of a list", values.len(), limits::MAX_VALUES)?;
            if self.take(")") {
                return Ok(values);
            }
            self.expect(",").map_err(|_| self.error("expected a comma or )"))?;
        }
    }

    /// Reads the values of a PostgreSQL array up to the closing brace. The opening one has been consumed. An unquoted
    /// `null` is null.
    pub(crate) fn array(&mut self) -> Result<Vec<Option<String>>, ParseError> {
        let mut values = Vec::new();
        self.skip_spaces();
        if self.take("}") {
            return Ok(values);
        }
        loop {
            self.skip_spaces();
            let is_quoted = self.next_is('"');
            let value = match self.take_quoted() {
                Some(value) => value,
                None if is_quoted => {
                    return Err(self.error("expected the closing double quote of the text that begins"));
                }
                None => self.until(&[',', '{', '}']).trim_end_matches(' ').to_owned(),
            };
            let is_null = !is_quoted && value.eq_ignore_ascii_case("null");
            values.push((!is_null).then_some(value));
            limits::check(self.parameter, "values of a list", values.len(), limits::MAX_VALUES)?;
            self.skip_spaces();
            if self.take("}") {
                return Ok(values);
            }
            self.expect(",").map_err(|_| self.error("expected a comma or }"))?;
        }
    }

    /// Returns the position, for an error that is found further on.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Returns an error at this position. This counts all characters before it, so call it only if there is an error.
    pub(crate) fn error(&self, expected: &str) -> ParseError {
        self.error_at(self.at, expected)
    }

    /// Returns an error at an earlier position.
    pub(crate) fn error_at(&self, at: usize, expected: &str) -> ParseError {
        let position = self.text[..at].chars().count() + 1;
        let found = match self.text[at..].chars().next() {
            Some(c) => format!("at character {position}, where {c:?} is"),
            None => "at the end".into(),
        };
        ParseError::syntax(self.parameter, format!("{expected} {found}"))
    }
}

/// Unquotes a text in double quotes. Returns `None` if it is anything else.
pub(crate) fn unquote(text: &str) -> Option<String> {
    let mut lexer = Lexer::new(text, text);
    lexer.take_quoted().filter(|_| lexer.is_at_end())
}

/// Splits a name at its first dot outside quotes and before a path into JSON. Returns `None` if there is none.
pub(crate) fn split_path(text: &str) -> Option<(String, &str)> {
    let mut lexer = Lexer::new(text, text);
    let first = lexer.name_before_arrow(&['.']).ok()?;
    lexer.take(".").then(|| (first, lexer.rest()))
}

/// Parses comma-separated names, which may be quoted.
pub(crate) fn names(parameter: &str, value: &str, limit: usize) -> Result<Vec<String>, ParseError> {
    let mut lexer = Lexer::new(parameter, value);
    let mut names = Vec::new();
    loop {
        let name = lexer.name(&[','])?;
        if name.is_empty() {
            return Err(lexer.error("expected the name of a column"));
        }
        names.push(name);
        limits::check(parameter, "columns", names.len(), limit)?;
        if lexer.is_at_end() {
            return Ok(names);
        }
        lexer.expect(",")?;
    }
}
