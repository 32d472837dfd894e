//! What commands say: results on the standard output, as text or as JSON; progress and failures on the standard error.
//!
//! What people read may hold names of others, so that whatever is not seen in it is written out: no name moves the
//! cursor or turns the direction of writing. A name that ends a line would pass for a line of ours: whoever puts a name
//! into a text makes it [`visible`] first.
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

/// How much a command prints, and for whom.
#[derive(Args)]
pub(crate) struct OutputOptions {
    /// Print results as JSON, and an error as one JSON object on the standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print nothing but errors and what was asked for
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// Says how it went: a line of JSON where that is wanted, text unless nothing is.
pub(crate) fn report(options: &OutputOptions, text: impl Display, json: &Value) -> Result<()> {
    match (options.json, options.quiet) {
        (true, _) => write(json),
        (false, false) => write(seen(text)),
        (false, true) => Ok(()),
    }
}

/// Says what was asked for, however quiet the command is: as JSON where that is wanted.
pub(crate) fn answer(options: &OutputOptions, text: impl Display, json: &Value) -> Result<()> {
    if options.json { write(json) } else { write(seen(text)) }
}

/// What people see of a text.
fn seen(text: impl Display) -> String {
    visible_lines(&text.to_string())
}

/// Writes a line that was asked for, however quiet the command is, just as it is: a program may be what reads it.
pub(crate) fn write(text: impl Display) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        // Whoever read it has had enough, as `head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| Failure::caused("the result cannot be written", &error)),
    }
}

/// Writes a line to the standard error. Where nobody reads it any more, there is nowhere left to say so.
pub(crate) fn note(text: impl Display) {
    // In one call, so that a line of the log does not come between.
    let _ = std::io::stderr().lock().write_all(format!("{}\n", seen(text)).as_bytes());
}

/// Reports a failure on the standard error, and gives the code to end with.
pub(crate) fn fail(failure: &Failure, as_json: bool) -> ExitCode {
    if as_json {
        note(failure.json());
    } else {
        failure.lines().for_each(note);
    }
    failure.exit_code()
}

/// A number, and the words for one thing or for several.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A bar of progress on the standard error, which counts things of that name; invisible where that is no terminal.
pub(crate) fn progress(options: &OutputOptions, total: u64, things: &str) -> ProgressBar {
    if options.quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    // The default style is less telling, but no reason to fail.
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} {msg}, {eta} left") {
        bar.set_style(style);
    }
    bar.with_message(things.to_owned())
}
