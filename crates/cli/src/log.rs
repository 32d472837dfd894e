//! The log: lines of text or JSON on standard error.
//!
//! A separate thread writes the lines, so that no other thread waits for a disk or a terminal. A server does not even
//! wait for room in the queue: it drops lines that do not fit, and counts them.

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

/// The default of `RUST_LOG`: warnings and errors, and statements that are echoed.
const DEFAULT: &str = "warn,mwallet::sql=info,mwallet_auth=info";

/// The most lines that may wait to be written.
const QUEUE: usize = 8_192;

/// The format of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people
    #[default]
    Text,
    /// JSON for programs, one object per line
    Json,
}

/// A message to the thread that writes.
enum Entry {
    Line(Line),
    /// A request that was answered, and the time.
    Exchange(Box<Exchange>, Timestamp),
    /// The last message.
    End,
}

/// The queue to the thread that writes.
#[derive(Clone)]
struct Queue {
    sender: Sender<Entry>,
    /// The number of lines that did not fit.
    dropped: Arc<AtomicU64>,
    /// Whether to wait for room instead of dropping lines.
    waits: bool,
}

impl Queue {
    fn enqueue(&self, entry: Entry) {
        if self.waits {
            // This fails only after the thread that writes has ended.
            let _ = self.sender.send(entry);
        } else if let Err(TrySendError::Full(_)) = self.sender.try_send(entry) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The log of the running program. Dropping it writes the lines that are still in the queue.
pub(crate) struct Log {
    queue: Queue,
    writer: Option<JoinHandle<()>>,
}

impl Log {
    /// Starts to log what `RUST_LOG` asks for. A server drops lines rather than waits.
    pub(crate) fn start(format: Format, is_server: bool) -> Result<Self> {
        let wanted = std::env::var("RUST_LOG").unwrap_or_else(|_| DEFAULT.to_owned());
        let filter = EnvFilter::builder().parse(&wanted);
        let filter =
            filter.map_err(|error| Failure::new(format!("cannot parse RUST_LOG: {error}")).code("invalid_setting"))?;
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

    /// An access log that writes to this log.
    pub(crate) fn of_requests(&self) -> AccessLog {
        let queue = self.queue.clone();
        AccessLog::new(move |exchange| {
            queue.enqueue(Entry::Exchange(Box::new(exchange), mwallet_db::SystemSources.now()))
        })
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let _ = self.queue.sender.send(Entry::End);
        if let Some(writer) = self.writer.take() {
            // If the thread has panicked, there is nowhere left to report it.
            let _ = writer.join();
        }
    }
}
