//! The output of commands: results on standard output, as text or as JSON; progress and errors on standard error.
//!
//! Text for people may contain names from a database, so invisible characters in it are escaped: no name moves the
//! cursor or changes the direction of writing. A line break in a name could forge a line of output, so make a name
//! [`visible`] before you put it into a text.
//!
//! [`visible`]: mwallet_db::schema::visible

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use mwallet_db::schema::visible_lines;
use serde_json::Value;

use crate::failure::{Failure, Result};

/// How much a command prints, and in which format.
#[derive(Args)]
pub(crate) struct OutputOptions {
    /// Print results as JSON, and an error as one JSON object on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print only errors and requested data
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// Reports what a command did, as JSON with `--json`, otherwise as text unless `--quiet` is set.
pub(crate) fn report(options: &OutputOptions, text: impl Display, json: &Value) -> Result<()> {
    match (options.json, options.quiet) {
        (true, _) => write(json),
        (false, false) => write(seen(text)),
        (false, true) => Ok(()),
    }
}

/// Prints the data that the user asked for, even with `--quiet`; as JSON with `--json`.
pub(crate) fn answer(options: &OutputOptions, text: impl Display, json: &Value) -> Result<()> {
    if options.json { write(json) } else { write(seen(text)) }
}

/// The text with invisible characters escaped.
fn seen(text: impl Display) -> String {
    visible_lines(&text.to_string())
}

/// Writes a line unchanged, even with `--quiet`: the reader may be a program.
pub(crate) fn write(text: impl Display) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        // The reader has closed the pipe, as `head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| Failure::caused("cannot write the result", &error)),
    }
}

/// Writes a line to standard error. A failure to write is ignored: there is nowhere left to report it.
pub(crate) fn note(text: impl Display) {
    // One call, so that no line of the log gets in between.
    let _ = std::io::stderr().lock().write_all(format!("{}\n", seen(text)).as_bytes());
}

/// Reports a failure on standard error and returns the exit code.
pub(crate) fn fail(failure: &Failure, as_json: bool) -> ExitCode {
    if as_json {
        note(failure.json());
    } else {
        failure.lines().for_each(note);
    }
    failure.exit_code()
}

/// A number with the singular or the plural of a noun.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A progress bar on standard error that counts `things`; hidden if standard error is not a terminal.
pub(crate) fn progress(options: &OutputOptions, total: u64, things: &str) -> ProgressBar {
    if options.quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    // The default style shows less, which is no reason to fail.
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} {msg}, {eta} left") {
        bar.set_style(style);
    }
    bar.with_message(things.to_owned())
}
