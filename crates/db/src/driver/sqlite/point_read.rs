//! Lookups on the calling thread.
//!
//! Reading a row by an index takes a few microseconds, less than waking another thread and being woken again. So a
//! thread borrows a connection, reads, and returns it. There are as many connections as threads ever read at once.
//! None of them waits for a lock: if another program has locked the file, the read goes to the reader threads.
//!
//! Beginning and ending a transaction costs as much as reading the row, because of file locks and a process-wide
//! mutex. So while nobody writes, a lookup leaves its transaction open for the next one, which only checks whether
//! anyone has committed since ([`WalIndex`]). An open transaction prevents the WAL from being checkpointed and reset.
//! It is therefore ended before the writer begins, and for the sake of other programs after [`HOLD`] at most. After
//! another program has written, no transaction is kept open for that long.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;

use super::Settings;
use super::connection::{self, DeadlineConnection, Role};
use super::deadline::after;
use super::execute::{self, execute, roll_back};
use super::wal_index::{Header, WalIndex};
use crate::error::{Error, Result};
use crate::statement::{Format, Output, Statement};

/// The maximum time that a transaction is kept open, and the pause after another program has written.
const HOLD: Duration = Duration::from_millis(100);

/// The connections for lookups.
#[derive(Clone)]
pub(super) struct PointReads {
    settings: Arc<Settings>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The connections that are not in use. Empty once the engine is closed.
    idle: Vec<PointReader>,
    is_closed: bool,
    /// The number of write jobs of this program that are running or about to start.
    writers: usize,
    /// Whether another program has written since the last tick.
    others_wrote: bool,
    /// Whether the clock task runs, without which no transaction may be kept open.
    ticks: bool,
}

/// A connection and the transaction that it may keep open.
struct PointReader {
    timed: DeadlineConnection,
    index: Option<WalIndex>,
    /// The WAL index header at the beginning of the open transaction.
    held: Option<Header>,
}

/// Prevents lookups from keeping transactions open while it exists.
pub(super) struct Writing {
    state: Arc<Mutex<State>>,
}

impl PointReads {
    pub(super) fn new(settings: Arc<Settings>) -> Self {
        Self { settings, state: Arc::default() }
    }

    /// Runs a lookup and collects its rows. Returns `None` if it would have to wait.
    pub(super) fn run(&self, statement: &Statement, format: Format) -> Option<Result<Output>> {
        let (kept, may_keep_open) = {
            let mut state = lock(&self.state);
            if state.is_closed {
                return None;
            }
            let may_keep_open = state.may_keep_open() && self.start_clock(&mut state);
            (state.idle.pop(), may_keep_open)
        };
        let mut lookup = match kept.map_or_else(|| PointReader::open(&self.settings), Ok) {
            Ok(lookup) => lookup,
            // The reader threads will meet the same error and can wait for it to pass.
            Err(_) => return None,
        };
        lookup.timed.set_deadline(after(self.settings.statement_timeout));
        // As on a reader thread, a panic fails the request and drops the connection.
        let read = AssertUnwindSafe(|| {
            let others_wrote = lookup.begin(may_keep_open);
            (others_wrote, execute::run(&lookup.timed.connection, statement, format, self.settings.echo))
        });
        let Ok((others_wrote, result)) = catch_unwind(read) else { return Some(Err(Error::Cancelled)) };
        let mut state = lock(&self.state);
        state.others_wrote |= others_wrote;
        if result.is_err() || !state.may_keep_open() || !state.ticks {
            lookup.end();
        }
        if !state.is_closed {
            state.idle.push(lookup);
        }
        (!matches!(result, Err(Error::Busy))).then_some(result)
    }

    /// Ends open transactions, and prevents new ones until the result is dropped.
    pub(super) fn writing(&self) -> Writing {
        let mut state = lock(&self.state);
        state.writers += 1;
        state.release();
        Writing { state: self.state.clone() }
    }

    /// Opens connections for this many threads.
    pub(super) fn warm_up(&self, threads: usize) -> Result<()> {
        for _ in 0..threads {
            let lookup = PointReader::open(&self.settings)?;
            let mut state = lock(&self.state);
            if !state.is_closed {
                state.idle.push(lookup);
            }
        }
        Ok(())
    }

    /// Closes the connections.
    pub(super) fn close(&self) {
        let mut state = lock(&self.state);
        state.is_closed = true;
        state.idle.clear();
    }

    /// Starts the clock unless it runs. It stops when there was nothing to end for a while. Returns whether it runs.
    fn start_clock(&self, state: &mut State) -> bool {
        if !state.ticks {
            let Ok(runtime) = Handle::try_current() else { return false };
            state.ticks = true;
            let clock = Clock { state: Arc::downgrade(&self.state) };
            runtime.spawn(async move {
                loop {
                    tokio::time::sleep(HOLD).await;
                    match clock.state.upgrade() {
                        Some(state) if lock(&state).tick() => {}
                        _ => break,
                    }
                }
            });
        }
        true
    }
}

/// The task that ends transactions in time. Dropped when the task or its runtime stops.
struct Clock {
    state: Weak<Mutex<State>>,
}

impl Drop for Clock {
    fn drop(&mut self) {
        if let Some(state) = self.state.upgrade() {
            let mut state = lock(&state);
            state.ticks = false;
            state.release();
        }
    }
}

impl State {
    fn may_keep_open(&self) -> bool {
        self.writers == 0 && !self.others_wrote
    }

    /// Ends open transactions and resets `others_wrote`. Returns whether the clock must continue.
    fn tick(&mut self) -> bool {
        let others_wrote = std::mem::take(&mut self.others_wrote);
        self.ticks = self.release() || others_wrote;
        self.ticks
    }

    /// Ends open transactions. Returns whether there were any.
    fn release(&mut self) -> bool {
        let mut any = false;
        for lookup in &mut self.idle {
            any |= lookup.end();
        }
        any
    }
}

impl PointReader {
    fn open(settings: &Settings) -> Result<Self> {
        let timed = connection::open(settings, Role::Lookup)?;
        let index = if settings.keeps_log() { WalIndex::open(&timed.connection)? } else { None };
        Ok(Self { timed, index, held: None })
    }

    /// Makes the connection see the current state of the database. Returns whether its open transaction was outdated.
    fn begin(&mut self, may_keep_open: bool) -> bool {
        let Some(index) = &self.index else { return false };
        // Read the header before beginning, so that the transaction is never older than the header.
        let now = index.header();
        if self.held == Some(now) {
            return false;
        }
        if self.end() {
            return true;
        }
        if may_keep_open && execute(&self.timed.connection, "BEGIN").is_ok() {
            self.held = Some(now);
        }
        false
    }

    /// Ends the open transaction. Returns whether there was one.
    fn end(&mut self) -> bool {
        let held = self.held.take().is_some();
        if held {
            roll_back(&self.timed.connection);
        }
        held
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        lock(&self.state).writers -= 1;
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use mwallet_schema::{ColumnType, Value};
    use rusqlite::Connection;

    use super::*;
    use crate::columns::{OutputColumn, OutputKind};
    use crate::driver::sqlite::{DatabaseFile, Location};

    /// Opens lookups on a file, and another connection to it.
    fn lookups(directory: &tempfile::TempDir, foreign: bool) -> (PointReads, Connection) {
        let path = directory.path().join("lookups.db");
        let other = Connection::open(&path).unwrap();
        other.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (v); INSERT INTO t VALUES (0)").unwrap();
        let settings = Settings {
            location: Location::File(Arc::new(DatabaseFile::new(&path))),
            readers: 1,
            runtimes: 1,
            max_queued: 1,
            pool_timeout: Duration::from_secs(1),
            statement_timeout: Duration::from_secs(1),
            read_timeout: Duration::from_secs(1),
            temp_dir: None,
            read_only: false,
            existing: foreign,
            echo: false,
        };
        (PointReads::new(Arc::new(settings)), other)
    }

    fn look(lookups: &PointReads) -> Value {
        let mut statement = Statement::new("SELECT v FROM t");
        statement.columns =
            vec![OutputColumn { name: "v".into(), kind: OutputKind::Column(ColumnType::BigInt) }].into();
        let rows = lookups.run(&statement, Format::Values).unwrap().unwrap().into_values();
        rows[0][0].clone()
    }

    fn holds(lookups: &PointReads) -> bool {
        lock(&lookups.state).idle.iter().any(|lookup| lookup.held.is_some())
    }

    #[tokio::test]
    async fn what_another_program_commits_is_seen_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let (lookups, other) = lookups(&directory, false);
        for number in 1..4 {
            look(&lookups);
            assert!(holds(&lookups), "round {number}");
            other.execute("UPDATE t SET v = ?1", [number]).unwrap();
            assert_eq!(look(&lookups), Value::Int(number));
            assert!(!holds(&lookups), "where others write, their log must end");
            tokio::time::sleep(HOLD * 3).await;
        }
    }

    #[tokio::test]
    async fn what_is_held_is_let_go_in_time() {
        let directory = tempfile::tempdir().unwrap();
        let (lookups, other) = lookups(&directory, false);
        let checkpoint = || {
            other.execute("INSERT INTO t VALUES (1)", []).unwrap();
            let busy: bool = other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
            !busy
        };
        other.busy_timeout(Duration::ZERO).unwrap();
        look(&lookups);
        assert!(holds(&lookups) && !checkpoint());
        tokio::time::sleep(HOLD * 3).await;
        assert!(!holds(&lookups) && checkpoint());
        assert!(!lock(&lookups.state).ticks, "the clock goes on for nothing");
    }

    #[tokio::test]
    async fn nothing_is_held_while_this_program_writes() {
        let directory = tempfile::tempdir().unwrap();
        let (lookups, _other) = lookups(&directory, false);
        look(&lookups);
        assert!(holds(&lookups));
        let writing = lookups.writing();
        assert!(!holds(&lookups));
        look(&lookups);
        assert!(!holds(&lookups));
        drop(writing);
        look(&lookups);
        assert!(holds(&lookups));
        lookups.close();
        assert!(!holds(&lookups));
    }

    #[tokio::test]
    async fn nothing_of_a_foreign_file_is_held() {
        let directory = tempfile::tempdir().unwrap();
        let (lookups, _other) = lookups(&directory, true);
        look(&lookups);
        assert!(!holds(&lookups));
    }

    #[test]
    fn without_a_clock_nothing_is_held() {
        let directory = tempfile::tempdir().unwrap();
        let (lookups, _other) = lookups(&directory, false);
        look(&lookups);
        assert!(!holds(&lookups));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { look(&lookups) });
        assert!(holds(&lookups));
        drop(runtime);
        assert!(!holds(&lookups), "the clock has stopped");
    }
}
