//! `cargo xtask test`: runs every test of the workspace, on both engines.
//!
//! Neither engine is ever skipped. If a program that tests need is missing, the run fails and explains how to install
//! it.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;

use crate::install::Need;
use crate::postgres::{Programs, Server, is_root};
use crate::report::Report;
use crate::tools::Found;
use crate::{Result, cargo, install, run as run_command, show, tools};

/// Which tests to run, and how to report the result.
#[derive(Args)]
pub(crate) struct Options {
    /// Install the programs that tests need (PostgreSQL, Python, Node.js, Chromium) if they are missing
    #[arg(long)]
    install: bool,
    /// Write the summary as JSON to standard output, and everything else to standard error
    #[arg(long)]
    json: bool,
    /// Test the optimized release build, which takes minutes to compile
    #[arg(long)]
    release: bool,
    /// Run only the tests of this package
    #[arg(short, long, value_name = "NAME")]
    package: Vec<String>,
    /// Run the tests whose name contains this
    filter: Option<String>,
}

impl Options {
    /// Returns whether only some tests are requested, which may differ between the engines.
    fn is_part(&self) -> bool {
        self.filter.is_some() || !self.package.is_empty()
    }

    fn cargo_test(&self) -> Command {
        let mut command = cargo();
        command.arg("test");
        if self.release {
            command.arg("--release");
        }
        if self.package.is_empty() {
            command.arg("--workspace");
        }
        for package in &self.package {
            command.args(["--package", package]);
        }
        command
    }
}

/// Runs the tests and prints the summary. Returns whether all passed and both engines ran the same cases.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let (programs, tools) = find_programs(options)?;
    let variables = tools.map(Found::prepare).transpose()?.unwrap_or_default();
    // Compiles first, so that the server does not wait for the compiler.
    run_command(options.cargo_test().arg("--no-run").stdout(io::stderr()))?;

    let server = Server::start(&programs)?;
    let mut command = options.cargo_test();
    command.arg("--no-fail-fast").args(&options.filter);
    command.env("MWALLET_TEST_POSTGRES_URL", server.url());
    command.env("MWALLET_TEST_POSTGRES_SOCKET", server.socket_directory());
    command.env("MWALLET_TEST_PG_DUMP", programs.client("pg_dump").unwrap_or_else(|| "pg_dump".into()));
    command.env("MWALLET_TEST_POSTGRES_CA", server.authority());
    command.env("MWALLET_TEST_POSTGRES_OTHER_CA", server.other_authority());
    command.envs(variables);
    let (report, passed) = run_and_read(&mut command, options.json)?;
    // Must precede the summary, which is the last output.
    drop(server);

    let problems = report.problems(options.is_part());
    if report.ignored() > 0 {
        eprintln!("xtask: ignored tests: {}", report.ignored());
    }
    for problem in &problems {
        eprintln!("xtask: {problem}");
    }
    if !passed {
        eprintln!("xtask: cargo test failed");
    }
    if options.json {
        println!("{}", report.json(&problems))
    } else {
        println!("{report}")
    }
    Ok(passed && problems.is_empty())
}

/// Finds the programs that the tests need, and those other than PostgreSQL only if a selected package needs them. If
/// tests are selected by name, only those that need a missing program fail.
fn find_programs(options: &Options) -> Result<(Programs, Option<Found>)> {
    let look = || (Programs::find(), tools::are_needed(&options.package).then(Found::look));
    let missing = |programs: &Option<Programs>, tools: &Option<Found>| {
        let postgres = programs.is_none().then_some(Need::Postgres);
        postgres.into_iter().chain(tools.iter().flat_map(Found::missing)).collect::<Vec<_>>()
    };
    let (mut programs, mut tools) = look();
    let mut lacking = missing(&programs, &tools);
    let is_root = is_root()?;
    if options.install && !lacking.is_empty() {
        install::install(&lacking, is_root)?;
        (programs, tools) = look();
        lacking = missing(&programs, &tools);
    }
    match programs {
        Some(programs) if lacking.is_empty() => Ok((programs, tools)),
        Some(programs) if options.filter.is_some() => {
            eprintln!("xtask: tests that need what is missing here will fail\n{}", install::advice(&lacking, is_root));
            Ok((programs, tools))
        }
        _ => Err(install::advice(&lacking, is_root).into()),
    }
}

/// An event of a test run.
enum Told {
    Line(Vec<u8>),
    Ended(io::Result<ExitStatus>),
}

/// How long output is read after cargo has ended. All of it is there by then, unless a process that a test left
/// behind writes more.
const AFTERWARDS: Duration = Duration::from_secs(2);

/// Runs the tests, shows their output as it comes, and parses it. Also returns whether cargo succeeded.
///
/// A process that a test left behind may keep the output open, so the run ends when cargo does.
fn run_and_read(command: &mut Command, to_stderr: bool) -> Result<(Report, bool)> {
    let text = show(command);
    eprintln!("xtask: running {text}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|e| format!("cannot run {text}: {e}"))?;
    let output = child.stdout.take().ok_or("the output of cargo was not captured")?;
    let (tell, told) = mpsc::channel();
    let tell_end = tell.clone();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        loop {
            let mut line = Vec::new();
            // Reads bytes, since a test may print anything.
            let is_line = matches!(output.read_until(b'\n', &mut line), Ok(1..));
            if !is_line || tell.send(Told::Line(line)).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || tell_end.send(Told::Ended(child.wait())));

    let mut report = Report::default();
    let mut screen: Box<dyn Write> = if to_stderr { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
    let mut ended: Option<(ExitStatus, Instant)> = None;
    loop {
        let next = match ended {
            None => told.recv().ok(),
            Some((_, at)) => told.recv_timeout(AFTERWARDS.saturating_sub(at.elapsed())).ok(),
        };
        match next {
            Some(Told::Line(line)) => {
                screen.write_all(&line)?;
                screen.flush()?;
                report.read(&String::from_utf8_lossy(&line));
            }
            Some(Told::Ended(status)) => ended = Some((status?, Instant::now())),
            None => break,
        }
    }
    report.end();
    Ok((report, ended.is_some_and(|(status, _)| status.success())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_test_leaves_behind_is_not_waited_for() {
        let mut orphan = Command::new("sh");
        orphan.args(["-c", "echo running 1 test; echo test a ... ok; sleep 20 & exit 3"]);
        let begun = Instant::now();
        let (report, passed) = run_and_read(&mut orphan, true).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
        assert_eq!(
            report.to_string(),
            "shared: 1 passed, 0 failed\nsqlite: 0 passed, 0 failed\npostgres: 0 passed, 0 failed"
        );
        assert!(!passed);
    }
}
