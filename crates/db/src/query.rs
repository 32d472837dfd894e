//! Queries on a table. A [`Query`] comes from text or code, a [`Plan`] is a query checked against its table, and a
//! statement is the plan in one engine's SQL.

mod args;
mod catalog_table;
mod filter;
mod plan;
mod sql;

pub use args::QueryArgs;
pub use catalog_table::CatalogTable;
pub use filter::{Filter, Operand};
pub use mwallet_query::{Comparison, Direction, Identifier, Is, Nulls, Order};
pub use plan::{Aggregate, OnConflict, Plan, PlanError, Scope};
pub(crate) use plan::{MAX_CONDITIONS, same_shape};

use crate::statement::Numbers;

/// Selects the rows of a table, their order and their columns.
///
/// ```
/// use mwallet_db::{Filter, Query};
/// let newest = Query::new().filter(Filter::eq("asset", "BITCOIN")).order_desc("id").limit(100);
/// let second_page = newest.clone().skip(100).exclude(["memo"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Selects one row by its ID, UUID, slug or key. It is combined with the filter by AND.
    pub identifier: Option<Identifier>,
    /// The filter.
    pub filter: Option<Filter>,
    /// The order. Rows that compare equal are returned in any order.
    pub order: Vec<Order>,
    /// The number of rows to skip.
    pub skip: u64,
    /// The maximum number of rows. `None` means no limit; 0 returns no rows.
    pub limit: Option<u64>,
    /// The columns to return.
    pub fields: Projection,
    /// How numbers are written when rows are returned as JSON.
    pub numbers: Numbers,
}

/// The columns to return. Clients never get write-only columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Projection {
    /// All columns.
    #[default]
    All,
    /// Only these columns.
    Include(Vec<String>),
    /// All columns except these.
    Exclude(Vec<String>),
    /// These columns, each under a chosen name.
    Select(Vec<SelectedColumn>),
}

/// A column to return, and its name in the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectedColumn {
    /// The column.
    pub column: String,
    /// Its name in the output.
    pub name: String,
}

impl Query {
    /// Selects every row and column, in no particular order.
    pub fn new() -> Self {
        Self::default()
    }

    /// Selects only the row with this identifier.
    pub fn identifier(mut self, identifier: impl Into<Identifier>) -> Self {
        self.identifier = Some(identifier.into());
        self
    }

    /// Adds a filter, combined with earlier ones by AND.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(match self.filter.take() {
            Some(earlier) => earlier & filter,
            None => filter,
        });
        self
    }

    /// Rejects a write that has no filter.
    ///
    /// # Errors
    ///
    /// Returns [`PlanError::Unfiltered`] if there is no identifier and the filter is empty or matches every row.
    pub fn require_filter(&self, operation: &'static str) -> Result<(), PlanError> {
        let filtered = self.filter.as_ref().is_some_and(|filter| !filter.is_every_row());
        match self.identifier.is_some() || filtered {
            true => Ok(()),
            false => Err(PlanError::Unfiltered { operation }),
        }
    }

    /// Adds a sort key, which breaks ties of the earlier ones.
    pub fn order(mut self, order: Order) -> Self {
        self.order.push(order);
        self
    }

    /// Orders by a column, ascending.
    pub fn order_asc(self, column: impl Into<String>) -> Self {
        self.order(Order { column: column.into(), direction: Direction::Ascending, nulls: None })
    }

    /// Orders by a column, descending.
    pub fn order_desc(self, column: impl Into<String>) -> Self {
        self.order(Order { column: column.into(), direction: Direction::Descending, nulls: None })
    }

    /// Skips the first rows.
    pub fn skip(mut self, rows: u64) -> Self {
        self.skip = rows;
        self
    }

    /// Limits the number of rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Returns only these columns.
    pub fn include<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.fields = Projection::Include(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Returns all columns except these.
    pub fn exclude<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.fields = Projection::Exclude(columns.into_iter().map(Into::into).collect());
        self
    }
}
