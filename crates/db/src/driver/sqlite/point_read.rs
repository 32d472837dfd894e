//! Lookups on the thread that asks.
//!
//! A row that an index finds takes some microseconds to read: less than to wake another thread for it, and to be woken
//! when it is done. So a thread borrows a connection, reads, and puts it back. There are as many connections as threads
//! ever read at the same moment. None waits for a lock: where another program holds the file, the reader threads wait.
//!
//! To begin a transaction and to end it costs as much as the row itself: locks of the file, and a mutex that all
//! connections of the program share. So while nothing is written, a lookup leaves its transaction open for the next
//! one, which only looks whether somebody has committed since ([`WalIndex`]). What is held would keep the log from
//! being put back into the database and begun anew, so it is let go before the writer begins, after [`HOLD`] at most
//! for the sake of other programs, and not taken again for as long when one of them has written.

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

/// How long a transaction is held at most, and none is after another program has written.
const HOLD: Duration = Duration::from_millis(100);

/// The connections for lookups.
#[derive(Clone)]
pub(super) struct PointReads {
    settings: Arc<Settings>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The connections that are not in use; none any more when the engine is closed.
    idle: Vec<PointReader>,
    is_closed: bool,
    /// How many jobs of this program write, or are about to.
    writers: usize,
    /// Whether another program has written since the clock last ticked.
    others_wrote: bool,
    /// Whether the clock ticks, without which nothing may be held.
    ticks: bool,
}

/// A connection, and the transaction that it may hold.
struct PointReader {
    timed: DeadlineConnection,
    index: Option<WalIndex>,
    /// What the database was when the transaction began.
    held: Option<Header>,
}

/// As long as this is there, the writer has the log to itself.
pub(super) struct Writing {
    state: Arc<Mutex<State>>,
}

impl PointReads {
    pub(super) fn new(settings: Arc<Settings>) -> Self {
        Self { settings, state: Arc::default() }
    }

    /// Runs a lookup and gathers its rows; `None` where it would have to wait.
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
            // The reader threads meet the same, and may wait for it to pass.
            Err(_) => return None,
        };
        lookup.timed.set_deadline(after(self.settings.statement_timeout));
        // A panic costs its request and the connection, as it does on a reader thread.
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

    /// Lets go of what is held until the writer is done.
    pub(super) fn writing(&self) -> Writing {
        let mut state = lock(&self.state);
        state.writers += 1;
        state.release();
        Writing { state: self.state.clone() }
    }

    /// Opens connections for as many threads.
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

    /// Sees to it that the clock ticks, which it does until nothing was held for a while.
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

/// What ends the transactions in time. It stops where its runtime does, too.
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

    /// Lets go, and forgets that others wrote; whether the clock must go on.
    fn tick(&mut self) -> bool {
        let others_wrote = std::mem::take(&mut self.others_wrote);
        self.ticks = self.release() || others_wrote;
        self.ticks
    }

    /// Ends what is held; whether anything was.
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

    /// Makes the connection see the database as it is now; whether what it held was an older state.
    fn begin(&mut self, may_keep_open: bool) -> bool {
        let Some(index) = &self.index else { return false };
        // Before the transaction begins, so that it never is an older state than this says.
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

    /// Ends the transaction that it holds; whether there was one.
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

    /// Lookups in a file, and another connection to it.
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
