//! What PostgreSQL says, as errors of ours.

use deadpool_postgres::{PoolError, TimeoutType};
use mwallet_schema::shortened_to;
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use crate::error::{ConstraintKind, Error, Refusal, Violation};

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

/// Where PostgreSQL refuses a prepared statement whose table has other columns by now. There is no code of its own for
/// it, and its text is in the language of the server.
const STALE: &str = "RevalidateCachedQuery";
/// Where `RAISE` of PL/pgSQL is carried out.
const RAISE: &str = "exec_stmt_raise";
/// Where a row is found to belong to no partition.
const NO_PARTITION: &str = "ExecFindPartition";

/// Turns an error of the driver into ours.
pub(super) fn convert(error: tokio_postgres::Error) -> Error {
    let Some(said) = error.as_db_error() else {
        // A connection that breaks says so by an error of the system before it says that it is closed.
        let source = std::error::Error::source(&error);
        // The columns have other types than when the statement was prepared; nothing was sent.
        if source.is_some_and(|source| source.is::<WrongType>()) {
            return Error::PlanInvalidated;
        }
        let broken = source.is_some_and(|source| source.is::<std::io::Error>());
        return match error.is_closed() || broken {
            true => Error::Unavailable(error.into()),
            false => Error::Database { code: None, source: error.into() },
        };
    };
    if let Some(kind) = constraint_kind(said.code()).filter(|_| names_its_place(said)) {
        return Error::Constraint(violation(kind, said));
    }
    match *said.code() {
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Error::Serialization(error.into()),
        SqlState::QUERY_CANCELED => Error::Timeout,
        SqlState::FEATURE_NOT_SUPPORTED if said.routine() == Some(STALE) => Error::PlanInvalidated,
        SqlState::READ_ONLY_SQL_TRANSACTION => Error::ReadOnly,
        SqlState::IN_FAILED_SQL_TRANSACTION => Error::SessionEnded,
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::CANNOT_CONNECT_NOW => {
            Error::Unavailable(error.into())
        }
        SqlState::LOCK_NOT_AVAILABLE => Error::Busy,
        _ if is_raised(said) => Error::Raised(refusal(said)),
        _ if is_refused(said.code()) => Error::Refused(refusal(said)),
        _ => Error::Database { code: Some(said.code().code().into()), source: error.into() },
    }
}

/// Turns an error of the driver into ours, which keeps all that the server said: for statements of whoever runs the
/// database.
pub(super) fn whole(error: tokio_postgres::Error) -> Error {
    match error.as_db_error().map(|said| said.code().code().to_owned()) {
        Some(code) => Error::Database { code: Some(code), source: error.into() },
        None => convert(error),
    }
}

/// Whether an error comes from what the owner of the database put into it, and is told: what `RAISE` says was written
/// for whoever reads it, whatever its code. What else fails in a function is told where it says nothing of the server.
fn is_raised(said: &DbError) -> bool {
    let is_inside = said.where_().is_some() || matches!(said.position(), Some(ErrorPosition::Internal { .. }));
    let class = said.code().code().get(..2).unwrap_or_default();
    // A full disk, a file that cannot be read and what is broken are the server's, whoever says so.
    let is_of_machine = matches!(class, "53" | "58" | "XX");
    (said.routine() == Some(RAISE) && !is_of_machine) || class == "P0" || (is_inside && !is_of_server(said.code()))
}

/// Whether an error is about what was asked: a value that a statement brought, a row that is there, or what a table or
/// view cannot do, as its owner made it. Beyond the types that mWallet knows, the database is the first to see it. What
/// else is wrong with a statement is a fault of ours.
fn is_refused(code: &SqlState) -> bool {
    let is_of_syntax = code.code().starts_with("42");
    let is_known = matches!(
        *code,
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE
            | SqlState::INVALID_OBJECT_DEFINITION
            | SqlState::INVALID_COLUMN_REFERENCE
            | SqlState::UNDEFINED_FUNCTION
            | SqlState::CANNOT_COERCE
            | SqlState::GENERATED_ALWAYS
    );
    is_known || !(is_of_syntax || is_of_server(code))
}

/// Whether an error is about the server, its connections or its rights: what it says then may name hosts, files and
/// statements.
fn is_of_server(code: &SqlState) -> bool {
    const CLASSES: [&str; 22] = [
        "08", "09", "0L", "0P", "24", "25", "26", "28", "2D", "34", "38", "39", "3B", "3D", "40", "53", "54", "55",
        "57", "58", "F0", "HV",
    ];
    let class = code.code().get(..2).unwrap_or_default();
    CLASSES.contains(&class) || class == "XX" || *code == SqlState::INSUFFICIENT_PRIVILEGE
}

/// What PostgreSQL says, in its own words.
fn refusal(said: &DbError) -> Refusal {
    let is_told = match *said.code() {
        // These would tell the whole row, or the parameters of a function.
        SqlState::CHECK_VIOLATION
        | SqlState::NOT_NULL_VIOLATION
        | SqlState::WITH_CHECK_OPTION_VIOLATION
        | SqlState::NO_DATA_FOUND
        | SqlState::TOO_MANY_ROWS => matches!(said.routine(), Some(RAISE | NO_PARTITION)),
        _ => true,
    };
    let most = if said.routine() == Some(RAISE) { 1_000 } else { 200 };
    let short = |text: &str| shortened_to(text, most).into_owned();
    Refusal {
        code: said.code().code().into(),
        message: short(said.message()),
        details: said.detail().filter(|_| is_told).map(|detail| short(detail).into()),
        hint: said.hint().map(short),
    }
}

/// Whether a violation says of which constraint or column it is. A row without a partition does not, and what is raised
/// by hand has words of its own.
fn names_its_place(said: &DbError) -> bool {
    said.routine() != Some(RAISE) && (said.constraint().is_some() || said.column().is_some())
}

fn constraint_kind(code: &SqlState) -> Option<ConstraintKind> {
    Some(match *code {
        SqlState::UNIQUE_VIOLATION => ConstraintKind::Unique,
        // RESTRICT has a code of its own for what is the same to a caller.
        SqlState::FOREIGN_KEY_VIOLATION | SqlState::RESTRICT_VIOLATION => ConstraintKind::ForeignKey,
        SqlState::NOT_NULL_VIOLATION => ConstraintKind::NotNull,
        SqlState::CHECK_VIOLATION => ConstraintKind::Check,
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
