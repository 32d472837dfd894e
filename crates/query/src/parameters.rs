//! The parameters of a URL.

use std::borrow::Cow;

pub(crate) use levels::Embeds;
use levels::{LevelParameters, ROOT};

use crate::filter::{self, GROUPS};
use crate::lexer::Lexer;
use crate::{Field, Filter, Junction, Order, ParseError, SelectItem, field, lexer, limits, order, select};

mod levels;

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
    /// Parses parameters in order, but `select` first, since it names the embeds that other parameters address.
    ///
    /// A keyword takes precedence over a column of the same name, unless its value is an operator followed by
    /// something: `order=eq.5` is a filter, while `order=id` is an order. A name in double quotes is always a column.
    ///
    /// A name with dots that is not a column addresses an embed of `select`: `directors.films.order=title`. The columns
    /// of an embed are not known, so any name there that is not a keyword is a column. Names with dots need double
    /// quotes there: `directors."last.name"=eq.Varda`. `directors=is.null` is a filter whose column is the embed's name.
    ///
    /// # Errors
    ///
    /// Returns an error if a parameter is neither a column nor a keyword, it addresses an embed that `select` does not
    /// have, its value is malformed, or a list is too long.
    pub fn parse<N: AsRef<str>, V: AsRef<str>>(
        parameters: impl IntoIterator<Item = (N, V)>,
        is_column: &dyn Fn(&str) -> bool,
    ) -> Result<Self, ParseError> {
        let mut pairs = Vec::new();
        for (number, pair) in parameters.into_iter().enumerate() {
            limits::check("the URL", "parameters", number + 1, limits::MAX_PARAMETERS)?;
            pairs.push(pair);
        }
        let pairs = || pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
        let is_select = |name: &str, value: &str| {
            name == "select" && !(is_column(name) && filter::looks_like_condition(value, is_column))
        };
        let mut selects = pairs().filter(|(name, value)| is_select(name, value));
        let mut select = selects.next().map_or(Ok(Vec::new()), |(_, value)| select::parse(value, is_column))?;
        if selects.next().is_some() {
            return Err(given_twice("select"));
        }

        let embeds = Embeds::new(&select)?;
        let levels = embeds.parameters();
        let mut parser = Parser { is_column, embeds, levels, columns: None, on_conflict: None };
        for (name, value) in pairs() {
            parser.parameter(name, value)?;
        }
        let Parser { levels, columns, on_conflict, .. } = parser;
        let mut levels = levels.into_iter();
        let LevelParameters { filters, order, limit, offset } = levels.next().unwrap_or_default();
        levels::move_into(&mut select, &mut levels);
        Ok(Self { select, filters, order, limit, offset, columns, on_conflict })
    }
}

/// Parses parameters other than `select`.
struct Parser<'p> {
    is_column: &'p dyn Fn(&str) -> bool,
    embeds: Embeds<'p>,
    /// The parameters of the table, and of each embed at its number.
    levels: Vec<LevelParameters>,
    columns: Option<Vec<String>>,
    on_conflict: Option<Vec<String>>,
}

impl Parser<'_> {
    fn parameter(&mut self, name: &str, value: &str) -> Result<(), ParseError> {
        let quoted = lexer::unquote(name);
        let column = quoted.as_deref().unwrap_or(name);
        // Without quotes, a dot in the name of an embed would be ambiguous.
        let may_be_embed = quoted.is_some() || !name.contains('.');
        let is_known = (self.is_column)(column) || (may_be_embed && self.embeds.find(ROOT, column).is_some());
        match Keyword::parse(name) {
            Some(keyword) if !(is_known && filter::looks_like_condition(value, self.is_column)) => {
                self.keyword(ROOT, keyword, name, value)
            }
            _ if is_known => {
                self.levels[ROOT].filters.push(filter::parse_field(column, column.into(), value)?);
                Ok(())
            }
            _ => match self.json_field(name)? {
                Some(field) => {
                    self.levels[ROOT].filters.push(filter::parse_field(name, field, value)?);
                    Ok(())
                }
                None => self.parameter_of_embed(name, column, value),
            },
        }
    }

    /// Parses a name that is a path into the JSON of one of the table's columns.
    fn json_field(&self, name: &str) -> Result<Option<Field>, ParseError> {
        let mut lexer = Lexer::new(name, name);
        let column = match lexer.name_before_arrow(&[]) {
            Ok(column) if field::path_follows(&lexer) => column,
            _ => return Ok(None),
        };
        match (self.is_column)(&column) {
            true => {}
            // The column of an embed.
            false if lexer::split_path(name).is_some() => return Ok(None),
            false => return Err(ParseError::UnknownColumn { name: column }),
        }
        let path = field::parse_path(&mut lexer)?;
        lexer.expect_end()?;
        Ok(Some(Field { column, path }))
    }

    /// Parses a parameter whose name starts with those of embeds.
    fn parameter_of_embed(&mut self, name: &str, column: &str, value: &str) -> Result<(), ParseError> {
        let (mut level, mut rest) = (ROOT, name);
        while let Some((first, after)) = lexer::split_path(rest) {
            level = match self.embeds.find(level, &first) {
                Some(embed) => embed,
                None if level == ROOT && (self.is_column)(&first) => break,
                // The name up to the dot.
                None => return Err(ParseError::NotEmbedded { name: name[..name.len() - after.len() - 1].into() }),
            };
            rest = after;
            let keyword = Keyword::parse(rest).filter(|keyword| keyword.is_of_embeds());
            if let Some(keyword) = keyword
                && !filter::looks_like_condition(value, &|_| false)
            {
                return self.keyword(level, keyword, name, value);
            }
        }
        if level == ROOT {
            return Err(ParseError::UnknownColumn { name: column.into() });
        }
        let field = field::last_of_path(name, rest)?;
        self.levels[level].filters.push(filter::parse_field(name, field, value)?);
        Ok(())
    }

    fn keyword(&mut self, level: usize, keyword: Keyword, name: &str, value: &str) -> Result<(), ParseError> {
        let parameters = &mut self.levels[level];
        match keyword {
            // It is parsed before all others.
            Keyword::Select => {}
            Keyword::Order if parameters.order.is_empty() => {
                let is_column = |name: &str| level == ROOT && (self.is_column)(name);
                parameters.order = order::parse(name, value, &is_column)?;
                let mut relations = parameters.order.iter().filter_map(|order| order.relation.as_deref());
                if let Some(relation) = relations.find(|relation| self.embeds.find(level, relation).is_none()) {
                    let path = name.strip_suffix("order").unwrap_or_default();
                    return Err(ParseError::NotEmbedded { name: format!("{path}{relation}") });
                }
            }
            Keyword::Limit if parameters.limit.is_none() => parameters.limit = Some(parse_row_count(name, value)?),
            Keyword::Offset if parameters.offset.is_none() => parameters.offset = Some(parse_row_count(name, value)?),
            Keyword::Group(junction, negated) => {
                parameters.filters.push(filter::parse_group(name, value, junction, negated)?);
            }
            Keyword::Columns if self.columns.is_none() => self.columns = Some(lexer::names(name, value, usize::MAX)?),
            Keyword::OnConflict if self.on_conflict.is_none() => {
                self.on_conflict = Some(lexer::names(name, value, limits::MAX_KEY)?);
            }
            _ => return Err(given_twice(name)),
        }
        Ok(())
    }
}

/// Repeated filters all apply, but a repeated order or page would be ambiguous.
fn given_twice(parameter: &str) -> ParseError {
    ParseError::syntax(parameter, "is given twice")
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
    match is_keyword(name) || name.contains("->") || lexer::unquote(name).is_some() {
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
#[derive(Clone, Copy)]
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

    /// Returns whether an embed has such a parameter.
    fn is_of_embeds(self) -> bool {
        matches!(self, Self::Order | Self::Limit | Self::Offset | Self::Group(..))
    }
}

#[cfg(test)]
mod tests;
