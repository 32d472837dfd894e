//! Compares with an independent JSON Schema validator: what it accepts, [`Schema::validate`] accepts, and what that
//! accepts, it accepts in canonical form.
//!
//! [`Schema::validate`] accepts more spellings, as PostgreSQL does: integers and booleans in strings, and numbers for
//! text. The two also differ where JSON Schema lacks a keyword or works on values instead of text. So nothing
//! generated here has duplicate keys, U+0000, dates that do not exist, fractions finer than a microsecond, numbers
//! that a double cannot distinguish, exponents in strings, or ranges of decimals in strings.

use proptest::prelude::*;

use super::*;
use crate::Record;

/// Generates a column type with rules that fit it.
fn any_column() -> impl Strategy<Value = (ColumnType, Rules)> {
    let no_rules = |kind| (kind, Rules::default());
    let bound = || {
        prop::option::of(
            (-20i64..20, any::<bool>()).prop_map(|(value, exclusive)| Bound { value: value.into(), exclusive }),
        )
    };
    let lengths = || (prop::option::of(0u32..4), prop::option::of(0u32..8));
    let pattern =
        prop::option::of(prop::sample::select(vec!["^[a-z]+$", "a", "^.{2}$", "[0-9]{2,}", "^(foo|bar)?$", "é"]));
    prop_oneof![
        (prop::sample::select(vec![ColumnType::SmallInt, ColumnType::Integer, ColumnType::BigInt]), bound(), bound())
            .prop_map(|(kind, min, max)| (kind, Rules { min, max, ..Rules::default() })),
        (1u32..7, 0u32..4).prop_map(move |(precision, scale)| no_rules(ColumnType::Decimal {
            precision: precision.max(scale),
            scale
        })),
        (prop::option::of(0u32..6), lengths(), pattern).prop_map(|(max, (min_length, max_length), pattern)| {
            let pattern = pattern.map(str::to_owned);
            (ColumnType::Text { max }, Rules { min_length, max_length, pattern, ..Rules::default() })
        }),
        (prop::option::of(0u32..8), lengths()).prop_map(|(max, (min_length, max_length))| {
            (ColumnType::Bytes { max }, Rules { min_length, max_length, ..Rules::default() })
        }),
        prop::sample::select(vec![
            ColumnType::Timestamp,
            ColumnType::Uuid,
            ColumnType::Json,
            ColumnType::Boolean,
            order_type(),
        ])
        .prop_map(move |kind| (kind, Rules::default())),
    ]
}

fn any_field(depth: u32) -> BoxedStrategy<(FieldType, Rules)> {
    let column = any_column().prop_map(|(kind, rules)| (FieldType::Column(kind), rules));
    if depth == 0 {
        return column.boxed();
    }
    let inner = || any_column().prop_map(|(kind, _)| FieldType::Column(kind));
    let lengths = || {
        (prop::option::of(0u32..2), prop::option::of(0u32..3)).prop_map(|(min_length, max_length)| Rules {
            min_length,
            max_length,
            ..Rules::default()
        })
    };
    prop_oneof![
        4 => column,
        1 => (inner(), lengths()).prop_map(|(kind, rules)| (FieldType::List(Box::new(kind)), rules)),
        1 => (inner(), lengths()).prop_map(|(kind, rules)| (FieldType::Map(Box::new(kind)), rules)),
        1 => any_schema("Inner", depth - 1).prop_map(|schema| (FieldType::Nested(Arc::new(schema)), Rules::default())),
    ]
    .boxed()
}

/// Generates a schema with fields `a`, `b`, …; discards contradicting rules when it is built.
fn any_schema(name: &'static str, depth: u32) -> BoxedStrategy<Schema> {
    let access = prop::sample::select(vec![Access::ReadWrite, Access::ReadWrite, Access::ReadOnly, Access::WriteOnly]);
    let field = (any_field(depth), any::<bool>(), any::<bool>(), access);
    (prop::collection::vec(field, 1..4), any::<bool>())
        .prop_filter_map("rules that contradict each other", move |(fields, takes_unknown)| {
            let fields =
                fields.into_iter().zip("abcdef".chars()).map(|(((kind, rules), required, nullable, access), name)| {
                    Field { required, nullable, ..Field::with_type(name, kind).rules(rules).access(access) }
                });
            Schema::builder(name).fields(fields).takes_unknown(takes_unknown).build().ok()
        })
        .boxed()
}

/// Generates JSON that is often valid for a type.
fn any_value(kind: &FieldType) -> BoxedStrategy<String> {
    let good = match kind {
        FieldType::Column(kind) => any_scalar(kind),
        FieldType::Nested(schema) => any_object(schema),
        FieldType::List(item) => {
            prop::collection::vec(any_value(item), 0..4).prop_map(|items| format!("[{}]", items.join(","))).boxed()
        }
        FieldType::Map(value) => prop::collection::btree_map("[a-c]{1,2}", any_value(value), 0..4)
            .prop_map(|entries| {
                let entries: Vec<String> = entries.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", entries.join(","))
            })
            .boxed(),
    };
    let odd = prop::sample::select(vec![
        "null",
        "true",
        "0",
        "-1",
        "1.5",
        "\"\"",
        "\"a\"",
        "\"12\"",
        "[]",
        "{}",
        "[null]",
        "[1]",
        "{\"a\":1}",
        "1e2",
        "70000",
    ]);
    prop_oneof![9 => good, 1 => odd.prop_map(str::to_owned)].boxed()
}

fn any_scalar(kind: &ColumnType) -> BoxedStrategy<String> {
    match kind {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => prop_oneof![
            (-25i64..25).prop_map(|number| number.to_string()),
            prop::sample::select(vec![
                "1.0",
                "1e1",
                "20E-1",
                "2.5",
                "-0",
                "32767",
                "32768",
                "-32769",
                "2147483647",
                "2147483648",
                "1e30"
            ])
            .prop_map(str::to_owned),
        ]
        .boxed(),
        ColumnType::Decimal { .. } => {
            prop_oneof!["-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,4})?", "\"[+-]?[0-9]{0,5}\\.?[0-9]{0,5}\"", "[1-9]e-?[0-4]"]
                .boxed()
        }
        ColumnType::Text { .. } => "\"[a-z0-9é😀]{0,7}\"".boxed(),
        ColumnType::Timestamp => prop_oneof![
            "\"20[0-9]{2}-0[1-9]-[12][0-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]0[0-9]:[0-5][0-9])\"",
            "-?[1-9][0-9]{0,12}(\\.[0-9]{1,3})?",
            "\"[0-9]{1,9}\"",
            "\"20[0-9]{2}-[01]0-[0-3][0-9]( |T)?\"",
        ]
        .boxed(),
        ColumnType::Native(_) => prop_oneof!["\"[a-z0-9]{0,5}\"", "-?[1-9][0-9]{0,3}", "true|false"].boxed(),
        ColumnType::Uuid => {
            prop_oneof!["\"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-fA-F]{12}\"", "\"[0-9a-f-]{36}\""]
                .boxed()
        }
        ColumnType::Enum(_) => {
            prop::sample::select(vec!["\"OPEN\"", "\"CLOSED\"", "0", "-1", "0.0", "1", "\"open\"", "\"0\""])
                .prop_map(str::to_owned)
                .boxed()
        }
        ColumnType::Bytes { .. } => prop_oneof![
            prop::collection::vec(any::<u8>(), 0..10).prop_map(|bytes| {
                let mut out = Vec::new();
                crate::json::write_value(&mut out, &Value::Bytes(bytes));
                String::from_utf8(out).unwrap()
            }),
            "\"[AQB+/]{0,6}={0,2}\"",
        ]
        .boxed(),
        ColumnType::Json => prop::sample::select(vec!["1", "null", "[1.50, {\"a\": null}]", "\"x\"", "{}"])
            .prop_map(str::to_owned)
            .boxed(),
        ColumnType::Boolean => any::<bool>().prop_map(|value| value.to_string()).boxed(),
    }
}

/// Generates an object of a schema: most fields present, some missing, and rarely an unknown one.
fn any_object(schema: &Schema) -> BoxedStrategy<String> {
    let members: Vec<_> = schema
        .fields()
        .iter()
        .map(|field| {
            let name = field.name.clone();
            let likely = if field.access == Access::ReadOnly { 0.1 } else { 0.9 };
            prop::option::weighted(likely, any_value(&field.kind).prop_map(move |value| format!("\"{name}\": {value}")))
        })
        .collect();
    (members, prop::option::weighted(0.05, Just("\"zz\": 1".to_owned())))
        .prop_map(|(members, unknown)| {
            let members: Vec<String> = members.into_iter().flatten().chain(unknown).collect();
            format!("{{{}}}", members.join(", "))
        })
        .boxed()
}

/// Returns the given values of a record in canonical form.
fn written(record: &Record) -> Json {
    let mut given = Record::new();
    for (name, value) in record.iter().filter(|(name, _)| record.was_given(name)) {
        given.set(name, value.clone());
    }
    let mut out = Vec::new();
    crate::json::write_value(&mut out, &Value::Record(given));
    serde_json::from_slice(&out).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn json_schema_accepts_what_we_accept(
        (schema, bodies) in any_schema("Outer", 2).prop_flat_map(|schema| {
            let bodies = prop::collection::vec(any_object(&schema), 8);
            (Just(schema), bodies)
        })
    ) {
        let json_schema = schema.json_schema(Purpose::Input);
        let validator = jsonschema::options().should_validate_formats(true).build(&json_schema);
        let validator = validator.map_err(|error| TestCaseError::fail(format!("{error}: {json_schema}")))?;
        prop_assert!(jsonschema::meta::is_valid(&json_schema), "{json_schema}");
        for body in bodies {
            let instance: Json = serde_json::from_str(&body).unwrap();
            let ours = schema.validate(body.as_bytes(), &Fixed);
            let theirs = validator.validate(&instance);
            let told = format!("{body}\nours {ours:?}\ntheirs {theirs:?}\n{json_schema}");
            match (&ours, theirs.is_ok()) {
                (Ok(_), true) | (Err(_), false) => {}
                (Err(_), true) => prop_assert!(false, "{told}"),
                (Ok(record), false) => {
                    let written = written(record);
                    prop_assert!(validator.validate(&written).is_ok(), "written {written}\n{told}");
                }
            }
        }
    }
}
