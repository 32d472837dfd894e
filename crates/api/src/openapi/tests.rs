//! Documents of tables that nobody would make on purpose: names with every sign, columns named as parameters, no key.

use std::collections::HashSet;
use std::sync::Arc;

use mwallet_db::schema::{Access, Bound, Column, ColumnType, EnumLabel, EnumType, Rules, Table};
use serde_json::{Value, json};

use super::Document;

fn text(name: &str) -> Column {
    Column::new(name, ColumnType::Text { max: Some(40) })
}

/// A table with a key of these columns.
fn table(name: &str, key: &[&str], columns: Vec<Column>) -> Table {
    Table { columns, primary_key: key.iter().map(|name| (*name).into()).collect(), ..Table::new(name) }
}

fn number(name: &str) -> Column {
    Column::new(name, ColumnType::BigInt)
}

fn odd_tables() -> Vec<Table> {
    let label = |name: &str, code| EnumLabel::new(name, code);
    let labels = vec![label("UP", 1), label("DOWN", -1)];
    let way = ColumnType::Enum(Arc::new(EnumType { name: "Way".into(), labels }));
    let ruled = |column: Column, rules: Rules| Column { rules, ..column };
    let limits = |min: i64, max: i64| Rules {
        min: Some(Bound::exclusive(min)),
        max: Some(Bound::inclusive(max)),
        ..Rules::default()
    };
    vec![
        table("old orders", &["id"], vec![number("id"), text("old, \"name\".x"), Column::new("way", way)]),
        table("words", &["limit"], vec![number("limit"), text("select"), text("or").nullable()]),
        table("pairs", &["a", "b"], vec![number("a"), number("b")]),
        table("log", &[], vec![text("line")]),
        table(
            "Problem",
            &["id"],
            vec![
                number("id").access(Access::ReadOnly),
                text("secret").access(Access::WriteOnly),
                text("limit").access(Access::WriteOnly),
                ruled(Column::new("small", ColumnType::SmallInt), limits(40, 41)),
                ruled(Column::new("rate", ColumnType::Decimal { precision: 6, scale: 2 }), limits(7, 9)),
                ruled(text("code"), Rules { pattern: Some("^[A-Z]{3}$".into()), ..Rules::default() }),
                ruled(text("long"), Rules { min_length: Some(30), ..Rules::default() }),
                Column::new("data", ColumnType::Bytes { max: Some(3) }),
                Column::new("at", ColumnType::Timestamp),
                Column::new("any", ColumnType::Json),
            ],
        ),
        table("a/{b}~c", &["ü"], vec![text("ü")]),
        table(
            "unguessable",
            &["id"],
            vec![
                number("id"),
                ruled(text("riddle"), Rules { pattern: Some("^q[0-9]{7}z$".into()), ..Rules::default() }),
            ],
        ),
        table("server", &["id"], vec![number("id")]),
    ]
}

fn document(tables: &[Table]) -> Value {
    Document::new(tables).json().unwrap()
}

/// Every value of a document with its place.
fn walk<'v>(value: &'v Value, place: &str, visit: &mut impl FnMut(&str, &'v Value)) {
    visit(place, value);
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                walk(value, &format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), visit);
            }
        }
        Value::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                walk(value, &format!("{place}/{number}"), visit);
            }
        }
        _ => {}
    }
}

/// Follows references to what they name.
fn resolved<'v>(document: &'v Value, value: &'v Value) -> &'v Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => {
            let found = document.pointer(reference.strip_prefix('#').unwrap());
            resolved(document, found.unwrap_or_else(|| panic!("nothing at {reference}")))
        }
        None => value,
    }
}

/// The operations of a document with their paths and methods.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter().filter(|(method, _)| *method != "parameters");
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    operations.collect()
}

/// The parameters of an operation, by their names.
fn parameters<'d>(document: &'d Value, path: &str, method: &str) -> Vec<&'d str> {
    let listed = document["paths"][path][method]["parameters"].as_array().unwrap();
    listed.iter().map(|parameter| resolved(document, parameter)["name"].as_str().unwrap()).collect()
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document(&odd_tables());
    let mut references = 0;
    walk(&document, "", &mut |_, value| {
        if value.get("$ref").is_some_and(Value::is_string) {
            resolved(&document, value);
            references += 1;
        }
    });
    assert!(references > 100);
    assert!(!document.to_string().contains("$defs"));
}

#[test]
fn keys_and_identifiers_are_as_openapi_has_them() {
    let document = document(&odd_tables());
    for (kind, members) in document["components"].as_object().unwrap() {
        for key in members.as_object().unwrap().keys() {
            let is_right = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            assert!(!key.is_empty() && key.chars().all(is_right), "{kind}: {key}");
        }
    }
    let operations = operations(&document);
    let identifiers: HashSet<_> = operations.iter().map(|(_, _, operation)| &operation["operationId"]).collect();
    assert_eq!(identifiers.len(), operations.len());
    let tags = document["tags"].as_array().unwrap();
    let names: HashSet<_> = tags.iter().map(|tag| &tag["name"]).collect();
    assert_eq!(names.len(), tags.len());
    for (path, method, operation) in operations {
        assert!(operation["summary"].is_string() && operation["tags"][0].is_string(), "{method} {path}");
        let listed = operation["parameters"].as_array().into_iter().flatten();
        let places: Vec<_> = listed.map(|parameter| resolved(&document, parameter)).collect();
        let different: HashSet<_> =
            places.iter().map(|parameter| format!("{} {}", parameter["in"], parameter["name"])).collect();
        assert_eq!(different.len(), places.len(), "{method} {path}");
    }
}

#[test]
fn examples_are_valid() {
    let document = document(&odd_tables());
    let mut checked = 0;
    walk(&document, "", &mut |place, value| {
        let Some(schema) = value.get("schema") else { return };
        let named = value.get("examples").and_then(Value::as_object).into_iter().flat_map(|examples| examples.values());
        let examples = named.map(|example| &resolved(&document, example)["value"]);
        let inner = schema.get("examples").and_then(Value::as_array).into_iter().flatten();
        for example in examples.chain(value.get("example")).chain(inner) {
            let mut root = schema.clone();
            root["components"] = document["components"].clone();
            let validator = jsonschema::options().should_validate_formats(true).build(&root).unwrap();
            if let Err(error) = validator.validate(example) {
                panic!("{place}: {example}: {error}");
            }
            checked += 1;
        }
    });
    assert!(checked > 100, "{checked}");
}

#[test]
fn what_cannot_be_guessed_has_no_example() {
    let document = document(&odd_tables());
    let examples = &document["components"]["examples"];
    assert_eq!((examples.get("unguessable.row"), examples.get("unguessable.new")), (None, None));
    assert_eq!(examples["words.rows"]["value"][0]["limit"], json!(1));
}

#[test]
fn a_column_that_is_called_as_a_word_is_named_in_quotes() {
    let document = document(&odd_tables());
    let listed = parameters(&document, "/rest/v1/words", "get");
    let words = ["and", "or", "not.and", "not.or", "select", "order", "limit", "offset", "skip"];
    let columns = ["\"limit\"", "\"select\"", "\"or\""];
    assert_eq!(listed, [&columns[..], &words, &["Prefer", "Range", "Range-Unit"]].concat());
}

#[test]
fn secrets_are_taken_and_never_asked_or_answered() {
    let document = document(&odd_tables());
    let listed = parameters(&document, "/rest/v1/Problem", "get");
    assert!(!listed.contains(&"secret"), "{listed:?}");
    // The column of that name is hidden from clients.
    let limit = &document["components"]["parameters"]["-50roblem.query.limit"];
    assert_eq!(limit["schema"]["type"], "integer");
    let schemas = &document["components"]["schemas"];
    let has = |schema: &str, column: &str| schemas[schema]["properties"].get(column).is_some();
    assert!(!has("-50roblem", "secret") && !has("-50roblem.part", "secret"));
    assert!(has("-50roblem.new", "secret") && has("-50roblem.change", "secret"));
    // What is only answered is in no body.
    assert!(has("-50roblem", "id") && !has("-50roblem.new", "id") && !has("-50roblem.change", "id"));
    assert_eq!(schemas["Problem"]["title"], "Problem");
}

#[test]
fn rows_have_paths_where_something_names_them() {
    let document = document(&odd_tables());
    let paths = document["paths"].as_object().unwrap();
    for path in ["/rest/v1/old%20orders/{identifier}", "/rest/v1/pairs/{identifier}", "/rest/v1/a%2F%7Bb%7D%7Ec"] {
        assert!(paths.contains_key(path), "{path}");
    }
    assert!(paths.contains_key("/rest/v1/log") && !paths.contains_key("/rest/v1/log/{identifier}"));
    assert!(paths["/rest/v1/log"].get("put").is_none());
    let identifier = &paths["/rest/v1/pairs/{identifier}"]["parameters"][0];
    assert_eq!(identifier["description"], "The identifier of the row: comma-separated values are the `a`, `b`.");
    assert_eq!(identifier["examples"]["key"]["value"], "1,1");
    let put = parameters(&document, "/rest/v1/pairs", "put");
    assert_eq!(put, ["a", "b", "select", "Prefer"]);
}

#[test]
fn a_server_without_tables_is_described_too() {
    let document = document(&[]);
    assert_eq!(document["tags"].as_array().unwrap().len(), 1);
    assert!(document["paths"].get("/livez").is_some());
}
