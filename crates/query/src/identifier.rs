//! The path segment that identifies a row.

use std::fmt;

use uuid::Uuid;

/// Identifies a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identifier {
    /// The `id`, or the single column of the primary key.
    Id(i64),
    /// The `uuid`, or the single column of the primary key if there is no such column.
    Uuid(Uuid),
    /// The `slug`, or the single column of the primary key if there is no such column.
    Slug(String),
    /// The values of the primary key, in key order.
    Key(Vec<String>),
}

impl Identifier {
    /// Parses an identifier from a URL. Digits are an ID, a UUID is a UUID, comma-separated values are a composite
    /// key, and anything else is a slug.
    ///
    /// ```
    /// use mwallet_query::Identifier;
    /// assert_eq!(Identifier::parse("12"), Identifier::Id(12));
    /// assert_eq!(Identifier::parse("order-1"), Identifier::Slug("order-1".into()));
    /// assert_eq!(Identifier::parse("3,4"), Identifier::Key(vec!["3".into(), "4".into()]));
    /// ```
    pub fn parse(text: &str) -> Self {
        // `+5` would also parse as a number, but nobody writes an ID like that.
        if let Ok(id) = text.parse::<i64>()
            && !text.starts_with('+')
        {
            return Self::Id(id);
        }
        if text.len() == 36
            && let Ok(uuid) = Uuid::try_parse(text)
        {
            return Self::Uuid(uuid);
        }
        if text.contains(',') {
            return Self::Key(text.split(',').map(Into::into).collect());
        }
        Self::Slug(text.into())
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Uuid(uuid) => write!(f, "{uuid}"),
            Self::Slug(slug) => f.write_str(slug),
            Self::Key(values) => f.write_str(&values.join(",")),
        }
    }
}

impl From<i64> for Identifier {
    fn from(id: i64) -> Self {
        Self::Id(id)
    }
}

impl From<Uuid> for Identifier {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

impl From<&str> for Identifier {
    fn from(text: &str) -> Self {
        Self::parse(text)
    }
}
