//! The parameters of a URL.

use std::borrow::Cow;

use crate::filter::{self, GROUPS};
use crate::{Filter, Junction, Order, ParseError, SelectItem, lexer, limits, order, select};

/// The parsed parameters of a URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// `select`: the columns to return; all if it is empty.
    pub select: Vec<SelectItem>,
    /// The conditions, all of which must hold.
    pub filters: Vec<Filter>,
    /// `order`: the columns to order by.
    pub order: Vec<Order>,
    /// `limit`: the maximum number of rows.
    pub limit: Option<u64>,
    /// `offset` or `skip`: the number of rows to skip.
    pub offset: Option<u64>,
    /// `columns`: the keys of the body to use; others are ignored.
    pub columns: Option<Vec<String>>,
    /// `on_conflict`: the columns by which an upsert finds existing rows.
    pub on_conflict: Option<Vec<String>>,
}

impl Parameters {
    /// Parses parameters in order.
    ///
    /// A keyword takes precedence over a column of the same name, unless its value is an operator followed by
    /// something: `order=eq.5` is a filter, while `order=id` is an order. A name in double quotes is always a column.
    ///
    /// # Errors
    ///
    /// Returns an error if a parameter is neither a column nor a keyword, its value is malformed, or a list is too
    /// long.
    pub fn parse<N: AsRef<str>, V: AsRef<str>>(
        parameters: impl IntoIterator<Item = (N, V)>,
        is_column: &dyn Fn(&str) -> bool,
    ) -> Result<Self, ParseError> {
        let mut parsed = Self::default();
        let mut seen = Vec::new();
        for (number, (name, value)) in parameters.into_iter().enumerate() {
            let (name, value) = (name.as_ref(), value.as_ref());
            limits::check("the URL", "parameters", number + 1, limits::MAX_PARAMETERS)?;
            let quoted = lexer::unquote(name);
            let column = quoted.as_deref().unwrap_or(name);
            let keyword = Keyword::parse(name).filter(|_| quoted.is_none());
            let is_column_name = is_column(column);
            let keyword = match keyword {
                Some(keyword) if !(is_column_name && filter::looks_like_condition(value, is_column)) => keyword,
                _ if is_column_name => {
                    parsed.filters.push(filter::parse_column(column, value)?);
                    continue;
                }
                _ => return Err(ParseError::UnknownColumn { name: column.into() }),
            };
            // Repeated filters all apply, but a repeated order or page would be ambiguous.
            if keyword.is_unique() && seen.contains(&keyword) {
                return Err(ParseError::syntax(name, "is given twice"));
            }
            seen.push(keyword);
            parsed.parse_keyword(keyword, name, value, is_column)?;
        }
        Ok(parsed)
    }

    fn parse_keyword(
        &mut self,
        keyword: Keyword,
        name: &str,
        value: &str,
        is_column: &dyn Fn(&str) -> bool,
    ) -> Result<(), ParseError> {
        match keyword {
            Keyword::Select => self.select = select::parse(value, is_column)?,
            Keyword::Order => self.order = order::parse(name, value, is_column)?,
            Keyword::Limit => self.limit = Some(parse_row_count(name, value)?),
            Keyword::Offset => self.offset = Some(parse_row_count(name, value)?),
            Keyword::Group(junction, negated) => {
                self.filters.push(filter::parse_group(name, value, junction, negated)?);
            }
            Keyword::Columns => self.columns = Some(lexer::names(name, value, usize::MAX)?),
            Keyword::OnConflict => self.on_conflict = Some(lexer::names(name, value, limits::MAX_KEY)?),
        }
        Ok(())
    }
}

/// Returns whether a name is a keyword of the language, such as `order`.
pub fn is_keyword(name: &str) -> bool {
    Keyword::parse(name).is_some()
}

/// Returns the parameter that filters by a column: its name, quoted if it would be ambiguous.
///
/// ```
/// assert_eq!(mwallet_query::column_parameter("asset"), "asset");
/// assert_eq!(mwallet_query::column_parameter("order"), "\"order\"");
/// ```
pub fn column_parameter(name: &str) -> Cow<'_, str> {
    match is_keyword(name) || lexer::unquote(name).is_some() {
        true => crate::write::quoted(name).into(),
        false => name.into(),
    }
}

/// Parses a number of rows.
///
/// # Errors
///
/// Returns an error if it is not an unsigned integer, or is too large.
pub fn parse_row_count(parameter: &str, value: &str) -> Result<u64, ParseError> {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse() {
        Ok(rows) if is_number => Ok(rows),
        _ if is_number => Err(ParseError::syntax(parameter, "the number is beyond 64 bits")),
        _ => Err(ParseError::syntax(parameter, "expected a whole number, 0 or more")),
    }
}

/// The keywords of the language.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keyword {
    Select,
    Order,
    Limit,
    Offset,
    Group(Junction, bool),
    Columns,
    OnConflict,
}

impl Keyword {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "select" => Self::Select,
            "order" => Self::Order,
            "limit" => Self::Limit,
            "offset" | "skip" => Self::Offset,
            "columns" => Self::Columns,
            "on_conflict" => Self::OnConflict,
            _ => {
                let (_, junction, negated) = GROUPS.into_iter().find(|(keyword, ..)| *keyword == name)?;
                Self::Group(junction, negated)
            }
        })
    }

    fn is_unique(self) -> bool {
        !matches!(self, Self::Group(..))
    }
}

#[cfg(test)]
mod tests;
