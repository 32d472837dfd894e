//! Queries on a table. A [`Query`] comes from text or code, a [`Plan`] is a query checked against its table, and a
//! statement is the plan in one engine's SQL.

mod args;
mod explain;
mod filter;
mod grants;
pub(crate) mod kept;
mod plan;
mod relation_path;
mod scope;
mod sql;

pub use args::QueryArgs;
pub use filter::{Filter, Operand};
pub use grants::{
    Caller, Denied, Grant, GrantedColumns, GrantedReference, Grants, TableGrants, WriteAction, WriteGrant,
};
pub use kept::KeptReads;
pub use mwallet_query::{
    AggregateFunction, Aggregated, CastType, Comparison, Direction, Field, Identifier, Is, JsonKey, JsonPath, Nulls,
    Order, SearchForm, SelectValue, SetRelation,
};
pub use plan::{Aggregate, OnConflict, Plan, PlanError};
pub(crate) use plan::{MAX_CONDITIONS, same_shape};
pub use relation_path::RelatedFilter;
pub(crate) use relation_path::{JunctionPath, RelationPath};
pub(crate) use scope::Sight;
pub use scope::{Scope, ScopedTable};

use crate::statement::JsonStyle;

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
    /// The rows of related tables to return with each row.
    pub related: Vec<Related>,
    /// How values are written when rows are returned as JSON.
    pub style: JsonStyle,
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
    /// These values, each under a name of its own.
    Select(Vec<Selection>),
}

/// What is selected: one value, or all columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All columns, under their own names.
    All,
    /// One value.
    Value(SelectValue),
}

/// Rows of a related table that are returned with each row.
///
/// ```
/// use mwallet_db::{Filter, Query, Related};
/// let cheap = Query::new().filter(Filter::eq("asset", "DASH")).order_desc("id").limit(3);
/// let users = Query::new().related(Related::new("orders", cheap));
/// assert_eq!(users.related[0].name, "orders");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    /// The name in the output, by which filters and orders of the query refer to it too.
    pub name: String,
    /// The other table, or a foreign key or column that leads to it.
    pub target: String,
    /// The foreign key, column or junction to follow, if several lead to the target.
    pub hint: Option<String>,
    /// Whether only rows are returned that have related rows.
    pub is_inner: bool,
    /// Whether the columns of the related rows become columns of the row itself.
    pub is_spread: bool,
    /// The related rows: their filter, order, page and columns, and rows related to them.
    pub query: Query,
}

impl Related {
    /// Selects related rows, under the name of their table.
    pub fn new(target: impl Into<String>, query: Query) -> Self {
        let target = target.into();
        Self { name: target.clone(), target, hint: None, is_inner: false, is_spread: false, query }
    }

    /// Returns whether nothing of the related rows is selected: they are there for filters only.
    pub(crate) fn is_empty(&self) -> bool {
        let no_columns = match &self.query.fields {
            Projection::Include(names) => names.is_empty(),
            Projection::Select(selected) => selected.is_empty(),
            Projection::All | Projection::Exclude(_) => false,
        };
        no_columns && self.query.related.iter().all(Self::is_empty)
    }
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

    /// Returns no columns, of related rows neither. These still filter and order. Aggregates stay, since they say which
    /// groups there are.
    pub fn select_nothing(&mut self) {
        if self.is_aggregated() {
            return;
        }
        self.fields = Projection::Include(Vec::new());
        self.related.iter_mut().for_each(|related| related.query.select_nothing());
    }

    /// Returns whether any value is aggregated, of related rows too.
    pub fn is_aggregated(&self) -> bool {
        self.selects_aggregate() || self.related.iter().any(|related| related.query.is_aggregated())
    }

    /// Returns whether rows of this table are aggregated, also by what is spread into them.
    pub(crate) fn aggregates_rows(&self) -> bool {
        let spread = self.related.iter().filter(|related| related.is_spread);
        self.selects_aggregate() || spread.into_iter().any(|related| related.query.aggregates_rows())
    }

    fn selects_aggregate(&self) -> bool {
        let is_aggregated =
            |selection: &Selection| matches!(selection, Selection::Value(SelectValue { aggregate: Some(_), .. }));
        matches!(&self.fields, Projection::Select(selected) if selected.iter().any(is_aggregated))
    }

    /// Adds rows of a related table.
    pub fn related(mut self, related: Related) -> Self {
        self.related.push(related);
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

    /// Orders by a field, ascending.
    pub fn order_asc(self, field: impl Into<Field>) -> Self {
        self.order(Order { relation: None, field: field.into(), direction: Direction::Ascending, nulls: None })
    }

    /// Orders by a field, descending.
    pub fn order_desc(self, field: impl Into<Field>) -> Self {
        self.order(Order { relation: None, field: field.into(), direction: Direction::Descending, nulls: None })
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
