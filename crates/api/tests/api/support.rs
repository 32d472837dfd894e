//! A server over a test's database, asked without a socket or through one.

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use mwallet_api::{App, AppState, ExposedTables, Handler, Limits};
use mwallet_db::{DatabaseUrl, EngineOptions, SqliteUrl};
use mwallet_reflect::ReflectOptions;
use mwallet_testkit::TestDb;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::contract::{Asked, Contract};

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Status, code, message and details of a problem.
    pub(crate) fn told(&self) -> (u16, String, String, Option<String>) {
        let problem = self.json();
        let text = |name: &str| problem[name].as_str().map(str::to_owned);
        (self.status.as_u16(), text("code").unwrap(), text("message").unwrap(), text("details"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// The state of a server with the entities of mWallet, set up.
pub(crate) async fn state(db: &TestDb) -> AppState {
    let tables = mwallet_models::tables();
    db.engine.create_all(&tables).await.unwrap();
    AppState::new(db.engine.clone(), ExposedTables::new(tables).unwrap())
}

/// The routes of a server with the tables that a database of others has.
pub(crate) async fn reflected(db: &TestDb) -> App {
    reflected_within(db, Limits::default()).await
}

/// The same with other limits.
pub(crate) async fn reflected_within(db: &TestDb, limits: Limits) -> App {
    let engine = db.engine_with(EngineOptions { existing: true, ..EngineOptions::default() });
    let tables = mwallet_reflect::reflect(&engine, &ReflectOptions::default()).await.unwrap().tables;
    App::new(AppState::new(engine, ExposedTables::new(&tables).unwrap()).limits(limits))
}

/// Changes a database as another program would.
pub(crate) async fn behind(db: &TestDb, sql: &str) {
    match &db.url {
        DatabaseUrl::Postgres(_) => mwallet_testkit::connect(&db.url).await.batch_execute(sql).await.unwrap(),
        DatabaseUrl::Sqlite(SqliteUrl::File(path)) => {
            rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
        }
        DatabaseUrl::Sqlite(SqliteUrl::Memory) => unreachable!("a test's database is a file"),
    }
}

/// The routes of a server with the entities of mWallet.
pub(crate) async fn app(db: &TestDb) -> App {
    App::new(state(db).await)
}

/// What a URL cannot contain.
const UNREADABLE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The path of a query that is written as people read it.
pub(crate) fn readable(query: &str) -> String {
    format!("/rest/v1/{}", utf8_percent_encode(query, UNREADABLE))
}

/// Sends a request, and holds the answer against what the server's own document says of it.
pub(crate) async fn send(app: &App, request: Request<Body>) -> Answer {
    let (parts, body) = request.into_parts();
    let asked = Asked::of(&parts);
    let answer = exchange(app, Request::from_parts(parts, body)).await;
    let document = exchange(app, Request::get("/rest/v1/").body(Body::empty()).unwrap()).await;
    Contract::of(&document.text).hold(&asked, &answer);
    answer
}

pub(crate) async fn exchange(app: &App, request: Request<Body>) -> Answer {
    let response = Box::pin(app.handle(request)).await;
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, text }
}

pub(crate) async fn get(app: &App, path: &str) -> Answer {
    send(app, Request::get(path).body(Body::empty()).unwrap()).await
}

pub(crate) async fn post(app: &App, path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(path).header("content-type", "application/json; charset=utf-8");
    send(app, request.body(body.into()).unwrap()).await
}

/// Posts rows and asks for them back.
pub(crate) async fn post_returning(app: &App, path: &str, body: impl Into<Body>) -> Answer {
    write(app, "POST", path, "return=representation", body).await
}

/// Sends a body of JSON with preferences.
pub(crate) async fn write(app: &App, method: &str, path: &str, prefer: &str, body: impl Into<Body>) -> Answer {
    let request = Request::builder().method(method).uri(path).header("prefer", prefer);
    send(app, request.header("content-type", "application/json").body(body.into()).unwrap()).await
}

/// Serves on a free port until the test ends, and says where.
pub(crate) async fn serve(app: impl Handler) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(mwallet_api::serve([listener], app, std::future::pending(), mwallet_api::ServeOptions::default()));
    address
}

/// Opens a connection and sends a request that closes it.
pub(crate) async fn connect(address: std::net::SocketAddr, path: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

/// All that a server sends to the request, as it stands on the wire.
pub(crate) async fn fetch(address: std::net::SocketAddr, path: &str) -> String {
    let mut socket = connect(address, path).await;
    let mut text = String::new();
    socket.read_to_string(&mut text).await.unwrap();
    text
}
