//! The smallest parts of the query language: names, quoted texts, lists.

use super::{ParseError, bounds};
use crate::query::PlanError;

/// Reads a parameter's value from its beginning to its end.
pub(super) struct Lexer<'a> {
    parameter: &'a str,
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(parameter: &'a str, text: &'a str) -> Self {
        Self { parameter, text, at: 0 }
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    pub(super) fn next_is(&self, c: char) -> bool {
        self.rest().starts_with(c)
    }

    /// Takes a text if it stands here.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    /// Takes a text that must stand here.
    pub(super) fn expect(&mut self, text: &str) -> Result<(), ParseError> {
        if self.take(text) { Ok(()) } else { Err(self.error(&format!("expected {text}"))) }
    }

    /// Takes spaces, which people put behind commas and brackets.
    pub(super) fn spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(' ').len();
    }

    /// Takes a name: in double quotes, or up to any of these characters, without the spaces around it.
    pub(super) fn name(&mut self, ends: &[char]) -> Result<String, ParseError> {
        self.spaces();
        if self.next_is('"') {
            let unclosed = self.error("expected the closing double quote of the name that begins");
            let name = self.take_quoted().ok_or(unclosed)?;
            self.spaces();
            return Ok(name);
        }
        Ok(self.until(ends).trim_end_matches(' ').into())
    }

    /// Takes what stands before any of these characters, or the end.
    pub(super) fn until(&mut self, ends: &[char]) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    /// Takes all that is left.
    pub(super) fn all(&mut self) -> &'a str {
        let rest = self.rest();
        self.at = self.text.len();
        rest
    }

    /// Takes a text: between double quotes, in which a backslash takes the next character as it is, if one of these characters or the
    /// end follows them; or else, as PostgREST does, whatever stands before any of these characters.
    pub(super) fn value(&mut self, ends: &[char]) -> String {
        let begin = self.at;
        if let Some(value) = self.take_quoted()
            && (self.is_at_end() || self.rest().starts_with(ends))
        {
            return value;
        }
        self.at = begin;
        self.until(ends).into()
    }

    /// The same, but what stands between braces is taken whole, with its commas.
    pub(super) fn value_or_array(&mut self, ends: &[char]) -> String {
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

    /// Takes a text between double quotes, in which a backslash takes the next character as it is.
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

    /// Takes values with commas between them up to a closing bracket; the opening one was taken.
    pub(super) fn list(&mut self) -> Result<Vec<String>, PlanError> {
        let mut values = Vec::new();
        self.spaces();
        if self.take(")") {
            return Ok(values);
        }
        loop {
            values.push(self.value(&[',', ')']));
            bounds::hold(self.parameter, "values of a list", values.len(), bounds::VALUES)?;
            if self.take(")") {
                return Ok(values);
            }
            self.expect(",").map_err(|_| self.error("expected a comma or )"))?;
        }
    }

    /// Takes the values of an array as PostgreSQL writes one, up to the closing brace; the opening one was taken. `null` is none of
    /// them unless it stands in quotes.
    pub(super) fn array(&mut self) -> Result<Vec<Option<String>>, PlanError> {
        let mut values = Vec::new();
        self.spaces();
        if self.take("}") {
            return Ok(values);
        }
        loop {
            self.spaces();
            let begin = self.at;
            let value = match self.take_quoted() {
                Some(value) => Some(value),
                None if self.next_is('"') => {
                    return Err(self.error("expected the closing double quote of the text that begins").into());
                }
                None => Some(self.until(&[',', '{', '}']).trim_end_matches(' ').to_owned()),
            };
            let is_null = value.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("null"));
            let is_bare = !self.text[begin..].starts_with('"');
            values.push(value.filter(|_| !(is_null && is_bare)));
            bounds::hold(self.parameter, "values of a list", values.len(), bounds::VALUES)?;
            self.spaces();
            if self.take("}") {
                return Ok(values);
            }
            self.expect(",").map_err(|_| self.error("expected a comma or }"))?;
        }
    }

    /// An error at this place.
    pub(super) fn error(&self, expected: &str) -> ParseError {
        let place = self.text[..self.at].chars().count() + 1;
        let found = match self.rest().chars().next() {
            Some(c) => format!("at character {place}, where {c:?} stands"),
            None => "at the end".into(),
        };
        ParseError::new(self.parameter, format!("{expected} {found}"))
    }
}

/// The name that a text is in double quotes; nothing where it is none.
pub(super) fn quoted(text: &str) -> Option<String> {
    let mut lexer = Lexer::new(text, text);
    lexer.take_quoted().filter(|_| lexer.is_at_end())
}

/// Reads names with commas between them, each of which may stand in double quotes.
pub(super) fn names(parameter: &str, value: &str, most: usize) -> Result<Vec<String>, PlanError> {
    let mut lexer = Lexer::new(parameter, value);
    let mut names = Vec::new();
    loop {
        let name = lexer.name(&[','])?;
        if name.is_empty() {
            return Err(lexer.error("expected the name of a column").into());
        }
        names.push(name);
        bounds::hold(parameter, "columns", names.len(), most)?;
        if lexer.is_at_end() {
            return Ok(names);
        }
        lexer.expect(",")?;
    }
}
