//! The thread that writes the log.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use mwallet_db::SystemSources;
use mwallet_db::schema::Sources;
use tracing::Level;

use super::Entry;
use super::line::{self, Field, Form, Line};
use super::repeats::Repeats;

/// How much is written at once.
const PIECE: usize = 64 * 1024;

/// How long this thread sleeps after a write. Meanwhile no request has to wake it, which would cost more than the rest
/// of its line. It does not sleep while the queue is half full.
const REST: Duration = Duration::from_millis(10);
const HALF: usize = super::QUEUE / 2;

/// How long to wait if nothing is due.
const LONG: Duration = Duration::from_secs(3_600);

/// Writes the log.
pub(super) struct Writer {
    form: Form,
    dropped: Arc<AtomicU64>,
    repeats: Repeats,
    text: String,
}

impl Writer {
    pub(super) fn new(form: Form, dropped: Arc<AtomicU64>) -> Self {
        Self { form, dropped, repeats: Repeats::default(), text: String::new() }
    }

    /// Writes entries until [`Entry::End`].
    pub(super) fn run(mut self, entries: &Receiver<Entry>) {
        loop {
            let now = Instant::now();
            let wait = self.repeats.next_due().map_or(LONG, |due| due.saturating_duration_since(now));
            let is_open = match entries.recv_timeout(wait) {
                Ok(entry) => self.take_all(entry, entries),
                Err(error) => error.is_timeout(),
            };
            let (now, at) = (Instant::now(), SystemSources.now());
            let due = if is_open { self.repeats.due(now, at) } else { self.repeats.end(now, at) };
            self.add_all(due);
            self.tell_dropped();
            self.flush();
            if !is_open {
                return;
            }
            if entries.len() < HALF {
                std::thread::sleep(REST);
            }
        }
    }

    /// Takes an entry and those that follow it in the queue; `false` after the last one.
    fn take_all(&mut self, first: Entry, entries: &Receiver<Entry>) -> bool {
        let mut next = Some(first);
        while let Some(entry) = next.take() {
            match entry {
                Entry::Line(line) => {
                    let lines = self.repeats.take(line, Instant::now());
                    self.add_all(lines);
                }
                Entry::Exchange(exchange, at) => line::write_exchange(&exchange, at, self.form, &mut self.text),
                Entry::End => return false,
            }
            if self.text.len() >= PIECE {
                self.flush();
                return true;
            }
            next = entries.try_recv().ok();
        }
        true
    }

    fn add_all(&mut self, lines: Vec<Line>) {
        for line in lines {
            line.write(self.form, &mut self.text);
        }
    }

    fn tell_dropped(&mut self) {
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            let message = format!("dropped {dropped} lines of the log, which came faster than they could be written");
            let fields = vec![("dropped", Field::Number(dropped.into()))];
            let at = SystemSources.now();
            let line = Line { at, level: Level::WARN, target: "mwallet::log".into(), message, fields };
            self.add_all(vec![line]);
        }
    }

    fn flush(&mut self) {
        // If the log cannot be written, there is nowhere to report it.
        let _ = io::stderr().write_all(self.text.as_bytes());
        self.text.clear();
    }
}
