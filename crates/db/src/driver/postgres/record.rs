//! Related rows in PostgreSQL's binary format: one `record`, or an array of them.
//!
//! Source: `record_send` in PostgreSQL's `rowtypes.c`, `array_send` in `arrayfuncs.c`.

use super::codec::{RawValue, can_read_field};
use crate::columns::OutputColumn;
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
        if !can_read_field(&column.kind, kind) {
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
