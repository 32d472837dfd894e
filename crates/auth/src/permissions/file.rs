//! The form of a permissions file, before its names are looked up.

use std::fmt;
use std::marker::PhantomData;
use std::num::NonZero;
use std::time::Duration;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_saphyr::{Location, Spanned};

use super::{Mistake, Rate};

/// The longest time of a limit.
const MOST_PERIOD: Duration = Duration::from_secs(24 * 60 * 60);
/// The most requests of a limit.
const MOST_REQUESTS: u32 = 1_000_000_000;

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
    /// Tables, or columns of them, that nobody reaches. What is not named is closed too; this says that it was not
    /// forgotten.
    #[serde(default)]
    pub(super) closed: Entries<Columns>,
    /// What each role may do with each table.
    #[serde(default)]
    pub(super) tables: Entries<Entries<Actions>>,
    /// How much the holders of roles may ask.
    #[serde(default)]
    pub(super) limits: Entries<LimitSpec>,
    /// How much may be asked from one address, whoever asks.
    #[serde(default)]
    pub(super) address_limit: LimitSpec,
    /// Requests, and what they must answer.
    #[serde(default)]
    pub(super) tests: Vec<CaseSpec>,
}

/// A role.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleSpec {
    /// The roles that its holders have too.
    #[serde(default)]
    pub(super) includes: Vec<Text>,
    /// The group whose members have it.
    pub(super) group: Option<GroupSpec>,
    /// How surely its holders must have shown who they are.
    pub(super) aal: Option<Assurance>,
    /// How long ago they may have shown it.
    pub(super) max_age: Option<Age>,
    /// Whether its holders see and do everything.
    #[serde(default)]
    pub(super) bypass: bool,
}

/// A group of users.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupSpec {
    pub(super) scope: String,
    pub(super) name: String,
}

/// How surely somebody has shown who they are, as tokens say it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(super) enum Assurance {
    Aal1,
    Aal2,
}

/// A time such as `15m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Age(pub(super) Duration);

/// How much may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitSpec {
    /// The most requests in a time: `600/1m`.
    pub(super) requests: Option<Rate>,
    /// The most requests at once.
    pub(super) concurrent: Option<NonZero<u32>>,
    /// The most streams at once.
    pub(super) streams: Option<NonZero<u32>>,
}

/// What a role may do with a table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Actions {
    #[serde(default)]
    pub(super) read: OneOrMany<ReadSpec>,
    #[serde(default)]
    pub(super) create: OneOrMany<CreateSpec>,
    #[serde(default)]
    pub(super) update: OneOrMany<UpdateSpec>,
    #[serde(default)]
    pub(super) delete: OneOrMany<DeleteSpec>,
}

/// A grant to read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadSpec {
    /// A filter, or `all`.
    pub(super) rows: Text,
    pub(super) columns: Columns,
    pub(super) limit: Option<u64>,
    #[serde(default)]
    pub(super) aggregates: bool,
}

/// A grant to create.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateSpec {
    pub(super) columns: Columns,
    #[serde(default)]
    pub(super) set: Entries<Spanned<Scalar>>,
    pub(super) check: Option<Text>,
    #[serde(default)]
    pub(super) refs: Entries<Text>,
}

/// A grant to update.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateSpec {
    pub(super) rows: Text,
    pub(super) columns: Columns,
    #[serde(default)]
    pub(super) set: Entries<Spanned<Scalar>>,
    pub(super) check: Option<Text>,
    #[serde(default)]
    pub(super) refs: Entries<Text>,
}

/// A grant to delete.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteSpec {
    pub(super) rows: Text,
}

/// A request, and what it must answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseSpec {
    /// A method, a space and a path: `GET /rest/v1/orders`.
    pub(super) request: Text,
    /// A user of the database. Without one, nobody in particular asks.
    #[serde(rename = "as")]
    pub(super) user: Option<String>,
    pub(super) role: Option<Text>,
    pub(super) aal: Option<Assurance>,
    /// What a token says beyond that.
    #[serde(default)]
    pub(super) claims: serde_json::Map<String, serde_json::Value>,
    pub(super) body: Option<serde_json::Value>,
    pub(super) prefer: Option<String>,
    pub(super) status: Option<u16>,
    pub(super) code: Option<String>,
    pub(super) rows: Option<u64>,
    pub(super) answer: Option<serde_json::Value>,
}

/// The columns of a grant.
#[derive(Debug)]
pub(super) enum Columns {
    All,
    Named(Vec<Text>),
}

impl Columns {
    /// The line of the first that is named.
    pub(super) fn line(&self) -> Option<u64> {
        match self {
            Self::All => None,
            Self::Named(names) => names.first().map(|name| name.referenced.line()),
        }
    }
}

/// The word for all rows or columns.
pub(super) const ALL: &str = "all";

/// What a column is set to.
#[derive(Debug)]
pub(super) enum Scalar {
    Text(String),
    Int(i64),
    Bool(bool),
    Null,
}

/// Members of a mapping in their order, with the places of their names. No two have the same name.
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
        // This is for those who write programs.
        let message = message.split_once(", set DuplicateKeyPolicy").map_or(message, |(message, _)| message);
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
                    _ => Err(E::invalid_value(Unexpected::Str(word), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Columns, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Columns::Named)
            }
        }

        deserializer.deserialize_any(Names)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl Visitor<'_> for Any {
            type Value = Scalar;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text, a whole number, true, false or null; write other numbers as texts")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(text.into()))
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar::Int(number))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Scalar, E> {
                i64::try_from(number)
                    .map(Scalar::Int)
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
            }

            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar::Bool(value))
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Scalar, E> {
                Ok(Scalar::Null)
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// Reads a time such as `15m`.
fn time(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let unit: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit).map(Duration::from_secs)
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parts = text.split_once('/').and_then(|(requests, period)| {
            let requests = requests.trim().parse().ok()?;
            // Longer ones are limits of money, which are told apart by accounts and not by requests.
            let period = time(period.trim()).filter(|period| !period.is_zero() && *period <= MOST_PERIOD)?;
            (requests > 0 && requests <= MOST_REQUESTS).then_some(Self { requests, period })
        });
        parts.ok_or_else(|| {
            let expected = "requests and a time of at most a day with / between, such as 600/1m";
            serde::de::Error::invalid_value(Unexpected::Str(&text), &expected)
        })
    }
}

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        time(&text).map(Self).ok_or_else(|| {
            serde::de::Error::invalid_value(
                Unexpected::Str(&text),
                &"a number with s, m, h or d behind it, such as 15m",
            )
        })
    }
}
