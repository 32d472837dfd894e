//! Reads as JSON documents, so that programs need not build the text of a query from what people type.
//!
//! A document has the same tree as the parameters of a URL. A string that stands for a column is exactly its name: no
//! character in it means anything else.

mod from_document;
mod to_document;

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::parameters::Embeds;
use crate::{Parameters, ParseError};

/// What a string selects that is no column.
const STAR: &str = "*";

impl Parameters {
    /// Parses a JSON document.
    ///
    /// ```
    /// use mwallet_query::Parameters;
    ///
    /// let document = r#"{
    ///     "select": ["slug", {"related": "users", "select": ["username"]}],
    ///     "where": [{"column": "memo", "op": "eq", "value": "a,b"}],
    ///     "order": [{"column": "start", "desc": true}]
    /// }"#;
    /// let pairs = Parameters::from_json(document.as_bytes())?.pairs();
    /// let expected = [("select", "slug,users(username)"), ("memo", "eq.a,b"), ("order", "start.desc")];
    /// assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    /// # Ok::<(), mwallet_query::ParseError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not such a document, or if a list in it is too long. It says where.
    pub fn from_json(text: &[u8]) -> Result<Self, ParseError> {
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        let Object(document): Object<Document> =
            serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
                let at = error.path().to_string();
                ParseError::syntax(if at == "." { QUERY } else { &at }, error.inner().to_string())
            })?;
        deserializer.end().map_err(|error| ParseError::syntax(QUERY, error.to_string()))?;
        let parameters = document.into_parameters()?;
        Embeds::new(&parameters.select)?;
        Ok(parameters)
    }

    /// Returns the JSON document of these parameters, without those of writes. It parses to the same parameters.
    pub fn to_json(&self) -> String {
        // Only maps with keys that are no text, or an error of a writer, could fail.
        serde_json::to_string(&Document::from(self)).unwrap_or_default()
    }
}

/// The whole document, in messages.
const QUERY: &str = "the query";

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    select: Vec<Item>,
    #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
    filters: Vec<Object<Condition>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    order: Vec<OrderItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

/// An item of `select`.
type Item = NameOr<Selected>;

/// An item of `order`.
type OrderItem = NameOr<Ordered>;

/// The name of a column, or an object that says more.
#[derive(Serialize)]
#[serde(untagged)]
enum NameOr<T> {
    Name(String),
    More(Box<T>),
}

/// An object. Without it, an array would do as well, with the members in their order.
#[derive(Serialize)]
#[serde(transparent)]
struct Object<T>(T);

/// What is selected: a value of the table's own rows, or related rows.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct Selected {
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    path: Vec<Key>,
    #[serde(skip_serializing_if = "is_false")]
    as_text: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cast: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aggregate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aggregate_cast: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    related: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    join: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    spread: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
    /// Without it, all columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    select: Option<Vec<Item>>,
    #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
    filters: Vec<Object<Condition>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    order: Vec<OrderItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

/// A condition: of a column, or of several conditions.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct Condition {
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    path: Vec<Key>,
    #[serde(skip_serializing_if = "is_false")]
    as_text: bool,
    #[serde(skip_serializing_if = "is_false")]
    not: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    op: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    // `null` is a value.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    value: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    and: Option<Vec<Object<Condition>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    or: Option<Vec<Object<Condition>>>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct Ordered {
    column: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    path: Vec<Key>,
    #[serde(skip_serializing_if = "is_false")]
    as_text: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    related: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    desc: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    nulls: Option<String>,
}

/// A step into JSON. Not an untagged enum: those cannot read numbers that keep their digits.
#[derive(Deserialize, Serialize)]
#[serde(try_from = "Value", into = "Value")]
#[derive(Clone)]
struct Key(crate::JsonKey);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !value
}

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for NameOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrVisitor(ObjectVisitor(PhantomData)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct NameOrVisitor<T>(ObjectVisitor<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for NameOrVisitor<T> {
    type Value = NameOr<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a column, or an object")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(NameOr::Name(name.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        self.0.visit_map(members).map(|members| NameOr::More(Box::new(members)))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

#[cfg(test)]
mod tests;
