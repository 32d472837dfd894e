//! Which rows: conditions on columns as values, before they are held against a table.

use std::ops::{BitAnd, BitOr, Not};

use mwallet_query::{Comparison, Is};
use mwallet_schema::Value;

/// A condition on rows. Names and values are checked when the query is planned.
///
/// ```
/// use mwallet_db::Filter;
/// let open_or_old = Filter::eq("order_type", "OPEN") | Filter::is_null("expected_end");
/// let not_mine = !Filter::eq("usid", "me");
/// let filter = open_or_old & not_mine;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// A column compares with a value.
    Compare {
        /// The column.
        column: String,
        /// How.
        comparison: Comparison,
        /// The value.
        operand: Operand,
    },
    /// A column is one of several values.
    In {
        /// The column.
        column: String,
        /// The values; none means no row.
        values: Vec<Operand>,
    },
    /// A column lies between two values, both included.
    Between {
        /// The column.
        column: String,
        /// The least.
        low: Operand,
        /// The most.
        high: Operand,
    },
    /// A text column is like a pattern: `%` any text, `_` one character, `\` takes the next as it is.
    Like {
        /// The column.
        column: String,
        /// The pattern.
        pattern: String,
        /// Whether the case of ASCII letters does not count.
        fold_case: bool,
    },
    /// A column is null, true or false; never unknown.
    Is {
        /// The column.
        column: String,
        /// What it is.
        is: Is,
    },
    /// All of these; none of them means every row.
    And(Vec<Filter>),
    /// Any of these; none of them means no row.
    Or(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
}

/// What a column is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A value.
    Value(Value),
    /// Text that is read by the column's type, as it stands in a URL.
    Text(String),
}

impl<V: Into<Value>> From<V> for Operand {
    fn from(value: V) -> Self {
        Self::Value(value.into())
    }
}

impl Filter {
    /// Whether it says nothing at all: a list of conditions that came out empty.
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

    /// A column is equal to a value.
    pub fn eq(column: impl Into<String>, operand: impl Into<Operand>) -> Self {
        Self::compare(column, Comparison::Eq, operand)
    }

    /// A column compares with a value.
    pub fn compare(column: impl Into<String>, comparison: Comparison, operand: impl Into<Operand>) -> Self {
        Self::Compare { column: column.into(), comparison, operand: operand.into() }
    }

    /// A column is null.
    pub fn is_null(column: impl Into<String>) -> Self {
        Self::Is { column: column.into(), is: Is::Null }
    }

    /// A column is one of several values.
    pub fn in_<V: Into<Operand>>(column: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        Self::In { column: column.into(), values: values.into_iter().map(Into::into).collect() }
    }

    /// A column lies between two values, both included.
    pub fn between(column: impl Into<String>, low: impl Into<Operand>, high: impl Into<Operand>) -> Self {
        Self::Between { column: column.into(), low: low.into(), high: high.into() }
    }

    /// A text column is like a pattern.
    pub fn like(column: impl Into<String>, pattern: impl Into<String>) -> Self {
        Self::Like { column: column.into(), pattern: pattern.into(), fold_case: false }
    }

    /// A text column is like a pattern, whatever the case of ASCII letters.
    pub fn ilike(column: impl Into<String>, pattern: impl Into<String>) -> Self {
        Self::Like { column: column.into(), pattern: pattern.into(), fold_case: true }
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
