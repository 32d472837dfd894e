//! Related rows in one SQLite value. SQLite has no type for rows, so two functions pack their values, each as it is
//! stored, into bytes: `mwallet_row(a, b, ...)` one row, the aggregate `mwallet_rows(a, b, ...)` all of a group.
//!
//! Several rows begin with their number. A value is a tag, and what belongs to it: eight bytes of a number, or the
//! length of a text or blob and its bytes. Numbers are little-endian.

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};

use super::execute::StoredValue;
use crate::columns::OutputColumn;
use crate::entity::DecodeError;
use crate::json_row::DriverRows;

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const REAL: u8 = 2;
const TEXT: u8 = 3;
const BLOB: u8 = 4;
/// The bytes of the number of rows.
const COUNT: usize = 8;
/// SQLite holds no larger values, and no sum of them should be attempted.
const MAX_BYTES: usize = 1_000_000_000;

/// Registers the functions on a connection.
pub(super) fn register(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("mwallet_row", -1, flags, |context| {
        let mut out = Vec::with_capacity(context.len() * 16);
        pack(context, &mut out)?;
        Ok(out)
    })?;
    connection.create_aggregate_function("mwallet_rows", -1, flags, PackRows)
}

struct PackRows;

impl Aggregate<Vec<u8>, Option<Vec<u8>>> for PackRows {
    fn init(&self, _: &mut Context<'_>) -> Result<Vec<u8>> {
        Ok(vec![0; COUNT])
    }

    fn step(&self, context: &mut Context<'_>, rows: &mut Vec<u8>) -> Result<()> {
        if let Some(count) = rows.first_chunk_mut::<COUNT>() {
            *count = (u64::from_le_bytes(*count) + 1).to_le_bytes();
        }
        pack(context, rows)
    }

    fn finalize(&self, _: &mut Context<'_>, rows: Option<Vec<u8>>) -> Result<Option<Vec<u8>>> {
        // No rows are not null, which is what a spread row that is not there has instead of rows.
        Ok(Some(rows.unwrap_or_else(|| vec![0; COUNT])))
    }
}

fn pack(context: &Context<'_>, out: &mut Vec<u8>) -> Result<()> {
    for index in 0..context.len() {
        match context.get_raw(index) {
            ValueRef::Null => out.push(NULL),
            ValueRef::Integer(number) => {
                out.push(INTEGER);
                out.extend_from_slice(&number.to_le_bytes());
            }
            ValueRef::Real(number) => {
                out.push(REAL);
                out.extend_from_slice(&number.to_le_bytes());
            }
            ValueRef::Text(text) => pack_bytes(TEXT, text, out)?,
            ValueRef::Blob(bytes) => pack_bytes(BLOB, bytes, out)?,
        }
    }
    Ok(())
}

fn pack_bytes(tag: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let too_large = || Error::UserFunctionError("the related rows of one row are larger than SQLite allows".into());
    let length = u32::try_from(bytes.len()).map_err(|_| too_large())?;
    if out.len() + bytes.len() > MAX_BYTES {
        return Err(too_large());
    }
    out.push(tag);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}

/// Reads packed rows value by value.
pub(crate) struct PackedRows<'r> {
    rest: &'r [u8],
    /// How many rows are still to be read.
    left: u64,
}

impl<'r> PackedRows<'r> {
    pub(super) fn new(stored: ValueRef<'r>, is_many: bool) -> crate::Result<Self> {
        let ValueRef::Blob(bytes) = stored else { return Err(not_packed().into()) };
        let mut rows = Self { rest: bytes, left: 1 };
        if is_many {
            rows.left = u64::from_le_bytes(rows.take()?);
        }
        Ok(rows)
    }

    fn take<const N: usize>(&mut self) -> crate::Result<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(not_packed)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn take_bytes(&mut self) -> crate::Result<&'r [u8]> {
        let length = u32::from_le_bytes(self.take()?) as usize;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(not_packed)?;
        self.rest = rest;
        Ok(bytes)
    }
}

fn not_packed() -> DecodeError {
    DecodeError::new("related rows", "are not in the form in which mWallet packs them")
}

impl<'r> DriverRows for PackedRows<'r> {
    type Value = StoredValue<'r>;

    fn next_row(&mut self) -> crate::Result<bool> {
        let is_row = self.left > 0;
        self.left -= u64::from(is_row);
        Ok(is_row)
    }

    fn next_field(&mut self, _: &OutputColumn) -> crate::Result<StoredValue<'r>> {
        let [tag] = self.take()?;
        Ok(StoredValue(match tag {
            INTEGER => ValueRef::Integer(i64::from_le_bytes(self.take()?)),
            REAL => ValueRef::Real(f64::from_le_bytes(self.take()?)),
            TEXT => ValueRef::Text(self.take_bytes()?),
            BLOB => ValueRef::Blob(self.take_bytes()?),
            _ => ValueRef::Null,
        }))
    }
}
