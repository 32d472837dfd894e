//! Generates load with wrk, and sends single requests to check that a server is up and correct.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::CONNECTIONS;
use super::tools::output;
use crate::{Result, root};

/// The prefix of the line that the scripts print.
const MARK: &str = "mwallet-bench ";

/// How long wrk waits for a response before it counts an error.
pub(super) const PATIENCE: &str = "30s";

/// The path of wrk.
pub(super) struct Wrk(pub(super) PathBuf);

/// The result of one run.
#[derive(Debug, PartialEq)]
pub(super) struct Load {
    pub(super) requests: u64,
    pub(super) seconds: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// The number of error responses and failed connections.
    pub(super) errors: u64,
}

impl Wrk {
    /// Runs a script of `bench/wrk` for this number of seconds.
    pub(super) fn run(
        &self,
        script: &str,
        (url, path): (&str, &str),
        token: Option<&str>,
        seconds: u32,
    ) -> Result<Load> {
        let mut command = Command::new(&self.0);
        // A late response is slow, as the figures show, but not an error.
        command.args(["-t2", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s"), "--timeout", PATIENCE]);
        if let Some(token) = token {
            command.args(["-H", &format!("Authorization: Bearer {token}")]);
        }
        command.args(["-s"]).arg(root().join("bench/wrk").join(script)).args([url, "--", path]);
        let said = output(&mut command)?;
        Load::read(&said).ok_or_else(|| format!("what wrk said cannot be read:\n{said}").into())
    }
}

impl Load {
    fn read(said: &str) -> Option<Self> {
        let line = said.lines().find_map(|line| line.strip_prefix(MARK))?;
        let line: Value = serde_json::from_str(line).ok()?;
        let number = |name: &str| line[name].as_f64();
        let errors = ["refused", "connect", "read", "write", "timeout"].map(|name| line[name].as_u64());
        Some(Self {
            requests: line["requests"].as_u64()?,
            seconds: number("micros")? / 1e6,
            p50_ms: number("p50_us")? / 1e3,
            p99_ms: number("p99_us")? / 1e3,
            errors: errors.into_iter().sum::<Option<u64>>()?,
        })
    }
}

/// A response.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Sends one request: a GET, or a POST if there is a body.
pub(super) fn ask(url: &str, path: &str, body: Option<&str>, token: Option<&str>) -> Result<Answer> {
    let address = url.strip_prefix("http://").ok_or("the URL is no http://")?;
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(30)))?;
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    // With HTTP 1.0 the response is not chunked, and ends with the connection.
    let head = match body {
        None => format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n{token}\r\n"),
        Some(body) => format!(
            "POST {path} HTTP/1.0\r\nHost: {address}\r\n{token}Content-Type: application/json\r\n\
             Prefer: return=representation\r\nContent-Length: {}\r\n\r\n",
            body.len()
        ),
    };
    socket.write_all(head.as_bytes())?;
    socket.write_all(body.unwrap_or_default().as_bytes())?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| format!("the answer was cut: {answer}"))?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok(Answer { status: status.ok_or("the answer has no status")?, body: body.to_owned() })
}

/// Waits until a server responds, with any status.
pub(super) fn wait_for(url: &str, patience: Duration) -> Result<()> {
    let begun = Instant::now();
    while let Err(error) = ask(url, "/", None, None) {
        if begun.elapsed() > patience {
            return Err(format!("nobody answers at {url}: {error}").into());
        }
        sleep(Duration::from_millis(100));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_says_is_read() {
        let said = "Running 1s test\nTransfer/sec: 1MB\nmwallet-bench {\"requests\":100,\"micros\":2000000,\
                    \"p50_us\":603,\"p99_us\":1427,\"refused\":1,\"connect\":0,\"read\":2,\"write\":0,\"timeout\":0}\n";
        let load = Load { requests: 100, seconds: 2.0, p50_ms: 0.603, p99_ms: 1.427, errors: 3 };
        assert_eq!(Load::read(said), Some(load));
        assert_eq!(Load::read("Running 1s test\n"), None);
    }
}
