//! What PostgreSQL says, as errors of ours.

use deadpool_postgres::{PoolError, TimeoutType};
use mwallet_schema::shortened_to;
use tokio_postgres::error::{DbError, SqlState};

use crate::error::{ConstraintKind, Error, Violation};

/// A value is none of the type that the server asked for when the statement was prepared.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct WrongType(pub(super) String);

/// Turns an error of the pool into ours.
pub(super) fn from_pool(error: PoolError) -> Error {
    match error {
        PoolError::Timeout(TimeoutType::Wait) => Error::Busy,
        PoolError::Backend(error) => match error.as_db_error().map(DbError::code) {
            Some(&SqlState::TOO_MANY_CONNECTIONS) => Error::Busy,
            _ => Error::Unavailable(error.into()),
        },
        error => Error::Unavailable(error.into()),
    }
}

/// Where PostgreSQL refuses a prepared statement whose table has other columns by now. There is no code of its own for it, and
/// its text is in the language of the server.
const STALE: &str = "RevalidateCachedQuery";

/// Turns an error of the driver into ours.
pub(super) fn convert(error: tokio_postgres::Error) -> Error {
    let Some(said) = error.as_db_error() else {
        // A connection that breaks says so by an error of the system before it says that it is closed.
        let source = std::error::Error::source(&error);
        // The columns have other types than when the statement was prepared; nothing was sent.
        if source.is_some_and(|source| source.is::<WrongType>()) {
            return Error::Stale;
        }
        let broken = source.is_some_and(|source| source.is::<std::io::Error>());
        return match error.is_closed() || broken {
            true => Error::Unavailable(error.into()),
            false => Error::Database { code: None, source: error.into() },
        };
    };
    if let Some(kind) = constraint_kind(said.code()) {
        return Error::Constraint(violation(kind, said));
    }
    match *said.code() {
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Error::Serialization(error.into()),
        SqlState::QUERY_CANCELED => Error::Timeout,
        SqlState::FEATURE_NOT_SUPPORTED if said.routine() == Some(STALE) => Error::Stale,
        SqlState::READ_ONLY_SQL_TRANSACTION => Error::ReadOnly,
        SqlState::IN_FAILED_SQL_TRANSACTION => Error::SessionEnded,
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW => {
            Error::Unavailable(error.into())
        }
        SqlState::LOCK_NOT_AVAILABLE => Error::Busy,
        _ if is_of_value(said.code()) || is_of_table(said.code()) => Error::Refused {
            code: said.code().code().into(),
            message: shortened_to(said.message(), 200).into(),
            hint: said.hint().map(|hint| shortened_to(hint, 200).into()),
        },
        _ => Error::Database { code: Some(said.code().code().into()), source: error.into() },
    }
}

/// Turns an error of the driver into ours, which keeps all that the server said: for statements of whoever runs the database.
pub(super) fn whole(error: tokio_postgres::Error) -> Error {
    match error.as_db_error().map(|said| said.code().code().to_owned()) {
        Some(code) => Error::Database { code: Some(code), source: error.into() },
        None => convert(error),
    }
}

/// Whether an error is about what a table or view cannot do, as its owner made it.
fn is_of_table(code: &SqlState) -> bool {
    matches!(
        *code,
        SqlState::FEATURE_NOT_SUPPORTED
            | SqlState::WITH_CHECK_OPTION_VIOLATION
            | SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE
            | SqlState::INVALID_OBJECT_DEFINITION
            | SqlState::INVALID_COLUMN_REFERENCE
    )
}

/// Whether an error is about a value that a statement brought: it does not read as its type, is beyond its range, or the
/// type cannot be compared so. Beyond the types that mWallet knows, the database is the first to see it. Errors of arithmetic may be
/// about rows that are there.
fn is_of_value(code: &SqlState) -> bool {
    matches!(
        *code,
        SqlState::INVALID_TEXT_REPRESENTATION
            | SqlState::INVALID_BINARY_REPRESENTATION
            | SqlState::INVALID_DATETIME_FORMAT
            | SqlState::DATETIME_FIELD_OVERFLOW
            | SqlState::NUMERIC_VALUE_OUT_OF_RANGE
            | SqlState::INTERVAL_FIELD_OVERFLOW
            | SqlState::INVALID_PARAMETER_VALUE
            | SqlState::STRING_DATA_RIGHT_TRUNCATION
            | SqlState::STRING_DATA_LENGTH_MISMATCH
            | SqlState::INVALID_TIME_ZONE_DISPLACEMENT_VALUE
            | SqlState::CHARACTER_NOT_IN_REPERTOIRE
            | SqlState::INVALID_XML_CONTENT
            | SqlState::INVALID_XML_DOCUMENT
            | SqlState::ARRAY_ELEMENT_ERROR
            | SqlState::DATA_EXCEPTION
            | SqlState::UNDEFINED_FUNCTION
            | SqlState::CANNOT_COERCE
            | SqlState::GENERATED_ALWAYS
    )
}

fn constraint_kind(code: &SqlState) -> Option<ConstraintKind> {
    Some(match *code {
        SqlState::UNIQUE_VIOLATION => ConstraintKind::Unique,
        // RESTRICT has a code of its own for what is the same to a caller.
        SqlState::FOREIGN_KEY_VIOLATION | SqlState::RESTRICT_VIOLATION => ConstraintKind::ForeignKey,
        SqlState::NOT_NULL_VIOLATION => ConstraintKind::NotNull,
        // What a trigger of the database's owner raises breaks a rule of the table too.
        SqlState::CHECK_VIOLATION | SqlState::RAISE_EXCEPTION => ConstraintKind::Check,
        SqlState::EXCLUSION_VIOLATION => ConstraintKind::Exclusion,
        _ => return None,
    })
}

fn violation(kind: ConstraintKind, said: &DbError) -> Violation {
    Violation {
        kind,
        constraint: said.constraint().map(Into::into),
        table: said.table().map(Into::into),
        columns: said.column().map(Into::into).into_iter().collect(),
        // That of a check would be the whole row.
        details: match kind {
            ConstraintKind::Unique | ConstraintKind::ForeignKey | ConstraintKind::Exclusion => {
                said.detail().map(|detail| shortened_to(detail, 200).into_owned().into())
            }
            ConstraintKind::NotNull | ConstraintKind::Check => None,
        },
    }
}
