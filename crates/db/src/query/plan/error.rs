//! What of a request does not fit its table.

use mwallet_query::MAX_DEPTH;
use mwallet_schema::{ValueError, shortened};

use super::condition::{MAX_CONDITIONS, MAX_IN_VALUES};

/// What of a request does not fit its table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The value of a parameter does not follow the grammar.
    #[error("{}: {message}", shortened(parameter))]
    Syntax {
        /// The parameter.
        parameter: String,
        /// What is wrong with its value.
        message: String,
        /// What would be right.
        hint: Option<&'static str>,
    },
    /// A name is no column of the table.
    #[error("{table} has no column {}", shortened(column))]
    UnknownColumn {
        /// The table.
        table: String,
        /// The name.
        column: String,
    },
    /// A value is not one of its column's type.
    #[error("{column}: {error}")]
    InvalidValue {
        /// The column.
        column: String,
        /// What is wrong.
        error: ValueError,
    },
    /// A required column was given no value.
    #[error("{column}: a value is required")]
    Missing {
        /// The column.
        column: String,
    },
    /// An operator does not go with the type of its column.
    #[error("{column} is of type {kind}, which cannot be {operation}")]
    Operator {
        /// The column.
        column: String,
        /// Its type.
        kind: String,
        /// What was to be done with it.
        operation: &'static str,
    },
    /// A pattern ends with a backslash that nothing follows.
    #[error("{column}: a pattern must not end with a backslash")]
    Pattern {
        /// The column.
        column: String,
    },
    /// The table has no column for that kind of identifier.
    #[error("a row of {table} cannot be named by {by}")]
    Identifier {
        /// The table.
        table: String,
        /// What was given.
        by: &'static str,
    },
    /// A key has more or fewer parts than the primary key.
    #[error("a row of {table} is named by {expected} values, separated by commas")]
    KeyLength {
        /// The table.
        table: String,
        /// How many there must be.
        expected: usize,
    },
    /// An update or delete names no row.
    #[error("{operation} without a filter or an identifier is refused")]
    Unfiltered {
        /// What was to be done.
        operation: &'static str,
    },
    /// Some columns were chosen where rows are entities, which have all.
    #[error("columns cannot be chosen for entities of {table}: ask for rows of its table")]
    WholeRows {
        /// The table.
        table: String,
    },
    /// An update or delete was given a page, which it does not know.
    #[error("{operation} takes no skip and no limit: it concerns every row that the filter finds")]
    Paged {
        /// What was to be done.
        operation: &'static str,
    },
    /// Rows of a write are wanted where the database does something else instead.
    #[error("{operation} of {table} cannot answer its rows: a rule of the database does something else instead")]
    NoRows {
        /// The table.
        table: String,
        /// What was to be done.
        operation: &'static str,
    },
    /// No unique constraint is made of the columns by which an upsert is to find rows.
    #[error(
        "{table} has no unique constraint on {}, by which rows could be found that exist already",
        shortened(columns)
    )]
    ConflictTarget {
        /// The table.
        table: String,
        /// The columns.
        columns: String,
    },
    /// Two rows of one upsert are the same by the columns that find rows.
    #[error("two of the rows have the same {columns}")]
    SameRows {
        /// The columns.
        columns: String,
    },
    /// A row is to be put in a place that is not named by the whole key and nothing else.
    #[error("a row of {table} is put in its place by an identifier, or by an equality for each column of its key")]
    NoPlace {
        /// The table.
        table: String,
    },
    /// A row is to be put in a place of another key.
    #[error("{column} is not what the place is named by")]
    OtherKey {
        /// The column.
        column: String,
    },
    /// An order is wanted of created rows that do not go into one statement.
    #[error("created rows are given back in an order where they are at most {most} with the same columns")]
    OrderOfMany {
        /// The most rows.
        most: usize,
    },
    /// An update changes nothing.
    #[error("there is nothing to update")]
    NothingToUpdate,
    /// A list of a request is longer than it may be.
    #[error("{}: at most {limit} {items} are allowed", shortened(parameter))]
    TooMany {
        /// The parameter.
        parameter: String,
        /// What it lists.
        items: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// The filter is nested too deep or too long.
    #[error(
        "the filter is too complex: at most {MAX_DEPTH} levels, {MAX_CONDITIONS} conditions and {MAX_IN_VALUES} \
         values are allowed"
    )]
    TooComplex,
}

impl PlanError {
    /// The SQLSTATE that PostgreSQL has for it, or PostgREST's code where PostgreSQL would not be asked.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "PGRST100",
            Self::UnknownColumn { .. } => "42703",
            Self::InvalidValue { error, .. } => match error {
                ValueError::WrongType(_) | ValueError::NotALabel { .. } => "22P02",
                ValueError::OutOfRange(_) => "22003",
                ValueError::TooLong { .. } => "22001",
                ValueError::NulInText => "22021",
            },
            Self::Missing { .. } => "23502",
            Self::Operator { .. } => "42883",
            Self::Pattern { .. } => "22025",
            Self::Identifier { .. } | Self::KeyLength { .. } => "22P02",
            Self::Unfiltered { .. } | Self::SameRows { .. } => "21000",
            Self::ConflictTarget { .. } => "42P10",
            Self::Paged { .. } | Self::WholeRows { .. } | Self::NoRows { .. } | Self::OrderOfMany { .. } => "0A000",
            Self::NoPlace { .. } => "PGRST105",
            Self::OtherKey { .. } => "PGRST115",
            Self::NothingToUpdate => "42601",
            Self::TooComplex | Self::TooMany { .. } => "54001",
        }
    }
}
