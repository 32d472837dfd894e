//! Tests how schemas are built, validate input and return records.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::{
    Bound, Column, ColumnDefault, ColumnType, Decimal, EnumLabel, EnumType, FieldDefault, FieldType, FromTable, Rules,
    Table, Timestamp, Value, ValueGenerator,
};

pub(crate) struct Fixed;

impl Sources for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(1_399_713_634).unwrap()
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

const TEXT: ColumnType = ColumnType::Text { max: None };

fn order_type() -> ColumnType {
    let label = |name: &str, code| EnumLabel::new(name, code);
    ColumnType::Enum(Arc::new(EnumType {
        name: "OrderType".into(),
        labels: vec![label("OPEN", 0), label("CLOSED", -1), label("SATISFIED", 1)],
    }))
}

/// Returns a schema with a single field `x`.
fn one(field: impl Into<FieldType>) -> Schema {
    Schema::builder("OneSchema").field(Field::with_type("x", field.into())).build().unwrap()
}

impl From<ColumnType> for FieldType {
    fn from(kind: ColumnType) -> Self {
        Self::Column(kind)
    }
}

fn with_rules(kind: ColumnType, rules: Rules) -> Schema {
    Schema::builder("OneSchema").field(Field::new("x", kind).rules(rules)).build().unwrap()
}

/// Returns what `{"x": …}` becomes, or the kinds of its failures.
fn take(schema: &Schema, json: &str) -> Result<Value, String> {
    match schema.validate(format!("{{\"x\": {json}}}").as_bytes(), &Fixed) {
        Ok(mut record) => Ok(record.remove("x").unwrap()),
        Err(error) => Err(kinds(&error)),
    }
}

fn kinds(error: &ValidationError) -> String {
    let failures = error.failures().unwrap_or_else(|| panic!("{error}"));
    let words = failures.iter().map(|failure| format!("{} {}", failure.loc, failure.kind));
    words.collect::<Vec<_>>().join(", ")
}

fn refused(schema: &Schema, json: &str) -> String {
    kinds(&schema.validate(json.as_bytes(), &Fixed).unwrap_err())
}

fn order() -> Schema {
    let line = Schema::builder("LineSchema")
        .field(Field::new("asset", TEXT))
        .field(Field::new("amount", ColumnType::Decimal { precision: 38, scale: 18 }))
        .build()
        .unwrap();
    Schema::builder("OrderSchema")
        .field(Field::new("id", ColumnType::BigInt).access(Access::ReadOnly))
        .field(Field::new("usid", ColumnType::Text { max: Some(32) }))
        .field(Field::new("order_type", order_type()).default(FieldDefault::Constant(Value::Int(0))))
        .field(Field::new("created_at", ColumnType::Timestamp).default(FieldDefault::AppGenerated(ValueGenerator::Now)))
        .field(Field::new("memo", ColumnType::Text { max: Some(4) }).optional())
        .field(Field::with_type("lines", FieldType::List(Box::new(FieldType::Nested(Arc::new(line))))).optional())
        .field(Field::with_type("tags/~", FieldType::Map(Box::new(FieldType::Column(ColumnType::SmallInt)))).optional())
        .field(Field::new("secret", ColumnType::Bytes { max: Some(2) }).optional().access(Access::WriteOnly))
        .build()
        .unwrap()
}

#[test]
fn defaults_are_filled_in_and_what_was_given_is_known() {
    let record = order().validate(br#"{"memo": null, "usid": "a"}"#, &Fixed).unwrap();
    assert_eq!(record.given().collect::<Vec<_>>(), ["memo", "usid"]);
    assert_eq!(record.get("memo"), Some(&Value::Null));
    assert_eq!(record.get("lines"), None);
    assert_eq!(record.get("order_type"), Some(&Value::from("OPEN")));
    assert_eq!(record.get("created_at"), Some(&Value::Timestamp(Fixed.now())));
}

#[test]
fn every_failure_comes_at_once_in_the_order_of_the_text() {
    let text = r#"{"memo": "too long", "x": {"a": [1]}, "id": 1, "order_type": "NEW", "order_type": 0,
        "lines": [{"asset": "BTC", "amount": "1"}, {"asset": true}, null, []],
        "tags/~": {"a": 1, "b/c": 1e9, "a": 1, "d": "one"}, "secret": "AAAA"}"#;
    assert_eq!(
        refused(&order(), text),
        "/memo too_long, /x unknown_field, /id read_only, /order_type not_a_label, /order_type duplicate_field, \
         /lines/1/asset wrong_type, /lines/1/amount missing, /lines/2 null_not_allowed, /lines/3 wrong_type, \
         /tags~1~0/b~1c out_of_range, /tags~1~0/a duplicate_field, /tags~1~0/d wrong_type, \
         /secret too_long, /usid missing"
    );
}

#[test]
fn a_failure_has_a_message_and_an_sqlstate() {
    let error = order().validate(br#"{"usid": true, "order_type": null}"#, &Fixed).unwrap_err();
    assert_eq!(error.to_string(), "/usid: expected a string, got a boolean; /order_type: must not be null");
    let states: Vec<_> = error.failures().unwrap().iter().map(|failure| failure.kind.sqlstate()).collect();
    assert_eq!(states, ["22P02", "23502"]);
}

#[test]
fn the_body_must_be_one_object() {
    for text in ["[]", "1", "null", "\"{}\""] {
        assert_eq!(refused(&order(), text), " wrong_type", "{text}");
    }
    for text in ["", "{", "{}{}", "{\"usid\": }", "{\"usid\": nul}"] {
        assert!(matches!(order().validate(text.as_bytes(), &Fixed), Err(ValidationError::Syntax(_))), "{text}");
    }
}

#[test]
fn integers_are_read_from_their_text() {
    let small = one(ColumnType::SmallInt);
    for (text, number) in [
        ("1", 1),
        ("-0", 0),
        ("1.0", 1),
        ("1e2", 100),
        ("3200E-2", 32),
        ("-32768", -32768),
        ("0e99", 0),
        ("\"1\"", 1),
        ("\" -7\\n\"", -7),
    ] {
        assert_eq!(take(&small, text), Ok(Value::Int(number)), "{text}");
    }
    for (text, kind) in [
        ("32768", "out_of_range"),
        ("1e9", "out_of_range"),
        ("1e99999", "out_of_range"),
        ("1.5", "wrong_type"),
        ("1e-99999", "wrong_type"),
        ("99999999999999999999", "out_of_range"),
        ("\"1.0\"", "wrong_type"),
        ("\"\"", "wrong_type"),
        ("\"32768\"", "out_of_range"),
        ("true", "wrong_type"),
        ("[1]", "wrong_type"),
        ("null", "null_not_allowed"),
    ] {
        assert_eq!(take(&small, text), Err(format!("/x {kind}")), "{text}");
    }
    assert_eq!(take(&one(ColumnType::BigInt), "9223372036854775807"), Ok(Value::Int(i64::MAX)));
    assert_eq!(take(&one(ColumnType::BigInt), "\"9007199254740993\""), Ok(Value::Int(9_007_199_254_740_993)));
    assert_eq!(take(&one(ColumnType::BigInt), "9223372036854775808"), Err("/x out_of_range".into()));
}

#[test]
fn decimals_keep_every_digit() {
    let decimal = one(ColumnType::Decimal { precision: 36, scale: 18 });
    for text in ["99999999999.123456789012345678", "\"99999999999.123456789012345678\""] {
        let Ok(Value::Decimal(value)) = take(&decimal, text) else { panic!("{text}") };
        assert_eq!(value.to_string(), "99999999999.123456789012345678");
    }
    for (text, kind) in
        [("1e-19", "out_of_range"), ("1e18", "out_of_range"), ("\"\"", "wrong_type"), ("\"NaN\"", "wrong_type")]
    {
        assert_eq!(take(&decimal, text), Err(format!("/x {kind}")), "{text}");
    }
}

#[test]
fn the_other_types_take_their_spellings() {
    let time = Value::Timestamp(Fixed.now());
    for text in ["\"2014-05-10T09:20:34Z\"", "1399713634", "1399713634.0", "\"1399713634\""] {
        assert_eq!(take(&one(ColumnType::Timestamp), text), Ok(time.clone()), "{text}");
    }
    for text in ["\"tomorrow\"", "true", "\"2014-05-10T09:20:3é\""] {
        assert_eq!(take(&one(ColumnType::Timestamp), text), Err("/x wrong_type".into()), "{text}");
    }
    for (text, label) in [
        ("\"CLOSED\"", Ok("CLOSED")),
        ("-1", Ok("CLOSED")),
        ("1.0", Ok("SATISFIED")),
        ("\"1\"", Err(())),
        ("9", Err(())),
        ("1.5", Err(())),
    ] {
        let expected = label.map(Value::from).map_err(|()| "/x not_a_label".to_owned());
        assert_eq!(take(&one(order_type()), text), expected, "{text}");
    }
    assert_eq!(take(&one(ColumnType::Bytes { max: Some(2) }), "\"AP8=\""), Ok(Value::Bytes(vec![0, 255])));
    assert_eq!(take(&one(ColumnType::Bytes { max: None }), "\"AP8\""), Err("/x wrong_type".into()));
    assert_eq!(take(&one(ColumnType::Json), "{ \"a\" : [1.50, null] }"), Ok(Value::Json("{\"a\":[1.50,null]}".into())));
    assert_eq!(take(&one(ColumnType::Json), "[\"\\u0000\"]"), Err("/x nul_in_text".into()));
    assert_eq!(take(&one(ColumnType::Json), "null"), Err("/x null_not_allowed".into()));
    assert_eq!(take(&one(ColumnType::Boolean), "false"), Ok(Value::Bool(false)));
    for (texts, value) in [(["true", "T", "Yes", "on", " 1 "], true), (["false", "F", "No", "off", "0"], false)] {
        for text in texts {
            assert_eq!(take(&one(ColumnType::Boolean), &format!("\"{text}\"")), Ok(Value::Bool(value)), "{text}");
        }
    }
    for text in ["0", "\"\"", "\"o\"", "\"truth\"", "\"2\""] {
        assert_eq!(take(&one(ColumnType::Boolean), text), Err("/x wrong_type".into()), "{text}");
    }
    assert_eq!(take(&one(TEXT), "1.50e2"), Ok(Value::from("1.50e2")));
    assert_eq!(take(&one(TEXT), "true"), Err("/x wrong_type".into()));
    let stored = |written: &str| one(ColumnType::Native(crate::NativeType::declared(written).into()));
    assert_eq!(take(&stored("INTEGER"), "\"12\""), Ok(Value::Int(12)));
    assert_eq!(take(&stored("BOOLEAN"), "\"no\""), Ok(Value::Int(0)));
    assert_eq!(take(&stored("VARCHAR(5)"), "7.50"), Ok(Value::from("7.50")));
    assert_eq!(take(&stored("VARCHAR(3)"), "7.50"), Err("/x too_long".into()));
    let uuid = "0190163d-8694-739b-aea5-966c26f8ad91";
    assert_eq!(take(&one(ColumnType::Uuid), &format!("\"{uuid}\"")), Ok(Value::Uuid(uuid.parse().unwrap())));
    assert_eq!(take(&one(ColumnType::Uuid), &format!("\"{}\"", uuid.replace('-', ""))), Err("/x wrong_type".into()));
}

#[test]
fn lengths_count_code_points_and_nul_is_refused() {
    let text = with_rules(ColumnType::Text { max: Some(3) }, Rules { min_length: Some(2), ..Rules::default() });
    assert_eq!(take(&text, "\"é😀\\ud83d\\ude00\""), Ok(Value::from("é😀😀")));
    assert_eq!(take(&text, "\"é\""), Err("/x too_short".into()));
    assert_eq!(take(&text, "\"éééé\""), Err("/x too_long".into()));
    assert_eq!(take(&text, "\"a\\u0000\""), Err("/x nul_in_text".into()));
}

#[test]
fn ranges_and_patterns_hold() {
    let half = Rules {
        min: Some(Bound::exclusive(0)),
        max: Some(Bound::inclusive("1.5".parse::<Decimal>().unwrap())),
        ..Rules::default()
    };
    let decimal = with_rules(ColumnType::Decimal { precision: 5, scale: 2 }, half.clone());
    assert!(take(&decimal, "1.5").is_ok());
    assert_eq!(take(&decimal, "\"0.00\""), Err("/x too_small".into()));
    assert_eq!(take(&decimal, "1.51"), Err("/x too_large".into()));
    assert_eq!(take(&with_rules(ColumnType::Integer, half), "2"), Err("/x too_large".into()));

    let pattern = Rules { pattern: Some("^[a-z]+$".into()), max_length: Some(3), ..Rules::default() };
    assert!(take(&with_rules(TEXT, pattern.clone()), "\"abc\"").is_ok());
    assert_eq!(take(&with_rules(TEXT, pattern), "\"ABCD\""), Err("/x too_long, /x pattern_mismatch".into()));
}

#[test]
fn many_have_pointers_with_numbers_and_a_limit() {
    let schema = one(ColumnType::Integer);
    let many = |text: &str| schema.validate_many(text.as_bytes(), &Fixed, 3);
    assert_eq!(many("[{\"x\":1},{\"x\":2}]").unwrap().len(), 2);
    assert_eq!(many(" {\"x\":1}").unwrap().len(), 1);
    assert!(many("[]").unwrap().is_empty());
    assert_eq!(kinds(&many("[{\"x\":1},{},5]").unwrap_err()), "/1/x missing, /2 wrong_type");
    assert_eq!(kinds(&many("{}").unwrap_err()), "/x missing");
    assert_eq!(kinds(&many("[{\"x\":1},{\"x\":1},{\"x\":1},{\"x\":1}]").unwrap_err()), " too_many");
    assert!(matches!(many("[{\"x\":1}"), Err(ValidationError::Syntax(_))));
}

#[test]
fn failures_are_bounded() {
    let text = format!("{{{}\"z\":1}}", "\"y\":1,".repeat(5_000));
    assert_eq!(order().validate(text.as_bytes(), &Fixed).unwrap_err().failures().unwrap().len(), 1_000);
    let map = one(FieldType::Map(Box::new(FieldType::List(Box::new(FieldType::Column(ColumnType::Integer))))));
    let text = format!("{{\"x\":{{\"{}\":[{}true]}}}}", "k".repeat(100_000), "true,".repeat(5_000));
    let error = map.validate(text.as_bytes(), &Fixed).unwrap_err();
    let failures = error.failures().unwrap();
    assert_eq!(failures.len(), 1_000);
    assert!(failures.iter().all(|failure| failure.loc.len() < 120), "names in pointers are cut");
}

#[test]
fn a_map_of_many_names_takes_time_in_proportion() {
    let map = one(FieldType::Map(Box::new(FieldType::Column(ColumnType::Integer))));
    let members: Vec<String> = (0..100_000).map(|number| format!("\"{number}\":{number}")).collect();
    let text = format!("{{\"x\":{{{}}}}}", members.join(","));
    let Value::Record(entries) = map.validate(text.as_bytes(), &Fixed).unwrap().remove("x").unwrap() else {
        panic!("a map")
    };
    assert_eq!(entries.len(), 100_000);
}

#[test]
fn unknown_fields_can_be_ignored() {
    let schema = Schema::builder("OpenSchema").parent(&one(ColumnType::Integer)).takes_unknown(true).build().unwrap();
    let record = schema.validate(br#"{"y": [{}], "x": 1}"#, &Fixed).unwrap();
    assert_eq!(record, Record::from([("x", 1i64)]));
    let child = Schema::builder("ChildSchema").parent(&schema).build().unwrap();
    assert!(child.takes_unknown());
}

#[test]
fn a_child_overrides_its_parents_in_place() {
    let a = Schema::builder("A").field(Field::new("x", TEXT)).field(Field::new("y", TEXT)).build().unwrap();
    let b =
        Schema::builder("B").field(Field::new("x", ColumnType::Integer)).field(Field::new("z", TEXT)).build().unwrap();
    let child = Schema::builder("C").parent(&a).parent(&b).field(Field::new("y", ColumnType::Uuid)).build().unwrap();
    let kinds: Vec<_> = child.fields().iter().map(|field| (field.name.as_str(), field.kind.clone())).collect();
    let column = FieldType::Column;
    assert_eq!(kinds, [("x", column(ColumnType::Integer)), ("y", column(ColumnType::Uuid)), ("z", column(TEXT))]);
}

#[test]
fn a_schema_that_contradicts_itself_is_not_built() {
    let error = |field: Field| Schema::builder("S").field(field).build().unwrap_err().to_string();
    let rules = |rules: Rules| Field::new("x", TEXT).rules(rules);
    let bound = |number: i64| Some(Bound::inclusive(number));
    let default = |kind, value: Value| error(Field::new("x", kind).default(FieldDefault::Constant(value)));
    assert_eq!(
        Schema::builder("S").field(Field::new("x", TEXT)).field(Field::new("x", TEXT)).build().unwrap_err().to_string(),
        "schema S has two fields named x"
    );
    assert_eq!(
        error(rules(Rules { pattern: Some("a(".into()), ..Rules::default() })),
        "schema S: x: the pattern does not compile: unclosed group"
    );
    assert!(error(rules(Rules { pattern: Some("(\\w{200}){200}".into()), ..Rules::default() })).contains("size limit"));
    assert!(error(rules(Rules { min: bound(1), ..Rules::default() })).contains("a rule for numbers"));
    assert!(
        error(rules(Rules { min_length: Some(3), max_length: Some(2), ..Rules::default() }))
            .contains("between 3 and 2")
    );
    let range = Rules { min: bound(2), max: bound(1), ..Rules::default() };
    assert!(error(Field::new("x", ColumnType::Integer).rules(range)).contains("between 2 and 1"));
    assert!(
        error(Field::new("x", ColumnType::Integer).rules(Rules { max_length: Some(1), ..Rules::default() }))
            .contains("a length")
    );
    assert!(default(ColumnType::Integer, "a".into()).contains("the default: expected integer, got text"));
    assert!(default(ColumnType::Text { max: Some(1) }, "ab".into()).contains("at most 1 characters"));
    assert!(default(TEXT, Value::Null).contains("must not be null"));
    assert!(
        error(Field::new("x", ColumnType::Uuid).default(FieldDefault::AppGenerated(ValueGenerator::Now)))
            .contains("the generator now")
    );
    let same_column = Field { column: Some("x".into()), ..Field::new("y", TEXT) };
    assert!(Schema::builder("S").field(Field::new("x", TEXT)).field(same_column).build().is_err());
}

#[test]
fn records_obey_the_same_rules() {
    let schema = order();
    let mut given = Record::from([("usid", Value::from("a")), ("order_type", Value::Int(-1))]);
    given.fill("id", 5i64);
    let record = schema.validate_record(given.clone(), &Fixed).unwrap();
    assert_eq!(record.get("order_type"), Some(&Value::from("CLOSED")));
    assert_eq!(record.get("created_at"), Some(&Value::Timestamp(Fixed.now())));
    assert_eq!(record.given().collect::<Vec<_>>(), ["usid", "order_type"]);

    given.set("id", 5i64);
    given.set("memo", "too long");
    given.set("y", 1i64);
    given.set("usid", Value::Null);
    given.set("lines", Value::List(vec![Value::Record(Record::from([("asset", "BTC")])), Value::Int(1)]));
    given.set("tags/~", Value::Record(Record::from([("a", 1i64), ("b", 100_000)])));
    assert_eq!(
        kinds(&schema.validate_record(given, &Fixed).unwrap_err()),
        "/usid null_not_allowed, /id read_only, /memo too_long, /y unknown_field, /lines/0/amount missing, \
         /lines/1 wrong_type, /tags~1~0/b out_of_range"
    );
}

#[test]
fn constructing_only_fills_in() {
    let record = order().construct(Record::from([("memo", "far too long")]), &Fixed);
    assert_eq!(record.get("memo"), Some(&Value::from("far too long")));
    assert_eq!(record.get("order_type"), Some(&Value::from("OPEN")));
    assert_eq!(record.given().collect::<Vec<_>>(), ["memo"]);
}

#[test]
fn files_are_json_or_yaml_by_their_ending() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        order().validate_file(path, &Fixed)
    };
    let json = write("a.json", r#"{"usid": "a", "lines": [{"asset": "BTC", "amount": 0.10}]}"#).unwrap();
    for name in ["a.yaml", "a.YML"] {
        let yaml = write(name, "usid: a\nlines:\n  - asset: BTC\n    amount: 0.10\n").unwrap();
        assert_eq!(yaml, json);
    }
    assert!(matches!(write("a.txt", "usid: a"), Err(ValidationError::Syntax(_))));
    assert_eq!(kinds(&write("b.yaml", "usid: [1]\nusid: a\n").unwrap_err()), "/usid wrong_type, /usid duplicate_field");
    let absent = order().validate_file(directory.path().join("absent"), &Fixed).unwrap_err();
    assert!(matches!(absent, ValidationError::Io(_)));
}

fn table() -> Table {
    let mut table = Table::new("crypto_addresses");
    table.comment = Some("Addresses.".into());
    let rules = Rules { min_length: Some(2), ..Rules::default() };
    table.columns = vec![
        Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity).access(Access::ReadOnly),
        Column::new("number", ColumnType::BigInt).default(ColumnDefault::Identity),
        Column { rules, comment: Some("The name.".into()), ..Column::new("label", ColumnType::Text { max: Some(50) }) },
        Column::new("slug", TEXT).default(ColumnDefault::AppGenerated(ValueGenerator::Slug)),
        Column::new("is_default", ColumnType::Boolean).default(ColumnDefault::Constant(false.into())),
        Column::new("key", ColumnType::Bytes { max: None }).nullable().access(Access::WriteOnly),
        Column::new("version", ColumnType::Integer).access(Access::ReadOnly),
    ];
    table
}

#[test]
fn a_table_makes_a_schema() {
    let schema = Schema::from_table(&table(), FromTable::default()).unwrap();
    assert_eq!((schema.name(), schema.comment()), ("CryptoAddressesSchema", Some("Addresses.")));
    let required: Vec<_> = schema.fields().iter().filter(|field| field.required).map(|field| &field.name).collect();
    assert_eq!(required, ["label"]);
    assert_eq!(schema.field("label").unwrap().comment.as_deref(), Some("The name."));
    assert_eq!(
        refused(&schema, r#"{"id": 1, "number": 1, "label": "x", "key": null}"#),
        "/id read_only, /label too_short"
    );
    let record = schema.validate(br#"{"label": "xy"}"#, &Fixed).unwrap();
    assert_eq!(record.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["label", "slug", "is_default"]);
}

#[test]
fn a_schema_from_a_table_takes_options() {
    let options = FromTable {
        name: Some("lower_name".into()),
        parents: vec![one(ColumnType::Integer)],
        defaults: BTreeMap::from([
            ("label".into(), FieldDefault::Constant("none".into())),
            ("absent".into(), FieldDefault::Constant("ignored".into())),
        ]),
        rename: BTreeMap::from([("is_default".into(), "default".into()), ("key".into(), "secret".into())]),
        ..FromTable::default()
    };
    let schema = Schema::from_table(&table(), options.clone()).unwrap();
    assert_eq!(schema.name(), "lower_name");
    assert_eq!(schema.fields()[0].name, "x");
    let record = schema.validate(br#"{"x": 1, "default": true, "secret": "AAAA"}"#, &Fixed).unwrap();
    assert_eq!(record.get("label"), Some(&Value::from("none")));
    let columns = schema.to_columns(record);
    assert_eq!(columns.get("is_default"), Some(&Value::Bool(true)));
    assert_eq!(columns.given().collect::<Vec<_>>(), ["x", "is_default", "key"]);
    let answer = schema.from_row(columns);
    assert_eq!(answer.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["x", "label", "slug", "default"]);

    let partial = Schema::from_table(&table(), FromTable { partial: true, ..options }).unwrap();
    assert!(partial.validate(b"{}", &Fixed).unwrap().is_empty());
    assert_eq!(refused(&partial, r#"{"label": null, "id": 5}"#), "/label null_not_allowed, /id read_only");
}

#[test]
fn copies_keep_the_rules_of_their_fields() {
    let pattern = Rules { pattern: Some("^a".into()), ..Rules::default() };
    let schema =
        Schema::builder("S").field(Field::new("n", TEXT)).field(Field::new("x", TEXT).rules(pattern)).build().unwrap();
    assert_eq!(take(&schema.only("T", &["x"]), "\"b\""), Err("/x pattern_mismatch".into()));
    assert_eq!(schema.without("T", &["n"]), schema.only("T", &["x"]));
}
