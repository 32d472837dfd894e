//! JSON as trees: whether one value contains another, which is the greater, and their text.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use super::number::JsonNumber;
use super::{Reader, SyntaxError, Token, write_string};

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

/// Compares two JSON values as PostgreSQL orders those of `jsonb`, but strings by their bytes.
///
/// ```
/// # use std::cmp::Ordering;
/// assert_eq!(mwallet_schema::json::compare(b"9", b"10.0")?, Ordering::Less);
/// # Ok::<(), mwallet_schema::json::SyntaxError>(())
/// ```
///
/// # Errors
///
/// Returns an error if a text is not JSON.
pub fn compare(one: &[u8], other: &[u8]) -> Result<Ordering, SyntaxError> {
    let (one, other) = (JsonTree::parse(one)?, JsonTree::parse(other)?);
    // To `jsonb`, a scalar is an array of one, which is why an empty array comes before it.
    Ok(match (&one, &other) {
        (JsonTree::Array(items), scalar) if items.is_empty() && !scalar.is_nested() => Ordering::Less,
        (scalar, JsonTree::Array(items)) if items.is_empty() && !scalar.is_nested() => Ordering::Greater,
        _ => one.compare(&other),
    })
}

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum JsonTree {
    Null,
    Bool(bool),
    Number(JsonNumber),
    String(String),
    Array(Vec<JsonTree>),
    /// The last of duplicate keys counts.
    Object(BTreeMap<Key, JsonTree>),
}

/// The key of a member. Shorter keys come first, as in `jsonb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key(String);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl JsonTree {
    /// Parses a text.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not JSON.
    pub(super) fn parse(text: &[u8]) -> Result<Self, SyntaxError> {
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
            Token::Number(number) => Self::Number(JsonNumber::new(number)),
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
                    members.insert(Key(key.into_owned()), value);
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

    /// Null comes first, then strings, numbers, booleans, arrays and objects. Of arrays and objects, those with fewer
    /// members come first.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(one), Self::Bool(other)) => one.cmp(other),
            (Self::Number(one), Self::Number(other)) => one.cmp(other),
            (Self::String(one), Self::String(other)) => one.cmp(other),
            (Self::Array(one), Self::Array(other)) => {
                let pairs = one.iter().zip(other);
                one.len().cmp(&other.len()).then_with(|| first_difference(pairs.map(|(one, other)| one.compare(other))))
            }
            (Self::Object(one), Self::Object(other)) => {
                let pairs = one
                    .iter()
                    .zip(other)
                    .map(|((key, one), (other_key, other))| key.0.cmp(&other_key.0).then_with(|| one.compare(other)));
                one.len().cmp(&other.len()).then_with(|| first_difference(pairs))
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::String(_) => 1,
            Self::Number(_) => 2,
            Self::Bool(_) => 3,
            Self::Array(_) => 4,
            Self::Object(_) => 5,
        }
    }
}

fn first_difference(mut all: impl Iterator<Item = Ordering>) -> Ordering {
    all.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// Writes the value as PostgreSQL writes `jsonb`.
impl fmt::Display for JsonTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => number.fmt(f),
            Self::String(text) => write_quoted(text, f),
            Self::Array(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    f.write_str(if index > 0 { ", " } else { "" })?;
                    item.fmt(f)?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (key, value)) in members.iter().enumerate() {
                    f.write_str(if index > 0 { ", " } else { "" })?;
                    write_quoted(&key.0, f)?;
                    f.write_str(": ")?;
                    value.fmt(f)?;
                }
                f.write_str("}")
            }
        }
    }
}

fn write_quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut out = Vec::with_capacity(text.len() + 2);
    write_string(&mut out, text);
    // The writer adds only ASCII.
    f.write_str(&String::from_utf8_lossy(&out))
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

    #[test]
    fn the_order_is_that_of_jsonb() {
        // As PostgreSQL 15 orders them.
        let ascending = [
            "[]",
            "null",
            r#""""#,
            r#""B""#,
            r#""a""#,
            "-1",
            "9",
            "10.0",
            "false",
            "true",
            "[9]",
            "[10]",
            "[1,1]",
            "{}",
            r#"{"aa":0}"#,
            r#"{"b":1}"#,
            r#"{"b":2}"#,
            r#"{"a":0,"bb":0}"#,
            r#"{"a":1,"b":0}"#,
            r#"{"b":0,"aa":0}"#,
        ];
        for (index, one) in ascending.iter().enumerate() {
            for (other_index, other) in ascending.iter().enumerate() {
                let order = compare(one.as_bytes(), other.as_bytes()).unwrap();
                assert_eq!(order, index.cmp(&other_index), "{one} and {other}");
            }
        }
        assert_eq!(compare(b"[[]]", b"[1]").unwrap(), Ordering::Greater);
    }
}
