//! Known injections in every place of a request: none reaches the SQL text, and none changes anything but a value.

mod places;
mod strings;

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use mwallet_api::{App, AppState, ExposedTables, Limits};
use mwallet_db::{DatabaseUrl, Dialect, Engine, EngineOptions, SqliteUrl};
use mwallet_reflect::ReflectOptions;
use mwallet_testkit::{TestDb, both_engines, connect};
use serde_json::json;

#[path = "../../../../fuzz/src/sql_text.rs"]
#[expect(unreachable_pub, reason = "it belongs to a crate of its own for the fuzz targets")]
mod sql_text;

use crate::support::{Answer, behind, exchange, get};
use places::{PLACES, Place, STORED, Text};
use sql_text::Allowed;
use strings::STRINGS;

const TABLES: &str = "
    CREATE TABLE people (id integer PRIMARY KEY, name text, boss_id integer REFERENCES people (id));
    CREATE TABLE notes (
        id integer PRIMARY KEY, text text UNIQUE, amount numeric(9,2), day date, \"a\"\"b'\" text, data jsonb,
        author_id integer REFERENCES people (id)
    );
    CREATE TABLE likes (person_id integer REFERENCES people (id), note_id integer REFERENCES notes (id),
        PRIMARY KEY (person_id, note_id));
    INSERT INTO people VALUES (1, 'Ada', NULL), (2, 'it''s \"Ben\"', 1);
    INSERT INTO notes VALUES (1, 'first', 1.5, '2024-01-02', 'x', '{\"a\": [1]}', 1),
        (2, 'second', NULL, NULL, NULL, NULL, NULL);
    INSERT INTO likes VALUES (1, 1);";

/// The largest refusal of a text that may be much longer.
const MAX_REFUSAL: usize = 8_000;

/// A server over a database, and one over the same tables whose engine only records statements.
struct Servers {
    app: App,
    recording: App,
    recorder: Engine,
    allowed: Allowed,
    dialect: Dialect,
}

impl Servers {
    async fn new(db: &TestDb) -> Self {
        behind(db, TABLES).await;
        let engine = db.engine_with(EngineOptions { existing: true, ..EngineOptions::default() });
        let tables = mwallet_reflect::reflect(&engine, &ReflectOptions::default()).await.unwrap().tables;
        let limits = Limits { allow_aggregates: true, ..Limits::default() };
        let app = |engine| App::new(AppState::new(engine, ExposedTables::new(&tables).unwrap()).limits(limits));
        let dialect = db.dialect();
        let recorder = Engine::mock(dialect);
        let allowed = Allowed::of(&tables);
        Self { app: app(engine), recording: app(recorder.clone()), recorder, allowed, dialect }
    }

    /// Checks that all statements so far consist of what the data layer writes itself, and contain no text of a client.
    fn check_statements(&self, least: usize) {
        let statements: BTreeSet<String> = self.recorder.statements().into_iter().collect();
        assert!(statements.len() >= least, "{statements:#?}");
        // A shorter one may be a part of any statement.
        let texts = STRINGS.iter().filter(|text| text.len() >= 8).filter_map(|text| std::str::from_utf8(text).ok());
        let texts: Vec<&str> = texts.collect();
        for sql in &statements {
            // Each placeholder has one of these characters, and no name of these tables has.
            self.allowed.check(sql, self.dialect, sql.matches(['$', '?']).count());
            let found = texts.iter().find(|text| sql.contains(**text));
            assert_eq!(found, None, "{sql}");
        }
    }

    /// Sends a text in a place. Returns the answer, or `None` if no client can send it.
    async fn send(&self, (name, place): &Place, text: &[u8]) -> Option<Answer> {
        let sent = place(Text(text));
        let answer = exchange(&self.app, sent.request()?).await;
        let shown = String::from_utf8_lossy(text);
        check_answer(&answer, &format!("{shown:.80?} as {name}"));

        exchange(&self.recording, sent.request()?).await;
        Some(answer)
    }
}

/// Checks that an answer is a success or a clear refusal.
fn check_answer(answer: &Answer, what: &str) {
    let Answer { status, text, .. } = answer;
    if status.is_success() {
        return;
    }
    assert!(status.is_client_error() || *status == StatusCode::MULTIPLE_CHOICES, "{what}: {status} {text}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}: {status} {text}");
    assert!(text.len() <= MAX_REFUSAL, "{what}: {} bytes", text.len());
    let problem = answer.json();
    assert_eq!(problem["status"], json!(status.as_u16()), "{what}: {text}");
    for member in ["code", "message"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{what}: {text}");
    }
}

/// Texts that are longer than what a database calls by name, and than most pages.
fn long_strings() -> [Vec<u8>; 3] {
    let quotes = "'\"".repeat(2_000);
    ["x".repeat(64) + "' OR 1=1 --", "x".repeat(9_000) + "'; DROP TABLE notes; --", quotes].map(String::into_bytes)
}

/// Reads a whole database past the data layer: its schema and all rows.
enum Witness {
    Postgres(tokio_postgres::Client),
    Sqlite(rusqlite::Connection),
}

const POSTGRES_CONTENTS: &str = "
    SELECT concat_ws(E'\\n',
        (SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM people t),
        (SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM notes t),
        (SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM likes t),
        (SELECT concat_ws(' ', count(*), sum(oid::bigint), sum(relnatts)) FROM pg_class),
        (SELECT concat_ws(' ', count(*), sum(oid::bigint)) FROM pg_constraint),
        (SELECT concat_ws(' ', count(*), sum(oid::bigint)) FROM pg_namespace), (SELECT max(oid) FROM pg_proc),
        (SELECT count(*) FROM pg_trigger))";

const SQLITE_CONTENTS: &str = "
    SELECT concat_ws(char(10),
        (SELECT group_concat(concat_ws(' ', quote(id), quote(name), quote(boss_id)), char(10) ORDER BY id) FROM people),
        (SELECT group_concat(concat_ws(' ', quote(id), quote(text), quote(amount), quote(day), quote(\"a\"\"b'\"),
            quote(author_id)), char(10) ORDER BY id) FROM notes),
        (SELECT group_concat(concat_ws(' ', person_id, note_id), char(10) ORDER BY person_id, note_id) FROM likes),
        (SELECT group_concat(concat_ws(' ', type, name, sql), char(10) ORDER BY type, name) FROM sqlite_schema))";

impl Witness {
    async fn new(db: &TestDb) -> Self {
        match &db.url {
            DatabaseUrl::Postgres(_) => Self::Postgres(connect(&db.url).await),
            DatabaseUrl::Sqlite(SqliteUrl::File(path)) => Self::Sqlite(rusqlite::Connection::open(path).unwrap()),
            DatabaseUrl::Sqlite(SqliteUrl::Memory) => unreachable!("a test's database is a file"),
        }
    }

    async fn text(&self, postgres: &str, sqlite: &str) -> Option<String> {
        match self {
            Self::Postgres(client) => client.query_opt(postgres, &[]).await.unwrap().map(|row| row.get(0)),
            Self::Sqlite(file) => file.query_row(sqlite, [], |row| row.get(0)).ok(),
        }
    }

    /// Everything in the database.
    async fn contents(&self) -> String {
        self.text(POSTGRES_CONTENTS, SQLITE_CONTENTS).await.unwrap()
    }

    /// The text of the note 77, if there is one. It is deleted.
    async fn taken_note(&self) -> Option<String> {
        let sql = "SELECT text FROM notes WHERE id = 77";
        let text = self.text(sql, sql).await;
        let sql = "DELETE FROM notes WHERE id > 70";
        match self {
            Self::Postgres(client) => client.batch_execute(sql).await.unwrap(),
            Self::Sqlite(file) => file.execute_batch(sql).unwrap(),
        }
        text
    }
}

#[both_engines]
async fn a_text_in_any_place_of_a_request_changes_nothing(db: TestDb) {
    let servers = Servers::new(&db).await;
    let witness = Witness::new(&db).await;
    let before = witness.contents().await;
    let long = long_strings();
    assert!(STRINGS.len() >= 60 && before.contains("Ben"), "{before}");
    for place in PLACES {
        let mut sent = 0;
        for text in STRINGS.iter().copied().chain(long.iter().map(Vec::as_slice)) {
            let Some(answer) = servers.send(place, text).await else { continue };
            sent += 1;
            let after = witness.contents().await;
            let shown = String::from_utf8_lossy(text);
            assert!(after == before, "{shown:.80?} as {}: {} changed\n{before}\nto\n{after}", place.0, answer.status);
        }
        assert!(sent >= 60, "only {sent} of the texts can be sent as {}", place.0);
    }
    servers.check_statements(20);
    // The server still answers.
    assert_eq!(get(&servers.app, "/rest/v1/notes?select=id&order=id").await.json(), json!([{"id": 1}, {"id": 2}]));
}

#[both_engines]
async fn a_text_is_stored_as_it_is_sent(db: TestDb) {
    let servers = Servers::new(&db).await;
    let witness = Witness::new(&db).await;
    let before = witness.contents().await;
    let long = long_strings();
    for place in STORED {
        let mut stored = 0;
        for text in STRINGS.iter().copied().chain(long[..1].iter().map(Vec::as_slice)) {
            let Some(answer) = servers.send(place, text).await else { continue };
            let what = format!("{:.80?} as {}: {}", String::from_utf8_lossy(text), place.0, answer.text);
            // Neither engine stores NUL in a text, and JSON is UTF-8.
            let is_text = std::str::from_utf8(text).is_ok_and(|text| !text.contains('\0'));
            assert_eq!(answer.status.is_success(), is_text, "{what}");
            // It is found by itself, so it means the same in a filter.
            let filter = format!("/rest/v1/notes?select=text&text=eq.{}", Text(text).url());
            let found = exchange(&servers.app, Request::get(filter).body(Body::empty()).unwrap());
            let found = found.await;
            let note = witness.taken_note().await;
            assert_eq!(note.as_ref().map(String::as_bytes), is_text.then_some(text), "{what}");
            if let Some(note) = note {
                assert_eq!(found.json(), json!([{"text": note}]), "{what}");
                stored += 1;
            }
            assert!(witness.contents().await == before, "{what}");
        }
        assert!(stored >= 60, "only {stored} texts are stored as {}", place.0);
    }
    servers.check_statements(2);
}
