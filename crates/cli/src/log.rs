//! The log: what happens in the program, as lines of text or JSON on the standard error.
//!
//! Lines are written by a thread of their own, so that nobody who has something to say waits for a disk or a terminal. A
//! server does not even wait for room in the queue: what does not fit is dropped, and counted.

mod layer;
mod line;
mod repeats;
mod writer;

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use clap::ValueEnum;
use crossbeam_channel::{Sender, TrySendError, bounded};
use mwallet_api::{AccessLog, Exchange};
use mwallet_db::schema::{Sources, Timestamp};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use self::layer::LogLayer;
use self::line::{Form, Line};
use self::writer::Writer;
use crate::failure::{Failure, Result};

/// What is logged unless `RUST_LOG` says otherwise: warnings and errors, and statements that are echoed.
const DEFAULT: &str = "warn,mwallet::sql=info";

/// How many lines may wait to be written.
const QUEUE: usize = 8_192;

/// How lines of the log look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs: an object in each line
    Json,
}

/// What goes to the thread that writes.
enum Entry {
    Line(Line),
    /// A request that was answered, and when.
    Exchange(Box<Exchange>, Timestamp),
    /// Nothing comes any more.
    End,
}

/// The way to the thread that writes.
#[derive(Clone)]
struct Queue {
    sender: Sender<Entry>,
    /// Lines that did not fit.
    dropped: Arc<AtomicU64>,
    /// Whether to wait for room instead.
    waits: bool,
}

impl Queue {
    fn put(&self, entry: Entry) {
        if self.waits {
            // The thread that writes has ended where this fails, and nobody reads the log any more.
            let _ = self.sender.send(entry);
        } else if let Err(TrySendError::Full(_)) = self.sender.try_send(entry) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The log as long as the program runs. Dropped, it writes what is still to be written.
pub(crate) struct Log {
    queue: Queue,
    writer: Option<JoinHandle<()>>,
}

impl Log {
    /// Begins to log what `RUST_LOG` asks for. A server rather loses lines than waits.
    pub(crate) fn start(format: Format, is_server: bool) -> Result<Self> {
        let wanted = std::env::var("RUST_LOG").unwrap_or_else(|_| DEFAULT.to_owned());
        let filter = EnvFilter::builder().parse(&wanted);
        let filter = filter
            .map_err(|error| Failure::new(format!("RUST_LOG cannot be read: {error}")).code("invalid_setting"))?;
        let form = match format {
            Format::Json => Form::Json,
            Format::Text => Form::Text { in_colour: std::io::stderr().is_terminal() },
        };
        let (sender, entries) = bounded(QUEUE);
        let queue = Queue { sender, dropped: Arc::default(), waits: !is_server };
        let writer = Writer::new(form, queue.dropped.clone());
        let writer = std::thread::Builder::new().name("log".into()).spawn(move || writer.run(&entries))?;
        tracing_subscriber::registry().with(filter).with(LogLayer::new(queue.clone())).init();
        Ok(Self { queue, writer: Some(writer) })
    }

    /// A log of requests, in the same place.
    pub(crate) fn of_requests(&self) -> AccessLog {
        let queue = self.queue.clone();
        AccessLog::new(move |exchange| queue.put(Entry::Exchange(Box::new(exchange), mwallet_db::SystemSources.now())))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let _ = self.queue.sender.send(Entry::End);
        if let Some(writer) = self.writer.take() {
            // Where it has panicked, there is nowhere left to say so.
            let _ = writer.join();
        }
    }
}
