//! The answers of a catalogue, column by column.

use mwallet_schema::{ColumnType, Value};

use mwallet_db::{DecodeError, Result, Session, Sql};

/// The columns of one row, taken from the left.
pub(super) struct Fields(std::vec::IntoIter<Value>);

impl Fields {
    /// The next text.
    pub(super) fn text(&mut self) -> Result<String> {
        match self.0.next() {
            Some(Value::Text(text)) => Ok(text),
            other => Err(wrong("a text", other.as_ref())),
        }
    }

    /// The next text, if it is not null.
    pub(super) fn maybe(&mut self) -> Result<Option<String>> {
        match self.0.next() {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            other => Err(wrong("a text or nothing", other.as_ref())),
        }
    }

    /// The next whole number; null is 0.
    pub(super) fn number(&mut self) -> Result<i64> {
        match self.0.next() {
            Some(Value::Int(number)) => Ok(number),
            Some(Value::Null) => Ok(0),
            other => Err(wrong("a whole number", other.as_ref())),
        }
    }

    /// Whether the next whole number is another than 0.
    pub(super) fn flag(&mut self) -> Result<bool> {
        Ok(self.number()? != 0)
    }
}

fn wrong(expected: &str, got: Option<&Value>) -> mwallet_db::Error {
    DecodeError::new("catalogue", format!("expected {expected}, got {}", got.map_or("no column", Value::kind_name)))
        .into()
}

/// Rows of values, each to be taken from the left.
pub(super) fn of_rows(rows: Vec<Vec<Value>>) -> Vec<Fields> {
    rows.into_iter().map(|values| Fields(values.into_iter())).collect()
}

/// Asks a catalogue. `columns` says what is answered, `t` for a text and `n` for a whole number.
pub(super) async fn ask(session: &mut Session, sql: Sql, columns: &'static str) -> Result<Vec<Fields>> {
    let sql = columns.bytes().fold(sql, |sql, letter| match letter {
        b'n' => sql.returns("number", ColumnType::BigInt),
        _ => sql.returns("text", ColumnType::Text { max: None }),
    });
    let rows = session.run(sql).await?;
    Ok(rows.into_iter().map(|row| Fields(row.into_values().into_iter())).collect())
}
