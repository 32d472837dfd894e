//! A database that others made, served as it is: read, filtered, written, refused, and never changed but by requests.

use axum::body::Body;
use axum::http::Request;
use mwallet_api::{App, AppState, ExposedTables};
use mwallet_db::schema::{Table, Updatability};
use mwallet_db::{DatabaseUrl, Dialect, EngineOptions, SqliteUrl};
use mwallet_reflect::ReflectOptions;
use mwallet_testkit::{Sample, TestDb, both_engines, connect, run};
use serde_json::{Value, json};

use crate::support::{Answer, behind, get, send, write};

/// A server over what the database has.
async fn app(db: &TestDb, options: ReflectOptions, read_only: bool) -> App {
    let engine = db.engine_with(EngineOptions { existing: true, read_only, ..EngineOptions::default() });
    let mut tables: Vec<Table> = mwallet_reflect::reflect(&engine, &options).await.unwrap().tables;
    if read_only {
        tables.iter_mut().for_each(|table| table.writes = Updatability::NONE);
    }
    App::new(AppState::new(engine, ExposedTables::new(&tables).unwrap()))
}

/// The names that Chinook has on either engine.
fn names(db: &TestDb, sqlite: &str) -> String {
    match db.dialect() {
        Dialect::Sqlite => sqlite.into(),
        Dialect::Postgres => {
            let mut name = String::new();
            for (at, letter) in sqlite.char_indices() {
                let follows = sqlite[..at].chars().next_back().is_some_and(|before| before.is_ascii_lowercase());
                name.push_str(if letter.is_ascii_uppercase() && follows { "_" } else { "" });
                name.push(letter.to_ascii_lowercase());
            }
            name
        }
    }
}

/// Everything that describes a database, as its own tools tell it.
async fn schema(db: &TestDb) -> Vec<String> {
    match &db.url {
        DatabaseUrl::Postgres(_) => {
            let sql = "SELECT format('%s %s %s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod),
                           attnotnull, (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
                           WHERE adrelid = attrelid AND adnum = attnum))
                       FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
                       WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
                       UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid <> 0
                       UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1";
            let rows = connect(&db.url).await.query(sql, &[]).await.unwrap();
            rows.iter().map(|row| row.get::<_, Option<String>>(0).unwrap_or_default()).collect()
        }
        DatabaseUrl::Sqlite(SqliteUrl::File(path)) => {
            let file = rusqlite::Connection::open(path).unwrap();
            let pragma = |name: &str| {
                let value = file.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
                format!("{name} {value:?}")
            };
            let pragmas = ["journal_mode", "user_version", "application_id", "page_size", "auto_vacuum", "encoding"];
            let mut all: Vec<String> = pragmas.into_iter().map(pragma).collect();
            let mut statement = file.prepare("SELECT sql FROM sqlite_schema ORDER BY name").unwrap();
            let rows = statement.query_map([], |row| row.get::<_, Option<String>>(0)).unwrap();
            all.extend(rows.map(|row| row.unwrap().unwrap_or_default()));
            all
        }
        DatabaseUrl::Sqlite(SqliteUrl::Memory) => unreachable!("a test's database is a file"),
    }
}

/// An answer's rows, with the names of columns as PostgreSQL's Chinook has them.
fn plain(json: &Value) -> Value {
    match json {
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.replace('_', "").to_lowercase(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[both_engines]
async fn the_document_speaks_of_the_tables_that_are_there(db: TestDb) {
    behind(
        &db,
        "CREATE TABLE \"Sales Order\" (\"Order Id\" integer PRIMARY KEY, \"limit\" varchar(9) UNIQUE, total \
         numeric(9,2), due date)",
    )
    .await;
    let engine = db.engine_with(EngineOptions { existing: true, ..EngineOptions::default() });
    let reflected = mwallet_reflect::reflect(&engine, &ReflectOptions::default()).await.unwrap().tables;
    let others = App::new(AppState::new(engine, ExposedTables::titled("shop", &reflected).unwrap()));
    let document = get(&others, "/rest/v1/").await.json();
    let guide = document["info"]["description"].as_str().unwrap();
    assert_eq!(document["info"]["title"], "shop");
    for said in ["Order Id", "Other numbers have all digits", "strings in its own format"] {
        assert!(guide.contains(said), "{said}: {guide}");
    }
    for foreign in ["BITCOIN", "asset", "mWallet", "labels", "RFC 3339", "Decimals are strings with"] {
        assert!(!guide.contains(foreign), "{foreign}: {guide}");
    }
    let own = crate::support::app(&db).await;
    for (app, first) in [(&others, "/rest/v1/Sales%20Order"), (&own, "/rest/v1/app_notices")] {
        let document = get(app, "/rest/v1/").await.json();
        let guide = document["info"]["description"].as_str().unwrap();
        // What it says to ask can be asked.
        let quoted: Vec<&str> = guide.split('`').skip(1).step_by(2).filter(|text| text.contains('?')).collect();
        assert!(quoted.len() >= 5, "{guide}");
        for text in quoted {
            let query = text.split_once('?').unwrap().1;
            let query = query.replace(' ', "%20").replace('"', "%22");
            let prefer = if text.starts_with("POST") { "resolution=merge-duplicates" } else { "" };
            let answer = match text.starts_with("POST") {
                true => write(app, "POST", &format!("{first}?{query}"), prefer, "[]").await,
                false => get(app, &format!("{first}?{query}")).await,
            };
            assert!(matches!(answer.status.as_u16(), 200 | 201), "{text}: {}", answer.text);
        }
    }
}

#[both_engines]
async fn case_counts_as_the_docs_say(db: TestDb) {
    let entities = crate::support::app(&db).await;
    let order = |memo: &str| json!({"usid": "ada", "asset": "BITCOIN", "start": "2030-01-01T00:00:00Z", "memo": memo});
    let orders = json!([order("Ärger"), order("ärger"), order("ARGER"), order("Zug")]).to_string();
    assert_eq!(write(&entities, "POST", "/rest/v1/orders", "", orders).await.status, 201);
    let names = if db.dialect() == Dialect::Postgres { "text COLLATE \"und-x-icu\"" } else { "text" };
    behind(
        &db,
        &format!(
            "CREATE TABLE t (id integer PRIMARY KEY, memo {names});
        INSERT INTO t (id, memo) VALUES (1, 'Ärger'), (2, 'ärger'), (3, 'ARGER'), (4, 'Zug')"
        ),
    )
    .await;
    let reflected = app(&db, ReflectOptions::default(), false).await;
    let found = async |app: &App, path: &str| -> Vec<String> {
        let rows = get(app, path).await.json();
        rows.as_array().unwrap().iter().map(|row| row["memo"].as_str().unwrap().to_owned()).collect()
    };
    for (query, of_entities, of_postgres) in [
        ("memo=ilike.*%C3%A4rger", &["ärger"][..], &["Ärger", "ärger"][..]),
        ("memo=ilike.arger", &["ARGER"], &["ARGER"]),
        ("memo=eq.arger", &[], &[]),
        ("order=memo", &["ARGER", "Zug", "Ärger", "ärger"], &["ARGER", "ärger", "Ärger", "Zug"]),
    ] {
        assert_eq!(found(&entities, &format!("/rest/v1/orders?{query}")).await, of_entities, "{query}");
        let of_others = if db.dialect() == Dialect::Postgres { of_postgres } else { of_entities };
        assert_eq!(found(&reflected, &format!("/rest/v1/t?{query}")).await, of_others, "{query}");
    }
}

#[both_engines]
async fn values_of_a_url_read_alike_on_both_engines(db: TestDb) {
    behind(
        &db,
        "CREATE TABLE t (id integer PRIMARY KEY, n integer NOT NULL, s varchar(20), f double precision, d numeric(10,2),
             b boolean, day date);
         INSERT INTO t VALUES (1, 1, ' 1', 1.5, 1.25, true, '2026-01-01'), (2, 2, 'b', 2.5, 2.5, false, '2026-01-02');
         CREATE TABLE parts (a integer, b integer, n integer NOT NULL, PRIMARY KEY (a, b))",
    )
    .await;
    let app = app(&db, ReflectOptions::default(), false).await;
    // Spaces around what is no text do not count.
    for (filter, ids) in [
        ("id=in.(1,%202)", "[1,2]"),
        ("id=eq.%201", "[1]"),
        ("f=eq.%201.5", "[1]"),
        ("f=in.(%201.5%20,2.5)", "[1,2]"),
        ("d=eq.%201.25", "[1]"),
        ("b=eq.%20true", "[1]"),
        ("day=eq.%202026-01-01", "[1]"),
        ("s=eq.%201", "[1]"),
        ("s=eq.1", "[]"),
        ("f=lt.Infinity", "[1,2]"),
        ("f=in.(Infinity,1.5)", "[1]"),
        ("f=gt.-inf", "[1,2]"),
        ("f=eq.infinity", "[]"),
    ] {
        let rows = get(&app, &format!("/rest/v1/t?select=id&order=id&{filter}")).await;
        let rows = rows.json();
        let found: Vec<&Value> = rows.as_array().unwrap().iter().map(|row| &row["id"]).collect();
        assert_eq!(serde_json::to_string(&found).unwrap(), ids, "{filter}");
    }
    for filter in ["id=eq.Infinity", "d=eq.Infinity", "id=eq.1%202", "f=eq.Infinite"] {
        assert_eq!(get(&app, &format!("/rest/v1/t?{filter}")).await.status, 400, "{filter}");
    }
    let infinite = r#"[{"id": 3, "n": 1, "f": "Infinity"}, {"id": 4, "n": 1, "f": "-Infinity"}]"#;
    let made = write(&app, "POST", "/rest/v1/t?select=f", "return=representation", infinite).await;
    assert_eq!(made.text, r#"[{"f":"Infinity"},{"f":"-Infinity"}]"#);
    assert_eq!(get(&app, "/rest/v1/t?select=id&f=eq.Infinity").await.text, r#"[{"id":3}]"#);
    assert_eq!(get(&app, "/rest/v1/t?select=id&f=lt.-1e300").await.text, r#"[{"id":4}]"#);
    assert_eq!(write(&app, "POST", "/rest/v1/t", "", r#"{"id": 9, "n": 1, "d": "Infinity"}"#).await.status, 422);

    // The place of a row that is put names its key.
    for (path, body, row) in [
        ("t/5?select=id,n", r#"{"n": 1}"#, r#"{"id":5,"n":1}"#),
        ("t?id=eq.6&select=id,n", r#"{"n": 2}"#, r#"[{"id":6,"n":2}]"#),
        ("t/5?select=id,n", r#"{"id": 5, "n": 3}"#, r#"{"id":5,"n":3}"#),
        ("parts?a=eq.1&b=eq.2", r#"{"n": 4}"#, r#"[{"a":1,"b":2,"n":4}]"#),
    ] {
        let put = write(&app, "PUT", &format!("/rest/v1/{path}"), "return=representation", body).await;
        assert!(put.status.is_success(), "{path} {body}: {}", put.text);
        assert_eq!(put.text.trim_matches(['[', ']']), row.trim_matches(['[', ']']), "{path} {body}");
    }
    assert_eq!(write(&app, "PUT", "/rest/v1/t/5", "", r#"{"id": 6, "n": 1}"#).await.status, 400);
    assert_eq!(
        write(&app, "PUT", "/rest/v1/t/7", "", "{}").await.json()["errors"],
        json!([{"loc": "/n", "msg": "is required", "type": "missing"}])
    );
}

#[both_engines]
async fn a_schema_that_is_not_served_is_not_written_to(db: TestDb) {
    behind(&db, "CREATE TABLE t (id integer PRIMARY KEY)").await;
    let app = app(&db, ReflectOptions::default(), false).await;
    for schema in ["nosuch", "PUBLIC", ""] {
        let refused = of_schema(&app, "POST", "/rest/v1/t", schema.as_bytes(), r#"{"id": 1}"#).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (406, &json!("PGRST106")), "{schema}");
        assert_eq!(refused.json()["hint"], "the schemas are public");
        assert_eq!(of_schema(&app, "GET", "/rest/v1/t", schema.as_bytes(), "").await.status, 406, "{schema}");
    }
    assert_eq!(get(&app, "/rest/v1/t").await.text, "[]");
    assert_eq!(of_schema(&app, "POST", "/rest/v1/t", b"public", r#"{"id": 1}"#).await.status, 201);
    assert_eq!(of_schema(&app, "GET", "/rest/v1/t", b"public", "").await.text, r#"[{"id":1}]"#);
}

#[both_engines]
async fn chinook_is_read_and_filtered(db: TestDb) {
    Sample::Chinook.fill(&db).await;
    let app = app(&db, ReflectOptions::default(), false).await;
    let n = |name| names(&db, name);

    let one = get(&app, &format!("/rest/v1/{}/5", n("Album"))).await;
    assert_eq!(plain(&one.json()), json!({"albumid": 5, "title": "Big Ones", "artistid": 3}));

    let invoice = get(&app, &format!("/rest/v1/{}/5?select={}", n("Invoice"), n("Total"))).await;
    assert_eq!(invoice.text, format!("{{\"{}\":13.86}}", n("Total")));

    let path = format!(
        "/rest/v1/{}?select={},{}&{}=gt.10&order={}.desc,{}&limit=2",
        n("Invoice"),
        n("InvoiceId"),
        n("Total"),
        n("Total"),
        n("Total"),
        n("InvoiceId")
    );
    let expected = json!([{"invoiceid": 404, "total": 25.86}, {"invoiceid": 299, "total": 23.86}]);
    assert_eq!(plain(&get(&app, &path).await.json()), expected);

    let path = format!("/rest/v1/{}?{}=ilike.*rock*&select={}", n("Genre"), n("Name"), n("Name"));
    assert_eq!(get(&app, &path).await.json().as_array().unwrap().len(), 2);

    // A key of two columns, and what begins with nothing.
    let both = get(&app, &format!("/rest/v1/{}/1,3402", n("PlaylistTrack"))).await;
    assert_eq!(plain(&both.json()), json!({"playlistid": 1, "trackid": 3402}));
    let path = format!("/rest/v1/{}?{}=is.null&select={}", n("Employee"), n("ReportsTo"), n("LastName"));
    assert_eq!(plain(&get(&app, &path).await.json()), json!([{"lastname": "Adams"}]));

    let counted = Request::get(format!("/rest/v1/{}?limit=1", n("Track"))).header("prefer", "count=exact");
    let counted = send(&app, counted.body(Body::empty()).unwrap()).await;
    assert_eq!(counted.header("content-range"), Some("0-0/3503"));
    assert_eq!(get(&app, &format!("/rest/v1/{}/999999", n("Album"))).await.status, 404);
    assert_eq!(get(&app, &format!("/rest/v1/{}?{}=eq.abc", n("Album"), n("AlbumId"))).await.json()["code"], "22P02");
}

#[both_engines]
async fn chinook_is_written_and_stays_what_it_is(db: TestDb) {
    Sample::Chinook.fill(&db).await;
    let before = schema(&db).await;
    let app = app(&db, ReflectOptions::default(), false).await;
    let n = |name| names(&db, name);
    let row =
        |title: Value, artist: Value| json!({n("AlbumId"): 9001, n("Title"): title, n("ArtistId"): artist}).to_string();
    let albums = format!("/rest/v1/{}", n("Album"));

    let refused = write(&app, "POST", &albums, "return=minimal", row("x".repeat(161).into(), "first".into())).await;
    assert_eq!(refused.status, 422);
    let errors: Vec<_> =
        refused.json()["errors"].as_array().unwrap().iter().map(|error| error["type"].clone()).collect();
    assert_eq!(errors, ["too_long", "wrong_type"]);
    let missing = write(&app, "POST", &albums, "return=minimal", format!("{{\"{}\": 9001}}", n("AlbumId"))).await;
    assert_eq!(missing.json()["code"], "23502");
    let lost = write(&app, "POST", &albums, "return=minimal", row("Lost".into(), 999_999.into())).await;
    assert_eq!((lost.status.as_u16(), lost.json()["code"].as_str()), (409, Some("23503")));

    let made = write(&app, "POST", &albums, "return=representation", row("Found".into(), 3.into())).await;
    assert_eq!(made.status, 201);
    assert_eq!(plain(&made.json()), json!([{"albumid": 9001, "title": "Found", "artistid": 3}]));
    let again = write(&app, "POST", &albums, "return=minimal", row("Again".into(), 3.into())).await;
    assert_eq!((again.status.as_u16(), again.json()["code"].as_str()), (409, Some("23505")));
    let one = format!("{albums}/9001");
    let changed = write(&app, "PATCH", &one, "return=representation", format!("{{\"{}\": \"é\"}}", n("Title"))).await;
    assert_eq!(plain(&changed.json())["title"], "é");
    assert_eq!(write(&app, "DELETE", &one, "return=minimal", Body::empty()).await.status, 204);

    // Money with its digits, and a time as it was written; three rows in one statement.
    let invoice = |id: i64, total: &str| {
        let at = "2026-01-02T03:04:05";
        let total: Value = total.parse().unwrap();
        json!({n("InvoiceId"): id, n("CustomerId"): 1, n("InvoiceDate"): at, n("Total"): total})
    };
    let rows = json!([invoice(9001, "12.5"), invoice(9002, "0.07"), invoice(9003, "3")]).to_string();
    let path = format!("/rest/v1/{}?select={},{}", n("Invoice"), n("InvoiceDate"), n("Total"));
    let made = write(&app, "POST", &path, "return=representation", rows).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let totals: Vec<_> = plain(&made.json()).as_array().unwrap().iter().map(|row| row["total"].as_f64()).collect();
    assert_eq!(totals, [Some(12.5), Some(0.07), Some(3.0)]);
    assert_eq!(plain(&made.json())[0]["invoicedate"], "2026-01-02T03:04:05");
    let fine = json!([invoice(9004, "1.005")]).to_string();
    assert_eq!(write(&app, "POST", &path, "return=minimal", fine).await.json()["code"], "22003");
    assert_eq!(schema(&db).await, before);
}

#[both_engines]
async fn nothing_is_written_where_nothing_may_be(db: TestDb) {
    Sample::Chinook.fill(&db).await;
    let file = db.folder.path().join("test.db");
    let before = std::fs::read(&file).ok();
    let app = app(&db, ReflectOptions::default(), true).await;
    let path = format!("/rest/v1/{}", names(&db, "Album"));
    assert_eq!(get(&app, &format!("{path}/5")).await.status, 200);
    for (method, path) in [("POST", path.clone()), ("PATCH", format!("{path}/5")), ("DELETE", format!("{path}/5"))] {
        let refused = write(&app, method, &path, "return=minimal", "{}").await;
        assert_eq!(refused.status, 405, "{method}: {}", refused.text);
        assert_eq!(refused.header("allow"), Some("GET, HEAD, OPTIONS"));
    }
    drop(app);
    assert_eq!(std::fs::read(&file).ok(), before);
}

#[test]
fn northwind_is_served_with_its_views_and_its_names() {
    run(Dialect::Sqlite, async |db: TestDb| {
        Sample::Northwind.fill(&db).await;
        let before = schema(&db).await;
        let app = app(&db, ReflectOptions::default(), false).await;
        let details = "/rest/v1/Order%20Details";
        let one = get(&app, &format!("{details}/10248,11")).await.json();
        let expected = json!({"OrderID": 10248, "ProductID": 11, "UnitPrice": 14, "Quantity": 12, "Discount": 0.0});
        assert_eq!(one, expected);

        let body = r#"{"OrderID": 10248, "ProductID": "x", "Quantity": 0, "Discount": 1.5, "UnitPrice": -1}"#;
        let refused = write(&app, "POST", details, "return=minimal", body).await.json();
        let found: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|error| error["loc"].clone()).collect();
        assert_eq!(found, ["/ProductID", "/Quantity", "/Discount", "/UnitPrice"]);

        // The database fills in what is not given.
        let body = r#"{"OrderID": 10248, "ProductID": 1}"#;
        let made = write(&app, "POST", details, "return=representation", body).await;
        let expected = json!([{"OrderID": 10248, "ProductID": 1, "UnitPrice": 0, "Quantity": 1, "Discount": 0.0}]);
        assert_eq!(made.json(), expected);

        // Bytes as hexadecimal digits, on the way out and in a filter.
        let picture = get(&app, "/rest/v1/Categories/1?select=Picture").await.json();
        assert!(
            picture["Picture"].as_str().unwrap().starts_with("\\xFFD8")
                || picture["Picture"].as_str().unwrap().starts_with("\\xffd8")
        );

        let view =
            get(&app, "/rest/v1/Products%20by%20Category?CategoryName=eq.Seafood&order=ProductName&limit=1").await;
        assert_eq!(view.json()[0]["ProductName"], "Boston Crab Meat");
        let refused = write(&app, "POST", "/rest/v1/Invoices", "return=minimal", "{}").await;
        assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
        assert_eq!(schema(&db).await, before);
    });
}

#[test]
fn every_type_of_postgres_comes_and_goes() {
    run(Dialect::Postgres, async |db: TestDb| {
        let sql = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a int, b text);
                   CREATE DOMAIN code AS varchar(4) CHECK (length(VALUE) > 1);
                   CREATE TABLE things (id serial PRIMARY KEY, feeling mood, home pair, tags text[], numbers int[],
                   day date,
                       at timestamp, at_zone timestamptz, ratio float8, exact numeric, raw bytea, ip inet,
                       page int4range,
                       pause interval, code code, fixed char(3), document json, made text DEFAULT 'made',
                       doubled int GENERATED ALWAYS AS (id * 2) STORED)";
        connect(&db.url).await.batch_execute(sql).await.unwrap();
        let app = app(&db, ReflectOptions::default(), false).await;
        let thing = json!({
            "feeling": "ok", "home": {"a": 1, "b": "x\"y"}, "tags": ["a", "b,c", null], "numbers": [1, 2],
            "day": "2026-01-02",
            "at": "2026-01-02T03:04:05", "at_zone": "2026-01-02T03:04:05.25+00:00", "ratio": 0.1,
            "exact": 12345678901234567890_u64, "raw": "\\x00ff", "ip": "10.0.0.1/8", "page": "[1,5)",
            "pause": "01:02:03",
            "code": "ab", "fixed": "a  ", "document": {"b": [1.50, null]},
        });
        let made = write(&app, "POST", "/rest/v1/things", "return=representation", thing.to_string()).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let mut expected = thing.clone();
        expected["id"] = 1.into();
        expected["made"] = "made".into();
        expected["doubled"] = 2.into();
        assert_eq!(made.json()[0], expected);
        // The same in a statement of many rows, and with what is null.
        let rows = json!([thing, {"feeling": null, "home": null, "tags": [], "made": "given"}]);
        let made =
            write(&app, "POST", "/rest/v1/things?columns=feeling,home,tags", "return=representation", rows.to_string())
                .await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.json()[0]["home"], expected["home"]);
        assert_eq!(made.json()[1]["tags"], json!([]));

        for filter in [
            "feeling=eq.ok",
            "feeling=gt.sad",
            "feeling=in.(ok,sad)",
            "day=gte.2026-01-02",
            "at=lt.2026-01-03",
            "ratio=eq.0.1",
            "exact=eq.12345678901234567890",
            "raw=eq.%5Cx00ff",
            "ip=eq.10.0.0.1%2F8",
            "page=eq.%5B1,5)",
            "code=eq.ab",
            "code=neq.abcde",
            "fixed=eq.a",
            "numbers=eq.%7B1,2%7D",
            "at_zone=gt.2026-01-01",
        ] {
            let found = get(&app, &format!("/rest/v1/things?{filter}&select=id&limit=1&order=id")).await;
            assert_eq!(found.json(), json!([{"id": 1}]), "{filter}: {}", found.text);
        }
        for filter in ["day=eq.abc", "ip=eq.x", "numbers=eq.x", "document=eq.%7B%7D", "page=gt.x", "feeling=eq.glad"] {
            let refused = get(&app, &format!("/rest/v1/things?{filter}")).await;
            assert_eq!(refused.status, 400, "{filter}: {}", refused.text);
        }
        for (body, code) in [
            (json!({"feeling": "glad"}), "22P02"),
            (json!({"numbers": ["x"]}), "22P02"),
            (json!({"day": "2026-13-01"}), "22008"),
            (json!({"code": "a"}), "23514"),
            (json!({"code": "abcde"}), "22001"),
            (json!({"doubled": 4}), "23514"),
            (json!({"home": [1]}), "22023"),
        ] {
            let refused = write(&app, "POST", "/rest/v1/things", "return=minimal", body.to_string()).await;
            assert!(refused.status.is_client_error(), "{body}: {} {}", refused.status, refused.text);
            assert_eq!(refused.json()["code"], code, "{body}: {}", refused.text);
        }
    });
}

#[test]
fn a_request_chooses_among_schemas() {
    run(Dialect::Postgres, async |db: TestDb| {
        let sql = "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1); CREATE SCHEMA \"Sales 2\";
                   CREATE TABLE \"Sales 2\".a (id int PRIMARY KEY, b text); CREATE SCHEMA hidden; CREATE TABLE
                   hidden.a ()";
        connect(&db.url).await.batch_execute(sql).await.unwrap();
        let schemas = vec!["public".to_owned(), "Sales 2".to_owned()];
        let app = app(&db, ReflectOptions { schemas }, false).await;
        let ask = async |method: &str, header: &str, schema: &str, body: &str| {
            let request = Request::builder().method(method).uri("/rest/v1/a").header(header, schema);
            let request = request.header("content-type", "application/json").body(Body::from(body.to_owned())).unwrap();
            crate::support::exchange(&app, request).await
        };
        let first = get(&app, "/rest/v1/a").await;
        assert_eq!((first.text.as_str(), first.header("content-profile")), ("[{\"id\":1}]", Some("public")));
        assert_eq!(ask("POST", "content-profile", "Sales 2", r#"{"id": 7, "b": "x"}"#).await.status, 201);
        let other = ask("GET", "accept-profile", "Sales 2", "").await;
        assert_eq!((other.text.as_str(), other.header("content-profile")), (r#"[{"id":7,"b":"x"}]"#, Some("Sales 2")));
        // Each schema has a document, which says how its tables are asked for.
        for (schema, is_first) in [("public", true), ("Sales 2", false)] {
            let request = Request::builder().uri("/rest/v1/").header("accept-profile", schema).body(Body::empty());
            let document = crate::support::exchange(&app, request.unwrap()).await.json();
            let header = &document["components"]["parameters"]["ContentProfile"];
            assert_eq!(
                (header["schema"]["enum"][0].as_str(), header["required"].as_bool()),
                (Some(schema), Some(!is_first))
            );
            let parameters = document["paths"]["/rest/v1/a"]["post"]["parameters"].as_array().unwrap();
            assert!(parameters.iter().any(|one| one["$ref"] == "#/components/parameters/ContentProfile"));
        }
        let refused = ask("GET", "accept-profile", "hidden", "").await;
        assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (406, Some("PGRST106")));
    });
}

/// A request about a table of a schema, by the header that its method has for it.
async fn of_schema(app: &App, method: &str, path: &str, schema: &[u8], body: &str) -> Answer {
    let header = if method == "GET" { "accept-profile" } else { "content-profile" };
    let request = Request::builder().method(method).uri(path).header(header, schema);
    let request = request.header("content-type", "application/json").body(Body::from(body.to_owned())).unwrap();
    crate::support::exchange(app, request).await
}

#[test]
fn functions_and_triggers_find_the_tables_of_their_schema() {
    run(Dialect::Postgres, async |db: TestDb| {
        let mut sql = String::from("CREATE TABLE log (who text);");
        for schema in ["shop", "öffentlich"] {
            sql += &format!(
                "CREATE SCHEMA {schema}; CREATE TABLE {schema}.log (who text);
                 CREATE TABLE {schema}.t (id int PRIMARY KEY, n int CHECK (n > 0));
                 CREATE FUNCTION {schema}.logs() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN INSERT INTO log VALUES (TG_TABLE_SCHEMA || NEW.id); RETURN NEW; END $$;
                 CREATE TRIGGER logs AFTER INSERT ON {schema}.t FOR EACH ROW EXECUTE FUNCTION {schema}.logs();
                 CREATE FUNCTION {schema}.logged() RETURNS bigint LANGUAGE plpgsql AS
                    $$ BEGIN RETURN (SELECT count(*) FROM log); END $$;
                 CREATE VIEW {schema}.counted AS SELECT {schema}.logged() AS rows;"
            );
        }
        connect(&db.url).await.batch_execute(&sql).await.unwrap();
        // Many connections, whichever is free; and one, which all requests share.
        for pool_size in [4, 1] {
            let schemas = ["shop", "öffentlich", "public"].map(str::to_owned);
            let options = EngineOptions { schema: Some("shop".into()), pool_size, ..EngineOptions::default() };
            let engine = db.engine_with(EngineOptions { existing: true, ..options });
            let tables =
                mwallet_reflect::reflect(&engine, &ReflectOptions { schemas: schemas.into() }).await.unwrap().tables;
            let app = App::new(AppState::new(engine, ExposedTables::new(&tables).unwrap()));
            let first = if pool_size == 1 { 100 } else { 0 };
            for id in first..first + 8 {
                for schema in ["shop", "öffentlich"] {
                    let body = format!("[{{\"id\": {id}, \"n\": 1}}, {{\"id\": {}, \"n\": 1}}]", id + 1000);
                    let made = of_schema(&app, "POST", "/rest/v1/t", schema.as_bytes(), &body).await;
                    assert_eq!(made.status, 201, "{}", made.text);
                    // What fails is undone, and the connection goes on.
                    let body = format!("[{{\"id\": {}, \"n\": 1}}, {{\"id\": 1, \"n\": 0}}]", id + 5000);
                    let refused = of_schema(&app, "POST", "/rest/v1/t", schema.as_bytes(), &body).await;
                    assert_eq!(refused.status, 422, "{}", refused.text);
                    let row = of_schema(&app, "GET", &format!("/rest/v1/t/{id}"), schema.as_bytes(), "").await;
                    assert_eq!(row.json()["id"], id);
                    let counted = of_schema(&app, "GET", "/rest/v1/counted", schema.as_bytes(), "").await;
                    let rows = if first > 0 { 16 } else { 0 } + (id - first + 1) * 2;
                    assert_eq!(counted.text, format!("[{{\"rows\":{rows}}}]"));
                }
            }
            for schema in ["shop", "öffentlich"] {
                let log = of_schema(&app, "GET", "/rest/v1/log", schema.as_bytes(), "").await;
                let all = log.json().as_array().unwrap().len();
                assert_eq!(log.text.matches(schema).count(), all, "{}", log.text);
            }
            assert_eq!(of_schema(&app, "GET", "/rest/v1/log", b"public", "").await.text, "[]");
        }
    });
}

#[test]
fn a_schema_of_any_name_can_be_asked_for() {
    run(Dialect::Postgres, async |db: TestDb| {
        let sql = "CREATE TABLE a (id int); CREATE SCHEMA größe; CREATE TABLE größe.a (id int); INSERT INTO größe.a \
                   VALUES (1)";
        connect(&db.url).await.batch_execute(sql).await.unwrap();
        let schemas = vec!["public".to_owned(), "größe".to_owned()];
        let app = app(&db, ReflectOptions { schemas }, false).await;
        for name in ["größe".as_bytes(), b"gr\xf6\xdfe"] {
            let rows = of_schema(&app, "GET", "/rest/v1/a", name, "").await;
            assert_eq!(rows.text, r#"[{"id":1}]"#);
            assert_eq!(rows.headers["content-profile"].as_bytes(), "größe".as_bytes());
        }
        let refused = of_schema(&app, "GET", "/rest/v1/a", "größer".as_bytes(), "").await;
        assert!(refused.json()["message"].as_str().unwrap().contains("größer"), "{}", refused.text);
    });
}

#[test]
fn rules_of_floats_and_domains_are_checked_before_the_database_is_asked() {
    run(Dialect::Postgres, async |db: TestDb| {
        let sql = "CREATE DOMAIN code AS varchar(10) CHECK (length(VALUE) BETWEEN 2 AND 4);
                   CREATE DOMAIN share AS numeric(5, 4) CHECK (VALUE >= 0 AND VALUE <= 1);
                   CREATE TABLE things (id int PRIMARY KEY, code code, share share, ratio float8 CHECK (ratio < 10),
                       at timestamptz)";
        connect(&db.url).await.batch_execute(sql).await.unwrap();
        let app = app(&db, ReflectOptions::default(), false).await;
        let body = r#"{"id": 1, "code": "abcde", "share": 1.5, "ratio": 10, "at": 7}"#;
        let refused = write(&app, "POST", "/rest/v1/things", "return=minimal", body).await;
        let errors = refused.json()["errors"].clone();
        let told: Vec<String> = errors
            .as_array()
            .unwrap()
            .iter()
            .map(|error| format!("{} {}", error["loc"].as_str().unwrap(), error["type"].as_str().unwrap()))
            .collect();
        assert_eq!(told, ["/code too_long", "/share too_large", "/ratio too_large", "/at wrong_type"]);

        let body = r#"{"id": 1, "code": "abcd", "share": 0.5, "ratio": 1e-300, "at": "2026-01-02T03:04:05Z"}"#;
        let made = write(&app, "POST", "/rest/v1/things", "return=representation", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.json()[0]["share"].to_string(), "0.5000");
        // What is no number is one of PostgreSQL.
        let body = r#"{"id": 2, "ratio": "-Infinity"}"#;
        assert_eq!(write(&app, "POST", "/rest/v1/things", "return=minimal", body).await.status, 201);
    });
}
