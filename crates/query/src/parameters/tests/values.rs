//! Tests values inside JSON, casts and aggregates.

use super::*;
use crate::{AggregateFunction, Aggregated, CastType};

fn select(text: &str) -> Result<Vec<SelectItem>, ParseError> {
    parse(&[("select", text)]).map(|parsed| parsed.select)
}

fn value(text: &str) -> SelectValue {
    match select(text).unwrap().remove(0) {
        SelectItem::Value(value) => value,
        item => panic!("{item:?}"),
    }
}

fn memo() -> Field {
    Field::from("memo")
}

#[test]
fn fields_are_inside_json() {
    for (text, field) in [
        ("memo->a->>b", memo().key("a").key("b").as_text()),
        ("memo->0->-1", memo().index(0).index(-1)),
        ("memo->\"0\"->\"a.b,c\"", memo().key("0").key("a.b,c")),
        ("memo->a-b->>c d", memo().key("a-b").key("c d").as_text()),
        ("\"x,y\"->a", Field::from("x,y").key("a")),
    ] {
        assert_eq!(value(text).field, Some(field.clone()), "{text}");
        assert_eq!(filter(text, "eq.5"), Filter::compare(field.clone(), Comparison::Eq, "5"), "{text}");
        let group = parse(&[("or", &format!("({text}.eq.5)"))]).unwrap().filters;
        assert!(matches!(&group[0], Filter::Group { filters, .. } if filters[0] == filter(text, "eq.5")), "{text}");
        let order = parse(&[("order", &format!("{text}.desc"))]).unwrap().order;
        assert_eq!((&order[0].field, order[0].direction), (&field, Direction::Descending), "{text}");
    }
    for (text, name) in [("memo->a->0", "a"), ("memo->0", "memo"), ("n:memo->a", "n"), ("memo", "memo")] {
        assert_eq!(value(text).name(), name, "{text}");
    }
    let embedded = parse(&[("select", "films(data->>a)"), ("films.data->b->>\"c.d\"", "eq.5")]).unwrap();
    let SelectItem::Embed(films) = &embedded.select[0] else { panic!("{embedded:?}") };
    let field = Field::from("data").key("b").key("c.d").as_text();
    assert_eq!(films.filters, [Filter::compare(field, Comparison::Eq, "5")]);
}

#[test]
fn values_are_cast_and_aggregated() {
    let sum = |cast| Some(Aggregated { function: AggregateFunction::Sum, cast });
    let id = || SelectValue::field("id");
    for (text, expected) in [
        ("id::text", SelectValue { cast: Some(CastType::Text), ..id() }),
        ("id.sum()", SelectValue { aggregate: sum(None), ..id() }),
        (
            "n:id::int8.sum()::text",
            SelectValue {
                cast: Some(CastType::BigInt),
                aggregate: sum(Some(CastType::Text)),
                alias: Some("n".into()),
                ..id()
            },
        ),
        (
            "memo->a::numeric.sum()",
            SelectValue { cast: Some(CastType::Numeric), aggregate: sum(None), ..SelectValue::field(memo().key("a")) },
        ),
        ("a.b.sum()", SelectValue { aggregate: sum(None), ..SelectValue::field("a.b") }),
        ("\"id\".sum()", SelectValue { aggregate: sum(None), ..id() }),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
    let count = value("count()");
    assert_eq!((count.field.as_ref(), count.name()), (None, "count"));
    assert_eq!(value("id.sum()").name(), "sum");
}

#[test]
fn mistakes_say_what_and_where() {
    let message = |text: &str| select(text).unwrap_err().to_string();
    assert_eq!(message("id::money"), "select: expected a type at character 5, where 'm' is");
    assert_eq!(
        message("id::text.median()"),
        "select: expected .avg(), .count(), .max(), .min() or .sum() at character 9, where '.' is"
    );
    assert_eq!(message("id.sum(memo)"), "select: expected () at character 7, where '(' is");
    for text in [".sum()", "\"\".sum()", "id,total:.sum()"] {
        assert!(message(text).starts_with("select: expected a column at character "), "{text}: {}", message(text));
    }
    assert_eq!(message("memo->"), "select: expected a key at the end");
    assert_eq!(
        message("memo->>a->b"),
        "select: expected no further key, since ->> makes the value a text, at character 9, where '-' is"
    );
    assert_eq!(message("memo->99999999999"), "select: expected a smaller number at character 7, where '9' is");
    assert_eq!(parse(&[("colour->a", "eq.1")]), Err(ParseError::UnknownColumn { name: "colour".into() }));
}
