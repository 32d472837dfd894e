//! A server that may open few files answers those whom it lets in, and keeps the others waiting.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use mwallet_testkit::{TestDb, both_engines};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::support::{Server, program};

/// Starts a server behind a command of the shell that limits its files.
fn start(db: &TestDb, limit: &str) -> Server {
    let program = program(db.folder.path());
    let mut limited = std::process::Command::new("bash");
    limited.current_dir(db.folder.path()).args(["-c", &format!("{limit}; exec \"$@\""), "bash"]);
    for (name, _) in program.get_envs() {
        limited.env_remove(name);
    }
    limited.arg(program.get_program());
    Server::start_with(limited, db)
}

/// Opens so many connections, which ask one thing each and stay until half of the time is over or they are told to go;
/// gives how many were answered while all were there.
async fn ask_at_once(server: &Server, count: usize) -> usize {
    const ROW: &str = r#"{"usid": "ada", "start": 0}"#;
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let (answered, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut clients = JoinSet::new();
    for number in 0..count {
        let (address, answered, go) = (address.clone(), answered.clone(), go.clone());
        clients.spawn(async move {
            let head = match number % 3 {
                0 => "GET /rest/v1/orders?limit=1 HTTP/1.1".to_owned(),
                1 => "GET /rest/v1/orders?id=eq.1 HTTP/1.1".to_owned(),
                _ => format!(
                    "POST /rest/v1/orders HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}",
                    ROW.len()
                ),
            };
            let body = if number % 3 == 2 { ROW } else { "" };
            let told = go.notified();
            tokio::pin!(told);
            told.as_mut().enable();
            let mut socket = TcpStream::connect(&address).await.unwrap();
            socket.write_all(format!("{head}\r\nHost: {address}\r\n\r\n{body}").as_bytes()).await.unwrap();
            let mut answer = [0; 1_024];
            let read = socket.read(&mut answer).await.unwrap();
            let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
            assert!(answer.starts_with("HTTP/1.1 20"), "{number}: {answer}");
            answered.fetch_add(1, Relaxed);
            told.await;
        });
    }
    // Until nobody else is answered.
    let mut before = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = answered.load(Relaxed);
        if now == count || (now == before && now > 0) {
            break;
        }
        before = now;
    }
    let at_once = answered.load(Relaxed);
    go.notify_waiters();
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    at_once
}

#[both_engines]
async fn few_files_keep_clients_waiting_and_answer_them_all(db: TestDb) {
    let server = start(&db, "ulimit -n 160");
    let at_once = ask_at_once(&server, 300).await;
    assert!((1..160).contains(&at_once), "{at_once}");
    let (_, log) = server.stop_and_read_log();
    assert!(log.contains("connections at once, not 10000") && log.contains("may open 160 files"), "{log}");
    assert_eq!(log.lines().count(), 1, "{log}");
}

#[both_engines]
async fn a_soft_limit_is_raised(db: TestDb) {
    let server = start(&db, "ulimit -Sn 64");
    assert_eq!(ask_at_once(&server, 300).await, 300);
    let (_, log) = server.stop_and_read_log();
    assert!(!log.contains("accepted"), "{log}");
}
