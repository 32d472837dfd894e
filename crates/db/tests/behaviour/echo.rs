//! Tests statement logging: with durations but without values, on both engines.

use std::io::Write;
use std::sync::{Mutex, Once};

use crate::support::{Trader, trader};
use mwallet_db::{Dialect, EngineOptions, Entity, Error, Sql};
use mwallet_testkit::{TestDb, both_engines};
use tracing_subscriber::filter::LevelFilter;

/// Everything that this program has logged.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Logger;

impl Write for Logger {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Starts capturing the log of all threads, because SQLite has its own, and of all drivers, because PostgreSQL's logs
/// values at some levels.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt().with_ansi(false).with_max_level(LevelFilter::DEBUG).with_writer(|| Logger).init();
    });
}

#[both_engines]
async fn the_log_of_statements_has_their_times_and_no_values(db: TestDb) {
    listen();
    let echoing = db.engine_with(EngineOptions { echo: true, ..EngineOptions::default() });
    echoing.create_all(&[Trader::table()]).await.unwrap();
    // The name distinguishes the two engines, which share the log.
    let (loud, quiet, name) = match db.dialect() {
        Dialect::Postgres => ("SELECT CAST($1 AS text) AS said_by_postgres", "SELECT 'quiet postgres'", "postgres"),
        Dialect::Sqlite => ("SELECT CAST($1 AS text) AS said_by_sqlite", "SELECT 'quiet sqlite'", "sqlite"),
    };
    let mut session = echoing.sessions().begin().await.unwrap();
    session.run(Sql::new(loud).bind("secret-value")).await.unwrap();
    session.add(trader("secret-value"));
    session.flush().await.unwrap();
    session.add(trader("secret-value"));
    let error = session.flush().await.unwrap_err();
    assert!(matches!(error, Error::Constraint(_)) && !format!("{error:?}").contains("secret-value"), "{error:?}");
    drop(session);
    let mut session = db.engine.sessions().begin().await.unwrap();
    session.run(Sql::new(quiet)).await.unwrap();

    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    assert!(!log.contains("secret-value"), "{log}");
    assert!(!log.contains(&format!("quiet {name}")), "an engine without echo is quiet:\n{log}");
    for part in [format!("AS said_by_{name}"), "INSERT INTO \"traders\"".into()] {
        let line = log.lines().find(|line| line.contains(&part)).unwrap_or_else(|| panic!("no {part} in:\n{log}"));
        let (_, took) = line.split_once("took_us=").unwrap();
        assert!(line.contains("mwallet::sql"), "{line}");
        assert!(took.chars().next().unwrap().is_ascii_digit(), "{line}");
    }
}
