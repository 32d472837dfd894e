//! Attacks on a server that is closed by the default permissions: what others must not see, do or find out.

mod attacks;

use axum::body::Body;
use axum::http::Request;
use mwallet_api::{App, AppState, ExposedTables, Limits};
use mwallet_auth::{Authority, Permissions, Trust, VerifyingKey, api_key};
use mwallet_db::schema::Record;
use mwallet_db::{Dialect, Engine, Entity, crud};
use mwallet_models::{ApiKey, KeyKind};
use mwallet_testkit::{TestDb, both_engines};
use serde_json::{Value, json};

use crate::support::{Answer, behind, exchange};

pub(crate) const SECRET: &[u8] = b"a secret that tests share with the server";

/// Signs a token by HS256.
pub(crate) fn token(claims: &Value) -> String {
    use base64::Engine as _;
    let encode = |bytes: &[u8]| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!("{}.{}", encode(br#"{"alg":"HS256"}"#), encode(claims.to_string().as_bytes()));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET);
    format!("{signed}.{}", encode(ring::hmac::sign(&key, signed.as_bytes()).as_ref()))
}

/// The claims of a user who has signed in, by the last digit of their UUID.
fn claims(user: u8, assurance: &str) -> Value {
    json!({
        "sub": uuid(user), "role": "authenticated", "aud": "authenticated", "aal": assurance,
        "iat": 1_600_000_000, "exp": 4_000_000_000_u32,
    })
}

fn uuid(user: u8) -> String {
    format!("00000000-0000-7000-8000-00000000000{user}")
}

/// Who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Anonymous,
    /// A user. Most rows are those of another.
    Ada,
    Auditor,
    Service,
}

/// A server with people and what they own.
struct Scene {
    app: App,
    publishable: String,
    service: String,
}

impl Scene {
    async fn new(db: &TestDb) -> Self {
        Self::with(db, mwallet_models::PERMISSIONS).await
    }

    async fn with(db: &TestDb, permissions: &str) -> Self {
        let tables = mwallet_models::all_tables();
        db.engine.create_all(&tables).await.unwrap();
        let users: Vec<String> = [(1, "ada"), (2, "bob"), (3, "eve")]
            .map(|(number, name)| {
                format!(
                    "({number}, '{}', '{name}', 'r-{name}', '{name}', '{name}@hidden.example', 'first-{name}')",
                    uuid(number)
                )
            })
            .to_vec();
        let times = "'2026-01-01T00:00:00.000000+00:00'";
        behind(
            db,
            &format!(
                "INSERT INTO users (id, uuid, slug, rsid, username, email, first_name) VALUES {};
                 INSERT INTO groups (id, uuid, slug, name, scope) VALUES (1, '{}', 'auditors', 'auditors', 'global');
                 INSERT INTO user_groups VALUES (3, 1);
                 INSERT INTO orders (id, uuid, slug, usid, user_id, order_type, start, memo) VALUES
                    (1, '{}', 'a-open', 'r-ada', 1, 'OPEN', {times}, 'ada says'),
                    (2, '{}', 'b-open', 'r-bob', 2, 'OPEN', {times}, 'bob-secret'),
                    (3, '{}', 'b-closed', 'r-bob', 2, 'CLOSED', {times}, 'bob-closed-secret'),
                    (4, '{}', 'a-closed', 'r-ada', 1, 'CLOSED', {times}, 'ada said');
                 INSERT INTO assets (id, uuid, slug, code, name, decimals) VALUES (1, '{}', 'btc', 'BTC', 'Bitcoin', 8);
                 INSERT INTO wallets (id, uuid, slug, usid, user_id, asset_id, label) VALUES
                    (1, '{}', 'b-wallet', 'r-bob', 2, 1, 'bob-wallet-secret');
                 INSERT INTO transactions (id, uuid, slug, order_id, network, tranx_ref, tranx_id, inputs, outputs) VALUES
                    (1, '{}', 't-closed', 3, 'bitcoin', 'TX-secret', 'id-secret', '[]', '[]');
                 INSERT INTO app_notices (id, uuid, slug, title, message, start_at) VALUES
                    (1, '{}', 'n-ada', 'for ada', 'x', {times}), (2, '{}', 'n-bob', 'notice-secret', 'x', {times});
                 INSERT INTO notice_recipients VALUES (1, 1), (2, 2);",
                users.join(", "), uuid(1), uuid(1), uuid(2), uuid(3), uuid(4), uuid(1), uuid(1), uuid(1), uuid(1), uuid(2),
            ),
        )
        .await;
        if db.dialect() == Dialect::Postgres {
            behind(db, "SELECT setval(pg_get_serial_sequence('orders', 'id'), 4)").await;
        }
        let publishable = key(&db.engine, KeyKind::Publishable, "anon").await;
        let service = key(&db.engine, KeyKind::Secret, "service_role").await;
        let served = ExposedTables::new(mwallet_models::tables()).unwrap();
        let permissions = Permissions::parse(permissions, served.catalog().unwrap()).unwrap();
        let trust = Trust { keys: vec![VerifyingKey::from_secret(SECRET).unwrap()], ..Trust::default() };
        let authority = Authority::new(&db.engine, trust).with_store(db.engine.clone(), true);
        let limits = Limits { allow_aggregates: true, ..Limits::default() };
        let state = AppState::closed(db.engine.clone(), served, authority, permissions).limits(limits).plans();
        Self { app: App::new(state), publishable, service }
    }

    fn bearer(&self, who: Who) -> Option<String> {
        match who {
            Who::Anonymous => None,
            Who::Ada => Some(token(&claims(1, "aal1"))),
            Who::Auditor => Some(token(&claims(3, "aal2"))),
            Who::Service => Some(self.service.clone()),
        }
    }

    async fn ask(&self, who: Who, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        request = request.header("apikey", if who == Who::Service { &self.service } else { &self.publishable });
        if let Some(bearer) = self.bearer(who) {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() { Body::empty() } else { body.to_string().into() };
        exchange(&self.app, request.body(body).unwrap()).await
    }

    /// Asserts what a read answers: the status, and the rows or the code; and that no secret is in it.
    async fn assert_answers(&self, who: Who, path: &str, status: u16, expected: &str) {
        let answer = self.get(who, path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        match status {
            200 => assert_eq!(answer.text, expected, "{path}"),
            _ => assert_eq!(answer.json()["code"], expected, "{path}: {}", answer.text),
        }
        assert_no_secret(&answer, path);
    }

    async fn get(&self, who: Who, path: &str) -> Answer {
        self.ask(who, "GET", path, &[], Value::Null).await
    }
}

async fn key(engine: &Engine, kind: KeyKind, role: &str) -> String {
    let key = api_key::generate(kind, engine.sources());
    let mut row = Record::new();
    row.set("name", role);
    row.set("kind", if kind == KeyKind::Secret { "SECRET" } else { "PUBLISHABLE" });
    row.set("role", role);
    row.set("hash", api_key::hash(&key));
    crud::create(engine, ApiKey::table(), row).await.unwrap();
    key
}

/// What nobody but their owner, an auditor and the service must find in an answer.
const SECRETS: [&str; 8] = [
    "bob-secret",
    "bob-closed-secret",
    "bob-wallet-secret",
    "notice-secret",
    "TX-secret",
    "id-secret",
    "bob@hidden",
    "first-bob",
];

fn assert_no_secret(answer: &Answer, asked: &str) {
    for secret in SECRETS {
        assert!(!answer.text.contains(secret), "{asked}: {}", answer.text);
        let headers = format!("{:?}", answer.headers);
        assert!(!headers.contains(secret), "{asked}: {headers}");
    }
}

/// Reads of another user, and what they answer: the status, and the rows or the code.
#[both_engines]
async fn others_see_what_they_may_and_nothing_more(db: TestDb) {
    let scene = Scene::new(&db).await;
    for (path, status, expected) in [
        // Rows.
        ("/rest/v1/orders?select=slug&order=slug", 200, r#"[{"slug":"a-closed"},{"slug":"a-open"},{"slug":"b-open"}]"#),
        ("/rest/v1/orders?slug=eq.b-closed", 200, "[]"),
        ("/rest/v1/orders?id=eq.3&select=id", 200, "[]"),
        ("/rest/v1/wallets", 200, "[]"),
        ("/rest/v1/transactions", 200, "[]"),
        ("/rest/v1/app_notices?select=title", 200, r#"[{"title":"for ada"}]"#),
        // Around the policy.
        ("/rest/v1/orders?or=(id.eq.3,id.gt.0)&select=id&order=id", 200, r#"[{"id":1},{"id":2},{"id":4}]"#),
        ("/rest/v1/orders?not.and=(id.eq.1)&select=id&order=id", 200, r#"[{"id":2},{"id":4}]"#),
        ("/rest/v1/orders?not.or=()&select=id", 400, "PGRST100"),
        // Cells of which only some are shown.
        (
            "/rest/v1/orders?slug=eq.b-open&select=memo,user_id,asset",
            200,
            r#"[{"memo":null,"user_id":null,"asset":"BITCOIN"}]"#,
        ),
        ("/rest/v1/orders?memo=eq.bob-secret", 200, "[]"),
        ("/rest/v1/orders?memo=like.bob*", 200, "[]"),
        ("/rest/v1/orders?memo=not.eq.bob-secret&select=id&order=id", 200, r#"[{"id":1},{"id":4}]"#),
        ("/rest/v1/orders?memo=is.null&select=id&order=id", 200, r#"[{"id":2}]"#),
        ("/rest/v1/orders?user_id=eq.2", 200, "[]"),
        (
            "/rest/v1/orders?select=id,alias:memo&order=memo.desc.nullslast,id",
            200,
            r#"[{"id":1,"alias":"ada says"},{"id":4,"alias":"ada said"},{"id":2,"alias":null}]"#,
        ),
        (
            "/rest/v1/users?select=username,email&order=username",
            200,
            r#"[{"username":"ada","email":"ada@hidden.example"},{"username":"bob","email":null},{"username":"eve","email":null}]"#,
        ),
        ("/rest/v1/users?email=like.bob*", 200, "[]"),
        ("/rest/v1/users?first_name=eq.first-bob", 200, "[]"),
        // Columns and tables that are closed are misspelt ones.
        ("/rest/v1/user_addresses?select=account_key", 400, "42703"),
        ("/rest/v1/user_addresses?account_key=eq.x", 400, "42703"),
        ("/rest/v1/transaction_keys", 404, "PGRST205"),
        ("/rest/v1/api_keys", 404, "PGRST205"),
        ("/rest/v1/signing_keys", 404, "PGRST205"),
        ("/rest/v1/transactions?select=meta", 400, "42703"),
        // Related rows.
        (
            "/rest/v1/orders?select=id,users(username,email)&order=id",
            200,
            r#"[{"id":1,"users":{"username":"ada","email":"ada@hidden.example"}},{"id":2,"users":null},{"id":4,"users":{"username":"ada","email":"ada@hidden.example"}}]"#,
        ),
        ("/rest/v1/users?select=username,orders(slug)&username=eq.bob", 200, r#"[{"username":"bob","orders":[]}]"#),
        ("/rest/v1/users?select=username,wallets!inner()", 200, "[]"),
        (
            "/rest/v1/users?select=username,app_notices(title)&order=username",
            200,
            r#"[{"username":"ada","app_notices":[{"title":"for ada"}]},{"username":"bob","app_notices":[]},{"username":"eve","app_notices":[]}]"#,
        ),
        ("/rest/v1/transactions?select=id,transaction_keys(*)", 400, "PGRST200"),
        ("/rest/v1/assets?select=code,wallets(label)", 200, r#"[{"code":"BTC","wallets":[]}]"#),
        // Aggregates are granted to auditors only.
        ("/rest/v1/orders?select=count()", 400, "PGRST123"),
        ("/rest/v1/orders?select=id.max()", 400, "PGRST123"),
        ("/rest/v1/users?select=username,orders(count())", 400, "PGRST123"),
    ] {
        scene.assert_answers(Who::Ada, path, status, expected).await;
    }
}

#[both_engines]
async fn those_who_say_nothing_see_what_is_open_to_all(db: TestDb) {
    let scene = Scene::new(&db).await;
    let open = scene.get(Who::Anonymous, "/rest/v1/orders?order=slug").await;
    assert_eq!(open.status, 200, "{}", open.text);
    let columns: Vec<String> = open.json()[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(columns, ["uuid", "slug", "order_type", "asset", "start", "expected_end"]);
    assert_eq!(open.json().as_array().unwrap().len(), 2);
    for (path, status, code) in [
        ("/rest/v1/users", 404, "PGRST205"),
        ("/rest/v1/orders?select=memo", 400, "42703"),
        ("/rest/v1/orders?user_id=eq.2", 400, "42703"),
        ("/rest/v1/orders?select=slug,users(*)", 400, "PGRST200"),
    ] {
        let answer = scene.get(Who::Anonymous, path).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str().unwrap()), (status, code), "{path}");
        assert_no_secret(&answer, path);
    }
    let order = json!({"asset": "BITCOIN"});
    let refused = scene.ask(Who::Anonymous, "POST", "/rest/v1/orders", &[], order).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("www-authenticate")),
        (401, Some("Bearer")),
        "{}",
        refused.text
    );
}

/// A hidden row, and a missing one.
#[both_engines]
async fn a_hidden_row_is_a_missing_one(db: TestDb) {
    let scene = Scene::new(&db).await;
    let representation = [("prefer", "return=representation")];
    for who in [Who::Ada, Who::Anonymous] {
        for (method, hidden, missing) in [
            ("GET", "/rest/v1/orders/b-closed", "/rest/v1/orders/b-missed"),
            ("GET", "/rest/v1/orders?slug=eq.b-closed", "/rest/v1/orders?slug=eq.b-missed"),
            (
                "GET",
                "/rest/v1/orders/00000000-0000-7000-8000-000000000003",
                "/rest/v1/orders/00000000-0000-7000-8000-000000000009",
            ),
            ("GET", "/rest/v1/orders/3", "/rest/v1/orders/9"),
            ("HEAD", "/rest/v1/orders?slug=eq.b-closed", "/rest/v1/orders?slug=eq.b-missed"),
            ("PATCH", "/rest/v1/orders/b-closed", "/rest/v1/orders/b-missed"),
            ("PATCH", "/rest/v1/orders?slug=eq.b-closed", "/rest/v1/orders?slug=eq.b-missed"),
            ("DELETE", "/rest/v1/orders/b-closed", "/rest/v1/orders/b-missed"),
            ("GET", "/rest/v1/wallets/1", "/rest/v1/wallets/9"),
            ("DELETE", "/rest/v1/user_addresses/1", "/rest/v1/user_addresses/9"),
            ("GET", "/rest/v1/transaction_keys?limit=1", "/rest/v1/transaction_kegs?limit=1"),
        ] {
            let body = if method == "PATCH" { json!({"memo": "x"}) } else { Value::Null };
            let of = async |path| {
                let mut answer = scene.ask(who, method, path, &representation, body.clone()).await;
                for name in ["x-request-id", "date"] {
                    answer.headers.remove(name);
                }
                (answer.status, answer.headers, answer.text.replace("transaction_kegs", "transaction_keys"))
            };
            assert_eq!(of(hidden).await, of(missing).await, "{who:?} {method} {hidden}");
        }
    }
}

/// Writes of another user.
#[both_engines]
async fn others_write_what_they_may_and_nothing_more(db: TestDb) {
    let scene = Scene::new(&db).await;
    let all = async || scene.get(Who::Service, "/rest/v1/orders?order=id").await.text;
    let before = all().await;
    let order = |more: Value| {
        let mut order = json!({"asset": "BITCOIN", "start": "2030-01-01T00:00:00Z"});
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order
    };
    let merge = "return=representation,resolution=merge-duplicates";
    let plain = "return=representation";
    for (method, path, prefer, body, status, code) in [
        // What others own.
        ("PATCH", "/rest/v1/orders?slug=eq.b-open", plain, json!({"memo": "x"}), 200, "[]"),
        ("PATCH", "/rest/v1/orders/b-open", plain, json!({"memo": "x"}), 404, "PGRST116"),
        ("PATCH", "/rest/v1/orders?id=gte.2", plain, json!({"memo": "x"}), 200, "[]"),
        ("DELETE", "/rest/v1/orders?slug=eq.b-open", plain, Value::Null, 403, "42501"),
        ("DELETE", "/rest/v1/user_addresses?id=gt.0", plain, Value::Null, 200, "[]"),
        ("PATCH", "/rest/v1/wallets?id=eq.1", plain, json!({"label": "x"}), 200, "[]"),
        ("PATCH", "/rest/v1/orders", plain, json!({"memo": "x"}), 400, "21000"),
        // Columns that are not theirs to give.
        ("POST", "/rest/v1/orders", plain, order(json!({"user_id": 2})), 403, "42501"),
        ("POST", "/rest/v1/orders", plain, order(json!({"usid": "r-bob"})), 403, "42501"),
        ("POST", "/rest/v1/orders", plain, order(json!({"order_type": "SATISFIED"})), 403, "42501"),
        ("POST", "/rest/v1/orders", plain, order(json!({"id": 77})), 422, "23514"),
        ("POST", "/rest/v1/orders", plain, order(json!({"version": 77})), 422, "23514"),
        ("POST", "/rest/v1/orders", plain, order(json!({"nonsense": 77})), 422, "42703"),
        ("POST", "/rest/v1/wallets", plain, json!({"asset_id": 1, "is_escrow": true}), 403, "42501"),
        (
            "POST",
            "/rest/v1/user_addresses",
            plain,
            json!({"address": "a", "network": "n", "address_balance": "5"}),
            403,
            "42501",
        ),
        ("PATCH", "/rest/v1/orders?slug=eq.a-open", plain, json!({"user_id": 2}), 403, "42501"),
        ("PATCH", "/rest/v1/users?username=eq.ada", plain, json!({"is_active": false}), 403, "42501"),
        ("PATCH", "/rest/v1/users?username=eq.ada", plain, json!({"username": "bob2"}), 403, "42501"),
        // States that are not theirs to make.
        ("PATCH", "/rest/v1/orders?slug=eq.a-open", plain, json!({"order_type": "SATISFIED"}), 403, "42501"),
        ("PATCH", "/rest/v1/orders?slug=eq.a-closed", plain, json!({"order_type": "OPEN"}), 200, "[]"),
        // One of several is not allowed.
        ("POST", "/rest/v1/orders", plain, json!([order(json!({})), order(json!({"user_id": 2}))]), 403, "42501"),
        // Upserts.
        (
            "POST",
            "/rest/v1/orders?on_conflict=slug",
            merge,
            order(json!({"slug": "b-open", "memo": "x"})),
            403,
            "42501",
        ),
        ("POST", "/rest/v1/orders?on_conflict=slug", merge, order(json!({"slug": "b-closed"})), 403, "42501"),
        ("POST", "/rest/v1/orders?on_conflict=memo", merge, order(json!({"memo": "x"})), 403, "42501"),
        ("PUT", "/rest/v1/orders/b-open", plain, order(json!({"memo": "x"})), 409, "23505"),
        // Tables that they may not write.
        ("POST", "/rest/v1/assets", plain, json!({"code": "X"}), 403, "42501"),
        ("POST", "/rest/v1/user_groups", plain, json!({"user_id": 1, "group_id": 1}), 403, "42501"),
        ("POST", "/rest/v1/transaction_keys", plain, json!({}), 404, "PGRST205"),
        ("POST", "/rest/v1/api_keys", plain, json!({}), 404, "PGRST205"),
        ("POST", "/admin/reload", plain, Value::Null, 403, "42501"),
    ] {
        let asked = format!("{method} {path} {body}");
        let answer = scene.ask(Who::Ada, method, path, &[("prefer", prefer)], body).await;
        assert_eq!(answer.status, status, "{asked}: {}", answer.text);
        match status {
            200 => assert_eq!(answer.text, code, "{asked}"),
            _ => assert_eq!(answer.json()["code"], code, "{asked}: {}", answer.text),
        }
        assert_no_secret(&answer, &asked);
        assert_eq!(all().await, before, "{asked}");
    }
    // And what is theirs.
    let own = order(json!({"memo": "new", "user_id": 1, "usid": "r-ada", "order_type": "OPEN"}));
    let created = scene.ask(Who::Ada, "POST", "/rest/v1/orders", &[("prefer", plain)], own).await;
    assert_eq!((created.status.as_u16(), &created.json()[0]["user_id"]), (201, &json!(1)), "{}", created.text);
    let id = &created.json()[0]["id"];
    assert_eq!(created.header("location"), Some(format!("/rest/v1/orders/{id}").as_str()));
    let closed = json!({"order_type": "CLOSED"});
    let both = format!("/rest/v1/orders?id=in.(2,{id})");
    let closed = scene.ask(Who::Ada, "PATCH", &both, &[("prefer", plain)], closed).await;
    assert_eq!((closed.status.as_u16(), closed.json().as_array().unwrap().len()), (200, 1), "{}", closed.text);
}

/// A row that its writer would not see any more is not replaced, however the request names it.
#[both_engines]
async fn a_row_is_not_replaced_by_one_that_is_hidden(db: TestDb) {
    let permissions = "
        roles: { anon: {}, authenticated: {}, service_role: { bypass: true } }
        tables:
          orders:
            authenticated:
              read: { rows: order_type=eq.OPEN, columns: [id, order_type, start] }
              update: { rows: all, columns: [order_type, start] }
    ";
    let scene = Scene::with(&db, permissions).await;
    let all = async || scene.get(Who::Service, "/rest/v1/orders?order=id").await.text;
    let before = all().await;
    let closed = json!({"order_type": "CLOSED", "start": "2030-01-01T00:00:00Z"});
    for path in ["/rest/v1/orders/1?select=id", "/rest/v1/orders?id=eq.1&select=id"] {
        let prefer = [("prefer", "return=representation")];
        let answer = scene.ask(Who::Ada, "PUT", path, &prefer, closed.clone()).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (404, &json!("PGRST116")), "{path}");
        assert_eq!(all().await, before, "{path}");
    }
}

#[both_engines]
async fn nothing_counts_what_is_hidden(db: TestDb) {
    let scene = Scene::new(&db).await;
    for count in ["exact", "planned", "estimated"] {
        let prefer = format!("count={count}");
        let counted = scene.ask(Who::Ada, "GET", "/rest/v1/orders?limit=1", &[("prefer", &prefer)], Value::Null).await;
        assert_eq!(counted.header("content-range"), Some("0-0/3"), "{count}");
        let none = scene.ask(Who::Ada, "HEAD", "/rest/v1/wallets", &[("prefer", &prefer)], Value::Null).await;
        assert_eq!(none.header("content-range"), Some("*/0"), "{count}");
    }
    let most = [("prefer", "return=representation,max-affected=1,handling=strict")];
    let written = scene.ask(Who::Ada, "PATCH", "/rest/v1/orders?id=gt.0", &most, json!({"memo": "x"})).await;
    assert_eq!((written.status.as_u16(), written.json().as_array().unwrap().len()), (200, 1), "{}", written.text);
    // Nor does the home page, nor a plan.
    let home = scene.get(Who::Ada, "/").await.json();
    assert!(home["tables"].as_array().unwrap().iter().all(|table| table["rows"].is_null()), "{home}");
    let plan = [("accept", "application/vnd.pgrst.plan+json")];
    assert_eq!(scene.ask(Who::Ada, "GET", "/rest/v1/orders", &plan, Value::Null).await.status, 406);
    assert_eq!(scene.ask(Who::Service, "GET", "/rest/v1/orders", &plan, Value::Null).await.status, 200);
}

#[both_engines]
async fn documents_and_pages_name_what_is_there_for_the_reader(db: TestDb) {
    let scene = Scene::new(&db).await;
    let document = scene.get(Who::Anonymous, "/rest/v1/").await;
    let paths = document.json()["paths"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert!(
        paths.contains(&"/rest/v1/orders".to_owned()) && !paths.contains(&"/rest/v1/users".to_owned()),
        "{paths:?}"
    );
    let home = scene.get(Who::Anonymous, "/").await;
    for hidden in ["usid", "wallets", "transaction_keys", "app_notices", "first_name"] {
        for (name, answer) in [("document", &document), ("home", &home)] {
            assert!(!answer.text.contains(hidden), "{name}: {hidden}");
        }
    }
    // The methods of a table are those that are permitted.
    for (who, methods) in [
        (Who::Anonymous, "GET, HEAD, OPTIONS"),
        (Who::Ada, "GET, HEAD, POST, PUT, PATCH, OPTIONS"),
        (Who::Service, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
    ] {
        let options = scene.ask(who, "OPTIONS", "/rest/v1/orders", &[], Value::Null).await;
        assert_eq!(options.header("allow"), Some(methods), "{who:?}");
    }
    let user = scene.get(Who::Ada, "/rest/v1/").await.text;
    assert!(user.contains("usid") && !user.contains("transaction_keys") && !user.contains("registration_number"));
}

#[both_engines]
async fn auditors_and_the_service_see_more(db: TestDb) {
    let scene = Scene::new(&db).await;
    let count = async |who, path| scene.get(who, path).await.text;
    assert_eq!(count(Who::Auditor, "/rest/v1/orders?select=count()").await, r#"[{"count":4}]"#);
    assert_eq!(count(Who::Service, "/rest/v1/orders?select=count()").await, r#"[{"count":4}]"#);
    assert!(count(Who::Auditor, "/rest/v1/users?username=eq.bob").await.contains("bob@hidden.example"));
    // Without a second factor, they are users like others.
    let once = token(&claims(3, "aal1"));
    let request = Request::get("/rest/v1/users?username=eq.bob").header("authorization", format!("Bearer {once}"));
    let answer = exchange(&scene.app, request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_no_secret(&answer, "an auditor with one factor");
    // What is written only is read by nobody.
    for path in ["/rest/v1/user_addresses?select=account_key", "/rest/v1/transaction_keys?select=key"] {
        assert_eq!(scene.get(Who::Service, path).await.status, 400, "{path}");
    }
}

#[both_engines]
async fn what_is_not_understood_is_unauthorized_and_never_anonymous(db: TestDb) {
    let scene = Scene::new(&db).await;
    let good = token(&claims(1, "aal1"));
    let change = |name: &str, value: Value| {
        let mut claims = claims(1, "aal1");
        claims[name] = value;
        format!("Bearer {}", token(&claims))
    };
    let bearer = format!("Bearer {good}");
    let service = scene.service.as_str();
    for headers in [
        vec![("authorization", "Bearer garbage".to_owned())],
        vec![("authorization", format!("{bearer}x"))],
        vec![("authorization", good.clone())],
        vec![("authorization", "Basic YTpi".into())],
        vec![("authorization", "Bearer ".into())],
        vec![("authorization", String::new())],
        vec![("authorization", bearer.clone()), ("authorization", bearer.clone())],
        vec![("apikey", "garbage".into())],
        vec![("apikey", "sb_publishable_unknown".into())],
        vec![("apikey", scene.publishable.clone()), ("authorization", "Bearer garbage".into())],
        vec![("apikey", "sb_secret_unknown".into()), ("authorization", bearer.clone())],
        vec![("apikey", service.into()), ("origin", "http://localhost:8080".into())],
        vec![("apikey", service.into()), ("sec-fetch-site", "same-origin".into())],
        vec![("authorization", format!("Bearer {service}x"))],
        vec![("authorization", change("exp", json!(1_700_000_000)))],
        vec![("authorization", change("aud", json!("others")))],
        vec![("authorization", change("role", json!("nonsense")))],
        vec![("authorization", change("role", Value::Null))],
        vec![("authorization", format!("Bearer {}", "x".repeat(20_000)))],
    ] {
        let mut request = Request::get("/rest/v1/orders");
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let answer = exchange(&scene.app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 401, "{headers:?}: {}", answer.text);
        let challenge = answer.header("www-authenticate").unwrap().to_owned();
        assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{challenge}");
        assert!(matches!(answer.json()["code"].as_str(), Some("PGRST301" | "PGRST303")), "{}", answer.text);
        assert_no_secret(&answer, &format!("{headers:?}"));
    }
    // A role that only a group gives is not given by a token, and one that users say of themselves decides nothing.
    for (name, value) in [("role", json!("auditor")), ("user_metadata", json!({"role": "service_role"}))] {
        let request = Request::get("/rest/v1/orders?select=slug").header("authorization", change(name, value));
        let answer = exchange(&scene.app, request.body(Body::empty()).unwrap()).await;
        assert!(!answer.text.contains("b-closed"), "{name}: {}", answer.text);
    }
    // Without a session, clients send the key as the bearer too.
    let key = scene.publishable.as_str();
    let request =
        Request::get("/rest/v1/orders").header("apikey", key).header("authorization", format!("Bearer {key}"));
    assert_eq!(exchange(&scene.app, request.body(Body::empty()).unwrap()).await.status, 200);
}

#[both_engines]
async fn keys_and_users_end_when_they_are_ended(db: TestDb) {
    let scene = Scene::new(&db).await;
    behind(&db, "UPDATE users SET is_active = FALSE WHERE id = 1").await;
    assert_eq!(scene.get(Who::Ada, "/rest/v1/orders").await.status, 401);
    behind(&db, "UPDATE api_keys SET revoked_at = '2026-01-01T00:00:00.000000+00:00' WHERE role = 'service_role'")
        .await;
    // The keys were read for the first request; another server reads them within ten seconds.
    let fresh = Authority::new(&db.engine, Trust::default()).with_store(db.engine.clone(), true);
    let credentials = mwallet_auth::Credentials { api_key: Some(&scene.service), ..Default::default() };
    assert!(fresh.identify(credentials).await.is_err());
}

/// Numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.roll(all.len())]
    }
}

/// A request for rows, whether or not its sender may make it.
fn some_read(dice: &mut Dice) -> String {
    let (table, columns, related): (_, &[&str], &[&str]) = match dice.roll(6) {
        0 | 1 => (
            "orders",
            &["id", "slug", "user_id", "usid", "memo", "order_type", "version", "expected_end"],
            &["users(*)", "users!inner(username)", "transactions(*)", "transactions(count())", "...users(email)"],
        ),
        2 => (
            "users",
            &["id", "username", "email", "first_name", "is_active", "phone", "version"],
            &["orders(*)", "orders!inner(memo)", "wallets(*)", "app_notices(*)", "groups(*)", "orders(count())"],
        ),
        3 => ("wallets", &["id", "label", "user_id", "version"], &["assets(*)", "users(*)"]),
        4 => (
            "assets",
            &["id", "code", "name", "is_active"],
            &["wallets(*)", "wallets!inner(label)", "wallets(count())"],
        ),
        _ => ("app_notices", &["id", "title", "message", "version"], &["users(username)", "notice_recipients(*)"]),
    };
    let mut parts = Vec::new();
    let select: Vec<String> = match dice.roll(4) {
        0 => Vec::new(),
        1 => vec!["*".into()],
        2 => vec![dice.pick(columns).into(), format!("alias:{}", dice.pick(columns))],
        _ => vec!["*".into(), dice.pick(related).into()],
    };
    if !select.is_empty() {
        parts.push(format!("select={}", select.join(",")));
    }
    for _ in 0..dice.roll(3) {
        let operator = dice.pick(&["eq", "neq", "gt", "lte", "like", "not.like", "is", "in", "not.eq"]);
        let value = match operator {
            "is" => dice.pick(&["null", "not_null", "true"]),
            "in" => dice.pick(&["(1,2,3)", "(a,b)", "(bob-secret,x)"]),
            _ => dice.pick(&["1", "2", "3", "b*", "bob-secret", "bob@hidden.example", "OPEN", "x", "0"]),
        };
        let (column, group) = (dice.pick(columns), dice.roll(3));
        parts.push(match group {
            0 => format!("or=({column}.{operator}.{value},id.gt.0)"),
            1 => format!("not.and=({column}.{operator}.{value},id.gt.1)"),
            _ => format!("{column}={operator}.{value}"),
        });
    }
    // A list without an order is in none.
    parts.push(match dice.roll(3) {
        0 => format!("order={}.desc.nullslast,slug,id", dice.pick(columns)),
        1 => "order=slug".into(),
        _ => "order=id".into(),
    });
    if dice.roll(3) == 0 {
        parts.push(format!("limit={}&offset={}", dice.roll(3), dice.roll(2)));
    }
    format!("/rest/v1/{table}?{}", parts.join("&"))
}

/// Non-interference: what only others see can change without any answer changing.
#[both_engines]
async fn answers_do_not_depend_on_what_is_hidden(db: TestDb) {
    let scene = Scene::new(&db).await;
    let number = std::env::var("MWALLET_TEST_QUERIES").map_or(200, |number| number.parse().unwrap());
    let mut dice = Dice(7);
    let requests: Vec<String> = (0..number).map(|_| some_read(&mut dice)).collect();
    let answers = async || {
        let mut all = Vec::new();
        for path in &requests {
            for who in [Who::Ada, Who::Anonymous] {
                let prefer = [("prefer", "count=exact")];
                let mut answer = scene.ask(who, "GET", path, &prefer, Value::Null).await;
                assert!(!answer.status.is_server_error(), "{path}: {}", answer.text);
                for name in ["x-request-id", "date"] {
                    answer.headers.remove(name);
                }
                assert_no_secret(&answer, path);
                all.push((format!("{who:?} {path}"), answer.status, answer.headers, answer.text));
            }
        }
        all
    };
    let before = answers().await;
    let found = before.iter().filter(|(_, status, _, text)| status.is_success() && text.len() > 2).count();
    assert!(found > requests.len() / 5, "only {found} requests find anything");
    let times = "'2027-01-01T00:00:00.000000+00:00'";
    behind(
        &db,
        &format!(
            "UPDATE orders SET memo = 'b', version = 9, usid = 'x', updated_at = {times} WHERE id = 2;
             UPDATE orders SET memo = 'x', slug = 'b', order_type = 'SATISFIED', version = 9, user_id = NULL WHERE id = 3;
             UPDATE users SET email = 'x' || id || '@x', first_name = 'b', phone = '1', version = 9 WHERE id IN (2, 3);
             UPDATE wallets SET label = 'b', version = 9, user_id = NULL WHERE id = 1;
             INSERT INTO wallets (id, uuid, slug, usid, user_id, asset_id, label) VALUES
                (2, '{}', 'b-other', 'r-bob', 2, 1, 'x');
             DELETE FROM transactions WHERE id = 1;
             UPDATE app_notices SET title = 'x', message = 'b', version = 9 WHERE id = 2;
             INSERT INTO notice_recipients VALUES (2, 3);
             INSERT INTO user_groups VALUES (2, 1);",
            uuid(9)
        ),
    )
    .await;
    for (before, after) in before.into_iter().zip(answers().await) {
        assert_eq!(before, after);
    }
}
