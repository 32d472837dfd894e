//! What a server does when there is no room left on the disk of its database, and when there is again.

use std::path::{Path, PathBuf};
use std::process::Command;

use mwallet_testkit::{Dialect, TestDb, both_engines, connect};
use serde_json::{Value, json};

use crate::support::{Server, program};

/// A server, and what takes its database's room.
enum Full {
    /// A file of SQLite on a disk of 4 MB, which the server alone sees, where this file beside it can be removed.
    Disk { ballast: PathBuf },
    /// PostgreSQL, whose disk the test must not fill: the table says what a full disk would.
    Trigger,
}

async fn start(db: &TestDb) -> (Server, Full) {
    let folder = db.folder.path();
    match db.dialect() {
        Dialect::Sqlite => {
            let mut small = Command::new("unshare");
            let script =
                "mount -t tmpfs -o size=4m none . && cd \"$PWD\" && head -c 1000000 /dev/zero > ballast && exec \"$@\"";
            small.args(["--mount", "--map-root-user", "sh", "-c", script, "sh"]).current_dir(folder);
            let program = program(folder);
            for (name, _) in program.get_envs() {
                small.env_remove(name);
            }
            small.arg(program.get_program()).args(["serve", "--open", "--database-url", "sqlite:small.db"]);
            let server = Server::listening(small);
            // The way into a disk that only the server sees.
            let root = Path::new("/proc").join(server.id().to_string()).join("root");
            let ballast = root.join(folder.strip_prefix("/").unwrap()).join("ballast");
            assert!(ballast.exists(), "{} is not on a disk of its own: may this user mount?", ballast.display());
            (server, Full::Disk { ballast })
        }
        Dialect::Postgres => {
            let server = Server::start(db);
            let statements = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
                CREATE TRIGGER full_disk AFTER INSERT ON orders EXECUTE FUNCTION full_disk()";
            connect(&db.url).await.batch_execute(statements).await.unwrap();
            (server, Full::Trigger)
        }
    }
}

#[both_engines]
async fn a_full_disk_is_told_until_there_is_room(db: TestDb) {
    let (server, full) = start(&db).await;
    assert_eq!(server.get("/readyz"), r#"{"status":"ready"}"#);
    let rows: Vec<Value> = (0..500).map(|n| json!({"usid": "ada", "start": n, "memo": "m".repeat(128)})).collect();
    let rows = json!(rows).to_string();
    let mut answer = String::new();
    for _ in 0..100 {
        let head = "POST /rest/v1/orders HTTP/1.0\r\nContent-Type: application/json";
        answer = server.ask(&format!("{head}\r\nContent-Length: {}", rows.len()), &rows).unwrap();
        if !answer.starts_with("HTTP/1.0 201 ") {
            break;
        }
    }
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let problem: Value = serde_json::from_str(body).unwrap();
    assert!(head.starts_with("HTTP/1.0 503 ") && head.contains("\r\nretry-after: 30"), "{answer}");
    assert_eq!(problem["code"], "53100", "{problem}");
    assert!(problem["hint"].as_str().unwrap().contains("free space"), "{problem}");
    let unready: Value = serde_json::from_str(&server.get_as("/readyz", 503)).unwrap();
    assert_eq!(unready["code"], "53100", "{unready}");
    server.get("/rest/v1/orders?limit=1");
    server.get("/livez");

    match full {
        Full::Disk { ballast } => std::fs::remove_file(ballast).unwrap(),
        Full::Trigger => {
            connect(&db.url).await.batch_execute("DROP TRIGGER full_disk ON orders").await.unwrap();
        }
    }
    server.post("/rest/v1/orders", r#"{"usid": "ada", "start": 0}"#, 201);
    assert_eq!(server.get("/readyz"), r#"{"status":"ready"}"#);
}
