//! The query language of PostgREST, as it stands in the parameters of a URL, as a [`Query`].
//!
//! Nothing here knows HTTP or percent-encoding: names and values come decoded. Whether a column takes a value is seen
//! when the query is planned; here it is only read.

mod bounds;
mod filter;
mod lexer;
mod order;
mod select;

use std::borrow::Cow;

use mwallet_schema::{Table, shortened};

use super::{Filter, Query};
use crate::query::PlanError;

/// What a URL asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    /// Which rows and columns.
    pub query: Query,
    /// `columns`: the keys of a body that count; the others are ignored.
    pub columns: Option<Vec<String>>,
    /// `on_conflict`: the columns by which an upsert finds the row that is there.
    pub on_conflict: Option<Vec<String>>,
}

/// A parameter that is not in the grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {message}")]
pub struct ParseError {
    /// The parameter.
    pub parameter: String,
    /// What is wrong with its value.
    pub message: String,
    /// What would be right.
    pub hint: Option<&'static str>,
}

impl ParseError {
    /// The code that PostgREST has for it.
    pub const CODE: &'static str = "PGRST100";

    fn new(parameter: &str, message: impl Into<String>) -> Self {
        Self { parameter: shortened(parameter).into_owned(), message: message.into(), hint: None }
    }

    fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Reads a number of rows, which is a parameter of many questions.
    ///
    /// # Errors
    ///
    /// Where the value is no whole number, or too large.
    pub fn rows(parameter: &str, value: &str) -> Result<u64, Self> {
        let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        match value.parse() {
            Ok(rows) if is_number => Ok(rows),
            _ if is_number => Err(Self::new(parameter, "the number is beyond 64 bits")),
            _ => Err(Self::new(parameter, "expected a whole number, 0 or more")),
        }
    }
}

impl Parameters {
    /// Reads parameters in their order.
    ///
    /// The name of one of the language's own words is that word, also where the table has a column of that name, unless the value is an
    /// operator and what stands behind it: `order=eq.5` is a filter there, `order=id` an order. In double quotes it is always the
    /// column.
    ///
    /// ```
    /// # use mwallet_db::{Parameters, schema::{Column, ColumnType, Table}};
    /// # let mut orders = Table::new("orders");
    /// # orders.columns.push(Column::new("asset", ColumnType::Text { max: None }));
    /// let parameters = [("asset", "in.(BITCOIN,DASH)"), ("order", "asset.desc"), ("limit", "10")];
    /// let query = Parameters::read(parameters, &orders)?.query;
    /// assert!(query.filter.is_some());
    /// assert_eq!((query.order[0].column.as_str(), query.limit), ("asset", Some(10)));
    /// # Ok::<(), mwallet_db::PlanError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where a parameter is neither a column nor a word of the language, or its value is not in the grammar.
    pub fn read<N: AsRef<str>, V: AsRef<str>>(
        parameters: impl IntoIterator<Item = (N, V)>,
        table: &Table,
    ) -> Result<Self, PlanError> {
        let mut read = Self::default();
        let mut words = Vec::new();
        for (number, (name, value)) in parameters.into_iter().enumerate() {
            let (name, value) = (name.as_ref(), value.as_ref());
            bounds::hold("the URL", "parameters", number + 1, bounds::PARAMETERS)?;
            let quoted = lexer::quoted(name);
            let column = quoted.as_deref().unwrap_or(name);
            let word = Word::of(name).filter(|_| quoted.is_none());
            let is_column = is_readable(table, column);
            let word = match word {
                Some(word) if !(is_column && filter::is_operation(value, table)) => word,
                _ if is_column => {
                    read.query = read.query.filter(filter::of_column(column, value)?);
                    continue;
                }
                _ => return Err(PlanError::UnknownColumn { table: table.name.clone(), column: column.into() }),
            };
            // A filter may be given twice, and both hold; of the others nobody could say which counts.
            if word.is_once() && words.contains(&word) {
                return Err(ParseError::new(name, "is given twice").into());
            }
            words.push(word);
            read.word(word, name, value, table)?;
        }
        Ok(read)
    }

    /// Whether a name is one of the language's own words.
    pub fn is_word(name: &str) -> bool {
        Word::of(name).is_some()
    }

    /// The parameter that filters by a column: its name, in double quotes where that is one of the language's own words.
    pub fn of_column(name: &str) -> Cow<'_, str> {
        if Self::is_word(name) { format!("\"{name}\"").into() } else { name.into() }
    }

    fn word(&mut self, word: Word, name: &str, value: &str, table: &Table) -> Result<(), PlanError> {
        match word {
            Word::Select => self.query.fields = select::fields(value, table)?,
            Word::Order => self.query.order = order::orders(name, value, table)?,
            Word::Limit => self.query.limit = Some(ParseError::rows(name, value)?),
            Word::Offset => self.query.skip = ParseError::rows(name, value)?,
            Word::Logic { any, negated } => {
                let filters = filter::list(name, value)?;
                let filter = if any { Filter::Or(filters) } else { Filter::And(filters) };
                let query = std::mem::take(&mut self.query);
                self.query = query.filter(if negated { !filter } else { filter });
            }
            Word::Columns => self.columns = Some(lexer::names(name, value, bounds::columns(table))?),
            Word::OnConflict => self.on_conflict = Some(lexer::names(name, value, bounds::KEY)?),
        }
        Ok(())
    }
}

/// The parameters that are no columns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Select,
    Order,
    Limit,
    Offset,
    Logic { any: bool, negated: bool },
    Columns,
    OnConflict,
}

impl Word {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "select" => Self::Select,
            "order" => Self::Order,
            "limit" => Self::Limit,
            "offset" | "skip" => Self::Offset,
            "and" => Self::Logic { any: false, negated: false },
            "or" => Self::Logic { any: true, negated: false },
            "not.and" => Self::Logic { any: false, negated: true },
            "not.or" => Self::Logic { any: true, negated: true },
            "columns" => Self::Columns,
            "on_conflict" => Self::OnConflict,
            _ => return None,
        })
    }

    fn is_once(self) -> bool {
        !matches!(self, Self::Logic { .. })
    }
}

/// Whether clients may know of a column of that name.
fn is_readable(table: &Table, name: &str) -> bool {
    table.column(name).is_some_and(|column| column.is_readable())
}

#[cfg(test)]
mod tests;
