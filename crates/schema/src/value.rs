//! A single value of a column or field.

use uuid::Uuid;

use crate::json::{Reader, Token};
use crate::{ColumnType, Decimal, DecimalError, Record, Timestamp, TimestampError};

/// A value of a [`ColumnType`], or of a field that is a list, a map or a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer of any size.
    Int(i64),
    /// An exact decimal.
    Decimal(Decimal),
    /// Text, or an enum label.
    Text(String),
    /// A point in time.
    Timestamp(Timestamp),
    /// A UUID.
    Uuid(Uuid),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Compact JSON text. Numbers keep the digits of the source.
    Json(String),
    /// A list, from a list field or an `in` filter.
    List(Vec<Value>),
    /// Named values, from a nested schema or a map.
    Record(Record),
}

/// Why a value does not fit the type of a column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The value has another type, or its text cannot be parsed.
    #[error("{0}")]
    WrongType(String),
    /// The value is outside the range of the type.
    #[error("{0}")]
    OutOfRange(String),
    /// The text or the bytes are too long for the column.
    #[error("at most {max} {unit} are allowed")]
    TooLong {
        /// The maximum length.
        max: u32,
        /// The unit of the limit: characters or bytes.
        unit: &'static str,
    },
    /// The text is not a label of the enum.
    #[error("expected one of {labels}")]
    NotALabel {
        /// The labels, separated by commas.
        labels: String,
    },
    /// The text contains U+0000, which PostgreSQL cannot store.
    #[error("text must not contain U+0000")]
    NulInText,
}

impl Value {
    /// Returns whether this is [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Parses a value from text, as in a URL: `12.50`, `OPEN` or its code, RFC 3339, base64.
    ///
    /// # Errors
    ///
    /// Returns an error if the text cannot be parsed as the type, or exceeds its limits.
    pub fn parse(kind: &ColumnType, text: &str) -> Result<Self, ValueError> {
        match kind {
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => parse_integer(kind, text),
            ColumnType::Decimal { precision, scale } => {
                let decimal = text.parse::<Decimal>().map_err(|error| from_decimal_error(&error))?;
                Self::Decimal(decimal).coerce(&ColumnType::Decimal { precision: *precision, scale: *scale })
            }
            ColumnType::Timestamp => text.parse::<Timestamp>().map(Self::Timestamp).map_err(from_timestamp_error),
            ColumnType::Uuid => parse_uuid(text),
            ColumnType::Enum(labels) => {
                let label = labels.by_name(text).or_else(|| text.parse().ok().and_then(|code| labels.by_code(code)));
                let label = label.ok_or_else(|| ValueError::NotALabel { labels: labels.names() })?;
                Ok(Self::Text(label.name.clone()))
            }
            ColumnType::Text { .. } => Self::Text(text.into()).coerce(kind),
            ColumnType::Bytes { .. } => {
                use base64::Engine as _;
                let bytes = base64::engine::general_purpose::STANDARD.decode(text);
                let bytes = bytes.map_err(|_| ValueError::WrongType("expected base64".into()))?;
                Self::Bytes(bytes).coerce(kind)
            }
            ColumnType::Json => {
                let json = crate::json::compact(text.as_bytes());
                let json = json.map_err(|error| ValueError::WrongType(format!("expected JSON: {error}")))?;
                crate::json::storable(&json).map(|()| Self::Json(json))
            }
            ColumnType::Boolean => match text {
                "true" => Ok(Self::Bool(true)),
                "false" => Ok(Self::Bool(false)),
                _ => Err(ValueError::WrongType("expected true or false".into())),
            },
            ColumnType::Native(native) => native.parse(text),
        }
    }

    /// Converts the value to that type if nothing is lost: an integer to a decimal, an enum code to its label. `Null`
    /// stays `Null`; whether the column is nullable is checked elsewhere.
    ///
    /// # Errors
    ///
    /// Returns an error if the value has another type or exceeds the limits of the type.
    pub fn coerce(self, kind: &ColumnType) -> Result<Self, ValueError> {
        match (self, kind) {
            (Self::Null, _) => Ok(Self::Null),
            (value, ColumnType::Native(native)) => native.coerce(value),
            (Self::Int(number), ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt) => {
                check_integer(kind, number)
            }
            (Self::Int(number), ColumnType::Decimal { .. }) => Self::Decimal(number.into()).coerce(kind),
            (Self::Int(code), ColumnType::Enum(labels)) => match labels.by_code(code) {
                Some(label) => Ok(Self::Text(label.name.clone())),
                None => Err(ValueError::NotALabel { labels: labels.names() }),
            },
            (Self::Decimal(decimal), ColumnType::Decimal { precision, scale }) => {
                decimal.fit(*precision, *scale).map(Self::Decimal).map_err(|error| from_decimal_error(&error))
            }
            (Self::Text(text), ColumnType::Text { max }) => {
                if text.contains('\0') {
                    return Err(ValueError::NulInText);
                }
                match max {
                    Some(max) if text.chars().count() > *max as usize => {
                        Err(ValueError::TooLong { max: *max, unit: "characters" })
                    }
                    _ => Ok(Self::Text(text)),
                }
            }
            (Self::Text(text), ColumnType::Enum(_)) => Self::parse(kind, &text),
            (Self::Bytes(bytes), ColumnType::Bytes { max }) => match max {
                Some(max) if bytes.len() > *max as usize => Err(ValueError::TooLong { max: *max, unit: "bytes" }),
                _ => Ok(Self::Bytes(bytes)),
            },
            (value @ Self::Bool(_), ColumnType::Boolean)
            | (value @ Self::Timestamp(_), ColumnType::Timestamp)
            | (value @ Self::Uuid(_), ColumnType::Uuid) => Ok(value),
            // The variant can be built from any text, so parse it.
            (Self::Json(text), ColumnType::Json) => Self::parse(kind, &text),
            (value, kind) => Err(ValueError::WrongType(format!("expected {}, got {}", kind.name(), value.kind_name()))),
        }
    }

    /// Returns the string, number or boolean in a JSON text. Returns `None` for null, a list, an object, or a number
    /// that exceeds every decimal.
    pub fn scalar(json: &str) -> Option<Self> {
        match Reader::new(json.as_bytes()).ok()?.value().ok()? {
            Token::String(text) => Some(Self::Text(text.into_owned())),
            Token::Bool(value) => Some(Self::Bool(value)),
            Token::Number(number) => match number.parse() {
                Ok(number) => Some(Self::Int(number)),
                Err(_) => number.parse().ok().map(Self::Decimal),
            },
            Token::Null | Token::Array | Token::Object => None,
        }
    }

    /// Returns the type of the value, for messages.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "a whole number",
            Self::Decimal(_) => "a decimal",
            Self::Text(_) => "text",
            Self::Timestamp(_) => "a time",
            Self::Uuid(_) => "a UUID",
            Self::Bytes(_) => "bytes",
            Self::Json(_) => "JSON",
            Self::List(_) => "a list",
            Self::Record(_) => "an object",
        }
    }
}

/// Parses an integer and checks the range of its type.
fn parse_integer(kind: &ColumnType, text: &str) -> Result<Value, ValueError> {
    match text.parse::<i64>() {
        Ok(number) => check_integer(kind, number),
        Err(_) => {
            let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
            if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                Err(out_of_range(kind))
            } else {
                Err(ValueError::WrongType("expected a whole number".into()))
            }
        }
    }
}

fn check_integer(kind: &ColumnType, number: i64) -> Result<Value, ValueError> {
    match kind.integer_range() {
        Some((least, most)) if !(least..=most).contains(&number) => Err(out_of_range(kind)),
        _ => Ok(Value::Int(number)),
    }
}

fn out_of_range(kind: &ColumnType) -> ValueError {
    let (least, most) = kind.integer_range().unwrap_or((i64::MIN, i64::MAX));
    let name = kind.name();
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    ValueError::OutOfRange(format!("{article} {name} must be between {least} and {most}"))
}

/// Parses a UUID in canonical form only, so that a value has one spelling.
fn parse_uuid(text: &str) -> Result<Value, ValueError> {
    let canonical = text.len() == 36;
    Uuid::try_parse(text)
        .ok()
        .filter(|_| canonical)
        .map(Value::Uuid)
        .ok_or_else(|| ValueError::WrongType("expected a UUID".into()))
}

fn from_decimal_error(error: &DecimalError) -> ValueError {
    match error {
        DecimalError::Malformed => ValueError::WrongType("expected a decimal number".into()),
        _ => ValueError::OutOfRange(error.to_string()),
    }
}

fn from_timestamp_error(error: TimestampError) -> ValueError {
    match error {
        TimestampError::Malformed => ValueError::WrongType(error.to_string()),
        TimestampError::OutOfRange | TimestampError::TooPrecise => ValueError::OutOfRange(error.to_string()),
    }
}

macro_rules! from {
    ($($kind:ty => $variant:ident),* $(,)?) => { $(
        impl From<$kind> for Value {
            fn from(value: $kind) -> Self {
                Self::$variant(value.into())
            }
        }
    )* };
}

from! {
    bool => Bool, i16 => Int, i32 => Int, i64 => Int, Decimal => Decimal, &str => Text, String => Text,
    Timestamp => Timestamp, Uuid => Uuid, Vec<u8> => Bytes, Vec<Value> => List, Record => Record,
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
