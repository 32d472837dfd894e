//! What commands say: results on the standard output, as text or as JSON; progress and failures on the standard error.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::settings::Settings;

/// Says how it went: a line of JSON where that is wanted, text unless nothing is.
pub(crate) fn report(settings: &Settings, text: impl Display, json: &Value) -> Result<()> {
    match (settings.json, settings.quiet) {
        (true, _) => write(json),
        (false, false) => write(text),
        (false, true) => Ok(()),
    }
}

/// Says what was asked for, however quiet the command is: as JSON where that is wanted.
pub(crate) fn answer(settings: &Settings, text: impl Display, json: &Value) -> Result<()> {
    if settings.json { write(json) } else { write(text) }
}

/// Writes a line that was asked for, however quiet the command is.
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
    let _ = std::io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

/// A bar of progress on the standard error, which counts things of that name; invisible where that is no terminal.
pub(crate) fn progress(settings: &Settings, total: u64, things: &str) -> ProgressBar {
    if settings.quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    // The default style is less telling, but no reason to fail.
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} {msg}, {eta} left") {
        bar.set_style(style);
    }
    bar.with_message(things.to_owned())
}
