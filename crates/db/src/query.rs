//! What is asked of a table: a [`Query`] is text or code, a [`Plan`] is the same held against the table, a statement is
//! the plan in the SQL of one engine.

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

/// Which rows of a table, in which order, and which columns of them.
///
/// ```
/// use mwallet_db::{Filter, Query};
/// let newest = Query::new().filter(Filter::eq("asset", "BITCOIN")).order_desc("id").limit(100);
/// let second_page = newest.clone().skip(100).exclude(["memo"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// One row by its name or key; joins the filter.
    pub identifier: Option<Identifier>,
    /// The condition.
    pub filter: Option<Filter>,
    /// The order; rows that are equal by it stand in any order.
    pub order: Vec<Order>,
    /// How many rows to leave out.
    pub skip: u64,
    /// The most rows; `None` is all, 0 is none.
    pub limit: Option<u64>,
    /// The columns.
    pub fields: Projection,
    /// How their numbers are written, where rows are answered as JSON.
    pub numbers: Numbers,
}

/// Which columns are answered. Columns that are write-only never are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Projection {
    /// All.
    #[default]
    All,
    /// These.
    Include(Vec<String>),
    /// All but these.
    Exclude(Vec<String>),
    /// These, each by a name of its own.
    Select(Vec<SelectedColumn>),
}

/// A column that is answered, and the name it is answered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectedColumn {
    /// The column.
    pub column: String,
    /// Its name in the answer.
    pub name: String,
}

impl Query {
    /// Every row and column, in no order.
    pub fn new() -> Self {
        Self::default()
    }

    /// The row of that identifier only.
    pub fn identifier(mut self, identifier: impl Into<Identifier>) -> Self {
        self.identifier = Some(identifier.into());
        self
    }

    /// Rows of which this holds too.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(match self.filter.take() {
            Some(earlier) => earlier & filter,
            None => filter,
        });
        self
    }

    /// Refuses a change that names no row.
    ///
    /// # Errors
    ///
    /// [`PlanError::Unfiltered`], where there is neither an identifier nor a filter that says anything.
    pub fn require_filter(&self, operation: &'static str) -> Result<(), PlanError> {
        let filtered = self.filter.as_ref().is_some_and(|filter| !filter.is_every_row());
        match self.identifier.is_some() || filtered {
            true => Ok(()),
            false => Err(PlanError::Unfiltered { operation }),
        }
    }

    /// Ordered by this too, where what came before leaves rows equal.
    pub fn order(mut self, order: Order) -> Self {
        self.order.push(order);
        self
    }

    /// Ordered by a column, from the smallest to the largest.
    pub fn order_asc(self, column: impl Into<String>) -> Self {
        self.order(Order { column: column.into(), direction: Direction::Ascending, nulls: None })
    }

    /// Ordered by a column, from the largest to the smallest.
    pub fn order_desc(self, column: impl Into<String>) -> Self {
        self.order(Order { column: column.into(), direction: Direction::Descending, nulls: None })
    }

    /// Without the first rows.
    pub fn skip(mut self, rows: u64) -> Self {
        self.skip = rows;
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// With these columns only.
    pub fn include<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.fields = Projection::Include(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Without these columns.
    pub fn exclude<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.fields = Projection::Exclude(columns.into_iter().map(Into::into).collect());
        self
    }
}
