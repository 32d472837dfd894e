//! Tests slow, old and cancelled readers, which must not cost memory, CPU time, WAL space or other clients'
//! connections.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use mwallet_db::schema::{ColumnType, Table};
use mwallet_db::{
    Batches, CatalogTable, DatabaseUrl, Dialect, Engine, EngineOptions, Error, Query, ReadEnd, Sql, SqliteUrl, crud,
};
use mwallet_testkit::{TestDb, both_engines, run};

/// Inserts rows of half a kilobyte.
pub(crate) async fn fill(db: &TestDb, rows: i64) -> CatalogTable {
    let sql = match db.dialect() {
        Dialect::Sqlite => {
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
             INSERT INTO wide (id, memo) SELECT i, hex(randomblob(250)) FROM n"
        }
        Dialect::Postgres => {
            "INSERT INTO wide (id, memo) SELECT i, repeat(md5(i::text), 16) FROM generate_series(1, $1::int8) AS s(i)"
        }
    };
    let table = wide();
    db.engine.create_all(&[&table]).await.unwrap();
    crud::execute::<(i64,)>(&db.engine, Sql::new(sql).bind(rows)).await.unwrap();
    CatalogTable::new(table)
}

fn wide() -> Table {
    let mut table = Table::new("wide");
    table.columns.push(mwallet_db::schema::Column::new("id", ColumnType::BigInt));
    table.columns.push(mwallet_db::schema::Column::new("memo", ColumnType::Text { max: None }).nullable());
    table.primary_key = vec!["id".into()];
    table
}

async fn list(engine: &Engine, relation: &CatalogTable, query: &Query) -> mwallet_db::Result<Batches<'static>> {
    crud::data_plane::list(engine, relation, query).await
}

/// Reads to the end, and returns the number of rows.
pub(crate) async fn rest(batches: &mut Batches<'static>) -> u64 {
    let mut rows = 0;
    while let Some(batch) = batches.next_json().await {
        rows += batch.unwrap().rows();
    }
    rows
}

/// Reads until it fails.
pub(crate) async fn failure(batches: &mut Batches<'static>) -> Error {
    loop {
        match batches.next_json().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => return error,
            None => panic!("the rows came to their end"),
        }
    }
}

/// Returns a query that takes minutes.
fn endless() -> Sql {
    Sql::new("SELECT count(*) FROM wide a, wide b, wide c WHERE a.memo < b.memo AND b.memo < c.memo")
        .returns("count", ColumnType::BigInt)
}

fn path(db: &TestDb) -> PathBuf {
    match &db.url {
        DatabaseUrl::Sqlite(SqliteUrl::File(path)) => path.clone(),
        other => panic!("{other} is no file"),
    }
}

fn log_bytes(db: &TestDb) -> u64 {
    fs::metadata(path(db).with_extension("db-wal")).map_or(0, |log| log.len())
}

#[both_engines]
async fn readiness_and_lookups_need_no_place_of_slow_queries(db: TestDb) {
    let relation = fill(&db, 2_000).await;
    let engine = db.engine_with(EngineOptions { pool_size: 4, ..EngineOptions::default() });
    engine.warm_up().await.unwrap();
    let slow: Vec<_> = (0..8)
        .map(|_| {
            let engine = engine.clone();
            tokio::spawn(async move { crud::select::<(i64,)>(&engine, endless()).await.map(drop) })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    engine.ping().await.unwrap();
    let found = crud::data_plane::retrieve(&engine, &relation, &Query::new().identifier(7)).await.unwrap();
    assert_eq!(found.rows(), 1);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    slow.iter().for_each(tokio::task::JoinHandle::abort);
}

#[both_engines]
async fn a_stream_waits_for_its_place_as_long_as_for_a_connection(db: TestDb) {
    let relation = fill(&db, 20_000).await;
    let options = EngineOptions { pool_size: 2, pool_timeout: Duration::from_millis(300), ..EngineOptions::default() };
    let engine = db.engine_with(options);
    let mut held = Vec::new();
    // Start more streams than either engine allows.
    let begun = loop {
        let begun = Instant::now();
        match list(&engine, &relation, &Query::new()).await {
            Ok(batches) => held.push(batches),
            Err(Error::Busy) => break begun,
            Err(error) => panic!("{error:?}"),
        }
        assert!(held.len() < 40);
    };
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_millis(250) && waited < Duration::from_secs(3), "{waited:?}");
}

#[test]
fn a_statement_ends_when_nobody_waits_for_it() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let relation = fill(&db, 2_000).await;
        let options =
            EngineOptions { pool_size: 1, pool_timeout: Duration::from_millis(200), ..EngineOptions::default() };
        let engine = db.engine_with(options);
        let give_up = async |work: Vec<tokio::task::JoinHandle<()>>| {
            tokio::time::sleep(Duration::from_millis(300)).await;
            work.iter().for_each(tokio::task::JoinHandle::abort);
        };
        // The query occupies the only reader thread.
        let asked = engine.clone();
        give_up(vec![tokio::spawn(async move { drop(crud::select::<(i64,)>(&asked, endless()).await) })]).await;
        let begun = Instant::now();
        assert_eq!(crud::count(&engine, relation.table(), &Query::new()).await.unwrap(), 2_000);
        assert!(begun.elapsed() < Duration::from_millis(200), "it went on for {:?}", begun.elapsed());

        // Streams that have started, whose next rows take long to find, and which occupy all threads for long reads.
        let sql = "CREATE VIEW far AS SELECT a.id, a.memo FROM wide a WHERE a.id <= 200
                   OR (SELECT count(*) FROM wide b, wide c WHERE b.memo < c.memo AND b.memo < a.memo) < 0";
        crud::execute::<(i64,)>(&db.engine, Sql::new(sql)).await.unwrap();
        let far = CatalogTable::new(Table { name: "far".into(), ..relation.table().clone() });
        let mut streams = Vec::new();
        for _ in 0..16 {
            let (engine, far) = (engine.clone(), far.clone());
            streams.push(tokio::spawn(async move {
                let mut batches = list(&engine, &far, &Query::new()).await.unwrap();
                while let Some(batch) = batches.next_json().await {
                    batch.unwrap();
                }
            }));
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        give_up(streams).await;
        let mut batches = list(&engine, &relation, &Query::new()).await.unwrap();
        batches.next_json().await.unwrap().unwrap();
    });
}

#[test]
fn a_read_that_lasts_too_long_is_ended_and_says_so() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let relation = fill(&db, 20_000).await;
        let engine =
            db.engine_with(EngineOptions { read_timeout: Duration::from_millis(400), ..EngineOptions::default() });
        let mut batches = list(&engine, &relation, &Query::new()).await.unwrap();
        batches.next_json().await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(600)).await;
        let ended = failure(&mut batches).await;
        assert!(matches!(ended, Error::ReadEnded { why: ReadEnd::TooOld }), "{ended:?}");
        assert_eq!(ended.code(), "72000");
        // A fast reader gets all rows.
        let mut batches = list(&engine, &relation, &Query::new()).await.unwrap();
        assert_eq!(rest(&mut batches).await, 20_000);
    });
}

#[test]
fn a_slow_reader_does_not_make_the_log_grow_without_bound() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let relation = fill(&db, 20_000).await;
        let mut slow = list(&db.engine, &relation, &Query::new()).await.unwrap();
        slow.next_json().await.unwrap().unwrap();
        let update = Sql::new("UPDATE wide SET memo = hex(randomblob(250)) WHERE id % 4 = $1");
        let mut largest = 0;
        for round in 0..60 {
            crud::execute::<(i64,)>(&db.engine, update.clone().bind(round % 4)).await.unwrap();
            largest = largest.max(log_bytes(&db));
        }
        assert!(largest > 20_000_000, "the log never grew: {largest}");
        assert!(largest <= 64_000_000 + 12_000_000, "the log grew to {largest}");
        let ended = loop {
            match slow.next_json().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => break error,
                None => panic!("the rows came to their end"),
            }
        };
        assert!(matches!(ended, Error::ReadEnded { why: ReadEnd::LogTooLarge }), "{ended:?}");
        // The WAL is truncated while nobody writes.
        let begun = Instant::now();
        while log_bytes(&db) > 8_000_000 {
            assert!(begun.elapsed() < Duration::from_secs(5), "the log still has {} bytes", log_bytes(&db));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
}

#[test]
fn a_log_is_cut_after_a_large_write() {
    run(Dialect::Sqlite, async |db: TestDb| {
        fill(&db, 60_000).await;
        let begun = Instant::now();
        while log_bytes(&db) > 8_000_000 {
            assert!(begun.elapsed() < Duration::from_secs(5), "the log still has {} bytes", log_bytes(&db));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
}
