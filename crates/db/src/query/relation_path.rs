//! The way from the rows of one table to those of another, by columns that are named in the program.
//!
//! Entities know their relations, so no catalog has to find them.

use mwallet_schema::Table;

use super::{Filter, Query};

/// The columns that are equal in a row and its related rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RelationPath {
    /// The table of the rows.
    pub(crate) from: &'static Table,
    /// The table of the related rows.
    pub(crate) to: &'static Table,
    /// The names of the equal columns: of the rows, and of the related rows or of the junction.
    pub(crate) columns: Vec<(&'static str, &'static str)>,
    /// The table between, if there is one.
    pub(crate) junction: Option<JunctionPath>,
}

/// The table between rows and their related rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JunctionPath {
    pub(crate) table: &'static Table,
    /// The names of the equal columns: of the junction, and of the related rows.
    pub(crate) columns: Vec<(&'static str, &'static str)>,
}

/// A filter on the rows that are related to a row: some of them must match. Typed relations make it, as in
/// `User::ORDERS.any(Order::MEMO.is_null())`.
#[derive(Clone, Debug, PartialEq)]
pub struct RelatedFilter {
    pub(crate) path: RelationPath,
    pub(crate) query: Query,
}

impl RelatedFilter {
    pub(crate) fn new(path: RelationPath, filter: Filter) -> Self {
        Self { path, query: Query::new().filter(filter) }
    }
}
