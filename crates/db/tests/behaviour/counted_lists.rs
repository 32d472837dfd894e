//! Tests lists with the number of all rows: rows and number are of one moment, however long the rows take.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mwallet_db::schema::ColumnType;
use mwallet_db::{Batches, CatalogTable, Dialect, Engine, EngineOptions, Error, Query, ReadEnd, Sql, crud};
use mwallet_testkit::{TestDb, both_engines, run};

use crate::slow_readers::{failure, fill, rest};

async fn counted(engine: &Engine, table: &CatalogTable, query: &Query) -> (Batches<'static>, u64) {
    crud::data_plane::counted_list(engine, table, query).await.unwrap()
}

async fn insert(engine: &Engine, id: i64) {
    let sql = Sql::new("INSERT INTO wide (id, memo) VALUES ($1, 'new')").bind(id);
    crud::execute::<(i64,)>(engine, sql).await.unwrap();
}

#[both_engines]
async fn rows_are_as_many_as_were_counted_while_others_write(db: TestDb) {
    let table = fill(&db, 20_000).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let (writing, over) = (db.engine.clone(), is_over.clone());
    let writer = tokio::spawn(async move {
        let mut id = 1_000_000;
        while !over.load(Ordering::Relaxed) {
            insert(&writing, id).await;
            id += 1;
        }
    });
    let mut totals = Vec::new();
    for _ in 0..10 {
        let (mut batches, total) = counted(&db.engine, &table, &Query::new()).await;
        assert_eq!(rest(&mut batches).await, total);
        totals.push(total);
    }
    is_over.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    totals.dedup();
    assert!(totals.len() > 3, "nobody wrote meanwhile: {totals:?}");
}

#[both_engines]
async fn the_number_is_of_all_rows_and_short_lists_have_it_too(db: TestDb) {
    let table = fill(&db, 3_000).await;
    for (query, rows, total) in [
        (Query::new(), 3_000, 3_000),
        (Query::new().limit(2_000).skip(500), 2_000, 3_000),
        (Query::new().limit(2_000).skip(2_500), 500, 3_000),
        (Query::new().skip(4_000), 0, 3_000),
        (Query::new().limit(1_000), 1_000, 3_000),
        (Query::new().limit(0), 0, 3_000),
        (Query::new().identifier(7), 1, 1),
        (Query::new().identifier(7_000), 0, 0),
    ] {
        let (mut batches, found) = counted(&db.engine, &table, &query).await;
        assert_eq!((rest(&mut batches).await, found), (rows, total), "{query:?}");
    }
}

#[both_engines]
async fn a_slow_reader_is_not_cut_by_the_time_limit_of_sessions(db: TestDb) {
    let table = fill(&db, 20_000).await;
    let engine =
        db.engine_with(EngineOptions { transaction_timeout: Duration::from_millis(200), ..EngineOptions::default() });
    let (mut batches, total) = counted(&engine, &table, &Query::new()).await;
    let first = batches.next_json().await.unwrap().unwrap().rows();
    tokio::time::sleep(Duration::from_millis(600)).await;
    insert(&db.engine, 1_000_000).await;
    assert_eq!((first + rest(&mut batches).await, total), (20_000, 20_000));
}

/// Waits until no transaction is open on PostgreSQL.
async fn no_transaction_is_left(db: &TestDb) {
    if db.dialect() == Dialect::Sqlite {
        return;
    }
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
               AND xact_start IS NOT NULL";
    let begun = Instant::now();
    loop {
        let open = Sql::new(sql).returns("count", ColumnType::BigInt);
        if crud::select::<(i64,)>(&db.engine, open).await.unwrap() == [(0,)] {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "a transaction is still open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[both_engines]
async fn a_reader_that_goes_away_ends_the_transaction(db: TestDb) {
    let table = fill(&db, 20_000).await;
    let options = EngineOptions { pool_size: 1, ..EngineOptions::default() };
    let engine = db.engine_with(options);
    // More than may be open at a time on either engine.
    for _ in 0..40 {
        let (mut batches, _) = counted(&engine, &table, &Query::new()).await;
        batches.next_json().await.unwrap().unwrap();
    }
    no_transaction_is_left(&db).await;
    let (mut batches, total) = counted(&engine, &table, &Query::new()).await;
    assert_eq!(rest(&mut batches).await, total);
}

#[both_engines]
async fn the_end_of_the_rows_ends_the_transaction(db: TestDb) {
    let table = fill(&db, 3_000).await;
    let engine = db.engine_with(EngineOptions { pool_size: 1, ..EngineOptions::default() });
    let mut held = Vec::new();
    for _ in 0..20 {
        let (mut batches, total) = counted(&engine, &table, &Query::new()).await;
        assert_eq!(rest(&mut batches).await, total);
        held.push(batches);
    }
    no_transaction_is_left(&db).await;
}

#[both_engines]
async fn a_failure_while_rows_are_counted_is_told_and_leaves_the_connection_to_others(db: TestDb) {
    let table = fill(&db, 2_000).await;
    let sql = "CREATE VIEW endless AS SELECT a.id, a.memo FROM wide a, wide b, wide c WHERE a.memo < b.memo
               AND b.memo < c.memo";
    crud::execute::<(i64,)>(&db.engine, Sql::new(sql)).await.unwrap();
    let endless = CatalogTable::new(mwallet_db::schema::Table { name: "endless".into(), ..table.table().clone() });
    let options = EngineOptions { pool_size: 1, statement_timeout: Duration::from_millis(300), ..Default::default() };
    let engine = db.engine_with(options);
    let failed = crud::data_plane::counted_list(&engine, &endless, &Query::new()).await;
    assert!(matches!(failed, Err(Error::Timeout)), "{:?}", failed.err());
    let (mut batches, total) = counted(&engine, &table, &Query::new()).await;
    assert_eq!(rest(&mut batches).await, total);
    // Who gives up while the rows are counted ends the statement.
    let engine = db.engine_with(EngineOptions { pool_size: 1, ..EngineOptions::default() });
    let all = Query::new();
    let listed = crud::data_plane::counted_list(&engine, &endless, &all);
    assert!(tokio::time::timeout(Duration::from_millis(200), listed).await.is_err());
    no_transaction_is_left(&db).await;
    let (mut batches, total) = counted(&engine, &table, &Query::new()).await;
    assert_eq!(rest(&mut batches).await, total);
}

#[test]
fn rows_that_are_counted_have_as_much_time_as_others() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let table = fill(&db, 20_000).await;
        let engine =
            db.engine_with(EngineOptions { read_timeout: Duration::from_millis(400), ..EngineOptions::default() });
        let (mut batches, _) = counted(&engine, &table, &Query::new()).await;
        batches.next_json().await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(600)).await;
        let ended = failure(&mut batches).await;
        assert!(matches!(ended, Error::ReadEnded { why: ReadEnd::TooOld }), "{ended:?}");
    });
}

#[test]
fn a_database_in_memory_counts_and_lists_in_one_transaction() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let table = fill(&db, 1).await;
        let engine = Engine::new(&"sqlite::memory:".parse().unwrap()).unwrap();
        engine.create_all(&[table.table()]).await.unwrap();
        for id in 1..=3 {
            insert(&engine, id).await;
        }
        let (mut batches, total) = counted(&engine, &table, &Query::new().skip(1)).await;
        assert_eq!((rest(&mut batches).await, total), (2, 3));
        insert(&engine, 4).await;
    });
}
