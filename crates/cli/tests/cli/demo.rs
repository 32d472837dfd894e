//! The demo: filled once, on a database of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use mwallet_db::SystemSources;
use mwallet_db::schema::Sources;
use serde_json::Value;

use crate::support::{Server, call, program};

fn orders(server: &Server) -> usize {
    serde_json::from_str::<Vec<Value>>(&server.get("/rest/v1/orders")).unwrap().len()
}

#[test]
fn the_demo_fills_its_database_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::demo(folder.path());
    assert_eq!(orders(&server), 2_000);
    let order: Value = serde_json::from_str(&server.get("/rest/v1/orders/order-42")).unwrap();
    assert_eq!(order["id"], 42);
    server.post("/rest/v1/orders", r#"{"usid": "ada", "start": "2030-01-01T00:00:00Z"}"#, 201);
    assert!(server.stop().success());
    assert!(folder.path().join("mwallet-demo.db").exists());

    let again = Server::demo(folder.path());
    assert_eq!(orders(&again), 2_001);
    assert!(again.stop().success());
}

#[test]
fn open_orders_of_the_demo_are_open() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::demo(folder.path());
    let now = SystemSources.now();
    let rows = |query: &str| {
        let rows = server.get(&format!("/rest/v1/orders?select=order_type,start,expected_end&{query}"));
        serde_json::from_str::<Vec<Value>>(&rows).unwrap()
    };
    assert_eq!(
        rows(&format!("order_type=in.(OPEN,PARTIAL)&expected_end=lte.{now}").replace('+', "%2B")),
        [Value::Null; 0]
    );
    let over = format!("order_type=in.(CLOSED,SATISFIED)&or=(expected_end.gt.{now},updated_at.gt.{now})");
    assert_eq!(rows(&over.replace('+', "%2B")), [Value::Null; 0]);
    assert_eq!(rows(&format!("created_at=gt.{now}").replace('+', "%2B")), [Value::Null; 0]);
    assert!(rows("order_type=eq.OPEN&expected_end=not.is.null").len() > 300);
}

#[test]
fn the_demo_says_what_to_try() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = program(folder.path());
    let mut child = demo.args(["serve", "--demo", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        said.push_str(&line.unwrap());
        said.push('\n');
        if said.contains("stop:") {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let start = said.find("http://").unwrap();
    let url = &said[start..start + said[start..].find(',').unwrap()];
    for part in [
        "mwallet-demo.db",
        &format!("curl '{url}/rest/v1/orders?order_type=eq.OPEN&order=start.desc&limit=3'"),
        &format!("curl {url}/rest/v1/orders -H 'Content-Type: application/json'"),
        &format!("new PostgrestClient('{url}/rest/v1')"),
        &format!("{url}/docs"),
    ] {
        assert!(said.contains(part), "{part} is not in:\n{said}");
    }
}

#[test]
fn the_demo_touches_no_other_database() {
    let folder = tempfile::tempdir().unwrap();
    let named = call(folder.path(), &["serve", "--demo", "--database-url", "sqlite:mine.db"]);
    assert_eq!(named.code, 2);
    assert!(
        named.err.contains("it cannot be used with --database-url") && named.err.contains("mwallet seed"),
        "{}",
        named.err
    );
    let wide = call(folder.path(), &["serve", "--demo", "--listen", "0.0.0.0:0"]);
    assert_eq!(wide.code, 2);
    assert!(wide.err.contains("--demo serves without login"), "{}", wide.err);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);

    std::fs::write(folder.path().join(".env"), "MWALLET_DATABASE_URL=sqlite:mine.db\n").unwrap();
    std::fs::write(folder.path().join("mwallet.toml"), "[database]\nurl = \"sqlite:mine.db\"\n").unwrap();
    assert_eq!(orders(&Server::demo(folder.path())), 2_000);
    let names: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| Path::new(name).to_string_lossy().starts_with("mine")), "{names:?}");
}
