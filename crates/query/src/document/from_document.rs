//! From documents to parameters.

use serde_json::Value;

use super::{Condition, Document, Item, Key, NameOr, Object, OrderItem, Ordered, STAR, Selected};
use crate::embed::JOINS;
use crate::filter::{IS_VALUES, OPERATORS_HINT, Operator};
use crate::limits::{self, MAX_DEPTH, MAX_ITEMS, MAX_KEYS, MAX_ORDER, MAX_VALUES};
use crate::names::named;
use crate::value::{FUNCTIONS, TYPES, TYPES_HINT};
use crate::{
    AggregateFunction, Aggregated, CastType, Direction, Embed, Field, Filter, Is, JsonKey, JsonPath, Junction, Nulls,
    Operation, Order, Parameters, ParseError, Quantifier, SelectItem, SelectValue,
};

impl Document {
    pub(super) fn into_parameters(self) -> Result<Parameters, ParseError> {
        let select = Reader { items: 0 }.select("", self.select, MAX_DEPTH)?;
        Ok(Parameters {
            filters: conditions("where", self.filters, MAX_DEPTH)?,
            order: orders("order", self.order, &select)?,
            limit: self.limit,
            offset: self.offset,
            select,
            columns: None,
            on_conflict: None,
        })
    }
}

/// Reads items of `select` and counts them.
struct Reader {
    items: usize,
}

impl Reader {
    /// Reads the `select` of the document, or of the item at a place in it.
    fn select(&mut self, place: &str, items: Vec<Item>, depth: usize) -> Result<Vec<SelectItem>, ParseError> {
        let at = |index| format!("{place}select[{index}]");
        items.into_iter().enumerate().map(|(index, item)| self.item(&at(index), item, depth)).collect()
    }

    fn item(&mut self, at: &str, item: Item, depth: usize) -> Result<SelectItem, ParseError> {
        self.items += 1;
        limits::check("select", "items", self.items, MAX_ITEMS)?;
        match item {
            NameOr::Name(name) if name == STAR => Ok(SelectItem::Star),
            NameOr::Name(name) => Ok(SelectItem::Value(SelectValue::field(filled(at, "", name)?))),
            NameOr::More(selected) if selected.related.is_some() => self.embed(at, *selected, depth),
            NameOr::More(selected) => value(at, *selected),
        }
    }

    fn embed(&mut self, at: &str, selected: Selected, depth: usize) -> Result<SelectItem, ParseError> {
        let depth = depth.checked_sub(1).ok_or(ParseError::TooDeep)?;
        let is_value = selected.column.is_some() || selected.cast.is_some() || selected.as_text;
        let is_aggregated = selected.aggregate.is_some() || selected.aggregate_cast.is_some();
        if is_value || is_aggregated || !selected.path.is_empty() {
            return Err(ParseError::syntax(at, "related rows have no column, path, cast or aggregate of their own"));
        }
        if selected.spread && selected.alias.is_some() {
            return Err(ParseError::syntax(at, "a spread has no alias, since its columns become the row's"));
        }
        let join = selected.join.map(|name| {
            let unknown = || ParseError::syntax(&format!("{at}.join"), "expected inner or left");
            named(&JOINS, &name).ok_or_else(unknown)
        });
        let items = selected.select.unwrap_or_else(|| vec![NameOr::Name(STAR.into())]);
        let select = self.select(&format!("{at}."), items, depth)?;
        Ok(SelectItem::Embed(Embed {
            relation: filled(at, ".related", selected.related.unwrap_or_default())?,
            alias: selected.alias.map(|alias| filled(at, ".alias", alias)).transpose()?,
            hint: selected.hint.map(|hint| filled(at, ".hint", hint)).transpose()?,
            join: join.transpose()?,
            is_spread: selected.spread,
            filters: conditions(&format!("{at}.where"), selected.filters, MAX_DEPTH)?,
            order: orders(&format!("{at}.order"), selected.order, &select)?,
            limit: selected.limit,
            offset: selected.offset,
            select,
        }))
    }
}

fn value(at: &str, selected: Selected) -> Result<SelectItem, ParseError> {
    let Selected { column, path, as_text, cast, aggregate, aggregate_cast, alias, .. } = selected;
    let is_related = selected.hint.is_some() || selected.join.is_some() || selected.spread;
    let has_rows = selected.select.is_some() || !selected.filters.is_empty() || !selected.order.is_empty();
    if is_related || has_rows || selected.limit.is_some() || selected.offset.is_some() {
        let only = "hint, join, spread, select, where, order, limit and offset are for related rows only";
        return Err(ParseError::syntax(at, only));
    }
    let field = column.map(|column| field(at, column, path, as_text)).transpose()?;
    let aggregate = aggregate.map(|name| {
        let unknown = || ParseError::syntax(&format!("{at}.aggregate"), "expected avg, count, max, min or sum");
        named(&FUNCTIONS, &name).ok_or_else(unknown)
    });
    let aggregate = aggregate.transpose()?;
    let is_count = aggregate == Some(AggregateFunction::Count) && cast.is_none();
    if field.is_none() && !is_count {
        let expected = "expected a column, related rows, or the aggregate count";
        return Err(ParseError::syntax(at, expected));
    }
    let cast = cast.map(|name| cast_type(at, ".cast", &name)).transpose()?;
    let after = aggregate_cast.map(|name| cast_type(at, ".aggregate_cast", &name)).transpose()?;
    if after.is_some() && aggregate.is_none() {
        return Err(ParseError::syntax(at, "aggregate_cast needs an aggregate"));
    }
    let aggregate = aggregate.map(|function| Aggregated { function, cast: after });
    let alias = alias.map(|alias| filled(at, ".alias", alias)).transpose()?;
    Ok(SelectItem::Value(SelectValue { field, cast, aggregate, alias }))
}

fn cast_type(at: &str, member: &str, name: &str) -> Result<CastType, ParseError> {
    let unknown = || ParseError::syntax(&format!("{at}{member}"), "expected a type").hint(TYPES_HINT);
    named(&TYPES, name).ok_or_else(unknown)
}

fn field(at: &str, column: String, path: Vec<Key>, as_text: bool) -> Result<Field, ParseError> {
    if as_text && path.is_empty() {
        return Err(ParseError::syntax(at, "as_text needs a path"));
    }
    limits::check(at, "keys into JSON", path.len(), MAX_KEYS)?;
    let keys = path.into_iter().map(|Key(key)| key).collect();
    Ok(Field { column: filled(at, ".column", column)?, path: JsonPath { keys, as_text } })
}

/// Rejects an empty name.
fn filled(at: &str, member: &str, name: String) -> Result<String, ParseError> {
    match name.is_empty() {
        true => Err(ParseError::syntax(&format!("{at}{member}"), "expected a name")),
        false => Ok(name),
    }
}

fn conditions(at: &str, conditions: Vec<Object<Condition>>, depth: usize) -> Result<Vec<Filter>, ParseError> {
    let filter = |(index, Object(condition))| filter(&format!("{at}[{index}]"), condition, depth);
    conditions.into_iter().enumerate().map(filter).collect()
}

fn filter(at: &str, condition: Condition, depth: usize) -> Result<Filter, ParseError> {
    let expected = || ParseError::syntax(at, "expected a column with an op, and, or or");
    let Condition { column, path, as_text, not: negated, op, language, value, any, all, and, or } = condition;
    let (junction, name, members) = match (&column, and, or) {
        (Some(_), None, None) => {
            let field = field(at, column.unwrap_or_default(), path, as_text)?;
            let operand = Operand { at, language, value, any, all };
            let operation = operand.operation(op.as_deref().ok_or_else(expected)?)?;
            return Ok(Filter::Field { field, negated, operation });
        }
        (None, Some(members), None) => (Junction::And, "and", members),
        (None, None, Some(members)) => (Junction::Or, "or", members),
        _ => return Err(expected()),
    };
    let has_operand = op.is_some() || language.is_some() || value.is_some() || any.is_some() || all.is_some();
    if has_operand || as_text || !path.is_empty() {
        return Err(expected());
    }
    let at = format!("{at}.{name}");
    if members.is_empty() {
        return Err(ParseError::syntax(&at, "expected at least one condition"));
    }
    let depth = depth.checked_sub(1).ok_or(ParseError::TooDeep)?;
    Ok(Filter::Group { junction, negated, filters: conditions(&at, members, depth)? })
}

/// What a condition compares with.
struct Operand<'a> {
    at: &'a str,
    language: Option<String>,
    value: Option<Value>,
    any: Option<Vec<Value>>,
    all: Option<Vec<Value>>,
}

impl Operand<'_> {
    fn operation(self, op: &str) -> Result<Operation, ParseError> {
        let error = |member: &str, message| ParseError::syntax(&format!("{}{member}", self.at), message);
        let operator = Operator::parse(op).ok_or_else(|| error(".op", "expected an operator").hint(OPERATORS_HINT))?;
        if self.language.is_some() && !matches!(operator, Operator::Search(_)) {
            return Err(error(".language", "only searches have a language"));
        }
        let lists = usize::from(self.any.is_some()) + usize::from(self.all.is_some());
        if usize::from(self.value.is_some()) + lists != 1 {
            return Err(error("", "expected one of value, any and all"));
        }
        let many = match (self.any, self.all) {
            (Some(values), _) => Some((Quantifier::Any, ".any", values)),
            (_, Some(values)) => Some((Quantifier::All, ".all", values)),
            _ => None,
        };
        if let Some((quantifier, member, values)) = many {
            let Operator::Match(matcher) = operator else {
                return Err(error(member, "any and all are for operators that match one value"));
            };
            limits::check(&format!("{}{member}", self.at), "values", values.len(), MAX_VALUES)?;
            let values = values.into_iter().map(text).collect();
            return Ok(Operation::MatchMany { matcher, quantifier, values });
        }
        let value = self.value.unwrap_or_default();
        let one = |value| text(value).ok_or_else(|| error(".value", "nothing is equal to null; use the operator is"));
        Ok(match operator {
            Operator::Match(matcher) => Operation::Match { matcher, value: one(value)? },
            Operator::IsDistinct => Operation::IsDistinct(one(value)?),
            Operator::Relate(relation) => Operation::Relate { relation, value: one(value)? },
            Operator::Search(form) => Operation::Search { form, language: self.language, value: one(value)? },
            Operator::Is => {
                Operation::Is(is(&value).ok_or_else(|| error(".value", "expected null, true, false or \"unknown\""))?)
            }
            Operator::In => {
                let Value::Array(values) = value else { return Err(error(".value", "expected an array")) };
                limits::check(&format!("{}.value", self.at), "values", values.len(), MAX_VALUES)?;
                Operation::In(values.into_iter().map(one).collect::<Result<_, _>>()?)
            }
        })
    }
}

fn is(value: &Value) -> Option<Is> {
    match value {
        Value::Null => Some(Is::Null),
        Value::Bool(true) => Some(Is::True),
        Value::Bool(false) => Some(Is::False),
        Value::String(name) => named(&IS_VALUES, name),
        _ => None,
    }
}

/// Returns the text of a value, as it is written in a URL. `None` is null.
fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        // Numbers keep their digits.
        other => Some(other.to_string()),
    }
}

fn orders(at: &str, items: Vec<OrderItem>, select: &[SelectItem]) -> Result<Vec<Order>, ParseError> {
    limits::check(at, "columns", items.len(), MAX_ORDER)?;
    let order = |(index, item)| order(&format!("{at}[{index}]"), item, select);
    items.into_iter().enumerate().map(order).collect()
}

fn order(at: &str, item: OrderItem, select: &[SelectItem]) -> Result<Order, ParseError> {
    let ordered = match item {
        NameOr::Name(column) => Ordered { column, ..Ordered::default() },
        NameOr::More(ordered) => *ordered,
    };
    let nulls = ordered.nulls.map(|nulls| match nulls.as_str() {
        "first" => Ok(Nulls::First),
        "last" => Ok(Nulls::Last),
        _ => Err(ParseError::syntax(&format!("{at}.nulls"), "expected first or last")),
    });
    let is_embedded =
        |name: &String| select.iter().any(|item| matches!(item, SelectItem::Embed(embed) if embed.name() == name));
    match ordered.related {
        Some(name) if !is_embedded(&name) => Err(ParseError::NotEmbedded { name }),
        relation => Ok(Order {
            relation,
            field: field(at, ordered.column, ordered.path, ordered.as_text)?,
            direction: if ordered.desc { Direction::Descending } else { Direction::Ascending },
            nulls: nulls.transpose()?,
        }),
    }
}

impl TryFrom<Value> for Key {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        let index = value.as_i64().and_then(|index| i32::try_from(index).ok());
        match (value, index) {
            (Value::String(name), _) => Ok(Self(JsonKey::Name(name))),
            (_, Some(index)) => Ok(Self(JsonKey::Index(index))),
            _ => Err("expected the name of a member, or the number of an element"),
        }
    }
}
