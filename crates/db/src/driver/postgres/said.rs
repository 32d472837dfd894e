//! Formats the full error report of PostgreSQL.
//!
//! The standard formatted message is localized, so this reads the individual fields.

use std::error::Error;

use mwallet_schema::Place;
use tokio_postgres::error::{DbError, ErrorPosition};

use crate::driver::Said;

/// Returns the server's error report, if the error is from the server.
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
                byte_of(query, *position).and_then(|offset| Place::of(query, offset))
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
            // Any other position refers to the text of a function.
            _ => None,
        }
    }
}

/// Converts a 1-based character position into a byte offset.
fn byte_of(sql: &str, character: u32) -> Option<usize> {
    let before = usize::try_from(character).ok()?.checked_sub(1)?;
    // An error at the end of the input is one past the last character.
    let ends = sql.char_indices().map(|(offset, _)| offset).chain([sql.len()]);
    ends.take(before + 1).last()
}
