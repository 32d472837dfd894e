//! Collects rows from a driver in the requested format.

use mwallet_schema::Value;

use crate::columns::Columns;
use crate::error::{Error, Result};
use crate::json_row::{DriverValue, decode, write_row};
use crate::json_rows::JsonRows;
use crate::query::{Denied, PlanError, WriteAction};
use crate::statement::{Format, Hidden, JsonStyle, Output, Statement};

/// The maximum number of rows per batch of values.
const BATCH_ROWS: usize = 256;
/// The size in bytes at which a batch of JSON is full.
const BATCH_BYTES: usize = 32 * 1024;
/// The size in bytes of text, JSON and binary values at which a batch of values is full.
const BATCH_VALUE_BYTES: usize = 1024 * 1024;

/// A row of a database driver.
pub(crate) trait DriverRow {
    /// A value of the row.
    type Value<'r>: DriverValue
    where
        Self: 'r;

    /// Returns the value at an index.
    fn value(&self, index: usize) -> Result<Self::Value<'_>>;

    /// Returns the value of a hidden boolean column.
    fn flag(&self, index: usize) -> Result<bool>;
}

/// The error of an insert that found a row to be as it must not be.
pub(crate) fn failed_check(table: &str) -> Error {
    PlanError::from(Denied::Check { table: table.to_owned(), action: WriteAction::Create }).into()
}

/// Rows that were read but not handed out yet.
pub(crate) enum Batch {
    Values { columns: Columns, rows: Vec<Vec<Value>>, bytes: usize },
    Json { columns: Columns, rows: JsonRows, hidden: Hidden, style: JsonStyle },
}

impl Batch {
    pub(crate) fn new(statement: &Statement, format: Format) -> Self {
        let columns = statement.columns.clone();
        match format {
            Format::Values => Self::Values { columns, rows: Vec::new(), bytes: 0 },
            Format::Json(style) => {
                Self::Json { columns, rows: JsonRows::default(), hidden: statement.hidden.clone(), style }
            }
        }
    }

    pub(crate) fn push(&mut self, row: &impl DriverRow) -> Result<()> {
        match self {
            Self::Values { columns, rows, bytes } => {
                let mut values = Vec::with_capacity(columns.len());
                for (index, column) in columns.iter().enumerate() {
                    let value = decode(column, row.value(index)?)?;
                    *bytes += match &value {
                        Value::Text(text) | Value::Json(text) => text.len(),
                        Value::Bytes(raw) => raw.len(),
                        _ => 0,
                    };
                    values.push(value);
                }
                rows.push(values);
            }
            Self::Json { columns, rows, hidden, style } => {
                let mut flags = columns.returned()..;
                let mut flag = || row.flag(flags.next().unwrap_or_default());
                let is_merged = hidden.tells_merged && flag()?;
                if let Some(table) = &hidden.checked
                    && !flag()?
                {
                    return Err(failed_check(table));
                }
                if hidden.tells_seen && !flag()? {
                    rows.count_unseen();
                    return Ok(());
                }
                rows.push(|out| write_row(columns, *style, out, |index| row.value(index)))?;
                if is_merged {
                    rows.count_merged();
                }
            }
        }
        Ok(())
    }

    /// Returns whether the batch is large enough to be handed out.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Values { rows, bytes, .. } => rows.len() >= BATCH_ROWS || *bytes >= BATCH_VALUE_BYTES,
            Self::Json { rows, .. } => rows.bytes() >= BATCH_BYTES,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Values { rows, .. } => rows.is_empty(),
            Self::Json { rows, .. } => rows.rows() == 0,
        }
    }

    /// Takes the rows and resets the batch.
    pub(crate) fn take(&mut self) -> Output {
        match self {
            Self::Values { rows, bytes, .. } => {
                *bytes = 0;
                Output::Values(std::mem::take(rows))
            }
            Self::Json { rows, .. } => {
                // After a full batch, expect another of that size. The last one needs no capacity.
                let next = if rows.bytes() >= BATCH_BYTES { rows.capacity() } else { 0 };
                Output::Json(std::mem::replace(rows, JsonRows::with_capacity(next)))
            }
        }
    }
}
