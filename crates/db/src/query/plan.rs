//! The planner. It resolves the names of a query, parses its values and rejects what cannot run.
//!
//! Planning needs no connection, so invalid requests fail before one is taken from the pool.

mod condition;
mod conflict;
mod engine;
mod error;
mod field;
mod grants;
mod grouping;
mod output;
mod related;
mod replace;
mod value;
mod values;

use std::sync::Arc;

use mwallet_query::{AggregateFunction, Aggregated, SelectValue};
use mwallet_schema::{Column, FixedTime, Record, Sources, Table, Value};

pub(in crate::query) use condition::TEXT_SEARCH_TYPE;
pub(crate) use condition::{Condition, Length, MAX_CONDITIONS};
pub use conflict::OnConflict;
pub(crate) use conflict::PlannedConflict;
pub use error::PlanError;
pub(crate) use field::PlannedField;
pub(in crate::query) use grants::{check_filter_of_grant, check_value_of_grant};
pub(crate) use grouping::{GroupColumn, GroupedWhat};
pub(crate) use output::OutputSet;
pub(super) use output::check_count;
pub(crate) use related::{PlannedJunction, RelatedPlan};
pub(crate) use value::{Cast, CastSource, OutputValue, PlannedAggregate};
pub(crate) use values::same_shape;

use super::{Comparison, Denied, Direction, Nulls, Order, Projection, Query, ScopedTable, Sight};
use crate::catalog::TableRef;

/// A statement that is complete except for the dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan<'t> {
    pub(crate) table: &'t Table,
    pub(crate) kind: PlanKind<'t>,
    /// The columns to return.
    pub(crate) output: OutputSet,
    /// The order of the returned rows, for reads and writes.
    pub(crate) order: Vec<OrderBy>,
    /// The rows to return with each row.
    pub(crate) related: Vec<RelatedPlan<'t>>,
    /// A condition that rows must meet before the plan's own condition is evaluated, which could fail on others.
    pub(crate) barrier: Option<Condition<'t>>,
    /// The columns that only some rows show, each with the condition of those.
    pub(crate) masks: Masks<'t>,
    /// What an insert says of each row.
    pub(crate) told: Told<'t>,
}

/// What an insert by a grant says of each row, besides its columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Told<'t> {
    /// Whether the row is as the grant demands. It fails otherwise.
    pub(crate) check: Option<Condition<'t>>,
    /// Whether the writer sees the row. It is not returned otherwise.
    pub(crate) seen: Option<Condition<'t>>,
}

/// Columns whose values count as null in rows that do not meet a condition.
pub(crate) type Masks<'t> = Vec<(usize, Arc<Condition<'t>>)>;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PlanKind<'t> {
    Select {
        condition: Condition<'t>,
        skip: u64,
        limit: Option<u64>,
    },
    /// Rows with the columns of a table between that hold the keys by which they are found.
    SelectByJunction {
        junction: PlannedJunction<'t>,
        key: ColumnSet,
        condition: Condition<'t>,
    },
    /// How many groups a select would return without its page.
    CountGroups {
        condition: Condition<'t>,
    },
    Insert {
        columns: ColumnSet,
        rows: Vec<Vec<Value>>,
        on_conflict: PlannedConflict<'t>,
    },
    /// `kept` holds values given for immutable columns. Rows with other values are left unchanged.
    Update {
        assignments: Vec<(usize, Assignment)>,
        condition: Condition<'t>,
        kept: Vec<(usize, Value)>,
    },
    Delete {
        condition: Condition<'t>,
    },
}

/// Positions of columns within their table.
pub(crate) type ColumnSet = Vec<usize>;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OrderBy {
    /// The related row that has the field, by its position, instead of the row itself.
    pub(crate) related: Option<usize>,
    pub(crate) field: PlannedField,
    pub(crate) direction: Direction,
    pub(crate) nulls: Nulls,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Assignment {
    Value(Value),
    /// The current value.
    Unchanged,
    Increment,
    /// The value from the row proposed for insertion.
    Proposed,
}

/// An aggregate over the selected rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// The number of rows.
    Count,
    /// The sum of a column, or null if it has no values.
    Sum(String),
    /// The average of a column with PostgreSQL's precision, or null if it has no values.
    Avg(String),
    /// The minimum of a column.
    Min(String),
    /// The maximum of a column.
    Max(String),
}

impl Aggregate {
    fn value(&self) -> SelectValue {
        let (column, function) = match self {
            Self::Count => (None, AggregateFunction::Count),
            Self::Sum(column) => (Some(column), AggregateFunction::Sum),
            Self::Avg(column) => (Some(column), AggregateFunction::Avg),
            Self::Min(column) => (Some(column), AggregateFunction::Min),
            Self::Max(column) => (Some(column), AggregateFunction::Max),
        };
        let aggregate = Some(Aggregated { function, cast: None });
        SelectValue { field: column.map(Into::into), cast: None, aggregate, alias: None }
    }
}

impl<'t> Plan<'t> {
    /// Plans a select, with the related rows that the query asks for.
    ///
    /// # Errors
    ///
    /// Returns an error if a name or value does not fit the table, or if there is no relationship of a name.
    pub fn select(at: impl Into<ScopedTable<'t>>, query: &Query) -> Result<Self, PlanError> {
        let planner = Planner::of_query(at, query)?.with_related(query)?;
        let order = planner.orders(&query.order)?;
        let (barrier, condition) = planner.rows(query)?;
        let output = planner.output(&query.fields)?;
        planner.check_output(&output)?;
        let kind = PlanKind::Select { condition, skip: query.skip, limit: query.limit };
        let Planner { table, related, masks, .. } = planner;
        let plan = Self { table, kind, output, order, related, barrier, masks, told: Told::default() };
        plan.check_groups()?;
        Ok(plan)
    }

    /// Plans aggregates over the rows that a query selects. The query's order, page and columns are ignored.
    ///
    /// # Errors
    ///
    /// Returns an error if a name or value does not fit the table, or if a column does not support the aggregate.
    pub fn aggregate(
        at: impl Into<ScopedTable<'t>>,
        query: &Query,
        aggregates: &[Aggregate],
    ) -> Result<Self, PlanError> {
        let planner = Planner::new(at)?.with_related(query)?;
        let values = aggregates.iter().map(|aggregate| planner.value(&aggregate.value()));
        let mut values = values.collect::<Result<Vec<_>, _>>()?;
        if values.is_empty() {
            // An aggregate always returns one row.
            values.push(OutputValue::count());
        }
        let names = values.iter().map(|value| value.describe(planner.table)).collect();
        let (barrier, condition) = planner.rows(query)?;
        let kind = PlanKind::Select { condition, skip: 0, limit: None };
        let Planner { table, mut related, masks, .. } = planner;
        // They are there for filters only.
        related.iter_mut().for_each(|related| related.is_empty = true);
        let output = OutputSet::Values { values, names };
        Ok(Self { table, kind, output, order: Vec::new(), related, barrier, masks, told: Told::default() })
    }

    /// Plans to count what a query selects, ignoring its page: rows, or groups of rows.
    ///
    /// # Errors
    ///
    /// Returns an error if the query does not fit the table.
    pub fn count(at: impl Into<ScopedTable<'t>>, query: &Query) -> Result<Self, PlanError> {
        let at = at.into();
        if query.is_aggregated() {
            let all = Query { order: Vec::new(), skip: 0, limit: None, ..query.clone() };
            let mut plan = Self::select(at, &all)?;
            if plan.is_grouped()
                && let PlanKind::Select { condition, .. } = plan.kind
            {
                plan.kind = PlanKind::CountGroups { condition };
                return Ok(plan);
            }
        }
        Self::aggregate(at, query, &[Aggregate::Count])
    }

    /// Plans an insert. Missing values are filled with their defaults.
    ///
    /// All rows must omit the same database-generated columns.
    ///
    /// # Errors
    ///
    /// Returns an error if a name or value does not fit the table, or if a required value is missing.
    pub fn insert(
        at: impl Into<ScopedTable<'t>>,
        records: Vec<Record>,
        fields: &Projection,
        sources: &dyn Sources,
    ) -> Result<Self, PlanError> {
        let planner = Planner::new(at)?;
        let sources = &FixedTime::new(sources);
        let columns = match records.first() {
            Some(record) => planner.written_columns(record),
            None => Vec::new(),
        };
        let rows = records
            .into_iter()
            .map(|record| planner.new_row(&columns, record, sources))
            .collect::<Result<Vec<_>, _>>()?;
        let kind = PlanKind::Insert { columns, rows, on_conflict: PlannedConflict::Error };
        Ok(Self::of_kind(planner.table, kind, planner.returned(fields)?, Vec::new()))
    }

    /// Sets the order in which a write returns its rows.
    ///
    /// # Errors
    ///
    /// Returns an error if a column is unknown or its type has no order.
    pub(crate) fn answered_in(mut self, at: ScopedTable<'t>, order: &[Order]) -> Result<Self, PlanError> {
        self.order = Planner::new(at)?.orders_of_write(order)?;
        Ok(self)
    }

    /// Plans an update of every row that a query selects.
    ///
    /// # Errors
    ///
    /// Returns an error if a name or value does not fit the table, if there is nothing to update, or if the query has
    /// a skip or limit.
    pub fn update(
        at: impl Into<ScopedTable<'t>>,
        query: &Query,
        changes: Record,
        sources: &dyn Sources,
    ) -> Result<Self, PlanError> {
        let planner = Planner::new(at)?;
        planner.refuse_page(query, "an update")?;
        let condition = planner.written_rows(query)?;
        let (assignments, kept) = planner.assignments(changes, sources)?;
        let kind = PlanKind::Update { assignments, condition, kept };
        planner.write(kind, query)
    }

    /// Plans a delete of every row that a query selects.
    ///
    /// # Errors
    ///
    /// Returns an error if a name or value does not fit the table, or if the query has a skip or limit.
    pub fn delete(at: impl Into<ScopedTable<'t>>, query: &Query) -> Result<Self, PlanError> {
        let planner = Planner::new(at)?;
        planner.refuse_page(query, "a deletion")?;
        let kind = PlanKind::Delete { condition: planner.written_rows(query)? };
        planner.write(kind, query)
    }

    /// A plan about one table only.
    pub(super) fn of_kind(table: &'t Table, kind: PlanKind<'t>, output: OutputSet, order: Vec<OrderBy>) -> Self {
        let (related, masks, told) = (Vec::new(), Vec::new(), Told::default());
        Self { table, kind, output, order, related, barrier: None, masks, told }
    }

    /// Returns whether the statement returns the rows that it reads or writes.
    ///
    /// # Errors
    ///
    /// Returns an error if rows were requested but the table cannot return them.
    pub(crate) fn answers(&self) -> Result<bool, PlanError> {
        let (answers, operation) = match self.kind {
            PlanKind::Select { .. } | PlanKind::SelectByJunction { .. } | PlanKind::CountGroups { .. } => {
                return Ok(true);
            }
            PlanKind::Insert { .. } => (self.table.answers.insert, "a creation"),
            PlanKind::Update { .. } => (self.table.answers.update, "an update"),
            PlanKind::Delete { .. } => (self.table.answers.delete, "a deletion"),
        };
        match answers || self.output.is_empty(self.table) {
            true => Ok(answers),
            false => Err(PlanError::NoRows { table: self.table.name.clone(), operation }),
        }
    }

    /// Returns the column and value if the plan selects rows by the value of one column alone.
    pub(super) fn by_one_value(&mut self) -> Option<(usize, &mut Value)> {
        match &mut self.kind {
            PlanKind::Select { condition: Condition::Compare(field, Comparison::Eq, value), skip: 0, limit: None }
                if self.order.is_empty()
                    && self.related.is_empty()
                    && self.barrier.is_none()
                    && self.masks.is_empty()
                    && field.path.is_empty() =>
            {
                Some((field.column, value))
            }
            _ => None,
        }
    }

    /// Returns whether the plan reads at most one row, by a unique key.
    pub(crate) fn is_lookup(&self) -> bool {
        let PlanKind::Select { condition, .. } = &self.kind else { return false };
        // Nobody knows how many rows are related to it.
        if !self.related.is_empty() || self.is_grouped() {
            return false;
        }
        let mut names = Vec::new();
        condition.each_equal(&mut |position| names.push(self.table.columns[position].name.as_str()));
        !names.is_empty() && self.table.is_identified_by(&names)
    }
}

struct Planner<'t> {
    table: &'t Table,
    at: ScopedTable<'t>,
    /// What the scope shows of this table.
    sight: Sight<'t>,
    /// The condition of the rows that are seen, unless all are.
    visible: Option<Condition<'t>>,
    masks: Masks<'t>,
    /// How long the lists of filters are.
    length: Length,
    related: Vec<RelatedPlan<'t>>,
    /// The tables of the related rows, in the same order.
    targets: Vec<TableRef<'t>>,
}

impl<'t> Planner<'t> {
    fn new(at: impl Into<ScopedTable<'t>>) -> Result<Self, PlanError> {
        let at = at.into();
        Self::of_sight(at, at.scope().sight(at.table()))
    }

    /// A planner for a query, which sees less if it aggregates rows.
    fn of_query(at: impl Into<ScopedTable<'t>>, query: &Query) -> Result<Self, PlanError> {
        let at = at.into();
        let sight = at.scope().sight(at.table());
        if sight.is_closed() {
            return Err(Denied::Read { table: at.table().name.clone() }.into());
        }
        match query.aggregates_rows() {
            true => Self::of_sight(at, sight.of_aggregates(at.table())?),
            false => Self::of_sight(at, sight),
        }
    }

    fn of_sight(at: ScopedTable<'t>, sight: Sight<'t>) -> Result<Self, PlanError> {
        let mut planner = Self::with_sight(at, sight);
        planner.apply_grants()?;
        Ok(planner)
    }

    /// A planner for the filters of grants, which see whole tables.
    fn of_grants(at: ScopedTable<'t>) -> Self {
        Self { length: Length::Fixed, ..Self::with_sight(at, Sight::Whole { with_write_only: true }) }
    }

    fn with_sight(at: ScopedTable<'t>, sight: Sight<'t>) -> Self {
        let (related, targets) = (Vec::new(), Vec::new());
        let (visible, masks, length) = (None, Vec::new(), Length::Any);
        Self { table: at.table(), at, sight, visible, masks, length, related, targets }
    }

    /// Returns the position of a column that is visible in this scope.
    fn find(&self, name: &str) -> Result<usize, PlanError> {
        let position = self.table.position(name).filter(|position| self.is_visible(*position));
        position.ok_or_else(|| self.unknown_column(name))
    }

    fn unknown_column(&self, name: &str) -> PlanError {
        let visible = (0..self.table.columns.len()).filter(|position| self.is_visible(*position));
        PlanError::unknown_column(self.table, name, visible.map(|position| self.column(position)))
    }

    fn column(&self, position: usize) -> &'t Column {
        &self.table.columns[position]
    }

    fn is_visible(&self, position: usize) -> bool {
        self.sight.shows(self.column(position))
    }

    /// Rejects a skip or limit on a write, which always affects every matching row.
    fn refuse_page(&self, query: &Query, operation: &'static str) -> Result<(), PlanError> {
        match query.skip > 0 || query.limit.is_some() {
            true => Err(PlanError::Paged { operation }),
            false => Ok(()),
        }
    }

    /// Returns the plan of a write to the rows that a query selects.
    fn write(self, kind: PlanKind<'t>, query: &Query) -> Result<Plan<'t>, PlanError> {
        let (output, order) = (self.returned(&query.fields)?, self.orders_of_write(&query.order)?);
        Ok(Plan { masks: self.masks, ..Plan::of_kind(self.table, kind, output, order) })
    }

    /// Returns what a write returns of its rows.
    fn returned(&self, fields: &Projection) -> Result<OutputSet, PlanError> {
        let output = self.output(fields)?;
        if output.is_aggregated() { Err(PlanError::AggregateOfWrite) } else { Ok(output) }
    }

    /// Returns the order in which a write returns its rows. SQLite cannot order them, and JSON values have an order
    /// only there.
    fn orders_of_write(&self, orders: &[Order]) -> Result<Vec<OrderBy>, PlanError> {
        let orders = self.orders(orders)?;
        match orders.iter().find(|order| order.field.is_inner_json()) {
            Some(order) => Err(PlanError::JsonOrderOfWrite { column: order.field.name(self.table) }),
            None => Ok(orders),
        }
    }

    fn orders(&self, orders: &[Order]) -> Result<Vec<OrderBy>, PlanError> {
        orders.iter().map(|order| self.order(order)).collect()
    }

    fn order(&self, order: &Order) -> Result<OrderBy, PlanError> {
        let (related, field) = match &order.relation {
            None => {
                let field = self.field(&order.field)?;
                self.require_ordered(&field, "ordered by")?;
                (None, field)
            }
            Some(name) => {
                let (index, field) = self.related_field(name, &order.field)?;
                (Some(index), field)
            }
        };
        let nulls = order.nulls.unwrap_or(match order.direction {
            Direction::Ascending => Nulls::Last,
            Direction::Descending => Nulls::First,
        });
        Ok(OrderBy { related, field, direction: order.direction, nulls })
    }
}
