//! Writes repeated warnings and errors once, and counts them.
//!
//! An outage fails every request in the same way; the first line and the count are enough.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::Number;
use tracing::Level;

use super::line::{Field, Line};

/// How long repetitions are counted before the count is written.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

/// How many different lines are counted at once; beyond that, the oldest one is reported and forgotten.
const MOST: usize = 256;

/// The warnings and errors that were written recently.
#[derive(Default)]
pub(super) struct Repeats {
    lines: HashMap<String, Repeat>,
}

struct Repeat {
    line: Line,
    since: Instant,
    more: u64,
}

impl Repeats {
    /// Takes a line; returns the lines to write now.
    pub(super) fn take(&mut self, line: Line, now: Instant) -> Vec<Line> {
        if line.level > Level::WARN {
            return vec![line];
        }
        let key = key(&line);
        if let Some(repeat) = self.lines.get_mut(&key) {
            repeat.more += 1;
            return Vec::new();
        }
        let mut lines = Vec::new();
        if self.lines.len() >= MOST {
            lines.extend(self.forget_first(now));
        }
        self.lines.insert(key, Repeat { line: line.clone(), since: now, more: 0 });
        lines.push(line);
        lines
    }

    /// The counts that are due. A line that did not repeat is forgotten.
    pub(super) fn due(&mut self, now: Instant, at: mwallet_db::schema::Timestamp) -> Vec<Line> {
        let mut due = Vec::new();
        self.lines.retain(|_, repeat| {
            if now.saturating_duration_since(repeat.since) < WINDOW {
                return true;
            }
            let told = repeat.report(now, at);
            (repeat.since, repeat.more) = (now, 0);
            let has_more = told.is_some();
            due.extend(told);
            has_more
        });
        due
    }

    /// When the next count is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.lines.values().map(|repeat| repeat.since + WINDOW).min()
    }

    /// All counts, when the log ends.
    pub(super) fn end(&mut self, now: Instant, at: mwallet_db::schema::Timestamp) -> Vec<Line> {
        self.lines.drain().filter_map(|(_, repeat)| repeat.report(now, at)).collect()
    }

    fn forget_first(&mut self, now: Instant) -> Option<Line> {
        let first = self.lines.iter().min_by_key(|(_, repeat)| repeat.since).map(|(key, _)| key.clone())?;
        let repeat = self.lines.remove(&first)?;
        repeat.report(now, repeat.line.at)
    }
}

impl Repeat {
    /// The line with the number of repetitions, if there were any.
    fn report(&self, now: Instant, at: mwallet_db::schema::Timestamp) -> Option<Line> {
        if self.more == 0 {
            return None;
        }
        let seconds = now.saturating_duration_since(self.since).as_secs().max(1);
        let mut line = self.line.clone();
        line.at = at;
        line.message =
            format!("… and {} more of the same in the last {seconds} s: {}", grouped(self.more), line.message);
        line.fields.retain(|(name, _)| *name != REQUEST);
        line.fields.push(("repeated", Field::Number(Number::from(self.more))));
        Some(line)
    }
}

/// The field that is ignored when lines are compared.
const REQUEST: &str = "request";

/// The key by which lines are compared.
fn key(line: &Line) -> String {
    let fields = line.fields.iter().filter(|(name, _)| *name != REQUEST);
    format!("{}\n{}\n{}\n{:?}", line.level, line.target, line.message, fields.collect::<Vec<_>>())
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use mwallet_db::schema::Timestamp;

    use super::*;

    fn at() -> Timestamp {
        Timestamp::from_micros(0).unwrap()
    }

    fn line(level: Level, message: &str, request: u32) -> Line {
        let fields = vec![("request", Field::Text(request.to_string())), ("code", Field::Text("08006".into()))];
        Line { at: at(), level, target: "t".into(), message: message.into(), fields }
    }

    fn messages(lines: &[Line]) -> Vec<&str> {
        lines.iter().map(|line| line.message.as_str()).collect()
    }

    #[test]
    fn the_same_is_written_once_and_counted() {
        let (mut repeats, begun) = (Repeats::default(), Instant::now());
        assert_eq!(messages(&repeats.take(line(Level::ERROR, "gone", 0), begun)), ["gone"]);
        for request in 1..=10_233 {
            assert!(repeats.take(line(Level::ERROR, "gone", request), begun).is_empty());
        }
        assert_eq!(messages(&repeats.take(line(Level::ERROR, "other", 0), begun)), ["other"]);
        assert_eq!(messages(&repeats.take(line(Level::WARN, "gone", 0), begun)), ["gone"], "it is another level");
        assert!(repeats.due(begun + WINDOW / 2, at()).is_empty());
        assert_eq!(repeats.next_due(), Some(begun + WINDOW));

        let told = repeats.due(begun + WINDOW, at());
        assert_eq!(messages(&told), ["… and 10,233 more of the same in the last 10 s: gone"]);
        assert!(told[0].fields.contains(&("code", Field::Text("08006".into()))));
        assert!(told[0].fields.contains(&("repeated", Field::Number(10_233.into()))));
        assert!(!told[0].fields.iter().any(|(name, _)| *name == "request"));

        // While it repeats, it is counted; after a pause, the next one is written again.
        assert!(repeats.take(line(Level::ERROR, "gone", 0), begun + WINDOW).is_empty());
        assert_eq!(repeats.due(begun + WINDOW * 2, at()).len(), 1);
        assert!(repeats.due(begun + WINDOW * 3, at()).is_empty());
        assert_eq!(repeats.next_due(), None);
        assert_eq!(messages(&repeats.take(line(Level::ERROR, "gone", 0), begun + WINDOW * 3)), ["gone"]);
    }

    #[test]
    fn what_is_counted_is_told_at_the_end() {
        let (mut repeats, begun) = (Repeats::default(), Instant::now());
        for request in 0..3 {
            repeats.take(line(Level::ERROR, "gone", request), begun);
        }
        assert_eq!(messages(&repeats.end(begun, at())), ["… and 2 more of the same in the last 1 s: gone"]);
        assert!(repeats.end(begun, at()).is_empty());
    }

    #[test]
    fn however_many_differ_few_are_kept_and_none_is_lost() {
        let (mut repeats, begun) = (Repeats::default(), Instant::now());
        let mut written = 0;
        for number in 0..1_000 {
            let message = format!("message {number}");
            for request in 0..2 {
                written += repeats.take(line(Level::ERROR, &message, request), begun).len();
            }
            assert!(repeats.lines.len() <= MOST);
        }
        assert_eq!(written + repeats.end(begun, at()).len(), 2_000);
    }

    #[test]
    fn what_is_no_warning_is_written_each_time() {
        let (mut repeats, now) = (Repeats::default(), Instant::now());
        for _ in 0..3 {
            assert_eq!(repeats.take(line(Level::INFO, "SELECT 1", 0), now).len(), 1);
        }
        assert_eq!(repeats.next_due(), None);
    }
}
