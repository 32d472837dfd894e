//! From parameters to documents.

use serde_json::Value;

use super::{Condition, Document, Item, Key, NameOr, Object, OrderItem, Ordered, STAR, Selected};
use crate::embed::JOINS;
use crate::names::name_of;
use crate::write::operator_name;
use crate::{
    Direction, Embed, Field, Filter, Is, JsonKey, Junction, Nulls, Operation, Order, Parameters, Quantifier,
    SelectItem, SelectValue,
};

impl From<&Parameters> for Document {
    fn from(parameters: &Parameters) -> Self {
        Self {
            select: items(&parameters.select),
            filters: conditions(&parameters.filters),
            order: orders(&parameters.order),
            limit: parameters.limit,
            offset: parameters.offset,
        }
    }
}

fn items(select: &[SelectItem]) -> Vec<Item> {
    let item = |item: &SelectItem| match item {
        SelectItem::Star => NameOr::Name(STAR.into()),
        SelectItem::Value(value) => self::value(value),
        SelectItem::Embed(embed) => NameOr::More(Box::new(related(embed))),
    };
    select.iter().map(item).collect()
}

fn value(value: &SelectValue) -> Item {
    if let SelectValue { field: Some(field), cast: None, aggregate: None, alias: None } = value
        && field.path.is_empty()
        && field.column != STAR
    {
        return NameOr::Name(field.column.clone());
    }
    let SelectValue { field, cast, aggregate, alias } = value;
    NameOr::More(Box::new(Selected {
        column: field.as_ref().map(|field| field.column.clone()),
        path: field.as_ref().map(keys).unwrap_or_default(),
        as_text: field.as_ref().is_some_and(|field| field.path.as_text),
        cast: cast.map(|cast| cast.name().into()),
        aggregate: aggregate.map(|aggregate| aggregate.function.name().into()),
        aggregate_cast: aggregate.and_then(|aggregate| aggregate.cast).map(|cast| cast.name().into()),
        alias: alias.clone(),
        ..Selected::default()
    }))
}

fn related(embed: &Embed) -> Selected {
    Selected {
        related: Some(embed.relation.clone()),
        hint: embed.hint.clone(),
        join: embed.join.map(|join| name_of(&JOINS, &join).into()),
        spread: embed.is_spread,
        alias: embed.alias.clone(),
        select: Some(items(&embed.select)),
        filters: conditions(&embed.filters),
        order: orders(&embed.order),
        limit: embed.limit,
        offset: embed.offset,
        ..Selected::default()
    }
}

fn keys(field: &Field) -> Vec<Key> {
    field.path.keys.iter().cloned().map(Key).collect()
}

fn conditions(filters: &[Filter]) -> Vec<Object<Condition>> {
    filters.iter().map(|filter| Object(condition(filter))).collect()
}

fn condition(filter: &Filter) -> Condition {
    match filter {
        Filter::Group { junction, negated, filters } => {
            let members = Some(conditions(filters));
            let (and, or) = match junction {
                Junction::And => (members, None),
                Junction::Or => (None, members),
            };
            Condition { not: *negated, and, or, ..Condition::default() }
        }
        Filter::Field { field, negated, operation } => Condition {
            column: Some(field.column.clone()),
            path: keys(field),
            as_text: field.path.as_text,
            not: *negated,
            op: Some(operator_name(operation).into()),
            ..operand(operation)
        },
    }
}

fn operand(operation: &Operation) -> Condition {
    let text = |text: &String| Value::String(text.clone());
    match operation {
        Operation::MatchMany { quantifier, values, .. } => {
            let values = Some(values.iter().map(|value| value.as_ref().map_or(Value::Null, text)).collect());
            match quantifier {
                Quantifier::Any => Condition { any: values, ..Condition::default() },
                Quantifier::All => Condition { all: values, ..Condition::default() },
            }
        }
        Operation::Search { language, value, .. } => {
            Condition { language: language.clone(), value: Some(text(value)), ..Condition::default() }
        }
        Operation::Match { value, .. } | Operation::IsDistinct(value) | Operation::Relate { value, .. } => {
            Condition { value: Some(text(value)), ..Condition::default() }
        }
        Operation::In(values) => Condition { value: Some(values.iter().map(text).collect()), ..Condition::default() },
        Operation::Is(is) => {
            let value = match is {
                Is::Null => Value::Null,
                Is::True => true.into(),
                Is::False => false.into(),
                Is::Unknown => "unknown".into(),
            };
            Condition { value: Some(value), ..Condition::default() }
        }
    }
}

fn orders(orders: &[Order]) -> Vec<OrderItem> {
    orders.iter().map(order).collect()
}

fn order(order: &Order) -> OrderItem {
    let Order { relation, field, direction, nulls } = order;
    let is_plain = relation.is_none() && field.path.is_empty() && nulls.is_none();
    if is_plain && *direction == Direction::Ascending {
        return NameOr::Name(field.column.clone());
    }
    NameOr::More(Box::new(Ordered {
        column: field.column.clone(),
        path: keys(field),
        as_text: field.path.as_text,
        related: relation.clone(),
        desc: *direction == Direction::Descending,
        nulls: nulls.map(|nulls| if nulls == Nulls::First { "first" } else { "last" }.into()),
    }))
}

impl From<Key> for Value {
    fn from(Key(key): Key) -> Self {
        match key {
            JsonKey::Name(name) => name.into(),
            JsonKey::Index(index) => index.into(),
        }
    }
}
