//! Conversion of SQLite errors.

use std::path::Path;

use mwallet_schema::shortened;
use rusqlite::ErrorCode;
use rusqlite::ffi;

use super::side_file;
use crate::driver::Said;
use crate::error::{ConstraintKind, Error, NotOpened, Refusal, Violation};

/// What the message of a function of ours begins with that refuses a value, before the SQLSTATE and the reason.
const REFUSED: &str = "mwallet refused: ";

/// Returns the error of a function that refuses a value.
pub(super) fn refused(code: &str, reason: &str) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(format!("{REFUSED}{code} {reason}").into())
}

/// Converts an error of SQLite.
pub(super) fn convert(error: rusqlite::Error) -> Error {
    let (code, message) = match &error {
        rusqlite::Error::SqliteFailure(code, message) => (*code, message.clone().unwrap_or_default()),
        rusqlite::Error::SqlInputError { error, msg, .. } => (*error, msg.clone()),
        _ => return Error::Database { code: None, source: error.into() },
    };
    if let Some(kind) = constraint_kind(code.extended_code, &message) {
        return Error::Constraint(violation(kind, &message));
    }
    let said = |code: &str, message: String| Refusal { code: code.into(), message, details: None, hint: None };
    match code.code {
        // Raised by a trigger. The code is PostgreSQL's for raised exceptions.
        _ if code.extended_code == ffi::SQLITE_CONSTRAINT_TRIGGER => Error::Raised(said("P0001", message)),
        _ if message == super::deadline::OUT_OF_TIME => Error::Timeout,
        _ if message.starts_with(REFUSED) => {
            let (code, message) = message[REFUSED.len()..].split_once(' ').unwrap_or_default();
            Error::Refused(said(code, message.into()))
        }
        ErrorCode::OperationInterrupted => Error::Timeout,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::Busy,
        ErrorCode::ReadOnly => Error::ReadOnly,
        ErrorCode::CannotOpen | ErrorCode::NotADatabase | ErrorCode::PermissionDenied => {
            Error::Unavailable(error.into())
        }
        ErrorCode::DatabaseCorrupt => Error::Database { code: Some(Error::DAMAGED.into()), source: error.into() },
        ErrorCode::DiskFull => Error::Database { code: Some(Error::DISK_FULL.into()), source: error.into() },
        _ => match (refusal(&message), message.strip_prefix("no such collation sequence: ")) {
            (Some(code), _) => Error::Refused(said(code, message)),
            // SQLite does not report the column.
            (None, Some(name)) => Error::Refused(said("42P22", unknown_collation(name))),
            (None, None) => Error::Database { code: missing_name(&message).map(Into::into), source: error.into() },
        },
    }
}

/// Converts an error that occurred while opening a file.
pub(super) fn of_opening(path: &Path, error: rusqlite::Error) -> Error {
    let not_opened = |why| Error::NotOpened { path: path.to_owned(), why };
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => not_opened(NotOpened::NotADatabase),
        // The database file is readable, so it is the WAL index that cannot be opened.
        Some(ErrorCode::CannotOpen) if side_file(path, "-wal").exists() && std::fs::File::open(path).is_ok() => {
            not_opened(NotOpened::NoPlaceForLog)
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => not_opened(NotOpened::Refused),
        Some(ErrorCode::DatabaseCorrupt) => not_opened(NotOpened::Damaged),
        Some(ErrorCode::ReadOnly) => not_opened(NotOpened::NoPlaceForLog),
        _ => convert(error),
    }
}

/// Returns the SQLSTATE for a missing column or table. SQLite has a single code for all errors in statements, but its
/// messages are always in English.
fn missing_name(message: &str) -> Option<&'static str> {
    let is_column = message.starts_with("no such column: ") || message.contains(" has no column named ");
    let is_table = message.starts_with("no such table: ");
    is_column.then_some("42703").or(is_table.then_some("42P01"))
}

/// Returns the SQLSTATE for something that a table does not support.
fn refusal(message: &str) -> Option<&'static str> {
    const NO_UNIQUE: &str = "ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint";
    let is_key = message.starts_with("foreign key mismatch - ");
    (message == NO_UNIQUE).then_some("42P10").or(is_key.then_some("42830"))
}

/// Returns the message for a collation that only another program defines.
fn unknown_collation(name: &str) -> String {
    let name = shortened(name);
    format!(
        "it takes the collation {name} to do this, which another program has: such texts are read, not compared or \
         ordered"
    )
}

fn constraint_kind(extended_code: i32, message: &str) -> Option<ConstraintKind> {
    Some(match extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            ConstraintKind::Unique
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ConstraintKind::ForeignKey,
        ffi::SQLITE_CONSTRAINT_NOTNULL => ConstraintKind::NotNull,
        // A value of the wrong storage class in a STRICT table violates a rule of the table, as with a check.
        ffi::SQLITE_CONSTRAINT_CHECK | ffi::SQLITE_CONSTRAINT_DATATYPE => ConstraintKind::Check,
        // R-tree tables report their constraint only in the message.
        ffi::SQLITE_CONSTRAINT if message.starts_with("rtree constraint failed: ") => ConstraintKind::Check,
        ffi::SQLITE_CONSTRAINT if message.starts_with("UNIQUE constraint failed: ") => ConstraintKind::Unique,
        // SQLite implements ON DELETE RESTRICT as an internal trigger.
        ffi::SQLITE_CONSTRAINT_TRIGGER if message == "FOREIGN KEY constraint failed" => ConstraintKind::ForeignKey,
        _ => return None,
    })
}

/// Parses `UNIQUE constraint failed: orders.usid, orders.slug` and `CHECK constraint failed: orders_memo_check`.
fn violation(kind: ConstraintKind, message: &str) -> Violation {
    let detail = message.split_once(" constraint failed: ").map_or("", |(_, detail)| detail);
    let mut violation = Violation { kind, constraint: None, table: None, columns: Vec::new(), details: None };
    match kind {
        ConstraintKind::Check if !detail.is_empty() => violation.constraint = Some(detail.into()),
        ConstraintKind::Unique | ConstraintKind::NotNull => {
            for name in detail.split(", ") {
                if let Some((table, column)) = name.split_once('.') {
                    violation.table = Some(table.into());
                    violation.columns.push(column.into());
                }
            }
        }
        _ => {}
    }
    violation
}

/// Returns the error report of a statement that does not compile. The sources of such an error only repeat the
/// statement or are a number.
pub(crate) fn said<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e dyn Said> {
    let said = error.downcast_ref().filter(|error| matches!(error, rusqlite::Error::SqlInputError { .. }))?;
    Some(said)
}

impl Said for rusqlite::Error {
    fn message(&self) -> String {
        match self {
            Self::SqlInputError { msg, .. } => msg.clone(),
            other => other.to_string(),
        }
    }

    fn offset(&self, _: &str) -> Option<usize> {
        match self {
            Self::SqlInputError { offset, .. } => usize::try_from(*offset).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_table_columns_and_constraint() {
        let unique = violation(ConstraintKind::Unique, "UNIQUE constraint failed: orders.usid, orders.slug");
        assert_eq!((unique.table.as_deref(), unique.columns.len()), (Some("orders"), 2));
        let check = violation(ConstraintKind::Check, "CHECK constraint failed: orders_memo_check");
        assert_eq!(check.constraint.as_deref(), Some("orders_memo_check"));
        let key = violation(ConstraintKind::ForeignKey, "FOREIGN KEY constraint failed");
        assert_eq!((key.table, key.constraint), (None, None));
    }
}
