//! The time that each stage of a request takes, for the header `Server-Timing`.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderName, HeaderValue};

pub(crate) const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// A stage of a request. The names are those of PostgREST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The request is parsed, with its body.
    Parse,
    /// The statement is planned.
    Plan,
    /// The database is used: from the wait for a connection to the end of the transaction.
    Transaction,
    /// The response is made.
    Response,
}

const NAMES: [&str; 4] = ["parse", "plan", "transaction", "response"];

/// Measures the stages of one request. Clones measure the same one.
#[derive(Clone, Debug)]
pub(crate) struct Stopwatch(Arc<Mutex<Laps>>);

#[derive(Debug)]
struct Laps {
    stage: Stage,
    since: Instant,
    /// The time of each stage that was reached. A stage can be entered again.
    spent: [Option<Duration>; NAMES.len()],
}

impl Stopwatch {
    /// Starts with the first stage.
    pub(crate) fn start() -> Self {
        Self(Arc::new(Mutex::new(Laps { stage: Stage::Parse, since: Instant::now(), spent: [None; NAMES.len()] })))
    }

    /// Ends the current stage and enters another.
    pub(crate) fn enter(&self, stage: Stage) {
        self.with_laps(|laps| {
            laps.end();
            laps.stage = stage;
        });
    }

    /// The header of a response that is complete: the stages that were reached, in milliseconds.
    pub(crate) fn header(&self) -> HeaderValue {
        self.enter(Stage::Response);
        let spent = self.with_laps(|laps| {
            laps.end();
            laps.spent
        });
        let mut text = String::new();
        for (name, spent) in NAMES.iter().zip(spent) {
            let Some(spent) = spent else { continue };
            let separator = if text.is_empty() { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(text, "{separator}{name};dur={:.3}", spent.as_secs_f64() * 1_000.0);
        }
        // Names and digits are always a valid header value.
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
    }

    fn with_laps<T>(&self, change: impl FnOnce(&mut Laps) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Laps {
    fn end(&mut self) {
        let now = Instant::now();
        let spent = &mut self.spent[self.stage as usize];
        *spent = Some(spent.unwrap_or_default() + now.duration_since(self.since));
        self.since = now;
    }
}

/// Enters a stage, if the request is measured.
pub(crate) fn enter(timing: Option<&Stopwatch>, stage: Stage) {
    if let Some(timing) = timing {
        timing.enter(stage);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moves the begin of the current stage into the past.
    fn pass(timing: &Stopwatch, milliseconds: u64) {
        timing.with_laps(|laps| laps.since -= Duration::from_millis(milliseconds));
    }

    #[test]
    fn each_stage_has_its_own_time() {
        let timing = Stopwatch::start();
        pass(&timing, 1_000);
        enter(Some(&timing), Stage::Plan);
        pass(&timing, 2_000);
        timing.clone().enter(Stage::Transaction);
        pass(&timing, 3_000);
        // Planned and run again, as where a table has changed.
        timing.enter(Stage::Plan);
        pass(&timing, 4_000);
        timing.enter(Stage::Transaction);
        timing.enter(Stage::Response);
        pass(&timing, 5_000);
        let header = timing.header();
        let header = header.to_str().unwrap();
        let seconds = |text: &str| text.split_once(";dur=").unwrap().1.parse::<f64>().unwrap() as u64 / 1_000;
        assert_eq!(header.split(", ").map(seconds).collect::<Vec<_>>(), [1, 6, 3, 5], "{header}");
    }

    #[test]
    fn a_stage_that_was_not_reached_is_left_out() {
        let header = Stopwatch::start().header();
        let names = header.to_str().unwrap().split(", ").map(|stage| stage.split(';').next().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["parse", "response"]);
    }
}
