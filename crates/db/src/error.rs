//! Database errors, independent of HTTP.

use std::path::PathBuf;
use std::time::Duration;

use crate::allowed_rows::AllowedRows;
use crate::entity::DecodeError;
use crate::query::PlanError;
use crate::statement::Guard;
use crate::url::UrlError;

/// A database error. [`Error::code`] returns a SQLSTATE that is the same on both engines.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request does not fit the table.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The database URL is invalid.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// A setting is invalid. The text says which one, and what it should be.
    #[error("{0}")]
    Config(String),
    /// A row cannot be decoded as the requested type.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A row violates a constraint.
    #[error("{0}")]
    Constraint(Violation),
    /// The database rejected the request for a reason that it reports: a value of a type that only the database
    /// checks, or something that the table does not support.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// Code in the database, such as a trigger or function, raised an error. The statement itself fits the tables.
    #[error("{}", .0.message)]
    Raised(Refusal),
    /// The row was changed or deleted by someone else since it was read.
    #[error("the row of {table} was changed or deleted since it was read")]
    VersionConflict {
        /// The table.
        table: String,
    },
    /// A write gave an immutable column another value. Nothing was written.
    #[error("{} is given once and never changed", columns.join(" and "))]
    Immutable {
        /// The columns, at least one of which was given another value.
        columns: Vec<String>,
    },
    /// A write affected a number of rows that is not allowed, and was rolled back.
    #[error("{found} rows are concerned, where {allowed}")]
    RowCount {
        /// The number of affected rows.
        found: u64,
        /// The allowed number of rows.
        allowed: AllowedRows,
    },
    /// A queued operation of a session is invalid: an update of a row that was never stored, or a reference to no row
    /// of the session.
    #[error("{table}: {reason}")]
    UnitOfWork {
        /// The table.
        table: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// Concurrent transactions conflict. Retrying may succeed.
    #[error("the transaction collided with another; try again")]
    Serialization(#[source] DriverError),
    /// The session exceeded its time limit and was rolled back.
    #[error("the session was rolled back: it may take {limit:?} at most")]
    SessionExpired {
        /// The time limit.
        limit: Duration,
    },
    /// An earlier error or cancellation has ended the session.
    #[error("the session has ended; begin another")]
    SessionEnded,
    /// The session or engine is read-only.
    #[error("nothing can be written here: it is read-only")]
    ReadOnly,
    /// A table was changed since the statement was prepared. Preparing it again may succeed.
    #[error("the table was changed in the meantime; try again")]
    PlanInvalidated,
    /// No connection became free in time, or the queue is full.
    #[error("the database is busy; try again")]
    Busy,
    /// The database cannot be reached.
    #[error("the database cannot be reached")]
    Unavailable(#[source] DriverError),
    /// A SQLite database file cannot be opened.
    #[error("{} {why}", path.display())]
    NotOpened {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: NotOpened,
    },
    /// The database file or its WAL was deleted or replaced while open. What was written since is lost.
    #[error("the file {} was removed or replaced while it was in use", path.display())]
    FileGone {
        /// The path of the file.
        path: PathBuf,
    },
    /// A read was ended early, to limit the resources that it holds.
    #[error("the read was ended: {why}")]
    ReadEnded {
        /// The reason.
        why: ReadEnd,
    },
    /// A statement exceeded its time limit.
    #[error("the statement took longer than it may")]
    Timeout,
    /// Work on another thread was cancelled.
    #[error("the work was cancelled")]
    Cancelled,
    /// Work on another thread panicked.
    #[error("the work panicked: {0}")]
    Panicked(String),
    /// Any other error of the database. For the log only, because it may contain other people's data.
    #[error("the database failed")]
    Database {
        /// The SQLSTATE, if there is one.
        code: Option<String>,
        /// The error of the driver.
        #[source]
        source: DriverError,
    },
}

/// Why a database file cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// The file does not exist, or the user may not open it.
    #[error("cannot be opened")]
    Refused,
    /// The path is not a regular file. The text says what it is, such as `a folder`.
    #[error("is {0}, where the file of a database is expected")]
    NotAFile(&'static str),
    /// The file is not a SQLite database, is encrypted, or has a damaged header.
    #[error("is not a SQLite database, or is damaged")]
    NotADatabase,
    /// The file is a database with damaged pages.
    #[error("is damaged")]
    Damaged,
    /// The database has a WAL, for which SQLite must write a file next to it even to read.
    #[error("has a log (WAL), and nothing can be written beside it")]
    NoPlaceForLog,
}

/// Why a read was ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadEnd {
    /// It exceeded the time limit of read transactions.
    #[error("it lasted longer than a reading transaction may")]
    TooOld,
    /// It was the oldest read while the WAL grew too large.
    #[error("it was the oldest, and the log of the database grew too large meanwhile")]
    LogTooLarge,
}

/// An error of a driver. For the log, never for clients.
pub type DriverError = Box<dyn std::error::Error + Send + Sync>;

/// A constraint violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The kind of constraint.
    pub kind: ConstraintKind,
    /// The constraint name, if the database reports it.
    pub constraint: Option<String>,
    /// The table, if the database reports it.
    pub table: Option<String>,
    /// The columns, if the database reports them.
    pub columns: Vec<String>,
    /// PostgreSQL's detail message, such as which key already exists or is missing.
    pub details: Option<Details>,
}

/// An error in the database's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The SQLSTATE, which may be a custom one.
    pub code: String,
    /// The message.
    pub message: String,
    /// The detail message, which may contain values of the row.
    pub details: Option<Details>,
    /// The hint.
    pub hint: Option<String>,
}

/// A detail message with values of a row. It may be shown to the client that sent them, but not logged, so `Debug`
/// hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Details(String);

impl Details {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Details {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Details {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Details(…)")
    }
}

/// The kinds of constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    /// A value that must be unique already exists.
    Unique,
    /// A referenced row does not exist, or the row is still referenced.
    ForeignKey,
    /// A required value is null.
    NotNull,
    /// A check condition is false.
    Check,
    /// A row violates a PostgreSQL exclusion constraint, such as one against overlapping periods.
    Exclusion,
}

impl ConstraintKind {
    /// Returns the SQLSTATE.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unique => "23505",
            Self::ForeignKey => "23503",
            Self::NotNull => "23502",
            Self::Check => "23514",
            Self::Exclusion => "23P01",
        }
    }
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.kind {
            ConstraintKind::Unique => "a row with this value exists already",
            ConstraintKind::ForeignKey => "the row refers to one that does not exist, or is referred to",
            ConstraintKind::NotNull => "a required value is missing",
            ConstraintKind::Check => "a value breaks a rule of the table",
            ConstraintKind::Exclusion => "the row collides with another one",
        };
        f.write_str(what)?;
        if let Some(table) = &self.table {
            write!(f, " (table {table}")?;
            match (&self.constraint, self.columns.is_empty()) {
                (Some(name), _) => write!(f, ", constraint {name})"),
                (None, false) => write!(f, ", column {})", self.columns.join(", ")),
                (None, true) => write!(f, ")"),
            }
        } else if let Some(name) = &self.constraint {
            write!(f, " (constraint {name})")
        } else {
            Ok(())
        }
    }
}

impl Error {
    /// Returns an error if the number of affected rows is not allowed.
    pub(crate) fn check_rows(allowed: AllowedRows, found: u64) -> Result<()> {
        if allowed.allows(found) { Ok(()) } else { Err(Self::RowCount { found, allowed }) }
    }

    /// Returns an error if a guard does not allow the write.
    pub(crate) fn check_guard(guard: &Guard, is_allowed: bool) -> Result<()> {
        if is_allowed { Ok(()) } else { Err(Self::Immutable { columns: guard.columns.clone() }) }
    }

    /// The SQLSTATE of [`Error::Database`] if the disk is full, on both engines.
    pub const DISK_FULL: &str = "53100";
    /// The SQLSTATE of [`Error::Database`] if the database is corrupt, on both engines.
    pub const DAMAGED: &str = "XX001";

    /// Returns the SQLSTATE, which is stable and the same on both engines.
    pub fn code(&self) -> &str {
        match self {
            Self::Plan(error) => error.code(),
            Self::Url(_) | Self::Config(_) => "F0000",
            Self::Decode(_) | Self::Panicked(_) => "XX000",
            Self::Constraint(violation) => violation.kind.code(),
            Self::Refused(refusal) | Self::Raised(refusal) => &refusal.code,
            Self::VersionConflict { .. } | Self::Serialization(_) => "40001",
            Self::Immutable { .. } => "23514",
            Self::RowCount { .. } => "21000",
            Self::UnitOfWork { .. } => "55000",
            Self::SessionExpired { .. } => "25P03",
            Self::SessionEnded => "25P02",
            Self::ReadOnly => "25006",
            Self::PlanInvalidated => "0A000",
            Self::Busy => "53300",
            Self::Unavailable(_) | Self::NotOpened { .. } => "08006",
            Self::FileGone { .. } => "58P01",
            // Snapshot too old.
            Self::ReadEnded { .. } => "72000",
            Self::Timeout | Self::Cancelled => "57014",
            Self::Database { code, .. } => code.as_deref().unwrap_or("XX000"),
        }
    }

    /// Returns whether the schema has changed since it was described: a table, column or type was altered or dropped.
    /// Nothing was written, and a plan made with a new description may succeed.
    pub fn is_outdated(&self) -> bool {
        match self {
            Self::PlanInvalidated => true,
            Self::Database { code: Some(code), .. } | Self::Refused(Refusal { code, .. }) => {
                OUTDATED.contains(&code.as_str())
            }
            _ => false,
        }
    }

    /// Returns whether retrying the whole transaction may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Serialization(_))
    }
}

/// The SQLSTATEs of statements that do not fit their tables: an unknown column, table, type, operator or unique
/// constraint, a value of the wrong type, or an unsupported operation.
const OUTDATED: [&str; 7] = ["42703", "42P01", "42704", "42883", "42P10", "42804", "0A000"];

/// The result of this crate's operations.
pub type Result<T> = std::result::Result<T, Error>;
