//! What PostgreSQL says of an error, in full.
//!
//! The texts of its message are in the language of the server, so everything is read from the fields.

use std::error::Error;

use tokio_postgres::error::{DbError, ErrorPosition};

use crate::driver::Said;
use crate::place::{Place, place_of};

/// What the server says of an error, if the error is from the server.
pub(crate) fn said<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e dyn Said> {
    let of_driver = error.downcast_ref::<tokio_postgres::Error>().and_then(tokio_postgres::Error::as_db_error);
    let said = of_driver.or_else(|| error.downcast_ref::<DbError>())?;
    Some(said)
}

impl Said for DbError {
    fn message(&self) -> String {
        let mut text = format!("{} ({})", self.message(), self.code().code());
        let table = match (self.schema(), self.table()) {
            (Some(schema), Some(table)) => Some(format!("{schema}.{table}")),
            (_, table) => table.map(str::to_owned),
        };
        let inner = match self.position() {
            Some(ErrorPosition::Internal { position, query }) => {
                byte_of(query, *position).and_then(|offset| place_of(query, offset))
            }
            _ => None,
        };
        let inner = inner.map(|Place { line, column, text }| format!("line {line}, column {column}: {text}"));
        for (name, value) in [
            ("detail", self.detail()),
            ("hint", self.hint()),
            ("in the query", inner.as_deref()),
            ("where", self.where_()),
            ("table", table.as_deref()),
            ("column", self.column()),
            ("type", self.datatype()),
            ("constraint", self.constraint()),
        ] {
            if let Some(value) = value {
                text.push_str(&format!("; {name}: {value}"));
            }
        }
        text
    }

    fn offset(&self, sql: &str) -> Option<usize> {
        match self.position() {
            Some(ErrorPosition::Original(position)) => byte_of(sql, *position),
            // Another kind of position is in the text of a function.
            _ => None,
        }
    }
}

/// How many bytes are before a character. Characters are counted from 1.
fn byte_of(sql: &str, character: u32) -> Option<usize> {
    let before = usize::try_from(character).ok()?.checked_sub(1)?;
    // What ends too early is wrong behind its last character.
    let ends = sql.char_indices().map(|(offset, _)| offset).chain([sql.len()]);
    ends.take(before + 1).last()
}
