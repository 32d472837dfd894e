//! Attacks that go beside the policies: by caches, names, errors, paths, headers and expensive conditions.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use mwallet_testkit::{Dialect, TestDb, both_engines};
use serde_json::{Value, json};

use super::{Scene, Who, assert_no_secret};
use crate::support::{behind, exchange};

/// The same rows, asked for again and again by callers who see them differently.
#[both_engines]
async fn nobody_gets_what_another_has_asked_for(db: TestDb) {
    let scene = Scene::new(&db).await;
    let paths = [
        "/rest/v1/orders/b-closed",
        "/rest/v1/orders/b-open",
        "/rest/v1/orders/00000000-0000-7000-8000-000000000003",
        "/rest/v1/orders/3",
        "/rest/v1/orders?slug=eq.b-open",
        "/rest/v1/orders?select=memo,users(email)&order=slug",
    ];
    let everybody = [Who::Service, Who::Ada, Who::Anonymous, Who::Auditor];
    let mut first = Vec::new();
    for round in 0..4 {
        // Each time in another order, and at the same time.
        let asked = paths.iter().flat_map(|path| everybody.map(|who| (who, *path)));
        let mut asked: Vec<_> = asked.collect();
        asked.rotate_left(round);
        let answers = futures::future::join_all(asked.iter().map(|(who, path)| scene.get(*who, path))).await;
        let mut told: Vec<_> = asked
            .iter()
            .zip(&answers)
            .map(|((who, path), answer)| (format!("{who:?} {path}"), answer.status, answer.text.clone()))
            .collect();
        told.sort();
        for (asked, _, text) in told.iter().filter(|(asked, ..)| asked.starts_with("Ada") || asked.starts_with("Anon"))
        {
            assert!(!text.contains("secret") && !text.contains("bob@hidden"), "{asked}: {text}");
        }
        match round {
            0 => first = told,
            _ => assert_eq!(told, first),
        }
    }
}

/// Reads that name what is hidden by other names, or that could fail where it is looked at.
#[both_engines]
async fn names_and_errors_tell_nothing(db: TestDb) {
    let scene = Scene::new(&db).await;
    for (path, status, expected) in [
        // An alias is a name of the answer only.
        ("/rest/v1/orders?select=memo:slug&memo=eq.bob-secret", 200, "[]"),
        ("/rest/v1/orders?select=slug:memo&slug=eq.b-open", 200, r#"[{"slug":null}]"#),
        ("/rest/v1/orders?select=memo,memo:slug&slug=eq.b-open", 400, "PGRST100"),
        ("/rest/v1/user_addresses?select=x:account_key", 400, "42703"),
        ("/rest/v1/orders?select=slug,x:users(x:email)&slug=eq.b-open", 200, r#"[{"slug":"b-open","x":null}]"#),
        // A cast is of what is shown.
        ("/rest/v1/orders?select=id,memo::integer&slug=eq.b-open", 200, r#"[{"id":2,"memo":null}]"#),
        ("/rest/v1/orders?select=id,memo::integer&slug=eq.b-closed", 200, "[]"),
        ("/rest/v1/orders?memo=match.secret", 200, "[]"),
        ("/rest/v1/orders?memo=imatch.SECRET&or=(slug.eq.b-open,slug.eq.b-closed)", 200, "[]"),
        ("/rest/v1/orders?memo=isdistinct.bob-secret&select=id&order=id", 200, r#"[{"id":1},{"id":2},{"id":4}]"#),
        ("/rest/v1/orders?memo=not.isdistinct.bob-secret&select=id", 200, "[]"),
        ("/rest/v1/orders?memo=in.(bob-secret,bob-closed-secret)", 200, "[]"),
        ("/rest/v1/orders?memo=like(any).{bob*,*secret}", 200, "[]"),
        // Names of other cases, and with what is no name in them.
        ("/rest/v1/Orders?limit=0", 404, "PGRST205"),
        ("/rest/v1/orders?select=Memo", 400, "42703"),
        ("/rest/v1/transaction%5Fkeys", 404, "PGRST205"),
        ("/rest/v1/transaction_keys%00", 404, "PGRST205"),
        ("/rest/v1/rpc/transaction_keys", 404, "PGRST202"),
    ] {
        scene.assert_answers(Who::Ada, path, status, expected).await;
    }
    // Full text: one engine has it.
    let answer = scene.get(Who::Ada, "/rest/v1/orders?memo=fts.secret").await;
    match db.dialect() {
        Dialect::Postgres => assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "[]")),
        Dialect::Sqlite => assert_eq!(answer.status, 400, "{}", answer.text),
    }
}

/// Paths and headers that a proxy or a framework may read in another way.
#[both_engines]
async fn paths_and_headers_lead_nowhere_else(db: TestDb) {
    let scene = Scene::new(&db).await;
    for path in [
        "/rest/v1//transaction_keys",
        "/rest/v1/%74ransaction_keys",
        "/rest/v1/./transaction_keys",
        "/rest/v1/orders/../transaction_keys",
        "/rest/v1/orders%2F..%2Ftransaction_keys",
        "/REST/v1/transaction_keys",
        "//rest/v1/transaction_keys",
        "/rest/v1/public.transaction_keys",
        "/rest/v1/transaction_keys/",
        "/rest/v1/transaction_keys?apikey=x",
    ] {
        for who in [Who::Anonymous, Who::Ada, Who::Auditor] {
            let answer = scene.get(who, path).await;
            assert!([400, 404].contains(&answer.status.as_u16()), "{who:?} {path}: {} {}", answer.status, answer.text);
            assert_no_secret(&answer, path);
        }
    }
    // A method in a header is no method.
    for header in ["x-http-method-override", "x-method-override", "x-http-method"] {
        let answer =
            scene.ask(Who::Ada, "GET", "/rest/v1/orders?slug=eq.a-open", &[(header, "DELETE")], Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let body = json!({ "asset": "BITCOIN", "start": "2030-01-01T00:00:00Z" });
        let answer = scene.ask(Who::Ada, "POST", "/rest/v1/orders?slug=eq.a-open", &[(header, "PATCH")], body).await;
        assert_ne!(answer.status, 200, "{}", answer.text);
    }
    let left = scene.get(Who::Service, "/rest/v1/orders?slug=eq.a-open&select=memo").await;
    assert_eq!(left.text, r#"[{"memo":"ada says"}]"#);
    // Two of what may be there once.
    for (name, values) in [("apikey", ["x", "y"]), ("authorization", ["Bearer x", "Bearer y"])] {
        let mut request = Request::get("/rest/v1/orders");
        for value in values {
            request = request.header(name, value);
        }
        let answer = exchange(&scene.app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 401, "{name}: {}", answer.text);
    }
    // What is for administrators.
    for (who, status) in [(Who::Anonymous, 401), (Who::Ada, 403), (Who::Auditor, 403)] {
        let answer = scene.ask(who, "POST", "/admin/reload", &[], Value::Null).await;
        assert_eq!(answer.status, status, "{who:?}: {}", answer.text);
    }
    // A schema that is not served is told apart from none by what everybody may know.
    for who in [Who::Anonymous, Who::Ada] {
        let answer = scene.ask(who, "GET", "/rest/v1/orders", &[("accept-profile", "secret")], Value::Null).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["code"].as_str().unwrap()),
            (406, "PGRST106"),
            "{}",
            answer.text
        );
    }
}

/// Constraints: that a value is taken is told, and nothing else of the row that has it.
#[both_engines]
async fn constraints_tell_no_more_than_that(db: TestDb) {
    let scene = Scene::new(&db).await;
    let wallet = |more: Value| {
        let mut wallet = json!({ "asset_id": 1 });
        wallet.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        wallet
    };
    for (method, path, body, status, code) in [
        ("POST", "/rest/v1/wallets", wallet(json!({ "slug": "b-wallet" })), 409, "23505"),
        ("POST", "/rest/v1/wallets", wallet(json!({ "label": "x".repeat(1_000) })), 422, "22001"),
        ("POST", "/rest/v1/wallets", wallet(json!({ "slug": "no slug" })), 422, "23514"),
        ("POST", "/rest/v1/wallets", wallet(json!({ "asset_id": 99 })), 409, "23503"),
        ("POST", "/rest/v1/orders", json!({ "asset": "COPPER", "start": "2030-01-01T00:00:00Z" }), 422, "22P02"),
        ("PATCH", "/rest/v1/orders?slug=eq.a-open", json!({ "expected_end": "1999-01-01T00:00:00Z" }), 200, ""),
        ("PATCH", "/rest/v1/users?id=eq.2", json!({ "phone": "1".repeat(1_000) }), 422, "22001"),
    ] {
        let answer = scene.ask(Who::Ada, method, path, &[("prefer", "tx=rollback")], body).await;
        if !code.is_empty() {
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["code"]),
                (status, &json!(code)),
                "{path}: {}",
                answer.text
            );
        }
        assert_no_secret(&answer, path);
        assert!(!answer.text.contains("bob"), "{path}: {}", answer.text);
    }
}

/// Rows that belong to nobody belong to no one who asks, and deletes reach no further than their grant.
#[both_engines]
async fn nulls_are_nobodys_and_deletes_reach_only_ones_own(db: TestDb) {
    let scene = Scene::new(&db).await;
    let time = "'2026-01-01T00:00:00.000000+00:00'";
    behind(
        &db,
        &format!(
            "INSERT INTO orders (id, uuid, slug, usid, user_id, order_type, start, memo) VALUES
                (11, '00000000-0000-7000-8000-000000000011', 'n-open', 'r-x', NULL, 'OPEN', {time}, 'null-secret'),
                (12, '00000000-0000-7000-8000-000000000012', 'n-closed', 'r-x', NULL, 'CLOSED', {time}, 'null-secret');
             INSERT INTO user_addresses (id, uuid, slug, usid, user_id, address, network) VALUES
                (1, '00000000-0000-7000-8000-000000000001', 'a-1', 'r-ada', 1, 'x', 'bitcoin'),
                (2, '00000000-0000-7000-8000-000000000002', 'b-1', 'r-bob', 2, 'x', 'bitcoin'),
                (3, '00000000-0000-7000-8000-000000000003', 'n-1', 'r-x', NULL, 'x', 'bitcoin');"
        ),
    )
    .await;
    for (path, expected) in [
        ("/rest/v1/orders?id=gt.10&select=id,memo", r#"[{"id":11,"memo":null}]"#),
        ("/rest/v1/orders?user_id=is.null&id=gt.10&select=id", r#"[{"id":11}]"#),
        ("/rest/v1/orders?not.and=(user_id.eq.1)&id=gt.10&select=id", "[]"),
        ("/rest/v1/orders?user_id=isdistinct.1&id=gt.10&select=id", r#"[{"id":11}]"#),
        ("/rest/v1/orders?memo=eq.null-secret", "[]"),
        ("/rest/v1/user_addresses?select=slug", r#"[{"slug":"a-1"}]"#),
    ] {
        assert_eq!(scene.get(Who::Ada, path).await.text, expected, "{path}");
    }
    let deleted = scene
        .ask(
            Who::Ada,
            "DELETE",
            "/rest/v1/user_addresses?id=gt.0&select=slug",
            &[("prefer", "return=representation")],
            Value::Null,
        )
        .await;
    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (200, r#"[{"slug":"a-1"}]"#));
    let left = scene.get(Who::Service, "/rest/v1/user_addresses?select=slug&order=slug").await;
    assert_eq!(left.text, r#"[{"slug":"b-1"},{"slug":"n-1"}]"#);
    // An own parent of others' rows.
    let parent = scene.ask(Who::Ada, "DELETE", "/rest/v1/users?id=eq.1", &[], Value::Null).await;
    assert_eq!((parent.status.as_u16(), &parent.json()["code"]), (403, &json!("42501")), "{}", parent.text);
}

/// Conditions that would take long are not asked of rows that nobody sees, and are bounded where they are.
#[both_engines]
async fn expensive_conditions_end(db: TestDb) {
    let scene = Scene::new(&db).await;
    let began = Instant::now();
    let pattern = "%28a%2B%29%2B%24";
    for path in [
        format!("/rest/v1/orders?memo=match.{pattern}"),
        format!("/rest/v1/orders?memo=like.{}", "*a".repeat(500)),
        format!("/rest/v1/orders?or=({})", vec!["memo.eq.x"; 2_000].join(",")),
        format!("/rest/v1/orders?id=in.({})", vec!["7"; 20_000].join(",")),
        format!("/rest/v1/orders?not.and=({}id.eq.1{})", "not.and(".repeat(200), ")".repeat(200)),
    ] {
        let answer = scene.get(Who::Ada, &path).await;
        assert!([200, 400, 414].contains(&answer.status.as_u16()), "{} {}", answer.status, answer.text);
        assert_no_secret(&answer, "a long request");
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}
