//! Runs the program in a folder of the test's own.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use mwallet_testkit::TestDb;
use serde_json::Value;

/// What a call of the program came to.
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The program, which sees nothing of the settings of whoever runs the tests.
pub(crate) fn program(folder: &Path) -> Command {
    program_at(Path::new(env!("CARGO_BIN_EXE_mwallet")), folder)
}

/// A program that was built elsewhere, in the same way.
pub(crate) fn program_at(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MWALLET_") || name == "RUST_LOG") {
        command.env_remove(name);
    }
    command.current_dir(folder).stdin(Stdio::null());
    command
}

pub(crate) fn done(command: &mut Command) -> Done {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// Calls the program in a folder.
pub(crate) fn call(folder: &Path, arguments: &[&str]) -> Done {
    done(program(folder).args(arguments))
}

/// Calls the program on a test's database.
pub(crate) fn call_on(db: &TestDb, arguments: &[&str]) -> Done {
    done(program(db.folder.path()).args(arguments).args(["--database-url", &db.url.expose()]))
}

/// A file of `testdata`.
pub(crate) fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}

/// What `cargo xtask test` made ready, and told in a variable.
pub(crate) fn prepared(variable: &str) -> OsString {
    std::env::var_os(variable).unwrap_or_else(|| {
        panic!(
            "{variable} is not set: run the tests by `cargo xtask test`, which says first where a program is missing"
        )
    })
}

/// A program that was made ready so.
pub(crate) fn tool(variable: &str) -> Command {
    Command::new(prepared(variable))
}

/// `mwallet serve` on a free port, stopped with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    /// Where it listens.
    pub(crate) addresses: Vec<String>,
}

impl Server {
    pub(crate) fn start(db: &TestDb) -> Self {
        Self::start_with(program(db.folder.path()), db)
    }

    /// The same with a program of the test's choice.
    pub(crate) fn start_with(mut program: Command, db: &TestDb) -> Self {
        program.args(["serve", "--open", "--database-url", &db.url.expose()]);
        Self::listening(program)
    }

    /// `mwallet serve --reflect` on a test's database.
    pub(crate) fn reflecting(db: &TestDb, more: &[&str]) -> Self {
        let mut program = program(db.folder.path());
        program.args(["serve", "--open", "--reflect", "--database-url", &db.url.expose()]).args(more);
        Self::listening(program)
    }

    /// `mwallet serve --demo` in a folder.
    pub(crate) fn demo(folder: &Path) -> Self {
        let mut program = program(folder);
        program.args(["serve", "--demo"]);
        Self::listening(program)
    }

    /// Starts a program that serves, on a free port, and waits until it listens.
    pub(crate) fn listening(program: Command) -> Self {
        Self::listening_at(program, "127.0.0.1:0")
    }

    /// The same at a place of the test's choice.
    pub(crate) fn listening_at(program: Command, place: &str) -> Self {
        Self::start_at(program, place).0
    }

    /// The same, and what the program says of itself.
    pub(crate) fn listening_and_saying(program: Command) -> (Self, Value) {
        Self::start_at(program, "127.0.0.1:0")
    }

    fn start_at(mut program: Command, place: &str) -> (Self, Value) {
        program.args(["--json", "--listen", place]);
        let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let addresses =
            said["addresses"].as_array().unwrap().iter().map(|address| address.as_str().unwrap().to_owned());
        let (url, addresses) = (said["url"].as_str().unwrap().to_owned(), addresses.collect());
        (Self { child, url, addresses }, said)
    }

    /// The body of an answer with status 200 at an address, for a request that calls the server `host`.
    pub(crate) fn get_at(address: &str, host: &str, path: &str) -> String {
        let mut socket = TcpStream::connect(address).unwrap();
        write!(socket, "GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        body(answer, 200)
    }

    /// The body of an answer with status 200.
    pub(crate) fn get(&self, path: &str) -> String {
        self.get_as(path, 200)
    }

    /// The body of an answer to a GET, which has that status.
    pub(crate) fn get_as(&self, path: &str, status: u16) -> String {
        body(self.ask(&format!("GET {path} HTTP/1.0"), "").unwrap(), status)
    }

    /// The body of the answer to a POST, which has that status.
    pub(crate) fn post(&self, path: &str, json: &str, status: u16) -> String {
        body(self.try_post(path, json).unwrap(), status)
    }

    /// The whole answer to a POST that wants the row back as one object; an error where the server is gone.
    pub(crate) fn try_post(&self, path: &str, json: &str) -> std::io::Result<String> {
        self.ask(
            &format!(
                "POST {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
                 Prefer: return=representation\r\nAccept: application/vnd.pgrst.object+json",
                json.len()
            ),
            json,
        )
    }

    /// Sends a request and reads the answer to its end. An answer to HTTP 1.0 comes without the lengths of its parts
    /// between.
    pub(crate) fn ask(&self, head: &str, body: &str) -> std::io::Result<String> {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut socket = TcpStream::connect(address)?;
        write!(socket, "{head}\r\nHost: {address}\r\n\r\n{body}")?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it without a word, as a power cut would.
    pub(crate) fn kill(&self) {
        let killed = Command::new("kill").args(["-KILL", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }

    /// Tells it to stop as a service manager does.
    pub(crate) fn stop(self) -> ExitStatus {
        self.stop_and_read_log().0
    }

    /// The same, and what it logged while it ran.
    pub(crate) fn stop_and_read_log(mut self) -> (ExitStatus, String) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap(), log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already where the test stopped it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of an answer, which has that status.
fn body(answer: String, status: u16) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with(&format!("HTTP/1.0 {status} ")), "{answer}");
    body.to_owned()
}

/// The root of the tree.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
