//! The commands of this repository: `cargo xtask --help`.
//!
//! This file only parses the command line. The crate has few dependencies on purpose, since every clean clone builds
//! it before the first command.

mod bench;
mod certificates;
mod dist;
mod fuzz;
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

/// The result of a command. A person reads errors and nothing handles them, so text is enough.
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
    /// Starts a PostgreSQL server in a temporary directory, runs all tests of the workspace, and stops and removes
    /// the server. Ends with the number of tests that passed and failed on each engine. Also fails if a case ran on
    /// one engine only.
    Test(test::Options),
    /// Measures requests over HTTP against PostgreSQL itself and against a competitor
    ///
    /// Builds the program for release, starts a PostgreSQL server, fills it with 200,000 orders, and lets the
    /// targets take turns at each workload. Ratios only compare results of the same run. docs/performance.md
    /// describes what is compared and how.
    Bench(bench::Options),
    /// Builds the program for distribution: without symbols, which go to a separate file
    ///
    /// Both files are in target/dist. With mwallet.debug next to mwallet, debuggers and panic backtraces show
    /// functions and lines; the program also runs without it.
    Dist,
    /// Feeds random requests to what parses and plans them, ten minutes for each target
    ///
    /// Needs a nightly toolchain and cargo-fuzz. The inputs that it finds are in fuzz/corpus; an input that fails is in
    /// fuzz/artifacts.
    Fuzz(fuzz::Options),
    /// Updates the diagrams in ARCHITECTURE.md: the crates, and the path of a request
    Map,
    /// Checks what needs no test run: formatting, lints, dependencies, file headers
    Tidy,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Task::Test(options) => test::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Dist => dist::run().map(|()| true),
        Task::Fuzz(options) => fuzz::run(&options).map(|()| true),
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

/// Returns the root of the repository.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Returns the cargo that runs this command, so that a toolchain chosen by `cargo +name` is kept.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs a cargo build with JSON messages, and returns the path of the program.
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

/// Formats a command as a person would type it.
fn show(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Prints and runs a command; returns an error if it fails.
fn run(command: &mut Command) -> Result<()> {
    let text = show(command);
    eprintln!("xtask: running {text}");
    let status = command.status().map_err(|e| format!("cannot run {text}: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{text} failed ({status})").into()) }
}
