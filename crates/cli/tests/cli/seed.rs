//! Fake data: the same for the same seed on both engines, all or nothing.

use mwallet_db::schema::{Timestamp, Value as Stored};
use mwallet_db::{Comparison, Entity, Filter, KeyColumns, NameColumns, Query, Row, crud};
use mwallet_models::{Order, OrderType, User};
use mwallet_testkit::{Dialect, TestDb, both_engines, run_beside};
use serde_json::Value;

use crate::support::{Server, call, call_on};

const SOME: [&str; 9] = ["seed", "--users", "40", "--orders", "300", "--notices", "5", "--seed", "7"];

/// All rows of all tables, in the order of their keys, as the data layer reads them.
async fn rows(db: &TestDb) -> Vec<(String, Vec<Row>)> {
    let mut all = Vec::new();
    for table in mwallet_models::tables() {
        let query = table.primary_key.iter().fold(Query::new(), |query, column| query.order_asc(column));
        all.push((table.name.clone(), crud::list(&db.engine, table, &query).await.unwrap()));
    }
    all
}

/// The rows with their JSON as values: PostgreSQL keeps neither the order of keys nor blanks.
fn comparable((table, rows): &(String, Vec<Row>)) -> (&str, Vec<Vec<(String, Cell)>>) {
    let cell = |value: &Stored| match value {
        Stored::Json(text) => Cell::Json(serde_json::from_str(text).unwrap()),
        other => Cell::Other(other.clone()),
    };
    (table, rows.iter().map(|row| row.iter().map(|(name, value)| (name.to_owned(), cell(value))).collect()).collect())
}

/// A value that is compared by what it means.
#[derive(Debug, PartialEq)]
enum Cell {
    Json(Value),
    Other(Stored),
}

/// Holds the times of all rows against one that is later than that of the seed by no more than the test takes.
async fn check_times(db: &TestDb, now: Timestamp) {
    for table in mwallet_models::tables().into_iter().filter(|table| table.column("created_at").is_some()) {
        let late = Filter::compare("created_at", Comparison::Gt, now);
        assert_eq!(crud::count(&db.engine, table, &Query::new().filter(late)).await.unwrap(), 0, "{}", table.name);
    }
    let orders = Order::find().all(&db.engine).await.unwrap();
    let ends = |state: OrderType| orders.iter().filter(move |order| order.order_type == state);
    let ends = |state: OrderType| ends(state).filter_map(|order| order.expected_end).collect::<Vec<_>>();
    for (state, is_over) in
        [(OrderType::Open, false), (OrderType::Partial, false), (OrderType::Satisfied, true), (OrderType::Closed, true)]
    {
        let ends = ends(state);
        assert!(ends.len() > 5 && ends.iter().all(|end| (*end < now) == is_over), "{state:?}: {ends:?}");
    }
    // Not all of it is long ago.
    let day = 24 * 3_600 * 1_000_000;
    let newest = orders.iter().filter_map(|order| order.timestamps.created_at.get()).max().unwrap();
    assert!(now.micros() - newest.micros() < 7 * day, "{newest}");
}

#[both_engines]
async fn the_rows_are_what_was_asked_for(db: TestDb) {
    let seeded = call_on(&db, &[&SOME[..], &["--json"]].concat());
    assert_eq!(seeded.code, 0, "{}", seeded.err);
    assert_eq!(seeded.err, "", "nobody sits at a terminal");
    let said: Value = serde_json::from_str(&seeded.out).unwrap();
    assert_eq!((&said["seed"], &said["rows"]["users"], &said["rows"]["orders"]), (&7.into(), &40.into(), &300.into()));
    assert_eq!(said["rows"]["app_notices"], 5);
    for table in mwallet_models::tables().into_iter().filter(|table| table.name != "transaction_keys") {
        let count = crud::count(&db.engine, table, &Query::new()).await.unwrap();
        assert!(count > 0 && said["rows"][&table.name] == count, "{}: {count} of {said}", table.name);
    }

    let orders = Order::find().order(Order::ID.asc()).all(&db.engine).await.unwrap();
    for (number, order) in (1..).zip(&orders) {
        assert_eq!((&order.key.id, &order.names.slug), (&number.into(), &format!("order-{number}").into()));
    }
    let memos: Vec<&str> = orders.iter().filter_map(|order| order.memo.as_deref()).collect();
    assert!(memos.iter().any(|memo| memo.starts_with("Selling ")), "{memos:?}");

    // What comes next is numbered from there.
    let server = Server::start(&db);
    let next = server.post("/rest/v1/orders", r#"{"usid": "ada", "start": "2030-01-01T00:00:00Z"}"#, 201);
    assert_eq!(serde_json::from_str::<Value>(&next).unwrap()["id"], 301);
}

#[both_engines]
async fn the_data_is_made_for_a_time(db: TestDb) {
    let as_of = "2031-05-06T07:08:09Z";
    let seeded = call_on(&db, &[&SOME[..], &["--json", "--as-of", as_of]].concat());
    assert_eq!(seeded.code, 0, "{}", seeded.err);
    let said: Value = serde_json::from_str(&seeded.out).unwrap();
    assert_eq!(said["as_of"], "2031-05-06T07:08:09+00:00");
    check_times(&db, as_of.parse().unwrap()).await;
}

#[both_engines]
async fn the_data_can_be_made_for_today(db: TestDb) {
    let seeded = call_on(&db, &[&SOME[..], &["--as-of", "now"]].concat());
    assert_eq!(seeded.code, 0, "{}", seeded.err);
    check_times(&db, db.engine.sources().now()).await;
}

#[both_engines]
async fn a_database_with_rows_is_left_as_it_is(db: TestDb) {
    assert_eq!(call_on(&db, &SOME).code, 0);
    let before = rows(&db).await;
    let again = call_on(&db, &SOME);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("is not empty: organizations has rows; nothing was written"), "{}", again.err);
    assert!(again.err.contains("hint: ") && again.err.contains("mwallet schema drop"), "{}", again.err);
    assert_eq!(rows(&db).await, before);
}

#[both_engines]
async fn one_row_of_somebody_is_enough_to_keep_fake_data_out(db: TestDb) {
    let server = Server::start(&db);
    server.post("/rest/v1/orders", r#"{"usid": "ada", "start": "2030-01-01T00:00:00Z"}"#, 201);
    let refused = call_on(&db, &SOME);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("orders has rows; nothing was written"), "{}", refused.err);
    assert_eq!(crud::count(&db.engine, User::table(), &Query::new()).await.unwrap(), 0);
}

#[both_engines]
async fn more_than_one_batch_goes_in(db: TestDb) {
    let seeded = call_on(&db, &["seed", "--users", "1100", "--orders", "2300"]);
    assert_eq!(seeded.code, 0, "{}", seeded.err);
    assert!(seeded.out.contains(" with seed 1: ") && seeded.out.contains(", 2300 orders, "), "{}", seeded.out);
    let last = Order::find().filter(Order::SLUG.eq("order-2300")).one(&db.engine).await.unwrap();
    assert_eq!(last.unwrap().key.id, 2_300);
}

#[test]
fn a_seed_makes_the_same_rows_on_both_engines() {
    mwallet_testkit::run(Dialect::Sqlite, async |sqlite: TestDb| {
        assert_eq!(call_on(&sqlite, &SOME).code, 0);
        let on_sqlite = &rows(&sqlite).await;
        run_beside(Dialect::Postgres, async move |postgres: TestDb| {
            assert_eq!(call_on(&postgres, &SOME).code, 0);
            for (here, there) in on_sqlite.iter().zip(rows(&postgres).await) {
                assert_eq!(comparable(here), comparable(&there));
            }
        });
        run_beside(Dialect::Sqlite, async move |other: TestDb| {
            assert_eq!(call_on(&other, &[&SOME[..8], &["8"]].concat()).code, 0);
            let other = rows(&other).await;
            let orders = |all: &[(String, Vec<_>)]| all.iter().find(|(table, _)| table == "orders").cloned();
            assert_ne!(orders(on_sqlite), orders(&other));
        });
    });
}

#[test]
fn amounts_have_limits() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [["seed", "--users", "0"], ["seed", "--orders", "-1"], ["seed", "--notices", "many"]] {
        assert_eq!(call(folder.path(), &arguments).code, 2);
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    for time in ["soon", "1971-12-31T23:59:59Z", "9999-01-01T00:00:00Z", ""] {
        let refused = call(folder.path(), &["seed", "--as-of", time]);
        assert_eq!(refused.code, 2, "{time}: {}", refused.err);
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    let least = call(folder.path(), &["seed", "--users", "1", "--orders", "0", "--notices", "0"]);
    assert_eq!(least.code, 0, "{}", least.err);
}
