//! Conversion between values and PostgreSQL's binary format. Values are bound by the server's parameter type, and
//! read as values or written straight into JSON.

use bytes::{BufMut, BytesMut};
use mwallet_schema::json::write_string;
use mwallet_schema::{ColumnType, Decimal, Timestamp, Transfer, Uuid, Value};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type};

use super::record::Records;
use super::{errors, numeric};
use crate::batch::DriverRow;
use crate::columns::{OutputColumn, OutputKind};
use crate::entity::DecodeError;
use crate::error::{Error, Result};
use crate::json_row::{DriverValue, write_base64, write_integer, write_plain};
use crate::statement::Bind;

/// 2000-01-01T00:00:00Z, the PostgreSQL epoch, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;
/// The version byte before the text of a jsonb value.
const JSONB_VERSION: u8 = 1;

type BoxError = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Bind {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, BoxError> {
        // Only SQLite needs the column's type to store a decimal, but require it on both engines.
        let is_decimal = matches!(self.kind, ColumnType::Decimal { .. } | ColumnType::Native(_));
        if matches!(self.value, Value::Decimal(_)) && !is_decimal {
            return Err("a decimal must be bound with bind_as and the type of its column".into());
        }
        encode(&self.value, kind, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, kind: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, BoxError> {
        self.to_sql(kind, out)
    }
}

fn encode(value: &Value, kind: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, BoxError> {
    match (value, kind) {
        (Value::Null, _) => return Ok(IsNull::Yes),
        (Value::Bool(value), &Type::BOOL) => out.put_u8((*value).into()),
        (Value::Int(number), &Type::INT2) => out.put_i16((*number).try_into()?),
        (Value::Int(number), &Type::INT4) => out.put_i32((*number).try_into()?),
        (Value::Int(number), &Type::INT8) => out.put_i64(*number),
        (Value::Decimal(decimal), &Type::NUMERIC) => {
            numeric::write_binary(decimal, out).ok_or("a decimal is too large")?;
        }
        (Value::Text(name), &Type::NUMERIC) => {
            numeric::write_no_number(name, out)
                .ok_or_else(|| errors::WrongType("a text cannot be a numeric".into()))?;
        }
        (Value::Timestamp(time), &Type::TIMESTAMPTZ) => out.put_i64(time.micros() - EPOCH),
        (Value::Uuid(uuid), &Type::UUID) => out.put_slice(uuid.as_bytes()),
        (Value::Bytes(bytes), &Type::BYTEA) => out.put_slice(bytes),
        (Value::Json(text), &Type::JSONB) => {
            out.put_u8(JSONB_VERSION);
            out.put_slice(text.as_bytes());
        }
        (Value::Text(text), &Type::TEXT | &Type::VARCHAR | &Type::BPCHAR | &Type::NAME) => {
            out.put_slice(text.as_bytes())
        }
        (Value::List(values), kind) => match kind.kind() {
            Kind::Array(member) => encode_array(values, member, out)?,
            _ => return Err(errors::WrongType(format!("a list cannot be a {kind}")).into()),
        },
        (value, kind) => return Err(errors::WrongType(format!("{} cannot be a {kind}", value.kind_name())).into()),
    }
    Ok(IsNull::No)
}

/// Writes a one-dimensional array as `array_recv` reads it.
fn encode_array(values: &[Value], member: &Type, out: &mut BytesMut) -> std::result::Result<(), BoxError> {
    out.put_i32(1);
    out.put_i32(values.iter().any(Value::is_null).into());
    out.put_u32(member.oid());
    out.put_i32(values.len().try_into()?);
    out.put_i32(1);
    for value in values {
        let at = out.len();
        out.put_i32(-1);
        if let IsNull::No = encode(value, member, out)? {
            let length = i32::try_from(out.len() - at - 4)?;
            out[at..at + 4].copy_from_slice(&length.to_be_bytes());
        }
    }
    Ok(())
}

/// The raw bytes of a value of any type.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> std::result::Result<Self, BoxError> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl DriverRow for Row {
    type Value<'r> = RawValue<'r>;

    fn value(&self, index: usize) -> Result<RawValue<'_>> {
        raw(self, index).map(RawValue)
    }

    fn flag(&self, index: usize) -> Result<bool> {
        Ok(raw(self, index)? == Some(&[1]))
    }
}

/// The bytes of a value in PostgreSQL's binary format; `None` for null.
#[derive(Clone, Copy)]
pub(crate) struct RawValue<'r>(pub(super) Option<&'r [u8]>);

impl<'r> DriverValue for RawValue<'r> {
    type Rows = Records<'r>;

    fn is_null(self) -> bool {
        self.0.is_none()
    }

    fn decode(self, column: &OutputColumn) -> Result<Value> {
        decode(column, self.0.unwrap_or_default())
    }

    fn write_json(self, column: &OutputColumn, out: &mut Vec<u8>) -> Result<()> {
        write_json(column, self.0.unwrap_or_default(), out)
    }

    fn rows(self, is_many: bool) -> Result<Records<'r>> {
        Records::new(self.0.unwrap_or_default(), is_many)
    }
}

const INTEGERS: &[Type] = &[Type::INT8, Type::INT4, Type::INT2];
const TEXTS: &[Type] = &[Type::TEXT, Type::VARCHAR, Type::BPCHAR, Type::NAME, Type::CHAR];

/// Returns the built-in PostgreSQL types that can be read as the declared output type.
fn readable_types(kind: &OutputKind) -> &'static [Type] {
    let kind = match kind {
        OutputKind::Column(kind) => kind,
        OutputKind::Number => return &[Type::NUMERIC],
        OutputKind::Related(related) if related.is_many => return &[Type::RECORD_ARRAY],
        OutputKind::Related(_) => return &[Type::RECORD],
    };
    match kind {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => INTEGERS,
        ColumnType::Decimal { .. } => &[Type::NUMERIC],
        ColumnType::Text { .. } | ColumnType::Enum(_) => TEXTS,
        ColumnType::Timestamp => &[Type::TIMESTAMPTZ],
        ColumnType::Uuid => &[Type::UUID],
        ColumnType::Bytes { .. } => &[Type::BYTEA],
        ColumnType::Boolean => &[Type::BOOL],
        ColumnType::Json => &[Type::JSONB],
        ColumnType::Native(native) => match native.transfer {
            Transfer::Number { .. } => &[Type::NUMERIC],
            Transfer::Json => &[Type::JSON],
            Transfer::Text { .. } | Transfer::TextRepr | Transfer::SqliteDynamic(_) => TEXTS,
        },
    }
}

/// Returns whether a column of this PostgreSQL type can be read as the declared output type.
pub(super) fn can_read(kind: &OutputKind, found: &Type) -> bool {
    let types = readable_types(kind);
    let is_like_text = || *found == Type::UNKNOWN || matches!(found.kind(), Kind::Enum(_));
    types.contains(found) || (types == TEXTS && is_like_text())
}

/// The first OID of types that are not built in. A record names them, such as domains, instead of what they consist of.
const FIRST_USER_TYPE: u32 = 16_384;

/// The same for a field of a record, of whose type only the OID is known.
pub(super) fn can_read_field(kind: &OutputKind, found: u32) -> bool {
    found >= FIRST_USER_TYPE || readable_types(kind).iter().any(|known| known.oid() == found)
}

fn raw(row: &Row, index: usize) -> Result<Option<&[u8]>> {
    let raw = row.try_get::<_, Option<Raw<'_>>>(index).map_err(errors::convert)?;
    Ok(raw.map(|Raw(bytes)| bytes))
}

fn wrong(column: &OutputColumn) -> Error {
    DecodeError::new(&column.name, "holds a value that mWallet does not store there").into()
}

fn integer(raw: &[u8]) -> Option<i64> {
    Some(match raw.len() {
        2 => i16::from_be_bytes(raw.try_into().ok()?).into(),
        4 => i32::from_be_bytes(raw.try_into().ok()?).into(),
        8 => i64::from_be_bytes(raw.try_into().ok()?),
        _ => return None,
    })
}

fn timestamp(raw: &[u8]) -> Option<Timestamp> {
    let micros = i64::from_be_bytes(raw.try_into().ok()?);
    Timestamp::from_micros(micros.checked_add(EPOCH)?).ok()
}

fn decimal(raw: &[u8]) -> Option<Decimal> {
    let mut plain = Vec::with_capacity(48);
    numeric::write_text(raw, &mut plain)?;
    std::str::from_utf8(&plain).ok()?.parse().ok()
}

/// Decodes a number that may be none: NaN or an infinity.
fn number(raw: &[u8]) -> Option<Value> {
    match numeric::no_number(raw) {
        Some(name) => Some(Value::Text(name.into())),
        None => decimal(raw).map(Value::Decimal),
    }
}

fn decode(column: &OutputColumn, raw: &[u8]) -> Result<Value> {
    let text = || std::str::from_utf8(raw).ok();
    let value = match &column.kind {
        OutputKind::Column(ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt) => {
            integer(raw).map(Value::Int)
        }
        OutputKind::Number => number(raw),
        OutputKind::Column(ColumnType::Decimal { .. }) => decimal(raw).map(Value::Decimal),
        OutputKind::Column(ColumnType::Text { .. } | ColumnType::Enum(_)) => {
            text().map(|text| Value::Text(text.into()))
        }
        OutputKind::Column(ColumnType::Timestamp) => timestamp(raw).map(Value::Timestamp),
        OutputKind::Column(ColumnType::Uuid) => Uuid::from_slice(raw).ok().map(Value::Uuid),
        OutputKind::Column(ColumnType::Bytes { .. }) => Some(Value::Bytes(raw.to_vec())),
        OutputKind::Column(ColumnType::Boolean) => Some(Value::Bool(raw == [1])),
        OutputKind::Column(ColumnType::Native(native)) => match native.transfer {
            Transfer::Number { .. } => number(raw),
            Transfer::Json => text().map(|text| Value::Json(text.into())),
            _ => text().map(|text| Value::Text(text.into())),
        },
        OutputKind::Column(ColumnType::Json) => {
            let text = raw.split_first().and_then(|(_, text)| std::str::from_utf8(text).ok());
            // The server writes jsonb with spaces. Compact it, so that values are the same on both engines.
            text.and_then(|text| mwallet_schema::json::compact(text.as_bytes()).ok()).map(Value::Json)
        }
        OutputKind::Related(_) => None,
    };
    value.ok_or_else(|| wrong(column))
}

fn write_json(column: &OutputColumn, raw: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let written = match &column.kind {
        OutputKind::Column(ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt) => {
            integer(raw).map(|number| write_integer(out, number))
        }
        OutputKind::Number | OutputKind::Column(ColumnType::Decimal { .. }) => numeric::write_string(raw, out),
        OutputKind::Column(ColumnType::Text { .. } | ColumnType::Enum(_)) => {
            std::str::from_utf8(raw).ok().map(|text| write_string(out, text))
        }
        OutputKind::Column(ColumnType::Timestamp) => timestamp(raw).map(|time| {
            out.push(b'"');
            time.write_to(out);
            out.push(b'"');
        }),
        OutputKind::Column(ColumnType::Uuid) => Uuid::from_slice(raw).ok().map(|uuid| {
            let mut buffer = Uuid::encode_buffer();
            write_plain(out, uuid.hyphenated().encode_lower(&mut buffer).as_bytes());
        }),
        OutputKind::Column(ColumnType::Bytes { .. }) => {
            write_base64(out, raw);
            Some(())
        }
        OutputKind::Column(ColumnType::Boolean) => {
            out.extend_from_slice(if raw == [1] { b"true" } else { b"false" });
            Some(())
        }
        OutputKind::Column(ColumnType::Json) => raw.split_first().map(|(_, text)| out.extend_from_slice(text)),
        OutputKind::Column(ColumnType::Native(native)) => match native.transfer {
            Transfer::Number { .. } => numeric::write_json(raw, out),
            Transfer::Json => {
                out.extend_from_slice(raw);
                Some(())
            }
            _ => std::str::from_utf8(raw).ok().map(|text| write_string(out, text)),
        },
        OutputKind::Related(_) => None,
    };
    written.ok_or_else(|| wrong(column))
}
