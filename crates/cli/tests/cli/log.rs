//! What a server logs: requests without secrets, errors once, and each in one line.

use mwallet_testkit::{Dialect, TestDb, both_engines, connect};
use serde_json::Value;

use crate::support::{Server, call_on, program};

/// Statements behind the server's back.
async fn execute(db: &TestDb, sql: &str) {
    match db.dialect() {
        Dialect::Sqlite => {
            rusqlite::Connection::open(db.folder.path().join("test.db")).unwrap().execute_batch(sql).unwrap()
        }
        Dialect::Postgres => connect(&db.url).await.batch_execute(sql).await.unwrap(),
    }
}

fn start(db: &TestDb, arguments: &[&str]) -> Server {
    let mut program = program(db.folder.path());
    // Options of every command may stand before it.
    let (before, after): (Vec<&str>, Vec<&str>) = arguments.iter().partition(|argument| **argument != "--access-log");
    program.args(before);
    program.env("MWALLET_ACCESS_LOG", if after.is_empty() { "false" } else { "true" });
    Server::start_with(program, db)
}

fn objects(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[both_engines]
async fn repeated_errors_are_counted(db: TestDb) {
    for (format, arguments) in [("text", &[][..]), ("json", &["--log-format", "json"])] {
        let server = start(&db, arguments);
        assert_eq!(call_on(&db, &["schema", "drop", "--yes"]).code, 0);
        for _ in 0..1_001 {
            server.get_as("/rest/v1/orders?limit=1", 500);
        }
        let (_, log) = server.stop_and_read_log();
        assert_eq!(log.lines().count(), 2, "{log}");
        if format == "json" {
            let [first, more] = &objects(&log)[..] else { panic!("{log}") };
            assert_eq!((&first["level"], &first["message"]), (&"ERROR".into(), &"the database failed".into()), "{log}");
            assert_eq!(first["request"].as_str().unwrap().len(), 32, "{log}");
            assert_eq!((&more["repeated"], &more["source"]), (&1_000.into(), &first["source"]), "{log}");
        } else {
            assert!(log.contains("… and 1,000 more of the same in the last "), "{log}");
        }
        call_on(&db, &["schema", "create"]);
    }
}

#[both_engines]
async fn what_is_answered_after_all_is_no_error(db: TestDb) {
    execute(&db, "CREATE TABLE t (id integer PRIMARY KEY, gone text, kept text); INSERT INTO t VALUES (1, 'a', 'b')")
        .await;
    let server = Server::reflecting(&db, &[]);
    assert_eq!(server.get("/rest/v1/t/1"), r#"{"id":1,"gone":"a","kept":"b"}"#);
    execute(&db, "ALTER TABLE t DROP COLUMN gone").await;
    assert_eq!(server.get("/rest/v1/t/1"), r#"{"id":1,"kept":"b"}"#);
    assert_eq!(server.get("/rest/v1/t"), r#"[{"id":1,"kept":"b"}]"#);
    let (_, log) = server.stop_and_read_log();
    assert!(!log.contains("ERROR") && !log.contains("42703"), "{log}");
}

#[both_engines]
async fn a_message_of_the_database_stays_in_its_line(db: TestDb) {
    const FORGED: &str = "x\n2026-01-01T00:00:00Z ERROR forged\u{1b}[2J";
    for (format, arguments) in [("text", &[][..]), ("json", &["--log-format", "json"])] {
        let server = start(&db, arguments);
        execute(
            &db,
            &match db.dialect() {
                // The table is not there, which is found out when the trigger runs.
                Dialect::Sqlite => format!(
                    "CREATE TRIGGER IF NOT EXISTS forge AFTER INSERT ON orders BEGIN INSERT INTO \"{FORGED}\" VALUES \
                 (1); END"
                ),
                Dialect::Postgres => format!(
                    "CREATE OR REPLACE FUNCTION forge() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                     RAISE EXCEPTION '{FORGED}' USING ERRCODE = 'XX001'; END $$;
                 CREATE OR REPLACE TRIGGER forge AFTER INSERT ON orders EXECUTE FUNCTION forge()"
                ),
            },
        )
        .await;
        server.post("/rest/v1/orders", r#"{"usid": "ada", "start": 0}"#, 500);
        let (_, log) = server.stop_and_read_log();
        assert_eq!(log.lines().count(), 1, "{log}");
        if format == "json" {
            assert!(objects(&log)[0]["source"].as_str().unwrap().contains(FORGED), "{log}");
        } else {
            assert!(log.contains("x\\n2026-01-01T00:00:00Z ERROR forged\\u{1b}[2J"), "{log}");
        }
    }
}

#[both_engines]
async fn requests_are_logged_without_values(db: TestDb) {
    let ask = |server: &Server| {
        for slug in ["secret-a", "secret-b"] {
            let body = format!(r#"{{"usid": "secret", "slug": "{slug}", "start": 0, "memo": "secret"}}"#);
            server.post("/rest/v1/orders", &body, 201);
        }
        server.get("/rest/v1/orders?memo=eq.secret&order=id&limit=10");
        server.get_as("/rest/v1/orders?secret=eq.1&limit=1", 400);
        server.get_as("/rest/v1/secret/secret?token=secret", 404);
        server.get("/rest/v1/orders/secret-a?select=memo");
        server.get("/livez");
        server.ask("GET /secret HTTP/1.0\r\nAuthorization: Bearer secret\r\nCookie: secret", "").unwrap();
        server.ask("SECRET /rest/v1/orders HTTP/1.0", "").unwrap();
    };
    let server = start(&db, &["--access-log", "--log-format", "json"]);
    ask(&server);
    let (_, log) = server.stop_and_read_log();
    assert!(!log.to_lowercase().contains("secret"), "{log}");
    let lines = objects(&log);
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            assert_eq!((&line["level"], &line["target"]), (&"INFO".into(), &"mwallet::access".into()));
            assert_eq!(line["request"].as_str().unwrap().len(), 32);
            let time = line["time_ms"].as_f64().unwrap();
            assert!(time > 0.0 && time < 60_000.0, "{line}");
            let text = |name: &str| line[name].as_str().unwrap();
            (text("method"), text("path"), line["status"].as_u64().unwrap(), line["rows"].as_u64())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("POST", "/rest/v1/orders", 201, Some(1)),
            ("POST", "/rest/v1/orders", 201, Some(1)),
            ("GET", "/rest/v1/orders?memo&order&limit", 200, Some(2)),
            ("GET", "/rest/v1/orders?{unknown}&limit", 400, None),
            ("GET", "/rest/v1/{unknown}/{identifier}?{unknown}", 404, None),
            ("GET", "/rest/v1/orders/{identifier}?select", 200, Some(1)),
            ("GET", "/livez", 200, None),
            ("GET", "/{unknown}", 404, None),
            ("{unknown}", "/rest/v1/orders", 405, None),
        ]
    );
}

#[both_engines]
async fn requests_are_logged_as_text_if_that_is_wanted(db: TestDb) {
    let server = start(&db, &["--access-log"]);
    server.get("/rest/v1/orders?memo=eq.x");
    let (_, log) = server.stop_and_read_log();
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(
        log.contains("  INFO mwallet::access: answered method=GET path=/rest/v1/orders?memo status=200 time_ms="),
        "{log}"
    );
    assert!(log.contains(" rows=0 from=127.0.0.1 request="), "{log}");

    let silent = start(&db, &[]);
    silent.get("/rest/v1/orders");
    assert_eq!(silent.stop_and_read_log().1, "");
}

#[both_engines]
async fn rows_of_a_stream_are_counted_to_its_end(db: TestDb) {
    assert_eq!(call_on(&db, &["seed", "--users", "10", "--orders", "20000", "--quiet"]).code, 0);
    let server = start(&db, &["--access-log", "--log-format", "json"]);
    server.get("/rest/v1/orders");
    // One that leaves in the middle.
    let address = server.url.strip_prefix("http://").unwrap();
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    std::io::Write::write_all(&mut socket, b"GET /rest/v1/orders HTTP/1.0\r\n\r\n").unwrap();
    std::io::Read::read_exact(&mut socket, &mut [0; 100]).unwrap();
    drop(socket);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let (_, log) = server.stop_and_read_log();
    let [whole, broken] = &objects(&log)[..] else { panic!("{log}") };
    assert_eq!((&whole["rows"], whole.get("is_whole")), (&20_000.into(), None), "{log}");
    assert_eq!((&broken["status"], &broken["is_whole"]), (&200.into(), &false.into()), "{log}");
    assert!(broken["rows"].as_u64().unwrap() < 20_000, "{log}");
}

#[test]
fn formats_of_the_log_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = crate::support::call(folder.path(), &["schema", "show", "--log-format", "xml"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("text, json"), "{}", wrong.err);
    let help = crate::support::call(folder.path(), &["serve", "--help"]).out;
    for part in ["--log-format", "MWALLET_LOG_FORMAT", "RUST_LOG", "--access-log", "MWALLET_ACCESS_LOG"] {
        assert!(help.contains(part), "{part}");
    }
}
