//! JSON as trees, to see whether one value contains another.

use std::collections::BTreeMap;

use super::{Reader, SyntaxError, Token, canonical};

/// Returns whether a JSON value contains another, as `@>` of PostgreSQL's `jsonb` does.
///
/// ```
/// assert!(mwallet_schema::json::contains(br#"{"a": 1, "b": [1, 2]}"#, br#"{"b": [2.0]}"#)?);
/// # Ok::<(), mwallet_schema::json::SyntaxError>(())
/// ```
///
/// # Errors
///
/// Returns an error if a text is not JSON.
pub fn contains(one: &[u8], other: &[u8]) -> Result<bool, SyntaxError> {
    Ok(JsonTree::parse(one)?.contains(&JsonTree::parse(other)?))
}

/// A JSON value. Numbers are in a normal form, so that equal numbers are equal texts.
#[derive(Clone, Debug, PartialEq, Eq)]
enum JsonTree {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<JsonTree>),
    /// The last of duplicate keys counts.
    Object(BTreeMap<String, JsonTree>),
}

impl JsonTree {
    /// Parses a text.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not JSON.
    fn parse(text: &[u8]) -> Result<Self, SyntaxError> {
        let mut reader = Reader::new(text)?;
        let tree = Self::read(&mut reader)?;
        reader.end()?;
        Ok(tree)
    }

    /// Reads the next value of the reader, which limits the depth of the recursion.
    fn read(reader: &mut Reader<'_>) -> Result<Self, SyntaxError> {
        Ok(match reader.value()? {
            Token::Null => Self::Null,
            Token::Bool(value) => Self::Bool(value),
            Token::Number(number) => Self::Number(canonical(number.as_bytes())?),
            Token::String(text) => Self::String(text.into_owned()),
            Token::Array => {
                let mut items = Vec::new();
                while reader.item()? {
                    items.push(Self::read(reader)?);
                }
                Self::Array(items)
            }
            Token::Object => {
                let mut members = BTreeMap::new();
                while let Some(key) = reader.key()? {
                    let value = Self::read(reader)?;
                    members.insert(key.into_owned(), value);
                }
                Self::Object(members)
            }
        })
    }

    /// Returns whether it contains another value, as `@>` of `jsonb` does: objects every member, arrays every item,
    /// whatever their order. An array also contains a scalar, but only the outermost one.
    fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(items), scalar) if !scalar.is_nested() => items.contains(scalar),
            _ => self.holds(other),
        }
    }

    /// The same below the outermost level.
    fn holds(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Object(members), Self::Object(others)) => {
                others.iter().all(|(key, other)| members.get(key).is_some_and(|member| member.holds(other)))
            }
            (Self::Array(items), Self::Array(others)) => {
                others.iter().all(|other| items.iter().any(|item| item.holds(other)))
            }
            _ => !self.is_nested() && self == other,
        }
    }

    fn is_nested(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Object(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containment_is_that_of_jsonb() {
        for (one, other, expected) in [
            (r#"{"a":1,"b":[1,2,{"c":3}]}"#, r#"{"b":[{"c":3.0}]}"#, true),
            (r#"{"a":1,"b":[1,2]}"#, r#"{"b":[2,2,1]}"#, true),
            (r#"{"a":1}"#, r#"{"a":null}"#, false),
            (r#"{"a":{"b":1}}"#, r#"{"b":1}"#, false),
            (r#"{"a":1}"#, "{}", true),
            ("[1,[2,3]]", "[[3]]", true),
            ("[1,[2,3]]", "[3]", false),
            (r#"["foo","bar"]"#, r#""bar""#, true),
            (r#"[["bar"]]"#, r#""bar""#, false),
            (r#""bar""#, r#"["bar"]"#, false),
            ("1", "1.00", true),
            ("null", "null", true),
            ("[]", "{}", false),
            ("{}", "[]", false),
            ("[]", "[]", true),
        ] {
            let tree = |text: &str| JsonTree::parse(text.as_bytes()).unwrap();
            assert_eq!(tree(one).contains(&tree(other)), expected, "{one} @> {other}");
        }
    }
}
