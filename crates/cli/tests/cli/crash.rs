//! What was acknowledged survives `kill -9`.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mwallet_testkit::{TestDb, both_engines};
use serde_json::{Value, json};

use crate::support::Server;

/// How often the server is killed.
const KILLS: u32 = 3;
/// Clients that write at the same time.
const WRITERS: usize = 4;

#[both_engines]
async fn what_was_acknowledged_survives_a_kill(db: TestDb) {
    let mut acknowledged = HashSet::new();
    for kill in 0..KILLS {
        let server = Arc::new(Server::start(&db));
        let stopped = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (server, stopped) = (server.clone(), stopped.clone());
                std::thread::spawn(move || write(&server, &stopped, &format!("{kill}-{writer}")))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(250));
        server.kill();
        stopped.store(true, Ordering::SeqCst);
        for writer in writers {
            acknowledged.extend(writer.join().unwrap());
        }
    }
    assert!(acknowledged.len() > 20, "only {} orders were written", acknowledged.len());
    let orders: Value = serde_json::from_str(&Server::start(&db).get("/rest/v1/orders")).unwrap();
    let orders = orders.as_array().unwrap();
    let stored: HashSet<&str> = orders.iter().map(|order| order["memo"].as_str().unwrap()).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|memo| !stored.contains(memo.as_str())).collect();
    assert!(lost.is_empty(), "{} of {} orders are lost: {lost:?}", lost.len(), acknowledged.len());
}

/// Creates orders until the server is gone; the memos of those that it acknowledged.
fn write(server: &Server, stopped: &AtomicBool, name: &str) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        if stopped.load(Ordering::SeqCst) {
            break;
        }
        let memo = format!("{name}-{number}");
        let order = json!({"usid": "ada", "start": "2030-01-01T00:00:00Z", "memo": memo}).to_string();
        if server.try_post("/rest/v1/orders", &order).is_ok_and(|answer| answer.starts_with("HTTP/1.0 201")) {
            acknowledged.push(memo);
        }
    }
    acknowledged
}
