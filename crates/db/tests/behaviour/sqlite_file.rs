//! Tests a SQLite file that is deleted, replaced or restored behind the server's back, and its permissions.
//!
//! PostgreSQL protects its own files.

use std::fs;
use std::path::PathBuf;

use crate::support::{Trader, trader};
use mwallet_db::{DatabaseUrl, Dialect, Engine, EngineOptions, Entity, Error, Query, Result, SqliteUrl, crud};
use mwallet_testkit::{TestDb, run};

fn path(db: &TestDb) -> PathBuf {
    match &db.url {
        DatabaseUrl::Sqlite(SqliteUrl::File(path)) => path.clone(),
        other => panic!("{other} is no file"),
    }
}

fn log(db: &TestDb) -> PathBuf {
    path(db).with_extension("db-wal")
}

async fn create(engine: &Engine, name: &str) -> Result<Trader> {
    trader(name).create(engine).await
}

async fn count(engine: &Engine) -> Result<u64> {
    crud::count(engine, Trader::table(), &Query::new()).await
}

/// Creates a database with one row and opens all connections.
async fn open(db: &TestDb) {
    db.engine.create_all(&[Trader::table()]).await.unwrap();
    create(&db.engine, "ada").await.unwrap();
    assert_eq!(count(&db.engine).await.unwrap(), 1);
}

fn is_gone<T: std::fmt::Debug>(result: Result<T>) {
    match result {
        Err(error @ Error::FileGone { .. }) => assert_eq!(error.code(), "58P01"),
        other => panic!("{other:?}"),
    }
}

/// Checks that writes are not acknowledged, nothing is read from another file, and health checks fail.
async fn everything_is_refused(db: &TestDb) {
    is_gone(create(&db.engine, "eve").await);
    is_gone(db.engine.ping().await);
    is_gone(count(&db.engine).await);
    is_gone(db.engine.sessions().begin().await.map(drop));
    is_gone(Trader::by_key(1).one(&db.engine).await);
    // Together, as a group.
    let all = futures::future::join_all((0..20).map(|n| create(&db.engine, ["x", "y"][n % 2]))).await;
    all.into_iter().for_each(is_gone);
}

#[test]
fn nothing_is_acknowledged_into_a_file_that_was_emptied() {
    run(Dialect::Sqlite, async |db: TestDb| {
        open(&db).await;
        let emptied = fs::OpenOptions::new().write(true).open(path(&db)).unwrap();
        emptied.set_len(0).unwrap();
        everything_is_refused(&db).await;
        emptied.set_len(100).unwrap();
        everything_is_refused(&db).await;
    });
}

#[test]
fn nothing_is_acknowledged_into_a_file_that_was_removed() {
    run(Dialect::Sqlite, async |db: TestDb| {
        open(&db).await;
        fs::remove_file(path(&db)).unwrap();
        everything_is_refused(&db).await;
        assert!(!path(&db).exists(), "only the first opening may make the file");
    });
}

#[test]
fn another_file_in_its_place_is_not_taken_for_it() {
    run(Dialect::Sqlite, async |db: TestDb| {
        open(&db).await;
        let other = db.folder.path().join("other.db");
        let engine = Engine::new(&DatabaseUrl::Sqlite(SqliteUrl::File(other.clone()))).unwrap();
        engine.create_all(&[Trader::table()]).await.unwrap();
        engine.close().await;
        let kept = db.folder.path().join("kept.db");
        fs::rename(path(&db), &kept).unwrap();
        fs::rename(&other, path(&db)).unwrap();
        everything_is_refused(&db).await;
        // Once restored, the file is used again, with what was acknowledged and nothing else.
        fs::rename(&kept, path(&db)).unwrap();
        assert!(create(&db.engine, "ben").await.is_ok());
        db.engine.ping().await.unwrap();
        assert_eq!(count(&db.engine).await.unwrap(), 2);
    });
}

#[test]
fn nothing_is_acknowledged_into_a_log_that_was_removed() {
    run(Dialect::Sqlite, async |db: TestDb| {
        open(&db).await;
        fs::remove_file(log(&db)).unwrap();
        is_gone(create(&db.engine, "eve").await);
        is_gone(db.engine.ping().await);
    });
}

#[test]
fn a_session_whose_file_goes_does_not_commit() {
    run(Dialect::Sqlite, async |db: TestDb| {
        open(&db).await;
        let mut session = db.engine.sessions().begin().await.unwrap();
        session.add(trader("eve"));
        session.flush().await.unwrap();
        fs::remove_file(path(&db)).unwrap();
        is_gone(session.commit().await);
    });
}

#[test]
fn a_file_that_goes_during_a_transaction_is_seen_after_its_commit() {
    run(Dialect::Sqlite, async |db: TestDb| {
        open(&db).await;
        // The writer is busy while the file is deleted, so the waiting write starts without its file.
        let session = db.engine.sessions().begin().await.unwrap();
        let engine = db.engine.clone();
        let waits = tokio::spawn(async move { create(&engine, "eve").await });
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        fs::remove_file(path(&db)).unwrap();
        drop(session);
        is_gone(waits.await.unwrap());
    });
}

#[test]
fn a_connection_that_is_opened_again_has_another_log() {
    run(Dialect::Sqlite, async |db: TestDb| {
        open(&db).await;
        db.engine.close().await;
        assert!(!log(&db).exists());
        let engine = db.engine_with(EngineOptions::default());
        assert_eq!(count(&engine).await.unwrap(), 1);
        create(&engine, "ben").await.unwrap();
        engine.ping().await.unwrap();
    });
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_what_is_made() {
    use std::os::unix::fs::PermissionsExt;
    run(Dialect::Sqlite, async |db: TestDb| {
        open(&db).await;
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(path(&db)), 0o600);
        assert_eq!((mode(log(&db)), mode(path(&db).with_extension("db-shm"))), (0o600, 0o600));
        db.engine.close().await;
        // An existing file keeps its mode.
        fs::set_permissions(path(&db), fs::Permissions::from_mode(0o640)).unwrap();
        let engine = db.engine_with(EngineOptions::default());
        create(&engine, "ben").await.unwrap();
        assert_eq!((mode(path(&db)), mode(log(&db))), (0o640, 0o640));
    });
}
