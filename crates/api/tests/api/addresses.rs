//! Addresses that are nearly right: a table whose name is mistyped, and a slash at the end.

use axum::body::Body;
use axum::http::Request;
use mwallet_api::{App, AppState, ExposedTables, Limits};
use mwallet_db::schema::Table;
use mwallet_db::{Dialect, Engine};
use mwallet_testkit::{TestDb, both_engines};
use serde_json::Value;

use crate::support::{Answer, app, get, send, state};

#[both_engines]
async fn an_unknown_table_suggests_the_nearest(db: TestDb) {
    let app = app(&db).await;
    for (path, meant) in [
        ("/rest/v1/ordres", Some("orders")),
        ("/rest/v1/Orders/7", Some("orders")),
        ("/rest/v1/user%20groups?user_id=eq.1", Some("user_groups")),
        ("/rest/v1/assets2", Some("assets")),
        ("/rest/v1/invoices", None),
        ("/rest/v1/_mwallet_migrations", None),
    ] {
        let answer = get(&app, path).await;
        let hint = meant.map(|name| format!("Perhaps you meant the table 'public.{name}'"));
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (404, &"PGRST205".into()), "{path}");
        assert_eq!(answer.json()["hint"], Value::from(hint), "{path}");
    }
    // Whatever the method, and however long the name.
    for method in ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
        let request = Request::builder().method(method).uri("/rest/v1/ordres").body(Body::empty()).unwrap();
        assert_eq!(send(&app, request).await.status, 404, "{method}");
    }
    let long = get(&app, &format!("/rest/v1/{}", "orders".repeat(5_000))).await;
    assert_eq!((long.status.as_u16(), &long.json()["hint"]), (404, &Value::Null));
}

#[both_engines]
async fn only_tables_that_are_served_are_suggested(db: TestDb) {
    let tables: Vec<&Table> = mwallet_models::tables().into_iter().filter(|table| table.name != "orders").collect();
    db.engine.create_all(&mwallet_models::tables()).await.unwrap();
    let app = App::new(AppState::new(db.engine.clone(), ExposedTables::new(tables).unwrap()));
    let answer = get(&app, "/rest/v1/orders").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["hint"]), (404, &Value::Null));
}

#[both_engines]
async fn a_slash_at_the_end_of_a_table_leads_to_the_table(db: TestDb) {
    let app = app(&db).await;
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
        for (path, address) in [
            ("/rest/v1/orders/", "/rest/v1/orders"),
            ("/rest/v1/orders/?id=eq.1&memo=like.%2F*/", "/rest/v1/orders?id=eq.1&memo=like.%2F*/"),
            ("/rest/v1/%6frders/?", "/rest/v1/%6frders"),
            ("http://evil.example/rest/v1/orders/", "/rest/v1/orders"),
        ] {
            let answer = send_to(&app, method, path).await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (308, Some(address)), "{method} {path}");
            assert_eq!(answer.text, "");
        }
    }
    assert_eq!(get(&app, "/rest/v1/ordres/").await.json()["hint"], "Perhaps you meant the table 'public.orders'");
    for path in [
        "//evil.example/",
        "/rest/v1//evil.example/",
        "/rest/v1/orders//",
        "/rest/v1/orders/1/",
        "//evil.example/rest/v1/orders/",
        "/rest/v1/%2F%2Fevil.example/",
        "/rest/v1/%5Cevil.example/",
        "/livez/",
    ] {
        let answer = send_to(&app, "GET", path).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (404, None), "{path}");
    }
}

#[both_engines]
async fn an_identifier_that_is_missing_means_no_row(db: TestDb) {
    let limits = Limits { allow_unfiltered: true, ..Limits::default() };
    let app = App::new(state(&db).await.limits(limits));
    for method in ["PATCH", "DELETE"] {
        for path in ["/rest/v1/orders/", "/rest/v1/orders/?"] {
            assert_eq!(send_to(&app, method, path).await.status, 404, "{method} {path}");
        }
        assert_eq!(send_to(&app, method, "/rest/v1/orders/?id=eq.1").await.status, 308);
    }
    assert_eq!(send_to(&app, "GET", "/rest/v1/orders/").await.status, 308);
}

/// Sends a request without a body.
async fn send_to(app: &App, method: &str, uri: &str) -> Answer {
    send(app, Request::builder().method(method).uri(uri).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_slash_at_the_end_of_the_page_leads_to_the_page() {
    let app =
        App::new(AppState::new(Engine::mock(Dialect::Sqlite), ExposedTables::new(mwallet_models::tables()).unwrap()));
    for (path, address) in [("/docs/", "/docs"), ("/docs/?a=b", "/docs?a=b")] {
        let answer = get(&app, path).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (308, Some(address)), "{path}");
    }
}
