//! What answers say beside their rows: which constraint was broken, which page there is, where a row is, what was
//! heeded.

use axum::body::Body;
use axum::http::Request;
use mwallet_api::App;
use mwallet_db::Dialect;
use mwallet_testkit::{TestDb, both_engines, run};
use serde_json::json;

use crate::support::{behind, exchange, get, reflected, write};

/// Tables that refer to each other, with keys of every kind.
async fn app(db: &TestDb) -> App {
    behind(
        db,
        "CREATE TABLE people (code varchar(20) PRIMARY KEY, mail varchar(40) CONSTRAINT people_mail_key UNIQUE);
         CREATE TABLE visits (who varchar(20) NOT NULL CONSTRAINT visits_who_fkey REFERENCES people, day date NOT NULL,
             at timestamp, n integer, PRIMARY KEY (who, day));
         CREATE TABLE loose (a integer, b integer);
         INSERT INTO people VALUES ('a b,c', 'a@x'), ('d', 'd@x'); INSERT INTO visits VALUES ('d', '2026-01-01', NULL,
         1)",
    )
    .await;
    reflected(db).await
}

#[both_engines]
async fn an_answer_that_does_not_wait_for_the_body_says_that_the_connection_ends(db: TestDb) {
    let app = app(&db).await;
    for (path, kind, closes) in [
        ("/rest/v1/nosuch", "application/json", true),
        ("/rest/v1/people", "text/plain", true),
        ("/rest/v1/people", "application/json", false),
    ] {
        let request = Request::post(path).header("content-type", kind).body(Body::from("[{]")).unwrap();
        let answer = exchange(&app, request).await;
        assert!(answer.status.is_client_error());
        assert_eq!(answer.header("connection"), closes.then_some("close"), "{path} {kind}");
    }
    assert_eq!(get(&app, "/rest/v1/nosuch").await.header("connection"), None);
}

#[both_engines]
async fn numbers_are_strings_for_clients_that_have_only_doubles(db: TestDb) {
    let is_postgres = db.dialect() == Dialect::Postgres;
    let double = if is_postgres { "double precision" } else { "REAL" };
    behind(
        &db,
        &format!(
            "CREATE TABLE sums (id bigint PRIMARY KEY, small smallint, share numeric(20,4), ratio {double}, open \
             boolean, note varchar(20))"
        ),
    )
    .await;
    let app = app(&db).await;
    let body = r#"{
        "id": "9007199254740993", "small": " 7 ", "share": "1234567890.5", "ratio": 0.5, "open": "yes", "note": 1.50
    }"#;
    let made = write(&app, "POST", "/rest/v1/sums", "", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let get = async |path: &str, prefer: &str| {
        exchange(&app, Request::get(path).header("prefer", prefer).body(Body::empty()).unwrap()).await
    };
    let share = if is_postgres { "1234567890.5000" } else { "1234567890.5" };
    let open = if is_postgres { "true" } else { "1" };
    let plain = get("/rest/v1/sums", "").await;
    assert_eq!(
        plain.text,
        format!(r#"[{{"id":9007199254740993,"small":7,"share":{share},"ratio":0.5,"open":{open},"note":"1.50"}}]"#)
    );
    // SQLite does not tell what is smaller than 64 bits.
    let small = if is_postgres { "7" } else { "\"7\"" };
    let row = format!(
        r#"{{"id":"9007199254740993","small":{small},"share":"{share}","ratio":0.5,"open":{open},"note":"1.50"}}"#
    );
    for path in ["/rest/v1/sums?limit=5", "/rest/v1/sums", "/rest/v1/sums?id=eq.9007199254740993"] {
        let told = get(path, "numbers=string").await;
        assert_eq!(
            (told.text.as_str(), told.header("preference-applied")),
            (&*format!("[{row}]"), Some("numbers=string"))
        );
    }
    let one = get("/rest/v1/sums/9007199254740993", "numbers=string").await;
    assert_eq!(one.text, row);
    let request = Request::patch("/rest/v1/sums?id=eq.9007199254740993").header("content-type", "application/json");
    let request =
        request.header("prefer", "return=representation, numbers=string").body(Body::from(r#"{"note": "x"}"#)).unwrap();
    let changed = exchange(&app, request).await;
    assert_eq!(changed.text, format!("[{}]", row.replace("1.50", "x")));
    for (body, place) in [
        (r#"{"id": "1.5"}"#, "/id"),
        (r#"{"id": ""}"#, "/id"),
        (r#"{"id": 1, "open": "maybe"}"#, "/open"),
        (r#"{"id": 1, "note": true}"#, "/note"),
        (r#"{"id": 1, "share": "1e400"}"#, "/share"),
    ] {
        let refused = write(&app, "POST", "/rest/v1/sums", "", body).await;
        assert_eq!(
            (refused.status.as_u16() / 100, &refused.json()["errors"][0]["loc"]),
            (4, &json!(place)),
            "{body}: {}",
            refused.text
        );
    }
}

#[both_engines]
async fn a_conflict_names_its_constraint_and_columns(db: TestDb) {
    let app = app(&db).await;
    let is_postgres = db.dialect() == Dialect::Postgres;
    let details = |text: &str| is_postgres.then(|| text.to_owned());
    let twice = write(&app, "POST", "/rest/v1/people", "", r#"{"code": "e", "mail": "a@x"}"#).await;
    // SQLite keeps no name of a constraint that is unique; ours for it is the one that PostgreSQL would have.
    assert_eq!(
        twice.told(),
        (
            409,
            "23505".into(),
            "a row with this mail exists already (people_mail_key)".into(),
            details("Key (mail)=(a@x) already exists.")
        )
    );
    let key = write(&app, "POST", "/rest/v1/visits", "", r#"{"who": "d", "day": "2026-01-01"}"#).await;
    assert_eq!(
        key.told(),
        (
            409,
            "23505".into(),
            "a row with this who and day exists already (visits_pkey)".into(),
            details("Key (who, day)=(d, 2026-01-01) already exists.")
        )
    );
    let lost = write(&app, "POST", "/rest/v1/visits", "", r#"{"who": "z", "day": "2026-01-01"}"#).await;
    let kept = write(&app, "DELETE", "/rest/v1/people?code=eq.d", "", Body::empty()).await;
    let generic = "the row references a row that does not exist, or is still referenced";
    for (answer, on_postgres, detail) in [
        (
            lost,
            "who references a row that does not exist (visits_who_fkey)",
            "Key (who)=(z) is not present in table \"people\".",
        ),
        (
            kept,
            "the row is still referenced (visits_who_fkey)",
            "Key (code)=(d) is still referenced from table \"visits\".",
        ),
    ] {
        let message = if is_postgres { on_postgres } else { generic };
        assert_eq!(answer.told(), (409, "23503".into(), message.into(), details(detail)));
    }
}

#[both_engines]
async fn a_page_behind_the_last_row_tells_how_many_there_are(db: TestDb) {
    let app = app(&db).await;
    let request = Request::get("/rest/v1/people?offset=5").header("prefer", "count=exact").body(Body::empty());
    let behind = exchange(&app, request.unwrap()).await;
    assert_eq!((behind.status.as_u16(), behind.header("content-range")), (416, Some("*/2")));
}

#[both_engines]
async fn a_new_row_has_an_address_whatever_its_key(db: TestDb) {
    let app = app(&db).await;
    for (table, row, address) in [
        ("people", r#"{"code": "x,y & z", "mail": null}"#, "/rest/v1/people?code=eq.x%2Cy%20%26%20z"),
        ("visits", r#"{"who": "d", "day": "2026-02-01"}"#, "/rest/v1/visits?who=eq.d&day=eq.2026-02-01"),
    ] {
        let made = write(&app, "POST", &format!("/rest/v1/{table}"), "return=headers-only", row).await;
        assert_eq!((made.status.as_u16(), made.header("location")), (201, Some(address)));
        assert_eq!(get(&app, address).await.json().as_array().unwrap().len(), 1, "{address}");
    }
}

#[both_engines]
async fn what_was_heeded_is_told(db: TestDb) {
    let app = app(&db).await;
    let prefer = "handling=strict,max-affected=3,return=representation";
    let changed = write(&app, "PATCH", "/rest/v1/people?code=eq.d", prefer, r#"{"mail": "n"}"#).await;
    assert_eq!(changed.header("preference-applied"), Some("return=representation, handling=strict, max-affected=3"));
    let lenient = write(&app, "PATCH", "/rest/v1/people?code=eq.d", "max-affected=3", r#"{"mail": "n"}"#).await;
    assert_eq!(lenient.header("preference-applied"), None);
    let committed = write(&app, "PATCH", "/rest/v1/people?code=eq.d", "tx=commit", r#"{"mail": "d@x"}"#).await;
    assert_eq!(committed.header("preference-applied"), Some("tx=commit"));
}

#[both_engines]
async fn a_trial_answers_and_changes_nothing(db: TestDb) {
    let app = app(&db).await;
    let before = (get(&app, "/rest/v1/people?order=code").await.text, get(&app, "/rest/v1/visits").await.text);
    for (method, path, body, status) in [
        ("POST", "people", r#"[{"code": "t", "mail": "t@x"}, {"code": "u", "mail": "u@x"}]"#, 201),
        ("POST", "people?on_conflict=code", r#"{"code": "d", "mail": "new"}"#, 200),
        ("PATCH", "people?code=eq.d", r#"{"mail": "new"}"#, 200),
        ("PUT", "people?code=eq.d", r#"{"code": "d", "mail": "new"}"#, 200),
        ("PUT", "people?code=eq.v", r#"{"code": "v", "mail": "v@x"}"#, 201),
        ("DELETE", "visits?who=eq.d", "", 200),
    ] {
        let prefer = "return=representation,resolution=merge-duplicates,tx=rollback";
        let prefer = if method == "POST" { prefer } else { "return=representation,tx=rollback" };
        let tried = write(&app, method, &format!("/rest/v1/{path}"), prefer, body).await;
        assert_eq!(tried.status.as_u16(), status, "{method} {path}: {}", tried.text);
        assert!(!tried.json().as_array().unwrap().is_empty(), "{method} {path}");
        assert!(tried.header("preference-applied").unwrap().contains("tx=rollback"), "{method} {path}");
        let after = (get(&app, "/rest/v1/people?order=code").await.text, get(&app, "/rest/v1/visits").await.text);
        assert_eq!(after, before, "{method} {path}");
    }
    // What would fail fails.
    let refused = write(&app, "POST", "/rest/v1/people", "tx=rollback", r#"{"code": "d", "mail": null}"#).await;
    assert_eq!(refused.status, 409);
}

#[both_engines]
async fn bodies_and_forms_are_those_of_postgrest(db: TestDb) {
    let app = app(&db).await;
    let rows = async |path: &str| get(&app, path).await.json();
    // An array of one row is one row, also where a row is put or changed.
    let put = write(&app, "PUT", "/rest/v1/people?code=eq.d", "", r#"[{"code": "d", "mail": "put"}]"#).await;
    assert_eq!(put.status, 204, "{}", put.text);
    let changed = write(&app, "PATCH", "/rest/v1/people?code=eq.d", "", r#"[{"mail": "patched"}]"#).await;
    assert_eq!(changed.status, 204, "{}", changed.text);
    assert_eq!(rows("/rest/v1/people?code=eq.d").await, json!([{"code": "d", "mail": "patched"}]));
    for (method, body, status) in [
        ("PATCH", r#"[{"mail": "x"}, {"mail": "y"}]"#, 422),
        ("PUT", r#"[{"code": "d"}, {"code": "d"}]"#, 422),
        ("PUT", "[]", 400),
        ("PATCH", "[]", 204),
    ] {
        let answer = write(&app, method, "/rest/v1/people?code=eq.d", "", body).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {body}: {}", answer.text);
    }
    // `columns` names what of a change counts.
    let path = "/rest/v1/visits?who=eq.d&columns=n,at";
    let changed = write(&app, "PATCH", path, "return=representation", r#"{"n": 5, "day": "2026-03-03"}"#).await;
    assert_eq!(changed.json()[0]["n"], 5);
    assert_eq!((&changed.json()[0]["day"], &changed.json()[0]["at"]), (&json!("2026-01-01"), &json!(null)));
    assert_eq!(write(&app, "PATCH", "/rest/v1/visits?who=eq.d&columns=nosuch", "", "{}").await.status, 400);
    // Where nothing names a row, an upsert is an insert.
    for _ in 0..2 {
        let made = write(&app, "POST", "/rest/v1/loose", "resolution=merge-duplicates", r#"{"a": 1}"#).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    assert_eq!(rows("/rest/v1/loose").await.as_array().unwrap().len(), 2);
    // The older names of media types.
    for (accept, text) in [
        ("application/vnd.pgrst.object", r#"{"mail":"patched"}"#),
        ("application/vnd.pgrst.array", r#"[{"mail":"patched"}]"#),
    ] {
        let request = Request::get("/rest/v1/people?select=mail&code=eq.d").header("accept", accept);
        assert_eq!(exchange(&app, request.body(Body::empty()).unwrap()).await.text, text);
    }
}

#[both_engines]
async fn writes_tell_which_rows_of_how_many(db: TestDb) {
    let app = app(&db).await;
    for (method, path, body, plain, counted) in [
        ("POST", "people", r#"[{"code": "m", "mail": null}, {"code": "n", "mail": null}]"#, "*/*", "*/2"),
        ("PATCH", "people?mail=is.null", r#"{"mail": null}"#, "0-1/*", "0-1/2"),
        ("PATCH", "people?code=eq.nobody", r#"{"mail": null}"#, "*/*", "*/0"),
        ("DELETE", "people?mail=is.null", "", "*/*", "*/2"),
    ] {
        for (prefer, expected) in [("tx=rollback", plain), ("count=exact", counted)] {
            let answer = write(&app, method, &format!("/rest/v1/{path}"), prefer, body).await;
            assert_eq!(answer.header("content-range"), Some(expected), "{method} {path} {prefer}");
        }
    }
}

#[both_engines]
async fn functions_are_said_not_to_be_there(db: TestDb) {
    let app = app(&db).await;
    for (method, path) in [("POST", "/rest/v1/rpc/add"), ("GET", "/rest/v1/rpc/add?a=1")] {
        let answer = write(&app, method, path, "", "{}").await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (404, &json!("PGRST202")), "{method}");
        assert!(answer.json()["message"].as_str().unwrap().contains("functions are not supported yet"));
    }
}

#[both_engines]
async fn a_plus_that_became_a_space_is_explained(db: TestDb) {
    let app = crate::support::app(&db).await;
    let refused = get(&app, "/rest/v1/orders?start=gt.2030-01-01T00:00:00+01:00").await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["hint"]),
        (400, &json!("a + in a URL is a space; encode it as %2B"))
    );
    assert_eq!(get(&app, "/rest/v1/orders?start=gt.2030-01-01T00:00:00%2B01:00").await.status, 200);
    let other = get(&app, "/rest/v1/orders?start=gt.tomorrow").await;
    assert_eq!((other.status.as_u16(), &other.json()["hint"]), (400, &json!(null)));
}

#[test]
fn numbers_in_arrays_are_strings_too() {
    run(Dialect::Postgres, async |db: TestDb| {
        let sql = "CREATE TABLE lists (id int PRIMARY KEY, b bigint[], n numeric(20,2)[], i int[], t text[]);
                   INSERT INTO lists VALUES (1, '{9007199254740993,NULL}', '{{1.50},{NaN}}', '{1}', '{1}')";
        behind(&db, sql).await;
        let app = app(&db).await;
        for (prefer, told) in [
            ("", r#"[{"id":1,"b":[9007199254740993,null],"n":[[1.50],["NaN"]],"i":[1],"t":["1"]}]"#),
            ("numbers=string", r#"[{"id":1,"b":["9007199254740993",null],"n":[["1.50"],["NaN"]],"i":[1],"t":["1"]}]"#),
        ] {
            let request = Request::get("/rest/v1/lists").header("prefer", prefer).body(Body::empty()).unwrap();
            assert_eq!(exchange(&app, request).await.text, told);
        }
    });
}

#[test]
fn what_is_no_number_in_a_numeric_is_found_and_written() {
    run(Dialect::Postgres, async |db: TestDb| {
        let sql = "CREATE TABLE n (id int PRIMARY KEY, free numeric, bound numeric(10,2));
                   INSERT INTO n VALUES (1, 'NaN', 'NaN'), (2, 'Infinity', 2), (3, '-Infinity', 3), (4, 4, 4)";
        behind(&db, sql).await;
        let app = app(&db).await;
        let found = async |query: &str| get(&app, &format!("/rest/v1/n?{query}&select=id&order=id")).await.text;
        for (query, rows) in [
            ("free=eq.NaN", r#"[{"id":1}]"#),
            ("free=eq.infinity", r#"[{"id":2}]"#),
            ("free=in.(-Infinity,4)", r#"[{"id":3},{"id":4}]"#),
            ("free=lt.Infinity", r#"[{"id":3},{"id":4}]"#),
            ("bound=eq.NaN", r#"[{"id":1}]"#),
        ] {
            assert_eq!(found(query).await, rows, "{query}");
        }
        // What was answered can be written back, alone and among many.
        for (method, path, body) in [
            ("PATCH", "/rest/v1/n?id=eq.4", r#"{"free": "NaN"}"#),
            ("POST", "/rest/v1/n", r#"{"id": 5, "free": "-Infinity"}"#),
            ("POST", "/rest/v1/n", r#"[{"id": 6, "free": "NaN"}, {"id": 7, "free": 1.5}]"#),
        ] {
            let written = write(&app, method, path, "return=minimal", body).await;
            assert!(written.status.is_success(), "{body}: {}", written.text);
        }
        assert_eq!(found("free=eq.NaN").await, r#"[{"id":1},{"id":4},{"id":6}]"#);
        assert_eq!(found("free=eq.-Infinity").await, r#"[{"id":3},{"id":5}]"#);
        let refused = write(&app, "POST", "/rest/v1/n", "return=minimal", r#"{"id": 8, "bound": "NaN"}"#).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
    });
}
