//! Related rows in PostgreSQL's binary format: one `record`, or an array of them.
//!
//! Source: `record_send` in PostgreSQL's `rowtypes.c`, `array_send` in `arrayfuncs.c`.

use mwallet_schema::{ColumnType, Transfer};
use tokio_postgres::types::Type;

use super::codec::RawValue;
use crate::columns::{OutputColumn, OutputKind};
use crate::entity::DecodeError;
use crate::error::{Error, Result};
use crate::json_row::DriverRows;

/// Reads records field by field.
pub(crate) struct Records<'r> {
    rest: &'r [u8],
    /// How many records are still to be read.
    left: usize,
    /// Whether a length is before each record, as in an array.
    is_array: bool,
}

impl<'r> Records<'r> {
    pub(super) fn new(raw: &'r [u8], is_array: bool) -> Result<Self> {
        let mut records = Self { rest: raw, left: 1, is_array };
        if is_array {
            let dimensions = records.integer()?;
            let (_has_nulls, _type) = (records.integer()?, records.integer()?);
            records.left = 0;
            if dimensions == 1 {
                records.left = usize::try_from(records.integer()?).map_err(|_| cut_off())?;
                let _lower_bound = records.integer()?;
            }
        }
        Ok(records)
    }

    fn integer(&mut self) -> Result<i32> {
        let (bytes, rest) = self.rest.split_first_chunk::<4>().ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(i32::from_be_bytes(*bytes))
    }
}

fn cut_off() -> DecodeError {
    DecodeError::new("related rows", "are not in the format of PostgreSQL")
}

/// The first OID of types that are not built in, such as domains, which a record names instead of what they are made of.
const FIRST_USER_TYPE: u32 = 16_384;

/// Returns whether values of a type can be read as the declared output type. It is asked for each field, so it only
/// compares numbers; see [`can_read`](super::codec::can_read) for columns.
fn can_hold(kind: &OutputKind, found: u32) -> bool {
    let is = |known: &[Type]| known.iter().any(|known| known.oid() == found);
    let is_known = match kind {
        OutputKind::Number => is(&[Type::NUMERIC]),
        OutputKind::Related(related) => is(&[if related.is_many { Type::RECORD_ARRAY } else { Type::RECORD }]),
        OutputKind::Column(kind) => match kind {
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => {
                is(&[Type::INT8, Type::INT4, Type::INT2])
            }
            ColumnType::Decimal { .. } => is(&[Type::NUMERIC]),
            ColumnType::Text { .. } | ColumnType::Enum(_) => is_text(found),
            ColumnType::Timestamp => is(&[Type::TIMESTAMPTZ]),
            ColumnType::Uuid => is(&[Type::UUID]),
            ColumnType::Bytes { .. } => is(&[Type::BYTEA]),
            ColumnType::Boolean => is(&[Type::BOOL]),
            ColumnType::Json => is(&[Type::JSONB]),
            ColumnType::Native(native) => match native.transfer {
                Transfer::Number { .. } => is(&[Type::NUMERIC]),
                Transfer::Json => is(&[Type::JSON]),
                Transfer::Text { .. } | Transfer::TextRepr | Transfer::SqliteDynamic(_) => is_text(found),
            },
        },
    };
    is_known || found >= FIRST_USER_TYPE
}

fn is_text(found: u32) -> bool {
    [Type::TEXT, Type::VARCHAR, Type::BPCHAR, Type::NAME, Type::CHAR].iter().any(|known| known.oid() == found)
}

impl<'r> DriverRows for Records<'r> {
    type Value = RawValue<'r>;

    fn next_row(&mut self) -> Result<bool> {
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        if self.is_array {
            let _length = self.integer()?;
        }
        let _fields = self.integer()?;
        Ok(true)
    }

    fn next_field(&mut self, column: &OutputColumn) -> Result<RawValue<'r>> {
        let kind = self.integer()?.cast_unsigned();
        if !can_hold(&column.kind, kind) {
            // The server notices another type of a column, but not of one within a record.
            return Err(Error::PlanInvalidated);
        }
        // -1 is null.
        let Ok(length) = usize::try_from(self.integer()?) else { return Ok(RawValue(None)) };
        let (value, rest) = self.rest.split_at_checked(length).ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(RawValue(Some(value)))
    }
}
