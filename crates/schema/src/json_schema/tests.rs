//! Tests JSON Schemas as documents, and against an independent validator.

use std::sync::Arc;

use super::*;
use crate::schema::tests::Fixed;
use crate::{Bound, ColumnType, Decimal, EnumLabel, EnumType, Rules, ValueGenerator};

mod oracle;

pub(super) fn order_type() -> ColumnType {
    let label = |name: &str, code, comment: Option<&str>| EnumLabel {
        comment: comment.map(Into::into),
        ..EnumLabel::new(name, code)
    };
    ColumnType::Enum(Arc::new(EnumType {
        name: "OrderType".into(),
        labels: vec![label("OPEN", 0, Some("May be satisfied.")), label("CLOSED", -1, None)],
    }))
}

fn order() -> Schema {
    let line = Schema::builder("LineSchema")
        .comment("A part of an order.")
        .field(Field::new("asset", ColumnType::Text { max: Some(16) }))
        .build()
        .unwrap();
    let line = Arc::new(line);
    let rules = |rules: Rules| rules;
    Schema::builder("OrderSchema")
        .comment("An interest to buy or sell.")
        .field(Field::new("id", ColumnType::BigInt).access(Access::ReadOnly))
        .field(Field::new("order_type", order_type()).default(FieldDefault::Constant("OPEN".into())))
        .field(Field::new("start", ColumnType::Timestamp).default(FieldDefault::AppGenerated(ValueGenerator::Now)))
        .field(Field::new("memo", ColumnType::Text { max: Some(128) }).optional().comment("A note."))
        .field(Field::new("code", ColumnType::Text { max: None }).rules(rules(Rules {
            min_length: Some(2),
            max_length: Some(8),
            pattern: Some("^[A-Z]+$".into()),
            ..Rules::default()
        })))
        .field(Field::new("amount", ColumnType::Decimal { precision: 6, scale: 2 }).rules(rules(Rules {
            min: Some(Bound::exclusive(0)),
            max: Some(Bound::inclusive("1000.50".parse::<Decimal>().unwrap())),
            ..Rules::default()
        })))
        .field(
            Field::new("level", ColumnType::SmallInt)
                .rules(rules(Rules { min: Some(Bound::inclusive(1)), ..Rules::default() })),
        )
        .field(Field::with_type("lines", FieldType::List(Box::new(FieldType::Nested(Arc::clone(&line))))))
        .field(Field::with_type("first", FieldType::Nested(line)).optional())
        .field(Field::new("key", ColumnType::Bytes { max: Some(4) }).optional().access(Access::WriteOnly))
        .field(Field::new("meta", ColumnType::Json).optional())
        .build()
        .unwrap()
}

#[test]
fn the_input_of_an_order() {
    let json = order().json_schema(Purpose::Input);
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
}

#[test]
fn the_answer_of_an_order() {
    let json = order().json_schema(Purpose::Answer);
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
}

#[test]
fn what_is_answered_is_an_answer() {
    let text =
        br#"{"code": "AB", "amount": "1.5", "level": 1, "lines": [{"asset": "BTC"}], "memo": null, "first": null,
        "key": "AAAA", "meta": {"a": [1]}}"#;
    let mut record = order().validate(text, &Fixed).unwrap();
    record.set("id", 1i64);
    let answer = order().from_row(record);
    let mut json = Vec::new();
    crate::json::write_value(&mut json, &answer.into());
    let json: Json = serde_json::from_slice(&json).unwrap();
    let validator =
        jsonschema::options().should_validate_formats(true).build(&order().json_schema(Purpose::Answer)).unwrap();
    if let Err(error) = validator.validate(&json) {
        panic!("{json} is no answer: {error}");
    }
}

#[test]
fn nested_schemas_of_one_name_stay_apart() {
    let nested = |kind| Arc::new(Schema::builder("Part/1").field(Field::new("x", kind)).build().unwrap());
    let schema = Schema::builder("Whole")
        .field(Field::with_type("a", FieldType::Nested(nested(ColumnType::Integer))))
        .field(Field::with_type("b", FieldType::Nested(nested(ColumnType::Boolean))))
        .field(Field::with_type("c", FieldType::Nested(nested(ColumnType::Integer))))
        .build()
        .unwrap();
    let json = schema.json_schema(Purpose::Input);
    let references: Vec<_> =
        ["a", "b", "c"].iter().map(|name| json["properties"][name]["$ref"].as_str().unwrap()).collect();
    assert_eq!(references, ["#/$defs/Part_1", "#/$defs/Part_12", "#/$defs/Part_1"]);
    assert_eq!(json["$defs"].as_object().unwrap().len(), 2);
}
