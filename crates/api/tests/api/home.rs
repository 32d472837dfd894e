//! The first page: what is served, with how many rows, and where the rest is.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use mwallet_api::{App, AppState, ExposedTables};
use mwallet_auth::Permissions;
use mwallet_db::schema::{Access, Column, ColumnType, ReferentialAction, Table};
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
        follow(&app, &table.name).await;
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
            "related": [
                {"table": "users", "select": "users(*)", "query": "/rest/v1/orders?select=*,users(*)&limit=10"},
                {
                    "table": "transactions", "select": "transactions(*)",
                    "query": "/rest/v1/orders?select=*,transactions(*)&limit=10&transactions.limit=10",
                },
            ],
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

/// A column of numbers.
fn number(name: &str) -> Column {
    Column::new(name, ColumnType::BigInt).nullable()
}

/// A table with a key, and columns that refer to the keys of other tables.
fn referring(name: &str, references: &[(&str, &str)]) -> Table {
    let mut table = Table::new(name);
    table.columns.push(Column::new("id", ColumnType::BigInt));
    table.primary_key = vec!["id".into()];
    for (column, target) in references {
        table.columns.push(number(column));
        table.add_foreign_key(&[column], target, &["id"], ReferentialAction::NoAction);
    }
    table
}

/// A server over these tables, which it creates.
async fn serving(db: &TestDb, tables: &[Table]) -> App {
    let tables: Vec<&Table> = tables.iter().collect();
    db.engine.create_all(&tables).await.unwrap();
    App::new(AppState::new(db.engine.clone(), ExposedTables::new(tables).unwrap()))
}

/// What the page says after the query of a table's first rows.
async fn with(app: &App, path: &str) -> String {
    let page = page(app).await.text;
    let (_, rest) = page.split_once(&format!("<code>{path}?limit=10</code></a>")).unwrap_or_else(|| panic!("{page}"));
    rest.split_once("</td>").unwrap().0.to_owned()
}

/// Asks what the home page says of related rows, and checks the key under which they come.
async fn follow(app: &App, table: &str) -> Vec<(String, String)> {
    let home = get(app, "/").await.json();
    let listed = home["tables"].as_array().unwrap().iter().find(|one| one["name"] == table).unwrap();
    let mut found = Vec::new();
    for related in listed["related"].as_array().unwrap() {
        let text = |name: &str| related[name].as_str().unwrap().to_owned();
        let (name, select) = (text("table"), text("select"));
        let answer = get(app, &text("query")).await;
        assert_eq!(answer.status, 200, "{select}: {}", answer.text);
        let rows = answer.json();
        let rows = rows.as_array().unwrap();
        assert!(rows.iter().all(|row| row.get(&name).is_some()), "{select}: {rows:?}");
        found.push((name, select));
    }
    found
}

#[both_engines]
async fn tables_name_those_whose_rows_come_with_theirs(db: TestDb) {
    let mut members = referring("members", &[("person_id", "people"), ("club_id", "clubs")]);
    members.primary_key = vec!["person_id".into(), "club_id".into()];
    members.columns.retain(|column| column.name != "id");
    members.columns.iter_mut().for_each(|column| column.nullable = false);
    let mut letters = referring("letters", &[("from_id", "people"), ("to_id", "people"), ("secret_id", "people")]);
    letters.columns.last_mut().unwrap().access = Access::WriteOnly;
    let mut notes = referring("notes", &[("club_id", "clubs"), ("secret_id", "clubs")]);
    notes.columns.last_mut().unwrap().access = Access::WriteOnly;
    let mut guests = referring("guests", &[("secret_id", "people")]);
    guests.columns.last_mut().unwrap().access = Access::WriteOnly;
    let people = referring("people", &[]);
    let clubs = referring("clubs", &[]);
    let app = serving(&db, &[people, clubs, members, letters, notes, guests]).await;
    behind(
        &db,
        "INSERT INTO people VALUES (1); INSERT INTO clubs VALUES (1); INSERT INTO members VALUES (1, 1);
         INSERT INTO letters VALUES (1, 1, 1, 1); INSERT INTO notes VALUES (1, 1, 1); INSERT INTO guests VALUES (1, 1)",
    )
    .await;
    let found = async |table: &str| {
        let mut selects: Vec<String> = follow(&app, table).await.into_iter().map(|(_, select)| select).collect();
        selects.sort();
        selects
    };
    let of_people = ["clubs(*)", "letters!letters_from_id_fkey(*)", "letters!letters_to_id_fkey(*)", "members(*)"];
    assert_eq!(found("people").await, of_people);
    // A hidden column leads nowhere, and makes nothing ambiguous.
    assert_eq!(found("letters").await, ["people!letters_from_id_fkey(*)", "people!letters_to_id_fkey(*)"]);
    assert_eq!(found("notes").await, ["clubs(*)"]);
    assert_eq!(found("clubs").await, ["members(*)", "notes(*)", "people(*)"]);
    assert_eq!(found("guests").await, [""; 0]);
    let with_clubs = "<div>with <a href=\"/rest/v1/notes?select=*,clubs(*)&amp;limit=10\">clubs</a></div>";
    assert_eq!(with(&app, "/rest/v1/notes").await, with_clubs);
    assert_eq!(with(&app, "/rest/v1/guests").await, "");
    let of_people = with(&app, "/rest/v1/people").await;
    let letters = "<a href=\"/rest/v1/people?select=*,letters!letters_to_id_fkey(*)&amp;limit=10&amp;letters.limit=10\">\
                   letters!letters_to_id_fkey</a>";
    assert!(of_people.contains(letters), "{of_people}");
    // The document says the same.
    let document = get(&app, "/rest/v1/").await.text;
    assert!(document.contains("`clubs(*)` (one or none)") && document.contains("`people!letters_to_id_fkey(*)`"));
    assert!(!document.contains("guests(*)") && !document.contains("letters_secret_id_fkey(*)"));
}

#[both_engines]
async fn rows_of_the_same_table_come_by_column_and_by_name(db: TestDb) {
    let app = serving(&db, &[referring("people", &[("boss_id", "people")])]).await;
    behind(&db, "INSERT INTO people VALUES (1, NULL), (2, 1)").await;
    let home = get(&app, "/").await.json();
    let related = home["tables"][0]["related"].as_array().unwrap();
    let mut selects: Vec<&str> = related.iter().map(|related| related["select"].as_str().unwrap()).collect();
    selects.sort_unstable();
    assert_eq!(selects, ["boss:boss_id(*)", "people(*)"]);
    for related in related {
        assert_eq!(get(&app, related["query"].as_str().unwrap()).await.status, 200, "{related}");
    }
    let with = with(&app, "/rest/v1/people").await;
    let boss = "<a href=\"/rest/v1/people?select=*,boss:boss_id(*)&amp;limit=10\">boss_id</a>";
    assert!(with.contains(boss), "{with}");
    let answer = get(&app, "/rest/v1/people?select=*,boss:boss_id(*)&limit=10&order=id").await;
    assert_eq!(answer.json()[1], json!({"id": 2, "boss_id": 1, "boss": {"id": 1, "boss_id": null}}));
}

#[both_engines]
async fn related_tables_of_any_name_and_number_have_working_links(db: TestDb) {
    let odd = "<b>\"a.b\" & 'c' (é)*,!";
    let mut tables = vec![referring("hub", &[]), referring(odd, &[("hub_id", "hub")])];
    tables.extend((1..60).map(|number| referring(&format!("spoke_{number:02}"), &[("hub_id", "hub")])));
    let long = "a_table_with_a_name_as_long_as_postgres_lets_names_be_012345678";
    tables.push(referring(long, &[("hub_id", "hub")]));
    let app = serving(&db, &tables).await;
    behind(&db, "INSERT INTO hub VALUES (1)").await;
    let found = follow(&app, "hub").await;
    assert_eq!(found.len(), 61);
    assert!(found.iter().any(|(name, _)| name == odd));
    let with = with(&app, "/rest/v1/hub").await;
    assert!(
        !with.contains("<b>") && with.contains("&lt;b&gt;&quot;a.b&quot; &amp; &#x27;c&#x27; (é)*,!</a>"),
        "{with}"
    );
    let (shown, folded) =
        with.split_once("<details><summary>and 53 more</summary>").unwrap_or_else(|| panic!("{with}"));
    assert_eq!((shown.matches("<a ").count(), folded.matches("<a ").count()), (8, 53));
    assert!(folded.ends_with("</a></details></div>"), "{folded}");
}

#[both_engines]
async fn a_few_related_tables_are_not_folded(db: TestDb) {
    let mut tables = vec![referring("hub", &[])];
    tables.extend((1..=9).map(|number| referring(&format!("spoke_{number}"), &[("hub_id", "hub")])));
    let app = serving(&db, &tables).await;
    let with = with(&app, "/rest/v1/hub").await;
    assert!(!with.contains("<details>") && with.matches("<a ").count() == 9, "{with}");
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
    state.serve(ExposedTables::new(&tables).unwrap(), Permissions::default());
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
                   CREATE TABLE \"Sales <2>\".a (id int PRIMARY KEY);
                   CREATE TABLE \"Sales <2>\".b (id int PRIMARY KEY, a int REFERENCES \"Sales <2>\".a,
                       other int REFERENCES public.a);
                   INSERT INTO \"Sales <2>\".a VALUES (1), (2);
                   CREATE TABLE hidden.secret (id int)";
        behind(&db, sql).await;
        let app = App::new(reflected(&db, &["public", "Sales <2>"]).await.0);
        let page = page(&app).await.text;
        assert!(page.contains("<a href=\"/docs#/a\">a</a></th><td>0</td>"), "{page}");
        let other = "Sales &lt;2&gt;.a</th><td>2</td><td><code>GET /rest/v1/a?limit=10\nAccept-Profile: Sales &lt;2&gt;</code>\
             <div>with b</div></td>";
        assert!(page.contains(other) && !page.contains("secret"), "{page}");
        // A request cannot name tables of two schemas.
        let first = "<a href=\"/rest/v1/a?limit=10\"><code>/rest/v1/a?limit=10</code></a></td>";
        assert!(page.contains(first), "{page}");
        let home = exchange(&app, Request::get("/").body(Body::empty()).unwrap()).await.json();
        assert_eq!(home["tables"][1]["accept_profile"], "Sales <2>");
    });
}
