//! Formats the syntax tree as text.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

use crate::embed::JOINS;
use crate::field::is_index;
use crate::filter::{GROUPS, IN, IS, IS_DISTINCT, IS_VALUES, MATCHERS, RELATIONS, SEARCHES, is_operator};
use crate::names::name_of;
use crate::select::split_aggregate;
use crate::{
    Aggregated, Direction, Embed, Field, Filter, JsonKey, JsonPath, Junction, Nulls, Operation, Order, Parameters,
    Quantifier, SelectItem, SelectValue, column_parameter, is_keyword,
};

impl Parameters {
    /// Returns the names and values of the parameters before URL encoding. They parse to the same parameters, unless
    /// the table has a column that is named like the parameter of an embed, such as `directors.limit`.
    ///
    /// ```
    /// use mwallet_query::{Comparison, Filter, Parameters};
    ///
    /// let filters = vec![Filter::compare("memo", Comparison::Eq, "a,b").negate()];
    /// let parameters = Parameters { filters, limit: Some(5), ..Parameters::default() };
    /// assert_eq!(parameters.pairs(), [("memo".into(), "not.eq.a,b".into()), ("limit".into(), "5".into())]);
    /// ```
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        if !self.select.is_empty() {
            pairs.push(("select".into(), list(&self.select)));
        }
        for filter in &self.filters {
            let (mut name, value) = filter.pair();
            // Without quotes, the name of an embed with a dot would be a path.
            if let Filter::Field { field: Field { column, path }, .. } = filter
                && path.is_empty()
                && column.contains('.')
                && embeds(&self.select).any(|embed| embed.name() == column)
            {
                name = quoted(column);
            }
            pairs.push((name, value));
        }
        if !self.order.is_empty() {
            pairs.push(("order".into(), list(&self.order)));
        }
        let numbers = [("limit", self.limit), ("offset", self.offset)];
        pairs.extend(numbers.into_iter().filter_map(|(name, rows)| Some((name.into(), rows?.to_string()))));
        for (name, columns) in [("columns", &self.columns), ("on_conflict", &self.on_conflict)] {
            if let Some(columns) = columns {
                let columns: Vec<_> = columns.iter().map(|column| name_in(column, &[','])).collect();
                pairs.push((name.into(), columns.join(",")));
            }
        }
        push_pairs_of_embeds(&mut pairs, "", &self.select);
        pairs
    }
}

/// Appends the parameters of embeds and of those in them.
fn push_pairs_of_embeds(pairs: &mut Vec<(String, String)>, path: &str, select: &[SelectItem]) {
    for embed in embeds(select) {
        let name = embed.name();
        // `not.or` would be a keyword.
        let name = if name == "not" { quoted(name).into() } else { name_in(name, &['.']) };
        let path = format!("{path}{name}.");
        for filter in &embed.filters {
            let (mut name, value) = filter.pair();
            if let Filter::Field { field: Field { column, path }, .. } = filter {
                name = if is_keyword(column) { quoted(column) } else { name_in(column, &['.']).into() };
                name.push_str(&path.to_string());
            }
            pairs.push((path.clone() + &name, value));
        }
        if !embed.order.is_empty() {
            pairs.push((format!("{path}order"), list(&embed.order)));
        }
        for (name, rows) in [("limit", embed.limit), ("offset", embed.offset)] {
            pairs.extend(rows.map(|rows| (format!("{path}{name}"), rows.to_string())));
        }
        push_pairs_of_embeds(pairs, &path, &embed.select);
    }
}

fn embeds(select: &[SelectItem]) -> impl Iterator<Item = &Embed> {
    select.iter().filter_map(|item| match item {
        SelectItem::Embed(embed) => Some(embed),
        _ => None,
    })
}

impl Filter {
    /// Returns the name and the value of the parameter for this filter.
    pub fn pair(&self) -> (String, String) {
        match self {
            Self::Field { field, negated, operation } => {
                let not = if *negated { "not." } else { "" };
                // The value extends to the end of the parameter, so it needs no quotes.
                let mut value = format!("{not}{}", Operator(operation));
                match operation {
                    Operation::Match { value: text, .. }
                    | Operation::IsDistinct(text)
                    | Operation::Relate { value: text, .. }
                    | Operation::Search { value: text, .. } => value.push_str(text),
                    _ => value.push_str(&Value(operation).to_string()),
                }
                let name = match field.path.is_empty() {
                    true => column_parameter(&field.column).into_owned(),
                    false => format!("{}{}", name_in(&field.column, &['.']), field.path),
                };
                (name, value)
            }
            Self::Group { junction, negated, filters } => {
                (keyword(*junction, *negated).into(), format!("({})", list(filters)))
            }
        }
    }
}

/// Formats the filter as a member of a group.
impl Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field { field: Field { column, path }, negated, operation } => {
                let not = if *negated { "not." } else { "" };
                let column = name_in(column, &['.', ',', '(', ')']);
                write!(f, "{column}{path}.{not}{}{}", Operator(operation), Value(operation))
            }
            Self::Group { junction, negated, filters } => {
                write!(f, "{}({})", keyword(*junction, *negated), list(filters))
            }
        }
    }
}

impl Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.relation {
            Some(relation) => write!(f, "{}({}{})", ordered(relation), ordered(&self.field.column), self.field.path)?,
            None => write!(f, "{}{}", ordered(&self.field.column), self.field.path)?,
        }
        if self.direction == Direction::Descending {
            f.write_str(".desc")?;
        }
        match self.nulls {
            None => Ok(()),
            Some(Nulls::First) => f.write_str(".nullsfirst"),
            Some(Nulls::Last) => f.write_str(".nullslast"),
        }
    }
}

impl Display for SelectItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Star => f.write_char('*'),
            Self::Value(value) => value.fmt(f),
            Self::Embed(embed) => embed.fmt(f),
        }
    }
}

impl Display for SelectValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, cast, aggregate, alias } = self;
        if let Some(alias) = alias {
            write!(f, "{}:", selected(alias))?;
        }
        if let Some(Field { column, path }) = field {
            write!(f, "{}{path}", selected(column))?;
        }
        if let Some(cast) = cast {
            write!(f, "::{}", cast.name())?;
        }
        let Some(Aggregated { function, cast }) = aggregate else { return Ok(()) };
        let dot = if field.is_some() { "." } else { "" };
        write!(f, "{dot}{}()", function.name())?;
        cast.map_or(Ok(()), |cast| write!(f, "::{}", cast.name()))
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", selected(&self.column), self.path)
    }
}

impl Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.keys.iter().enumerate() {
            let is_last = index + 1 == self.keys.len();
            f.write_str(if is_last && self.as_text { "->>" } else { "->" })?;
            match key {
                JsonKey::Index(index) => write!(f, "{index}")?,
                // Without quotes, it would be the position in an array, or the end of an arrow.
                JsonKey::Name(name) if is_index(name) || name.starts_with('>') => f.write_str(&quoted(name))?,
                JsonKey::Name(name) => f.write_str(&name_in(name, &['.', ',', ':', '(', ')', '!']))?,
            }
        }
        Ok(())
    }
}

/// Formats the embed as an item of `select`, without its parameters.
impl Display for Embed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.alias {
            _ if self.is_spread => f.write_str("...")?,
            Some(alias) => write!(f, "{}:", selected(alias))?,
            None => {}
        }
        // Without quotes, `count()` and `!inner` mean something else.
        match split_aggregate(&self.relation).is_some() {
            true => f.write_str(&quoted(&self.relation))?,
            false => f.write_str(&selected(&self.relation))?,
        }
        match &self.hint {
            Some(hint) if JOINS.iter().any(|(name, _)| name == hint) => write!(f, "!{}", quoted(hint))?,
            Some(hint) => write!(f, "!{}", selected(hint))?,
            None => {}
        }
        if let Some(join) = &self.join {
            write!(f, "!{}", name_of(&JOINS, join))?;
        }
        write!(f, "({})", list(&self.select))
    }
}

fn keyword(junction: Junction, negated: bool) -> &'static str {
    let group = GROUPS.into_iter().find(|(_, j, n)| (*j, *n) == (junction, negated));
    group.map_or("", |(keyword, ..)| keyword)
}

fn list(items: &[impl Display]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Quotes a text.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Quotes a name if it contains a delimiter.
pub(crate) fn name_in<'n>(name: &'n str, ends: &[char]) -> Cow<'n, str> {
    if name.contains("->") { quoted(name).into() } else { text_in(name, ends) }
}

/// Quotes a text if it contains a delimiter.
fn text_in<'n>(text: &'n str, ends: &[char]) -> Cow<'n, str> {
    let is_bare = !text.is_empty() && !text.contains(ends) && !text.starts_with([' ', '"']) && !text.ends_with(' ');
    if is_bare { text.into() } else { quoted(text).into() }
}

/// Quotes a name in `select` if it contains a delimiter.
fn selected(name: &str) -> Cow<'_, str> {
    if name.starts_with("..") {
        return quoted(name).into();
    }
    name_in(name, &['*', ',', ':', '(', ')', '!'])
}

/// Quotes a name in `order` if it contains a delimiter, or if the order would read as a condition: `is.desc`.
fn ordered(name: &str) -> Cow<'_, str> {
    if is_operator(name) { quoted(name).into() } else { name_in(name, &['.', ',', '(', ')']) }
}

/// Quotes a value in a list if necessary.
fn value_in_list(value: &str) -> Cow<'_, str> {
    text_in(value, &[',', '(', ')', '{', '}', '"', '\\'])
}

/// An operator with the dot after it.
struct Operator<'o>(&'o Operation);

impl Display for Operator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(operator_name(self.0))?;
        match self.0 {
            Operation::MatchMany { quantifier: Quantifier::Any, .. } => f.write_str("(any)."),
            Operation::MatchMany { quantifier: Quantifier::All, .. } => f.write_str("(all)."),
            Operation::Search { language: Some(language), .. } => write!(f, "({}).", text_in(language, &[')'])),
            _ => f.write_str("."),
        }
    }
}

/// Returns the name of an operation's operator.
pub(crate) fn operator_name(operation: &Operation) -> &'static str {
    match operation {
        Operation::Match { matcher, .. } | Operation::MatchMany { matcher, .. } => name_of(&MATCHERS, matcher),
        Operation::In(_) => IN,
        Operation::Is(_) => IS,
        Operation::IsDistinct(_) => IS_DISTINCT,
        Operation::Relate { relation, .. } => name_of(&RELATIONS, relation),
        Operation::Search { form, .. } => name_of(&SEARCHES, form),
    }
}

/// The value of an operation inside a group, where a comma or parenthesis would end it.
struct Value<'o>(&'o Operation);

impl Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Operation::Match { value, .. }
            | Operation::IsDistinct(value)
            | Operation::Relate { value, .. }
            | Operation::Search { value, .. } => f.write_str(&value_in_list(value)),
            Operation::In(values) => {
                let values: Vec<_> = values.iter().map(|value| value_in_list(value)).collect();
                write!(f, "({})", values.join(","))
            }
            Operation::MatchMany { values, .. } => {
                let value = |value: &Option<String>| match value {
                    Some(text) if text.eq_ignore_ascii_case("null") => quoted(text),
                    Some(text) => value_in_list(text).into_owned(),
                    None => "null".into(),
                };
                write!(f, "{{{}}}", values.iter().map(value).collect::<Vec<_>>().join(","))
            }
            Operation::Is(is) => f.write_str(name_of(&IS_VALUES, is)),
        }
    }
}
