//! The planner. It resolves the names of a query, parses its values and rejects what cannot run.
//!
//! Planning needs no connection, so invalid requests fail before one is taken from the pool.

mod condition;
mod conflict;
mod error;
mod replace;
mod values;

use std::borrow::Cow;

use mwallet_schema::{Column, ColumnType, FixedTime, Record, Sources, Table, Value};

pub(crate) use condition::{Condition, MAX_CONDITIONS};
pub use conflict::OnConflict;
pub(crate) use conflict::PlannedConflict;
pub use error::PlanError;
pub(crate) use values::same_shape;

use super::{Comparison, Direction, Nulls, Order, Projection, Query};

/// A statement that is complete except for the dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan<'t> {
    pub(crate) table: &'t Table,
    pub(crate) kind: PlanKind,
    /// The columns to return.
    pub(crate) output: OutputSet,
    /// The order of the returned rows, for reads and writes.
    pub(crate) order: Vec<OrderBy>,
}

/// The columns to return.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum OutputSet {
    /// All columns visible in this scope.
    Whole(Scope),
    /// These columns, with output names if they differ from the column names.
    Part { positions: ColumnSet, names: Option<Vec<String>> },
}

impl OutputSet {
    /// Returns the positions of the columns.
    pub(crate) fn positions(&self, table: &Table) -> Cow<'_, [usize]> {
        match self {
            Self::Whole(audience) => {
                let columns = table.columns.iter().enumerate();
                columns.filter(|(_, column)| audience.may_see(column)).map(|(position, _)| position).collect()
            }
            Self::Part { positions, .. } => Cow::Borrowed(positions),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PlanKind {
    Select {
        condition: Condition,
        skip: u64,
        limit: Option<u64>,
    },
    Aggregate {
        condition: Condition,
        aggregates: Vec<PlannedAggregate>,
    },
    Insert {
        columns: ColumnSet,
        rows: Vec<Vec<Value>>,
        on_conflict: PlannedConflict,
    },
    /// `kept` holds values given for immutable columns. Rows with other values are left unchanged.
    Update {
        assignments: Vec<(usize, Assignment)>,
        condition: Condition,
        kept: Vec<(usize, Value)>,
    },
    Delete {
        condition: Condition,
    },
}

/// Positions of columns within their table.
pub(crate) type ColumnSet = Vec<usize>;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OrderBy {
    pub(crate) column: usize,
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

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PlannedAggregate {
    Count,
    Sum(usize),
    Avg(usize),
    Min(usize),
    Max(usize),
}

/// Who runs the query, which decides the visible columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// An external client, which cannot see write-only columns.
    Client,
    /// The program itself, which sees every column.
    Program,
}

impl Scope {
    fn may_see(self, column: &Column) -> bool {
        self == Self::Program || column.is_readable()
    }
}

impl<'t> Plan<'t> {
    /// Plans a select.
    ///
    /// # Errors
    ///
    /// Returns an error if a name or value does not fit the table.
    pub fn select(table: &'t Table, query: &Query, audience: Scope) -> Result<Self, PlanError> {
        let planner = Planner { table, audience };
        let order = planner.orders(&query.order)?;
        let kind = PlanKind::Select { condition: planner.rows(query)?, skip: query.skip, limit: query.limit };
        Ok(Self { table, kind, output: planner.output(&query.fields)?, order })
    }

    /// Plans aggregates over the rows that a query selects. The query's order, page and columns are ignored.
    ///
    /// # Errors
    ///
    /// Returns an error if a name or value does not fit the table, or if a column does not support the aggregate.
    pub fn aggregate(
        table: &'t Table,
        query: &Query,
        aggregates: &[Aggregate],
        audience: Scope,
    ) -> Result<Self, PlanError> {
        let planner = Planner { table, audience };
        let aggregates = aggregates.iter().map(|aggregate| planner.aggregate(aggregate)).collect::<Result<_, _>>()?;
        let kind = PlanKind::Aggregate { condition: planner.rows(query)?, aggregates };
        let output = OutputSet::Part { positions: Vec::new(), names: None };
        Ok(Self { table, kind, output, order: Vec::new() })
    }

    /// Plans an insert. Missing values are filled with their defaults.
    ///
    /// All rows must omit the same database-generated columns.
    ///
    /// # Errors
    ///
    /// Returns an error if a name or value does not fit the table, or if a required value is missing.
    pub fn insert(
        table: &'t Table,
        records: Vec<Record>,
        fields: &Projection,
        sources: &dyn Sources,
        audience: Scope,
    ) -> Result<Self, PlanError> {
        let planner = Planner { table, audience };
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
        Ok(Self { table, kind, output: planner.output(fields)?, order: Vec::new() })
    }

    /// Sets the order in which a write returns its rows.
    ///
    /// # Errors
    ///
    /// Returns an error if a column is unknown or its type has no order.
    pub(crate) fn answered_in(mut self, order: &[Order], audience: Scope) -> Result<Self, PlanError> {
        self.order = Planner { table: self.table, audience }.orders(order)?;
        Ok(self)
    }

    /// Plans an update of every row that a query selects.
    ///
    /// # Errors
    ///
    /// Returns an error if a name or value does not fit the table, if there is nothing to update, or if the query has
    /// a skip or limit.
    pub fn update(
        table: &'t Table,
        query: &Query,
        changes: Record,
        sources: &dyn Sources,
        audience: Scope,
    ) -> Result<Self, PlanError> {
        let planner = Planner { table, audience };
        planner.refuse_page(query, "an update")?;
        let condition = planner.rows(query)?;
        let (assignments, kept) = planner.assignments(changes, sources)?;
        let kind = PlanKind::Update { assignments, condition, kept };
        Ok(Self { table, kind, output: planner.output(&query.fields)?, order: planner.orders(&query.order)? })
    }

    /// Plans a delete of every row that a query selects.
    ///
    /// # Errors
    ///
    /// Returns an error if a name or value does not fit the table, or if the query has a skip or limit.
    pub fn delete(table: &'t Table, query: &Query, audience: Scope) -> Result<Self, PlanError> {
        let planner = Planner { table, audience };
        planner.refuse_page(query, "a deletion")?;
        let kind = PlanKind::Delete { condition: planner.rows(query)? };
        Ok(Self { table, kind, output: planner.output(&query.fields)?, order: planner.orders(&query.order)? })
    }

    /// Returns whether the statement returns the rows that it reads or writes.
    ///
    /// # Errors
    ///
    /// Returns an error if rows were requested but the table cannot return them.
    pub(crate) fn answers(&self) -> Result<bool, PlanError> {
        let (answers, operation) = match self.kind {
            PlanKind::Select { .. } | PlanKind::Aggregate { .. } => return Ok(true),
            PlanKind::Insert { .. } => (self.table.answers.insert, "a creation"),
            PlanKind::Update { .. } => (self.table.answers.update, "an update"),
            PlanKind::Delete { .. } => (self.table.answers.delete, "a deletion"),
        };
        match answers || self.output.positions(self.table).is_empty() {
            true => Ok(answers),
            false => Err(PlanError::NoRows { table: self.table.name.clone(), operation }),
        }
    }

    /// Returns the column and value if the plan selects rows by the value of one column alone.
    pub(super) fn by_one_value(&mut self) -> Option<(usize, &mut Value)> {
        match &mut self.kind {
            PlanKind::Select {
                condition: Condition::Compare(position, Comparison::Eq, value),
                skip: 0,
                limit: None,
            } if self.order.is_empty() => Some((*position, value)),
            _ => None,
        }
    }

    /// Returns whether the plan reads at most one row, by a unique key.
    pub(crate) fn is_lookup(&self) -> bool {
        let PlanKind::Select { condition, .. } = &self.kind else { return false };
        let mut names = Vec::new();
        condition.each_equal(&mut |position| names.push(self.table.columns[position].name.as_str()));
        !names.is_empty() && self.table.is_identified_by(&names)
    }
}

struct Planner<'t> {
    table: &'t Table,
    audience: Scope,
}

impl Planner<'_> {
    /// Returns the position of a column that is visible in this scope.
    fn find(&self, name: &str) -> Result<usize, PlanError> {
        self.table
            .position(name)
            .filter(|position| self.is_visible(*position))
            .ok_or_else(|| PlanError::UnknownColumn { table: self.table.name.clone(), column: name.into() })
    }

    fn column(&self, position: usize) -> &Column {
        &self.table.columns[position]
    }

    fn is_visible(&self, position: usize) -> bool {
        self.audience.may_see(self.column(position))
    }

    /// Rejects a skip or limit on a write, which always affects every matching row.
    fn refuse_page(&self, query: &Query, operation: &'static str) -> Result<(), PlanError> {
        match query.skip > 0 || query.limit.is_some() {
            true => Err(PlanError::Paged { operation }),
            false => Ok(()),
        }
    }

    fn output(&self, fields: &Projection) -> Result<OutputSet, PlanError> {
        let find_all = |names: &[String]| names.iter().map(|name| self.find(name)).collect::<Result<ColumnSet, _>>();
        let (positions, names) = match fields {
            Projection::All => return Ok(OutputSet::Whole(self.audience)),
            Projection::Include(names) => (find_all(names)?, None),
            Projection::Exclude(names) => {
                let excluded = find_all(names)?;
                let whole = OutputSet::Whole(self.audience).positions(self.table).into_owned();
                (whole.into_iter().filter(|position| !excluded.contains(position)).collect(), None)
            }
            Projection::Select(selected) => {
                let positions = selected.iter().map(|one| self.find(&one.column)).collect::<Result<_, _>>()?;
                (positions, Some(selected.iter().map(|one| one.name.clone()).collect()))
            }
        };
        Ok(OutputSet::Part { positions, names })
    }

    fn orders(&self, orders: &[Order]) -> Result<Vec<OrderBy>, PlanError> {
        orders.iter().map(|order| self.order(order)).collect()
    }

    fn order(&self, order: &Order) -> Result<OrderBy, PlanError> {
        let column = self.find(&order.column)?;
        self.require_ordered(column, "ordered by")?;
        let nulls = order.nulls.unwrap_or(match order.direction {
            Direction::Ascending => Nulls::Last,
            Direction::Descending => Nulls::First,
        });
        Ok(OrderBy { column, direction: order.direction, nulls })
    }

    fn aggregate(&self, aggregate: &Aggregate) -> Result<PlannedAggregate, PlanError> {
        let number = |name: &str| {
            let position = self.find(name)?;
            let kind = &self.column(position).kind;
            match kind.integer_range().is_some() || matches!(kind, ColumnType::Decimal { .. }) {
                true => Ok(position),
                false => Err(self.refuse(position, "added up")),
            }
        };
        let ordered = |name: &str| {
            let position = self.find(name)?;
            self.require_ordered(position, "compared by size")?;
            match self.column(position).kind {
                ColumnType::Boolean | ColumnType::Uuid | ColumnType::Bytes { .. } => {
                    Err(self.refuse(position, "the smallest or largest of a column"))
                }
                _ => Ok(position),
            }
        };
        Ok(match aggregate {
            Aggregate::Count => PlannedAggregate::Count,
            Aggregate::Sum(name) => PlannedAggregate::Sum(number(name)?),
            Aggregate::Avg(name) => PlannedAggregate::Avg(number(name)?),
            Aggregate::Min(name) => PlannedAggregate::Min(ordered(name)?),
            Aggregate::Max(name) => PlannedAggregate::Max(ordered(name)?),
        })
    }
}
