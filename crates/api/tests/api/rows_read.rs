//! How many rows a caller's reads make the engines read. The grants of the default file are served by indexes, however
//! large the tables are:
//!
//! ```sh
//! MWALLET_TEST_ROWS=200000 cargo xtask test -p mwallet-api rows_read
//! ```

use std::collections::BTreeMap;

use mwallet_auth::{Holder, Permissions};
use mwallet_db::crud::data_plane::{self, ExplainFormat, ExplainOption};
use mwallet_db::schema::{Table, Value};
use mwallet_db::{Caller, Catalog, DatabaseUrl, Dialect, Plan, Query, Scope, ScopedTable, SqliteUrl};
use mwallet_testkit::{TestDb, both_engines};
use rusqlite::{Connection, StatementStatus, params_from_iter, types::Value as SqliteValue};

use crate::support::behind;

/// The most rows that a read of a hundred may make an engine read.
const MOST: u64 = 2_000;
/// The most steps of SQLite's machine for that, some dozens for each row.
const MOST_STEPS: u64 = MOST * 60;

/// The rows of each table: many more than may be read.
fn rows() -> u64 {
    std::env::var("MWALLET_TEST_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(10 * MOST)
}

/// Fills the tables. Ten rows of each are those of the caller, who is the first user.
async fn fill(db: &TestDb) {
    let tables = mwallet_models::all_tables();
    db.engine.create_all(&tables).await.unwrap();
    let rows = rows();
    let (series, uuid) = match db.dialect() {
        Dialect::Postgres => (
            format!("generate_series(1, {rows}) AS series(n)"),
            "('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid",
        ),
        Dialect::Sqlite => (
            format!(
                "(WITH RECURSIVE all_n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM all_n WHERE n < {rows})
                  SELECT n FROM all_n) AS series"
            ),
            "printf('00000000-0000-7000-8000-%012d', n)",
        ),
    };
    let time = "'2026-01-01T00:00:00.000000+00:00'";
    let time = if db.dialect() == Dialect::Postgres { format!("{time}::timestamptz") } else { time.to_owned() };
    // The caller's rows are far apart, and among those of many others.
    let owner = format!("CASE WHEN n % ({rows} / 10) = 7 THEN 1 ELSE 2 + n % ({rows} - 2) END");
    let insert = |table: &str, columns: &str, values: &str| {
        format!("INSERT INTO {table} ({columns}) SELECT {values} FROM {series};")
    };
    let named = |table: &str, columns: &str, values: &str| {
        insert(table, &format!("id, uuid, slug, {columns}"), &format!("n, {uuid}, 'slug-' || n, {values}"))
    };
    let sql = [
        named("organizations", "name", "'organization ' || n"),
        named(
            "users",
            "rsid, username, email, organization_id",
            "'r-' || n, 'user-' || n, 'user-' || n || '@example.org', n",
        ),
        named("groups", "name", "'group ' || n"),
        insert("user_groups", "user_id, group_id", &format!("{owner}, n")),
        named("app_notices", "title, message, start_at", &format!("'title', 'message', {time}")),
        insert("notice_recipients", "user_id, notice_id", &format!("{owner}, n")),
        named("assets", "code, name, decimals", "'code-' || n, 'name', 8"),
        named("wallets", "usid, user_id, asset_id", &format!("'r', {owner}, n")),
        named("crypto_addresses", "address, network", "'address', 'bitcoin'"),
        named("user_addresses", "usid, user_id, address, network", &format!("'r', {owner}, 'address', 'bitcoin'")),
        named(
            "orders",
            "usid, user_id, order_type, start",
            &format!("'r', {owner}, CASE WHEN n % 5 = 0 THEN 'OPEN' ELSE 'CLOSED' END, {time}"),
        ),
        named(
            "transactions",
            "order_id, network, tranx_ref, tranx_id, inputs, outputs",
            "n, 'bitcoin', 'ref', 'id-' || n, '[]', '[]'",
        ),
        "ANALYZE;".to_owned(),
    ];
    behind(db, &sql.join("\n")).await;
}

/// The rows that the steps of a plan of PostgreSQL have read.
fn read_by(step: &serde_json::Value) -> u64 {
    // Numbers of rows are averages of the loops.
    let number = |name: &str| step[name].as_f64().unwrap_or(0.0);
    let is_scan = step["Relation Name"].is_string();
    let rows = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
    let own = if is_scan { (rows * number("Actual Loops")).round() as u64 } else { 0 };
    own + step["Plans"].as_array().into_iter().flatten().map(read_by).sum::<u64>()
}

fn sqlite_value(value: &Value) -> SqliteValue {
    match value {
        Value::Int(number) => SqliteValue::Integer(*number),
        Value::Bool(is_true) => SqliteValue::Integer(i64::from(*is_true)),
        Value::Text(text) => SqliteValue::Text(text.clone()),
        Value::Uuid(uuid) => SqliteValue::Text(uuid.to_string()),
        Value::List(values) => {
            let texts = values.iter().map(|value| match value {
                Value::Text(text) => serde_json::Value::from(text.as_str()),
                Value::Int(number) => serde_json::Value::from(*number),
                other => panic!("{other:?} in a list"),
            });
            SqliteValue::Text(serde_json::Value::Array(texts.collect()).to_string())
        }
        other => panic!("a parameter {other:?}"),
    }
}

/// Runs a read. Returns how many rows it found, and why they were too much work.
async fn work(db: &TestDb, at: ScopedTable<'_>, query: &Query) -> (usize, Option<String>) {
    match &db.url {
        DatabaseUrl::Postgres(_) => {
            let plan = data_plane::explain(&db.engine, at, query, ExplainFormat::Json, &[ExplainOption::Analyze]);
            let text = plan.await.unwrap();
            let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
            let step = &plan[0]["Plan"];
            let read = read_by(step);
            let found = step["Actual Rows"].as_f64().unwrap() as usize;
            (found, (read > MOST).then(|| format!("{read} rows: {text}")))
        }
        DatabaseUrl::Sqlite(SqliteUrl::File(path)) => {
            let statement = Plan::select(at, query).unwrap().statement(Dialect::Sqlite).unwrap();
            let connection = Connection::open(path).unwrap();
            let mut prepared = connection.prepare(statement.sql()).unwrap();
            let found = {
                let mut rows = prepared.query(params_from_iter(statement.values().map(sqlite_value))).unwrap();
                let mut found = 0;
                while rows.next().unwrap().is_some() {
                    found += 1;
                }
                found
            };
            let scanned = u64::try_from(prepared.get_status(StatementStatus::FullscanStep)).unwrap();
            let steps = u64::try_from(prepared.get_status(StatementStatus::VmStep)).unwrap();
            let is_much = scanned > MOST || steps > MOST_STEPS;
            (found, is_much.then(|| format!("{scanned} rows, {steps} steps: {}", statement.sql())))
        }
        DatabaseUrl::Sqlite(SqliteUrl::Memory) => unreachable!("a test's database is a file"),
    }
}

#[both_engines]
async fn grants_of_the_default_file_are_served_by_indexes(db: TestDb) {
    fill(&db).await;
    let catalog = Catalog::new(mwallet_models::tables().into_iter().cloned());
    let permissions = Permissions::parse(mwallet_models::PERMISSIONS, &catalog).unwrap();
    let roles = |named: &str| {
        let holder = Holder { named: vec![named.into()], assurance: 1, ..Holder::default() };
        permissions.held_by(&holder, db.engine.sources().now()).into_iter().map(String::from).collect::<Vec<_>>()
    };
    let known: BTreeMap<String, Value> =
        [("auth.id".into(), Value::Int(1)), ("auth.rsid".into(), Value::Text("r-1".into()))].into();
    let mut failures = Vec::new();
    for (role, values) in [("anon", BTreeMap::new()), ("authenticated", known)] {
        let roles = roles(role);
        let grants = permissions.grants(roles.iter().map(String::as_str));
        let caller = Caller { grants: grants.into(), values: values.into(), ..Caller::default() };
        let readable = |table: &&Table| caller.grants.of(table).is_some_and(|granted| !granted.read.is_empty());
        for table in mwallet_models::tables().into_iter().filter(readable) {
            let at = ScopedTable::new(catalog.get(None, &table.name).unwrap(), Scope::Granted(&caller));
            let list = Query::new().limit(100);
            let mut queries = vec![("list", list.clone())];
            let sees = |name: &str| Plan::select(at, &Query::new().include([name])).is_ok();
            // What only some rows show has no order that an index knows.
            if sees("id") && !at.masked_columns().contains(&"id") {
                queries.push(("newest", list.order_desc("id")));
            }
            if sees("slug") {
                queries.push(("slug", Query::new().identifier("slug-7")));
                queries.push(("slug of another", Query::new().identifier("slug-8")));
            }
            for (name, query) in queries {
                let (found, much) = work(&db, at, &query).await;
                let is_list = ["list", "newest"].contains(&name);
                assert!(found > 0 || !is_list, "{role} sees nothing of {}", table.name);
                failures.extend(much.map(|much| format!("{role}: {name} of {}: {much}", table.name)));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
