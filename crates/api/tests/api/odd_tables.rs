//! Tables and views of others whose writes do more, or less, than they say: defaults behind a view, rules, conflict
//! clauses, and numbers that the database would not keep.

use axum::body::Body;
use mwallet_db::{DatabaseUrl, Dialect, EngineOptions, SqliteUrl};
use mwallet_reflect::ReflectOptions;
use mwallet_testkit::{TestDb, both_engines, run};
use rusqlite::config::DbConfig;
use serde_json::{Value, json};

use crate::support::{behind, get, post, post_returning, reflected, write};

/// What the report says of something by its name.
async fn reported(db: &TestDb, name: &str) -> String {
    let engine = db.engine_with(EngineOptions { existing: true, ..EngineOptions::default() });
    let findings = mwallet_reflect::reflect(&engine, &ReflectOptions::default()).await.unwrap().findings;
    let found = findings.iter().find(|finding| finding.name == name);
    found.unwrap_or_else(|| panic!("{name} is not in the report: {findings:?}")).standing.to_string()
}

#[both_engines]
async fn defaults_behind_a_view_are_filled_in(db: TestDb) {
    let sql = match db.dialect() {
        Dialect::Postgres => {
            "CREATE TABLE base (id serial PRIMARY KEY, number int GENERATED ALWAYS AS IDENTITY,
                                  st text NOT NULL DEFAULT 'new', note text,
                                  twice text GENERATED ALWAYS AS (note || note) STORED);
                              CREATE VIEW v AS SELECT * FROM base"
        }
        Dialect::Sqlite => {
            "CREATE TABLE base (id INTEGER PRIMARY KEY, st text NOT NULL DEFAULT 'new', note text);
                            CREATE VIEW v AS SELECT * FROM base;
                            CREATE TRIGGER v_insert INSTEAD OF INSERT ON v BEGIN
                                INSERT INTO base (st, note) VALUES (coalesce(NEW.st, 'new'), NEW.note); END"
        }
    };
    behind(&db, sql).await;
    let app = reflected(&db).await;
    let made = post(&app, "/rest/v1/v", r#"{"note": "x"}"#).await;
    assert_eq!(made.status, 201, "{}", made.text);
    // Several at once, of which each gives other columns.
    let made = post(&app, "/rest/v1/v", r#"[{"note": "y"}, {"st": "old"}, {}]"#).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let rows = get(&app, "/rest/v1/v?select=id,st,note&order=id").await;
    assert_eq!(
        rows.json(),
        json!([
            {"id": 1, "st": "new", "note": "x"}, {"id": 2, "st": "new", "note": "y"},
            {"id": 3, "st": "old", "note": null}, {"id": 4, "st": "new", "note": null}
        ])
    );
    if db.dialect() == Dialect::Postgres {
        assert_eq!(
            get(&app, "/rest/v1/v?select=number,twice&id=eq.2").await.json(),
            json!([{"number": 2, "twice": "yy"}])
        );
        let refused = post(&app, "/rest/v1/v", r#"{"number": 7}"#).await;
        assert!(refused.status.is_client_error(), "{} {}", refused.status, refused.text);
    }
}

#[both_engines]
async fn numbers_that_are_too_large_are_called_so(db: TestDb) {
    behind(&db, "CREATE TABLE t (id bigint PRIMARY KEY, ratio double precision)").await;
    let app = reflected(&db).await;
    for (body, place) in [
        (r#"{"id": 1, "ratio": 1e400}"#, "/ratio"),
        (r#"{"id": 2, "ratio": -1e400}"#, "/ratio"),
        (r#"{"id": 9223372036854775808}"#, "/id"),
        (r#"{"id": 1e30}"#, "/id"),
        (r#"{"id": 3, "ratio": 1e-400}"#, "/ratio"),
    ] {
        let refused = post(&app, "/rest/v1/t", body).await;
        let error = refused.json()["errors"][0].clone();
        assert_eq!(
            (refused.status.as_u16(), &error["loc"], &error["type"]),
            (422, &json!(place), &json!("out_of_range")),
            "{body}"
        );
        let told = error["msg"].as_str().unwrap();
        assert!(!told.contains("fraction") && told.contains("too close to zero") == body.contains("e-"), "{error}");
    }
    let refused = post(&app, "/rest/v1/t", r#"{"id": 1.5}"#).await;
    assert!(refused.json()["errors"][0]["msg"].as_str().unwrap().contains("fraction"), "{}", refused.text);
    let made = post_returning(
        &app,
        "/rest/v1/t",
        r#"[{"id": 1, "ratio": 1.5e300}, {"id": 9223372036854775807, "ratio": 0.1}]"#,
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json()[0]["ratio"].as_f64(), Some(1.5e300));
    // Spaces around a number do not count.
    let made = post_returning(&app, "/rest/v1/t?select=ratio", r#"{"id": 5, "ratio": " 5"}"#).await;
    assert_eq!(made.json()[0]["ratio"].as_f64(), Some(5.0), "{}", made.text);
}

#[both_engines]
async fn an_upsert_of_nothing_makes_nothing_new(db: TestDb) {
    behind(&db, "CREATE TABLE t (id integer PRIMARY KEY)").await;
    let app = reflected(&db).await;
    for (prefer, status) in
        [("resolution=merge-duplicates", 200), ("resolution=ignore-duplicates", 200), ("return=minimal", 201)]
    {
        assert_eq!(write(&app, "POST", "/rest/v1/t", prefer, "[]").await.status, status, "{prefer}");
    }
}

#[test]
fn what_postgres_refuses_by_name_is_told_so() {
    run(Dialect::Postgres, async |db: TestDb| {
        behind(
            &db,
            "CREATE TABLE b (nn int); CREATE VIEW v AS SELECT * FROM b WHERE nn < 10 WITH CHECK OPTION;
             CREATE MATERIALIZED VIEW m AS SELECT * FROM b WITH NO DATA;
             CREATE TABLE noted (id int); CREATE TABLE t (id int PRIMARY KEY);
             CREATE RULE notes AS ON INSERT TO t DO ALSO INSERT INTO noted VALUES (NEW.id)",
        )
        .await;
        let app = reflected(&db).await;
        let upsert = write(&app, "POST", "/rest/v1/t", "return=minimal,resolution=merge-duplicates", r#"{"id": 1}"#);
        for (answer, code, message) in [
            (post(&app, "/rest/v1/v", r#"{"nn": 50}"#).await, "44000", "violates check option"),
            (get(&app, "/rest/v1/m").await, "55000", "has not been populated"),
            (upsert.await, "0A000", "cannot be used with table that has INSERT or UPDATE rules"),
        ] {
            assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!(code)), "{}", answer.text);
            assert!(answer.json()["message"].as_str().unwrap().contains(message), "{}", answer.text);
        }
        assert_eq!(get(&app, "/rest/v1/m").await.json()["hint"], "Use the REFRESH MATERIALIZED VIEW command.");
        assert_eq!(post(&app, "/rest/v1/v", r#"{"nn": 5}"#).await.status, 201);
    });
}

#[test]
fn sqlite_takes_no_decimal_that_would_read_back_as_another() {
    run(Dialect::Sqlite, async |db: TestDb| {
        behind(&db, "CREATE TABLE t (id INTEGER PRIMARY KEY, amount numeric(38,18), share REAL, loose)").await;
        let app = reflected(&db).await;
        for (column, number) in [
            ("amount", "12345678901234567890.123456789012345678"),
            ("amount", "0.1000000000000000055"),
            ("amount", "12345678901234567891"),
            ("share", "9007199254740993"),
            ("share", "0.12345678901234567890"),
            ("loose", "1.00000000000000000001"),
        ] {
            let refused = post(&app, "/rest/v1/t", format!("{{\"{column}\": {number}}}")).await;
            assert_eq!(
                (refused.status.as_u16(), &refused.json()["code"]),
                (422, &json!("22003")),
                "{column} {number}: {}",
                refused.text
            );
            let changed =
                write(&app, "PATCH", "/rest/v1/t?id=eq.1", "return=minimal", format!("{{\"{column}\": {number}}}"))
                    .await;
            assert_eq!(changed.status, 422, "{}", changed.text);
        }
        assert_eq!(get(&app, "/rest/v1/t").await.text, "[]");
        for (column, number, kept) in [
            ("amount", "12.340", "12.34"),
            ("amount", "9007199254740993", "9007199254740993"),
            ("amount", "0.1", "0.1"),
            ("amount", "-7.00", "-7"),
            ("share", "0.1", "0.1"),
            ("share", "1e-300", "1e-300"),
            ("share", "3", "3.0"),
            ("loose", "123456789.25", "123456789.25"),
        ] {
            let made =
                post_returning(&app, &format!("/rest/v1/t?select={column}"), format!("{{\"{column}\": {number}}}"))
                    .await;
            assert_eq!(made.text, format!("[{{\"{column}\":{kept}}}]"), "{number}");
        }
    });
}

#[test]
fn a_table_with_a_rule_is_written_where_nothing_is_asked_back() {
    run(Dialect::Postgres, async |db: TestDb| {
        behind(
            &db,
            "CREATE TABLE kept (id int, amount numeric); CREATE TABLE payment (id int PRIMARY KEY, amount numeric);
             CREATE RULE into_kept AS ON INSERT TO payment DO INSTEAD INSERT INTO kept VALUES (NEW.id, NEW.amount);
             INSERT INTO kept VALUES (7, 7);
             CREATE RULE of_kept AS ON UPDATE TO payment DO INSTEAD UPDATE kept SET amount = NEW.amount WHERE id =
             OLD.id;
             ALTER TABLE payment DISABLE RULE into_kept; INSERT INTO payment VALUES (7, 7); ALTER TABLE payment ENABLE
             RULE into_kept",
        )
        .await;
        let app = reflected(&db).await;
        assert!(reported(&db, "into_kept").await.starts_with("not supported: not described; the database applies it"));
        let made = write(&app, "POST", "/rest/v1/payment", "return=minimal", r#"{"id": 1, "amount": 2.5}"#).await;
        assert_eq!((made.status.as_u16(), made.text.as_str()), (201, ""));
        let many = r#"[{"id": 2, "amount": 3}, {"id": 3, "amount": 4}]"#;
        assert_eq!(write(&app, "POST", "/rest/v1/payment", "return=minimal", many).await.status, 201);
        assert_eq!(
            get(&app, "/rest/v1/kept?select=id&id=lt.7&order=id").await.json(),
            json!([{"id": 1}, {"id": 2}, {"id": 3}])
        );
        for path in ["/rest/v1/payment/7", "/rest/v1/payment?id=eq.7"] {
            let changed = write(&app, "PATCH", path, "return=minimal", r#"{"amount": 8}"#).await;
            assert_eq!((changed.status.as_u16(), changed.header("content-range")), (204, None), "{}", changed.text);
        }
        assert_eq!(get(&app, "/rest/v1/kept?select=amount&id=eq.7").await.json(), json!([{"amount": 8}]));
        // What cannot be answered is refused before anything is written.
        for prefer in ["return=representation", "return=headers-only", "return=minimal,handling=strict,max-affected=1"]
        {
            let method = if prefer.contains("max") { "PATCH" } else { "POST" };
            let path = if method == "PATCH" { "/rest/v1/payment?id=eq.7" } else { "/rest/v1/payment" };
            let refused = write(&app, method, path, prefer, r#"{"id": 9, "amount": 1}"#).await;
            assert_eq!(
                (refused.status.as_u16(), &refused.json()["code"]),
                (400, &json!("0A000")),
                "{prefer}: {}",
                refused.text
            );
        }
        assert_eq!(get(&app, "/rest/v1/kept?id=eq.9").await.json(), json!([]));
        // What has no rule is as ever.
        assert_eq!(
            write(&app, "DELETE", "/rest/v1/payment/7", "return=representation", Body::empty()).await.status,
            200
        );
    });
}

#[test]
fn what_sqlite_ignores_is_not_told_as_created() {
    run(Dialect::Sqlite, async |db: TestDb| {
        behind(
            &db,
            "CREATE TABLE quiet (id INTEGER PRIMARY KEY, name TEXT UNIQUE ON CONFLICT IGNORE);
             CREATE TABLE pushy (id INTEGER PRIMARY KEY, name TEXT UNIQUE ON CONFLICT REPLACE)",
        )
        .await;
        let app = reflected(&db).await;
        assert!(reported(&db, "ON CONFLICT IGNORE").await.contains("is not written, without an error"));
        assert!(reported(&db, "ON CONFLICT REPLACE").await.contains("replaces them without an error"));
        for table in ["quiet", "pushy"] {
            assert_eq!(post(&app, &format!("/rest/v1/{table}"), r#"{"id": 1, "name": "a"}"#).await.status, 201);
        }
        for prefer in ["return=minimal", "return=representation", "return=headers-only"] {
            let answer = write(&app, "POST", "/rest/v1/quiet", prefer, r#"{"id": 2, "name": "a"}"#).await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (200, None), "{prefer}: {}", answer.text);
        }
        let answer = write(
            &app,
            "POST",
            "/rest/v1/quiet",
            "return=representation",
            r#"[{"id": 2, "name": "a"}, {"id": 3, "name": "b"}]"#,
        )
        .await;
        assert_eq!((answer.status.as_u16(), answer.json()), (201, json!([{"id": 3, "name": "b"}])));
        let answer = post_returning(&app, "/rest/v1/pushy", r#"{"id": 2, "name": "a"}"#).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (201, json!([{"id": 2, "name": "a"}])));
        let rows: Value = get(&app, "/rest/v1/pushy").await.json();
        assert_eq!(rows, json!([{"id": 2, "name": "a"}]));
    });
}

#[test]
fn what_sqlite_cannot_read_is_reported_and_the_rest_is_served() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let DatabaseUrl::Sqlite(SqliteUrl::File(path)) = &db.url else { unreachable!("it is a file") };
        let file = rusqlite::Connection::open(path).unwrap();
        // As other programs wrote them, for which a name that is no column was a text.
        for config in [DbConfig::SQLITE_DBCONFIG_DQS_DDL, DbConfig::SQLITE_DBCONFIG_DQS_DML] {
            file.set_db_config(config, true).unwrap();
        }
        file.execute_batch(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT DEFAULT \"x\", CHECK (s IN (\"x\", \"y\")));
             CREATE TABLE log (w TEXT); CREATE TABLE gone (id INTEGER PRIMARY KEY);
             CREATE VIEW quoted AS SELECT id, s FROM t WHERE s = \"x\";
             CREATE VIEW dangling AS SELECT id FROM gone; DROP TABLE gone;
             CREATE VIEW whole AS SELECT id FROM t;
             CREATE TABLE loose (id INTEGER PRIMARY KEY, b REFERENCES aimed (a)); CREATE TABLE aimed (id INTEGER
             PRIMARY KEY, a);
             CREATE TRIGGER logs AFTER INSERT ON t BEGIN INSERT INTO log VALUES (\"made\"); END;
             INSERT INTO t (s) VALUES (\"x\");
             PRAGMA writable_schema = ON;
             INSERT INTO sqlite_schema VALUES ('table', 'foreign_module', 'foreign_module', 0,
             'CREATE VIRTUAL TABLE foreign_module USING nosuch(a)')",
        )
        .unwrap();
        drop(file);
        let app = reflected(&db).await;
        assert_eq!(get(&app, "/rest/v1/t").await.text, r#"[{"id":1,"s":"x"}]"#);
        assert_eq!(get(&app, "/rest/v1/whole").await.text, r#"[{"id":1}]"#);
        for name in ["quoted", "dangling", "foreign_module"] {
            assert_eq!(get(&app, &format!("/rest/v1/{name}")).await.status, 404, "{name}");
        }
        // SQLite would refuse what may break a key that leads to no unique columns.
        for name in ["loose", "aimed"] {
            assert_eq!(post(&app, &format!("/rest/v1/{name}"), r#"{"id": 1}"#).await.status, 405, "{name}");
        }
        // Its trigger would fail, so the table takes no new rows; what runs no trigger is written as ever.
        assert_eq!(post(&app, "/rest/v1/t", r#"{"s": "y"}"#).await.status, 405);
        assert_eq!(write(&app, "PATCH", "/rest/v1/t?id=eq.1", "return=minimal", r#"{"s": "y"}"#).await.status, 204);

        let engine = db.engine_with(EngineOptions { existing: true, ..EngineOptions::default() });
        let findings = mwallet_reflect::reflect(&engine, &ReflectOptions::default()).await.unwrap().findings;
        let told = |table: &str, name: &str| {
            let found = findings.iter().find(|finding| finding.table == table && finding.name == name);
            found.map(|finding| finding.standing.to_string()).unwrap_or_default()
        };
        assert!(told("aimed", "").contains("would fail: foreign key mismatch"), "{}", told("aimed", ""));
        assert!(told("quoted", "").contains("cannot be read: no such column: \"x\""), "{}", told("quoted", ""));
        assert!(told("dangling", "").contains("no such table: main.gone"), "{}", told("dangling", ""));
        assert!(told("foreign_module", "").contains("no such module: nosuch"), "{}", told("foreign_module", ""));
        assert!(told("t", "").contains("INSERT would fail: no such column: \"made\""), "{}", told("t", ""));
    });
}

#[test]
fn what_needs_another_program_is_not_written_and_never_a_fault_of_the_server() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let DatabaseUrl::Sqlite(SqliteUrl::File(path)) = &db.url else { unreachable!("it is a file") };
        let file = rusqlite::Connection::open(path).unwrap();
        let flags =
            rusqlite::functions::FunctionFlags::SQLITE_UTF8 | rusqlite::functions::FunctionFlags::SQLITE_DETERMINISTIC;
        file.create_scalar_function("appfn", 1, flags, |context| context.get::<i64>(0)).unwrap();
        file.execute_batch(
            "CREATE TABLE indexed (id INTEGER PRIMARY KEY, name TEXT, age INT, note TEXT);
             CREATE INDEX by_name ON indexed (age, name COLLATE rtrim);
             CREATE TABLE computed (id INTEGER PRIMARY KEY, v INT, note TEXT); CREATE INDEX by_fn ON computed
             (appfn(v));
             CREATE TABLE part (id INTEGER PRIMARY KEY, v INT, note TEXT); CREATE INDEX by_part ON part (note) WHERE
             appfn(v) > 1;
             CREATE TABLE checked (id INTEGER PRIMARY KEY, v INT CHECK (appfn(v) > 0), note TEXT);
             CREATE TABLE collated (id INTEGER PRIMARY KEY, name TEXT COLLATE rtrim, note TEXT);
             CREATE TABLE keyed (name TEXT PRIMARY KEY COLLATE rtrim, note TEXT);
             INSERT INTO indexed VALUES (1, 'a', 5, 'n'); INSERT INTO computed VALUES (1, 2, 'n'); INSERT INTO part
             VALUES (1, 2, 'n');
             INSERT INTO checked VALUES (1, 2, 'n'); INSERT INTO collated VALUES (1, 'a', 'n'); INSERT INTO keyed
             VALUES ('a', 'n');
             -- As if another program had made them, with a collation of its own.
             PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'rtrim', 'localized')",
        )
        .unwrap();
        drop(file);
        let app = reflected(&db).await;
        let none = Body::empty;
        for (table, column, value) in
            [("indexed", "name", r#""b""#), ("computed", "v", "3"), ("part", "v", "3"), ("checked", "v", "3")]
        {
            let of_one = format!("/rest/v1/{table}?note=eq.n");
            assert_eq!(get(&app, &of_one).await.json()[0]["note"], "n", "{table}");
            let made = post(&app, &format!("/rest/v1/{table}"), format!(r#"{{"{column}": {value}}}"#)).await;
            assert_eq!(made.status, 405, "{table}: {}", made.text);
            let changed = write(&app, "PATCH", &of_one, "return=minimal", format!(r#"{{"{column}": {value}}}"#)).await;
            assert!(changed.status.is_client_error(), "{table}: {} {}", changed.status, changed.text);
            let deleted = write(&app, "DELETE", &of_one, "return=minimal", none()).await;
            // A check is of no concern to a row that goes.
            assert_eq!(
                deleted.status.as_u16(),
                if table == "checked" { 204 } else { 405 },
                "{table}: {}",
                deleted.text
            );
        }
        // What touches neither index is changed.
        for table in ["indexed", "computed"] {
            let path = format!("/rest/v1/{table}?id=eq.1");
            assert_eq!(write(&app, "PATCH", &path, "return=minimal", r#"{"note": "m"}"#).await.status, 204, "{table}");
        }
        for path in [
            "collated?order=name",
            "collated?name=eq.a",
            "collated?name=in.(a,b)",
            "keyed/a",
            "keyed?name=eq.a",
            "indexed?age=eq.5&select=name",
        ] {
            let answer = get(&app, &format!("/rest/v1/{path}")).await;
            if answer.status != 200 {
                assert_eq!(
                    (answer.status.as_u16(), &answer.json()["code"]),
                    (400, &json!("42P22")),
                    "{path}: {}",
                    answer.text
                );
                assert!(answer.text.contains("the collation localized"), "{}", answer.text);
            }
        }
        assert_eq!(get(&app, "/rest/v1/collated?order=name").await.status, 400);
        for path in ["collated", "collated?name=is.null", "collated?id=eq.1&order=note", "keyed", "indexed?select=id"] {
            assert_eq!(get(&app, &format!("/rest/v1/{path}")).await.status, 200, "{path}");
        }
        let engine = db.engine_with(EngineOptions { existing: true, ..EngineOptions::default() });
        let findings = mwallet_reflect::reflect(&engine, &ReflectOptions::default()).await.unwrap().findings;
        let told = |table: &str, part: &str| {
            findings.iter().any(|finding| finding.table == table && finding.standing.to_string().contains(part))
        };
        for (table, part) in [
            ("collated", "cannot be filtered or sorted: no such collation sequence: localized"),
            ("indexed", r#"INSERT, UPDATE of "id", UPDATE of "name", UPDATE of "age", DELETE would fail"#),
            ("checked", "would fail: unknown function: appfn()"),
        ] {
            assert!(told(table, part), "{table}: {findings:?}");
        }
    });
}

#[test]
fn a_box_of_an_r_tree_has_its_sides_in_order() {
    run(Dialect::Sqlite, async |db: TestDb| {
        behind(&db, "CREATE VIRTUAL TABLE boxes USING rtree (id, x0, x1)").await;
        let app = reflected(&db).await;
        let made = write(&app, "POST", "/rest/v1/boxes", "return=minimal", r#"{"id": 1, "x0": 1, "x1": 2}"#).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let refused = write(&app, "POST", "/rest/v1/boxes", "return=minimal", r#"{"id": 2, "x0": 3, "x1": 2}"#).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (422, &json!("23514")), "{}", refused.text);
        let refused = write(&app, "POST", "/rest/v1/boxes", "return=minimal", r#"{"id": 1, "x0": 1, "x1": 2}"#).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (409, &json!("23505")), "{}", refused.text);
    });
}
