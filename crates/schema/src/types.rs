//! The types a column can have on both engines.

use std::sync::Arc;

use crate::NativeType;

/// The type of a column, with the limits that belong to it.
///
/// How each is stored on either engine and written in JSON stands in `docs/types.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// A whole number of 16 bits.
    SmallInt,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    BigInt,
    /// An exact number of at most `precision` digits, `scale` of them after the point.
    Decimal {
        /// How many digits there are in all, 1 to 1,000.
        precision: u32,
        /// How many of them stand after the point.
        scale: u32,
    },
    /// Text, at most `max` code points long.
    Text {
        /// The most code points, or no limit.
        max: Option<u32>,
    },
    /// A point in time, to the microsecond.
    Timestamp,
    /// A UUID.
    Uuid,
    /// One of a set of labels.
    Enum(Arc<EnumType>),
    /// Bytes, at most `max` of them.
    Bytes {
        /// The most bytes, or no limit.
        max: Option<u32>,
    },
    /// Any JSON.
    Json,
    /// True or false.
    Boolean,
    /// A type of a database that mWallet has no form of its own for.
    Native(Arc<NativeType>),
}

impl ColumnType {
    /// A short name of the type for messages and documents, such as `decimal(38, 18)`.
    pub fn name(&self) -> String {
        match self {
            Self::SmallInt => "smallint".into(),
            Self::Integer => "integer".into(),
            Self::BigInt => "bigint".into(),
            Self::Decimal { precision, scale } => format!("decimal({precision}, {scale})"),
            Self::Text { max: Some(max) } => format!("text({max})"),
            Self::Text { max: None } => "text".into(),
            Self::Timestamp => "timestamp".into(),
            Self::Uuid => "uuid".into(),
            Self::Enum(kind) => format!("enum {}", kind.name),
            Self::Bytes { max: Some(max) } => format!("bytes({max})"),
            Self::Bytes { max: None } => "bytes".into(),
            Self::Json => "json".into(),
            Self::Boolean => "boolean".into(),
            Self::Native(native) => native.name.clone(),
        }
    }

    /// The type of a [`name`](Self::name), where that says all of it: of an enum it does not say the labels.
    ///
    /// ```
    /// # use mwallet_schema::ColumnType;
    /// let amount = ColumnType::Decimal { precision: 38, scale: 18 };
    /// assert_eq!(ColumnType::from_name(&amount.name()), Some(amount));
    /// assert_eq!(ColumnType::from_name("varchar"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        let (word, limits) = match name.split_once('(') {
            Some((word, rest)) => {
                (word, rest.strip_suffix(')')?.split(", ").map(str::parse).collect::<Result<_, _>>().ok()?)
            }
            None => (name, Vec::<u32>::new()),
        };
        Some(match (word, limits.as_slice()) {
            ("smallint", []) => Self::SmallInt,
            ("integer", []) => Self::Integer,
            ("bigint", []) => Self::BigInt,
            ("decimal", [precision, scale]) => Self::Decimal { precision: *precision, scale: *scale },
            ("text", limits @ ([] | [_])) => Self::Text { max: limits.first().copied() },
            ("timestamp", []) => Self::Timestamp,
            ("uuid", []) => Self::Uuid,
            ("bytes", limits @ ([] | [_])) => Self::Bytes { max: limits.first().copied() },
            ("json", []) => Self::Json,
            ("boolean", []) => Self::Boolean,
            _ => return None,
        })
    }

    /// The smallest and the largest whole number of an integer type.
    pub fn integer_range(&self) -> Option<(i64, i64)> {
        match self {
            Self::SmallInt => Some((i64::from(i16::MIN), i64::from(i16::MAX))),
            Self::Integer => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
            Self::BigInt => Some((i64::MIN, i64::MAX)),
            _ => None,
        }
    }
}

/// A set of labels, each with a code by which it may be given too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumType {
    /// The name of the type, such as `OrderType`.
    pub name: String,
    /// The labels in the order they were declared.
    pub labels: Vec<EnumLabel>,
}

/// One label of an [`EnumType`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumLabel {
    /// What is stored and answered, such as `OPEN`.
    pub name: String,
    /// The number that stands for it, such as 0.
    pub code: i64,
    /// What it means, for documents.
    pub comment: Option<String>,
    /// The name that it had before; migrations rename it in the rows.
    pub renamed_from: Option<String>,
}

impl EnumLabel {
    /// A label without more.
    pub fn new(name: impl Into<String>, code: i64) -> Self {
        Self { name: name.into(), code, comment: None, renamed_from: None }
    }
}

impl EnumType {
    /// The label of that name.
    pub fn by_name(&self, name: &str) -> Option<&EnumLabel> {
        self.labels.iter().find(|label| label.name == name)
    }

    /// The label of that code.
    pub fn by_code(&self, code: i64) -> Option<&EnumLabel> {
        self.labels.iter().find(|label| label.code == code)
    }

    /// The names, as a message lists them: `OPEN, CLOSED`.
    pub fn names(&self) -> String {
        self.labels.iter().map(|label| label.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}
