//! Execution plans of reads instead of their rows, where the server gives them.

use axum::body::Body;
use axum::http::Request;
use mwallet_api::{App, AppState};
use mwallet_testkit::{Dialect, TestDb, both_engines};
use serde_json::{Value, json};

use crate::support::{Answer, get, post, send, state};

const JSON: &str = "application/vnd.pgrst.plan+json";
const TEXT: &str = "application/vnd.pgrst.plan+text";

/// A server that gives plans, with a few rows.
async fn filled(db: &TestDb) -> App {
    filled_state(db, AppState::plans).await
}

async fn filled_state(db: &TestDb, change: impl Fn(AppState) -> AppState) -> App {
    let app = App::new(change(state(db).await));
    let orders = json!([{ "usid": "ada", "slug": "a", "start": 0 }, { "usid": "ada", "slug": "b", "start": 0 }]);
    assert_eq!(post(&app, "/rest/v1/orders", orders.to_string()).await.status, 201);
    app
}

async fn ask(app: &App, method: &str, path: &str, headers: &[(&str, &str)], body: &'static str) -> Answer {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    send(app, request.body(Body::from(body)).unwrap()).await
}

async fn plan(app: &App, path: &str, accept: &str) -> Answer {
    ask(app, "GET", path, &[("accept", accept)], "").await
}

/// The steps of a plan, the outer ones first.
fn nodes(plan: &Value) -> Vec<String> {
    let own = plan["Node Type"].as_str().unwrap().to_owned();
    let parts = plan["Plans"].as_array().into_iter().flatten().flat_map(nodes);
    std::iter::once(own).chain(parts).collect()
}

#[both_engines]
async fn a_read_has_a_plan(db: TestDb) {
    let app = filled(&db).await;
    let is_postgres = db.dialect() == Dialect::Postgres;
    let whole = plan(&app, "/rest/v1/orders?order=memo&limit=1", JSON).await;
    assert_eq!(whole.status, 200, "{}", whole.text);
    assert_eq!(
        whole.header("content-type"),
        Some("application/vnd.pgrst.plan+json; for=\"application/json\"; charset=utf-8")
    );
    let steps = nodes(&whole.json()[0]["Plan"]);
    let expected = match is_postgres {
        // A page is read through a subquery with a constant limit: see the SQL of the data layer.
        true => vec!["Limit", "Limit", "Sort", "Seq Scan"],
        false => vec!["QUERY PLAN", "SCAN orders", "USE TEMP B-TREE FOR ORDER BY"],
    };
    assert_eq!(steps, expected, "{}", whole.text);
    assert!(whole.header("content-range").is_none());

    // One row by its path uses an index; related rows are a part of the plan.
    let one = plan(&app, "/rest/v1/orders/a?select=slug,users(username)", JSON).await;
    let steps = nodes(&one.json()[0]["Plan"]).join("\n");
    let wanted = if is_postgres { "SubPlan" } else { "SEARCH mwallet_1 USING INTEGER PRIMARY KEY" };
    assert!(one.text.contains(wanted), "{}", one.text);
    assert!(is_postgres || steps.contains("SEARCH mwallet_0 USING INDEX"), "{steps}");

    for accept in [TEXT, "application/vnd.pgrst.plan", "application/vnd.pgrst.plan+text; options="] {
        let text = plan(&app, "/rest/v1/orders?order=memo", accept).await;
        assert_eq!(
            text.header("content-type"),
            Some("application/vnd.pgrst.plan+text; for=\"application/json\"; charset=utf-8")
        );
        match is_postgres {
            true => assert!(text.text.starts_with("Sort  (cost=") && text.text.contains("\n  ->  Seq Scan on orders")),
            false => assert_eq!(text.text, "QUERY PLAN\n|--SCAN orders\n`--USE TEMP B-TREE FOR ORDER BY"),
        }
    }
}

#[both_engines]
async fn a_plan_is_that_of_the_page_and_the_form(db: TestDb) {
    let app = filled(&db).await;
    let object = r#"application/vnd.pgrst.plan+json; for="application/vnd.pgrst.object+json;nulls=stripped""#;
    let headers = [("accept", object), ("range", "0-4"), ("prefer", "count=exact, handling=strict, numbers=string")];
    let only = ask(&app, "GET", "/rest/v1/orders", &headers, "").await;
    assert_eq!(only.status, 200, "{}", only.text);
    let media_type = format!("{object}; charset=utf-8");
    assert_eq!(only.header("content-type"), Some(media_type.as_str()));
    // Nothing is counted or written.
    assert_eq!(only.header("preference-applied"), Some("handling=strict"));
    if db.dialect() == Dialect::Postgres {
        assert_eq!(only.json()[0]["Plan"]["Node Type"], "Limit");
        assert_eq!(only.json()[0]["Plan"]["Plan Rows"], 2);
    }
    let head = ask(&app, "HEAD", "/rest/v1/orders", &[("accept", TEXT)], "").await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    assert!(head.header("content-type").unwrap().starts_with(TEXT));
    // Whoever accepts rows more gets rows.
    let rows = plan(&app, "/rest/v1/orders?select=slug&slug=eq.a", &format!("application/json, {JSON};q=0.5")).await;
    assert_eq!(rows.text, r#"[{"slug":"a"}]"#);
    // What is wrong with a query is told as ever.
    let wrong = plan(&app, "/rest/v1/orders?select=colour", JSON).await;
    assert_eq!((wrong.status.as_u16(), &wrong.json()["code"]), (400, &json!("42703")));
}

#[both_engines]
async fn options_are_those_of_the_engine(db: TestDb) {
    let app = filled(&db).await;
    let with = async |options: &str| plan(&app, "/rest/v1/orders", &format!("{JSON}; options={options}")).await;
    let unknown = with("analyze|costs").await;
    let (status, code, message, _) = unknown.told();
    assert_eq!((status, code.as_str(), message.as_str()), (400, "PGRST100", "plans have no option costs"));
    if db.dialect() == Dialect::Sqlite {
        for option in ["analyze", "verbose", "settings", "buffers", "wal"] {
            let (status, code, message, _) = with(option).await.told();
            let sentence = format!("{option}: SQLite has plans without options only");
            assert_eq!((status, code, message), (400, "0A000".into(), sentence));
        }
        return;
    }
    let (status, code, message, _) = with("wal").await.told();
    let sentence = "wal: it needs analyze, without which nothing is run";
    assert_eq!((status, code.as_str(), message.as_str()), (400, "0A000", sentence));
    let whole = with("wal|buffers|settings|verbose|analyze").await;
    let media_type =
        format!("{JSON}; for=\"application/json\"; options=analyze|verbose|settings|buffers|wal; charset=utf-8");
    assert_eq!((whole.status.as_u16(), whole.header("content-type")), (200, Some(media_type.as_str())));
    let whole = whole.json();
    // The setting that every connection of the program changes is told.
    assert_eq!(whole[0]["Settings"]["jit"], "off", "{whole}");
    let node = &whole[0]["Plan"];
    for member in ["Actual Rows", "Output", "Shared Hit Blocks", "WAL Records"] {
        assert!(!node[member].is_null(), "{member}: {node}");
    }
    assert_eq!(node["Actual Rows"].as_f64(), Some(2.0));
    assert!(with("").await.json()[0]["Plan"]["Actual Rows"].is_null());
    let text = plan(&app, "/rest/v1/orders", &format!("{TEXT}; options=analyze")).await.text;
    assert!(text.contains("(actual ") && text.contains("\nExecution Time: "), "{text}");
}

#[both_engines]
async fn a_write_has_none_and_writes_nothing(db: TestDb) {
    let app = filled(&db).await;
    for (method, path, body) in [
        ("POST", "/rest/v1/orders", r#"{"usid": "ada", "slug": "c", "start": 0}"#),
        ("PUT", "/rest/v1/orders/a", r#"{"usid": "eve", "start": 0}"#),
        ("PATCH", "/rest/v1/orders?slug=eq.a", r#"{"memo": "x"}"#),
        ("DELETE", "/rest/v1/orders?slug=eq.a", ""),
    ] {
        for accept in [JSON, TEXT, "application/vnd.pgrst.plan+json; options=analyze"] {
            let refused = ask(&app, method, path, &[("accept", accept)], body).await;
            assert_eq!(
                (refused.status.as_u16(), &refused.json()["code"], &refused.json()["hint"]),
                (406, &json!("PGRST107"), &json!("only reads have plans: GET and HEAD")),
                "{method} {accept}"
            );
        }
    }
    let rows = get(&app, "/rest/v1/orders?select=slug,usid,memo&order=slug").await;
    let expected = r#"[{"slug":"a","usid":"ada","memo":null},{"slug":"b","usid":"ada","memo":null}]"#;
    assert_eq!(rows.text, expected);
}

#[both_engines]
async fn there_are_none_unless_they_are_switched_on(db: TestDb) {
    let app = filled_state(&db, |state| state).await;
    for accept in [JSON, TEXT, "application/vnd.pgrst.plan+json; options=analyze"] {
        let refused = plan(&app, "/rest/v1/orders", accept).await;
        let (status, code, message, _) = refused.told();
        let sentence = format!("the response cannot be {accept}; application/json is available");
        assert_eq!((status, code.as_str(), message), (406, "PGRST107", sentence));
    }
    let rows = plan(&app, "/rest/v1/orders?select=slug&slug=eq.a", &format!("{JSON}, application/json;q=0.1")).await;
    assert_eq!(rows.text, r#"[{"slug":"a"}]"#);
    assert!(!get(&app, "/rest/v1/").await.text.contains("vnd.pgrst.plan"));
}

#[both_engines]
async fn the_values_of_a_request_stay_values(db: TestDb) {
    let app = filled(&db).await;
    let quote = "%27%29%3B%20DROP%20TABLE%20orders%3B%20--";
    for accept in [JSON, TEXT] {
        let found = plan(&app, &format!("/rest/v1/orders?memo=eq.{quote}&usid=like.*%22{quote}"), accept).await;
        assert_eq!(found.status, 200, "{}", found.text);
    }
    for options in ["analyze)%20DELETE", "ANALYZE", "analyze;drop", "format json"] {
        let refused = plan(&app, "/rest/v1/orders", &format!("{JSON}; options={options}")).await;
        assert!(refused.status.is_client_error(), "{options}");
    }
    assert_eq!(get(&app, "/rest/v1/orders?select=slug&order=slug").await.text, r#"[{"slug":"a"},{"slug":"b"}]"#);
}
