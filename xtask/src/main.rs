//! The commands of this repository: `cargo xtask --help`.
//!
//! This file reads the command line and nothing else. The crate has few dependencies on purpose: it is built before
//! every command, on every clean clone.

mod bench;
mod certificates;
mod dist;
mod install;
mod map;
mod postgres;
mod report;
mod test;
mod tidy;
mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::{Parser, Subcommand};
use serde_json::Value;

#[cfg(not(unix))]
compile_error!("the throwaway PostgreSQL of the tests needs Unix sockets and Unix users; on Windows use WSL");

/// What a command answers. A failure is told to a person and handled by nobody, so text is enough.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs every test, on SQLite and on a throwaway PostgreSQL
    ///
    /// Starts a PostgreSQL server of its own in a temporary directory, runs all tests of the workspace, and stops and
    /// removes the server again. Ends with the number of tests that passed and failed on each engine. Fails too where a
    /// case ran on one engine only.
    Test(test::Options),
    /// Measures requests over HTTP against the limit of PostgreSQL and against a peer
    ///
    /// Builds the program for release, starts a PostgreSQL of its own, fills it with 200,000 orders, and has the
    /// subjects take turns at each workload. A ratio is only taken within one run. docs/performance.md says what is
    /// compared and how.
    Bench(bench::Options),
    /// Builds the program as it is given to others: without symbols, and these in a file apart
    ///
    /// Both files are in target/dist. With mwallet.debug beside mwallet, debuggers and the backtraces of a panic show
    /// functions and lines; without it the program runs as well.
    Dist,
    /// Draws the pictures in ARCHITECTURE.md again: the crates, and the way of a request
    Map,
    /// Checks what needs no test run: formatting, lints, dependencies, headers of files
    Tidy,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Task::Test(options) => test::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Dist => dist::run().map(|()| true),
        Task::Map => map::run(&root()).map(|is_new| {
            println!("{}", if is_new { "ARCHITECTURE.md is drawn again" } else { "ARCHITECTURE.md is up to date" });
            true
        }),
        Task::Tidy => tidy::run().map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The cargo that runs us, so that a toolchain chosen by `cargo +name` stays chosen.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs a build of cargo that tells by JSON what it built, and says where the program is.
fn executable(build: &mut Command) -> Result<PathBuf> {
    let text = show(build);
    eprintln!("xtask: running {text}");
    let built = build.stdout(Stdio::piped()).spawn()?.wait_with_output()?;
    if !built.status.success() {
        return Err(format!("{text} failed ({})", built.status).into());
    }
    let messages = String::from_utf8_lossy(&built.stdout);
    let mut programs = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message["executable"].as_str()?))
    });
    programs.next_back().ok_or_else(|| format!("{text} did not say where the program is").into())
}

/// Writes a command as a person would type it.
fn show(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs a command in the open; fails where the command fails.
fn run(command: &mut Command) -> Result<()> {
    let text = show(command);
    eprintln!("xtask: running {text}");
    let status = command.status().map_err(|e| format!("cannot run {text}: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{text} failed ({status})").into()) }
}
