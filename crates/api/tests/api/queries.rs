//! The query language over HTTP: filters, columns, orders, pages and their ranges.

use axum::body::Body;
use axum::http::Request;
use mwallet_testkit::{TestDb, both_engines};
use serde_json::{Value, json};

use crate::support::{Answer, app, get, post, send};

/// Six orders: their memos say how they differ.
async fn fill(app: &mwallet_api::App) {
    let order = |slug: &str, asset: &str, memo: Value, end: Value| {
        json!({"usid": "ada", "slug": slug, "asset": asset, "start": "2024-01-01T00:00:00Z", "memo": memo,
               "expected_end": end})
    };
    let rows = json!([
        order("a-1", "BITCOIN", json!("Open a"), json!("2024-02-01T00:00:00Z")),
        order("a-2", "DASH", json!("open b"), json!(null)),
        order("a-3", "DASH", json!("x,y"), json!("2024-03-01T00:00:00Z")),
        order("a-4", "LITECOIN", json!("say \"hi\" (now)"), json!(null)),
        order("a-5", "NAIRA", json!(null), json!("2024-01-15T00:00:00Z")),
        order("a-6", "DOGECOIN", json!("50% off_it"), json!(null)),
    ]);
    assert_eq!(post(app, "/rest/v1/orders", rows.to_string()).await.status, 201);
}

/// The numbers of the rows that a query finds.
async fn ids(app: &mwallet_api::App, query: &str) -> Vec<i64> {
    let answer = get(app, &format!("/rest/v1/orders?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    answer.json().as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

async fn with_headers(app: &mwallet_api::App, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    send(app, request.body(Body::empty()).unwrap()).await
}

#[both_engines]
async fn json_is_compared_by_what_it_says(db: TestDb) {
    // SQLite keeps it as a text, of which several say the same.
    let app = app(&db).await;
    let rows: Vec<Value> = [r#"{"b": [1, 2.50], "a": "x"}"#, "[1]", "1.0", "null", r#""A""#]
        .iter()
        .enumerate()
        .map(|(n, meta)| {
            let meta: Value = serde_json::from_str(meta).unwrap();
            json!({"tranx_id": n.to_string(), "network": "bitcoin", "inputs": "", "outputs": "", "meta": meta})
        })
        .collect();
    for row in rows {
        let made = post(&app, "/rest/v1/transactions", row.to_string()).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    for (filter, expected) in [
        (r#"meta=eq.{"a":"\u0078","b":[10e-1,2.5]}"#, "0"),
        (r#"meta=eq.{"a":"x","a":"x","b":[1,2.5]}"#, "0"),
        ("meta=eq.[1.00]", "1"),
        ("meta=eq.1", "2"),
        (r#"meta=neq.{"b":[1,2.5],"a":"x"}"#, "124"),
        (r#"meta=in.("[1]","\"A\"",7)"#, "14"),
        ("meta=isdistinct.[1]", "0234"),
        ("meta=not.in.(1,[1])", "04"),
        ("or=(meta.eq.1,meta.eq.[1])", "12"),
    ] {
        let filter = filter.replace('"', "%22").replace('\\', "%5C").replace('{', "%7B").replace('}', "%7D");
        let found = get(&app, &format!("/rest/v1/transactions?select=tranx_id&order=tranx_id&{filter}")).await;
        let found: String = found
            .json()
            .as_array()
            .unwrap_or_else(|| panic!("{filter}: {}", found.text))
            .iter()
            .map(|row| row["tranx_id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(found, expected, "{filter}");
    }
}

#[both_engines]
async fn filters_find_the_same_rows(db: TestDb) {
    let app = app(&db).await;
    fill(&app).await;
    for (query, expected) in [
        ("id=gt.4", &[5, 6][..]),
        ("id=gte.5&id=lt.6", &[5]),
        ("id=lte.2", &[1, 2]),
        ("id=neq.3", &[1, 2, 4, 5, 6]),
        ("id=not.in.(1,2,3)", &[4, 5, 6]),
        ("id=in.()", &[]),
        ("asset=in.(DASH,-1)", &[2, 3, 5]),
        ("asset=neq.DASH", &[1, 4, 5, 6]),
        ("memo=in.(\"x,y\",\"say \\\"hi\\\" (now)\")", &[3, 4]),
        ("memo=eq.x,y", &[3]),
        ("memo=eq.say%20%22hi%22%20(now)", &[4]),
        ("memo=like.open*", &[2]),
        ("memo=ilike.open*", &[1, 2]),
        ("memo=not.like.O*", &[2, 3, 4, 6]),
        ("memo=like.50%25%20%25", &[6]),
        ("memo=like(any).{Open*,x*}", &[1, 3]),
        ("memo=ilike(all).{open*,*b}", &[2]),
        ("id=eq(any).{1,6}", &[1, 6]),
        ("id=not.eq(any).{1,6}", &[2, 3, 4, 5]),
        ("memo=is.null", &[5]),
        ("memo=not.is.null", &[1, 2, 3, 4, 6]),
        ("memo=is.not_null", &[1, 2, 3, 4, 6]),
        ("memo=isdistinct.x,y", &[1, 2, 4, 5, 6]),
        ("memo=not.isdistinct.x,y", &[3]),
        ("expected_end=lt.2024-02-15T00:00:00Z", &[1, 5]),
        ("expected_end=eq.2024-02-01T01:00:00%2B01:00", &[1]),
        ("or=(id.eq.1,memo.is.null)", &[1, 5]),
        ("or=(memo.eq.\"x,y\",and(id.gt.3,asset.eq.DOGECOIN))", &[3, 6]),
        ("not.or=(id.lt.3,id.gt.4)", &[3, 4]),
        ("and=(id.gt.2,not.or(id.eq.3,id.eq.4))", &[5, 6]),
        ("or=(id.not.gt.1,memo.in.(\"x,y\",z))&asset=neq.BITCOIN", &[3]),
        ("not.and=(id.gt.1,id.lt.6)", &[1, 6]),
        ("or=(memo.like(any).{Open*,x*},id.is.null)", &[1, 3]),
    ] {
        let mut found = ids(&app, &query.replace(' ', "%20").replace('"', "%22").replace('\\', "%5C")).await;
        found.sort_unstable();
        assert_eq!(found, expected, "{query}");
    }
}

#[both_engines]
async fn rows_come_in_the_order_that_is_asked_for(db: TestDb) {
    let app = app(&db).await;
    fill(&app).await;
    for (query, expected) in [
        ("order=id.desc", [6, 5, 4, 3, 2, 1]),
        ("order=expected_end,id", [5, 1, 3, 2, 4, 6]),
        ("order=expected_end.desc,id.desc", [6, 4, 2, 3, 1, 5]),
        ("order=expected_end.nullsfirst,id", [2, 4, 6, 5, 1, 3]),
        ("order=expected_end.desc.nullslast,id.asc", [3, 1, 5, 2, 4, 6]),
        ("order=asset.asc,id.desc", [1, 3, 2, 6, 4, 5]),
        ("order=\"memo\".nullslast,id", [6, 1, 2, 4, 3, 5]),
    ] {
        assert_eq!(ids(&app, &query.replace('"', "%22")).await, expected, "{query}");
    }
}

#[both_engines]
async fn columns_are_chosen_and_renamed(db: TestDb) {
    let app = app(&db).await;
    fill(&app).await;
    let text = async |query: &str| get(&app, &format!("/rest/v1/orders?{query}")).await.text;
    assert_eq!(text("select=memo,id&id=eq.1").await, r#"[{"memo":"Open a","id":1}]"#);
    assert_eq!(text("select=number:id,remark:memo&id=eq.1").await, r#"[{"number":1,"remark":"Open a"}]"#);
    assert_eq!(text("select=%22the%20%5C%22id%5C%22%22:id&id=eq.1").await, r#"[{"the \"id\"":1}]"#);
    assert_eq!(text("select=id,id&id=eq.1").await, r#"[{"id":1}]"#);
    let whole = get(&app, "/rest/v1/orders?id=eq.1").await.text;
    assert_eq!(text("select=*&id=eq.1").await, whole);
    assert_eq!(text("select=&id=eq.1").await, whole);
    assert_eq!(text("select=*,id&id=eq.1").await, whole);
    let more = text("select=*,again:id&id=eq.1").await;
    assert!(more.ends_with(",\"again\":1}]"), "{more}");
    assert_eq!(get(&app, "/rest/v1/orders/1?select=id,memo").await.text, r#"{"id":1,"memo":"Open a"}"#);
}

#[both_engines]
async fn pages_tell_their_range(db: TestDb) {
    let app = app(&db).await;
    fill(&app).await;
    for (query, prefer, status, range, rows) in [
        ("", "", 200, Some("0-5/*"), 6),
        ("limit=2", "", 200, Some("0-1/*"), 2),
        ("limit=2&offset=4", "", 200, Some("4-5/*"), 2),
        ("limit=2&skip=5", "", 200, Some("5-5/*"), 1),
        ("limit=0", "", 200, Some("*/*"), 0),
        ("limit=2", "count=exact", 206, Some("0-1/6"), 2),
        ("limit=2&offset=4", "count=exact", 206, Some("4-5/6"), 2),
        ("limit=9", "count=exact", 200, Some("0-5/6"), 6),
        ("", "count=exact", 200, Some("0-5/6"), 6),
        ("offset=4", "count=exact", 206, Some("4-5/6"), 2),
        ("offset=6&limit=1", "count=exact", 206, Some("*/6"), 0),
        ("id=gt.99", "count=exact", 200, Some("*/0"), 0),
        ("id=lt.3&limit=1", "count=exact", 206, Some("0-0/2"), 1),
        ("limit=1", "count=estimated", 206, Some("0-0/6"), 1),
        ("offset=99", "", 200, Some("*/*"), 0),
    ] {
        let path = format!("/rest/v1/orders?{query}");
        let answer = with_headers(&app, "GET", &path, &[("prefer", prefer)]).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-range")), (status, range), "{query} {prefer}");
        assert_eq!(answer.json().as_array().unwrap().len(), rows, "{query} {prefer}");
        let head = with_headers(&app, "HEAD", &path, &[("prefer", prefer)]).await;
        assert_eq!((head.status.as_u16(), head.header("content-range")), (status, range), "HEAD {query} {prefer}");
        assert_eq!((head.text.as_str(), head.header("content-length")), ("", None));
    }
    for query in ["offset=7", "offset=7&limit=1"] {
        let behind = with_headers(&app, "GET", &format!("/rest/v1/orders?{query}"), &[("prefer", "count=exact")]).await;
        assert_eq!((behind.status.as_u16(), &behind.json()["code"]), (416, &json!("PGRST103")));
    }
}

#[both_engines]
async fn a_head_is_refused_as_its_get_is(db: TestDb) {
    let app = app(&db).await;
    fill(&app).await;
    for path in ["?select=colour", "/1?select=colour", "?order=colour", "?id=eq.x", "?limit=x", "/99"] {
        let path = format!("/rest/v1/orders{path}");
        let statuses = [get(&app, &path).await.status, with_headers(&app, "HEAD", &path, &[]).await.status];
        assert!(statuses[0].is_client_error() && statuses[0] == statuses[1], "{path} {statuses:?}");
    }
}

#[both_engines]
async fn operands_are_read_as_postgresql_reads_them(db: TestDb) {
    let app = app(&db).await;
    fill(&app).await;
    for (query, same) in [
        ("or=(%20id.eq.1%20,%20id.eq.3%20)", "or=(id.eq.1,id.eq.3)"),
        ("id=in.(%201,%203%20)", "id=in.(1,3)"),
        ("id=eq.%202", "id=eq.2"),
        ("start=gt.1970-01-01", "start=gt.1970-01-01T00:00:00Z"),
        ("start=not.lt.%201970-01-02%20", "start=gte.1970-01-02T00:00:00Z"),
        ("select=id,%20memo&order=id%20,%20memo.desc", "select=id,memo&order=id,memo.desc"),
    ] {
        let [loose, strict] = [query, same].map(|query| format!("/rest/v1/orders?{query}"));
        let (loose, strict) = (get(&app, &loose).await, get(&app, &strict).await);
        assert_eq!((loose.status.as_u16(), loose.text), (200, strict.text), "{query}");
    }
    for wrong in ["1970-02-30", "1970-01", "1970-01-01T", "today"] {
        assert_eq!(get(&app, &format!("/rest/v1/orders?start=eq.{wrong}")).await.status, 400, "{wrong}");
    }
}

#[both_engines]
async fn the_range_header_is_a_page_too(db: TestDb) {
    let app = app(&db).await;
    fill(&app).await;
    let headers = [("range-unit", "items"), ("range", "1-2"), ("prefer", "count=exact")];
    let answer = with_headers(&app, "GET", "/rest/v1/orders?order=id&select=id", &headers).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-range")), (206, Some("1-2/6")));
    assert_eq!(answer.text, r#"[{"id":2},{"id":3}]"#);
    let range = async |method: &str, range: &str| {
        with_headers(&app, method, "/rest/v1/orders?order=id&select=id", &[("range", range)]).await
    };
    for method in ["GET", "HEAD"] {
        let backwards = range(method, "5-2").await;
        assert_eq!((backwards.status.as_u16(), backwards.header("content-range")), (416, Some("*/*")), "{method}");
    }
    let error = range("GET", "5-2").await.json();
    let details = "The lower boundary must be lower than or equal to the upper boundary in the Range header.";
    assert_eq!((&error["code"], &error["details"]), (&json!("PGRST103"), &json!(details)));
    // What is no range is passed over, as in PostgREST.
    for malformed in ["", "two", "1-x", "-2", "0 - 1", "0-1,3-4"] {
        let whole = range("GET", malformed).await;
        assert_eq!((whole.status.as_u16(), whole.header("content-range")), (200, Some("0-5/*")), "{malformed}");
    }
    for (behind, status) in [("5-99999999999999999999", 200), ("99999999999999999999-", 200)] {
        assert_eq!(range("GET", behind).await.status, status, "{behind}");
    }
}

#[both_engines]
async fn one_object_is_asked_for(db: TestDb) {
    let app = app(&db).await;
    fill(&app).await;
    let one = async |query: &str| {
        let accept = ("accept", "application/vnd.pgrst.object+json");
        with_headers(&app, "GET", &format!("/rest/v1/orders?select=id&{query}"), &[accept]).await
    };
    let found = one("id=eq.2").await;
    assert_eq!((found.status.as_u16(), found.text.as_str()), (200, r#"{"id":2}"#));
    assert_eq!(found.header("content-type"), Some("application/vnd.pgrst.object+json; charset=utf-8"));
    assert_eq!(one("limit=1&order=id").await.text, r#"{"id":1}"#);
    let none = one("id=eq.99").await;
    assert_eq!((none.status.as_u16(), &none.json()["details"]), (406, &json!("The result contains 0 rows")));
    assert_eq!(one("id=lt.4").await.json()["code"], "PGRST116");
    let image = with_headers(&app, "GET", "/rest/v1/orders", &[("accept", "image/png")]).await;
    assert_eq!((image.status.as_u16(), &image.json()["code"]), (406, &json!("PGRST107")));
}

#[both_engines]
async fn the_largest_page_is_a_setting(db: TestDb) {
    let limits = mwallet_api::Limits { max_rows: Some(2), ..Default::default() };
    let app = mwallet_api::App::new(crate::support::state(&db).await.limits(limits));
    fill(&app).await;
    assert_eq!(ids(&app, "order=id").await, [1, 2]);
    assert_eq!(ids(&app, "order=id&limit=5").await, [1, 2]);
    assert_eq!(ids(&app, "order=id&limit=1").await, [1]);
}
