//! Conversion between values and SQLite's storage classes. Values are bound by column type, and read as values or
//! straight into JSON.

use mwallet_schema::json::write_string;
use mwallet_schema::{ColumnType, Timestamp, Uuid, Value, decimal_text, trim_fraction};
use rusqlite::types::{ToSqlOutput, Value as Stored, ValueRef};

use crate::columns::{OutputColumn, OutputKind};
use crate::entity::DecodeError;
use crate::json_row::{write_base64, write_integer, write_plain};
use crate::statement::Bind;

const HEX: &[u8; 16] = b"0123456789abcdef";

impl rusqlite::ToSql for Bind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        stored(&self.value, &self.kind).map_err(|reason| rusqlite::Error::ToSqlConversionFailure(reason.into()))
    }
}

/// Converts a value to the form in which a column of this type stores it.
fn stored<'v>(value: &'v Value, kind: &ColumnType) -> Result<ToSqlOutput<'v>, String> {
    let owned = |text: String| ToSqlOutput::Owned(Stored::Text(text));
    Ok(match value {
        Value::Null => ToSqlOutput::Owned(Stored::Null),
        Value::Bool(value) => ToSqlOutput::Owned(Stored::Integer((*value).into())),
        Value::Int(value) => ToSqlOutput::Owned(Stored::Integer(*value)),
        Value::Decimal(decimal) => match kind {
            // SQLite stores such numbers as doubles, so bind the nearest one.
            ColumnType::Native(_) => {
                let nearest = decimal.to_string().parse::<f64>();
                ToSqlOutput::Owned(Stored::Real(nearest.map_err(|error| error.to_string())?))
            }
            ColumnType::Decimal { precision, scale } => owned(
                decimal_text::encode(decimal, *precision, *scale).ok_or_else(|| format!("{decimal} does not fit"))?,
            ),
            kind => {
                let name = kind.name();
                return Err(format!("a decimal cannot be a {name}: bind it with bind_as and the type of its column"));
            }
        },
        Value::Text(text) | Value::Json(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        Value::Timestamp(time) => owned(String::from_utf8_lossy(&time.fixed_width()).into_owned()),
        Value::Uuid(uuid) => owned(uuid.to_string()),
        Value::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        Value::List(values) => owned(json_list(values, kind)?),
        Value::Record(_) => return Err("an object cannot be stored in a column".into()),
    })
}

/// Writes a value as JSON by its storage class.
fn write_stored(stored: ValueRef<'_>, out: &mut Vec<u8>) {
    match stored {
        ValueRef::Null => out.extend_from_slice(b"null"),
        ValueRef::Integer(number) => write_integer(out, number),
        ValueRef::Real(number) => out.extend_from_slice(real(number).as_bytes()),
        // Other programs may store invalid UTF-8.
        ValueRef::Text(text) => write_string(out, &String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => {
            out.extend_from_slice(b"\"\\\\x");
            out.extend(hexadecimal(bytes));
            out.push(b'"');
        }
    }
}

/// Formats a double with the fewest digits that round-trip. JSON has no infinities, so they become strings.
fn real(number: f64) -> String {
    match number.is_finite() {
        true => format!("{number:?}"),
        false => format!("\"{}Infinity\"", if number < 0.0 { "-" } else { "" }),
    }
}

fn hexadecimal(bytes: &[u8]) -> impl Iterator<Item = u8> {
    bytes.iter().flat_map(|byte| [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]])
}

/// Writes values as a JSON array for `json_each`, each in its stored form.
fn json_list(values: &[Value], kind: &ColumnType) -> Result<String, String> {
    let mut out = vec![b'['];
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match stored(value, kind)? {
            ToSqlOutput::Owned(Stored::Integer(number)) => write_integer(&mut out, number),
            ToSqlOutput::Owned(Stored::Real(number)) => out.extend_from_slice(real(number).as_bytes()),
            ToSqlOutput::Owned(Stored::Text(text)) => write_string(&mut out, &text),
            ToSqlOutput::Borrowed(ValueRef::Text(text)) => write_string(&mut out, &String::from_utf8_lossy(text)),
            // The statement decodes them with `unhex`.
            ToSqlOutput::Borrowed(ValueRef::Blob(bytes)) => {
                out.push(b'"');
                out.extend(hexadecimal(bytes));
                out.push(b'"');
            }
            _ => out.extend_from_slice(b"null"),
        }
    }
    out.push(b']');
    String::from_utf8(out).map_err(|error| error.to_string())
}

/// Decodes a stored value.
pub(super) fn decode(column: &OutputColumn, stored: ValueRef<'_>) -> Result<Value, DecodeError> {
    let wrong =
        || DecodeError::new(&column.name, format!("holds {}, which mWallet does not store there", stored.data_type()));
    let value = match (&column.kind, stored) {
        (_, ValueRef::Null) => Value::Null,
        (OutputKind::Column(ColumnType::Boolean), ValueRef::Integer(number)) => Value::Bool(number != 0),
        (
            OutputKind::Column(ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt),
            ValueRef::Integer(number),
        ) => Value::Int(number),
        (OutputKind::Column(ColumnType::Bytes { .. }), ValueRef::Blob(bytes)) => Value::Bytes(bytes.to_vec()),
        (OutputKind::Column(ColumnType::Native(_)), stored) => match stored {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Int(number),
            ValueRef::Real(number) => Value::Json(real(number)),
            ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        },
        (kind, ValueRef::Text(bytes)) => {
            let text = std::str::from_utf8(bytes).map_err(|_| wrong())?;
            match kind {
                OutputKind::Number => Value::Decimal(text.parse().map_err(|_| wrong())?),
                OutputKind::Column(ColumnType::Decimal { .. }) => {
                    Value::Decimal(decimal_text::decode(text).ok_or_else(wrong)?)
                }
                OutputKind::Column(ColumnType::Text { .. } | ColumnType::Enum(_)) => Value::Text(text.into()),
                OutputKind::Column(ColumnType::Json) => Value::Json(text.into()),
                OutputKind::Column(ColumnType::Timestamp) => {
                    Value::Timestamp(text.parse::<Timestamp>().map_err(|_| wrong())?)
                }
                OutputKind::Column(ColumnType::Uuid) => Value::Uuid(Uuid::try_parse(text).map_err(|_| wrong())?),
                OutputKind::Column(_) | OutputKind::Related(_) => return Err(wrong()),
            }
        }
        _ => return Err(wrong()),
    };
    Ok(value)
}

/// Writes a stored value as JSON.
pub(super) fn write_json(column: &OutputColumn, stored: ValueRef<'_>, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    let wrong =
        || DecodeError::new(&column.name, format!("holds {}, which mWallet does not store there", stored.data_type()));
    match (&column.kind, stored) {
        (_, ValueRef::Null) => out.extend_from_slice(b"null"),
        (OutputKind::Column(ColumnType::Native(_)), stored) => write_stored(stored, out),
        (OutputKind::Column(ColumnType::Boolean), ValueRef::Integer(number)) => {
            out.extend_from_slice(if number == 0 { b"false" } else { b"true" });
        }
        (
            OutputKind::Column(ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt),
            ValueRef::Integer(number),
        ) => write_integer(out, number),
        (OutputKind::Column(ColumnType::Bytes { .. }), ValueRef::Blob(bytes)) => write_base64(out, bytes),
        (OutputKind::Column(ColumnType::Text { .. } | ColumnType::Enum(_)), ValueRef::Text(bytes)) => {
            write_string(out, std::str::from_utf8(bytes).map_err(|_| wrong())?);
        }
        (OutputKind::Column(ColumnType::Uuid), ValueRef::Text(bytes)) if bytes.len() == 36 => write_plain(out, bytes),
        (OutputKind::Column(ColumnType::Timestamp), ValueRef::Text(bytes)) => {
            let fixed: &[u8; Timestamp::FIXED_WIDTH] = bytes.try_into().map_err(|_| wrong())?;
            out.push(b'"');
            out.extend_from_slice(trim_fraction(fixed));
            out.extend_from_slice(b"+00:00\"");
        }
        (OutputKind::Column(ColumnType::Decimal { .. }), ValueRef::Text(bytes)) => {
            out.push(b'"');
            decimal_text::write_plain(bytes, out).ok_or_else(wrong)?;
            out.push(b'"');
        }
        (OutputKind::Column(ColumnType::Json), ValueRef::Text(bytes)) => {
            // Our own columns hold valid JSON. Invalid JSON would break the whole response.
            std::str::from_utf8(bytes).map_err(|_| wrong())?;
            out.extend_from_slice(bytes);
        }
        (OutputKind::Number, ValueRef::Text(bytes)) => write_plain(out, bytes),
        _ => return Err(wrong()),
    }
    Ok(())
}
