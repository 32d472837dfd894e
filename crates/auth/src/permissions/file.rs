//! The form of a permissions file, before its names are looked up.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::Mistake;

/// A text with its place.
pub(super) type Text = Spanned<String>;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) roles: Entries<RoleSpec>,
    /// Filters by their names.
    #[serde(default)]
    pub(super) define: Entries<Text>,
    /// What each role may do with each table.
    #[serde(default)]
    pub(super) tables: Entries<Entries<Actions>>,
}

/// A role.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleSpec {
    /// The roles that its holders have too.
    #[serde(default)]
    pub(super) includes: Vec<Text>,
}

/// What a role may do with a table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Actions {
    #[serde(default)]
    pub(super) read: OneOrMany<ReadSpec>,
}

/// A grant to read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadSpec {
    /// A filter, or `all`.
    pub(super) rows: Text,
    pub(super) columns: Columns,
}

/// The columns of a grant.
#[derive(Debug)]
pub(super) enum Columns {
    All,
    Named(Vec<Text>),
}

/// The word for all rows or columns.
pub(super) const ALL: &str = "all";

/// Members of a mapping in their order, with the places of their names.
#[derive(Debug)]
pub(super) struct Entries<T>(pub(super) Vec<(Text, T)>);

/// One value, or a list of them.
#[derive(Debug)]
pub(super) struct OneOrMany<T>(pub(super) Vec<T>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Reads the text of a file.
pub(super) fn parse(text: &str) -> Result<File, Mistake> {
    serde_saphyr::from_str(text).map_err(|error| {
        let message = error.without_snippet().to_string();
        // It ends with the place, which is said before it here.
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        Mistake::at(error.location().unwrap_or(Location::UNKNOWN), message)
    })
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Entries<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("names with what is said of each")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Values<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a grant, or a list of grants")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(OneOrMany)
            }
        }

        deserializer.deserialize_any(Values(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Columns;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "a list of columns, or {ALL}")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Columns, E> {
                match word {
                    ALL => Ok(Columns::All),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Columns, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Columns::Named)
            }
        }

        deserializer.deserialize_any(Names)
    }
}
