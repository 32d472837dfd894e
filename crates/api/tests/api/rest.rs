//! What the data plane does with requests that are right.

use axum::http::{Request, StatusCode};
use mwallet_testkit::{TestDb, both_engines};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{app, fetch, get, post, post_returning, send, serve};

fn order(memo: &str) -> String {
    json!({"usid": "ada", "start": "2024-05-01T12:00:00Z", "memo": memo}).to_string()
}

#[both_engines]
async fn a_row_is_created_and_read_back(db: TestDb) {
    let app = app(&db).await;
    let created = post_returning(&app, "/rest/v1/orders", order("é \"quoted\"")).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text);
    assert_eq!(created.header("location"), Some("/rest/v1/orders/1"));
    assert_eq!(created.header("content-type"), Some("application/json"));
    let row = created.json()[0].clone();
    assert_eq!(row["memo"], "é \"quoted\"");
    assert_eq!(row["asset"], "BITCOIN");
    assert_eq!(row["start"], "2024-05-01T12:00:00+00:00");
    assert_eq!(row["version"], 1);

    let (slug, uuid) = (row["slug"].as_str().unwrap(), row["uuid"].as_str().unwrap());
    for identifier in ["1", slug, uuid] {
        let found = get(&app, &format!("/rest/v1/orders/{identifier}")).await;
        assert_eq!((found.status, found.json()), (StatusCode::OK, row.clone()), "{identifier}");
    }
}

#[both_engines]
async fn filters_join(db: TestDb) {
    let app = app(&db).await;
    for memo in ["a b", "a+b", "a.b,c", ""] {
        assert_eq!(post(&app, "/rest/v1/orders", order(memo)).await.status, StatusCode::CREATED);
    }
    let memos = async |query: &str| {
        let answer = get(&app, &format!("/rest/v1/orders{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let rows = answer.json();
        let memos = rows.as_array().unwrap().iter().map(|row| row["memo"].as_str().unwrap().to_owned());
        let mut memos: Vec<String> = memos.collect();
        memos.sort();
        memos
    };
    assert_eq!(memos("").await, ["", "a b", "a+b", "a.b,c"]);
    assert_eq!(memos("?memo=eq.a+b").await, ["a b"]);
    assert_eq!(memos("?memo=eq.a%20b").await, ["a b"]);
    assert_eq!(memos("?memo=eq.a%2Bb").await, ["a+b"]);
    assert_eq!(memos("?memo=eq.a.b,c&asset=eq.BITCOIN").await, ["a.b,c"]);
    assert_eq!(memos("?memo=eq.").await, [""]);
    assert_eq!(memos("?id=eq.1&memo=eq.a%2Bb").await, Vec::<String>::new());
    assert_eq!(get(&app, "/rest/v1/orders?usid=eq.nobody").await.text, "[]");
    assert_eq!(get(&app, "/rest/v1/orders/1?memo=eq.a+b").await.status, StatusCode::OK);
    assert_eq!(get(&app, "/rest/v1/orders/1?memo=eq.other").await.status, StatusCode::NOT_FOUND);
}

#[both_engines]
async fn decimals_keep_their_digits(db: TestDb) {
    let app = app(&db).await;
    let body = r#"{"address": "1x", "network": "bitcoin", "address_balance": 99999999999.123456789012345678}"#;
    let created = post(&app, "/rest/v1/crypto_addresses", body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text);
    let found = get(&app, "/rest/v1/crypto_addresses?address_balance=eq.99999999999.123456789012345678").await;
    assert_eq!(found.json()[0]["address_balance"], "99999999999.123456789012345678");
}

#[both_engines]
async fn secrets_are_taken_and_never_answered(db: TestDb) {
    let app = app(&db).await;
    let body = json!({
        "usid": "ada", "address": "1x", "network": "bitcoin", "address_balance": "1",
        "account_number": "1", "account_key": "c2VjcmV0",
    });
    let created = post_returning(&app, "/rest/v1/user_addresses", body.to_string()).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text);
    assert_eq!(created.json()[0].get("account_key"), None);
    assert_eq!(get(&app, "/rest/v1/user_addresses/1").await.json().get("account_key"), None);
    let asked = get(&app, "/rest/v1/user_addresses?account_key=eq.c2VjcmV0").await;
    assert_eq!((asked.status, &asked.json()["code"]), (StatusCode::BAD_REQUEST, &json!("42703")));
    assert!(!asked.json()["hint"].as_str().unwrap().contains("account_key"));
}

#[both_engines]
async fn a_row_is_created_at_one_time(db: TestDb) {
    let app = app(&db).await;
    for _ in 0..20 {
        let created = post_returning(&app, "/rest/v1/orders", order("at once")).await.json();
        assert_eq!(created[0]["created_at"], created[0]["updated_at"]);
    }
}

#[both_engines]
async fn a_body_that_says_it_is_too_large_is_not_waited_for(db: TestDb) {
    let mut socket = TcpStream::connect(serve(app(&db).await).await).await.unwrap();
    let head = "POST /rest/v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
        Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n";
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    socket.read_exact(&mut status).await.unwrap();
    assert_eq!(std::str::from_utf8(&status), Ok("HTTP/1.1 413"));
}

#[both_engines]
async fn a_real_server_answers(db: TestDb) {
    let app = app(&db).await;
    post(&app, "/rest/v1/orders", order("over the wire")).await;
    let address = serve(app).await;
    let answer = fetch(address, "/rest/v1/orders").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    assert_eq!(serde_json::from_str::<Value>(body).unwrap()[0]["memo"], "over the wire");
}

#[tokio::test]
async fn a_server_without_login_answers_to_its_own_machine_only() {
    let engine = mwallet_db::Engine::mock(mwallet_db::Dialect::Sqlite);
    let state = mwallet_api::AppState::new(engine, mwallet_api::ExposedTables::new([]).unwrap());
    let app = mwallet_api::App::new(state.hosts(mwallet_api::Hosts::default()));
    let ask = async |host: &str| {
        let request = Request::get("/livez").header("host", host).body(axum::body::Body::empty()).unwrap();
        send(&app, request).await.status
    };
    assert_eq!(ask("localhost:8080").await, StatusCode::OK);
    assert_eq!(ask("evil.example:8080").await, StatusCode::FORBIDDEN);
}
