//! What is selected of a row, or of a group of rows: fields, as other types, aggregated.

use std::borrow::Cow;

use mwallet_query::{AggregateFunction, CastType, SelectValue};
use mwallet_schema::{ColumnType, DeclaredType, JsonKind, Table, Transfer};

use super::{PlanError, PlannedField, Planner};
use crate::columns::OutputKind;

/// A selected value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OutputValue {
    /// What is read of a row. `None` for the rows themselves, which can only be counted.
    pub(crate) field: Option<PlannedField>,
    pub(crate) cast: Option<Cast>,
    pub(crate) aggregate: Option<PlannedAggregate>,
}

/// A conversion to another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cast {
    pub(crate) from: CastSource,
    pub(crate) to: CastType,
}

/// What a conversion has to know of the type that it converts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CastSource {
    Integer,
    /// A number of any scale.
    Number,
    /// A column of decimals, which SQLite stores in a form of its own.
    Decimal,
    Boolean,
    Text,
    Timestamp,
    Json,
    /// A type that only PostgreSQL knows, with its own conversions.
    Native,
    /// Whatever a column of SQLite stores.
    Dynamic,
}

/// A function over the rows of a group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlannedAggregate {
    pub(crate) function: AggregateFunction,
    /// The type of its result.
    pub(crate) kind: OutputKind,
    /// The conversion of the result.
    pub(crate) cast: Option<Cast>,
}

impl From<usize> for OutputValue {
    fn from(column: usize) -> Self {
        Self { field: Some(column.into()), cast: None, aggregate: None }
    }
}

impl OutputValue {
    /// Counts rows.
    pub(crate) fn count() -> Self {
        let kind = OutputKind::Column(ColumnType::BigInt);
        let aggregate = PlannedAggregate { function: AggregateFunction::Count, kind, cast: None };
        Self { field: None, cast: None, aggregate: Some(aggregate) }
    }

    /// Returns whether it is made of a column as it is, or of rows.
    pub(crate) fn is_of_column(&self) -> bool {
        self.cast.is_none() && self.field.as_ref().is_none_or(|field| field.path.is_empty())
    }

    /// Returns the type of what is aggregated, or of the value if it is not.
    pub(crate) fn input_kind(&self, table: &Table) -> OutputKind {
        match (&self.field, self.cast) {
            (_, Some(cast)) => kind_of(cast.to),
            (Some(field), None) => OutputKind::Column(field.kind(table).into_owned()),
            (None, None) => OutputKind::Column(ColumnType::BigInt),
        }
    }

    /// Returns the type of the value.
    pub(crate) fn kind(&self, table: &Table) -> OutputKind {
        match &self.aggregate {
            Some(PlannedAggregate { cast: Some(cast), .. }) => kind_of(cast.to),
            Some(PlannedAggregate { kind, .. }) => kind.clone(),
            None => self.input_kind(table),
        }
    }

    /// Describes it: `data->>price::numeric.sum()`.
    pub(crate) fn describe(&self, table: &Table) -> String {
        let cast = |cast: Option<Cast>| cast.map(|cast| format!("::{}", cast.to.name())).unwrap_or_default();
        let mut text = self.field.as_ref().map(|field| field.name(table)).unwrap_or_default() + &cast(self.cast);
        if let Some(aggregate) = &self.aggregate {
            let dot = if self.field.is_some() { "." } else { "" };
            text += &format!("{dot}{}(){}", aggregate.function.name(), cast(aggregate.cast));
        }
        text
    }
}

/// Returns the type that a conversion leads to.
fn kind_of(to: CastType) -> OutputKind {
    OutputKind::Column(match to {
        CastType::Numeric => return OutputKind::Number,
        // A date is written as text.
        CastType::Text | CastType::Date => ColumnType::Text { max: None },
        CastType::SmallInt => ColumnType::SmallInt,
        CastType::Integer => ColumnType::Integer,
        CastType::BigInt => ColumnType::BigInt,
        CastType::Boolean => ColumnType::Boolean,
        CastType::Json => ColumnType::Json,
    })
}

impl CastSource {
    fn new(kind: &OutputKind) -> Option<Self> {
        let OutputKind::Column(kind) = kind else { return Some(Self::Number) };
        Some(match kind {
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => Self::Integer,
            ColumnType::Decimal { .. } => Self::Decimal,
            ColumnType::Boolean => Self::Boolean,
            ColumnType::Text { .. } | ColumnType::Enum(_) | ColumnType::Uuid => Self::Text,
            ColumnType::Timestamp => Self::Timestamp,
            ColumnType::Json => Self::Json,
            ColumnType::Native(native) => match native.transfer {
                Transfer::SqliteDynamic(_) => Self::Dynamic,
                _ => Self::Native,
            },
            _ => return None,
        })
    }

    /// Returns whether there is a conversion to a type, the same on both engines.
    fn converts_to(self, to: CastType) -> bool {
        let is_number = matches!(to, CastType::SmallInt | CastType::Integer | CastType::BigInt | CastType::Numeric);
        match self {
            _ if to == CastType::Text => true,
            Self::Integer | Self::Number | Self::Decimal | Self::Dynamic => is_number,
            Self::Boolean => matches!(to, CastType::Boolean | CastType::Integer),
            Self::Text | Self::Json => is_number || matches!(to, CastType::Boolean | CastType::Json),
            Self::Timestamp => to == CastType::Date,
            Self::Native => true,
        }
    }
}

impl Planner<'_> {
    pub(super) fn value(&self, value: &SelectValue) -> Result<OutputValue, PlanError> {
        let field = value.field.as_ref().map(|field| self.field(field)).transpose()?;
        let mut planned = OutputValue { field, cast: None, aggregate: None };
        planned.cast = value.cast.map(|to| self.cast(&planned, to)).transpose()?;
        if let Some(aggregated) = value.aggregate {
            let kind = self.aggregated(&planned, aggregated.function)?;
            planned.aggregate = Some(PlannedAggregate { function: aggregated.function, kind, cast: None });
            let cast = aggregated.cast.map(|to| self.cast(&planned, to)).transpose()?;
            if let Some(aggregate) = &mut planned.aggregate {
                aggregate.cast = cast;
            }
        }
        Ok(planned)
    }

    /// Plans the conversion of a value to a type.
    fn cast(&self, value: &OutputValue, to: CastType) -> Result<Cast, PlanError> {
        let kind = value.kind(self.table);
        let from = CastSource::new(&kind).filter(|from| from.converts_to(to));
        from.map(|from| Cast { from, to }).ok_or_else(|| {
            let (column, kind) = (value.describe(self.table), name_of(&kind).into());
            PlanError::Cast { column, kind, to: to.name() }
        })
    }

    /// Returns the type that a function makes of values: as PostgreSQL does.
    fn aggregated(&self, value: &OutputValue, function: AggregateFunction) -> Result<OutputKind, PlanError> {
        let kind = value.input_kind(self.table);
        let refuse = |operation| {
            let (column, kind) = (value.describe(self.table), name_of(&kind).into_owned());
            PlanError::Operator { column, kind, operation }
        };
        match function {
            AggregateFunction::Count => Ok(OutputKind::Column(ColumnType::BigInt)),
            AggregateFunction::Sum | AggregateFunction::Avg => {
                let is_sum = function == AggregateFunction::Sum;
                total_kind(&kind, is_sum).ok_or_else(|| refuse("added up"))
            }
            AggregateFunction::Max | AggregateFunction::Min => {
                let has_extremes = match &kind {
                    OutputKind::Number => true,
                    OutputKind::Column(kind) => !matches!(
                        kind,
                        ColumnType::Boolean | ColumnType::Uuid | ColumnType::Bytes { .. } | ColumnType::Json
                    ),
                    OutputKind::Related(_) => false,
                };
                if has_extremes { Ok(kind) } else { Err(refuse("compared by size")) }
            }
        }
    }
}

/// Returns the type of the sum or the average of numbers.
fn total_kind(kind: &OutputKind, is_sum: bool) -> Option<OutputKind> {
    let OutputKind::Column(column) = kind else { return Some(OutputKind::Number) };
    Some(match column {
        ColumnType::SmallInt | ColumnType::Integer if is_sum => OutputKind::Column(ColumnType::BigInt),
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt | ColumnType::Decimal { .. } => {
            OutputKind::Number
        }
        ColumnType::Native(native) => match native.transfer {
            Transfer::Number { .. } => OutputKind::Number,
            Transfer::Json if native.json_kind() == Some(JsonKind::Number) => kind.clone(),
            Transfer::SqliteDynamic(DeclaredType::Integer) if is_sum => kind.clone(),
            Transfer::SqliteDynamic(DeclaredType::Integer | DeclaredType::Number { .. }) => OutputKind::Number,
            _ => return None,
        },
        _ => return None,
    })
}

fn name_of(kind: &OutputKind) -> Cow<'static, str> {
    match kind {
        OutputKind::Column(kind) => kind.name().into(),
        OutputKind::Number => "numeric".into(),
        OutputKind::Related(_) => "related rows".into(),
    }
}
