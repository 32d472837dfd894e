//! The OpenAPI document of mWallet's tables, and the page that shows it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use mwallet_api::{Document, ExposedTables};
use mwallet_db::Entity;
use mwallet_db::schema::{Access, Column, ColumnType, NativeType, Table, Transfer};
use mwallet_models::Asset;
use serde_json::Value;

use crate::support::{Answer, get, send};

fn app() -> mwallet_api::App {
    let engine = mwallet_db::Engine::mock(mwallet_db::Dialect::Sqlite);
    let tables = ExposedTables::new(mwallet_models::tables()).unwrap();
    mwallet_api::App::new(mwallet_api::AppState::new(engine, tables))
}

async fn get_as(path: &str, accept: &str) -> Answer {
    send(&app(), Request::get(path).header("accept", accept).body(Body::empty()).unwrap()).await
}

/// A document of one table.
fn document(table: &Table) -> Value {
    Document::new([table]).json().unwrap()
}

/// Parts of a document as people can read a change of them. A part of which nothing is said is left out.
fn parts(document: &Value, pointers: &[&str]) -> String {
    let mut text = String::new();
    for pointer in pointers {
        text.push_str(&format!("{pointer}\n"));
        write(&mut text, document.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")), 0);
        text.push_str("\n\n");
    }
    text
}

/// A reader checks here what an entity is to clients; all other tables follow the same rules.
#[test]
fn the_document_of_an_entity() {
    let document = document(Asset::table());
    insta::assert_snapshot!(parts(
        &document,
        &[
            "/paths/~1rest~1v1~1assets",
            "/paths/~1rest~1v1~1assets~1{identifier}",
            "/components/schemas/assets",
            "/components/schemas/assets.new",
            "/components/examples/assets.row",
        ]
    ));
}

/// The same of a table that reflection finds, with what entities do not have: a composite key, native types, columns
/// that the database generates.
#[test]
fn the_document_of_a_reflected_table() {
    let column = |name: &str, kind: ColumnType| Column::new(name, kind);
    let native = |name: &str| NativeType { name: name.into(), comparison_type: None, transfer: Transfer::TextRepr };
    let mut table = Table::new("Old Stock");
    table.columns = vec![
        column("shop", ColumnType::Integer),
        column("article no.", ColumnType::Text { max: Some(12) }),
        column("price", ColumnType::Decimal { precision: 10, scale: 2 }).nullable(),
        column("limit", ColumnType::Native(Arc::new(native("int4range")))).nullable(),
        column("changed", ColumnType::Timestamp).access(Access::ReadOnly),
    ];
    table.primary_key = vec!["shop".into(), "article no.".into()];
    let document = document(&table);
    insta::assert_snapshot!(parts(
        &document,
        &[
            "/components/schemas/Old-20Stock",
            "/components/schemas/Old-20Stock.new",
            "/components/examples/Old-20Stock.row",
        ]
    ));
}

/// The answers to what goes wrong, the same for every table.
#[test]
fn the_document_of_errors() {
    let document = document(Asset::table());
    insta::assert_snapshot!(parts(&document, &["/components/schemas/Problem", "/components/responses"]));
}

/// Writes JSON so that people can read a change of it: what fits stands on one line.
fn write(out: &mut String, value: &Value, depth: usize) {
    let line = value.to_string();
    let (open, items, close): (_, Vec<(String, &Value)>, _) = match value {
        Value::Object(members) => (
            '{',
            members.iter().map(|(name, value)| (format!("{}: ", Value::from(name.as_str())), value)).collect(),
            '}',
        ),
        Value::Array(items) => ('[', items.iter().map(|value| (String::new(), value)).collect(), ']'),
        _ => return out.push_str(&line),
    };
    if 2 * depth + line.len() <= 110 {
        return out.push_str(&line);
    }
    out.push(open);
    for (number, (name, value)) in items.iter().enumerate() {
        let comma = if number > 0 { "," } else { "" };
        out.push_str(&format!("{comma}\n{}{name}", "  ".repeat(depth + 1)));
        write(out, value, depth + 1);
    }
    out.push_str(&format!("\n{}{close}", "  ".repeat(depth)));
}

#[tokio::test]
async fn the_document_is_served_in_the_type_that_is_asked_for() {
    let plain = get(&app(), "/rest/v1/").await;
    assert_eq!((plain.status.as_u16(), plain.header("content-type")), (200, Some("application/json")));
    assert_eq!(plain.header("vary"), Some("Accept, Accept-Profile"));
    assert_eq!(plain.json()["info"]["title"], "mWallet");
    assert_eq!(get(&app(), "/rest/v1").await.text, plain.text);
    let own = get_as("/rest/v1/", "application/openapi+json, application/json;q=0.5").await;
    assert_eq!(own.header("content-type"), Some("application/openapi+json"));
    assert_eq!(own.text, plain.text);
}

#[tokio::test]
async fn an_order_is_believable() {
    let document: Value = get(&app(), "/rest/v1/").await.json();
    let row = &document["components"]["examples"]["orders.row"]["value"];
    assert_eq!((&row["asset"], &row["start"]), (&"BITCOIN".into(), &"2030-01-01T00:00:00+00:00".into()));
    let new = document["components"]["examples"]["orders.new"]["value"].as_object().unwrap();
    let given: Vec<_> = new.keys().map(String::as_str).collect();
    assert_eq!(given, ["usid", "order_type", "asset", "start", "expected_end", "memo"]);
}

#[tokio::test]
async fn every_table_has_examples() {
    let document: Value = get(&app(), "/rest/v1/").await.json();
    for table in mwallet_models::tables() {
        for ending in ["row", "rows", "new", "whole", "change"] {
            let key = format!("{}.{ending}", table.name);
            assert!(document["components"]["examples"].get(&key).is_some(), "{key}");
        }
    }
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let page = get(&app(), "/docs").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe") && !policy.contains('*'),
        "{policy}"
    );
    assert!(page.text.contains("<title>mWallet API</title>"), "{}", page.text);
    assert!(!page.text.contains("//"), "{}", page.text);
    let mut files = 0;
    for reference in page.text.split('"').filter(|text| text.starts_with("/docs/")) {
        let file = get(&app(), reference).await;
        assert_eq!(file.status.as_u16(), 200, "{reference}");
        let media_type = if reference.ends_with(".js") { "text/javascript" } else { "text/css" };
        assert!(file.header("content-type").unwrap().starts_with(media_type), "{reference}");
        files += 1;
    }
    assert_eq!(files, 4);
    assert_eq!(get(&app(), "/docs/swagger-ui.txt").await.status.as_u16(), 404);
}
