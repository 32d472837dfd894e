//! The first page: what is served, with how many rows, and where the rest is.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use mwallet_api::{App, AppState, ExposedTables};
use mwallet_db::schema::{Column, ColumnType, Table};
use mwallet_db::{Dialect, EngineOptions};
use mwallet_reflect::ReflectOptions;
use mwallet_testkit::{TestDb, TestSources, both_engines, run};
use serde_json::{Value, json};

use crate::support::{Answer, app, behind, exchange, get, post, send, state};

/// What a browser says it takes.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

/// The page as a browser gets it.
async fn page(app: &App) -> Answer {
    send(app, Request::get("/").header("accept", BROWSER).body(Body::empty()).unwrap()).await
}

/// How many rows the page says that a table has.
async fn rows(app: &App, table: &str) -> Value {
    let home = get(app, "/").await.json();
    let tables = home["tables"].as_array().unwrap();
    tables.iter().find(|one| one["name"] == table).unwrap_or_else(|| panic!("{table} is not in {home}"))["rows"].clone()
}

/// A server over the tables that a database has, with a clock that the test moves.
async fn reflected(db: &TestDb, schemas: &[&str]) -> (AppState, Arc<TestSources>) {
    let sources = Arc::new(TestSources::at("2026-11-26T12:00:00Z"));
    let engine = db.engine_with(EngineOptions { existing: true, sources: sources.clone(), ..EngineOptions::default() });
    let schemas = schemas.iter().map(|schema| (*schema).to_owned()).collect();
    let tables = mwallet_reflect::reflect(&engine, &ReflectOptions { schemas }).await.unwrap().tables;
    (AppState::new(engine, ExposedTables::new(&tables).unwrap()), sources)
}

#[both_engines]
async fn browsers_get_a_page_and_programs_json(db: TestDb) {
    let app = app(&db).await;
    post(&app, "/rest/v1/orders", r#"[{"usid": "ada", "start": 0}, {"usid": "ada", "start": 1}]"#).await;
    let page = page(&app).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!((page.header("vary"), page.header("cache-control")), (Some("Accept"), Some("no-cache")));
    let database = if db.dialect() == Dialect::Sqlite { "SQLite" } else { "PostgreSQL" };
    let count = mwallet_models::tables().len();
    assert!(page.text.contains(&format!("{count} tables of a {database} database")), "{}", page.text);
    for table in mwallet_models::tables() {
        let query = format!("/rest/v1/{}?limit=10", table.name);
        assert!(page.text.contains(&format!("<a href=\"{query}\"><code>{query}</code></a>")), "{}", page.text);
        assert!(page.text.contains(&format!("<a href=\"/docs#/{0}\">{0}</a>", table.name)), "{}", page.text);
        assert_eq!(get(&app, &query).await.status, 200);
    }
    assert!(page.text.contains("<p>Somebody&#x27;s interest to buy or sell.</p></th><td>2</td>"), "{}", page.text);
    // All that it leads to is there.
    for link in ["/docs", "/rest/v1/", "/livez", "/readyz"] {
        assert!(page.text.contains(&format!("<a href=\"{link}\">")), "{link} is not in {}", page.text);
        assert_eq!(get(&app, link).await.status, 200, "{link}");
    }

    for accept in [None, Some("*/*"), Some("application/json"), Some("application/json, */*"), Some("image/png")] {
        let request = Request::get("/");
        let request = accept.into_iter().fold(request, |request, accept| request.header("accept", accept));
        let answer = send(&app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("content-type"), Some("application/json"), "{accept:?}");
        let home = answer.json();
        assert_eq!(
            (&home["docs"], &home["openapi"], &home["links"]),
            (&json!("/docs"), &json!("/rest/v1/"), &json!({}))
        );
        assert_eq!(
            (&home["alive"], &home["ready"], &home["database"]),
            (&json!("/livez"), &json!("/readyz"), &json!(database))
        );
        let orders = json!({
            "name": "orders", "kind": "table", "rows": {"exact": 2}, "first_query": "/rest/v1/orders?limit=10",
            "accept_profile": null,
        });
        assert!(home["tables"].as_array().unwrap().contains(&orders), "{home}");
    }
    let head = send(&app, Request::head("/").header("accept", BROWSER).body(Body::empty()).unwrap()).await;
    assert_eq!((head.status.as_u16(), head.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let taken = send(&app, Request::post("/").body(Body::empty()).unwrap()).await;
    assert_eq!((taken.status.as_u16(), taken.header("allow")), (405, Some("GET,HEAD")));
}

#[both_engines]
async fn the_page_loads_and_runs_nothing(db: TestDb) {
    let page = page(&app(&db).await).await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'none'"), "{policy}");
    assert!(
        !page.text.contains("<script") && !page.text.contains("//") && !page.text.contains("@import"),
        "{}",
        page.text
    );
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
}

#[both_engines]
async fn only_what_is_served_is_listed_and_names_are_no_html(db: TestDb) {
    let odd = "<b>\"it's\" & /é";
    let quoted = odd.replace('"', "\"\"");
    let sql = format!(
        "CREATE TABLE \"{quoted}\" (id bigint PRIMARY KEY); CREATE TABLE other (id bigint); \
                       CREATE VIEW seen AS SELECT id FROM other; INSERT INTO other VALUES (1)"
    );
    behind(&db, &sql).await;
    let named = |name: &str| {
        let mut table = Table::new(name);
        table.columns.push(Column::new("id", ColumnType::BigInt));
        table
    };
    let mut table = named(odd);
    table.comment = Some("<script>alert(1)</script>".into());
    let mut view = named("seen");
    view.kind = mwallet_db::schema::TableKind::View;
    let app = App::new(AppState::new(db.engine.clone(), ExposedTables::new([&table, &view]).unwrap()));
    let page = page(&app).await.text;
    assert!(!page.contains("<b>") && !page.contains("<script") && !page.contains("other"), "{page}");
    assert!(page.contains("&lt;b&gt;&quot;it&#x27;s&quot; &amp; /é</a><p>&lt;script&gt;"), "{page}");
    assert!(page.contains("seen</a> <i>view</i></th><td>1</td>"), "{page}");
    let query = "/rest/v1/%3Cb%3E%22it%27s%22%20%26%20%2F%C3%A9?limit=10";
    assert!(page.contains(&format!("<a href=\"{query}\">")), "{page}");
    assert_eq!(exchange(&app, Request::get(query).body(Body::empty()).unwrap()).await.text, "[]");
}

#[both_engines]
async fn rows_are_counted_once_in_a_while(db: TestDb) {
    behind(&db, "CREATE TABLE things (id bigint PRIMARY KEY); INSERT INTO things VALUES (1)").await;
    let (state, sources) = reflected(&db, &[]).await;
    let app = App::new(state.clone());
    assert_eq!(rows(&app, "things").await, json!({"exact": 1}));
    behind(&db, "INSERT INTO things VALUES (2)").await;
    sources.advance(9_999_999);
    assert_eq!(rows(&app, "things").await, json!({"exact": 1}));
    sources.advance(1);
    assert_eq!(rows(&app, "things").await, json!({"exact": 2}));
    // What is served anew is counted anew.
    behind(&db, "CREATE TABLE more (id bigint PRIMARY KEY); INSERT INTO things VALUES (3)").await;
    let tables = mwallet_reflect::reflect(state.engine(), &ReflectOptions::default()).await.unwrap().tables;
    state.serve(ExposedTables::new(&tables).unwrap());
    assert_eq!((rows(&app, "things").await, rows(&app, "more").await), (json!({"exact": 3}), json!({"exact": 0})));
}

#[both_engines]
async fn many_rows_are_told_as_far_as_they_are_known(db: TestDb) {
    let numbers = match db.dialect() {
        Dialect::Postgres => "SELECT generate_series(1, 234567); ANALYZE",
        Dialect::Sqlite => {
            "WITH RECURSIVE all_rows(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM all_rows WHERE n < 234567) \
                            SELECT n FROM all_rows"
        }
    };
    let sql = format!("CREATE TABLE things (id bigint PRIMARY KEY); INSERT INTO things {numbers}");
    behind(&db, &sql).await;
    behind(&db, "CREATE VIEW seen AS SELECT id FROM things").await;
    let app = App::new(reflected(&db, &[]).await.0);
    let about = rows(&app, "things").await["about"].as_u64().unwrap();
    assert!((230_000..=240_000).contains(&about), "{about}");
    assert_eq!(rows(&app, "seen").await, json!({"more_than": 100_000}));
    let page = page(&app).await.text;
    assert!(page.contains("<td>about 23") && page.contains("<td>more than 100,000</td>"), "{page}");
}

#[both_engines]
async fn what_takes_too_long_is_not_counted(db: TestDb) {
    // Each row of the view takes as long as a whole table.
    let endless = match db.dialect() {
        Dialect::Postgres => "CREATE VIEW endless AS SELECT 1::bigint AS id FROM pg_sleep(60)",
        Dialect::Sqlite => {
            "CREATE VIEW endless AS WITH RECURSIVE all_rows(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM all_rows) \
                            SELECT n AS id FROM all_rows WHERE n < 0"
        }
    };
    behind(&db, &format!("CREATE TABLE things (id bigint PRIMARY KEY); {endless}")).await;
    let (state, _) = reflected(&db, &[]).await;
    let app = App::new(state);
    let start = std::time::Instant::now();
    // Many who ask at once, and some who do not wait, have it counted once.
    let impatient = tokio::time::timeout(std::time::Duration::from_millis(50), get(&app, "/")).await;
    assert!(impatient.is_err());
    let all = futures::future::join_all((0..50).map(|_| rows(&app, "endless"))).await;
    assert_eq!(all, vec![Value::Null; 50]);
    assert!(start.elapsed().as_secs_f64() < 2.5, "{:?}", start.elapsed());
    assert_eq!(rows(&app, "things").await, json!({"exact": 0}));
    assert!(page(&app).await.text.contains(">not counted</span>"));
}

#[both_engines]
async fn the_page_is_there_without_its_database(db: TestDb) {
    let state = state(&db).await;
    db.engine.close().await;
    let app = App::new(state);
    assert_eq!(rows(&app, "orders").await, Value::Null);
    assert_eq!(page(&app).await.status, 200);
}

#[test]
fn tables_of_other_schemas_are_listed_with_their_header() {
    run(Dialect::Postgres, async |db: TestDb| {
        let sql = "CREATE TABLE a (id int PRIMARY KEY); CREATE SCHEMA \"Sales <2>\"; CREATE SCHEMA hidden;
                   CREATE TABLE \"Sales <2>\".a (id int PRIMARY KEY); INSERT INTO \"Sales <2>\".a VALUES (1), (2);
                   CREATE TABLE hidden.secret (id int)";
        behind(&db, sql).await;
        let app = App::new(reflected(&db, &["public", "Sales <2>"]).await.0);
        let page = page(&app).await.text;
        assert!(page.contains("<a href=\"/docs#/a\">a</a></th><td>0</td>"), "{page}");
        let other =
            "Sales &lt;2&gt;.a</th><td>2</td><td><code>GET /rest/v1/a?limit=10\nAccept-Profile: Sales &lt;2&gt;</code>";
        assert!(page.contains(other) && !page.contains("secret"), "{page}");
        let home = exchange(&app, Request::get("/").body(Body::empty()).unwrap()).await.json();
        assert_eq!(home["tables"][1]["accept_profile"], "Sales <2>");
    });
}
