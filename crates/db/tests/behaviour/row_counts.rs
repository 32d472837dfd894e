//! Tests row counts: exact up to 100,000, estimated above.

use mwallet_db::crud::data_plane::{self, RowCount};
use mwallet_db::schema::{Column, ColumnType, Table};
use mwallet_db::{CatalogTable, DatabaseUrl, Dialect, SqliteUrl};
use mwallet_testkit::{TestDb, both_engines};

/// Changes a database as another program would.
async fn execute(db: &TestDb, sql: &str) {
    match &db.url {
        DatabaseUrl::Postgres(_) => mwallet_testkit::connect(&db.url).await.batch_execute(sql).await.unwrap(),
        DatabaseUrl::Sqlite(SqliteUrl::File(path)) => {
            rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
        }
        DatabaseUrl::Sqlite(SqliteUrl::Memory) => unreachable!("a test's database is a file"),
    }
}

/// Returns a table or view with one column.
fn relation(name: &str) -> CatalogTable {
    let mut table = Table::new(name);
    table.columns.push(Column::new("n", ColumnType::BigInt));
    CatalogTable::new(table)
}

async fn count(db: &TestDb, name: &str) -> RowCount {
    data_plane::row_count(&db.engine, &relation(name)).await.unwrap()
}

/// Creates a table with this many rows, whose numbers are `step` apart.
async fn make(db: &TestDb, name: &str, rows: u64, step: u64) {
    let numbers = match db.dialect() {
        Dialect::Postgres => format!("SELECT n * {step} FROM generate_series(1, {rows}) AS n"),
        Dialect::Sqlite => format!(
            "WITH RECURSIVE all_rows(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM all_rows WHERE n < {rows}) \
             SELECT n * {step} FROM all_rows"
        ),
    };
    execute(db, &format!("CREATE TABLE \"{name}\" (n bigint PRIMARY KEY)")).await;
    execute(db, &format!("INSERT INTO \"{name}\" {numbers}")).await;
}

#[both_engines]
async fn few_rows_are_counted(db: TestDb) {
    execute(&db, "CREATE TABLE \"it's \"\"few\"\"\" (n bigint)").await;
    assert_eq!(count(&db, "it's \"few\"").await, RowCount::Exact(0));
    execute(&db, "INSERT INTO \"it's \"\"few\"\"\" VALUES (1), (2), (NULL)").await;
    assert_eq!(count(&db, "it's \"few\"").await, RowCount::Exact(3));
    make(&db, "edge", data_plane::MOST_COUNTED, 1).await;
    assert_eq!(count(&db, "edge").await, RowCount::Exact(100_000));
    execute(&db, "INSERT INTO edge VALUES (0)").await;
    assert!(!matches!(count(&db, "edge").await, RowCount::Exact(_)));
    let gone = data_plane::row_count(&db.engine, &relation("gone")).await.unwrap_err();
    assert_eq!(gone.code(), "42P01");
}

#[both_engines]
async fn many_rows_are_estimated(db: TestDb) {
    make(&db, "many", 150_000, 1).await;
    make(&db, "sparse", 150_000, 1_000).await;
    execute(&db, "CREATE VIEW most AS SELECT n FROM many WHERE n > 10000").await;
    if db.dialect() == Dialect::Postgres {
        // The table was never analyzed, and the bounded count stops at its limit.
        execute(&db, "CREATE TABLE new (n bigint) WITH (autovacuum_enabled = off)").await;
        execute(&db, "INSERT INTO new SELECT n FROM many").await;
        assert_eq!(count(&db, "new").await, RowCount::MoreThan(100_000));
        execute(&db, "ANALYZE").await;
    }
    for name in ["many", "sparse"] {
        let RowCount::About(rows) = count(&db, name).await else { panic!("{name} is not estimated") };
        assert!((149_000..=151_000).contains(&rows), "{name}: {rows}");
    }
    assert_eq!(count(&db, "most").await, RowCount::MoreThan(100_000));
}

#[both_engines]
async fn rows_are_estimated_whatever_their_table_is(db: TestDb) {
    let expected = match db.dialect() {
        Dialect::Postgres => {
            execute(&db, "CREATE TABLE other (n bigint) PARTITION BY RANGE (n)").await;
            execute(&db, "CREATE TABLE low PARTITION OF other FOR VALUES FROM (0) TO (60000)").await;
            execute(&db, "CREATE TABLE high PARTITION OF other FOR VALUES FROM (60000) TO (900000)").await;
            execute(&db, "INSERT INTO other SELECT generate_series(1, 120000)").await;
            execute(&db, "ANALYZE low, high").await;
            RowCount::About(120_000)
        }
        Dialect::Sqlite => {
            make(&db, "many", 120_000, 1).await;
            execute(&db, "CREATE TABLE other (n bigint PRIMARY KEY) WITHOUT ROWID").await;
            execute(&db, "INSERT INTO other SELECT n FROM many").await;
            assert_eq!(count(&db, "other").await, RowCount::MoreThan(100_000));
            execute(&db, "ANALYZE").await;
            RowCount::About(120_000)
        }
    };
    assert_eq!(count(&db, "other").await, expected);
}
