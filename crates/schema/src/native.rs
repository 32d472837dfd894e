//! Native types: types that only their database knows, as reflection finds them.

use std::fmt::Write as _;

use crate::json::{Reader, Token};
use crate::{ColumnType, Decimal, Value, ValueError};

/// A type by its name in the database, and how its values are transferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeType {
    /// The name, such as `character varying(160)`, `tsvector` or `DATETIME`.
    pub name: String,
    /// The type in which PostgreSQL compares values, if a cast to the type itself would change them: a cast to a
    /// domain truncates text that is too long.
    pub comparison_type: Option<String>,
    /// How values are transferred.
    pub transfer: Transfer,
}

/// How values of a [`NativeType`] are transferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// As text of at most `max` code points.
    Text {
        /// The maximum number of code points; `None` for no limit.
        max: Option<u32>,
    },
    /// As an exact number, which is also a number in JSON.
    Number {
        /// The total number of digits and the number after the point; `None` for no limit.
        digits: Option<(u32, u32)>,
    },
    /// As the text form of PostgreSQL: enums, dates, addresses, ranges.
    TextRepr,
    /// As the JSON form of PostgreSQL: arrays, composite types, floats, times.
    Json,
    /// As SQLite stores each value, whatever type the column declares.
    SqliteDynamic(DeclaredType),
}

/// The kind of JSON that PostgreSQL makes of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// A number; special values such as `NaN` are strings.
    Number,
    /// A string.
    Text,
    /// A boolean.
    Boolean,
    /// Any JSON.
    Any,
}

impl JsonKind {
    /// Returns the kind for a type name without length or precision.
    pub fn from_type_name(name: &str) -> Self {
        match name {
            "smallint" | "integer" | "bigint" | "real" | "double precision" | "numeric" => Self::Number,
            "boolean" => Self::Boolean,
            "text"
            | "character varying"
            | "character"
            | "bpchar"
            | "name"
            | "citext"
            | "uuid"
            | "inet"
            | "bytea"
            | "bit"
            | "\"bit\""
            | "bit varying"
            | "date"
            | "interval"
            | "time without time zone"
            | "time with time zone"
            | "timestamp without time zone"
            | "timestamp with time zone" => Self::Text,
            _ => Self::Any,
        }
    }
}

/// The declared type of a SQLite column. Input is checked against it; stored values may have any type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclaredType {
    /// Integers.
    Integer,
    /// Numbers with a limited number of digits.
    Number {
        /// The total number of digits and the number after the point; `None` for no limit.
        digits: Option<(u32, u32)>,
    },
    /// Text of at most `max` code points.
    Text {
        /// The maximum number of code points; `None` for no limit.
        max: Option<u32>,
    },
    /// Booleans, stored as 1 and 0.
    Boolean,
    /// A date or a time, as text or as a number.
    Time,
    /// Any value; text of `\x` and hexadecimal digits is binary data.
    Any,
}

impl Transfer {
    /// Returns text with the limit in the type name: `character varying(160)`.
    pub fn text(name: &str) -> Self {
        let max = if name == "name" { Some(63) } else { limits(name).map(|(max, _)| max) };
        Self::Text { max }
    }

    /// Returns a number with the limits in the type name: `numeric(10,2)`.
    pub fn number(name: &str) -> Self {
        // Since PostgreSQL 15 the scale may be negative or exceed the precision.
        Self::Number { digits: limits(name).filter(|(precision, scale)| scale <= precision) }
    }
}

impl DeclaredType {
    /// Parses the declared type of a column by SQLite's affinity rules, and by convention for names such as `BOOL`.
    ///
    /// Source: "Determination Of Column Affinity" in SQLite's documentation.
    pub fn read(written: &str) -> Self {
        let upper = written.to_ascii_uppercase();
        let has = |words: &[&str]| words.iter().any(|word| upper.contains(word));
        let limits = limits(&upper);
        if has(&["INT"]) {
            Self::Integer
        } else if has(&["CHAR", "CLOB", "TEXT"]) {
            Self::Text { max: limits.map(|(max, _)| max) }
        } else if upper.is_empty() || has(&["BLOB", "ANY"]) {
            Self::Any
        } else if has(&["REAL", "FLOA", "DOUB"]) {
            Self::Number { digits: None }
        } else if has(&["BOOL"]) {
            Self::Boolean
        } else if has(&["DATE", "TIME"]) {
            Self::Time
        } else if has(&["DEC", "NUM", "MONEY"]) {
            Self::Number { digits: limits.filter(|(precision, scale)| scale <= precision) }
        } else {
            Self::Any
        }
    }
}

impl NativeType {
    /// Returns the declared type of a SQLite column, such as `NVARCHAR(160)`. Each value keeps its own storage class.
    pub fn declared(written: impl Into<String>) -> Self {
        let name = written.into();
        let transfer = Transfer::SqliteDynamic(DeclaredType::read(&name));
        Self { name, comparison_type: None, transfer }
    }

    /// Returns the type name without length or precision, which is the type for comparisons: `numeric` for
    /// `numeric(10,2)`. Returns `None` if it has neither.
    pub fn without_limits(name: &str) -> Option<String> {
        match (name.split_once('('), name.split_once(')')) {
            (Some((before, _)), Some((_, behind))) => Some(format!("{before}{behind}")),
            _ => None,
        }
    }

    /// Decodes bytes from PostgreSQL's `\x` and hexadecimal digits; `None` for any other text.
    pub fn bytes(text: &str) -> Option<Vec<u8>> {
        let digits = text.strip_prefix("\\x")?.as_bytes();
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
        if digits.len() % 2 == 0 { digits.chunks_exact(2).map(pair).collect() } else { None }
    }

    /// Returns the type that PostgreSQL converts to JSON, without length or precision: `timestamp without time zone`
    /// for `timestamp(3) without time zone`, and the base type of a domain.
    pub fn json_name(&self) -> String {
        let name = self.comparison_type.as_deref().unwrap_or(&self.name);
        Self::without_limits(name).unwrap_or_else(|| name.to_owned())
    }

    /// Returns the kind of JSON of the values, if they are transferred as JSON.
    pub fn json_kind(&self) -> Option<JsonKind> {
        (self.transfer == Transfer::Json).then(|| JsonKind::from_type_name(&self.json_name()))
    }

    /// Returns whether a column of SQLite is declared as JSON. What it holds is still any value.
    pub fn is_declared_json(&self) -> bool {
        let is_named = ["json", "jsonb"].iter().any(|name| self.name.eq_ignore_ascii_case(name));
        is_named && matches!(self.transfer, Transfer::SqliteDynamic(_))
    }

    /// Returns whether values are instants that PostgreSQL writes as JSON, also in arrays.
    pub fn holds_times(&self) -> bool {
        self.transfer == Transfer::Json && self.json_name().trim_end_matches("[]") == "timestamp with time zone"
    }

    /// Returns the maximum length of text, if it is limited.
    pub fn max(&self) -> Option<u32> {
        match self.transfer {
            Transfer::Text { max } | Transfer::SqliteDynamic(DeclaredType::Text { max }) => max,
            _ => None,
        }
    }

    /// Returns whether the values are numbers, which have ranges.
    pub fn is_number(&self) -> bool {
        let is_stored =
            matches!(self.transfer, Transfer::SqliteDynamic(DeclaredType::Integer | DeclaredType::Number { .. }));
        is_stored || matches!(self.transfer, Transfer::Number { .. }) || self.json_kind() == Some(JsonKind::Number)
    }

    /// Returns whether values may be numbers that a double would change: 64-bit integers and decimals, also in
    /// arrays. Booleans of SQLite do not count.
    pub fn holds_exact_numbers(&self) -> bool {
        match self.transfer {
            Transfer::Number { .. } => true,
            Transfer::SqliteDynamic(DeclaredType::Boolean) => false,
            Transfer::SqliteDynamic(_) => !self.is_real(),
            Transfer::Json => matches!(self.json_name().trim_end_matches("[]"), "bigint" | "numeric"),
            Transfer::Text { .. } | Transfer::TextRepr => false,
        }
    }

    /// Returns whether the values are text, which has a length and can match a pattern.
    pub fn is_text(&self) -> bool {
        let is_declared =
            matches!(self.transfer, Transfer::Text { .. } | Transfer::SqliteDynamic(DeclaredType::Text { .. }));
        is_declared || self.json_kind() == Some(JsonKind::Text)
    }

    /// Returns whether the values are character strings, so that a JSON number is taken as its digits.
    pub(crate) fn is_characters(&self) -> bool {
        let is_declared =
            matches!(self.transfer, Transfer::Text { .. } | Transfer::SqliteDynamic(DeclaredType::Text { .. }));
        let name = || self.json_name();
        let named =
            |name: &str| matches!(name, "text" | "character varying" | "character" | "bpchar" | "name" | "citext");
        is_declared || (self.transfer == Transfer::Json && named(&name()))
    }

    /// Returns a description of valid values, for error messages.
    pub fn wanted(&self) -> &'static str {
        match self.transfer {
            Transfer::Text { .. } | Transfer::SqliteDynamic(DeclaredType::Text { .. }) => "a string",
            Transfer::Number { .. } | Transfer::SqliteDynamic(DeclaredType::Number { .. }) => "a number",
            Transfer::TextRepr => "a string, a number or a boolean",
            Transfer::Json => match JsonKind::from_type_name(&self.json_name()) {
                JsonKind::Number => "a number",
                JsonKind::Text => "a string",
                JsonKind::Boolean => "true or false",
                JsonKind::Any => "JSON",
            },
            Transfer::SqliteDynamic(DeclaredType::Integer) => "a whole number",
            Transfer::SqliteDynamic(DeclaredType::Boolean) => "true or false",
            Transfer::SqliteDynamic(DeclaredType::Time) => "a string or a number",
            Transfer::SqliteDynamic(DeclaredType::Any) => "a string, a number or a boolean",
        }
    }

    /// Parses a value from text, as in a URL.
    ///
    /// # Errors
    ///
    /// Returns an error if the text cannot be parsed as the type, or exceeds its limits.
    pub(crate) fn parse(&self, text: &str) -> Result<Value, ValueError> {
        let text_value = || self.coerce(Value::Text(text.into()));
        match self.transfer {
            Transfer::Text { .. } | Transfer::TextRepr | Transfer::Json => text_value(),
            // Filters may compare with numbers that no row can hold; only stored values must fit. A numeric with
            // declared digits may hold NaN, but no infinity.
            Transfer::Number { digits } => match no_number(text).filter(|name| digits.is_none() || *name == "NaN") {
                Some(name) => Ok(Value::Text(name.into())),
                None => number(text).map(decimal),
            },
            Transfer::SqliteDynamic(DeclaredType::Number { .. }) => self.infinite(text).unwrap_or_else(|| number(text)),
            Transfer::SqliteDynamic(DeclaredType::Integer) => Value::parse(&ColumnType::BigInt, text),
            Transfer::SqliteDynamic(DeclaredType::Boolean) => match text {
                "true" | "1" => Ok(Value::Int(1)),
                "false" | "0" => Ok(Value::Int(0)),
                _ => Err(ValueError::WrongType("expected true or false".into())),
            },
            // A column converts values for comparisons as it does for storage.
            Transfer::SqliteDynamic(DeclaredType::Text { .. } | DeclaredType::Time) => text_value(),
            Transfer::SqliteDynamic(DeclaredType::Any) => match number(text) {
                Ok(value) => Ok(value),
                Err(_) => text_value(),
            },
        }
    }

    /// Converts the value to the type if nothing is lost.
    ///
    /// # Errors
    ///
    /// Returns an error if the value has another type or exceeds the limits of the type.
    pub(crate) fn coerce(&self, value: Value) -> Result<Value, ValueError> {
        let value = match (self.transfer, value) {
            (_, Value::Null) => Value::Null,
            (Transfer::Text { max } | Transfer::SqliteDynamic(DeclaredType::Text { max }), value @ Value::Text(_)) => {
                value.coerce(&ColumnType::Text { max })?
            }
            (Transfer::Number { digits }, Value::Int(number)) => fit(number.into(), digits).map(Value::Decimal)?,
            (Transfer::Number { digits }, Value::Decimal(number)) => fit(number, digits).map(Value::Decimal)?,
            (Transfer::Number { .. } | Transfer::SqliteDynamic(DeclaredType::Number { .. }), Value::Text(text)) => {
                // Spaces around a number are ignored, as in PostgreSQL.
                let text = text.trim_ascii();
                if let Some(infinite) = self.infinite(text) {
                    return infinite;
                }
                // Only a numeric without declared digits stores NaN and the infinities here.
                if let (Transfer::Number { digits: None }, Some(name)) = (self.transfer, no_number(text)) {
                    return Ok(Value::Text(name.into()));
                }
                return self.coerce(number(text)?);
            }
            (Transfer::TextRepr, value @ Value::Text(_)) => value.coerce(&ColumnType::Text { max: None })?,
            (Transfer::TextRepr, Value::Bytes(bytes)) => Value::Text(written_bytes(&bytes)),
            (Transfer::TextRepr, Value::Bool(value)) => Value::Text(value.to_string()),
            (Transfer::TextRepr, Value::Int(number)) => Value::Text(number.to_string()),
            (Transfer::TextRepr, Value::Decimal(number)) => Value::Text(number.to_string()),
            (Transfer::Json, value) => self.coerce_json(value)?,
            (
                Transfer::SqliteDynamic(DeclaredType::Integer | DeclaredType::Time | DeclaredType::Any),
                value @ Value::Int(_),
            ) => value,
            (Transfer::SqliteDynamic(DeclaredType::Integer), Value::Decimal(number)) => match whole(&number) {
                Some(value) => value,
                None if number.rescale(0).is_some() => return Err(beyond_64_bits()),
                None => return Err(ValueError::WrongType("expected a whole number, got a fraction".into())),
            },
            (Transfer::SqliteDynamic(DeclaredType::Number { digits }), Value::Int(number)) => {
                self.kept_by_sqlite(fit(number.into(), digits)?)?
            }
            (Transfer::SqliteDynamic(DeclaredType::Number { digits }), Value::Decimal(number)) => {
                self.kept_by_sqlite(fit(number, digits)?)?
            }
            (Transfer::SqliteDynamic(DeclaredType::Boolean), Value::Bool(value)) => Value::Int(value.into()),
            (Transfer::SqliteDynamic(DeclaredType::Boolean), value @ Value::Int(0 | 1)) => value,
            (Transfer::SqliteDynamic(DeclaredType::Time | DeclaredType::Any), Value::Decimal(number)) => {
                self.kept_by_sqlite(number)?
            }
            (Transfer::SqliteDynamic(DeclaredType::Time), value @ Value::Text(_)) => value,
            (Transfer::SqliteDynamic(DeclaredType::Any), Value::Bool(value)) => Value::Int(value.into()),
            (Transfer::SqliteDynamic(DeclaredType::Any), Value::Text(text)) => match Self::bytes(&text) {
                Some(bytes) => Value::Bytes(bytes),
                None => Value::Text(text),
            },
            (Transfer::SqliteDynamic(DeclaredType::Any), value @ Value::Bytes(_)) => value,
            (_, value) => {
                return Err(ValueError::WrongType(format!("expected {}, got {}", self.wanted(), value.kind_name())));
            }
        };
        match &value {
            Value::Text(text) if text.contains('\0') => Err(ValueError::NulInText),
            _ => Ok(value),
        }
    }

    /// Returns a number as SQLite stores it: a 64-bit integer, unless the column is real, or else a double. Rejects a
    /// number that would read back as another one.
    fn kept_by_sqlite(&self, number: Decimal) -> Result<Value, ValueError> {
        if let Some(whole) = whole(&number).filter(|_| !self.is_real()) {
            return Ok(whole);
        }
        // Digits always parse as a double, which may be infinite.
        let double = number.to_string().parse::<f64>().unwrap_or(f64::INFINITY);
        if double.is_infinite() {
            return Err(ValueError::OutOfRange(BEYOND_DOUBLES.into()));
        }
        // The text of a double has the fewest digits that parse to the same double.
        match format!("{double:?}").parse::<Decimal>() {
            Ok(kept) if kept == number => Ok(stored(number)),
            _ if double.abs() < f64::MIN_POSITIVE => Err(ValueError::OutOfRange(BELOW_DOUBLES.into())),
            _ => Err(ValueError::OutOfRange(
                "has more than the 15 to 17 digits that SQLite keeps of such a number".into(),
            )),
        }
    }

    /// Returns whether a SQLite column stores all numbers as doubles.
    fn is_real(&self) -> bool {
        let upper = self.name.to_ascii_uppercase();
        matches!(self.transfer, Transfer::SqliteDynamic(_))
            && ["REAL", "FLOA", "DOUB"].iter().any(|word| upper.contains(word))
    }

    /// Parses PostgreSQL's names for infinite doubles into the text that SQLite converts to one. Returns `None` for
    /// any other text.
    fn infinite(&self, text: &str) -> Option<Result<Value, ValueError>> {
        let (sign, name) = match text.strip_prefix('-') {
            Some(name) => ("-", name),
            None => ("", text.strip_prefix('+').unwrap_or(text)),
        };
        let is = |names: &[&str]| self.is_real() && names.iter().any(|one| one.eq_ignore_ascii_case(name));
        if is(&["NaN"]) {
            return Some(Err(ValueError::OutOfRange("SQLite cannot store NaN".into())));
        }
        is(&["Infinity", "inf", INFINITE]).then(|| Ok(Value::Text(format!("{sign}{INFINITE}"))))
    }

    /// Same as [`coerce`](Self::coerce), for types transferred as JSON. Text stays text, so that it is not parsed as
    /// JSON.
    fn coerce_json(&self, value: Value) -> Result<Value, ValueError> {
        let kind = JsonKind::from_type_name(&self.json_name());
        Ok(match (kind, value) {
            // Special values such as `NaN` are strings.
            (_, value @ Value::Text(_)) => value.coerce(&ColumnType::Text { max: None })?,
            (JsonKind::Text | JsonKind::Any, Value::Timestamp(time)) => Value::Text(time.to_string()),
            (JsonKind::Text | JsonKind::Any, Value::Uuid(uuid)) => Value::Text(uuid.to_string()),
            (JsonKind::Number | JsonKind::Any, Value::Int(number)) => self.within_floats(number.to_string())?,
            (JsonKind::Number | JsonKind::Any, Value::Decimal(number)) => self.within_floats(number.to_string())?,
            (JsonKind::Boolean | JsonKind::Any, Value::Bool(value)) => Value::Json(value.to_string()),
            (JsonKind::Any, value @ Value::Json(_)) => value,
            (_, Value::Json(text)) => match Value::scalar(&text) {
                // Keep the digits as written.
                Some(Value::Int(_) | Value::Decimal(_)) if kind == JsonKind::Number => self.within_floats(text)?,
                // A float may exceed every decimal.
                None if kind == JsonKind::Number && is_number(&text) => self.within_floats(text)?,
                Some(Value::Bool(_)) if kind == JsonKind::Boolean => Value::Json(text),
                Some(value @ Value::Text(_)) => value,
                found => {
                    let got = found.as_ref().map_or("a list or an object", Value::kind_name);
                    return Err(ValueError::WrongType(format!("expected {}, got {got}", self.wanted())));
                }
            },
            (_, value) => {
                return Err(ValueError::WrongType(format!("expected {}, got {}", self.wanted(), value.kind_name())));
            }
        })
    }
}

impl NativeType {
    /// Returns the text of a number, if it is within the range of the PostgreSQL float type (if it is one).
    pub(crate) fn within_floats(&self, number: String) -> Result<Value, ValueError> {
        let float = match self.json_name().as_str() {
            "double precision" => number.parse().ok(),
            "real" => number.parse::<f32>().ok().map(f64::from),
            _ => None,
        };
        let digits = number.split(['e', 'E']).next().unwrap_or_default();
        match float {
            Some(float) if float.is_infinite() => Err(ValueError::OutOfRange(BEYOND_DOUBLES.into())),
            Some(0.0) if digits.contains(|digit| matches!(digit, '1'..='9')) => {
                Err(ValueError::OutOfRange(BELOW_DOUBLES.into()))
            }
            _ => Ok(Value::Json(number)),
        }
    }
}

/// The error for `1e400`.
const BEYOND_DOUBLES: &str = "is out of range for such a number";

/// The error for `1e-400`.
const BELOW_DOUBLES: &str = "is too close to zero for such a number";

fn beyond_64_bits() -> ValueError {
    ValueError::OutOfRange(format!("must be between {} and {}", i64::MIN, i64::MAX))
}

/// Parses the numbers in parentheses: `NUMERIC(10, 2)` gives 10 and 2.
fn limits(written: &str) -> Option<(u32, u32)> {
    let (_, inner) = written.split_once('(')?;
    let (inner, _) = inner.split_once(')')?;
    let mut numbers = inner.split(',').map(|number| number.trim().parse().ok());
    let first = numbers.next()??;
    Some((first, numbers.next().map_or(Some(0), |second| second)?))
}

fn is_number(json: &str) -> bool {
    Reader::new(json.as_bytes()).is_ok_and(|mut reader| matches!(reader.value(), Ok(Token::Number(_))))
}

/// The text that SQLite converts to an infinite double. Nothing else writes it.
const INFINITE: &str = "9.9e9999999";

/// Returns PostgreSQL's name for a numeric that is not a number or infinite.
fn no_number(text: &str) -> Option<&'static str> {
    let is = |name: &str| text.eq_ignore_ascii_case(name);
    match () {
        () if is("NaN") => Some("NaN"),
        () if is("Infinity") || is("+Infinity") || is("inf") || is("+inf") => Some("Infinity"),
        () if is("-Infinity") || is("-inf") => Some("-Infinity"),
        () => None,
    }
}

/// Parses a number, as an integer if it fits 64 bits.
fn number(text: &str) -> Result<Value, ValueError> {
    let number = text.parse::<Decimal>().map_err(|_| ValueError::WrongType("expected a number".into()))?;
    Ok(stored(number))
}

/// Converts an integer to a decimal, for PostgreSQL.
fn decimal(number: Value) -> Value {
    match number {
        Value::Int(number) => Value::Decimal(number.into()),
        number => number,
    }
}

/// Returns a number as SQLite stores it: as an integer if possible.
fn stored(number: Decimal) -> Value {
    whole(&number).unwrap_or(Value::Decimal(number))
}

fn whole(number: &Decimal) -> Option<Value> {
    i64::try_from(number.rescale(0)?.unscaled()).ok().map(Value::Int)
}

fn fit(number: Decimal, digits: Option<(u32, u32)>) -> Result<Decimal, ValueError> {
    match digits {
        Some((precision, scale)) => {
            number.fit(precision, scale).map_err(|error| ValueError::OutOfRange(error.to_string()))
        }
        None => Ok(number),
    }
}

/// Encodes bytes in PostgreSQL's hexadecimal form.
fn written_bytes(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("\\x"), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native(transfer: Transfer) -> NativeType {
        NativeType { name: "native".into(), comparison_type: None, transfer }
    }

    #[test]
    fn declarations_are_read_as_sqlite_reads_them() {
        for (written, expected) in [
            ("INTEGER", DeclaredType::Integer),
            ("bigint", DeclaredType::Integer),
            ("NVARCHAR(160)", DeclaredType::Text { max: Some(160) }),
            ("TEXT", DeclaredType::Text { max: None }),
            ("NUMERIC(10, 2)", DeclaredType::Number { digits: Some((10, 2)) }),
            ("DECIMAL(5)", DeclaredType::Number { digits: Some((5, 0)) }),
            ("DOUBLE PRECISION", DeclaredType::Number { digits: None }),
            ("DATETIME", DeclaredType::Time),
            ("BOOLEAN", DeclaredType::Boolean),
            ("BLOB", DeclaredType::Any),
            ("", DeclaredType::Any),
            ("geometry", DeclaredType::Any),
        ] {
            assert_eq!(DeclaredType::read(written), expected, "{written}");
        }
    }

    #[test]
    fn the_limits_of_a_carrier_stand_in_the_name_of_its_type() {
        assert_eq!(Transfer::text("character varying(160)"), Transfer::Text { max: Some(160) });
        assert_eq!(Transfer::text("character varying"), Transfer::Text { max: None });
        assert_eq!(Transfer::number("numeric(10,2)"), Transfer::Number { digits: Some((10, 2)) });
        assert_eq!(Transfer::number("numeric(3,-2)"), Transfer::Number { digits: None });
        assert_eq!(Transfer::number("numeric"), Transfer::Number { digits: None });
    }

    #[test]
    fn values_become_what_the_carrier_takes() {
        let stored = |declared| native(Transfer::SqliteDynamic(declared));
        let half: Decimal = "0.5".parse().unwrap();
        assert_eq!(stored(DeclaredType::Boolean).coerce(true.into()), Ok(Value::Int(1)));
        assert_eq!(stored(DeclaredType::Integer).parse("12"), Ok(Value::Int(12)));
        assert_eq!(stored(DeclaredType::Number { digits: None }).parse("12.0"), Ok(Value::Int(12)));
        assert_eq!(stored(DeclaredType::Number { digits: None }).parse("0.5"), Ok(Value::Decimal(half.clone())));
        assert_eq!(stored(DeclaredType::Any).coerce("\\x00fF".into()), Ok(Value::Bytes(vec![0, 255])));
        assert_eq!(stored(DeclaredType::Any).coerce("\\x0".into()), Ok(Value::Text("\\x0".into())));
        assert_eq!(native(Transfer::TextRepr).coerce(Value::Bytes(vec![0, 255])), Ok(Value::Text("\\x00ff".into())));
        assert_eq!(native(Transfer::TextRepr).coerce(7.into()), Ok(Value::Text("7".into())));
        assert_eq!(native(Transfer::Json).coerce(half.into()), Ok(Value::Json("0.5".into())));
        let double = NativeType { name: "double precision".into(), ..native(Transfer::Json) };
        assert_eq!(double.coerce(Value::Json("1e300".into())), Ok(Value::Json("1e300".into())));
        assert_eq!(double.coerce("NaN".into()), Ok(Value::Text("NaN".into())));
        let code = NativeType { comparison_type: Some("character varying".into()), ..native(Transfer::Json) };
        assert_eq!(code.coerce(Value::Json("\"a\"".into())), Ok(Value::Text("a".into())));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let digits = Some((10, 2));
        let refused = |transfer, value: Value| native(transfer).coerce(value).unwrap_err();
        assert!(matches!(refused(Transfer::Text { max: Some(2) }, "abc".into()), ValueError::TooLong { max: 2, .. }));
        let thousandth: Decimal = "0.001".parse().unwrap();
        assert!(matches!(refused(Transfer::Number { digits }, thousandth.clone().into()), ValueError::OutOfRange(_)));
        let declared = Transfer::SqliteDynamic(DeclaredType::Number { digits });
        assert!(matches!(refused(declared, thousandth.into()), ValueError::OutOfRange(_)));
        assert!(matches!(
            refused(Transfer::SqliteDynamic(DeclaredType::Integer), "a".into()),
            ValueError::WrongType(_)
        ));
        assert!(matches!(refused(Transfer::TextRepr, "a\0".into()), ValueError::NulInText));
        assert!(native(Transfer::SqliteDynamic(DeclaredType::Integer)).parse("abc").is_err());
        let double = NativeType { name: "double precision".into(), ..native(Transfer::Json) };
        assert!(matches!(double.coerce(Value::Json("[1]".into())), Err(ValueError::WrongType(_))));
        assert!(matches!(double.coerce(true.into()), Err(ValueError::WrongType(_))));
        let code = NativeType { comparison_type: Some("character varying".into()), ..native(Transfer::Json) };
        assert!(matches!(code.coerce(7.into()), Err(ValueError::WrongType(_))));
    }
}
