//! Tests that streams of a million rows use bounded memory, on both engines.
//!
//! A separate program, because it measures the memory of the whole process, as reported by Linux.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "what a test stands on must be there")]

use mwallet_db::schema::{Column, ColumnDefault, ColumnType, ReferentialAction, Table, Value};
use mwallet_db::{Batches, Catalog, CatalogTable, Dialect, Query, Related, Sql, crud};
use mwallet_testkit::{TestDb, both_engines};
use tokio::sync::Mutex;

const ROWS: i64 = 1_000_000;
/// How much the process may grow while reading, in KiB.
const GROWTH_KIB: u64 = 16 * 1024;

/// Only one case may run at a time, because the memory of the process is measured.
static ALONE: Mutex<()> = Mutex::const_new(());

fn readings() -> Table {
    let mut table = Table::new("readings");
    table.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
    table.columns.push(Column::new("memo", ColumnType::Text { max: None }));
    table.primary_key.push("id".into());
    table
}

async fn fill(db: &TestDb) {
    db.engine.create_all(&[&readings()]).await.unwrap();
    let sql = match db.dialect() {
        Dialect::Postgres => "INSERT INTO readings (memo) SELECT 'reading number ' || n FROM generate_series(1, $1) n",
        Dialect::Sqlite => {
            "WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < $1)
             INSERT INTO readings (memo) SELECT 'reading number ' || n FROM counted"
        }
    };
    let mut session = db.engine.sessions().limit(std::time::Duration::from_secs(60)).begin().await.unwrap();
    session.run(Sql::new(sql).bind(ROWS)).await.unwrap();
    session.commit().await.unwrap();
}

/// Returns a memory figure of the process in KiB.
fn memory(figure: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(figure)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Resets the peak to the current memory use.
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

#[both_engines]
async fn a_million_rows_pass_through_little_memory(db: TestDb) {
    let _alone = ALONE.lock().await;
    fill(&db).await;
    // Warm up, so that connections and caches are not counted.
    read_all(&db, 50_000).await;

    forget_peak();
    let before = memory("VmRSS:");
    assert_eq!(read_all(&db, u64::MAX).await, ROWS * (ROWS + 1) / 2);
    let values = memory("VmHWM:").saturating_sub(before);

    forget_peak();
    let before = memory("VmRSS:");
    let mut batches = crud::data_plane::list(&db.engine, &CatalogTable::new(readings()), &Query::new()).await.unwrap();
    let (rows, bytes) = drain(&mut batches).await;
    let json = memory("VmHWM:").saturating_sub(before);
    assert!(rows == ROWS as u64 && bytes > 40_000_000, "{rows} rows, {bytes} bytes");

    forget_peak();
    let before = memory("VmRSS:");
    let (mut batches, total) =
        crud::data_plane::counted_list(&db.engine, &CatalogTable::new(readings()), &Query::new()).await.unwrap();
    assert_eq!((drain(&mut batches).await.0, total), (rows, rows));
    let counted = memory("VmHWM:").saturating_sub(before);
    assert!(counted < GROWTH_KIB, "grew by {counted} KiB for rows that were counted");
    println!("{}: grew by {values} KiB for values, {json} KiB for {bytes} bytes of JSON", db.dialect());
    assert!(values < GROWTH_KIB && json < GROWTH_KIB, "grew by {values} and {json} KiB");
}

/// Reads to the end, and returns the numbers of rows and bytes.
async fn drain(batches: &mut Batches<'static>) -> (u64, usize) {
    let (mut rows, mut bytes) = (0, 0);
    while let Some(batch) = batches.next_json().await {
        let batch = batch.unwrap();
        rows += batch.rows();
        bytes += batch.bytes();
    }
    (rows, bytes)
}

/// Streams rows and returns the sum of their IDs.
async fn read_all(db: &TestDb, limit: u64) -> i64 {
    let table = readings();
    let mut rows = crud::stream(&db.engine, &table, &Query::new().limit(limit)).await.unwrap();
    let mut sum = 0;
    while let Some(row) = rows.next().await {
        match row.unwrap().get("id") {
            Some(Value::Int(id)) => sum += id,
            other => panic!("{other:?}"),
        }
    }
    sum
}

const PARENTS: i64 = 100_000;
const CHILDREN: i64 = 5;
/// Enough for 200 bytes of JSON in each child.
const MEMO: &str = "a memo that is long enough for a row of related rows to weigh what rows of real tables weigh, which is \
                    more than a few numbers: names, notes, addresses, and the like";

fn families() -> Catalog {
    let mut parents = readings();
    parents.name = "parents".into();
    let mut children = readings();
    children.name = "children".into();
    children.columns.push(Column::new("parent_id", ColumnType::BigInt));
    children.add_foreign_key(&["parent_id"], "parents", &["id"], ReferentialAction::NoAction);
    children.add_index(&["parent_id"]);
    Catalog::new([parents, children])
}

async fn fill_families(db: &TestDb, catalog: &Catalog) {
    let tables: Vec<&Table> = catalog.tables().map(|table| table.table()).collect();
    db.engine.create_all(&tables).await.unwrap();
    let numbers = "WITH RECURSIVE counted (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < $1)";
    let mut session = db.engine.sessions().limit(std::time::Duration::from_secs(60)).begin().await.unwrap();
    for (sql, count) in [
        ("INSERT INTO parents (memo) SELECT 'parent ' || n FROM counted", PARENTS),
        ("INSERT INTO children (memo, parent_id) SELECT MEMO || n, n / 5 + 1 FROM counted", PARENTS * CHILDREN),
    ] {
        let sql = format!("{numbers} {}", sql.replace("MEMO", &format!("'{MEMO}'")));
        let statement = Sql::new(Box::leak(sql.into_boxed_str())).bind(count);
        session.run(statement).await.unwrap();
    }
    session.commit().await.unwrap();
}

#[both_engines]
async fn related_rows_pass_through_little_memory(db: TestDb) {
    let _alone = ALONE.lock().await;
    let catalog = families();
    fill_families(&db, &catalog).await;
    let related = Related::new("children", Query::new());
    let few = Query::new().related(related).order_asc("id").limit(100);
    let peak_of = async |query: &Query| {
        forget_peak();
        let before = memory("VmRSS:");
        let table = catalog.get(None, "parents").unwrap();
        let mut batches = crud::data_plane::list(&db.engine, table, query).await.unwrap();
        let (mut rows, mut bytes) = (0, 0);
        while let Some(batch) = batches.next_json().await {
            let batch = batch.unwrap();
            rows += batch.rows();
            bytes += batch.bytes();
            // A reader that is slower than the database.
            tokio::time::sleep(std::time::Duration::from_micros(500)).await;
        }
        (rows, bytes, memory("VmHWM:").saturating_sub(before))
    };
    peak_of(&few).await;
    let (rows, _, of_few) = peak_of(&few).await;
    assert_eq!(rows, 100);
    let (rows, bytes, of_all) = peak_of(&Query { limit: None, ..few }).await;
    println!("{}: grew by {of_few} KiB for 100 parents, {of_all} KiB for {bytes} bytes of JSON", db.dialect());
    assert!(rows == PARENTS as u64 && bytes > 100_000_000, "{rows} rows, {bytes} bytes");
    assert!(of_all < of_few + GROWTH_KIB, "grew by {of_few} and {of_all} KiB");
}
