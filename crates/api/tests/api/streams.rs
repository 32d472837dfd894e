//! Answers that come in parts: whole, or broken off so that everybody sees it.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use flate2::read::GzDecoder;
use mwallet_api::{App, AppState, ExposedTables, Handler, Limits};
use mwallet_auth::{Authority, Permissions, Trust};
use mwallet_db::schema::Record;
use mwallet_db::{Entity, Error, Sql, crud};
use mwallet_models::AppNotice;
use mwallet_testkit::{TestDb, both_engines};
use tokio::io::AsyncReadExt;

use crate::support::{app, behind, connect, get, reflected, send, serve, state};

const ROWS: usize = 2_000;

/// Writes notices of some five kilobytes each, more than any buffer between here and the client holds.
async fn fill(db: &TestDb) -> Result<(), Error> {
    let rows = (0..ROWS).map(|number| {
        let mut row = Record::new();
        row.set("title", format!("notice {number}"));
        row.set("message", "m".repeat(5_000));
        row.set("start_at", mwallet_db::schema::Timestamp::default());
        row
    });
    crud::create_many(&db.engine, AppNotice::table(), rows).await.map(drop)
}

#[both_engines]
async fn many_rows_come_whole(db: TestDb) {
    let app = app(&db).await;
    fill(&db).await.unwrap();
    let answer = get(&app, "/rest/v1/app_notices").await;
    assert_eq!(answer.header("content-length"), None);
    let rows = answer.json();
    let titles: std::collections::BTreeSet<_> =
        rows.as_array().unwrap().iter().map(|row| row["title"].as_str().unwrap()).collect();
    assert_eq!(titles.len(), ROWS);
}

#[both_engines]
async fn many_rows_come_whole_where_they_are_compressed(db: TestDb) {
    let app = app(&db).await;
    fill(&db).await.unwrap();
    for encoding in ["gzip", "br"] {
        let request = Request::get("/rest/v1/app_notices").header("accept-encoding", encoding);
        let response = app.handle(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.headers()["content-encoding"], encoding);
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 24).await.unwrap();
        if encoding == "gzip" {
            let rows: serde_json::Value = serde_json::from_reader(GzDecoder::new(&bytes[..])).unwrap();
            assert_eq!(rows.as_array().unwrap().len(), ROWS);
        }
    }
}

#[both_engines]
async fn rows_are_as_many_as_the_range_says_while_others_write(db: TestDb) {
    // Others have time to write while the rows are counted.
    let sql = "CREATE TABLE things (id bigint PRIMARY KEY);
               WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
               INSERT INTO things (id) SELECT i FROM n;
               CREATE VIEW slow AS SELECT id FROM things
               WHERE (SELECT count(*) FROM things a, things b WHERE a.id <> b.id) > 0";
    behind(&db, sql).await;
    let app = reflected(&db).await;
    let engine = db.engine.clone();
    let writer = tokio::spawn(async move {
        for id in 10_000_i64.. {
            crud::execute::<(i64,)>(&engine, Sql::new("INSERT INTO things (id) VALUES ($1)").bind(id)).await.unwrap();
        }
    });
    for _ in 0..2 {
        let request = Request::get("/rest/v1/slow").header("prefer", "count=exact").body(Body::empty());
        let answer = send(&app, request.unwrap()).await;
        let rows = answer.json().as_array().unwrap().len();
        assert_eq!(answer.header("content-range"), Some(&*format!("0-{}/{rows}", rows - 1)));
    }
    writer.abort();
}

#[both_engines]
async fn a_client_that_stops_reading_is_cut_off(db: TestDb) {
    let limits = Limits { write_timeout: Duration::from_millis(200), ..Limits::default() };
    let app = mwallet_api::App::new(state(&db).await.limits(limits));
    fill(&db).await.unwrap();
    let address = serve(app).await;
    let mut socket = connect(address, "/rest/v1/app_notices").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut received = Vec::new();
    // Whether the connection is closed or reset, the last chunk, which ends every whole answer, never comes.
    let _ = socket.read_to_end(&mut received).await;
    assert!(received.starts_with(b"HTTP/1.1 200"));
    assert!(!received.ends_with(b"0\r\n\r\n"));
}

#[both_engines]
async fn a_client_that_goes_away_leaves_its_connection_to_others(db: TestDb) {
    let engine = db.engine_with(mwallet_db::EngineOptions { pool_size: 1, ..Default::default() });
    state(&db).await;
    fill(&db).await.unwrap();
    let tables = mwallet_api::ExposedTables::new(mwallet_models::tables()).unwrap();
    let address = serve(mwallet_api::App::new(mwallet_api::AppState::new(engine, tables))).await;
    for _ in 0..20 {
        let mut socket = connect(address, "/rest/v1/app_notices").await;
        socket.read_exact(&mut [0; 1000]).await.unwrap();
    }
    let answer = crate::support::fetch(address, "/rest/v1/app_notices?id=eq.1").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[both_engines]
async fn clients_that_read_slowly_leave_connections_to_others(db: TestDb) {
    let engine = db.engine_with(mwallet_db::EngineOptions { pool_size: 4, ..Default::default() });
    state(&db).await;
    fill(&db).await.unwrap();
    let tables = mwallet_api::ExposedTables::new(mwallet_models::tables()).unwrap();
    let address = serve(mwallet_api::App::new(mwallet_api::AppState::new(engine, tables))).await;
    let mut slow = Vec::new();
    for _ in 0..6 {
        slow.push(connect(address, "/rest/v1/app_notices").await);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    for path in ["/rest/v1/app_notices/1", "/rest/v1/app_notices?limit=5"] {
        let answer = tokio::time::timeout(Duration::from_secs(3), crate::support::fetch(address, path)).await;
        assert!(answer.unwrap().starts_with("HTTP/1.1 200"), "{path}");
    }
}

#[both_engines]
async fn a_response_goes_on_by_replaced_permissions_for_a_while_and_then_breaks_off(db: TestDb) {
    db.engine.create_all(&mwallet_models::all_tables()).await.unwrap();
    fill(&db).await.unwrap();
    let tables = || ExposedTables::new(mwallet_models::tables()).unwrap();
    let permissions = |columns: &str| {
        let text = format!(
            "roles: {{ anon: {{}} }}\n\
             tables: {{ app_notices: {{ anon: {{ read: {{ rows: all, columns: [{columns}] }} }} }} }}"
        );
        Permissions::parse(&text, tables().catalog().unwrap()).unwrap()
    };
    let authority = Authority::new(&db.engine, Trust::default());
    let state = AppState::closed(db.engine.clone(), tables(), authority, permissions("title, message"));
    for (reload_timeout, is_whole) in [(Duration::from_secs(60), true), (Duration::from_millis(100), false)] {
        state.serve(tables(), permissions("title, message"));
        let app = App::new(state.clone().limits(Limits { reload_timeout, ..Limits::default() }));
        let request = Request::get("/rest/v1/app_notices").body(Body::empty()).unwrap();
        let response = app.handle(request).await;
        assert_eq!(response.status(), 200);
        state.serve(tables(), permissions("title"));
        tokio::time::sleep(Duration::from_millis(500)).await;
        let rest = axum::body::to_bytes(response.into_body(), 1 << 24).await;
        assert_eq!(rest.is_ok(), is_whole, "{reload_timeout:?}");
        // What follows is answered by the new ones.
        assert_eq!(get(&app, "/rest/v1/app_notices?limit=1").await.json()[0].as_object().unwrap().len(), 1);
    }
}
