//! Errors for requests that do not fit their table.

use mwallet_query::MAX_DEPTH;
use mwallet_schema::{Column, Table, ValueError, nearest, shortened};

use super::condition::{MAX_CONDITIONS, MAX_IN_VALUES};
use crate::catalog::FindError;
use crate::query::Denied;

/// An error in a request that does not fit its table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A parameter value does not follow the grammar.
    #[error("{}: {message}", shortened(parameter))]
    Syntax {
        /// The parameter.
        parameter: String,
        /// What is wrong.
        message: String,
        /// How to fix it.
        hint: Option<&'static str>,
    },
    /// The table has no such column.
    #[error("{table} has no column {}", shortened(column))]
    UnknownColumn {
        /// The table.
        table: String,
        /// The name.
        column: String,
        /// A column with a similar name.
        suggestion: Option<String>,
    },
    /// No relationship was found, or several.
    #[error(transparent)]
    Relationship(#[from] FindError),
    /// Related rows are named that the query does not select.
    #[error("{} is not among the related rows of this request", shortened(name))]
    NotRelated {
        /// The name.
        name: String,
    },
    /// A filter on related rows is about those of another table.
    #[error("the filter is on rows related to {of}, not to {table}")]
    OtherRelation {
        /// The table.
        table: String,
        /// The table of the relation.
        of: String,
    },
    /// The order is by a column of related rows of which there can be several.
    #[error("rows of {table} cannot be ordered by {}: each can have several of them", shortened(name))]
    RelatedOrder {
        /// The table.
        table: String,
        /// The name of the related rows.
        name: String,
    },
    /// A filter compares related rows with a value.
    #[error("{}: related rows can only be tested for being there", shortened(name))]
    RelatedOperator {
        /// The name of the related rows.
        name: String,
    },
    /// A write of a table without a primary key is to return related rows.
    #[error("a write of {table} cannot return related rows: it has no primary key to find them by")]
    RelatedOfWrite {
        /// The table.
        table: String,
    },
    /// A write of a table without a primary key must find its rows again.
    #[error(
        "this write of {table} cannot be checked, or return its rows: the table has no primary key to find them by"
    )]
    UnidentifiedRows {
        /// The table.
        table: String,
    },
    /// Several rows are spread within several rows.
    #[error("{}: of several rows within several rows, only one level can be spread", shortened(name))]
    SpreadInSpread {
        /// The name of the related rows.
        name: String,
    },
    /// A filter of a grant compares a column of its row in a place where it cannot.
    #[error("{{row.{column}}} can only be what a column of a table in exists() equals, beside all other conditions")]
    RowOperand {
        /// The column of the row.
        column: String,
    },
    /// A filter of a grant asks for rows of a table that is not there.
    #[error("there is no table {table}")]
    UnknownTable {
        /// The table.
        table: String,
    },
    /// A filter of a grant compares columns of different types.
    #[error("{column} is of type {kind}, and {other} of another type")]
    OtherType {
        /// A column.
        column: String,
        /// Its type.
        kind: String,
        /// The other column.
        other: String,
    },
    /// A value does not fit its column's type.
    #[error("{column}: {error}")]
    InvalidValue {
        /// The column.
        column: String,
        /// What is wrong.
        error: ValueError,
    },
    /// A required column has no value.
    #[error("{column}: a value is required")]
    Missing {
        /// The column.
        column: String,
    },
    /// An operator does not support the column's type.
    #[error("{column} is of type {kind}, which cannot be {operation}")]
    Operator {
        /// The column.
        column: String,
        /// Its type.
        kind: String,
        /// The attempted operation.
        operation: &'static str,
    },
    /// There is no conversion to a type.
    #[error("{column} is of type {kind}, which cannot be converted to {to}")]
    Cast {
        /// The value.
        column: String,
        /// Its type.
        kind: String,
        /// The other type.
        to: &'static str,
    },
    /// Groups are to be made of several rows that are spread, or next to them.
    #[error("{}: several rows cannot be spread where rows are aggregated", shortened(name))]
    SpreadOfGroups {
        /// The name of the related rows.
        name: String,
    },
    /// Groups are to be ordered by what rows are not grouped by.
    #[error("{column} orders groups only if it is selected too, so that rows are grouped by it")]
    UngroupedOrder {
        /// The field.
        column: String,
    },
    /// A write is to return its rows in the order of values inside JSON.
    #[error("{column}: a write returns its rows in the order of a column or of a text in JSON (->>)")]
    JsonOrderOfWrite {
        /// The field.
        column: String,
    },
    /// Rows are to be aggregated where that is not granted.
    #[error("rows of {table} cannot be aggregated: that is not granted")]
    AggregatesClosed {
        /// The table.
        table: String,
    },
    /// The caller may not do what it asks for.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A write is to return aggregates.
    #[error("a write returns its rows, not aggregates of them")]
    AggregateOfWrite,
    /// A pattern ends with an unpaired backslash.
    #[error("{column}: a pattern must not end with a backslash")]
    Pattern {
        /// The column.
        column: String,
    },
    /// A regular expression is too long.
    #[error("{column}: a regular expression has at most {most} bytes")]
    LongPattern {
        /// The column.
        column: String,
        /// The limit.
        most: usize,
    },
    /// A regular expression has an error, or would take too much memory.
    #[error("{column}: {message}")]
    Regex {
        /// The column.
        column: String,
        /// What is wrong.
        message: String,
    },
    /// The database engine cannot do this.
    #[error("{column} cannot be {operation} on {engine}")]
    NotOnEngine {
        /// The column.
        column: String,
        /// The attempted operation.
        operation: &'static str,
        /// The engine.
        engine: &'static str,
    },
    /// An option of an execution plan is not possible.
    #[error("{option}: {reason}")]
    ExplainOption {
        /// The option.
        option: &'static str,
        /// Why it is not.
        reason: &'static str,
    },
    /// The table has no column for this kind of identifier.
    #[error("a row of {table} cannot be named by {by}")]
    Identifier {
        /// The table.
        table: String,
        /// The kind of identifier.
        by: &'static str,
    },
    /// A key has a different number of values than the primary key.
    #[error("a row of {table} is named by {expected} values, separated by commas")]
    KeyLength {
        /// The table.
        table: String,
        /// The required number of values.
        expected: usize,
    },
    /// An update or delete has no filter.
    #[error("{operation} without a filter or an identifier is refused")]
    Unfiltered {
        /// The attempted operation.
        operation: &'static str,
    },
    /// An update or delete has a skip or limit.
    #[error("{operation} takes no skip and no limit: it concerns every row that the filter finds")]
    Paged {
        /// The attempted operation.
        operation: &'static str,
    },
    /// A write cannot return its rows because a database rule replaces it.
    #[error("{operation} of {table} cannot answer its rows: a rule of the database does something else instead")]
    NoRows {
        /// The table.
        table: String,
        /// The attempted operation.
        operation: &'static str,
    },
    /// The conflict target of an upsert has no unique constraint.
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
    /// Two rows of an upsert have the same conflict key.
    #[error("two of the rows have the same {columns}")]
    SameRows {
        /// The columns.
        columns: String,
    },
    /// A replace request does not identify its row by exactly the whole key.
    #[error("a row of {table} is put in its place by an identifier, or by an equality for each column of its key")]
    NoPlace {
        /// The table.
        table: String,
    },
    /// The row of a replace request has another key than the request.
    #[error("{column} is not what the place is named by")]
    OtherKey {
        /// The column.
        column: String,
    },
    /// An order was requested for inserted rows that need more than one statement.
    #[error("created rows are given back in an order where they are at most {most} with the same columns")]
    OrderOfMany {
        /// The maximum number of rows.
        most: usize,
    },
    /// An update has no changes.
    #[error("there is nothing to update")]
    NothingToUpdate,
    /// A list in the request is too long.
    #[error("{}: at most {limit} {items} are allowed", shortened(parameter))]
    TooMany {
        /// The parameter.
        parameter: String,
        /// What the list contains.
        items: &'static str,
        /// The maximum number of items.
        limit: usize,
    },
    /// The filter is nested too deeply or has too many conditions or values.
    #[error(
        "the filter is too complex: at most {MAX_DEPTH} levels, {MAX_CONDITIONS} conditions and {MAX_IN_VALUES} \
         values are allowed"
    )]
    TooComplex,
}

impl PlanError {
    /// A name that none of the visible columns of a table has.
    pub(in crate::query) fn unknown_column<'c>(
        table: &Table,
        name: &str,
        visible: impl Iterator<Item = &'c Column>,
    ) -> Self {
        let suggestion = nearest(visible.map(|column| column.name.as_str()), name).map(Into::into);
        Self::UnknownColumn { table: table.name.clone(), column: name.into(), suggestion }
    }

    /// A table that is in no catalog has no relationships.
    pub(super) fn no_catalog(table: &Table, target: &str) -> Self {
        let (origin, target) = (table.name.clone(), target.to_owned());
        Self::Relationship(FindError::None { origin, target, hint: None, suggestion: None })
    }

    /// Returns the SQLSTATE that PostgreSQL would report, or PostgREST's code if the request would not reach
    /// PostgreSQL.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "PGRST100",
            Self::UnknownColumn { .. } => "42703",
            Self::Relationship(FindError::None { .. }) | Self::OtherRelation { .. } => "PGRST200",
            Self::Relationship(FindError::Ambiguous { .. }) => "PGRST201",
            Self::NotRelated { .. } => "PGRST108",
            Self::RelatedOrder { .. } => "PGRST118",
            Self::RelatedOperator { .. } => "PGRST120",
            Self::RelatedOfWrite { .. } | Self::UnidentifiedRows { .. } | Self::SpreadInSpread { .. } => "0A000",
            Self::InvalidValue { error, .. } => match error {
                ValueError::WrongType(_) | ValueError::NotALabel { .. } => "22P02",
                ValueError::OutOfRange(_) => "22003",
                ValueError::TooLong { .. } => "22001",
                ValueError::NulInText => "22021",
            },
            Self::Missing { .. } => "23502",
            Self::Operator { .. } | Self::OtherType { .. } => "42883",
            Self::UnknownTable { .. } => "42P01",
            Self::RowOperand { .. } => "42601",
            Self::Cast { .. } => "42846",
            Self::SpreadOfGroups { .. } | Self::AggregateOfWrite => "PGRST127",
            Self::AggregatesClosed { .. } => "PGRST123",
            Self::Denied(_) => "42501",
            Self::UngroupedOrder { .. } => "42803",
            Self::Pattern { .. } => "22025",
            Self::Regex { .. } => "2201B",
            Self::NotOnEngine { .. } | Self::ExplainOption { .. } => "0A000",
            Self::Identifier { .. } | Self::KeyLength { .. } => "22P02",
            Self::Unfiltered { .. } | Self::SameRows { .. } => "21000",
            Self::ConflictTarget { .. } => "42P10",
            Self::Paged { .. } | Self::NoRows { .. } | Self::OrderOfMany { .. } | Self::JsonOrderOfWrite { .. } => {
                "0A000"
            }
            Self::NoPlace { .. } => "PGRST105",
            Self::OtherKey { .. } => "PGRST115",
            Self::NothingToUpdate => "42601",
            Self::TooComplex | Self::TooMany { .. } | Self::LongPattern { .. } => "54001",
        }
    }
}
