//! The endpoints of mWallet over both engines.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use mwallet_api::{App, AppState, ExposedTables, Handler};
use mwallet_auth::Permissions;
use mwallet_testkit::{TestDb, both_engines};
use serde_json::{Value, json};

use super::{add_general, add_own};

/// An answer: its status, its headers and its text.
struct Answer(u16, HeaderMap, String);

async fn send(app: &App, request: Request<Body>) -> Answer {
    let (parts, body) = app.handle(request).await.into_parts();
    let bytes = to_bytes(body, 10_000_000).await.unwrap();
    Answer(parts.status.as_u16(), parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn get(app: &App, path: &str) -> Answer {
    send(app, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn create(app: &App, table: &str, rows: Value) {
    let request = Request::post(format!("/rest/v1/{table}")).header("content-type", "application/json");
    let Answer(status, _, text) = send(app, request.body(rows.to_string().into()).unwrap()).await;
    assert_eq!(status, 201, "{text}");
}

async fn state(db: &TestDb) -> AppState {
    let tables = mwallet_models::tables();
    db.engine.create_all(&tables).await.unwrap();
    AppState::new(db.engine.clone(), ExposedTables::new(tables).unwrap())
}

#[both_engines]
async fn transactions_are_found_by_network_and_period(db: TestDb) {
    let app = App::new(add_own(state(&db).await));
    let rows = json!([
        {"network": "bitcoin", "tranx_id": "a", "inputs": "[]", "outputs": "[]", "mined_at": 100},
        {"network": "bitcoin", "tranx_id": "b", "inputs": "[]", "outputs": "[]", "mined_at": 200},
        {"network": "dash", "tranx_id": "c", "inputs": "[]", "outputs": "[]", "mined_at": 300},
    ]);
    create(&app, "transactions", rows).await;
    for (query, expected) in [
        ("network=bitcoin", "ba"),
        ("network=bitcoin&start=1970-01-01T00:02:00Z", "b"),
        ("network=bitcoin&end=150", "a"),
        ("network=bitcoin&skip=1&limit=5", "a"),
        ("network=doge", ""),
    ] {
        let Answer(status, _, text) = get(&app, &format!("/v1/transactions?{query}")).await;
        assert_eq!(status, 200, "{text}");
        let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(rows.iter().map(|row| row["tranx_id"].as_str().unwrap()).collect::<String>(), expected, "{query}");
    }
    assert_eq!(get(&app, "/v1/transactions").await.0, 400);
}

#[both_engines]
async fn notices_are_found_by_user_and_period(db: TestDb) {
    let app = App::new(add_own(state(&db).await));
    create(&app, "users", json!({"rsid": "r-1", "username": "ada", "email": "ada@example.org", "slug": "ada"})).await;
    create(&app, "app_notices", json!({"title": "hello", "message": "there", "start_at": 100})).await;
    create(&app, "notice_recipients", json!({"notice_id": 1, "user_id": 1})).await;
    for user in ["ada", "r-1"] {
        let Answer(_, headers, text) = get(&app, &format!("/v1/users/{user}/notices?limit=1")).await;
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()[0]["title"], "hello");
        assert_eq!(headers["content-range"], "0-0/*");
    }
    for path in ["nobody/notices", "ada/notices?start=101", "ada/notices?skip=1"] {
        assert_eq!(get(&app, &format!("/v1/users/{path}")).await.2, "[]", "{path}");
    }
}

#[both_engines]
async fn the_diagram_is_a_picture_of_what_is_served(db: TestDb) {
    let state = add_general(state(&db).await);
    let app = App::new(state.clone());
    let Answer(status, headers, picture) = get(&app, "/diagram.svg").await;
    assert_eq!((status, &headers["content-type"]), (200, &"image/svg+xml".parse().unwrap()));
    assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    assert!(picture.starts_with("<svg "), "{picture}");
    for table in mwallet_models::tables() {
        assert!(picture.contains(&format!(">{}<", table.name)), "{}", table.name);
    }
    assert_eq!(get(&app, "/diagram.svg").await.2, picture);
    let Answer(status, headers, page) = get(&app, "/diagram").await;
    assert_eq!((status, &headers["content-type"]), (200, &"text/html; charset=utf-8".parse().unwrap()));
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'sha256-") && page.starts_with("<!DOCTYPE html>"), "{policy}");
    assert!(page.contains(">orders<"), "{page}");
    // Once other tables are served, they are what is drawn.
    let first = ExposedTables::new(mwallet_models::tables().into_iter().take(1)).unwrap();
    state.serve(first, Permissions::default());
    assert_ne!(get(&app, "/diagram.svg").await.2, picture);
}

#[tokio::test]
async fn the_document_has_them() {
    let engine = mwallet_db::Engine::mock(mwallet_db::Dialect::Sqlite);
    let state = AppState::new(engine, ExposedTables::new(mwallet_models::tables()).unwrap());
    let app = App::new(add_own(add_general(state)));
    let document: Value = serde_json::from_str(&get(&app, "/rest/v1/").await.2).unwrap();
    for path in ["/diagram", "/diagram.svg", "/v1/users/{identifier}/notices", "/v1/transactions"] {
        assert!(document["paths"][path]["get"]["summary"].is_string(), "{path}");
    }
    let links: Value = serde_json::from_str(&get(&app, "/").await.2).unwrap();
    assert_eq!(links["links"], json!({"diagram": "/diagram"}));
}
