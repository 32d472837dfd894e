//! A query held against its table: names found, values read, everything refused that cannot run.
//!
//! Nothing here needs a connection. What is wrong with a request is found here, before one is taken.

use mwallet_schema::{
    Access, Column, ColumnDefault, ColumnType, OnUpdate, Record, Sources, Table, Timestamp, Value, ValueError,
};

use super::{Comparison, Direction, Fields, Filter, Identifier, Is, Nulls, Operand, Query};

/// How deep conditions may be nested.
const MAX_DEPTH: usize = 32;
/// How many conditions a filter may have.
const MAX_CONDITIONS: usize = 1_000;
/// How many values `in` may list.
const MAX_IN_VALUES: usize = 100_000;

/// A statement-to-be of which everything is known but the dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan<'t> {
    pub(crate) table: &'t Table,
    pub(crate) kind: PlanKind,
    /// The columns that are answered.
    pub(crate) output: ColumnSet,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PlanKind {
    Select { condition: Condition, order: Vec<OrderBy>, skip: u64, limit: Option<u64> },
    Aggregate { condition: Condition, aggregates: Vec<PlannedAggregate> },
    Insert { columns: ColumnSet, rows: Vec<Vec<Value>>, ignore_conflicts: bool },
    Update { assignments: Vec<(usize, Assignment)>, condition: Condition },
    Delete { condition: Condition },
}

/// Positions of columns in their table.
pub(crate) type ColumnSet = Vec<usize>;

/// A filter whose names are positions and whose values are of the columns' types.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    Compare(usize, Comparison, Value),
    In(usize, Vec<Value>),
    Between(usize, Value, Value),
    Like { column: usize, pattern: String, fold_case: bool },
    Is(usize, Is),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OrderBy {
    pub(crate) column: usize,
    pub(crate) direction: Direction,
    pub(crate) nulls: Nulls,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Assignment {
    Value(Value),
    Increment,
}

/// A number made of many rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aggregate {
    /// How many rows there are.
    Count,
    /// The sum of a column; null where there is no value.
    Sum(String),
    /// The average of a column, with as many digits as PostgreSQL gives; null where there is no value.
    Avg(String),
    /// The smallest value of a column.
    Min(String),
    /// The largest value of a column.
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

/// Who asks: what a client may not see, the program may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A client from outside: columns that are write-only do not exist for it.
    Client,
    /// The program itself.
    Program,
}

/// What of a request does not fit its table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A name is no column of the table.
    #[error("{table} has no column {column}")]
    UnknownColumn {
        /// The table.
        table: String,
        /// The name.
        column: String,
    },
    /// A value is not one of its column's type.
    #[error("{column}: {error}")]
    Value {
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
    /// An update changes nothing.
    #[error("there is nothing to update")]
    NothingToUpdate,
    /// The filter is nested too deep or too long.
    #[error(
        "the filter is too complex: at most {MAX_DEPTH} levels, {MAX_CONDITIONS} conditions and {MAX_IN_VALUES} values are allowed"
    )]
    TooComplex,
}

impl PlanError {
    /// The SQLSTATE that PostgreSQL has for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownColumn { .. } => "42703",
            Self::Value { error, .. } => match error {
                ValueError::WrongType(_) | ValueError::NotALabel { .. } => "22P02",
                ValueError::OutOfRange(_) => "22003",
                ValueError::TooLong { .. } => "22001",
                ValueError::NulInText => "22021",
            },
            Self::Missing { .. } => "23502",
            Self::Operator { .. } => "42883",
            Self::Pattern { .. } => "22025",
            Self::Identifier { .. } | Self::KeyLength { .. } => "22P02",
            Self::Unfiltered { .. } => "21000",
            Self::NothingToUpdate => "42601",
            Self::TooComplex => "54001",
        }
    }
}

impl<'t> Plan<'t> {
    /// Plans a read.
    ///
    /// # Errors
    ///
    /// Where a name or value of the query does not fit the table.
    pub fn select(table: &'t Table, query: &Query, audience: Audience) -> Result<Self, PlanError> {
        let planner = Planner { table, audience };
        let order = query.order.iter().map(|order| planner.order(order)).collect::<Result<_, _>>()?;
        let kind = PlanKind::Select { condition: planner.rows(query)?, order, skip: query.skip, limit: query.limit };
        Ok(Self { table, kind, output: planner.output(&query.fields)? })
    }

    /// Plans numbers made of the rows that a query names; its order, page and fields do not count.
    ///
    /// # Errors
    ///
    /// Where a name or value does not fit the table, or a column cannot be added up.
    pub fn aggregate(
        table: &'t Table,
        query: &Query,
        aggregates: &[Aggregate],
        audience: Audience,
    ) -> Result<Self, PlanError> {
        let planner = Planner { table, audience };
        let aggregates = aggregates.iter().map(|aggregate| planner.aggregate(aggregate)).collect::<Result<_, _>>()?;
        let kind = PlanKind::Aggregate { condition: planner.rows(query)?, aggregates };
        Ok(Self { table, kind, output: Vec::new() })
    }

    /// Plans the creation of rows; what is absent is filled with its default.
    ///
    /// All rows must leave the same columns to the database (its identity columns): see [`same_shape`].
    ///
    /// # Errors
    ///
    /// Where a name or value does not fit the table, or a required one is absent.
    pub fn insert(
        table: &'t Table,
        records: Vec<Record>,
        fields: &Fields,
        sources: &dyn Sources,
        audience: Audience,
    ) -> Result<Self, PlanError> {
        let planner = Planner { table, audience };
        let sources = &AtOnce::new(sources);
        let columns = match records.first() {
            Some(record) => planner.written_columns(record),
            None => Vec::new(),
        };
        let rows = records
            .into_iter()
            .map(|record| planner.new_row(&columns, record, sources))
            .collect::<Result<Vec<_>, _>>()?;
        let kind = PlanKind::Insert { columns, rows, ignore_conflicts: false };
        Ok(Self { table, kind, output: planner.output(fields)? })
    }

    /// The same creation, which leaves out rows that exist already by any unique constraint.
    pub fn ignore_conflicts(mut self) -> Self {
        if let PlanKind::Insert { ignore_conflicts, .. } = &mut self.kind {
            *ignore_conflicts = true;
        }
        self
    }

    /// Plans a change of the rows that a query names; its order and page do not count.
    ///
    /// # Errors
    ///
    /// Where a name or value does not fit the table, or nothing is changed.
    pub fn update(
        table: &'t Table,
        query: &Query,
        changes: Record,
        sources: &dyn Sources,
        audience: Audience,
    ) -> Result<Self, PlanError> {
        let planner = Planner { table, audience };
        let condition = planner.rows(query)?;
        let assignments = planner.assignments(changes, sources)?;
        let kind = PlanKind::Update { assignments, condition };
        Ok(Self { table, kind, output: planner.output(&query.fields)? })
    }

    /// Plans the deletion of the rows that a query names; its order and page do not count.
    ///
    /// # Errors
    ///
    /// Where a name or value does not fit the table.
    pub fn delete(table: &'t Table, query: &Query, audience: Audience) -> Result<Self, PlanError> {
        let planner = Planner { table, audience };
        let kind = PlanKind::Delete { condition: planner.rows(query)? };
        Ok(Self { table, kind, output: planner.output(&query.fields)? })
    }

    /// Refuses a change that names no row.
    ///
    /// # Errors
    ///
    /// [`PlanError::Unfiltered`], where neither an identifier nor a filter was given.
    pub(crate) fn require_filter(query: &Query, operation: &'static str) -> Result<(), PlanError> {
        if query.identifier.is_none() && query.filter.is_none() {
            return Err(PlanError::Unfiltered { operation });
        }
        Ok(())
    }
}

/// Whether two records leave the same columns to the database, so that one statement can insert both.
pub(crate) fn same_shape(table: &Table, left: &Record, right: &Record) -> bool {
    let identities = table.columns.iter().filter(|column| column.default == Some(ColumnDefault::Identity));
    identities.into_iter().all(|column| left.get(&column.name).is_some() == right.get(&column.name).is_some())
}

/// Sources whose time stands: all that one statement writes is written at one time.
struct AtOnce<'s> {
    sources: &'s dyn Sources,
    now: Timestamp,
}

impl<'s> AtOnce<'s> {
    fn new(sources: &'s dyn Sources) -> Self {
        Self { now: sources.now(), sources }
    }
}

impl Sources for AtOnce<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        self.sources.fill_random(buffer);
    }
}

struct Planner<'t> {
    table: &'t Table,
    audience: Audience,
}

impl Planner<'_> {
    /// The position of a column that the asker may see.
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
        self.audience == Audience::Program || self.column(position).access != Access::WriteOnly
    }

    fn output(&self, fields: &Fields) -> Result<ColumnSet, PlanError> {
        let all = (0..self.table.columns.len()).filter(|position| self.is_visible(*position));
        match fields {
            Fields::All => Ok(all.collect()),
            Fields::Include(names) => names.iter().map(|name| self.find(name)).collect(),
            Fields::Exclude(names) => {
                let excluded = names.iter().map(|name| self.find(name)).collect::<Result<Vec<_>, _>>()?;
                Ok(all.filter(|position| !excluded.contains(position)).collect())
            }
        }
    }

    fn order(&self, order: &super::Order) -> Result<OrderBy, PlanError> {
        let column = self.find(&order.column)?;
        self.require_comparable(column, "ordered by")?;
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
            self.require_comparable(position, "compared")?;
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

    /// The condition of a query: its identifier and its filter.
    fn rows(&self, query: &Query) -> Result<Condition, PlanError> {
        let mut all = match &query.identifier {
            Some(identifier) => self.identified(identifier)?,
            None => Vec::new(),
        };
        if let Some(filter) = &query.filter {
            let mut budget = MAX_CONDITIONS;
            all.push(self.condition(filter, MAX_DEPTH, &mut budget)?);
        }
        Ok(match <[Condition; 1]>::try_from(all) {
            Ok([one]) => one,
            Err(all) => Condition::And(all),
        })
    }

    fn identified(&self, identifier: &Identifier) -> Result<Vec<Condition>, PlanError> {
        let refuse = |by| PlanError::Identifier { table: self.table.name.clone(), by };
        let equal = |name: &str, value: Value, by| {
            let position = self.table.position(name).ok_or_else(|| refuse(by))?;
            let value = value.coerce(&self.column(position).kind).map_err(|_| refuse(by))?;
            Ok(Condition::Compare(position, Comparison::Eq, value))
        };
        match identifier {
            Identifier::Id(id) => {
                let name = match self.table.primary_key.as_slice() {
                    [one] => one.as_str(),
                    _ => "id",
                };
                Ok(vec![equal(name, Value::Int(*id), "a number")?])
            }
            Identifier::Uuid(uuid) => Ok(vec![equal("uuid", Value::Uuid(*uuid), "a UUID")?]),
            Identifier::Slug(slug) => Ok(vec![equal("slug", Value::Text(slug.clone()), "a slug")?]),
            Identifier::Key(parts) => {
                let key = &self.table.primary_key;
                if key.len() != parts.len() {
                    return Err(PlanError::KeyLength { table: self.table.name.clone(), expected: key.len().max(1) });
                }
                key.iter()
                    .zip(parts)
                    .map(|(name, part)| {
                        let position = self.find(name)?;
                        let value = self.operand(position, &Operand::Text(part.clone()))?;
                        Ok(Condition::Compare(position, Comparison::Eq, value))
                    })
                    .collect()
            }
        }
    }

    fn condition(&self, filter: &Filter, depth: usize, budget: &mut usize) -> Result<Condition, PlanError> {
        *budget = budget.checked_sub(1).ok_or(PlanError::TooComplex)?;
        let depth = depth.checked_sub(1).ok_or(PlanError::TooComplex)?;
        Ok(match filter {
            Filter::Compare { column, comparison, operand } => {
                let position = self.find(column)?;
                self.require_comparable(position, "compared")?;
                Condition::Compare(position, *comparison, self.operand(position, operand)?)
            }
            Filter::In { column, values } => {
                if values.len() > MAX_IN_VALUES {
                    return Err(PlanError::TooComplex);
                }
                let position = self.find(column)?;
                self.require_comparable(position, "compared")?;
                let values = values.iter().map(|value| self.operand(position, value)).collect::<Result<_, _>>()?;
                Condition::In(position, values)
            }
            Filter::Between { column, low, high } => {
                let position = self.find(column)?;
                self.require_comparable(position, "compared")?;
                Condition::Between(position, self.operand(position, low)?, self.operand(position, high)?)
            }
            Filter::Like { column, pattern, fold_case } => self.like(column, pattern, *fold_case)?,
            Filter::Is { column, is } => {
                let position = self.find(column)?;
                if *is != Is::Null && self.column(position).kind != ColumnType::Boolean {
                    return Err(self.refuse(position, "true or false"));
                }
                Condition::Is(position, *is)
            }
            Filter::And(filters) => Condition::And(self.conditions(filters, depth, budget)?),
            Filter::Or(filters) => Condition::Or(self.conditions(filters, depth, budget)?),
            Filter::Not(filter) => Condition::Not(Box::new(self.condition(filter, depth, budget)?)),
        })
    }

    fn conditions(&self, filters: &[Filter], depth: usize, budget: &mut usize) -> Result<Vec<Condition>, PlanError> {
        filters.iter().map(|filter| self.condition(filter, depth, budget)).collect()
    }

    fn like(&self, column: &str, pattern: &str, fold_case: bool) -> Result<Condition, PlanError> {
        let position = self.find(column)?;
        if !matches!(self.column(position).kind, ColumnType::Text { .. } | ColumnType::Enum(_)) {
            return Err(self.refuse(position, "matched with a pattern"));
        }
        if pattern.contains('\0') {
            return Err(PlanError::Value { column: column.into(), error: ValueError::NulInText });
        }
        let backslashes = pattern.bytes().rev().take_while(|byte| *byte == b'\\').count();
        if backslashes % 2 == 1 {
            return Err(PlanError::Pattern { column: column.into() });
        }
        Ok(Condition::Like { column: position, pattern: pattern.into(), fold_case })
    }

    /// Reads what a column is compared with. It need not fit the column's limits: `memo = <a longer text>` is simply false.
    fn operand(&self, position: usize, operand: &Operand) -> Result<Value, PlanError> {
        let column = self.column(position);
        let kind = match &column.kind {
            ColumnType::Text { .. } => &ColumnType::Text { max: None },
            ColumnType::Bytes { .. } => &ColumnType::Bytes { max: None },
            kind => kind,
        };
        let value = match operand {
            Operand::Value(value) => value.clone().coerce(kind),
            Operand::Text(text) => Value::parse(kind, text),
        };
        value.map_err(|error| PlanError::Value { column: column.name.clone(), error })
    }

    fn require_comparable(&self, position: usize, operation: &'static str) -> Result<(), PlanError> {
        match self.column(position).kind {
            ColumnType::Json => Err(self.refuse(position, operation)),
            _ => Ok(()),
        }
    }

    fn refuse(&self, position: usize, operation: &'static str) -> PlanError {
        let column = self.column(position);
        PlanError::Operator { column: column.name.clone(), kind: column.kind.name(), operation }
    }

    /// The columns that an insert writes: all but the identity columns that the database numbers.
    fn written_columns(&self, record: &Record) -> ColumnSet {
        let left_out =
            |column: &Column| column.default == Some(ColumnDefault::Identity) && record.get(&column.name).is_none();
        (0..self.table.columns.len()).filter(|position| !left_out(self.column(*position))).collect()
    }

    fn new_row(&self, columns: &ColumnSet, mut record: Record, sources: &dyn Sources) -> Result<Vec<Value>, PlanError> {
        let row = columns.iter().map(|position| {
            let column = self.column(*position);
            match record.remove(&column.name) {
                Some(value) => self.stored(column, value),
                None => match &column.default {
                    Some(ColumnDefault::Constant(value)) => self.stored(column, value.clone()),
                    Some(ColumnDefault::Generated(generator)) => Ok(generator.generate(sources)),
                    Some(ColumnDefault::Identity) | None => self.stored(column, Value::Null),
                },
            }
        });
        let row = row.collect::<Result<Vec<_>, _>>()?;
        self.refuse_rest(&record)?;
        Ok(row)
    }

    /// A value as the column stores it.
    fn stored(&self, column: &Column, value: Value) -> Result<Value, PlanError> {
        if value.is_null() && !column.nullable {
            return Err(PlanError::Missing { column: column.name.clone() });
        }
        value.coerce(&column.kind).map_err(|error| PlanError::Value { column: column.name.clone(), error })
    }

    /// Refuses values for which there is no column.
    fn refuse_rest(&self, record: &Record) -> Result<(), PlanError> {
        match record.iter().next() {
            None => Ok(()),
            Some((name, _)) => Err(PlanError::UnknownColumn { table: self.table.name.clone(), column: name.into() }),
        }
    }

    fn assignments(&self, mut changes: Record, sources: &dyn Sources) -> Result<Vec<(usize, Assignment)>, PlanError> {
        let mut assignments = Vec::new();
        for (position, column) in self.table.columns.iter().enumerate() {
            if let Some(value) = changes.remove(&column.name) {
                assignments.push((position, Assignment::Value(self.stored(column, value)?)));
            }
        }
        self.refuse_rest(&changes)?;
        if assignments.is_empty() {
            return Err(PlanError::NothingToUpdate);
        }
        for (position, column) in self.table.columns.iter().enumerate() {
            let given = assignments.iter().any(|(given, _)| *given == position);
            match column.on_update {
                Some(OnUpdate::Now) if !given => {
                    assignments.push((position, Assignment::Value(Value::Timestamp(sources.now()))));
                }
                // A counter goes up whatever was given: what it is for is to show that the row changed.
                Some(OnUpdate::Increment) => {
                    assignments.retain(|(given, _)| *given != position);
                    assignments.push((position, Assignment::Increment));
                }
                _ => {}
            }
        }
        Ok(assignments)
    }
}
