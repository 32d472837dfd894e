//! What can go wrong with a database, without anything of HTTP.

use std::path::PathBuf;
use std::time::Duration;

use crate::allowed_rows::AllowedRows;
use crate::entity::DecodeError;
use crate::query::PlanError;
use crate::statement::Guard;
use crate::url::UrlError;

/// What went wrong. [`Error::code`] gives the SQLSTATE that both engines agree on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request does not fit the table.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The URL of the database is none.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// A setting is wrong: which, and what it should be.
    #[error("{0}")]
    Config(String),
    /// A row is not the entity it was read as.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The database refused a row because of a constraint.
    #[error("{0}")]
    Constraint(Violation),
    /// The database itself refused what was asked for a reason that it names: a value of a type that only it knows, or
    /// what the table cannot do.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// What the owner of the database put into it, such as a trigger or a function, raised an error while it ran. The
    /// statement itself fits the tables.
    #[error("{}", .0.message)]
    Raised(Refusal),
    /// An update met a row that somebody else changed or deleted since it was read.
    #[error("the row of {table} was changed or deleted since it was read")]
    VersionConflict {
        /// The table.
        table: String,
    },
    /// A column that keeps the value it was created with was given another, and nothing was written.
    #[error("{} is given once and never changed", columns.join(" and "))]
    Immutable {
        /// The columns of which one was given another value.
        columns: Vec<String>,
    },
    /// A change concerned another number of rows than it may, and was undone.
    #[error("{found} rows are concerned, where {allowed}")]
    RowCount {
        /// How many rows it was.
        found: u64,
        /// How many it may be.
        allowed: AllowedRows,
    },
    /// A session was asked for what its queue cannot do: a row that was never stored is changed, or a reference leads
    /// to no row of the session.
    #[error("{table}: {reason}")]
    UnitOfWork {
        /// The table.
        table: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// Transactions that ran at the same time cannot be put in an order; trying again may do.
    #[error("the transaction collided with another; try again")]
    Serialization(#[source] DriverError),
    /// The session held its transaction longer than it may, and was rolled back.
    #[error("the session was rolled back: it may take {limit:?} at most")]
    SessionExpired {
        /// How long it may take.
        limit: Duration,
    },
    /// The session was ended by an earlier error of its own.
    #[error("the session has ended; begin another")]
    SessionEnded,
    /// The session is for reading, or the engine is.
    #[error("nothing can be written here: it is read-only")]
    ReadOnly,
    /// A table was changed since a statement was prepared for it; to prepare it anew may do.
    #[error("the table was changed in the meantime; try again")]
    PlanInvalidated,
    /// No connection was free, or the queue was full, for longer than may be waited.
    #[error("the database is busy; try again")]
    Busy,
    /// The database cannot be reached.
    #[error("the database cannot be reached")]
    Unavailable(#[source] DriverError),
    /// The file of a database of SQLite cannot be opened.
    #[error("{} {why}", path.display())]
    NotOpened {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: NotOpened,
    },
    /// The file of the database, or its log, was removed or replaced while it was open. What a write did is in no file
    /// that anybody can open.
    #[error("the file {} was removed or replaced while it was in use", path.display())]
    FileGone {
        /// Where it was.
        path: PathBuf,
    },
    /// A read was ended before its last row, so that what it holds does not grow without a bound.
    #[error("the read was ended: {why}")]
    ReadEnded {
        /// Why.
        why: ReadEnd,
    },
    /// A statement ran longer than it may.
    #[error("the statement took longer than it may")]
    Timeout,
    /// Work given to a thread was cancelled before it began.
    #[error("the work was cancelled")]
    Cancelled,
    /// Work given to a thread panicked.
    #[error("the work panicked: {0}")]
    Panicked(String),
    /// Anything else that the database says. For the log only: it may hold values of other people.
    #[error("the database failed")]
    Database {
        /// The SQLSTATE, where there is one.
        code: Option<String>,
        /// What the database said.
        #[source]
        source: DriverError,
    },
}

/// Why the file of a database cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// There is no such file, or this user may not open it.
    #[error("cannot be opened")]
    Refused,
    /// It is no file, but what this says, such as `a folder`.
    #[error("is {0}, where the file of a database is expected")]
    NotAFile(&'static str),
    /// It is something else, is encrypted, or its first bytes are damaged.
    #[error("is not a SQLite database, or is damaged")]
    NotADatabase,
    /// It is a database, of which pages are not what they must be.
    #[error("is damaged")]
    Damaged,
    /// It has a log, for which SQLite writes a file beside it even to read.
    #[error("has a log (WAL), and nothing can be written beside it")]
    NoPlaceForLog,
}

/// Why a read was ended before its last row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadEnd {
    /// It lasted longer than a reading transaction may.
    #[error("it lasted longer than a reading transaction may")]
    TooOld,
    /// It was the oldest while the log of the database grew too large.
    #[error("it was the oldest, and the log of the database grew too large meanwhile")]
    LogTooLarge,
}

/// What a driver said: for the log, never for a client.
pub type DriverError = Box<dyn std::error::Error + Send + Sync>;

/// A constraint that a row would break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What kind of constraint.
    pub kind: ConstraintKind,
    /// Its name, where the database tells it.
    pub constraint: Option<String>,
    /// The table, where the database tells it.
    pub table: Option<String>,
    /// The columns, where the database tells them.
    pub columns: Vec<String>,
    /// What PostgreSQL says of the values: which key exists already, or is not there.
    pub details: Option<Details>,
}

/// An error in the words of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The SQLSTATE, which may be one that the owner of the database made up.
    pub code: String,
    /// What it says.
    pub message: String,
    /// What it says beside, which may be values of the row.
    pub details: Option<Details>,
    /// What it says may help.
    pub hint: Option<String>,
}

/// What a database says of the values of a row: for whoever sent them, never for a log, so that a debugger's form hides
/// it.
#[derive(Clone, PartialEq, Eq)]
pub struct Details(String);

impl Details {
    /// The text.
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
    /// A value that must occur once occurs already.
    Unique,
    /// A row refers to one that does not exist, or is referred to.
    ForeignKey,
    /// A required value is null.
    NotNull,
    /// A condition does not hold.
    Check,
    /// A row collides with another one by operators of PostgreSQL, such as periods that overlap.
    Exclusion,
}

impl ConstraintKind {
    /// The SQLSTATE.
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
    /// Refuses a change of another number of rows than it may be.
    pub(crate) fn check_rows(allowed: AllowedRows, found: u64) -> Result<()> {
        if allowed.allows(found) { Ok(()) } else { Err(Self::RowCount { found, allowed }) }
    }

    /// Refuses a write that one of its guards does not allow.
    pub(crate) fn check_guard(guard: &Guard, is_allowed: bool) -> Result<()> {
        if is_allowed { Ok(()) } else { Err(Self::Immutable { columns: guard.columns.clone() }) }
    }

    /// The SQLSTATE of [`Error::Database`] where the disk is full, on both engines.
    pub const DISK_FULL: &str = "53100";
    /// The SQLSTATE of [`Error::Database`] where the database is damaged, on both engines.
    pub const DAMAGED: &str = "XX001";

    /// The SQLSTATE: stable, and the same on both engines.
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
            // "Snapshot too old."
            Self::ReadEnded { .. } => "72000",
            Self::Timeout | Self::Cancelled => "57014",
            Self::Database { code, .. } => code.as_deref().unwrap_or("XX000"),
        }
    }

    /// Whether the database no longer is what it was described as: a table, a column or a type of it was changed or is
    /// gone. Nothing was written then, and what is planned by a new description may succeed.
    pub fn is_outdated(&self) -> bool {
        match self {
            Self::PlanInvalidated => true,
            Self::Database { code: Some(code), .. } | Self::Refused(Refusal { code, .. }) => {
                OUTDATED.contains(&code.as_str())
            }
            _ => false,
        }
    }

    /// Whether the same work may succeed when it is tried again from its beginning.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Serialization(_))
    }
}

/// What PostgreSQL says where a statement does not fit its tables: a column, a table, a type, an operator or a unique
/// constraint is not there, a value is of another type, or a thing of that kind cannot do so.
const OUTDATED: [&str; 7] = ["42703", "42P01", "42704", "42883", "42P10", "42804", "0A000"];

/// What the operations of this crate give back.
pub type Result<T> = std::result::Result<T, Error>;
