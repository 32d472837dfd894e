//! What the data plane does with requests that are wrong: each its own clear answer.

use axum::body::Body;
use axum::http::{Method, Request};
use mwallet_api::Limits;
use mwallet_testkit::{TestDb, both_engines};
use serde_json::json;

use crate::support::{Answer, app, get, post, send, state};

/// Holds an answer against its status, its code and a part of its message.
fn expect(answer: &Answer, status: u16, code: &str, part: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    for member in ["type", "title", "status", "detail", "code", "message", "details", "hint"] {
        assert!(problem.get(member).is_some(), "{member} is not in {problem}");
    }
    assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)), "{problem}");
    assert_eq!(problem["detail"], problem["message"]);
    assert!(problem["message"].as_str().unwrap().contains(part), "{problem}");
}

#[both_engines]
async fn urls_that_cannot_be_read(db: TestDb) {
    let app = app(&db).await;
    for (path, status, code, part) in [
        ("/rest/v1/ordres", 404, "PGRST205", "no table ordres"),
        ("/rest/v1/orders/abc", 404, "PGRST116", "no such row in orders"),
        ("/rest/v1/orders/99", 404, "PGRST116", "no such row in orders"),
        ("/rest/v1/orders/99999999999999999999", 400, "22003", "beyond 64 bits"),
        ("/rest/v1/orders/1,2", 400, "22P02", "named by 1 value"),
        ("/rest/v1/orders?memmo=eq.1", 400, "42703", "orders has no column memmo"),
        ("/rest/v1/orders?memmo", 400, "42703", "orders has no column memmo"),
        ("/rest/v1/orders?id=eq.abc", 400, "22P02", "id: "),
        ("/rest/v1/orders?id=eq.99999999999999999999", 400, "22003", "id: "),
        ("/rest/v1/orders?start=eq.tomorrow", 400, "22P02", "start: "),
        ("/rest/v1/orders?asset=eq.GOLD", 400, "22P02", "asset: "),
        ("/rest/v1/transactions?meta=gt.1", 400, "42883", "meta is of type json, which cannot be compared by size"),
        ("/rest/v1/transactions?meta=eq.{", 400, "22P02", "meta: expected JSON"),
        ("/rest/v1/orders?memo=eq.a%00b", 400, "22021", "memo: "),
        ("/rest/v1/orders/a%00b", 400, "22021", "slug: "),
        ("/rest/v1/orders?id=5", 400, "PGRST100", "id: expected an operator"),
        ("/rest/v1/orders?id", 400, "PGRST100", "id: expected an operator"),
        ("/rest/v1/orders?id=eq", 400, "PGRST100", "expected operator.value at the end"),
        ("/rest/v1/orders?id=fts.word", 400, "42883", "id is of type bigint, which cannot be searched for words"),
        ("/rest/v1/orders?memo=fts().word", 400, "PGRST100", "expected a language"),
        ("/rest/v1/orders?memo=cs.{a}", 400, "42883", "which cannot be compared as a set or a range"),
        ("/rest/v1/transactions?meta=ov.{}", 400, "42883", "which cannot be compared as a set or a range"),
        ("/rest/v1/transactions?meta=cs.{", 400, "22P02", "meta: expected JSON"),
        ("/rest/v1/orders?memo=match.(", 400, "2201B", ""),
        ("/rest/v1/orders?id=in.1,2", 400, "PGRST100", "expected ( at character 4"),
        ("/rest/v1/orders?id=in.(1,2", 400, "PGRST100", "expected a comma or ) at the end"),
        ("/rest/v1/orders?id=in.(1,x)", 400, "22P02", "id: "),
        ("/rest/v1/orders?id=is.5", 400, "PGRST100", "expected null, not_null"),
        ("/rest/v1/orders?memo=is.true", 400, "42883", "memo is of type"),
        ("/rest/v1/orders?id=like.5", 400, "42883", "id is of type bigint"),
        ("/rest/v1/orders?memo=like.5%5C", 400, "22025", "backslash"),
        ("/rest/v1/orders?id=eq(some).{1}", 400, "PGRST100", "expected (any) or (all)"),
        ("/rest/v1/orders?or=(id.eq.1", 400, "PGRST100", "or: expected a comma or ) at the end"),
        ("/rest/v1/orders?or=id.eq.1", 400, "PGRST100", "or: expected ( at character 1"),
        ("/rest/v1/orders?or=()", 400, "PGRST100", "or: expected a column"),
        ("/rest/v1/orders?or=(id.eq.1)x", 400, "PGRST100", "or: expected the end"),
        ("/rest/v1/orders?or=(nothing.eq.1)", 400, "42703", "no column nothing"),
        ("/rest/v1/orders?or=(%22memo.eq.a)", 400, "PGRST100", "closing double quote"),
        ("/rest/v1/orders?select=id,nothing", 400, "42703", "no column nothing"),
        ("/rest/v1/orders?select=id,,memo", 400, "PGRST100", "select: expected a column"),
        ("/rest/v1/orders?select=a:id,a:memo", 400, "PGRST100", "two columns would be named a"),
        ("/rest/v1/orders?select=user(*)", 400, "PGRST200", "orders has no relationship to user"),
        ("/rest/v1/orders?select=memo-%3Eheight", 400, "42883", "which cannot be read as JSON"),
        ("/rest/v1/orders?order=id.up", 400, "PGRST100", "expected .asc, .desc"),
        ("/rest/v1/orders?order=", 400, "PGRST100", "order: expected a column"),
        ("/rest/v1/orders?order=nothing", 400, "42703", "no column nothing"),
        ("/rest/v1/transactions?order=meta", 400, "42883", "cannot be ordered by"),
        ("/rest/v1/orders?limit=-1", 400, "PGRST100", "limit: expected a whole number"),
        ("/rest/v1/orders?limit=x", 400, "PGRST100", "limit: expected a whole number"),
        ("/rest/v1/orders?offset=99999999999999999999", 400, "PGRST100", "offset: the number is beyond 64 bits"),
        ("/rest/v1/orders?limit=1&limit=2", 400, "PGRST100", "limit: is given twice"),
        ("/rest/v1/orders?skip=1&offset=2", 400, "PGRST100", "offset: is given twice"),
        ("/rest/v1/orders?columns=id", 400, "PGRST100", "columns is for POST and PATCH only"),
        ("/rest/v1/orders?memo=eq.%zz", 400, "PGRST100", "% that is not followed"),
        ("/rest/v1/orders?memo=eq.%ff", 400, "PGRST100", "not UTF-8"),
        ("/rest/v1/orders/%4", 400, "PGRST100", "% that is not followed"),
        ("/rest/v1/%ff", 400, "PGRST100", "not UTF-8"),
        ("/rest/v2/orders", 404, "PGRST125", "nothing at /rest/v2/orders"),
        ("/rest/v1/orders/1/2", 404, "PGRST125", "nothing at"),
    ] {
        expect(&get(&app, path).await, status, code, part);
    }
}

#[both_engines]
async fn bodies_that_cannot_be_read(db: TestDb) {
    let app = app(&db).await;
    for (body, status, code, part) in [
        (&b""[..], 400, "PGRST102", "line 1 column 1"),
        (b"{\"usid\": \"a\",\n oops}", 400, "PGRST102", "line 2 column 2"),
        (b"{\"usid\": \"\xff\"}", 400, "PGRST102", "not UTF-8"),
        (b"\xff\xfe{\x00}\x00", 400, "PGRST102", "not UTF-8"),
        (b"{} {}", 400, "PGRST102", "expected the end"),
        (b"[", 400, "PGRST102", "line 1 column 2"),
        (b"7", 422, "22P02", "expected an object"),
        (b"\"text\"", 422, "22P02", "expected an object"),
        (b"[7]", 422, "22P02", "/0: "),
        (b"[{\"usid\": \"a\", \"start\": 1}, {}]", 422, "23502", "/1/usid: "),
    ] {
        expect(&post(&app, "/rest/v1/orders", body).await, status, code, part);
    }
    let rows = get(&app, "/rest/v1/orders").await;
    assert_eq!(rows.text, "[]");

    let typed = async |content_type: Option<&str>| {
        let request = Request::post("/rest/v1/orders");
        let request = content_type.into_iter().fold(request, |request, kind| request.header("content-type", kind));
        send(&app, request.body(Body::from("{}")).unwrap()).await
    };
    expect(&typed(None).await, 415, "PGRST107", "has no Content-Type");
    expect(&typed(Some("text/plain")).await, 415, "PGRST107", "text/plain");
    expect(&typed(Some("application/json; charset=latin1")).await, 415, "PGRST107", "latin1");
    expect(&post(&app, "/rest/v1/orders", vec![b' '; 1024 * 1024 + 1]).await, 413, "54000", "1048576 bytes");
    expect(&post(&app, "/rest/v1/orders?id=eq.1", "{}").await, 400, "PGRST100", "filters");
    expect(&post(&app, "/rest/v1/orders?columns=nothing", "{}").await, 400, "PGRST204", "nothing");
    expect(&post(&app, "/rest/v1/orders?columns=memo", "{}").await, 422, "23502", "/usid: is required");
    expect(&post(&app, "/rest/v1/ordres", "{}").await, 404, "PGRST205", "ordres");
}

#[both_engines]
async fn every_failure_is_listed(db: TestDb) {
    let app = app(&db).await;
    let body = json!({
        "usid": "ada", "asset": "GOLD", "order_type": 9, "start": "tomorrow", "expected_end": true,
        "memo": "m".repeat(129), "id": 99999999999999999999u128, "colour/~": 1,
    });
    let answer = post(&app, "/rest/v1/orders", body.to_string()).await;
    expect(&answer, 422, "22P02", "/asset: ");
    let problem = answer.json();
    let errors = problem["errors"].as_array().unwrap();
    let places: Vec<_> = errors.iter().map(|error| error["loc"].as_str().unwrap()).collect();
    for place in ["/asset", "/order_type", "/start", "/expected_end", "/memo", "/id", "/colour~1~0"] {
        assert!(places.contains(&place), "{place} is not in {places:?}");
    }
    assert!(errors.iter().all(|error| error["type"].is_string() && error["msg"].is_string()));
    assert_eq!(get(&app, "/rest/v1/orders").await.text, "[]");
}

#[both_engines]
async fn constraints_read_the_same_on_both_engines(db: TestDb) {
    let app = app(&db).await;
    let body = r#"{"network": "bitcoin", "tranx_id": "t", "inputs": "[]", "outputs": "[]"}"#;
    assert_eq!(post(&app, "/rest/v1/transactions", body).await.status.as_u16(), 201);
    let again = post(&app, "/rest/v1/transactions", body).await;
    expect(&again, 409, "23505", "a row with this network and tranx_id exists already");

    let body = r#"{"network": "bitcoin", "tranx_id": "u", "inputs": "[]", "outputs": "[]", "order_id": 7}"#;
    let answer = post(&app, "/rest/v1/transactions", body).await;
    expect(&answer, 409, "23503", "references a row that does not exist");
}

#[both_engines]
async fn what_the_database_says_stays_inside(db: TestDb) {
    let tables = mwallet_models::tables();
    // Nothing was set up, so the database knows no table.
    let state = mwallet_api::AppState::new(db.engine.clone(), mwallet_api::ExposedTables::new(tables).unwrap());
    let answer = get(&mwallet_api::App::new(state), "/rest/v1/orders").await;
    expect(&answer, 500, "42P01", "the table has changed since");
    assert!(!answer.text.contains("orders"), "{}", answer.text);
}

#[both_engines]
async fn methods_that_are_not_taken(db: TestDb) {
    let app = app(&db).await;
    for (path, method, allowed) in [
        ("/rest/v1/orders/1", Method::POST, "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("/rest/v1/orders", Method::TRACE, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
        ("/livez", Method::POST, "GET,HEAD"),
    ] {
        let request = Request::builder().method(method.clone()).uri(path).body(Body::empty()).unwrap();
        let answer = send(&app, request).await;
        expect(&answer, 405, "PGRST117", method.as_str());
        assert_eq!(answer.header("allow"), Some(allowed));
    }
}

#[both_engines]
async fn a_body_that_never_comes_is_given_up(db: TestDb) {
    let limits = Limits { body_read_timeout: std::time::Duration::from_millis(50), ..Limits::default() };
    let app = mwallet_api::App::new(state(&db).await.limits(limits));
    let never = futures::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
    expect(&post(&app, "/rest/v1/orders", Body::from_stream(never)).await, 408, "57014", "in time");
}

#[both_engines]
async fn an_answer_that_does_not_begin_is_given_up(db: TestDb) {
    let limits = Limits { request_timeout: std::time::Duration::from_millis(50), ..Limits::default() };
    let app = mwallet_api::App::new(state(&db).await.limits(limits));
    let never = futures::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
    expect(&post(&app, "/rest/v1/orders", Body::from_stream(never)).await, 504, "57014", "timed out");
}
