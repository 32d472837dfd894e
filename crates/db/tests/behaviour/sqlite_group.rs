//! Tests that writes committed together in SQLite still get their own results.

use std::time::Duration;

use mwallet_db::schema::Record;
use mwallet_db::schema::{Column, ColumnDefault, ColumnType, Table};
use mwallet_db::{CatalogTable, Dialect, Engine, Error, Format, Query, Sql, crud};
use mwallet_testkit::TestDb;

fn table(name: &str) -> Table {
    let mut table = Table::new(name);
    table.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
    table.columns.push(Column::new("parent_id", ColumnType::BigInt).nullable());
    table.columns.push(Column::new("memo", ColumnType::Text { max: None }));
    table.primary_key.push("id".into());
    table
}

/// Creates rows with a deferred foreign key, and a trigger that ends the transaction.
async fn set_up(db: &TestDb) -> Table {
    let connection = rusqlite::Connection::open(db.folder.path().join("test.db")).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             CREATE TABLE notes (
                 id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED,
                 memo TEXT NOT NULL
             );
             CREATE TRIGGER no_bombs BEFORE INSERT ON notes WHEN new.memo = 'bomb'
             BEGIN SELECT RAISE(ROLLBACK, 'no bombs'); END;",
        )
        .unwrap();
    table("notes")
}

fn note(memo: &str, parent: Option<i64>) -> Record {
    let mut record = Record::from([("memo", memo)]);
    record.set("parent_id", parent);
    record
}

/// Holds the writer while requests queue up, so that they form one group.
async fn while_the_writer_is_held<T>(engine: &Engine, queue: impl AsyncFnOnce() -> T) -> T {
    let session = engine.sessions().begin().await.unwrap();
    let queued = queue().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    session.roll_back().await.unwrap();
    queued
}

#[test]
fn a_group_that_fails_as_a_whole_answers_each_rightly() {
    mwallet_testkit::run(Dialect::Sqlite, async |db: TestDb| {
        let table = set_up(&db).await;
        let requests: Vec<Record> = (0..5)
            .map(|number| note(&format!("good {number}"), None))
            .chain([note("orphan", Some(999)), note("bomb", None)])
            .chain((5..10).map(|number| note(&format!("good {number}"), None)))
            .collect();
        let tasks = while_the_writer_is_held(&db.engine, async || {
            let spawn = |record: Record| {
                let (engine, table) = (db.engine.clone(), table.clone());
                tokio::spawn(async move { crud::create(&engine, &table, record).await })
            };
            requests.into_iter().map(spawn).collect::<Vec<_>>()
        })
        .await;
        let mut codes = Vec::new();
        for task in tasks {
            codes.push(task.await.unwrap().map_err(|error| error.code().to_owned()));
        }
        for (position, result) in codes.iter().enumerate() {
            match position {
                5 => assert_eq!(result.as_ref().unwrap_err(), "23503", "the deferred key"),
                6 => assert_eq!(result.as_ref().unwrap_err(), "P0001", "the trigger"),
                _ => assert!(result.is_ok(), "{position}: {result:?}"),
            }
        }
        let rows = crud::list(&db.engine, &table, &Query::new().order_asc("memo")).await.unwrap();
        assert_eq!(rows.len(), 10);
        assert!(rows.iter().all(|row| matches!(row.get("memo"), Some(memo) if format!("{memo:?}").contains("good"))));
    });
}

#[test]
fn a_request_that_fails_alone_leaves_its_group_standing() {
    mwallet_testkit::run(Dialect::Sqlite, async |db: TestDb| {
        let table = set_up(&db).await;
        let tasks = while_the_writer_is_held(&db.engine, async || {
            let spawn = |id: i64| {
                let (engine, table) = (db.engine.clone(), table.clone());
                tokio::spawn(async move {
                    let mut record = note("same", None);
                    record.set("id", id);
                    crud::create(&engine, &table, record).await
                })
            };
            [1, 2, 1, 3].map(spawn)
        })
        .await;
        let mut failed = 0;
        for task in tasks {
            if let Err(error) = task.await.unwrap() {
                assert_eq!(error.code(), "23505");
                failed += 1;
            }
        }
        assert_eq!(failed, 1);
        assert_eq!(crud::count(&db.engine, &table, &Query::new()).await.unwrap(), 3);
    });
}

#[test]
fn statements_of_one_request_are_all_or_nothing_in_a_group() {
    mwallet_testkit::run(Dialect::Sqlite, async |db: TestDb| {
        let table = set_up(&db).await;
        let tasks = while_the_writer_is_held(&db.engine, async || {
            let spawn = |ids: Vec<i64>| {
                let (engine, table) = (db.engine.clone(), table.clone());
                tokio::spawn(async move {
                    let records = ids.into_iter().map(|id| {
                        let mut record = note("many", None);
                        record.set("id", id);
                        record
                    });
                    crud::create_many(&engine, &table, records).await.map(|rows| rows.len())
                })
            };
            [vec![1, 2, 3], vec![4, 5, 1], vec![6]].map(spawn)
        })
        .await;
        let mut written = Vec::new();
        for task in tasks {
            written.push(task.await.unwrap().ok());
        }
        // The first one to run is complete, and the other left nothing.
        assert_eq!(written.iter().flatten().sum::<usize>(), 4, "{written:?}");
        assert_eq!(crud::count(&db.engine, &table, &Query::new()).await.unwrap(), 4);
    });
}

#[test]
fn what_was_acknowledged_is_in_the_file_and_synced() {
    mwallet_testkit::run(Dialect::Sqlite, async |db: TestDb| {
        let table = set_up(&db).await;
        crud::create(&db.engine, &table, note("kept", None)).await.unwrap();
        // Another program sees the row while the engine is still open.
        let other = rusqlite::Connection::open(db.folder.path().join("test.db")).unwrap();
        let count: i64 = other.query_row("SELECT count(*) FROM notes", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 1);
        let mut session = db.engine.sessions().begin().await.unwrap();
        for (pragma, expected) in [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")] {
            let sql = match pragma {
                "journal_mode" => Sql::new("SELECT journal_mode || '' FROM pragma_journal_mode"),
                "synchronous" => Sql::new("SELECT synchronous || '' FROM pragma_synchronous"),
                _ => Sql::new("SELECT foreign_keys || '' FROM pragma_foreign_keys"),
            };
            let rows = session.run(sql.returns("value", ColumnType::Text { max: None })).await.unwrap();
            assert_eq!(rows[0].get("value"), Some(&expected.into()), "{pragma}");
        }
    });
}

#[test]
fn a_full_queue_says_that_it_is_busy() {
    mwallet_testkit::run(Dialect::Sqlite, async |db: TestDb| {
        let table = set_up(&db).await;
        let options = mwallet_db::EngineOptions { max_queued: 2, ..mwallet_db::EngineOptions::default() };
        let engine = db.engine_with(options);
        let session = engine.sessions().begin().await.unwrap();
        let mut waiting = Vec::new();
        for _ in 0..2 {
            let (engine, table) = (engine.clone(), table.clone());
            waiting.push(tokio::spawn(async move { crud::create(&engine, &table, note("waits", None)).await }));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let refused = crud::create(&engine, &table, note("refused", None)).await.unwrap_err();
        assert!(matches!(refused, Error::Busy), "{refused}");
        session.roll_back().await.unwrap();
        for task in waiting {
            task.await.unwrap().unwrap();
        }
    });
}

#[test]
fn a_database_in_memory_serves_reads_writes_and_streams() {
    mwallet_testkit::run(Dialect::Sqlite, async |_db: TestDb| {
        let engine = Engine::new(&"sqlite::memory:".parse().unwrap()).unwrap();
        let table = table("notes");
        engine.create_all(&[&table]).await.unwrap();
        crud::create(&engine, &table, note("first", None)).await.unwrap();
        let mut rows = crud::stream(&engine, &table, &Query::new()).await.unwrap();
        while let Some(row) = rows.next().await {
            assert_eq!(row.unwrap().get("memo"), Some(&"first".into()));
            crud::create(&engine, &table, note("second", None)).await.unwrap();
        }
        assert_eq!(crud::count(&engine, &table, &Query::new()).await.unwrap(), 2);
    });
}

#[test]
fn an_engine_that_only_reads_makes_no_file() {
    mwallet_testkit::run(Dialect::Sqlite, async |db: TestDb| {
        let engine = db.engine_with(mwallet_db::EngineOptions { read_only: true, ..Default::default() });
        let refused = engine.ping().await.unwrap_err();
        assert!(matches!(refused, Error::NotOpened { .. }), "{refused:?}");
        assert!(!db.folder.path().join("test.db").exists());
        set_up(&db).await;
        engine.ping().await.unwrap();
        let refused = engine.write(vec![], Format::Values).await;
        assert!(matches!(refused, Err(Error::ReadOnly)), "{refused:?}");
    });
}

#[test]
fn slow_readers_of_long_lists_leave_short_ones_alone() {
    mwallet_testkit::run(Dialect::Sqlite, async |db: TestDb| {
        let (long, short) = (table("long"), table("short"));
        db.engine.create_all(&[&long, &short]).await.unwrap();
        let records = (0..5_000).map(|number| note(&format!("a long memo of number {number}"), None));
        crud::create_many(&db.engine, &long, records).await.unwrap();
        crud::create(&db.engine, &short, note("short", None)).await.unwrap();
        let mut slow = Vec::new();
        for _ in 0..16 {
            slow.push(
                crud::data_plane::list(&db.engine, &CatalogTable::new(long.clone()), &Query::new()).await.unwrap(),
            );
        }
        let listed = async {
            let mut batches =
                crud::data_plane::list(&db.engine, &CatalogTable::new(short.clone()), &Query::new()).await.unwrap();
            batches.next_json().await.unwrap().unwrap().rows()
        };
        assert_eq!(tokio::time::timeout(Duration::from_secs(2), listed).await, Ok(1));
        // The slow streams still get all of their rows.
        for mut batches in slow {
            let mut rows = 0;
            while let Some(batch) = batches.next_json().await {
                rows += batch.unwrap().rows();
            }
            assert_eq!(rows, 5_000);
        }
    });
}
