//! How long the lists of a request may be, and how long an error may be that is about them. What keeps within the
//! bounds runs on both engines.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use mwallet_api::{App, AppState, ExposedTables};
use mwallet_db::EngineOptions;
use mwallet_db::schema::{Column, ColumnType, Table};
use mwallet_testkit::{TestDb, both_engines};
use serde_json::{Value, json};

use crate::support::{Answer, app, exchange, get, post, readable, write};

/// So many of these, with commas between them.
fn list(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(",")
}

fn expect(answer: &Answer, bound: &str) {
    let problem = answer.json();
    assert_eq!((answer.status.as_u16(), &problem["code"]), (400, &json!("54001")), "{}", answer.text);
    assert!(problem["message"].as_str().unwrap().contains(bound), "{problem}");
}

/// A table with so many columns beside its key, as a server has it.
async fn wide(db: &TestDb, columns: usize) -> App {
    let mut table = Table::new("wide");
    table.columns.push(Column::new("id", ColumnType::BigInt));
    table.primary_key = vec!["id".into()];
    for number in 0..columns {
        let mut column = Column::new(format!("c{number}"), ColumnType::BigInt);
        column.nullable = true;
        table.columns.push(column);
    }
    db.engine.create_all(&[&table]).await.unwrap();
    App::new(AppState::new(db.engine.clone(), ExposedTables::new([&table]).unwrap()))
}

#[both_engines]
async fn chosen_columns_are_bounded(db: TestDb) {
    let app = app(&db).await;
    let made = post(&app, "/rest/v1/orders", r#"{"usid": "ada", "start": 0}"#).await;
    assert_eq!(made.status, 201);
    let select = |count| format!("/rest/v1/orders?select={}", list(count, |number| format!("a{number}:usid")));
    let row = get(&app, &select(200)).await;
    assert_eq!((row.status.as_u16(), row.json()[0].as_object().map(|row| row.len())), (200, Some(200)));
    for count in [201, 6_000] {
        expect(&get(&app, &select(count)).await, "select: at most 200 columns");
    }
    let columns = list(201, |_| "usid".into());
    expect(&post(&app, &format!("/rest/v1/orders?columns={columns}"), "{}").await, "columns: at most 200 columns");
    let keys = list(65, |_| "slug".into());
    expect(&post(&app, &format!("/rest/v1/orders?on_conflict={keys}"), "{}").await, "on_conflict: at most 64 columns");
}

#[both_engines]
async fn orders_are_bounded(db: TestDb) {
    let app = app(&db).await;
    let order = |count| format!("/rest/v1/orders?order={}", list(count, |_| "memo.desc.nullslast".into()));
    assert_eq!(get(&app, &order(64)).await.text, "[]");
    expect(&get(&app, &order(65)).await, "order: at most 64 columns");
    expect(
        &get(&app, &format!("/rest/v1/orders?order={}", list(6_000, |_| "id".into()))).await,
        "order: at most 64 columns",
    );
}

#[both_engines]
async fn a_wide_table_is_answered_at_the_bound(db: TestDb) {
    let app = wide(&db, 999).await;
    let select = list(1_600, |number| format!("a{number}:c{}", number % 900));
    // None of these is chosen, so each is one more for the database.
    let order = list(64, |number| format!("c{}", 935 + number));
    for page in ["", "&limit=5", "&limit=5&offset=0", "&offset=1"] {
        let rows = get(&app, &format!("/rest/v1/wide?select={select}&order={order}{page}")).await;
        assert_eq!((rows.status.as_u16(), rows.text.as_str()), (200, "[]"), "{page}");
    }
    let path = format!("/rest/v1/wide?select={select}");
    let made = write(&app, "POST", &path, "return=representation", r#"{"id": 1, "c0": 7}"#).await;
    assert_eq!((made.status.as_u16(), made.json()[0]["a900"].clone()), (201, json!(7)), "{:.300}", made.text);
    let one_more = format!("/rest/v1/wide?select={select},id");
    expect(&get(&app, &one_more).await, "at most 1600 columns");
}

#[both_engines]
async fn lists_of_values_are_bounded(db: TestDb) {
    let app = app(&db).await;
    let in_ = |count| format!("/rest/v1/orders?id=in.({})", list(count, |number| number.to_string()));
    assert_eq!(get(&app, &in_(10_000)).await.text, "[]");
    expect(&get(&app, &in_(10_001)).await, "id: at most 10000 values");
    let any = |count| format!("/rest/v1/orders?id=eq(any).{{{}}}", list(count, |number| number.to_string()));
    assert_eq!(get(&app, &any(999)).await.text, "[]");
    expect(&get(&app, &any(1_000)).await, "1000 conditions");
}

#[both_engines]
async fn conditions_are_bounded(db: TestDb) {
    let app = app(&db).await;
    for word in ["or", "and", "not.or", "not.and"] {
        let outer = usize::from(word.starts_with("not."));
        let conditions =
            |count| format!("/rest/v1/orders?{word}=({})", list(count, |number| format!("id.eq.{number}")));
        let most = get(&app, &conditions(999 - outer)).await;
        assert_eq!(most.status, 200, "{word}: {}", most.text);
        expect(&get(&app, &conditions(1_000 - outer)).await, "1000 conditions");
    }
    let same = |count| format!("/rest/v1/orders?{}", vec!["id=gt.0"; count].join("&"));
    assert_eq!(get(&app, &same(999)).await.text, "[]");
    expect(&get(&app, &same(1_000)).await, "1000 conditions");
    expect(&get(&app, &same(2_000)).await, "at most 1024 parameters");

    let deep = |levels: usize| format!("/rest/v1/orders?or=({}id.eq.1{})", "or(".repeat(levels), ")".repeat(levels));
    assert_eq!(get(&app, &deep(30)).await.text, "[]");
    expect(&get(&app, &deep(31)).await, "32 levels");
}

#[both_engines]
async fn keys_into_json_are_bounded(db: TestDb) {
    let app = app(&db).await;
    let keys = |count| format!("meta{}", "->a".repeat(count));
    for name in ["select", "order"] {
        let most = get(&app, &readable(&format!("transactions?{name}={}", keys(32)))).await;
        assert_eq!(most.status, 200, "{name}: {}", most.text);
        let path = readable(&format!("transactions?{name}={}", keys(33)));
        expect(&get(&app, &path).await, "at most 32 keys into JSON");
    }
    expect(&get(&app, &readable(&format!("transactions?{}=eq.1", keys(5_000)))).await, "at most 32 keys into JSON");
    let path = vec!["a"; 33];
    let document = json!({"select": [{"column": "meta", "path": path}]}).to_string();
    expect(&post(&app, "/v1/query/transactions", document).await, "at most 32 keys into JSON");
    // Each is within its bound, but together they are more values than the engines bind.
    let field = |number: usize| json!({"column": "meta", "path": vec!["a"; 32], "alias": format!("a{number}")});
    let condition = json!({"column": "meta", "path": vec!["a"; 32], "op": "eq", "value": 1});
    let document = json!({"select": (0..200).map(field).collect::<Vec<_>>(), "where": [{"or": vec![condition; 900]}]});
    expect(&post(&app, "/v1/query/transactions", document.to_string()).await, "1000 conditions");
    assert_eq!(get(&app, "/rest/v1/transactions?limit=1").await.status, 200);
}

#[both_engines]
async fn an_error_repeats_little_of_what_it_is_about(db: TestDb) {
    let app = app(&db).await;
    let long = "\u{e9}".repeat(10_000);
    let encoded = "%C3%A9".repeat(5_000);
    let row = |name: &str| json!({"usid": "ada", "start": 0, name: 1}).to_string();
    let request = |method: &str, path: &str, header: (&str, &str), body: String| {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let request = request.header(header.0, header.1.as_bytes());
        request.body(Body::from(body)).unwrap()
    };
    let none = ("x-client-info", "test");
    let word = "x".repeat(10_000);
    for (method, path, header, body) in [
        ("GET", format!("/rest/v1/{encoded}"), none, String::new()),
        ("GET", format!("/{encoded}"), none, String::new()),
        ("GET", format!("/rest/v1/orders?{encoded}=eq.1"), none, String::new()),
        ("GET", format!("/rest/v1/orders?select={encoded}"), none, String::new()),
        ("GET", format!("/rest/v1/orders?select={encoded}:id,{encoded}:memo"), none, String::new()),
        ("GET", format!("/rest/v1/orders?order={encoded}"), none, String::new()),
        ("GET", format!("/rest/v1/orders?or=({encoded}.eq.1)"), none, String::new()),
        ("GET", format!("/rest/v1/orders?id=eq.{encoded}"), none, String::new()),
        ("GET", format!("/rest/v1/orders?id={encoded}"), none, String::new()),
        ("GET", format!("/rest/v1/orders?start=eq.{encoded}"), none, String::new()),
        ("GET", format!("/rest/v1/orders?asset=in.({encoded})"), none, String::new()),
        ("GET", "/rest/v1/orders".into(), ("accept", &word), String::new()),
        ("GET", "/rest/v1/orders".into(), ("prefer", &format!("handling=strict,{word}")), String::new()),
        (&word[..200], "/rest/v1/orders".into(), none, String::new()),
        ("POST", format!("/rest/v1/orders?columns={encoded}"), none, "{}".into()),
        (
            "POST",
            format!("/rest/v1/orders?on_conflict={encoded}"),
            ("prefer", "resolution=merge-duplicates"),
            row("memo"),
        ),
        ("POST", "/rest/v1/orders".into(), ("content-encoding", &word), "{}".into()),
        ("POST", "/rest/v1/orders".into(), none, row(&long)),
        ("POST", "/rest/v1/orders".into(), none, json!({"usid": "ada", "start": 0, "asset": long}).to_string()),
        ("POST", "/rest/v1/orders".into(), none, json!({"usid": "ada", "start": long}).to_string()),
        ("POST", "/rest/v1/orders".into(), none, format!("{{{long}")),
        ("PUT", format!("/rest/v1/orders/{encoded}"), none, row("memo")),
    ] {
        let told = format!("{method:.10} {path:.60} {:.10}", header.0);
        let answer = exchange(&app, request(method, &path, header, body)).await;
        assert!(answer.status.is_client_error(), "{told}: {}", answer.status);
        assert!(answer.text.chars().count() < 1_500, "{told}: {:.2000}", answer.text);
        assert!(answer.json()["message"].is_string());
    }
    let untyped = Request::post("/rest/v1/orders").header("content-type", &word).body(Body::empty()).unwrap();
    assert!(exchange(&app, untyped).await.text.len() < 1_000);
    // What is short is told whole, and what is cut says so.
    let unknown = exchange(&app, request("GET", &format!("/rest/v1/{encoded}"), none, String::new())).await.json();
    let expected: Value = format!("there is no table {}…", "\u{e9}".repeat(100)).into();
    assert_eq!(unknown["message"], expected);
}

#[both_engines]
async fn a_hint_does_not_list_a_thousand_columns(db: TestDb) {
    let app = wide(&db, 999).await;
    let answer = get(&app, "/rest/v1/wide?select=nothing").await;
    let hint = answer.json()["hint"].as_str().unwrap().to_owned();
    assert!(hint.starts_with("the columns are id, c0, c1, ") && hint.ends_with('…') && hint.len() < 1_010, "{hint}");
}

/// Patterns that take a matcher that goes back for ever, each with a text that nearly matches.
#[both_engines]
async fn patterns_take_no_more_than_the_time_of_a_statement(db: TestDb) {
    let engine =
        db.engine_with(EngineOptions { statement_timeout: Duration::from_secs(2), ..EngineOptions::default() });
    let tables = mwallet_models::tables();
    engine.create_all(&tables).await.unwrap();
    let app = App::new(AppState::new(engine, ExposedTables::new(tables).unwrap()));
    let text = "a".repeat(100);
    let row = json!({ "usid": "ada", "start": 0, "memo": text });
    assert_eq!(post(&app, "/rest/v1/orders", row.to_string()).await.status, 201);
    let wildcards = "%25a".repeat(40) + "b";
    let nested = "^".to_owned() + &"(a%3F)".repeat(40) + &"a".repeat(41) + "b$";
    for (operator, pattern) in [
        ("like", wildcards.as_str()),
        ("ilike", &wildcards),
        ("not.like", &wildcards),
        ("match", "^(a%2B)%2B$b"),
        ("match", "^(a|a)*b$"),
        ("match", "((a{0,50}){0,50}){0,20}b"),
        ("match", "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)[^a]$"),
        ("match", &nested),
        ("imatch", &nested),
        ("imatch", "^(A%2B)%2B$b"),
        // Only PostgreSQL has back references.
        ("match", "^(a%2B)%2B(a%2B)%2B%5C1%5C2b$"),
    ] {
        for operation in [format!("{operator}.{pattern}"), format!("{operator}(any).%7Bb,%22{pattern}%22%7D")] {
            let begin = std::time::Instant::now();
            let answer = get(&app, &format!("/rest/v1/orders?select=id&memo={operation}")).await;
            let took = begin.elapsed();
            assert!(took < Duration::from_secs(8), "{operation}: {took:?}");
            // It is answered, refused, or given up, but never half answered.
            assert!(
                [200, 400, 504].contains(&answer.status.as_u16()),
                "{operation}: {} {}",
                answer.status,
                answer.text
            );
            let begin = std::time::Instant::now();
            assert_eq!(get(&app, "/rest/v1/orders?select=id&id=eq.1").await.text, r#"[{"id":1}]"#, "{operation}");
            assert!(begin.elapsed() < Duration::from_secs(2), "{operation} keeps others waiting");
        }
    }
}
