//! What writes do over HTTP: many rows at once, upserts, changes, replacements, deletions, and what each gives back.

use axum::body::Body;
use axum::http::Request;
use mwallet_testkit::{TestDb, both_engines};
use serde_json::{Value, json};

use crate::support::{Answer, app, get, post, post_returning, send, state, write};

const ORDERS: &str = "/rest/v1/orders";

fn orders(count: usize) -> String {
    let rows: Vec<Value> = (1..=count)
        .map(|n| json!({"usid": "ada", "slug": format!("order-{n}"), "start": n, "memo": n.to_string()}))
        .collect();
    Value::from(rows).to_string()
}

async fn memos(app: &mwallet_api::App) -> Vec<Value> {
    let rows = get(app, "/rest/v1/orders?select=memo&order=id").await.json();
    rows.as_array().unwrap().iter().map(|row| row["memo"].clone()).collect()
}

async fn delete(app: &mwallet_api::App, path: &str, prefer: &str) -> Answer {
    send(app, Request::delete(path).header("prefer", prefer).body(Body::empty()).unwrap()).await
}

fn status(answer: &Answer) -> u16 {
    answer.status.as_u16()
}

#[both_engines]
async fn many_rows_are_one_transaction(db: TestDb) {
    let app = app(&db).await;
    let created = post_returning(&app, "/rest/v1/orders?select=id,memo", orders(3)).await;
    assert_eq!(status(&created), 201);
    assert_eq!(created.json(), json!([{"id": 1, "memo": "1"}, {"id": 2, "memo": "2"}, {"id": 3, "memo": "3"}]));
    // The third of these exists.
    let rows =
        json!([{"usid": "a", "start": 1}, {"usid": "b", "start": 1}, {"usid": "c", "start": 1, "slug": "order-1"}]);
    let again = post(&app, ORDERS, rows.to_string()).await;
    assert_eq!((status(&again), &again.json()["code"]), (409, &json!("23505")));
    assert_eq!(memos(&app).await.len(), 3);
    let empty = post_returning(&app, ORDERS, "[]").await;
    assert_eq!((status(&empty), empty.text.as_str()), (201, "[]"));

    let large = post(&app, ORDERS, orders(10_001).replace("order-", "more-")).await;
    assert_eq!((status(&large), &large.json()["errors"][0]["type"]), (422, &json!("too_many")));
}

#[both_engines]
async fn what_a_creation_gives_back_is_preferred(db: TestDb) {
    let app = app(&db).await;
    let order = |slug: &str| json!({"usid": "ada", "slug": slug, "start": 1}).to_string();
    let quiet = post(&app, ORDERS, order("a")).await;
    assert_eq!((status(&quiet), quiet.text.as_str(), quiet.header("location")), (201, "", None));
    let minimal = write(&app, "POST", ORDERS, "return=minimal", order("b")).await;
    assert_eq!((status(&minimal), minimal.text.as_str()), (201, ""));
    assert_eq!(minimal.header("preference-applied"), Some("return=minimal"));
    let headers = write(&app, "POST", ORDERS, "return=headers-only", order("c")).await;
    assert_eq!((status(&headers), headers.text.as_str()), (201, ""));
    assert_eq!(headers.header("location"), Some("/rest/v1/orders/3"));
    let counted = write(&app, "POST", ORDERS, "count=exact", order("d")).await;
    assert_eq!(counted.header("content-range"), Some("*/1"));
    let whole = post_returning(&app, ORDERS, order("e")).await;
    assert_eq!(whole.json()[0]["slug"], "e");
    assert_eq!(whole.header("location"), Some("/rest/v1/orders/5"));
    let object = Request::post("/rest/v1/orders?select=slug").header("prefer", "return=representation");
    let object =
        object.header("accept", "application/vnd.pgrst.object+json").header("content-type", "application/json");
    let object = send(&app, object.body(Body::from(order("f"))).unwrap()).await;
    assert_eq!((status(&object), object.text.as_str()), (201, r#"{"slug":"f"}"#));
}

#[both_engines]
async fn keys_that_count_are_named(db: TestDb) {
    let app = app(&db).await;
    let rows = json!([
        {"usid": "a", "start": 1, "memo": "m", "colour": "red"},
        {"usid": "b", "start": 2, "order_type": "CLOSED"},
    ]);
    let path = "/rest/v1/orders?columns=%22usid%22,%22start%22,%22memo%22&select=usid,memo,order_type";
    let created = write(&app, "POST", path, "return=representation", rows.to_string()).await;
    assert_eq!(
        created.json(),
        json!([
            {"usid": "a", "memo": "m", "order_type": "OPEN"}, {"usid": "b", "memo": null, "order_type": "OPEN"},
        ]),
        "{}",
        created.text
    );
    // What counts and is absent is null, or its default.
    let path = "/rest/v1/orders?columns=usid,start,order_type&select=order_type";
    let row = json!([{"usid": "a", "start": 1}]).to_string();
    let refused = write(&app, "POST", path, "return=representation", row.clone()).await;
    assert_eq!((status(&refused), &refused.json()["errors"][0]["loc"]), (422, &json!("/0/order_type")));
    let filled = write(&app, "POST", path, "return=representation, missing=default", row).await;
    assert_eq!(filled.json(), json!([{"order_type": "OPEN"}]));
}

#[both_engines]
async fn upserts_merge_or_ignore(db: TestDb) {
    let app = app(&db).await;
    post(&app, ORDERS, orders(2)).await;
    let path = "/rest/v1/orders?on_conflict=slug&select=id,slug,memo,usid,version";
    let rows = json!([{"slug": "order-2", "usid": "new", "start": 5}, {"slug": "order-9", "usid": "new", "start": 5}]);
    let merged =
        write(&app, "POST", path, "resolution=merge-duplicates, return=representation", rows.to_string()).await;
    assert_eq!(status(&merged), 201, "{}", merged.text);
    let found = merged.json();
    assert_eq!(found[0], json!({"id": 2, "slug": "order-2", "memo": "2", "usid": "new", "version": 2}));
    assert_eq!((&found[1]["slug"], &found[1]["version"]), (&json!("order-9"), &json!(1)));

    // Where all were there, nothing was created.
    let known =
        json!([{"slug": "order-1", "usid": "a", "start": 5}, {"slug": "order-2", "usid": "a", "start": 5}]).to_string();
    for prefer in ["return=minimal", "return=headers-only", "return=representation"] {
        let all = write(&app, "POST", path, &format!("resolution=merge-duplicates, {prefer}"), known.clone()).await;
        assert_eq!((status(&all), all.text.is_empty()), (200, prefer != "return=representation"), "{}", all.text);
    }
    let one = json!({"slug": "order-1", "usid": "a", "start": 5}).to_string();
    let one = write(&app, "POST", path, "resolution=merge-duplicates, return=representation", one).await;
    assert_eq!((status(&one), &one.json()[0]["version"]), (200, &json!(5)), "{}", one.text);
    assert!(!one.text.contains("merged"));
    // A creation that fails after rows were found leaves nothing for the next one.
    let long = json!([
        {"slug": "order-1", "usid": "a", "start": 5},
        {"slug": "order-10", "usid": "a", "start": 5, "memo": null},
        {"slug": "order-2", "usid": "a", "start": 5, "asset": "BITCOIN"},
        {"slug": null, "usid": "x", "uuid": one.json()[0]["uuid"], "start": 3},
    ]);
    write(&app, "POST", path, "resolution=merge-duplicates", long.to_string()).await;
    let fresh = json!({"slug": "order-11", "usid": "a", "start": 5}).to_string();
    let fresh = write(&app, "POST", path, "resolution=merge-duplicates", fresh).await;
    assert_eq!(status(&fresh), 201, "{}", fresh.text);
    delete(&app, "/rest/v1/orders?slug=in.(order-10,order-11)", "").await;

    let row = json!({"slug": "order-1", "usid": "other", "start": 5}).to_string();
    let ignored = write(&app, "POST", path, "resolution=ignore-duplicates, return=representation", row.clone()).await;
    assert_eq!((status(&ignored), ignored.text.as_str()), (200, "[]"));
    let by_any = write(&app, "POST", ORDERS, "resolution=ignore-duplicates", row).await;
    assert_eq!(status(&by_any), 200);
    assert_eq!(memos(&app).await, [json!("1"), json!("2"), json!(null)]);

    let twice = json!([{"slug": "x", "usid": "a", "start": 1}, {"slug": "x", "usid": "b", "start": 1}]).to_string();
    let twice = write(&app, "POST", path, "resolution=merge-duplicates", twice).await;
    assert_eq!((status(&twice), &twice.json()["code"]), (400, &json!("21000")));
    let loose = "/rest/v1/orders?on_conflict=memo";
    let loose = write(&app, "POST", loose, "resolution=merge-duplicates", orders(1)).await;
    assert_eq!((status(&loose), &loose.json()["code"]), (400, &json!("42P10")));
}

#[both_engines]
async fn rows_are_changed(db: TestDb) {
    let app = app(&db).await;
    post(&app, ORDERS, orders(4)).await;
    let quiet = write(&app, "PATCH", "/rest/v1/orders?id=gt.3", "", json!({"memo": "new"}).to_string()).await;
    assert_eq!((status(&quiet), quiet.text.as_str(), quiet.header("content-range")), (204, "", Some("0-0/*")));
    let path = "/rest/v1/orders?id=lt.3&select=id,memo,version";
    let told =
        write(&app, "PATCH", path, "return=representation, count=exact", json!({"memo": null}).to_string()).await;
    assert_eq!((status(&told), told.header("content-range")), (200, Some("0-1/2")));
    let mut rows = told.json();
    rows.as_array_mut().unwrap().sort_by_key(|row| row["id"].as_i64());
    assert_eq!(rows, json!([{"id": 1, "memo": null, "version": 2}, {"id": 2, "memo": null, "version": 2}]));
    assert_eq!(memos(&app).await, [json!(null), json!(null), json!("3"), json!("new")]);

    let one =
        write(&app, "PATCH", "/rest/v1/orders/order-3?select=memo", "return=representation", r#"{"memo":"one"}"#).await;
    assert_eq!((status(&one), one.text.as_str()), (200, r#"{"memo":"one"}"#));
    assert_eq!(status(&write(&app, "PATCH", "/rest/v1/orders/3", "", r#"{"memo":"two"}"#).await), 204);
    let none = write(&app, "PATCH", "/rest/v1/orders/99", "", r#"{"memo":"two"}"#).await;
    assert_eq!((status(&none), &none.json()["code"]), (404, &json!("PGRST116")));
    let nothing = write(&app, "PATCH", "/rest/v1/orders?id=eq.1", "return=representation", "{}").await;
    assert_eq!((status(&nothing), nothing.text.as_str()), (200, "[]"));
    let unfiltered = write(&app, "PATCH", ORDERS, "", r#"{"memo":"all"}"#).await;
    assert_eq!((status(&unfiltered), &unfiltered.json()["code"]), (400, &json!("21000")));
    let wrong = write(&app, "PATCH", "/rest/v1/orders?id=eq.1", "", r#"{"memo":true,"id":7,"asset":null}"#).await;
    assert_eq!((status(&wrong), wrong.json()["errors"].as_array().unwrap().len()), (422, 3));
    let paged = write(&app, "PATCH", "/rest/v1/orders?id=gt.0&limit=1", "", r#"{"memo":"page"}"#).await;
    assert_eq!((status(&paged), &paged.json()["code"]), (400, &json!("0A000")));
    assert_eq!(memos(&app).await, [json!(null), json!(null), json!("two"), json!("new")]);
}

#[both_engines]
async fn a_change_of_too_many_rows_is_undone(db: TestDb) {
    let app = app(&db).await;
    post(&app, ORDERS, orders(3)).await;
    let request = Request::patch("/rest/v1/orders?id=gt.1").header("content-type", "application/json");
    let request =
        request.header("accept", "application/vnd.pgrst.object+json").header("prefer", "return=representation");
    let two = send(&app, request.body(Body::from(r#"{"memo":"new"}"#)).unwrap()).await;
    assert_eq!((status(&two), &two.json()["details"]), (406, &json!("The result contains 2 rows")));
    let most = delete(&app, "/rest/v1/orders?id=gt.1", "handling=strict, max-affected=1").await;
    assert_eq!((status(&most), &most.json()["code"]), (400, &json!("PGRST124")));
    assert_eq!(memos(&app).await, [json!("1"), json!("2"), json!("3")]);
    assert_eq!(status(&delete(&app, "/rest/v1/orders?id=gt.1", "handling=strict, max-affected=2").await), 204);
    assert_eq!(memos(&app).await, [json!("1")]);
}

#[both_engines]
async fn rows_are_deleted(db: TestDb) {
    let app = app(&db).await;
    post(&app, ORDERS, orders(5)).await;
    assert_eq!(status(&delete(&app, "/rest/v1/orders/order-1", "").await), 204);
    let gone = delete(&app, "/rest/v1/orders/order-1", "").await;
    assert_eq!((status(&gone), &gone.json()["code"]), (404, &json!("PGRST116")));
    let told = delete(&app, "/rest/v1/orders?id=gt.4&select=id", "return=representation").await;
    assert_eq!((status(&told), told.text.as_str(), told.header("content-range")), (200, r#"[{"id":5}]"#, Some("*/*")));
    let one = delete(&app, "/rest/v1/orders/2?select=memo", "return=representation").await;
    assert_eq!((status(&one), one.text.as_str()), (200, r#"{"memo":"2"}"#));
    let none = delete(&app, "/rest/v1/orders?id=gt.99", "return=representation, count=exact").await;
    assert_eq!((status(&none), none.text.as_str(), none.header("content-range")), (200, "[]", Some("*/0")));
    for unfiltered in [ORDERS, "/rest/v1/orders?select=id", "/rest/v1/orders?order=id"] {
        let answer = delete(&app, unfiltered, "").await;
        assert_eq!((status(&answer), &answer.json()["code"]), (400, &json!("21000")), "{unfiltered}");
    }
    assert_eq!(memos(&app).await.len(), 2);

    let limits = mwallet_api::Limits { allow_unfiltered: true, ..Default::default() };
    let app = mwallet_api::App::new(state(&db).await.limits(limits));
    assert_eq!(status(&delete(&app, ORDERS, "").await), 204);
    assert_eq!(memos(&app).await.len(), 0);
}

#[both_engines]
async fn rows_that_were_written_are_answered_in_an_order(db: TestDb) {
    let app = app(&db).await;
    let prefer = "return=representation";
    let order =
        |slug: &str, memo: Option<&str>, start: i64| json!({"usid": "a", "slug": slug, "memo": memo, "start": start});
    let rows =
        json!([order("b", Some("x"), 2), order("a", None, 1), order("c", Some("X"), 10), order("d", Some("x"), 1)]);
    let slugs = |answer: &Answer| {
        let rows = answer.json();
        rows.as_array()
            .unwrap_or_else(|| panic!("{}", answer.text))
            .iter()
            .map(|row| row["slug"].as_str().unwrap().to_owned())
            .collect::<String>()
    };
    let created =
        write(&app, "POST", "/rest/v1/orders?order=memo.asc,start.desc&select=slug", prefer, rows.to_string()).await;
    let sorted = slugs(&created);
    assert_eq!(status(&created), 201);
    assert!(["cbda", "bdca"].contains(&sorted.as_str()), "as its database orders texts: {sorted}");
    for (order, expected) in [
        ("slug.desc", "dcba"),
        ("start,slug", "adbc"),
        ("start.desc,slug.desc", "cbda"),
        ("memo.nullsfirst,slug.desc&memo=is.null", "a"),
        ("created_at.desc,id.asc", "bacd"),
    ] {
        let path = format!("/rest/v1/orders?id=gt.0&select=slug&order={order}");
        let changed = write(&app, "PATCH", &path, prefer, r#"{"asset": "DASH"}"#).await;
        assert_eq!(slugs(&changed), expected, "{order}");
    }
    let same = get(&app, "/rest/v1/orders?select=slug&order=memo.desc,start").await;
    let changed = write(
        &app,
        "PATCH",
        "/rest/v1/orders?id=gt.0&select=slug&order=memo.desc,start",
        prefer,
        r#"{"asset": "DASH"}"#,
    )
    .await;
    assert_eq!(changed.text, same.text);
    let merged = json!([order("b", Some("x"), 3), order("e", Some("e"), 4), order("a", None, 5)]).to_string();
    let merged = write(
        &app,
        "POST",
        "/rest/v1/orders?on_conflict=slug&order=slug.desc&select=slug",
        "return=representation, resolution=merge-duplicates",
        merged,
    )
    .await;
    assert_eq!((status(&merged), slugs(&merged)), (201, "eba".into()));
    let gone = delete(&app, "/rest/v1/orders?id=gt.0&select=slug&order=start.desc,slug", prefer).await;
    assert_eq!(slugs(&gone), "caebd");
    let unknown = write(&app, "PATCH", "/rest/v1/orders?id=gt.0&order=colour", "", r#"{"asset": "DASH"}"#).await;
    assert_eq!((status(&unknown), &unknown.json()["code"]), (400, &json!("42703")));
    let unlike = json!([{"slug": "f", "usid": "a", "start": 1, "id": 7}, {"usid": "a", "start": 1, "slug": "g"}]);
    let unlike = write(&app, "POST", "/rest/v1/orders?order=slug", prefer, unlike.to_string()).await;
    assert!(matches!(status(&unlike), 400 | 422), "{}", unlike.text);
}

#[both_engines]
async fn a_row_is_put_in_its_place(db: TestDb) {
    let app = app(&db).await;
    let put = async |path: &str, body: Value| write(&app, "PUT", path, "return=representation", body.to_string()).await;
    let new = put("/rest/v1/orders/mine", json!({"usid": "a", "start": 1, "memo": "first"})).await;
    assert_eq!(status(&new), 201, "{}", new.text);
    let first = new.json();
    assert_eq!((&first["slug"], &first["memo"], &first["version"]), (&json!("mine"), &json!("first"), &json!(1)));
    // What is not given is as if the row were new; what the server made stays.
    let again = put("/rest/v1/orders/mine", json!({"usid": "b", "start": 1, "order_type": "CLOSED"})).await;
    let second = again.json();
    assert_eq!((status(&again), &second["memo"], &second["order_type"]), (200, &json!(null), &json!("CLOSED")));
    for kept in ["id", "uuid", "slug", "created_at"] {
        assert_eq!(first[kept], second[kept], "{kept}");
    }
    assert_eq!(second["version"], 2);
    let third = put("/rest/v1/orders?id=eq.1&select=usid,order_type", json!({"usid": "c", "start": 1})).await;
    assert_eq!((status(&third), third.json()), (200, json!([{"usid": "c", "order_type": "OPEN"}])));
    let quiet = write(&app, "PUT", "/rest/v1/orders/1", "", json!({"usid": "d", "start": 1}).to_string()).await;
    assert_eq!((status(&quiet), quiet.text.as_str()), (204, ""));

    let order = || json!({"usid": "a", "start": 1});
    for (path, body, code, name) in [
        ("/rest/v1/orders/99", order(), 404, "PGRST116"),
        ("/rest/v1/orders/mine", json!({"usid": "a", "start": 1, "slug": "other"}), 400, "PGRST115"),
        ("/rest/v1/orders", order(), 405, "PGRST105"),
        ("/rest/v1/orders?id=gt.1", order(), 405, "PGRST105"),
        ("/rest/v1/orders?id=eq.1&memo=eq.x", order(), 405, "PGRST105"),
        ("/rest/v1/orders?id=eq.1&limit=1", order(), 400, "PGRST114"),
        ("/rest/v1/orders/mine", json!({"start": 1}), 422, "23502"),
        ("/rest/v1/orders/mine", json!([order(), order()]), 422, "23514"),
        ("/rest/v1/orders/not%20a%20slug%2F", order(), 422, "23514"),
    ] {
        let refused = put(path, body).await;
        assert_eq!((status(&refused), &refused.json()["code"]), (code, &json!(name)), "{path}: {}", refused.text);
    }
}

#[both_engines]
async fn a_row_of_a_composite_key_is_put_and_found(db: TestDb) {
    let app = app(&db).await;
    let user = json!({"rsid": "r-1", "username": "ada", "email": "ada@example.org"}).to_string();
    assert_eq!(status(&post(&app, "/rest/v1/users", user).await), 201);
    assert_eq!(status(&post(&app, "/rest/v1/groups", r#"{"name": "desk"}"#).await), 201);
    for expected in [201, 200] {
        let put =
            write(&app, "PUT", "/rest/v1/user_groups/1,1", "return=representation", "{\"user_id\":1,\"group_id\":1}")
                .await;
        assert_eq!((status(&put), put.json()), (expected, json!({"user_id": 1, "group_id": 1})));
    }
    assert_eq!(get(&app, "/rest/v1/user_groups/1,1").await.json(), json!({"user_id": 1, "group_id": 1}));
    assert_eq!(status(&delete(&app, "/rest/v1/user_groups/1,1", "").await), 204);
}

#[both_engines]
async fn preferences_that_are_not_understood_are_refused_if_that_is_preferred(db: TestDb) {
    let app = app(&db).await;
    let strict = write(&app, "POST", ORDERS, "handling=strict, tx=later", orders(1)).await;
    assert_eq!((status(&strict), &strict.json()["code"]), (400, &json!("PGRST122")));
    assert_eq!(memos(&app).await.len(), 0);
    let lenient = write(&app, "POST", ORDERS, "handling=lenient, colour=red", orders(1)).await;
    assert_eq!((status(&lenient), lenient.header("preference-applied")), (201, Some("handling=lenient")));
}
