//! The header `Server-Timing`: the stages of a request and their times.

use axum::body::Body;
use axum::http::{Method, Request};
use mwallet_api::{App, AppState, ExposedTables};
use mwallet_db::EngineOptions;
use mwallet_reflect::ReflectOptions;
use mwallet_testkit::{Dialect, TestDb, both_engines};

use crate::support::{Answer, app, behind, get, send, state, write};

const ALL: [&str; 4] = ["parse", "plan", "transaction", "response"];

/// The stages of an answer with their milliseconds.
fn stages(answer: &Answer) -> Vec<(String, f64)> {
    let header = answer.header("server-timing").unwrap_or_default();
    let stage = |text: &str| {
        let (name, time) = text.split_once(";dur=")?;
        Some((name.to_owned(), time.parse().ok()?))
    };
    header.split(", ").filter_map(stage).collect()
}

fn names(answer: &Answer) -> Vec<String> {
    stages(answer).into_iter().map(|(name, _)| name).collect()
}

#[both_engines]
async fn every_request_about_a_table_has_its_stages(db: TestDb) {
    let app = App::new(state(&db).await.server_timing());
    let orders = "/rest/v1/orders";
    let body = r#"{"usid": "ada", "slug": "a", "start": 0}"#;
    for (method, path, prefer, body) in [
        ("POST", orders, "return=representation", body),
        ("POST", orders, "tx=rollback", r#"{"usid": "ada", "start": 0}"#),
        ("PUT", "/rest/v1/orders/a?select=slug,users(username)", "return=representation", body),
        ("PATCH", "/rest/v1/orders?slug=eq.a", "", r#"{"memo": "x"}"#),
        ("GET", orders, "", ""),
        ("GET", "/rest/v1/orders?limit=1", "count=exact", ""),
        ("GET", "/rest/v1/orders", "count=estimated", ""),
        ("GET", "/rest/v1/orders/a", "", ""),
        ("HEAD", orders, "", ""),
        ("DELETE", "/rest/v1/orders/a", "", ""),
        // The database is asked and finds nothing, or refuses.
        ("GET", "/rest/v1/orders/a", "", ""),
        ("POST", orders, "", r#"{"usid": "ada", "start": 0, "user_id": 99}"#),
    ] {
        let answer = write(&app, method, path, prefer, body).await;
        assert_eq!(names(&answer), ALL, "{method} {path} {prefer}: {:?}", answer.headers);
    }
    // What is wrong is found before.
    for (method, path, body, reached) in [
        ("GET", "/rest/v1/orders?limit=x", "", &["parse", "response"][..]),
        ("POST", orders, "{", &["parse", "response"]),
        ("GET", "/rest/v1/nosuch", "", &["parse", "response"]),
        ("GET", "/rest/v1/orders?select=colour", "", &["parse", "plan", "response"]),
        ("OPTIONS", orders, "", &["parse", "response"]),
    ] {
        assert_eq!(names(&write(&app, method, path, "", body).await), reached, "{method} {path}");
    }
    for path in ["/", "/livez", "/rest/v1/"] {
        assert_eq!(get(&app, path).await.header("server-timing"), None, "{path}");
    }
}

#[both_engines]
async fn there_is_none_unless_it_is_switched_on(db: TestDb) {
    let app = app(&db).await;
    assert_eq!(get(&app, "/rest/v1/orders").await.header("server-timing"), None);
    assert!(!get(&app, "/rest/v1/").await.text.contains("Server-Timing"));
}

#[both_engines]
async fn the_time_of_the_database_is_that_of_the_transaction(db: TestDb) {
    let slow = match db.dialect() {
        Dialect::Postgres => "CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(0.06)::text AS slept",
        Dialect::Sqlite => {
            "CREATE VIEW slow AS SELECT 1 AS id, (WITH RECURSIVE n (i) AS
                 (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) SELECT sum(i) FROM n) AS total"
        }
    };
    behind(&db, slow).await;
    let engine = db.engine_with(EngineOptions { existing: true, ..EngineOptions::default() });
    let tables = mwallet_reflect::reflect(&engine, &ReflectOptions::default()).await.unwrap().tables;
    let app = App::new(AppState::new(engine, ExposedTables::new(&tables).unwrap()).server_timing());
    // Buffered, streamed, counted.
    for (path, prefer) in [("slow?limit=1", ""), ("slow", ""), ("slow", "count=exact")] {
        let request = Request::builder().method(Method::GET).uri(format!("/rest/v1/{path}")).header("prefer", prefer);
        let begun = std::time::Instant::now();
        let answer = send(&app, request.body(Body::empty()).unwrap()).await;
        let whole = begun.elapsed().as_secs_f64() * 1_000.0;
        let stages = stages(&answer);
        let time = |name: &str| stages.iter().find(|(stage, _)| stage == name).unwrap().1;
        assert!(time("transaction") >= 10.0, "{path}: {stages:?}");
        assert!(time("transaction") > time("plan") + time("response"), "{path}: {stages:?}");
        assert!(stages.iter().map(|(_, time)| time).sum::<f64>() <= whole + 0.01, "{path}: {stages:?} of {whole}");
    }
}
