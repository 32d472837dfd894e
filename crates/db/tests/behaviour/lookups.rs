//! Tests lookups: pipelined on one connection in PostgreSQL, and on the calling thread in SQLite.

use std::time::{Duration, Instant};

use futures::future::join_all;
use mwallet_db::schema::Record;
use mwallet_db::{CatalogTable, Dialect, EngineOptions, Entity, Error, Query, crud};
use mwallet_testkit::{TestDb, both_engines, connect};

use crate::support::{Offer, Trader, empty_offer, trader};

async fn set_up(db: &TestDb) {
    db.engine.create_all(&[Trader::table(), Offer::table()]).await.unwrap();
    Trader::create_many(&db.engine, (1..=300).map(|n| trader(&format!("t{n}")))).await.unwrap();
    empty_offer().create(&db.engine).await.unwrap();
}

/// Reads the name of a trader as a client does.
async fn name(engine: &mwallet_db::Engine, id: i64) -> mwallet_db::Result<String> {
    let relation = CatalogTable::new(Trader::table().clone());
    let query = Query::new().identifier(id).include(["name"]);
    let found = crud::data_plane::retrieve(engine, &relation, &query).await?;
    Ok(String::from_utf8(found.objects().to_vec()).unwrap())
}

#[both_engines]
async fn each_of_many_gets_its_own_row(db: TestDb) {
    set_up(&db).await;
    let found = join_all((1..=300).map(|id| name(&db.engine, id))).await;
    for (id, found) in (1..).zip(found) {
        assert_eq!(found.unwrap(), format!(r#"{{"name":"t{id}"}}"#));
    }
    assert_eq!(name(&db.engine, 301).await.unwrap(), "");
}

#[both_engines]
async fn a_row_is_seen_as_soon_as_it_is_acknowledged(db: TestDb) {
    set_up(&db).await;
    for round in 0..100 {
        let changes = Record::from_iter([("name".to_owned(), format!("r{round}"))]);
        crud::update(&db.engine, Trader::table(), &Query::new().identifier(7), changes).await.unwrap();
        assert_eq!(name(&db.engine, 7).await.unwrap(), format!(r#"{{"name":"r{round}"}}"#));
    }
}

#[both_engines]
async fn a_closed_engine_looks_nothing_up(db: TestDb) {
    set_up(&db).await;
    name(&db.engine, 1).await.unwrap();
    db.engine.close().await;
    assert!(matches!(name(&db.engine, 1).await, Err(Error::Unavailable(_))));
}

#[test]
fn a_lock_on_one_table_holds_up_its_own_lookups_only() {
    mwallet_testkit::run(Dialect::Postgres, async |db: TestDb| {
        set_up(&db).await;
        let offers = CatalogTable::new(Offer::table().clone());
        name(&db.engine, 1).await.unwrap();
        let other = connect(&db.url).await;
        other.batch_execute("BEGIN; LOCK TABLE offers IN ACCESS EXCLUSIVE MODE").await.unwrap();

        let (engine, query) = (db.engine.clone(), Query::new().identifier(1));
        let locked = tokio::spawn(async move { crud::data_plane::retrieve(&engine, &offers, &query).await });
        tokio::time::sleep(Duration::from_millis(50)).await;
        let begun = Instant::now();
        assert_eq!(name(&db.engine, 2).await.unwrap(), r#"{"name":"t2"}"#);
        assert!(begun.elapsed() < Duration::from_secs(2), "it waited {:?} behind a lock", begun.elapsed());
        // From then on no lookup waits behind the lock.
        let begun = Instant::now();
        assert_eq!(name(&db.engine, 3).await.unwrap(), r#"{"name":"t3"}"#);
        assert!(begun.elapsed() < Duration::from_millis(400), "it waited {:?} behind a lock", begun.elapsed());

        other.batch_execute("COMMIT").await.unwrap();
        assert_eq!(locked.await.unwrap().unwrap().rows(), 1);
    });
}

#[test]
fn a_lookup_ends_at_the_limit_of_a_statement() {
    mwallet_testkit::run(Dialect::Postgres, async |db: TestDb| {
        set_up(&db).await;
        let limit = Duration::from_millis(800);
        let engine = db.engine_with(EngineOptions { statement_timeout: limit, ..EngineOptions::default() });
        name(&engine, 1).await.unwrap();
        let other = connect(&db.url).await;
        other.batch_execute("BEGIN; LOCK TABLE traders IN ACCESS EXCLUSIVE MODE").await.unwrap();
        assert!(matches!(name(&engine, 1).await, Err(Error::Timeout)));
        // Nothing keeps running on the server. Within a transaction, `pg_stat_activity` would not change.
        let watcher = connect(&db.url).await;
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND pid <> pg_backend_pid() AND state = 'active'";
        let begun = Instant::now();
        while watcher.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) > 0 {
            assert!(begun.elapsed() < Duration::from_secs(2), "a lookup that was given up still waits for its lock");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
}

#[test]
fn a_connection_that_the_server_ends_is_replaced_unseen() {
    mwallet_testkit::run(Dialect::Postgres, async |db: TestDb| {
        set_up(&db).await;
        let other = connect(&db.url).await;
        for round in 1..=5 {
            assert_eq!(name(&db.engine, round).await.unwrap(), format!(r#"{{"name":"t{round}"}}"#));
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%traders%'";
            other.query(sql, &[]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}

#[test]
fn a_file_that_another_program_holds_is_waited_for() {
    mwallet_testkit::run(Dialect::Sqlite, async |db: TestDb| {
        set_up(&db).await;
        db.engine.close().await;
        // Only a database without a WAL can be locked against readers.
        let other = rusqlite::Connection::open(db.folder.path().join("test.db")).unwrap();
        other.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
        let engine = db.engine_with(EngineOptions::default());
        let held = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            drop(other);
        });
        assert_eq!(name(&engine, 5).await.unwrap(), r#"{"name":"t5"}"#);
        held.join().unwrap();
    });
}
