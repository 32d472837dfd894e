//! The commands of this repository: `cargo xtask --help`.
//!
//! This file reads the command line and nothing else. The crate has few dependencies on purpose: it is built before
//! every command, on every clean clone.

mod bench;
mod certificates;
mod install;
mod postgres;
mod report;
mod test;
mod tidy;
mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

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
    /// Builds the program for release, starts a PostgreSQL of its own, fills it with 200,000 orders, and has the subjects take
    /// turns at each workload. A ratio is only taken within one run. docs/performance.md says what is compared and how.
    Bench(bench::Options),
    /// Checks what needs no test run: formatting, lints, dependencies, headers of files
    Tidy,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Task::Test(options) => test::run(&options),
        Task::Bench(options) => bench::run(&options),
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
