//! Endpoints that a program adds: their parameters are checked as they are declared and documented.

use axum::body::Body;
use axum::http::Request;
use mwallet_api::{App, AppState, Bytes, Endpoint, ExposedTables, Limits, Parameter};
use mwallet_db::{Filter, Query};
use mwallet_testkit::{TestDb, both_engines};
use serde_json::{Value, json};

use crate::support::{get, post, send, state};

fn orders_of_user() -> Endpoint {
    let endpoint = Endpoint::get("/v1/users/{usid}/orders", async |request| {
        let mut query = Query::new().filter(Filter::eq("usid", request.text("usid").unwrap())).order_asc("id");
        query = query.filter(Filter::eq("asset", request.text("asset").unwrap())).skip(request.skip());
        if let Some(start) = request.time("start") {
            query = query.filter(Filter::eq("start", start));
        }
        query.limit = request.limit();
        request.list("orders", &query).await
    });
    endpoint
        .operation("orders.of_user")
        .summary("List the orders of a user")
        .rows_of("orders")
        .parameter(Parameter::text("usid").description("The user.").example("ada"))
        .parameter(Parameter::text("asset").required().example("DASH"))
        .parameter(Parameter::time("start").example("2030-01-01T00:00:00Z"))
        .paged()
}

fn hello() -> Endpoint {
    let answer = async |request: mwallet_api::EndpointRequest| {
        Ok(request.document("default-src 'none'", Bytes::from_static(b"hello")))
    };
    Endpoint::get("/v1/hello", answer)
        .operation("hello")
        .summary("Say hello")
        .document("text/plain", "The word.")
        .link("Hello & more", "one <word>")
}

#[both_engines]
async fn an_endpoint_answers_rows_by_its_parameters(db: TestDb) {
    let limits = Limits { max_rows: Some(2), ..Limits::default() };
    let app = App::new(state(&db).await.limits(limits).endpoint(orders_of_user()));
    let orders = json!([
        {"usid": "a b", "asset": "DASH", "start": 0}, {"usid": "a b", "asset": "DASH", "start": 1},
        {"usid": "a b", "asset": "DASH", "start": 0}, {"usid": "bo", "asset": "DASH", "start": 0},
    ]);
    assert_eq!(post(&app, "/rest/v1/orders", orders.to_string()).await.status, 201);
    for (query, ids, range) in [
        ("", &[1, 2][..], "0-1/*"),
        ("&limit=9", &[1, 2], "0-1/*"),
        ("&skip=1&limit=1", &[2], "1-1/*"),
        ("&offset=1", &[2, 3], "1-2/*"),
        ("&start=1970-01-01T00:00:01Z", &[2], "0-0/*"),
        ("&limit=0", &[], "*/*"),
    ] {
        let answer = get(&app, &format!("/v1/users/a%20b/orders?asset=DASH{query}")).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-range")), (200, Some(range)), "{query}");
        let found: Vec<Value> = answer.json().as_array().unwrap().iter().map(|row| row["id"].clone()).collect();
        assert_eq!(found, ids, "{query}");
    }
    for (query, message, hint) in [
        ("", "asset: is required", Some("write /v1/users/{usid}/orders?asset=DASH")),
        (
            "asset=DASH&usid=bo",
            "unknown parameter usid",
            Some("the parameters are asset, start, skip, offset and limit"),
        ),
        ("asset=DASH&asset=DASH", "asset: is given twice", None),
        ("asset=DASH&limit=-1", "limit: expected a whole number, 0 or more", None),
    ] {
        let problem = get(&app, &format!("/v1/users/a%20b/orders?{query}")).await.json();
        assert_eq!((&problem["code"], &problem["message"]), (&json!("PGRST100"), &json!(message)), "{query}");
        assert_eq!(problem["hint"].as_str(), hint, "{query}");
    }
    for (path, code) in [("bo/orders?asset=DASH&start=soon", "22P02"), ("b%00/orders?asset=DASH", "22021")] {
        assert_eq!(get(&app, &format!("/v1/users/{path}")).await.json()["code"], code, "{path}");
    }
    let long = get(&app, &format!("/v1/users/bo/orders?{}=1", "x".repeat(5_000))).await;
    assert!(long.status == 400 && long.text.len() < 1_000, "{}", long.text);
    assert_eq!(get(&app, "/v1/users/%ff/orders?asset=DASH").await.status, 400);
    let delete = Request::delete("/v1/users/bo/orders").body(Body::empty()).unwrap();
    let refused = send(&app, delete).await;
    assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, Some("GET,HEAD")));
    let csv = Request::get("/v1/users/bo/orders?asset=DASH").header("accept", "text/csv");
    assert_eq!(send(&app, csv.body(Body::empty()).unwrap()).await.status, 406);
}

#[tokio::test]
async fn an_endpoint_is_there_where_its_table_is() {
    let engine = || mwallet_db::Engine::mock(mwallet_db::Dialect::Sqlite);
    let state = AppState::new(engine(), ExposedTables::new([]).unwrap()).endpoint(orders_of_user()).endpoint(hello());
    let app = App::new(state);
    assert_eq!(get(&app, "/v1/users/ada/orders?asset=DASH").await.json()["code"], "PGRST125");
    let document = get(&app, "/rest/v1/").await.json();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.contains_key("/v1/hello") && !paths.contains_key("/v1/users/{usid}/orders"));
}

#[tokio::test]
async fn a_document_is_answered_and_linked_to() {
    let engine = mwallet_db::Engine::mock(mwallet_db::Dialect::Sqlite);
    let app = App::new(AppState::new(engine, ExposedTables::new([]).unwrap()).endpoint(hello()));
    let answer = get(&app, "/v1/hello").await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "hello"));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(get(&app, "/v1/hello?a=1").await.json()["hint"], "there are no parameters");
    assert_eq!(get(&app, "/").await.json()["links"], json!({"hello & more": "/v1/hello"}));
    let page = send(&app, Request::get("/").header("accept", "text/html").body(Body::empty()).unwrap()).await.text;
    let link = "<a href=\"/v1/hello\"><strong>Hello &amp; more</strong> <span>one &lt;word&gt;</span></a>";
    assert!(page.contains(link), "{page}");
}
