//! Tables that others change while they are served: what is asked is planned again by what is there now, and nothing is
//! read or written by a name or a type that is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use mwallet_api::{App, AppState, ExposedTables, Reload};
use mwallet_auth::Permissions;
use mwallet_db::{Dialect, EngineOptions};
use mwallet_reflect::ReflectOptions;
use mwallet_testkit::{TestDb, both_engines};
use serde_json::json;

use crate::support::{Answer, behind, exchange, get, post_returning, state, write};

/// A server over what the database has, which reads it again as the program does.
async fn reflecting(db: &TestDb) -> App {
    let engine = db.engine_with(EngineOptions { existing: true, ..EngineOptions::default() });
    let tables = mwallet_reflect::reflect(&engine, &ReflectOptions::default()).await.unwrap().tables;
    let state = AppState::new(engine, ExposedTables::new(&tables).unwrap());
    let served = state.clone();
    App::new(state.reload(Reload::new(move || {
        let state = served.clone();
        async move {
            let tables = mwallet_reflect::reflect(state.engine(), &ReflectOptions::default()).await?.tables;
            state.serve(ExposedTables::new(&tables).unwrap(), Permissions::default());
            Ok(())
        }
    })))
}

/// Two rows, asked for in every way, so that statements about them are prepared.
async fn served(db: &TestDb) -> App {
    behind(
        db,
        "CREATE TABLE t (id integer PRIMARY KEY, status text, size integer);
                INSERT INTO t VALUES (1, 'active', 10), (2, 'active', 20)",
    )
    .await;
    let app = reflecting(db).await;
    for path in
        ["/rest/v1/t", "/rest/v1/t/1", "/rest/v1/t?status=eq.active&order=size&limit=1", "/rest/v1/t?size=eq.10"]
    {
        assert_eq!(get(&app, path).await.status, 200);
    }
    assert_eq!(write(&app, "PATCH", "/rest/v1/t/1", "return=minimal", r#"{"size": 10}"#).await.status, 204);
    app
}

async fn delete(app: &App, path: &str) -> Answer {
    write(app, "DELETE", path, "return=minimal", Body::empty()).await
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["code"].as_str().unwrap().to_owned())
}

#[both_engines]
async fn a_filter_on_a_column_that_is_gone_deletes_nothing(db: TestDb) {
    let app = served(&db).await;
    behind(&db, "ALTER TABLE t DROP COLUMN status").await;
    assert_eq!(code(&delete(&app, "/rest/v1/t?status=neq.active").await), (400, "42703".into()));
    let changed = write(&app, "PATCH", "/rest/v1/t?status=eq.active", "return=minimal", r#"{"size": 1}"#).await;
    assert_eq!(code(&changed), (400, "42703".into()));
    assert_eq!(code(&get(&app, "/rest/v1/t?status=eq.active").await), (400, "42703".into()));
    let rows = get(&app, "/rest/v1/t?order=id").await;
    assert_eq!(rows.json(), json!([{"id": 1, "size": 10}, {"id": 2, "size": 20}]));
}

#[both_engines]
async fn an_upsert_by_what_is_no_longer_unique_is_refused(db: TestDb) {
    behind(
        &db,
        "CREATE TABLE t (id integer PRIMARY KEY, n integer); CREATE UNIQUE INDEX u ON t (n);
                 INSERT INTO t VALUES (1, 1)",
    )
    .await;
    let app = reflecting(&db).await;
    let upsert = async |body: &'static str| {
        write(&app, "POST", "/rest/v1/t?on_conflict=n", "return=minimal,resolution=merge-duplicates", body).await
    };
    assert_eq!(upsert(r#"{"id": 1, "n": 1}"#).await.status, 200);
    behind(&db, "DROP INDEX u").await;
    assert_eq!(code(&upsert(r#"{"id": 2, "n": 1}"#).await), (400, "42P10".into()));
    assert_eq!(get(&app, "/rest/v1/t").await.json(), json!([{"id": 1, "n": 1}]));
}

#[both_engines]
async fn a_column_that_is_gone_is_not_answered(db: TestDb) {
    let app = served(&db).await;
    behind(&db, "ALTER TABLE t DROP COLUMN status").await;
    assert_eq!(get(&app, "/rest/v1/t/1").await.text, r#"{"id":1,"size":10}"#);
    assert_eq!(post_returning(&app, "/rest/v1/t", r#"{"id": 3, "size": 30}"#).await.text, r#"[{"id":3,"size":30}]"#);
    assert_eq!(delete(&app, "/rest/v1/t/3").await.status, 204);
}

#[both_engines]
async fn a_column_of_another_name_is_served_by_it(db: TestDb) {
    let app = served(&db).await;
    behind(&db, "ALTER TABLE t RENAME COLUMN status TO state").await;
    assert_eq!(code(&delete(&app, "/rest/v1/t?status=neq.active").await), (400, "42703".into()));
    assert_eq!(get(&app, "/rest/v1/t?state=eq.active&select=id&order=id").await.json(), json!([{"id": 1}, {"id": 2}]));
    let made = post_returning(&app, "/rest/v1/t", r#"{"id": 3, "state": "new"}"#).await;
    assert_eq!(made.json(), json!([{"id": 3, "state": "new", "size": null}]));
}

#[both_engines]
async fn a_table_that_is_gone_is_not_found(db: TestDb) {
    let app = served(&db).await;
    behind(&db, "CREATE TABLE other (id integer PRIMARY KEY); DROP TABLE t").await;
    for path in ["/rest/v1/t", "/rest/v1/t/1", "/rest/v1/t?status=eq.active"] {
        assert_eq!(code(&get(&app, path).await), (404, "PGRST205".into()));
    }
    assert_eq!(code(&delete(&app, "/rest/v1/t/1").await), (404, "PGRST205".into()));
    assert_eq!(get(&app, "/rest/v1/other").await.text, "[]");
}

#[both_engines]
async fn a_table_in_the_place_of_another_is_served_as_it_is(db: TestDb) {
    let app = served(&db).await;
    behind(
        &db,
        "CREATE TABLE new (id text PRIMARY KEY, size text, colour text);
                 INSERT INTO new VALUES ('abcd', 'wide', 'red'); DROP TABLE t; ALTER TABLE new RENAME TO t",
    )
    .await;
    assert_eq!(get(&app, "/rest/v1/t").await.text, r#"[{"id":"abcd","size":"wide","colour":"red"}]"#);
    assert_eq!(get(&app, "/rest/v1/t?size=eq.wide&select=id").await.text, r#"[{"id":"abcd"}]"#);
    assert_eq!(get(&app, "/rest/v1/t/abcd").await.json()["colour"], "red");
    let changed = write(&app, "PATCH", "/rest/v1/t/abcd", "return=representation", r#"{"colour": "blue"}"#).await;
    assert_eq!(changed.json()["colour"], "blue");
}

#[both_engines]
async fn a_table_of_our_own_that_others_changed_is_an_error_of_the_server(db: TestDb) {
    let app = App::new(state(&db).await);
    let order = r#"{"usid": "ada", "asset": "BITCOIN", "start": "2030-01-01T00:00:00Z", "memo": "first"}"#;
    assert_eq!(post_returning(&app, "/rest/v1/orders", order).await.status, 201);
    behind(&db, "ALTER TABLE orders RENAME COLUMN memo TO note").await;
    assert_eq!(code(&delete(&app, "/rest/v1/orders?memo=neq.second").await), (500, "42703".into()));
    assert_eq!(code(&get(&app, "/rest/v1/orders").await), (500, "42703".into()));
    behind(&db, "ALTER TABLE orders RENAME COLUMN note TO memo").await;
    assert_eq!(get(&app, "/rest/v1/orders").await.json()[0]["memo"], "first");
}

#[both_engines]
async fn a_database_is_read_again_once_a_second_at_most(db: TestDb) {
    let app = served(&db).await;
    drop(app);
    let engine = db.engine_with(EngineOptions { existing: true, ..EngineOptions::default() });
    let tables = mwallet_reflect::reflect(&engine, &ReflectOptions::default()).await.unwrap().tables;
    let state = AppState::new(engine, ExposedTables::new(&tables).unwrap());
    let read = Arc::new(AtomicUsize::new(0));
    // What is read never is what the database has.
    let (served, counted) = (state.clone(), read.clone());
    let app = App::new(state.reload(Reload::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        served.serve(ExposedTables::new(&tables).unwrap(), Permissions::default());
        std::future::ready(Ok(()))
    })));
    behind(&db, "ALTER TABLE t DROP COLUMN status").await;
    let begun = std::time::Instant::now();
    let asked = (0..40).map(|_| async {
        let request = axum::http::Request::get("/rest/v1/t").body(Body::empty()).unwrap();
        // A second failure says what the database says, and never that it might do to try again.
        let answer = exchange(&app, request).await;
        assert_eq!((code(&answer), answer.header("retry-after")), ((500, "42703".into()), None));
    });
    futures::future::join_all(asked).await;
    let most = 1 + usize::try_from(begun.elapsed().as_secs()).unwrap();
    assert!((1..=most).contains(&read.load(Ordering::SeqCst)), "{read:?} times in {:?}", begun.elapsed());
}

#[test]
fn types_of_postgres_that_change_are_served_as_they_are() {
    mwallet_testkit::run(Dialect::Postgres, async |db: TestDb| {
        behind(
            &db,
            "CREATE TYPE mood AS ENUM ('glad', 'sad');
             CREATE TABLE t (id int PRIMARY KEY, size int, price numeric, mood mood);
             INSERT INTO t VALUES (1, 10, 1.5, 'glad')",
        )
        .await;
        let app = reflecting(&db).await;
        let warm = async || {
            for path in [
                "/rest/v1/t",
                "/rest/v1/t/1",
                "/rest/v1/t?size=eq.10",
                "/rest/v1/t?price=eq.1.5",
                "/rest/v1/t?mood=eq.glad",
            ] {
                get(&app, path).await;
            }
        };
        for (change, path, row) in [
            // Four letters have the length of a number.
            (
                "ALTER TABLE t ALTER size TYPE text USING 'wide'",
                "/rest/v1/t?size=eq.wide",
                r#"{"id":1,"size":"wide","price":1.5,"mood":"glad"}"#,
            ),
            (
                "ALTER TABLE t ALTER price TYPE text",
                "/rest/v1/t?price=eq.1.5",
                r#"{"id":1,"size":"wide","price":"1.5","mood":"glad"}"#,
            ),
            (
                "ALTER TABLE t DROP mood; DROP TYPE mood; CREATE TYPE mood AS ENUM ('glad', 'sad');
                 ALTER TABLE t ADD mood mood DEFAULT 'glad'",
                "/rest/v1/t?mood=eq.glad",
                r#"{"id":1,"size":"wide","price":"1.5","mood":"glad"}"#,
            ),
            (
                "ALTER TABLE t ALTER mood DROP DEFAULT, ALTER mood TYPE text; DROP TYPE mood",
                "/rest/v1/t?mood=eq.glad",
                r#"{"id":1,"size":"wide","price":"1.5","mood":"glad"}"#,
            ),
            (
                "ALTER TABLE t ALTER id TYPE bigint, ALTER size TYPE bigint USING 7",
                "/rest/v1/t?size=eq.7",
                r#"{"id":1,"size":7,"price":"1.5","mood":"glad"}"#,
            ),
        ] {
            warm().await;
            behind(&db, change).await;
            assert_eq!(get(&app, "/rest/v1/t/1").await.text, row, "{change}");
            // More often than there are connections, each of which has statements of its own.
            for path in ["/rest/v1/t", path].repeat(10) {
                assert_eq!(get(&app, path).await.text, format!("[{row}]"), "{change}");
            }
            let changed = write(&app, "PATCH", "/rest/v1/t/1", "return=representation", r#"{"id": 1}"#).await;
            assert_eq!(changed.text, row, "{change}");
            // The second passes in which nothing is read again.
            tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        }
    });
}

#[both_engines]
async fn related_rows_whose_columns_changed_are_read_by_what_they_are_now(db: TestDb) {
    behind(
        &db,
        "CREATE TABLE t (id integer PRIMARY KEY);
         CREATE TABLE c (id integer PRIMARY KEY, t_id integer REFERENCES t (id), v text);
         INSERT INTO t VALUES (1); INSERT INTO c VALUES (1, 1, '12')",
    )
    .await;
    let app = reflecting(&db).await;
    let path = "/rest/v1/t?select=id,c(v)";
    assert_eq!(get(&app, path).await.json(), json!([{"id": 1, "c": [{"v": "12"}]}]));
    // Nothing about the statement itself changes on PostgreSQL: a record stays a record.
    let (change, expected) = match db.dialect() {
        Dialect::Postgres => ("ALTER TABLE c ALTER v TYPE numeric USING v::numeric", json!(12)),
        Dialect::Sqlite => ("ALTER TABLE c DROP COLUMN v; ALTER TABLE c ADD COLUMN v integer DEFAULT 12", json!(12)),
    };
    behind(&db, change).await;
    let answer = get(&app, path).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!([{"id": 1, "c": [{"v": expected}]}])));
    // A column that is gone, and one that is new. Tables are read again at most once a second.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    behind(&db, "ALTER TABLE c RENAME COLUMN v TO w").await;
    assert_eq!(code(&get(&app, path).await), (400, "42703".into()));
    assert_eq!(get(&app, "/rest/v1/t?select=id,c(w)").await.json(), json!([{"id": 1, "c": [{"w": 12}]}]));
}
