//! What a server in production must do beside its work: health, request ids, compression, other origins.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use mwallet_api::{App, Handler, Origins, Reload};
use mwallet_db::{DatabaseUrl, Dialect, SqliteUrl};
use mwallet_testkit::{TestDb, both_engines, run};
use serde_json::json;

use crate::support::{app, exchange, get, post, send, state};

#[both_engines]
async fn health_tells_the_process_from_its_database(db: TestDb) {
    let app = app(&db).await;
    let alive = get(&app, "/livez").await;
    assert_eq!((alive.status.as_u16(), alive.text.as_str()), (200, r#"{"status":"alive"}"#));
    let ready = get(&app, "/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.text.as_str()), (200, r#"{"status":"ready"}"#));
    db.engine.close().await;
    let gone = get(&app, "/readyz").await;
    assert_eq!((gone.status.as_u16(), &gone.json()["code"]), (503, &json!("08006")));
    assert_eq!(get(&app, "/livez").await.status, 200);
}

#[both_engines]
async fn each_request_has_a_number(db: TestDb) {
    let app = app(&db).await;
    let (one, other) = (get(&app, "/rest/v1/orders").await, get(&app, "/nowhere").await);
    assert_eq!(one.header("x-request-id").unwrap().len(), 32);
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
    let request = Request::get("/rest/v1/orders").header("x-request-id", "mine-1").body(Body::empty()).unwrap();
    assert_eq!(send(&app, request).await.header("x-request-id"), Some("mine-1"));
}

#[both_engines]
async fn large_answers_are_compressed_for_who_takes_it(db: TestDb) {
    let app = app(&db).await;
    let rows: Vec<_> = (0..50).map(|n| json!({"usid": "ada", "start": n})).collect();
    post(&app, "/rest/v1/orders", json!(rows).to_string()).await;
    for encoding in ["gzip", "br"] {
        let request = Request::get("/rest/v1/orders").header("accept-encoding", encoding);
        let response = app.handle(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.headers()["content-encoding"], encoding);
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        assert!(bytes.len() < 5_000, "{encoding}: {}", bytes.len());
    }
    assert_eq!(get(&app, "/rest/v1/orders").await.header("content-encoding"), None);
    let picky = Request::get("/rest/v1/orders").header("accept-encoding", "identity;q=0, gzip;q=0");
    assert_eq!(send(&app, picky.body(Body::empty()).unwrap()).await.status, 200);
    let small = Request::get("/livez").header("accept-encoding", "gzip").body(Body::empty()).unwrap();
    assert_eq!(send(&app, small).await.header("content-encoding"), None);
}

#[both_engines]
async fn other_origins_call_only_where_they_may(db: TestDb) {
    let preflight = |origin: &str| {
        Request::options("/rest/v1/orders")
            .header("origin", origin)
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "apikey, authorization, prefer, x-client-info")
            .body(Body::empty())
            .unwrap()
    };
    let closed = send(&app(&db).await, preflight("https://desk.example")).await;
    assert_eq!(closed.header("access-control-allow-origin"), None);
    assert_eq!(closed.header("allow"), Some("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));

    let origins = Origins::These(vec![HeaderValue::from_static("https://desk.example")]);
    let some = App::new(state(&db).await.origins(origins));
    let open = send(&some, preflight("https://desk.example")).await;
    assert_eq!(open.header("access-control-allow-origin"), Some("https://desk.example"));
    assert!(open.header("access-control-allow-headers").unwrap().contains("x-client-info"));
    assert!(open.header("access-control-allow-methods").unwrap().contains("PATCH"));
    assert_eq!(send(&some, preflight("https://evil.example")).await.header("access-control-allow-origin"), None);
    let request = Request::get("/nowhere").header("origin", "https://desk.example").body(Body::empty()).unwrap();
    let missing = send(&some, request).await;
    assert_eq!(missing.header("access-control-allow-origin"), Some("https://desk.example"), "errors can be read");
    assert!(missing.header("access-control-expose-headers").unwrap().contains("content-range"));

    let any = App::new(state(&db).await.origins(Origins::Any));
    assert_eq!(send(&any, preflight("https://x.example")).await.header("access-control-allow-origin"), Some("*"));
}

#[both_engines]
async fn pages_of_other_sites_change_nothing(db: TestDb) {
    const DESK: &str = "https://desk.example";
    let reloads = Arc::new(AtomicUsize::new(0));
    let state = state(&db).await.reload(Reload::new({
        let reloads = reloads.clone();
        move || {
            reloads.fetch_add(1, Relaxed);
            async { Ok(()) }
        }
    }));
    let named = Origins::These(vec![HeaderValue::from_static(DESK)]);
    // The headers beside `Host: localhost:8080`; who may call orders, and who may reload, by what `--cors` says:
    // nothing, the desk, *.
    for (headers, orders, reload) in [
        (&[][..], [true; 3], [true; 3]),
        (&[("origin", "http://localhost:8080")], [true; 3], [true; 3]),
        (&[("origin", "https://localhost:8080")], [true; 3], [true; 3]),
        (&[("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")], [true; 3], [true; 3]),
        (&[("origin", "http://localhost")], [false, false, true], [false; 3]),
        (&[("origin", "https://evil.example")], [false, false, true], [false; 3]),
        (&[("origin", DESK)], [false, true, true], [false, true, false]),
        (&[("origin", DESK), ("sec-fetch-site", "cross-site")], [false, true, true], [false, true, false]),
        (&[("origin", "null")], [false, false, true], [false; 3]),
        (&[("origin", "http://localhost:8080"), ("origin", "http://localhost:8080")], [false; 3], [false; 3]),
        (&[("sec-fetch-site", "cross-site")], [false; 3], [false; 3]),
        (&[("sec-fetch-site", "same-origin")], [true; 3], [true; 3]),
        (&[("sec-fetch-site", "none")], [true; 3], [true; 3]),
    ] {
        for (at, origins) in [Origins::None, named.clone(), Origins::Any].into_iter().enumerate() {
            let app = App::new(state.clone().origins(origins.clone()));
            let ask = |method: &str, path: &str, body: Body| {
                let request = Request::builder().method(method).uri(path).header("host", "localhost:8080");
                let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
                exchange(&app, request.header("content-type", "application/json").body(body).unwrap())
            };
            let case = format!("{headers:?} with {origins:?}");
            let rows = || Body::from(r#"{"usid": "ada", "start": 0}"#);
            let written = ask("POST", "/rest/v1/orders", rows()).await;
            assert_eq!(written.status, if orders[at] { 201 } else { 403 }, "{case}: {}", written.text);
            for method in ["PATCH", "PUT", "DELETE"] {
                let refused = ask(method, "/rest/v1/orders/nothing", rows()).await.status == 403;
                assert_eq!(refused, !orders[at], "{method}: {case}");
            }
            for method in ["GET", "HEAD", "OPTIONS"] {
                let status = ask(method, "/rest/v1/orders", Body::empty()).await.status;
                assert!(status.is_success(), "{method}: {case}: {status}");
            }
            let before = reloads.load(Relaxed);
            let reloaded = ask("POST", "/admin/reload", Body::empty()).await;
            assert_eq!(reloaded.status, if reload[at] { 204 } else { 403 }, "{case}: {}", reloaded.text);
            assert_eq!(reloads.load(Relaxed) - before, usize::from(reload[at]), "{case}");
        }
    }
}

#[both_engines]
async fn a_refused_page_is_told_how_to_be_let_in(db: TestDb) {
    // Nothing of the body is read, which never comes.
    let never = Body::from_stream(futures::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
    let request = Request::post("/rest/v1/orders").header("content-type", "application/json");
    let request = request.header("host", "localhost").header("origin", "https://evil.example");
    let app = app(&db).await;
    let answer = send(&app, request.body(never).unwrap());
    let refused = tokio::time::timeout(Duration::from_secs(5), answer).await.unwrap();
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    let problem = refused.json();
    assert_eq!((refused.status.as_u16(), &problem["code"]), (403, &json!("42501")));
    assert!(problem["hint"].as_str().unwrap().contains("--cors ORIGIN"), "{problem}");
}

#[both_engines]
async fn methods_are_told(db: TestDb) {
    let app = app(&db).await;
    let options = async |path: &str| send(&app, Request::options(path).body(Body::empty()).unwrap()).await;
    assert_eq!(options("/rest/v1/orders/1").await.header("allow"), Some("GET, HEAD, PUT, PATCH, DELETE, OPTIONS"));
    assert_eq!(options("/rest/v1/ordres").await.status, 404);
}

#[test]
fn a_server_whose_file_is_gone_acknowledges_nothing_and_says_so() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let app = app(&db).await;
        let order = r#"{"usid": "ada", "start": "2030-01-01T00:00:00Z"}"#;
        assert_eq!(post(&app, "/rest/v1/orders", order).await.status, 201);
        let DatabaseUrl::Sqlite(SqliteUrl::File(path)) = &db.url else { unreachable!("it is a file") };
        std::fs::remove_file(path).unwrap();
        for answer in
            [post(&app, "/rest/v1/orders", order).await, get(&app, "/rest/v1/orders").await, get(&app, "/readyz").await]
        {
            assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (503, &json!("58P01")), "{}", answer.text);
            assert!(answer.header("retry-after").is_none() && !answer.text.contains("test.db"), "{}", answer.text);
        }
        assert!(!path.exists());
    });
}
