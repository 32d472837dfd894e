//! The README's programs are those of this folder, and do what it says.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Mutex;
use std::time::Duration;

/// One program at a time: another that is begun meanwhile would keep a port that was only looked for.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A program that ends with its test, whatever comes of it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

#[test]
fn the_readme_has_these_programs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect(path);
    let readme = read("../../README.md");
    let blocks: Vec<&str> =
        readme.split("```rust\n").skip(1).filter_map(|rest| rest.split_once("```").map(|(block, _)| block)).collect();
    let [program, server] = blocks.as_slice() else { panic!("the README has two programs: {blocks:?}") };
    assert_eq!(*program, read("src/main.rs"));
    // Its entity is the one above.
    assert!(read("src/bin/server.rs").ends_with(server), "{server}");
}

#[test]
fn the_program_runs_twice_in_a_row() {
    let _guard = ONE_AT_A_TIME.lock();
    let folder = tempfile::tempdir().expect("a folder can be made");
    for vaults in 1..=2 {
        let output = Command::new(env!("CARGO_BIN_EXE_mwallet-example-vaults")).current_dir(folder.path()).output();
        let output = output.expect("the program runs");
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(told, format!("{vaults} vaults begin with m\n"), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_entity_is_served() {
    let _guard = ONE_AT_A_TIME.lock();
    let folder = tempfile::tempdir().expect("a folder can be made");
    // Nobody else listens at a port that was free a moment ago, mostly.
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port is free");
    let mut program = Command::new(env!("CARGO_BIN_EXE_server"));
    let server = program.arg(address.to_string()).current_dir(folder.path()).spawn().expect("the program runs");
    let _server = Running(server);
    let ask = |request: &str| {
        for _ in 0..200 {
            if let Ok(mut socket) = TcpStream::connect(address) {
                let mut answer = String::new();
                let sent = socket.write_all(request.as_bytes()).and_then(|()| socket.read_to_string(&mut answer));
                return sent.map(|_| answer).expect("an answer comes");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("nobody listens at {address}")
    };
    let head = format!("Host: {address}\r\nConnection: close\r\n");
    let body = r#"{"label": "main"}"#;
    let post = format!(
        "POST /rest/v1/vaults HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let made = ask(&post);
    let found = ask(&format!("GET /rest/v1/vaults?select=id,label HTTP/1.1\r\n{head}\r\n"));
    assert!(made.starts_with("HTTP/1.1 201 "), "{made}");
    assert!(found.contains(r#"[{"id":1,"label":"main"}]"#), "{found}");
}
