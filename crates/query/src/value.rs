//! Values to select: fields, converted to a type and aggregated.

use crate::Field;

/// A value of each row, or of each group of rows: `total:data->price::numeric.sum()`.
///
/// If any value of a level is aggregated, the other values are those by which the rows are grouped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectValue {
    /// What is read of a row. `None` for the rows themselves, which can only be counted: `count()`.
    pub field: Option<Field>,
    /// The type to which it is converted, before it is aggregated.
    pub cast: Option<CastType>,
    /// The function that makes one value of those of a group.
    pub aggregate: Option<Aggregated>,
    /// Its name in the response, if it differs.
    pub alias: Option<String>,
}

/// An aggregate function, and the type to which its result is converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aggregated {
    /// The function.
    pub function: AggregateFunction,
    /// The type to which the result is converted.
    pub cast: Option<CastType>,
}

/// A function that makes one value of those of a group of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateFunction {
    /// The average.
    Avg,
    /// The number of rows, or of values that are not null.
    Count,
    /// The largest value.
    Max,
    /// The smallest value.
    Min,
    /// The sum.
    Sum,
}

/// A type to which values can be converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CastType {
    /// Text.
    Text,
    /// A 16-bit integer.
    SmallInt,
    /// A 32-bit integer.
    Integer,
    /// A 64-bit integer.
    BigInt,
    /// An exact decimal number.
    Numeric,
    /// A boolean.
    Boolean,
    /// A date, in UTC.
    Date,
    /// JSON.
    Json,
}

/// The functions by name.
pub(crate) const FUNCTIONS: [(&str, AggregateFunction); 5] = [
    ("avg", AggregateFunction::Avg),
    ("count", AggregateFunction::Count),
    ("max", AggregateFunction::Max),
    ("min", AggregateFunction::Min),
    ("sum", AggregateFunction::Sum),
];

/// The types by name. The first name of each is the one that is written.
pub(crate) const TYPES: [(&str, CastType); 15] = [
    ("text", CastType::Text),
    ("smallint", CastType::SmallInt),
    ("int2", CastType::SmallInt),
    ("integer", CastType::Integer),
    ("int", CastType::Integer),
    ("int4", CastType::Integer),
    ("bigint", CastType::BigInt),
    ("int8", CastType::BigInt),
    ("numeric", CastType::Numeric),
    ("decimal", CastType::Numeric),
    ("boolean", CastType::Boolean),
    ("bool", CastType::Boolean),
    ("date", CastType::Date),
    ("jsonb", CastType::Json),
    ("json", CastType::Json),
];

pub(crate) const TYPES_HINT: &str = "the types are text, smallint (int2), integer (int, int4), bigint (int8), numeric (decimal), \
     boolean (bool), date and jsonb (json)";

impl SelectValue {
    /// Selects a field as it is.
    pub fn field(field: impl Into<Field>) -> Self {
        Self { field: Some(field.into()), cast: None, aggregate: None, alias: None }
    }

    /// Returns its name in the response: its alias, its function, or the name of its field.
    pub fn name(&self) -> &str {
        match (&self.alias, &self.aggregate, &self.field) {
            (Some(alias), ..) => alias,
            (None, Some(aggregated), _) => aggregated.function.name(),
            (None, None, Some(field)) => field.name(),
            (None, None, None) => AggregateFunction::Count.name(),
        }
    }
}

impl AggregateFunction {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        crate::names::name_of(&FUNCTIONS, &self)
    }
}

impl CastType {
    /// Returns its name, which is that of PostgreSQL's type.
    pub fn name(self) -> &'static str {
        crate::names::name_of(&TYPES, &self)
    }
}
