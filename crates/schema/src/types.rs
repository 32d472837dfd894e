//! The column types that both engines support.

use std::sync::Arc;

use crate::NativeType;

/// The type of a column, with its limits.
///
/// `docs/types.md` describes how each engine stores a type and how it is written in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// A 16-bit integer.
    SmallInt,
    /// A 32-bit integer.
    Integer,
    /// A 64-bit integer.
    BigInt,
    /// An exact number of at most `precision` digits, `scale` of them after the point.
    Decimal {
        /// The total number of digits, 1 to 1,000.
        precision: u32,
        /// The number of digits after the point.
        scale: u32,
    },
    /// Text of at most `max` code points.
    Text {
        /// The maximum number of code points; `None` for no limit.
        max: Option<u32>,
    },
    /// A point in time, to the microsecond.
    Timestamp,
    /// A UUID.
    Uuid,
    /// One of a set of labels.
    Enum(Arc<EnumType>),
    /// At most `max` bytes.
    Bytes {
        /// The maximum number of bytes; `None` for no limit.
        max: Option<u32>,
    },
    /// Any JSON.
    Json,
    /// A boolean.
    Boolean,
    /// A type that only its database knows.
    Native(Arc<NativeType>),
}

impl ColumnType {
    /// Returns a short name for messages and documents, such as `decimal(38, 18)`.
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

    /// Parses a [`name`](Self::name). Returns `None` for an enum, whose name does not include its labels.
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

    /// Returns the smallest and the largest value of an integer type.
    pub fn integer_range(&self) -> Option<(i64, i64)> {
        match self {
            Self::SmallInt => Some((i64::from(i16::MIN), i64::from(i16::MAX))),
            Self::Integer => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
            Self::BigInt => Some((i64::MIN, i64::MAX)),
            _ => None,
        }
    }
}

/// A set of labels, each with a code that input may use instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumType {
    /// The name of the type, such as `OrderType`.
    pub name: String,
    /// The labels, in the order of their declaration.
    pub labels: Vec<EnumLabel>,
}

/// One label of an [`EnumType`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumLabel {
    /// The stored and returned text, such as `OPEN`.
    pub name: String,
    /// The code, such as 0.
    pub code: i64,
    /// The meaning, for documents.
    pub comment: Option<String>,
    /// The previous name; migrations rename it in the rows.
    pub renamed_from: Option<String>,
}

impl EnumLabel {
    /// Returns a label without a comment or a previous name.
    pub fn new(name: impl Into<String>, code: i64) -> Self {
        Self { name: name.into(), code, comment: None, renamed_from: None }
    }
}

impl EnumType {
    /// Returns the label with that name.
    pub fn by_name(&self, name: &str) -> Option<&EnumLabel> {
        self.labels.iter().find(|label| label.name == name)
    }

    /// Returns the label with that code.
    pub fn by_code(&self, code: i64) -> Option<&EnumLabel> {
        self.labels.iter().find(|label| label.code == code)
    }

    /// Returns the names as a list for messages: `OPEN, CLOSED`.
    pub fn names(&self) -> String {
        self.labels.iter().map(|label| label.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}
