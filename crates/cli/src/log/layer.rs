//! Turns `tracing` events into lines of the log.

use std::error::Error;
use std::fmt::Debug;

use mwallet_db::schema::Sources;
use mwallet_db::{SystemSources, explain};
use serde_json::Number;
use tracing::field::{Field as Name, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::line::{Field, Line, cut};
use super::{Entry, Queue};

/// Hands each event to the thread that writes.
pub(super) struct LogLayer {
    queue: Queue,
}

impl LogLayer {
    pub(super) fn new(queue: Queue) -> Self {
        Self { queue }
    }
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let meta = event.metadata();
        let mut line = Line {
            at: SystemSources.now(),
            level: *meta.level(),
            target: meta.target().into(),
            message: String::new(),
            fields: Vec::new(),
        };
        event.record(&mut Fields(&mut line));
        self.queue.enqueue(Entry::Line(line));
    }
}

/// Collects the fields of an event.
struct Fields<'l>(&'l mut Line);

impl Fields<'_> {
    fn add(&mut self, name: &Name, field: Field) {
        match (name.name(), field) {
            ("message", Field::Text(text)) => self.0.message = text,
            (name, field) => self.0.fields.push((name, field)),
        }
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, name: &Name, value: &dyn Debug) {
        self.add(name, Field::text(format!("{value:?}")));
    }

    fn record_str(&mut self, name: &Name, value: &str) {
        self.add(name, Field::text(value));
    }

    fn record_i64(&mut self, name: &Name, value: i64) {
        self.add(name, Field::Number(value.into()));
    }

    fn record_u64(&mut self, name: &Name, value: u64) {
        self.add(name, Field::Number(value.into()));
    }

    fn record_f64(&mut self, name: &Name, value: f64) {
        match Number::from_f64(value) {
            Some(number) => self.add(name, Field::Number(number)),
            None => self.add(name, Field::text(value.to_string())),
        }
    }

    fn record_bool(&mut self, name: &Name, value: bool) {
        self.add(name, Field::Bool(value));
    }

    /// Records an error with all its causes: the outermost one often says the least.
    fn record_error(&mut self, name: &Name, value: &(dyn Error + 'static)) {
        self.add(name, Field::Text(cut(explain(value))));
    }
}
