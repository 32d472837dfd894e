//! Limits of callers by the permissions: how many requests in a time, how many at once, and how many streams.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use mwallet_api::{App, AppState, ExposedTables, Handler, Limits, Proxies};
use mwallet_auth::{Authority, Permissions, Trust, VerifyingKey, api_key};
use mwallet_db::schema::Record;
use mwallet_db::{Engine, EngineOptions, Entity, crud};
use mwallet_models::{ApiKey, AppNotice, KeyKind};
use mwallet_testkit::{TestDb, TestSources, both_engines};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::permissions::{SECRET, token};
use crate::support::{Answer, exchange, serve};

/// The permissions of a test, with these limits.
fn permissions(limits: &str, tables: &ExposedTables) -> Permissions {
    let text = format!(
        "roles: {{ anon: {{}}, member: {{ includes: [anon] }}, service_role: {{ bypass: true }} }}\n\
         tables: {{ app_notices: {{ anon: {{ read: {{ rows: all, columns: [id, title, message] }} }} }} }}\n{limits}"
    );
    Permissions::parse(&text, tables.catalog().unwrap()).unwrap()
}

struct Scene {
    engine: Engine,
    clock: Arc<TestSources>,
    service: String,
    authority: Authority,
}

impl Scene {
    async fn new(db: &TestDb) -> Self {
        let clock = Arc::new(TestSources::at("2026-01-02T03:04:05Z"));
        let engine = db.engine_with(EngineOptions { sources: clock.clone(), ..EngineOptions::default() });
        engine.create_all(&mwallet_models::all_tables()).await.unwrap();
        let service = api_key::generate(KeyKind::Secret, engine.sources());
        let mut row = Record::new();
        row.set("name", "service");
        row.set("kind", "SECRET");
        row.set("role", "service_role");
        row.set("hash", api_key::hash(&service));
        crud::create(&engine, ApiKey::table(), row).await.unwrap();
        let trust = Trust { keys: vec![VerifyingKey::from_secret(SECRET).unwrap()], ..Trust::default() };
        let authority = Authority::new(&engine, trust).with_store(engine.clone(), true);
        Self { engine, clock, service, authority }
    }

    fn state(&self, limits: &str) -> AppState {
        let tables = ExposedTables::new([AppNotice::table()]).unwrap();
        let permissions = permissions(limits, &tables);
        AppState::closed(self.engine.clone(), tables, self.authority.clone(), permissions)
    }

    /// A token of somebody.
    fn token(&self, subject: &str) -> String {
        let end = self.engine.sources().now().micros() / 1_000_000 + 600;
        token(&serde_json::json!({"sub": subject, "role": "member", "exp": end}))
    }
}

async fn ask(app: &App, bearer: Option<&str>, path: &str) -> Answer {
    let mut request = Request::get(path);
    if let Some(bearer) = bearer {
        request = request.header("authorization", format!("Bearer {bearer}"));
    }
    exchange(app, request.body(Body::empty()).unwrap()).await
}

const NOTICES: &str = "/rest/v1/app_notices";

#[both_engines]
async fn requests_are_counted_by_account_key_and_address(db: TestDb) {
    let scene = Scene::new(&db).await;
    let limits =
        "limits:\n  anon: { requests: 2/1m }\n  member: { requests: 3/1m }\n  service_role: { requests: 4/1m }";
    let app = App::new(scene.state(limits));
    let (ada, eve) = (scene.token("ada"), scene.token("eve"));
    for (bearer, name, most) in
        [(None, "address", 2), (Some(&ada), "account", 3), (Some(&eve), "account", 3), (Some(&scene.service), "key", 4)]
    {
        let bearer = bearer.map(String::as_str);
        for left in (0..most).rev() {
            let answer = ask(&app, bearer, NOTICES).await;
            assert_eq!(answer.status, 200, "{name}: {}", answer.text);
            let reset = (most - left) * 60 / most;
            assert_eq!(answer.header("ratelimit-policy"), Some(&*format!("\"{name}\";q={most};w=60")));
            assert_eq!(answer.header("ratelimit"), Some(&*format!("\"{name}\";r={left};t={reset}")));
        }
        let wait = 60 / most;
        let refused = ask(&app, bearer, NOTICES).await;
        assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, Some(&*wait.to_string())));
        assert_eq!(refused.header("ratelimit"), Some(&*format!("\"{name}\";r=0;t={wait}")));
        let problem = refused.json();
        assert_eq!(problem["code"], "53400", "{problem}");
        assert_eq!(problem["message"], format!("too many requests: {most} in 60s are allowed"));
        // Whoever watches over the server is never refused.
        assert_eq!(ask(&app, bearer, "/livez").await.status, 200);
        assert_eq!(ask(&app, bearer, "/readyz").await.status, 200);
    }
    scene.clock.advance(20_000_000);
    assert_eq!(ask(&app, Some(&ada), NOTICES).await.status, 200);
    assert_eq!(ask(&app, Some(&ada), NOTICES).await.status, 429);
}

#[both_engines]
async fn a_role_without_a_limit_has_that_of_the_roles_in_it(db: TestDb) {
    let scene = Scene::new(&db).await;
    let app = App::new(scene.state("limits: { anon: { requests: 1/1h } }"));
    let ada = scene.token("ada");
    assert_eq!(ask(&app, Some(&ada), NOTICES).await.status, 200);
    assert_eq!(ask(&app, Some(&ada), NOTICES).await.status, 429);
    assert_eq!(ask(&app, Some(&scene.token("eve")), NOTICES).await.status, 200, "everybody has their own");
    for _ in 0..5 {
        let answer = ask(&app, Some(&scene.service), NOTICES).await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit")), (200, None));
    }
}

/// Asks over a connection, as a proxy does.
async fn status_for(address: std::net::SocketAddr, client: &str, headers: &str) -> u16 {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {NOTICES} HTTP/1.0\r\nx-forwarded-for: {client}\r\n{headers}\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[both_engines]
async fn addresses_are_those_of_the_clients_of_proxies(db: TestDb) {
    let scene = Scene::new(&db).await;
    let state = scene.state("limits: { anon: { requests: 1/1h } }\naddress_limit: { requests: 3/1h }");
    let trusting = serve(App::new(state.clone().proxies(Proxies::new(["127.0.0.1".parse().unwrap()])))).await;
    assert_eq!(status_for(trusting, "192.0.2.1", "").await, 200);
    assert_eq!(status_for(trusting, "192.0.2.1", "").await, 429);
    assert_eq!(status_for(trusting, "192.0.2.2", "").await, 200);
    // Everybody in a network of IPv6 is one.
    assert_eq!(status_for(trusting, "2001:db8::1", "").await, 200);
    assert_eq!(status_for(trusting, "2001:db8::2", "").await, 429);
    assert_eq!(status_for(trusting, "2001:db8:0:1::2", "").await, 200);
    // Whoever tries out tokens is limited before they are looked at.
    for status in [401, 401, 401, 429, 429] {
        assert_eq!(status_for(trusting, "192.0.2.9", "authorization: Bearer nonsense\r\n").await, status);
    }
    // Without a trusted proxy, all of them are one.
    let other = Scene { engine: scene.engine.clone(), ..scene };
    let distrusting = serve(App::new(other.state("limits: { anon: { requests: 1/1h } }"))).await;
    assert_eq!(status_for(distrusting, "192.0.2.3", "").await, 200);
    assert_eq!(status_for(distrusting, "192.0.2.4", "").await, 429);
}

#[both_engines]
async fn streams_are_counted_until_they_end(db: TestDb) {
    let scene = Scene::new(&db).await;
    let rows = (0..500).map(|number| {
        let mut row = Record::new();
        row.set("title", format!("notice {number}"));
        row.set("message", "m".repeat(5_000));
        row.set("start_at", mwallet_db::schema::Timestamp::default());
        row
    });
    crud::create_many(&scene.engine, AppNotice::table(), rows).await.unwrap();
    let limits = Limits { write_timeout: Duration::from_secs(60), ..Limits::default() };
    let app = App::new(scene.state("limits: { member: { concurrent: 3, streams: 2 } }").limits(limits));
    let (ada, eve) = (scene.token("ada"), scene.token("eve"));
    let open = async |bearer: &str| {
        let request = Request::get(NOTICES).header("authorization", format!("Bearer {bearer}"));
        app.handle(request.body(Body::empty()).unwrap()).await
    };
    let (first, second) = (open(&ada).await, open(&ada).await);
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));
    let refused = ask(&app, Some(&ada), NOTICES).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.json()["message"], "too many streams at once: 2 are allowed");
    assert_eq!(ask(&app, Some(&ada), "/rest/v1/app_notices?limit=1").await.status, 200, "it is no stream");
    assert_eq!(open(&eve).await.status(), 200);
    // One that is read to its end, and one whose client goes away.
    assert!(first.into_body().collect().await.unwrap().to_bytes().len() > 2_000_000);
    drop(second);
    let (third, fourth) = (open(&ada).await, open(&ada).await);
    assert_eq!((third.status().as_u16(), fourth.status().as_u16()), (200, 200));

    let app = App::new(scene.state("limits: { member: { concurrent: 1 } }").limits(limits));
    let running = {
        let request = Request::get(NOTICES).header("authorization", format!("Bearer {ada}"));
        app.handle(request.body(Body::empty()).unwrap()).await
    };
    let refused = ask(&app, Some(&ada), "/rest/v1/app_notices?limit=1").await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, Some("1")));
    assert_eq!(refused.json()["message"], "too many requests at once: 1 are allowed");
    drop(running);
    for _ in 0..3 {
        assert_eq!(ask(&app, Some(&ada), "/rest/v1/app_notices?limit=1").await.status, 200);
    }
}
