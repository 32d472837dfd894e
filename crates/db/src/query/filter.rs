//! Filters by column names and values, before they are checked against a table.

use std::ops::{BitAnd, BitOr, Not};

use mwallet_query::{Comparison, Field, Is, SearchForm, SetRelation};
use mwallet_schema::Value;

use super::RelatedFilter;

/// A filter on rows. Names and values are checked when the query is planned.
///
/// ```
/// use mwallet_db::Filter;
/// let open_or_old = Filter::eq("order_type", "OPEN") | Filter::is_null("expected_end");
/// let not_mine = !Filter::eq("usid", "me");
/// let filter = open_or_old & not_mine;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// A field compared with a value.
    Compare {
        /// The field.
        field: Field,
        /// The operator.
        comparison: Comparison,
        /// The value.
        operand: Operand,
    },
    /// The field equals one of several values.
    In {
        /// The field.
        field: Field,
        /// The values. An empty list matches no rows.
        values: Vec<Operand>,
    },
    /// Several columns together equal one of several keys.
    InKeys {
        /// The columns.
        columns: Vec<String>,
        /// The keys, each with a value for every column. An empty list matches no rows.
        keys: Vec<Vec<Operand>>,
    },
    /// The field is between two values, inclusive.
    Between {
        /// The field.
        field: Field,
        /// The lower bound.
        low: Operand,
        /// The upper bound.
        high: Operand,
    },
    /// A text matches a pattern: `%` matches any text, `_` one character, and `\` escapes the next character.
    Like {
        /// The field.
        field: Field,
        /// The pattern.
        pattern: String,
        /// Whether to ignore the case of ASCII letters.
        fold_case: bool,
    },
    /// A text matches a regular expression somewhere. Each engine has its own language of them.
    Regex {
        /// The field.
        field: Field,
        /// The expression.
        pattern: String,
        /// Whether to ignore case.
        fold_case: bool,
    },
    /// JSON, an array or a range relates to another.
    Relate {
        /// The field.
        field: Field,
        /// The relation.
        relation: SetRelation,
        /// The other value.
        operand: Operand,
    },
    /// The words of a text match a search. Only PostgreSQL can do that.
    Search {
        /// The field.
        field: Field,
        /// The form of the search.
        form: SearchForm,
        /// The language of the words. By default, that of the database.
        language: Option<String>,
        /// The search.
        text: String,
    },
    /// The field is null, true or false. The result is never unknown.
    Is {
        /// The field.
        field: Field,
        /// The state to test for.
        is: Is,
    },
    /// Some related row meets a filter. See [`ToMany::any`](crate::ToMany::any).
    Exists(Box<RelatedFilter>),
    /// Some row of a table of the catalog meets a filter, whoever asks.
    ExistsIn {
        /// The schema of the table.
        schema: Option<String>,
        /// The table.
        table: String,
        /// The filter. Beside all other conditions, it may have equalities with a column of the row itself:
        /// [`Operand::Row`].
        filter: Box<Filter>,
    },
    /// All of these hold. An empty list matches every row.
    And(Vec<Filter>),
    /// Any of these holds. An empty list matches no rows.
    Or(Vec<Filter>),
    /// The negation.
    Not(Box<Filter>),
}

/// The value that a column is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A typed value.
    Value(Value),
    /// Text that is parsed by the column's type, as in a URL.
    Text(String),
    /// What is known of the caller by a name. Only filters of grants have it.
    Caller(String),
    /// A column of the row that [`Filter::ExistsIn`] is about.
    Row(String),
}

impl<V: Into<Value>> From<V> for Operand {
    fn from(value: V) -> Self {
        Self::Value(value.into())
    }
}

impl Filter {
    /// Returns whether the filter trivially matches every row, for example an empty list of conditions.
    pub(crate) fn is_every_row(&self) -> bool {
        match self {
            Self::And(all) => all.iter().all(Self::is_every_row),
            Self::Or(any) => any.iter().any(Self::is_every_row),
            Self::Not(one) => one.is_no_row(),
            _ => false,
        }
    }

    fn is_no_row(&self) -> bool {
        match self {
            Self::And(all) => all.iter().any(Self::is_no_row),
            Self::Or(any) => any.iter().all(Self::is_no_row),
            Self::Not(one) => one.is_every_row(),
            _ => false,
        }
    }

    /// Returns the field that a single condition is about; nothing for conditions on several, on other rows, or of others.
    pub fn field(&self) -> Option<&Field> {
        match self {
            Self::Compare { field, .. }
            | Self::In { field, .. }
            | Self::Between { field, .. }
            | Self::Like { field, .. }
            | Self::Regex { field, .. }
            | Self::Relate { field, .. }
            | Self::Search { field, .. }
            | Self::Is { field, .. } => Some(field),
            Self::InKeys { .. }
            | Self::Exists(_)
            | Self::ExistsIn { .. }
            | Self::And(_)
            | Self::Or(_)
            | Self::Not(_) => None,
        }
    }

    /// Calls `with` for each name by which the filter asks for what is known of the caller.
    pub fn each_of_caller(&self, with: &mut impl FnMut(&str)) {
        let mut of = |operand: &Operand| {
            if let Operand::Caller(name) = operand {
                with(name);
            }
        };
        match self {
            Self::Compare { operand, .. } | Self::Relate { operand, .. } => of(operand),
            Self::In { values, .. } => values.iter().for_each(of),
            Self::InKeys { keys, .. } => keys.iter().flatten().for_each(of),
            Self::Between { low, high, .. } => [low, high].into_iter().for_each(of),
            Self::Like { .. } | Self::Regex { .. } | Self::Search { .. } | Self::Is { .. } | Self::Exists(_) => {}
            Self::And(all) | Self::Or(all) => all.iter().for_each(|one| one.each_of_caller(with)),
            Self::ExistsIn { filter: one, .. } | Self::Not(one) => one.each_of_caller(with),
        }
    }

    /// The column equals a value.
    pub fn eq(field: impl Into<Field>, operand: impl Into<Operand>) -> Self {
        Self::compare(field, Comparison::Eq, operand)
    }

    /// Compares a column with a value.
    pub fn compare(field: impl Into<Field>, comparison: Comparison, operand: impl Into<Operand>) -> Self {
        Self::Compare { field: field.into(), comparison, operand: operand.into() }
    }

    /// The column is null.
    pub fn is_null(field: impl Into<Field>) -> Self {
        Self::Is { field: field.into(), is: Is::Null }
    }

    /// The column equals one of several values.
    pub fn in_<V: Into<Operand>>(field: impl Into<Field>, values: impl IntoIterator<Item = V>) -> Self {
        Self::In { field: field.into(), values: values.into_iter().map(Into::into).collect() }
    }

    /// Several columns together equal one of several keys.
    pub fn in_keys<V: Into<Operand>>(columns: Vec<String>, keys: impl IntoIterator<Item = Vec<V>>) -> Self {
        let keys = keys.into_iter().map(|key| key.into_iter().map(Into::into).collect()).collect();
        Self::InKeys { columns, keys }
    }

    /// The column is between two values, inclusive.
    pub fn between(field: impl Into<Field>, low: impl Into<Operand>, high: impl Into<Operand>) -> Self {
        Self::Between { field: field.into(), low: low.into(), high: high.into() }
    }

    /// A text column matches a pattern.
    pub fn like(field: impl Into<Field>, pattern: impl Into<String>) -> Self {
        Self::Like { field: field.into(), pattern: pattern.into(), fold_case: false }
    }

    /// A text column matches a pattern, ignoring the case of ASCII letters.
    pub fn ilike(field: impl Into<Field>, pattern: impl Into<String>) -> Self {
        Self::Like { field: field.into(), pattern: pattern.into(), fold_case: true }
    }
}

impl BitAnd for Filter {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        match self {
            Self::And(mut all) => {
                all.push(other);
                Self::And(all)
            }
            one => Self::And(vec![one, other]),
        }
    }
}

impl BitOr for Filter {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        match self {
            Self::Or(mut any) => {
                any.push(other);
                Self::Or(any)
            }
            one => Self::Or(vec![one, other]),
        }
    }
}

impl Not for Filter {
    type Output = Self;

    fn not(self) -> Self {
        Self::Not(Box::new(self))
    }
}
