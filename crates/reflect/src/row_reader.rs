//! Reads the rows of catalogue queries column by column.

use mwallet_schema::{ColumnType, Value};

use mwallet_db::{DecodeError, Result, Session, Sql};

/// The remaining columns of a row, read from left to right.
pub(super) struct Fields(std::vec::IntoIter<Value>);

impl Fields {
    /// Returns the next column as text.
    pub(super) fn text(&mut self) -> Result<String> {
        match self.0.next() {
            Some(Value::Text(text)) => Ok(text),
            other => Err(wrong("a text", other.as_ref())),
        }
    }

    /// Returns the next column as text, or `None` if it is null.
    pub(super) fn maybe(&mut self) -> Result<Option<String>> {
        match self.0.next() {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            other => Err(wrong("a text or nothing", other.as_ref())),
        }
    }

    /// Returns the next column as an integer; null is 0.
    pub(super) fn number(&mut self) -> Result<i64> {
        match self.0.next() {
            Some(Value::Int(number)) => Ok(number),
            Some(Value::Null) => Ok(0),
            other => Err(wrong("a whole number", other.as_ref())),
        }
    }

    /// Returns whether the next integer is not 0.
    pub(super) fn flag(&mut self) -> Result<bool> {
        Ok(self.number()? != 0)
    }
}

fn wrong(expected: &str, got: Option<&Value>) -> mwallet_db::Error {
    DecodeError::new("catalogue", format!("expected {expected}, got {}", got.map_or("no column", Value::kind_name)))
        .into()
}

/// Wraps rows so that they can be read.
pub(super) fn of_rows(rows: Vec<Vec<Value>>) -> Vec<Fields> {
    rows.into_iter().map(|values| Fields(values.into_iter())).collect()
}

/// Runs a catalogue query. `columns` has a letter for the type of each column: `t` for text and `n` for an integer.
pub(super) async fn ask(session: &mut Session, sql: Sql, columns: &'static str) -> Result<Vec<Fields>> {
    let sql = columns.bytes().fold(sql, |sql, letter| match letter {
        b'n' => sql.returns("number", ColumnType::BigInt),
        _ => sql.returns("text", ColumnType::Text { max: None }),
    });
    let rows = session.run(sql).await?;
    Ok(rows.into_iter().map(|row| Fields(row.into_values().into_iter())).collect())
}
