//! What clients that are slow or ask for much may cost a server over SQLite, which has no second process to bound it:
//! memory, files, the log of the database. Linux tells of a process what it holds.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mwallet_db::{DatabaseUrl, Dialect, SqliteUrl};
use mwallet_testkit::{TestDb, run};

use crate::support::{Server, program};

/// Rows of half a kilobyte, thirty megabytes in all.
const ROWS: u32 = 60_000;

fn path(db: &TestDb) -> PathBuf {
    match &db.url {
        DatabaseUrl::Sqlite(SqliteUrl::File(path)) => path.clone(),
        other => panic!("{other} is no file"),
    }
}

/// A server over a table of many rows.
fn serve(db: &TestDb, more: &[&str]) -> Server {
    let file = rusqlite::Connection::open(path(db)).unwrap();
    file.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS wide (id INTEGER PRIMARY KEY, memo TEXT);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
         INSERT OR IGNORE INTO wide SELECT i, hex(randomblob(250)) FROM n"
    ))
    .unwrap();
    let mut program = program(db.folder.path());
    program.args(["serve", "--open", "--reflect", "--database-url", &db.url.expose()]).args(more);
    Server::listening(program)
}

/// Asks for something and reads the first bytes of the answer.
fn begin(server: &Server, path: &str) -> TcpStream {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(address).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    socket.read_exact(&mut [0; 512]).unwrap();
    socket
}

/// The memory that a process holds now, in bytes.
fn memory(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

/// The files in a folder that a process has open and that have no name any more.
fn nameless(server: &Server, folder: &Path) -> usize {
    let files = fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap();
    let files = files.filter_map(|file| fs::read_link(file.unwrap().path()).ok());
    files.filter(|file| file.starts_with(folder) && file.to_string_lossy().ends_with(" (deleted)")).count()
}

#[test]
fn sorts_go_beside_the_database_or_where_it_is_said_and_not_into_memory() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let elsewhere = tempfile::tempdir().unwrap();
        let told = elsewhere.path().to_string_lossy().into_owned();
        for (more, folder) in [(vec![], db.folder.path()), (vec!["--temp-dir", &told], elsewhere.path())] {
            let server = serve(&db, &more);
            // What each request costs once is there.
            server.get("/rest/v1/wide?order=memo.desc&limit=1");
            let before = memory(&server);
            let mut most = 0;
            let clients: Vec<TcpStream> = (0..10)
                .map(|_| {
                    let client = begin(&server, "/rest/v1/wide?order=memo.desc,id");
                    most = most.max(memory(&server));
                    client
                })
                .collect();
            most = most.max(memory(&server));
            assert!(nameless(&server, folder) >= 10, "{} files are in {}", nameless(&server, folder), folder.display());
            assert!(most - before < 128 * 1024 * 1024, "{} MB more", (most - before) >> 20);
            drop(clients);
            let begun = Instant::now();
            while nameless(&server, folder) > 0 {
                assert!(
                    begun.elapsed() < Duration::from_secs(5),
                    "files of sorts whose clients are gone are still open"
                );
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    });
}

#[test]
fn an_answer_that_is_taken_too_slowly_breaks_off_before_its_last_chunk() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let folder = db.folder.path();
        fs::write(folder.join("mwallet.toml"), "[database]\nread_timeout_ms = 500\n").unwrap();
        let server = serve(&db, &[]);
        let mut client = begin(&server, "/rest/v1/wide");
        std::thread::sleep(Duration::from_millis(1_500));
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer);
        assert!(!answer.ends_with(b"0\r\n\r\n"), "the client takes it for the whole");
        assert!(answer.len() < 20_000_000, "{} bytes came", answer.len());
        // Others are served as ever.
        assert!(server.get("/rest/v1/wide?limit=1").contains("\"id\":1"));
        let (_, log) = server.stop_and_read_log();
        assert!(log.contains("the read was ended: it lasted longer than a reading transaction may"), "{log}");
    });
}
