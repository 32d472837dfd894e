//! Conversion of PostgreSQL errors.

use deadpool_postgres::{PoolError, TimeoutType};
use mwallet_schema::shortened_to;
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use crate::error::{ConstraintKind, Error, Refusal, Violation};

/// A value does not match the parameter type that the server inferred when preparing the statement.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct WrongType(pub(super) String);

/// Converts a pool error.
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

/// The server routine that rejects a prepared statement whose result columns have changed. The error has no code of
/// its own, and its text is localized.
const STALE: &str = "RevalidateCachedQuery";
/// The server routine that runs PL/pgSQL's `RAISE`.
const RAISE: &str = "exec_stmt_raise";
/// The server routine that finds no text search configuration of a name. A request names it, so its code would be
/// mistaken for that of a table that has changed.
const NO_LANGUAGE: &str = "get_ts_config_oid";
/// The server's files that parse a search for words. Their error has the code of a mistake in a statement.
const SEARCH_PARSERS: [&str; 2] = ["tsquery.c", "tsvector_parser.c"];
/// The server routine that splits a name with a schema. Only the language of a search is bound as a name.
const NAME_PARSER: &str = "stringToQualifiedNameList";
/// The server routine that finds no partition for a row.
const NO_PARTITION: &str = "ExecFindPartition";

/// Converts a driver error.
pub(super) fn convert(error: tokio_postgres::Error) -> Error {
    let Some(said) = error.as_db_error() else {
        // A broken connection reports an I/O error before it reports that it is closed.
        let source = std::error::Error::source(&error);
        // A column type changed since the statement was prepared. Nothing was sent.
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
        SqlState::UNDEFINED_OBJECT | SqlState::INVALID_NAME
            if matches!(said.routine(), Some(NO_LANGUAGE | NAME_PARSER)) =>
        {
            Error::Refused(Refusal { code: SqlState::INVALID_PARAMETER_VALUE.code().into(), ..refusal(said) })
        }
        SqlState::SYNTAX_ERROR if said.file().is_some_and(|file| SEARCH_PARSERS.contains(&file)) => {
            Error::Refused(refusal(said))
        }
        _ if is_raised(said) => Error::Raised(refusal(said)),
        _ if is_refused(said.code()) => Error::Refused(refusal(said)),
        _ => Error::Database { code: Some(said.code().code().into()), source: error.into() },
    }
}

/// Converts a driver error but keeps the server's full message, for statements run by the operator of the database.
pub(super) fn whole(error: tokio_postgres::Error) -> Error {
    match error.as_db_error().map(|said| said.code().code().to_owned()) {
        Some(code) => Error::Database { code: Some(code), source: error.into() },
        None => convert(error),
    }
}

/// Returns whether an error comes from code in the database and may be shown to clients. The text of `RAISE` is
/// written for its reader, whatever its code. Other errors inside functions are shown if they reveal nothing about
/// the server.
fn is_raised(said: &DbError) -> bool {
    let is_inside = said.where_().is_some() || matches!(said.position(), Some(ErrorPosition::Internal { .. }));
    let class = said.code().code().get(..2).unwrap_or_default();
    // A full disk, an unreadable file and corruption are the server's problems, whoever raises them.
    let is_of_machine = matches!(class, "53" | "58" | "XX");
    (said.routine() == Some(RAISE) && !is_of_machine) || class == "P0" || (is_inside && !is_of_server(said.code()))
}

/// Returns whether an error is about the request: a bound value, an existing row, or something that a table or view
/// does not support. For types that mWallet does not know, the database is the first to check. Any other error in a
/// statement is our bug.
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

/// Returns whether an error is about the server, its connections or privileges. Its text may reveal hosts, files or
/// statements.
fn is_of_server(code: &SqlState) -> bool {
    const CLASSES: [&str; 22] = [
        "08", "09", "0L", "0P", "24", "25", "26", "28", "2D", "34", "38", "39", "3B", "3D", "40", "53", "54", "55",
        "57", "58", "F0", "HV",
    ];
    let class = code.code().get(..2).unwrap_or_default();
    CLASSES.contains(&class) || class == "XX" || *code == SqlState::INSUFFICIENT_PRIVILEGE
}

/// Builds a refusal from the server's message.
fn refusal(said: &DbError) -> Refusal {
    let is_told = match *said.code() {
        // The details of these would reveal the whole row, or the parameters of a function.
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

/// Returns whether a violation names its constraint or column. A row without a partition does not, and `RAISE` has
/// its own text.
fn names_its_place(said: &DbError) -> bool {
    said.routine() != Some(RAISE) && (said.constraint().is_some() || said.column().is_some())
}

fn constraint_kind(code: &SqlState) -> Option<ConstraintKind> {
    Some(match *code {
        SqlState::UNIQUE_VIOLATION => ConstraintKind::Unique,
        // RESTRICT has its own code, but means the same to a caller.
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
        // The details of a check violation would reveal the whole row.
        details: match kind {
            ConstraintKind::Unique | ConstraintKind::ForeignKey | ConstraintKind::Exclusion => {
                said.detail().map(|detail| shortened_to(detail, 200).into_owned().into())
            }
            ConstraintKind::NotNull | ConstraintKind::Check => None,
        },
    }
}
