//! How the program stops: once it ends what it is at, and says what that is; twice it ends at once.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mwallet_testkit::{Dialect, TestDb, both_engines, connect, run};
use serde_json::{Value, json};

use crate::support::{Server, call_on, program};

/// Sends a signal to a process.
fn signal(name: &str, id: u32) {
    assert!(Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status().unwrap().success());
}

/// The code with which a process ends, which it does soon.
fn code(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    panic!("it still runs");
}

/// A program that serves a table of thirty megabytes, where it is, and what it logs.
fn serve_much(db: &TestDb) -> (Child, String, BufReader<impl Read>) {
    let file = rusqlite::Connection::open(db.folder.path().join("test.db")).unwrap();
    file.execute_batch(
        "CREATE TABLE IF NOT EXISTS wide (id INTEGER PRIMARY KEY, memo TEXT);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
         INSERT OR IGNORE INTO wide SELECT i, hex(zeroblob(250)) FROM n",
    )
    .unwrap();
    let mut program = program(db.folder.path());
    program.args(["serve", "--open", "--reflect", "--json", "--listen", "127.0.0.1:0"]);
    program.args(["--database-url", &db.url.expose()]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    let log = BufReader::new(child.stderr.take().unwrap());
    (child, said["addresses"][0].as_str().unwrap().to_owned(), log)
}

/// The file of a copy that is being made.
fn partial(folder: &Path) -> Option<PathBuf> {
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|ending| ending == "partial"))
}

/// Asks for all rows and reads only the first.
fn ask(address: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).unwrap();
    write!(socket, "GET /rest/v1/wide HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    socket.read_exact(&mut [0; 512]).unwrap();
    socket
}

#[test]
fn a_server_says_what_it_waits_for_and_the_second_time_it_does_not_wait() {
    run(Dialect::Sqlite, async |db: TestDb| {
        for (first, second, expected) in [("INT", "INT", 130), ("TERM", "TERM", 143), ("TERM", "INT", 130)] {
            let (mut child, address, mut log) = serve_much(&db);
            let _clients = [ask(&address), ask(&address)];
            // One that has asked for nothing more is none that is waited for.
            let mut idle = TcpStream::connect(&address).unwrap();
            write!(idle, "GET /livez HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
            idle.read_exact(&mut [0; 15]).unwrap();

            signal(first, child.id());
            let mut line = String::new();
            log.read_line(&mut line).unwrap();
            assert!(
                line.contains("stopping: running requests have 10s to finish; Ctrl-C again stops at once"),
                "{line}"
            );
            assert!(line.trim_end().ends_with("requests=2"), "{line}");
            assert!(child.try_wait().unwrap().is_none(), "it did not wait");
            signal(second, child.id());
            assert_eq!(code(&mut child), Some(expected), "{first}, {second}");
        }
    });
}

#[test]
fn a_server_that_has_nothing_to_wait_for_says_nothing_and_ends() {
    run(Dialect::Sqlite, async |db: TestDb| {
        for name in ["INT", "TERM"] {
            let (mut child, _, mut log) = serve_much(&db);
            signal(name, child.id());
            assert_eq!(code(&mut child), Some(0));
            let mut said = String::new();
            log.read_to_string(&mut said).unwrap();
            assert_eq!(said, "");
        }
    });
}

#[test]
fn a_copy_that_waits_is_stopped_at_once_by_the_second_signal() {
    run(Dialect::Sqlite, async |db: TestDb| {
        // Whoever reads such a file waits for whoever has it to itself.
        let held = rusqlite::Connection::open(db.folder.path().join("test.db")).unwrap();
        held.execute_batch("PRAGMA journal_mode = DELETE; CREATE TABLE t (id INTEGER PRIMARY KEY); BEGIN EXCLUSIVE")
            .unwrap();
        for (name, expected) in [("INT", 130), ("TERM", 143)] {
            let mut command = program(db.folder.path());
            command.args(["backup", "copy.db", "--database-url", &db.url.expose()]);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            let start = Instant::now();
            while partial(db.folder.path()).is_none() && start.elapsed() < Duration::from_secs(5) {
                std::thread::sleep(Duration::from_millis(10));
            }
            signal(name, child.id());
            let mut line = String::new();
            BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
            assert!(line.starts_with("stopping and removing the partial copy; Ctrl-C again stops at once"), "{line}");
            signal(name, child.id());
            assert_eq!(code(&mut child), Some(expected));
            assert!(!db.folder.path().join("copy.db").exists());
            std::fs::remove_file(partial(db.folder.path()).unwrap()).unwrap();
        }
    });
}

#[both_engines]
async fn what_was_acknowledged_survives_the_second_signal(db: TestDb) {
    assert_eq!(call_on(&db, &["schema", "create"]).code, 0);
    let mut acknowledged = HashSet::new();
    for name in ["INT", "TERM"] {
        let server = Arc::new(Server::start(&db));
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let server = server.clone();
                std::thread::spawn(move || write(&server, &format!("{name}-{writer}")))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(300));
        signal(name, server.id());
        std::thread::sleep(Duration::from_millis(5));
        // It may have ended already, since no request takes long.
        let _ =
            Command::new("kill").args([&format!("-{name}"), &server.id().to_string()]).stderr(Stdio::null()).status();
        for writer in writers {
            acknowledged.extend(writer.join().unwrap());
        }
    }
    assert!(acknowledged.len() > 20, "only {} orders were written", acknowledged.len());
    let orders: Value = serde_json::from_str(&Server::start(&db).get("/rest/v1/orders")).unwrap();
    let stored: HashSet<&str> = orders.as_array().unwrap().iter().filter_map(|order| order["memo"].as_str()).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|memo| !stored.contains(memo.as_str())).collect();
    assert!(lost.is_empty(), "{} of {} orders are lost: {lost:?}", lost.len(), acknowledged.len());
}

#[test]
fn postgresql_does_not_work_on_for_a_server_that_has_ended() {
    run(Dialect::Postgres, async |db: TestDb| {
        let watcher = connect(&db.url).await;
        let view = "CREATE VIEW endless AS SELECT count(*) AS n FROM generate_series(1, 1000000) a, \
                    generate_series(1, 1000000) b";
        watcher.batch_execute(view).await.unwrap();
        let wait_until = async |running: i64| {
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' \
                       AND query LIKE '%endless%' AND pid <> pg_backend_pid()";
            let start = Instant::now();
            while watcher.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) != running {
                assert!(start.elapsed() < Duration::from_secs(5), "it is not so that {running} run");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        for signals in [&["KILL"][..], &["TERM", "TERM"]] {
            let server = Server::reflecting(&db, &[]);
            let address = server.addresses[0].clone();
            let mut socket = TcpStream::connect(&address).unwrap();
            write!(socket, "GET /rest/v1/endless HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
            wait_until(1).await;
            for name in signals {
                signal(name, server.id());
                std::thread::sleep(Duration::from_millis(100));
            }
            wait_until(0).await;
        }
    });
}

/// Creates orders until the server is gone; the memos of those that it acknowledged.
fn write(server: &Server, name: &str) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let memo = format!("{name}-{number}");
        let order = json!({"usid": "ada", "start": "2030-01-01T00:00:00Z", "memo": memo}).to_string();
        match server.try_post("/rest/v1/orders", &order) {
            Ok(answer) if answer.starts_with("HTTP/1.0 201") => acknowledged.push(memo),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    acknowledged
}
