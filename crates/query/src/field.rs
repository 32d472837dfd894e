//! What is read of a row: a column, or a value inside its JSON.

use crate::ParseError;
use crate::lexer::Lexer;
use crate::limits::{self, MAX_KEYS};

const HINT: &str =
    "write column->key, column->0 or column->>key, and quote a key that has other characters: column->\"a.b\"";

/// A column, or a value inside its JSON: `data->address->>city`.
///
/// ```
/// use mwallet_query::{Field, JsonKey};
///
/// let city = Field::from("data").key("address").key("city").as_text();
/// assert_eq!(city.to_string(), "data->address->>city");
/// assert_eq!(city.name(), "city");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The column.
    pub column: String,
    /// The way from the column's JSON to the value. Empty for the column itself.
    pub path: JsonPath,
}

/// The way to a value inside JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonPath {
    /// The keys, from the outermost.
    pub keys: Vec<JsonKey>,
    /// Whether the value is read as text, by `->>`, instead of as JSON.
    pub as_text: bool,
}

/// One step into JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonKey {
    /// To the member of an object.
    Name(String),
    /// To the item of an array; negative numbers count from the end.
    Index(i32),
}

impl JsonPath {
    /// Returns whether it leads nowhere, so that the value is the column itself.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl Field {
    /// Adds a step to the member of an object.
    pub fn key(mut self, name: impl Into<String>) -> Self {
        self.path.keys.push(JsonKey::Name(name.into()));
        self
    }

    /// Adds a step to the item of an array.
    pub fn index(mut self, index: i32) -> Self {
        self.path.keys.push(JsonKey::Index(index));
        self
    }

    /// Reads the value as text.
    pub fn as_text(mut self) -> Self {
        self.path.as_text = true;
        self
    }

    /// Returns the name of the value in a response: the last key that is a name, or the column.
    pub fn name(&self) -> &str {
        let name = |key: &'_ JsonKey| matches!(key, JsonKey::Name(_));
        match self.path.keys.iter().rfind(|key| name(key)) {
            Some(JsonKey::Name(name)) => name,
            _ => &self.column,
        }
    }
}

impl<S: Into<String>> From<S> for Field {
    fn from(column: S) -> Self {
        Self { column: column.into(), path: JsonPath::default() }
    }
}

/// Returns whether a path into JSON follows.
pub(crate) fn path_follows(lexer: &Lexer<'_>) -> bool {
    lexer.rest().starts_with("->")
}

/// Parses a field. Its column ends at one of `ends`; a column in double quotes may contain them.
pub(crate) fn parse(lexer: &mut Lexer<'_>, ends: &[char]) -> Result<Field, ParseError> {
    let column = lexer.name_before_arrow(ends)?;
    let path = parse_path(lexer)?;
    Ok(Field { column, path })
}

/// Parses the last part of a parameter's path, what is left of it: a field.
pub(crate) fn last_of_path(parameter: &str, left: &str) -> Result<Field, ParseError> {
    let mut lexer = Lexer::of_name(parameter, parameter.len() - left.len());
    let field = parse(&mut lexer, &['.'])?;
    if field.column.is_empty() {
        return Err(lexer.error("expected a column"));
    }
    lexer.expect_end()?;
    Ok(field)
}

/// Parses the path that follows a column, if any.
pub(crate) fn parse_path(lexer: &mut Lexer<'_>) -> Result<JsonPath, ParseError> {
    let mut path = JsonPath::default();
    while path_follows(lexer) {
        if path.as_text {
            return Err(lexer.error("expected no further key, since ->> makes the value a text,").hint(HINT));
        }
        path.as_text = lexer.take("->>") || !lexer.take("->");
        path.keys.push(parse_key(lexer)?);
        limits::check(lexer.parameter(), "keys into JSON", path.keys.len(), MAX_KEYS)?;
    }
    Ok(path)
}

fn parse_key(lexer: &mut Lexer<'_>) -> Result<JsonKey, ParseError> {
    let begin = lexer.position();
    let is_quoted = lexer.next_is('"');
    let key = lexer.name_before_arrow(&['.', ',', ':', '(', ')', '!'])?;
    if !is_quoted && is_index(&key) {
        let number = key.parse().map(JsonKey::Index);
        return number.map_err(|_| lexer.error_at(begin, "expected a smaller number"));
    }
    match key.is_empty() && !is_quoted {
        true => Err(lexer.error("expected a key").hint(HINT)),
        false => Ok(JsonKey::Name(key)),
    }
}

/// Returns whether a key without quotes is the position in an array.
pub(crate) fn is_index(key: &str) -> bool {
    let digits = key.strip_prefix('-').unwrap_or(key);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
