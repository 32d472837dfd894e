//! Tests how migrations are applied: with concurrent sessions, and after an interruption.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use mwallet_db::schema::ColumnType;
use mwallet_db::{Dialect, Sql, crud};
use mwallet_migrate::{Event, MigrateError, MigrationState, Migrator};
use mwallet_testkit::{TestDb, both_engines, connect};

use crate::migrate::{doubling, migration};

async fn count(db: &TestDb, sql: &'static str) -> i64 {
    let rows: Vec<(i64,)> = crud::execute(&db.engine, Sql::new(sql).returns("n", ColumnType::BigInt)).await.unwrap();
    rows[0].0
}

#[both_engines]
async fn others_are_not_held_up_by_a_migration_that_waits(db: TestDb) {
    let all =
        [migration(1, "CREATE TABLE a (id bigint PRIMARY KEY);"), migration(2, "ALTER TABLE a ADD COLUMN n bigint;")];
    Migrator::new(&db.engine, &all).up(Some(1), |_| {}).await.unwrap();
    if db.dialect() == Dialect::Sqlite {
        // Readers of SQLite do not block it.
        return;
    }
    let reader = connect(&db.url).await;
    reader.batch_execute("BEGIN; SELECT * FROM a").await.unwrap();
    let short = Duration::from_millis(300);
    let refused = Migrator::new(&db.engine, &all).locks(short, 2).up(None, |_| {}).await.unwrap_err();
    assert!(matches!(refused, MigrateError::Locked { number: 1, attempts: 2, .. }), "{refused}");
    let told = refused.to_string();
    assert!(
        told.contains("it waited 2 times for 300ms; nothing was changed") && told.contains("ALTER TABLE a"),
        "{told}"
    );

    // Other sessions wait no longer than the migration does, and it continues when the reader is done.
    let engine = db.engine.clone();
    let slowest = tokio::spawn(async move {
        let (begun, mut slowest) = (Instant::now(), Duration::ZERO);
        while begun.elapsed() < Duration::from_secs(2) {
            let one = Instant::now();
            let _: Vec<(i64,)> =
                crud::execute(&engine, Sql::new("SELECT count(*) FROM a").returns("n", ColumnType::BigInt))
                    .await
                    .unwrap();
            slowest = slowest.max(one.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        reader.batch_execute("COMMIT").await.unwrap();
        slowest
    });
    let mut waited = 0;
    let told = |event: Event<'_>| {
        if let Event::Locked(times) = event {
            waited = times
        }
    };
    assert_eq!(Migrator::new(&db.engine, &all).locks(short, 50).up(None, told).await.unwrap(), [2]);
    assert!(waited > 0);
    let slowest = slowest.await.unwrap();
    assert!(slowest < Duration::from_millis(1_500), "{slowest:?}");
    // Its lock timeout is no longer set.
    assert_eq!(count(&db, "SELECT count(n) FROM a").await, 0);
    assert_eq!(Migrator::new(&db.engine, &all).down(1, |_| {}).await.unwrap(), [2]);
}

#[both_engines]
async fn statements_end_where_the_engine_ends_them(db: TestDb) {
    let odd = match db.dialect() {
        Dialect::Postgres => [
            r"CREATE TABLE a (id bigint PRIMARY KEY, trigger text, begin text, note text);
              /* A comment; /* another; */ still the first; */
              INSERT INTO a VALUES (1, 'a\', 'b;', E'it\'s; here');
              CREATE FUNCTION two(number bigint) RETURNS bigint LANGUAGE sql
              BEGIN ATOMIC SELECT 1; SELECT CASE WHEN number > 0 THEN 2 END; END;
              CREATE RULE twice AS ON DELETE TO a DO ALSO (SELECT 1; SELECT 2);
              DO $ö$ BEGIN UPDATE a SET begin = 'c;'; END $ö$;
              CREATE VIEW seen AS SELECT trigger, begin FROM a WHERE note = 'it''s; here' AND two(1) = 2;",
            "-- mwallet: no transaction
             CREATE INDEX CONCURRENTLY one ON a (trigger);
             CREATE INDEX CONCURRENTLY other ON a (begin);",
        ],
        Dialect::Sqlite => [
            r#"CREATE TABLE a (id bigint PRIMARY KEY, trigger text, begin text, "note;" text);
               /* A comment; /* no other; */
               INSERT INTO a VALUES (1, 'a\', 'b;', 'it''s; here');
               CREATE TRIGGER begin AFTER UPDATE OF begin ON a WHEN NEW.begin <> 'd;' BEGIN
                 UPDATE a SET begin = CASE WHEN NEW.begin = 'c;' THEN 'd;' END; -- END;
               END;
               UPDATE a SET begin = 'c;';
               CREATE VIEW seen AS SELECT trigger, begin FROM a WHERE [note;] = 'it''s; here' AND begin = 'd;';"#,
            "CREATE INDEX one ON a (trigger);
             CREATE INDEX other ON a (begin);",
        ],
    };
    let all = [migration(1, odd[0]), migration(2, odd[1])];
    assert_eq!(Migrator::new(&db.engine, &all).up(None, |_| {}).await.unwrap(), [1, 2]);
    assert_eq!(count(&db, "SELECT count(*) FROM seen").await, 1);
}

#[both_engines]
async fn a_script_that_ends_its_transaction_is_refused_before_it_runs(db: TestDb) {
    for (script, number) in [
        ("CREATE TABLE t (id bigint PRIMARY KEY); COMMIT; INSERT INTO nosuch VALUES (1);", 2),
        ("BEGIN; CREATE TABLE t (id bigint PRIMARY KEY); COMMIT;", 1),
        ("CREATE TABLE t (id bigint PRIMARY KEY); -- back\nROLLBACK;", 2),
    ] {
        let all = [migration(1, script)];
        let refused = Migrator::new(&db.engine, &all).up(None, |_| {}).await.unwrap_err();
        assert!(matches!(refused, MigrateError::Transaction { number: at, .. } if at == number), "{refused}");
    }
    let good = [migration(
        1,
        "SAVEPOINT a; CREATE TABLE t (id bigint PRIMARY KEY); ROLLBACK TO a; RELEASE a; CREATE TABLE t (id bigint);",
    )];
    Migrator::new(&db.engine, &good).up(None, |_| {}).await.unwrap();
}

#[both_engines]
async fn a_function_with_a_body_in_sql_is_one_statement(db: TestDb) {
    if db.dialect() == Dialect::Sqlite {
        return;
    }
    let all = [migration(
        1,
        "CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2::bigint; END; CREATE TABLE \
         a (id int);",
    )];
    Migrator::new(&db.engine, &all).up(None, |_| {}).await.unwrap();
    assert_eq!(count(&db, "SELECT g()").await, 2);
}

#[both_engines]
async fn rows_are_changed_once_where_statements_ran_one_by_one(db: TestDb) {
    let make = "CREATE TABLE a (id bigint PRIMARY KEY, n bigint NOT NULL);
                INSERT INTO a VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5);";
    let steps = |more: &str| {
        [migration(1, make), migration(2, &format!("-- mwallet: no transaction\nCREATE INDEX i ON a (n);{more}"))]
    };
    let all = steps("");
    let migrator = Migrator::new(&db.engine, &all).data(2, doubling(4, Arc::new(AtomicBool::new(false))));
    let failed = migrator.up(None, |_| {}).await.unwrap_err();
    assert!(failed.to_string().contains("pulled the plug"), "{failed}");
    // The script is done and must not change.
    let changed = steps(" CREATE INDEX j ON a (n);");
    let refused =
        Migrator::new(&db.engine, &changed).data(2, doubling(9, Arc::default())).up(None, |_| {}).await.unwrap_err();
    assert!(matches!(refused, MigrateError::Changed(_)), "{refused}");
    assert_eq!(migrator.up(None, |_| {}).await.unwrap(), [2]);
    assert_eq!(count(&db, "SELECT CAST(sum(n) AS bigint) FROM a").await, 30);
    assert!(migrator.up(None, |_| {}).await.unwrap().is_empty());
}

#[both_engines]
async fn what_stopped_between_two_statements_is_mended_and_goes_on(db: TestDb) {
    if db.dialect() == Dialect::Sqlite {
        // SQLite runs each file in one transaction.
        return;
    }
    let stepwise = |text: &str| [migration(1, &format!("-- mwallet: no transaction\n{text}"))];
    let wrong = stepwise(
        "CREATE TABLE t (id bigint PRIMARY KEY, v text); CREATE INDEX CONCURRENTLY i ON nosuch (v); INSERT INTO t \
         VALUES (1, 'a');",
    );
    let stopped = Migrator::new(&db.engine, &wrong).up(None, |_| {}).await.unwrap_err();
    assert!(matches!(stopped, MigrateError::Stopped { number: 2, .. }), "{stopped}");
    assert!(stopped.to_string().ends_with("1 of its statements are applied"), "{stopped}");
    // Statements that are done must not change.
    let other = stepwise(
        "CREATE TABLE t (id bigint PRIMARY KEY); CREATE INDEX CONCURRENTLY i ON t (v); INSERT INTO t VALUES (1, 'a');",
    );
    let refused = Migrator::new(&db.engine, &other).up(None, |_| {}).await.unwrap_err();
    assert!(matches!(refused, MigrateError::Changed(_)), "{refused}");
    let mended = stepwise(
        "CREATE TABLE t (id bigint PRIMARY KEY, v text); CREATE INDEX CONCURRENTLY i ON t (v); INSERT INTO t VALUES \
         (1, 'a');",
    );
    let migrator = Migrator::new(&db.engine, &mended);
    assert_eq!(migrator.up(None, |_| {}).await.unwrap(), [1]);
    assert_eq!(count(&db, "SELECT count(*) FROM t").await, 1);
    assert!(matches!(migrator.status().await.unwrap()[0].standing, MigrationState::Applied(_)));
    assert!(matches!(Migrator::new(&db.engine, &wrong).up(None, |_| {}).await, Err(MigrateError::Changed(_))));
}
