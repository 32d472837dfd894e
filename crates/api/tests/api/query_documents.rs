//! Reads by a document in the body: what they return, and what is wrong with others.

use axum::body::Body;
use axum::http::Request;
use mwallet_api::{App, Limits};
use mwallet_query::Parameters;
use mwallet_testkit::{TestDb, both_engines};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::support::{Answer, get, post, send, state, write};

async fn filled(db: &TestDb) -> App {
    let limits = Limits { allow_aggregates: true, ..Limits::default() };
    let app = App::new(state(db).await.limits(limits));
    for name in ["ada", "ben"] {
        let user = json!({ "username": name, "rsid": name, "email": format!("{name}@example.org") });
        assert_eq!(post(&app, "/rest/v1/users", user.to_string()).await.status, 201);
    }
    let order = |slug: &str, user: i32, memo: Option<&str>| json!({ "usid": "x", "slug": slug, "user_id": user, "start": 0, "memo": memo });
    let orders = json!([
        order("one", 1, Some("a,b")),
        order("two", 1, Some("),or=(id.gt.0")),
        order("three", 2, None),
        order("four", 2, Some("50%")),
    ]);
    assert_eq!(post(&app, "/rest/v1/orders", orders.to_string()).await.status, 201);
    app
}

async fn query(app: &App, table: &str, document: &Value) -> Answer {
    post(app, &format!("/v1/query/{table}"), document.to_string()).await
}

/// The schema of documents, as the server describes it.
async fn schema(app: &App) -> jsonschema::Validator {
    let mut document = get(app, "/rest/v1/").await.json();
    let components = json!({ "schemas": document["components"]["schemas"].take() });
    let root = json!({ "$ref": "#/components/schemas/Query", "components": components });
    jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&root).unwrap()
}

#[both_engines]
async fn a_document_reads_what_its_parameters_read(db: TestDb) {
    let app = filled(&db).await;
    let schema = schema(&app).await;
    for (document, expected) in [
        (json!({ "select": ["id"], "order": ["id"], "limit": 2, "offset": 1 }), json!([{"id": 2}, {"id": 3}])),
        (
            json!({ "select": ["slug"], "where": [{ "column": "memo", "op": "eq", "value": "a,b" }] }),
            json!([{"slug": "one"}]),
        ),
        (
            json!({ "select": ["slug"], "where": [{ "column": "memo", "op": "eq", "value": "),or=(id.gt.0" }] }),
            json!([{"slug": "two"}]),
        ),
        (
            json!({ "select": ["id"], "where": [{ "or": [
                { "column": "memo", "op": "is", "value": null },
                { "column": "memo", "op": "in", "value": ["a,b", "c"] },
            ] }], "order": [{ "column": "id", "desc": true }] }),
            json!([{"id": 3}, {"id": 1}]),
        ),
        (
            json!({ "select": ["id"], "where": [{ "column": "id", "op": "neq", "all": [1, 2] }], "order": ["id"] }),
            json!([{"id": 3}, {"id": 4}]),
        ),
        (
            json!({
                "select": ["slug", { "related": "users", "join": "inner", "alias": "buyer", "select": ["username"],
                    "where": [{ "column": "username", "op": "eq", "value": "ada" }] }],
                "order": [{ "related": "buyer", "column": "username" }, "slug"],
            }),
            json!([
                {"slug": "one", "buyer": {"username": "ada"}}, {"slug": "two", "buyer": {"username": "ada"}},
            ]),
        ),
        (
            json!({ "select": ["user_id", { "aggregate": "count" },
                { "column": "id", "cast": "numeric", "aggregate": "sum", "alias": "total" }], "order": ["user_id"] }),
            json!([{"user_id": 1, "count": 2, "total": "3"}, {"user_id": 2, "count": 2, "total": "7"}]),
        ),
    ] {
        if let Err(error) = schema.validate(&document) {
            panic!("{document} is not as it is described: {error}");
        }
        let answer = query(&app, "orders", &document).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, expected), "{document}");
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs = Parameters::from_json(document.to_string().as_bytes()).unwrap().pairs();
        let pairs: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let same = get(&app, &format!("/rest/v1/orders?{}", pairs.join("&"))).await;
        assert_eq!(same.text, answer.text, "{pairs:?}");
    }
}

#[both_engines]
async fn headers_are_those_of_a_read(db: TestDb) {
    let app = filled(&db).await;
    let request = |headers: &[(&str, &str)]| {
        let request = Request::post("/v1/query/orders").header("content-type", "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(Body::from(r#"{"select": ["slug"], "order": ["id"]}"#)).unwrap()
    };
    let page = send(&app, request(&[("prefer", "count=exact"), ("range", "1-2")])).await;
    assert_eq!(page.status, 206);
    assert_eq!((page.header("content-range"), page.header("preference-applied")), (Some("1-2/4"), Some("count=exact")));
    assert_eq!(page.json(), json!([{"slug": "two"}, {"slug": "three"}]));
    let csv = send(&app, request(&[("accept", "text/csv")])).await;
    assert_eq!(csv.text, "slug\r\none\r\ntwo\r\nthree\r\nfour\r\n");
    let one = Request::post("/v1/query/orders").header("content-type", "application/json");
    let one = one.header("accept", "application/vnd.pgrst.object+json");
    let one = send(&app, one.body(Body::from("{}")).unwrap()).await;
    assert_eq!((one.status.as_u16(), one.json()["code"].as_str()), (406, Some("PGRST116")));
}

#[both_engines]
async fn what_is_no_query_is_refused(db: TestDb) {
    let app = filled(&db).await;
    let schema = schema(&app).await;
    for (document, code, message) in [
        (json!([]), "PGRST100", "the query: invalid type: sequence, expected an object at line 1 column 0"),
        (json!({ "select": [{}] }), "PGRST100", "select[0]: expected a column, related rows, or the aggregate count"),
        (
            json!({ "where": [{ "column": "id", "op": "is", "any": [1] }] }),
            "PGRST100",
            "where[0].any: any and all are for operators that match one value",
        ),
        (json!({ "select": ["colour"] }), "42703", "orders has no column colour"),
        (json!({ "select": ["memo,id"] }), "42703", "orders has no column memo,id"),
        (json!({ "order": ["colour"] }), "42703", "orders has no column colour"),
        (json!({ "where": [{ "column": "colour", "op": "eq", "value": 1 }] }), "42703", "orders has no column colour"),
        (json!({ "where": [{ "column": "id", "op": "eq", "value": "x" }] }), "22P02", "id: expected a whole number"),
        (json!({ "select": [{ "related": "moons" }] }), "PGRST200", "orders has no relationship to moons"),
    ] {
        let answer = query(&app, "orders", &document).await;
        let problem = answer.json();
        let told = (answer.status.as_u16(), problem["code"].as_str().unwrap(), problem["message"].as_str().unwrap());
        assert_eq!(told, (400, code, message), "{document}");
        if code == "PGRST100" && document != json!({ "where": [{ "column": "id", "op": "is", "any": [1] }] }) {
            assert!(!schema.is_valid(&document), "{document} is as it is described");
        }
    }
    let secret = query(&app, "users", &json!({ "select": ["password"] })).await;
    assert_eq!((secret.status.as_u16(), secret.json()["code"].as_str()), (400, Some("42703")));
    let with_parameters = post(&app, "/v1/query/orders?limit=1", "{}").await;
    assert_eq!((with_parameters.status.as_u16(), with_parameters.json()["code"].as_str()), (400, Some("PGRST100")));
    assert_eq!(get(&app, "/v1/query/orders").await.header("allow"), Some("POST, OPTIONS"));
    assert_eq!(query(&app, "moons", &json!({})).await.status, 404);
    let untyped = Request::post("/v1/query/orders").body(Body::from("{}")).unwrap();
    assert_eq!(send(&app, untyped).await.status, 415);
    let options = Request::options("/v1/query/orders").body(Body::empty()).unwrap();
    assert_eq!(send(&app, options).await.header("allow"), Some("POST, OPTIONS"));

    let closed = App::new(state(&db).await);
    let count = json!({ "select": [{ "aggregate": "count" }] });
    assert_eq!(query(&closed, "orders", &count).await.json()["code"], "PGRST123");
    let patched = write(&app, "PATCH", "/v1/query/orders", "", "{}").await;
    assert_eq!(patched.status, 405);
}
