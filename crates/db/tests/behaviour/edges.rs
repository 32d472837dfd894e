//! Tests the edge cases of the data layer: empty and extreme values, order and timeouts.

use std::time::Duration;

use crate::support::{Offer, Trader, empty_offer, trader};
use mwallet_db::crud;
use mwallet_db::schema::{Column, ColumnDefault, ColumnType, Decimal, Record, Table, Value};
use mwallet_db::{
    CatalogTable, Comparison, Dialect, Engine, EngineOptions, Entity, Error, Filter, Find, Key, Query, Related, Row,
    Sql,
};
use mwallet_testkit::{TestDb, TestSources, both_engines};

async fn set_up(db: &TestDb) {
    db.engine.create_all(&[Trader::table(), Offer::table()]).await.unwrap();
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(key(left_id, right_id))]
pub(crate) struct Pair {
    pub(crate) left_id: i64,
    pub(crate) right_id: i64,
}

#[derive(Clone, Debug, PartialEq, Entity)]
pub(crate) struct Bare {
    #[entity(flatten)]
    pub(crate) key: Key,
}

fn decimal(text: &str) -> Value {
    Value::Decimal(text.parse::<Decimal>().unwrap())
}

#[both_engines]
async fn a_decimal_that_no_row_can_hold_still_compares(db: TestDb) {
    set_up(&db).await;
    Offer { amount: Some("5".parse().unwrap()), ..empty_offer() }.create(&db.engine).await.unwrap();
    empty_offer().create(&db.engine).await.unwrap();
    let count = async |f: Filter| {
        crud::count(&db.engine, Offer::table(), &Query::new().filter(f)).await.map_err(|e| e.code().to_owned())
    };
    for (c, v, n, not) in [
        (Comparison::Gt, "1e30", 0, 1),
        (Comparison::Lt, "1e30", 1, 0),
        (Comparison::Gte, "-1e30", 1, 0),
        (Comparison::Lte, "-1e30", 0, 1),
        (Comparison::Eq, "1e30", 0, 1),
        (Comparison::Neq, "1e30", 1, 0),
        (Comparison::Gt, "4.9999999999999999999", 1, 0),
        (Comparison::Gt, "5.0000000000000000001", 0, 1),
        (Comparison::Gte, "4.9999999999999999999", 1, 0),
        (Comparison::Lt, "5.0000000000000000001", 1, 0),
        (Comparison::Lte, "5.0000000000000000001", 1, 0),
        (Comparison::Lte, "4.9999999999999999999", 0, 1),
        (Comparison::Lt, "4.9999999999999999999", 0, 1),
        (Comparison::Gte, "5.0000000000000000001", 0, 1),
        (Comparison::Lt, "-0.0000000000000000001", 0, 1),
        (Comparison::Gt, "-0.0000000000000000001", 1, 0),
        (Comparison::Eq, "5.0000000000000000001", 0, 1),
    ] {
        let f = Filter::compare("amount", c, decimal(v));
        assert_eq!(count(f.clone()).await, Ok(n), "{c:?} {v}");
        assert_eq!(count(!f).await, Ok(not), "not {c:?} {v}");
    }
    assert_eq!(count(Filter::between("amount", decimal("0"), decimal("1e30"))).await, Ok(1));
    assert_eq!(count(!Filter::between("amount", decimal("0"), decimal("1e30"))).await, Ok(0));
    assert_eq!(count(Filter::in_("amount", [decimal("5"), decimal("1e30")])).await, Ok(1));
    assert_eq!(count(!Filter::in_("amount", [decimal("1e30")])).await, Ok(1));
}

#[both_engines]
async fn a_filter_that_says_nothing_is_none(db: TestDb) {
    set_up(&db).await;
    trader("ada").create(&db.engine).await.unwrap();
    let query = Query::new().filter(Filter::And(vec![]));
    assert_eq!(
        crud::delete(&db.engine, Trader::table(), &query).await.map_err(|e| e.code().to_owned()).map(|c| c.count),
        Err("21000".into())
    );
}

#[both_engines]
async fn rows_without_columns_are_still_rows(db: TestDb) {
    set_up(&db).await;
    trader("ada").create(&db.engine).await.unwrap();
    let none = Query::new().include([""; 0]);
    assert_eq!(crud::list(&db.engine, Trader::table(), &none).await.unwrap().len(), 1);
}
#[both_engines]
async fn an_update_that_answers_no_columns_still_counts(db: TestDb) {
    set_up(&db).await;
    trader("ada").create(&db.engine).await.unwrap();
    let none = Query::new().include([""; 0]).identifier(1);
    assert_eq!(
        crud::update(&db.engine, Trader::table(), &none, Record::from([("name", "eve")])).await.unwrap().count,
        1
    );
}

#[both_engines]
async fn entities_are_whole_whatever_a_query_chooses(db: TestDb) {
    set_up(&db).await;
    trader("ada").create(&db.engine).await.unwrap();
    let query = Query::new().identifier(1).exclude(["invited_by"]).related(Related::new("offers", Query::new()));
    let changed = Find::<Trader>::from(query).update(&db.engine, [Trader::NAME.set("eve")]).await.unwrap();
    let stored = Trader::by_key(1).one(&db.engine).await.unwrap().unwrap();
    assert_eq!((changed.count, &changed.rows[0], stored.name.as_str()), (1, &stored, "eve"));
}

#[both_engines]
async fn no_aggregates_are_no_values(db: TestDb) {
    set_up(&db).await;
    Trader::create_many(&db.engine, ["ada", "ben"].map(trader)).await.unwrap();
    let r = crud::aggregate(&db.engine, Trader::table(), &Query::new(), &[]).await.map_err(|e| format!("{e:?}"));
    assert_eq!(r, Ok(vec![]));
}

#[both_engines]
async fn an_id_that_was_given_is_not_given_again(db: TestDb) {
    set_up(&db).await;
    let explicit = Trader { key: Key { id: 1.into() }, ..trader("ada") };
    explicit.create(&db.engine).await.unwrap();
    let r = trader("ben").create(&db.engine).await;
    assert!(r.is_ok(), "{r:?}");
}

#[both_engines]
async fn given_ids_and_numbered_ones_go_together(db: TestDb) {
    set_up(&db).await;
    let rows = [trader("a"), Trader { key: Key { id: 2.into() }, ..trader("b") }, trader("c")];
    let r = Trader::create_many(&db.engine, rows).await;
    assert!(r.is_ok(), "{r:?}");
}

#[both_engines]
async fn json_is_checked_before_the_database_sees_it(db: TestDb) {
    set_up(&db).await;
    for text in ["{", "1e200000", "\"\\u0000\""] {
        let r = crud::create(&db.engine, Offer::table(), Record::from([("meta", Value::Json(text.into()))])).await;
        assert!(matches!(r, Err(Error::Plan(_))), "{text}: {:?}", r.map(|_| "stored"));
    }
}
#[both_engines]
async fn many_rows_of_composite_keys_are_deleted(db: TestDb) {
    db.engine.create_all(&[Pair::table()]).await.unwrap();
    let rows: Vec<Pair> = (0..600).map(|n| Pair { left_id: n, right_id: n }).collect();
    Pair::create_many(&db.engine, rows.clone()).await.unwrap();
    let mut session = db.engine.sessions().begin().await.unwrap();
    rows.iter().for_each(|row| session.delete(row));
    session.commit().await.unwrap();
    assert_eq!(crud::count(&db.engine, Pair::table(), &Query::new()).await.unwrap(), 0);
}

#[both_engines]
async fn a_second_update_of_a_row_replaces_the_first(db: TestDb) {
    set_up(&db).await;
    let mut mine = empty_offer().create(&db.engine).await.unwrap();
    let mut session = db.engine.sessions().begin().await.unwrap();
    session.update(&mine);
    mine.memo = Some("second".into());
    session.update(&mine);
    session.commit().await.unwrap();
}

#[both_engines]
async fn after_a_stale_row_nothing_is_committed(db: TestDb) {
    set_up(&db).await;
    let mine = empty_offer().create(&db.engine).await.unwrap();
    let other = empty_offer().create(&db.engine).await.unwrap();
    crud::update(&db.engine, Offer::table(), &Query::new().identifier(1), Record::from([("memo", "theirs")]))
        .await
        .unwrap();
    let mut session = db.engine.sessions().begin().await.unwrap();
    session.add(trader("ada"));
    session.update(&Offer { memo: Some("mine".into()), ..mine });
    session.update(&Offer { memo: Some("lost".into()), ..other });
    assert!(matches!(session.flush().await, Err(Error::VersionConflict { .. })));
    assert!(session.commit().await.is_err(), "committed half of it");
}
#[both_engines]
async fn after_a_row_that_does_not_fit_nothing_is_committed(db: TestDb) {
    set_up(&db).await;
    let mine = empty_offer().create(&db.engine).await.unwrap();
    let other = empty_offer().create(&db.engine).await.unwrap();
    let mut session = db.engine.sessions().begin().await.unwrap();
    session.update(&Offer { memo: Some("x".repeat(99)), ..mine });
    session.update(&Offer { memo: Some("lost".into()), ..other });
    assert!(matches!(session.flush().await, Err(Error::Plan(_))));
    assert!(session.commit().await.is_err(), "committed without the second update");
}

#[both_engines]
async fn a_handle_dies_with_its_savepoint(db: TestDb) {
    set_up(&db).await;
    let mut session = db.engine.sessions().begin().await.unwrap();
    let point = session.savepoint().await.unwrap();
    let ghost = session.add(trader("ghost"));
    session.flush().await.unwrap();
    session.roll_back_to(point).await.unwrap();
    session.add(trader("somebody else"));
    session.flush().await.unwrap();
    assert!(session.get(ghost).is_err(), "a row that was rolled back");
    session.add(Offer { trader_id: Some(ghost.into()), ..empty_offer() });
    let r = session.flush().await;
    assert!(r.is_err(), "the offer refers to {:?}", Trader::find().all(&mut session).await);
}

#[both_engines]
async fn a_session_may_be_given_months(db: TestDb) {
    let engine = db.engine_with(EngineOptions { pool_size: 1, ..EngineOptions::default() });
    engine.create_all(&[Trader::table()]).await.unwrap();
    let session = engine.sessions().limit(Duration::from_secs(60 * 86_400)).begin().await;
    let said = session.as_ref().map(|_| ()).map_err(|e| format!("{e:?}"));
    drop(session);
    engine.ping().await.unwrap_or_else(|e| panic!("begin: {said:?}; ping: {e:?}"));
    trader("ada").create(&engine).await.unwrap();
}
#[both_engines]
async fn a_limit_too_long_to_be_a_time_is_no_limit(db: TestDb) {
    set_up(&db).await;
    let engine = db.engine.clone();
    let r = tokio::spawn(async move { engine.sessions().limit(Duration::MAX).begin().await.map(drop) }).await;
    assert!(matches!(r, Ok(Ok(()))), "{r:?}");
    trader("ada").create(&db.engine).await.unwrap();
    trader("ben").create(&db.engine).await.unwrap();
}
#[both_engines]
async fn waiting_for_a_session_ends(db: TestDb) {
    let engine = db.engine_with(EngineOptions {
        pool_size: 1,
        pool_timeout: Duration::from_millis(200),
        ..EngineOptions::default()
    });
    engine.create_all(&[Trader::table()]).await.unwrap();
    let _first = engine.sessions().begin().await.unwrap();
    let begun = std::time::Instant::now();
    let r = engine.sessions().begin().await.map(drop);
    assert!(matches!(r, Err(Error::Busy)), "{r:?} after {:?}", begun.elapsed());
}
#[both_engines]
async fn many_bytes_stand_in_a_list(db: TestDb) {
    set_up(&db).await;
    let digests = (0u32..40_000).map(|n| n.to_be_bytes().to_vec());
    let r = crud::count(&db.engine, Offer::table(), &Query::new().filter(Filter::in_("digest", digests))).await;
    assert!(r.is_ok(), "{r:?}");
}
#[both_engines]
async fn as_many_conditions_as_are_allowed_can_run(db: TestDb) {
    set_up(&db).await;
    let all = (0..990i64).map(|n| Filter::eq("large", n)).collect::<Vec<_>>();
    let r = crud::count(&db.engine, Offer::table(), &Query::new().filter(Filter::Or(all))).await;
    assert!(r.is_ok(), "{r:?}");
    let mut deep = Filter::eq("large", 1i64);
    for n in 0..29 {
        deep = Filter::And(vec![Filter::eq("large", 1i64), !deep]);
        if n > 13 {
            break;
        }
    }
    let r = crud::count(&db.engine, Offer::table(), &Query::new().filter(deep)).await;
    assert!(r.is_ok(), "{r:?}");
}
#[both_engines]
async fn a_row_of_nothing_but_its_number_is_created(db: TestDb) {
    db.engine.create_all(&[Bare::table()]).await.unwrap();
    let r = Bare { key: Key::default() }.create(&db.engine).await;
    assert!(r.is_ok(), "{r:?}");
}
#[both_engines]
async fn a_dollar_in_quotes_is_a_dollar(db: TestDb) {
    let sql = Sql::new("SELECT 'costs $5' AS a, $1 || '' AS b")
        .bind("x")
        .returns("a", ColumnType::Text { max: None })
        .returns("b", ColumnType::Text { max: None });
    let rows = crud::select::<(String, String)>(&db.engine, sql).await.unwrap();
    assert_eq!(rows[0].0, "costs $5");
}
#[both_engines]
async fn a_place_without_a_value_is_an_error(db: TestDb) {
    set_up(&db).await;
    let sql = Sql::new("SELECT id FROM traders WHERE name = $1").returns("id", ColumnType::BigInt);
    assert!(crud::select::<(i64,)>(&db.engine, sql).await.is_err());
}
#[both_engines]
async fn a_decimal_is_bound_as_its_column_or_refused(db: TestDb) {
    set_up(&db).await;
    let five: Decimal = "5".parse().unwrap();
    let offer = Offer { amount: Some(five.clone()), ..empty_offer() };
    offer.create(&db.engine).await.unwrap();
    let sql = || Sql::new("SELECT id FROM offers WHERE amount = $1").returns("id", ColumnType::BigInt);
    let found = crud::select::<(i64,)>(&db.engine, sql().bind(five.clone())).await;
    assert!(found.is_err(), "{found:?}");
    let as_column = sql().bind_as(five, ColumnType::Decimal { precision: 38, scale: 18 });
    assert_eq!(crud::select::<(i64,)>(&db.engine, as_column).await.unwrap(), [(1,)]);
}

#[both_engines]
async fn a_slug_is_never_taken_for_an_id_or_a_key(_db: TestDb) {
    let sources = TestSources::at("2026-01-02T03:04:05Z");
    for slug in ["12", "-5", "a,b", "", "a b", "a/b"] {
        let given = Record::from([("slug", slug)]);
        assert!(Offer::update_schema().validate_record(given, &sources).is_err(), "{slug}");
    }
    for slug in ["order-1", "x", "2026.a_b~c"] {
        let given = Record::from([("slug", slug)]);
        assert!(Offer::update_schema().validate_record(given, &sources).is_ok(), "{slug}");
    }
}

#[both_engines]
async fn extremes_of_pages_and_lists(db: TestDb) {
    set_up(&db).await;
    trader("ada").create(&db.engine).await.unwrap();
    let n = async |q: Query| {
        crud::list(&db.engine, Trader::table(), &q).await.map(|r| r.len()).map_err(|e| format!("{e:?}"))
    };
    assert_eq!(n(Query::new().skip(u64::MAX).limit(u64::MAX)).await, Ok(0));
    assert_eq!(n(Query::new().skip(0).limit(u64::MAX)).await, Ok(1));
    assert_eq!(n(Query::new().skip(1).limit(u64::MAX)).await, Ok(0));
    assert_eq!(n(Query::new().filter(Filter::in_("id", [i64::MIN, i64::MAX, 1]))).await, Ok(1));
    assert_eq!(n(Query::new().filter(!Filter::in_("name", [Value::Null]))).await, Ok(0));
    assert_eq!(n(Query::new().filter(!Filter::in_("invited_by", [0i64; 0]))).await, Ok(1));
    assert_eq!(n(Query::new().filter(Filter::in_("name", [Value::Null, "ada".into()]))).await, Ok(1));
}
#[both_engines]
async fn a_statement_that_is_to_read_cannot_write(db: TestDb) {
    set_up(&db).await;
    trader("ada").create(&db.engine).await.unwrap();
    let r = crud::select::<Row>(&db.engine, Sql::new("DELETE FROM traders")).await.map(drop);
    let left = crud::count(&db.engine, Trader::table(), &Query::new()).await.unwrap();
    assert_eq!((r.map_err(|e| e.code().to_owned()), left), (Err("25006".into()), 1));
}

#[both_engines]
async fn tables_in_a_circle_are_dropped_with_their_rows(db: TestDb) {
    let mut a = Table::new("a");
    let mut b = Table::new("b");
    for (t, o) in [(&mut a, "b"), (&mut b, "a")] {
        t.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
        t.columns.push(Column::new("other", ColumnType::BigInt).nullable());
        t.primary_key.push("id".into());
        t.add_foreign_key(&["other"], o, &["id"], mwallet_db::schema::ReferentialAction::NoAction);
    }
    db.engine.create_all(&[&a, &b]).await.unwrap();
    crud::create(&db.engine, &a, Record::from([("other", Value::Null)])).await.unwrap();
    crud::create(&db.engine, &b, Record::from([("other", 1i64)])).await.unwrap();
    crud::update(&db.engine, &a, &Query::new().identifier(1), Record::from([("other", 1i64)])).await.unwrap();
    let r = db.engine.drop_all(&[&a, &b]).await;
    assert!(r.is_ok(), "{r:?}");
}

#[both_engines]
async fn a_closed_engine_refuses(db: TestDb) {
    db.engine.close().await;
    assert!(db.engine.ping().await.is_err());
}
#[both_engines]
async fn a_key_of_text_or_uuid_names_its_row(db: TestDb) {
    let mut t = Table::new("coins");
    t.columns.push(Column::new("code", ColumnType::Text { max: Some(8) }));
    t.primary_key.push("code".into());
    let mut u = Table::new("docs");
    u.columns.push(Column::new("id", ColumnType::Uuid));
    u.primary_key.push("id".into());
    db.engine.create_all(&[&t, &u]).await.unwrap();
    let r = crud::retrieve(&db.engine, &t, &Query::new().identifier("BTC")).await;
    let s = crud::retrieve(&db.engine, &u, &Query::new().identifier("00000000-0000-0000-0000-0000000000ff")).await;
    assert!(r.is_ok() && s.is_ok(), "{r:?} {s:?}");
}

#[test]
fn an_error_in_a_stream_ends_the_session() {
    mwallet_testkit::run(Dialect::Postgres, async |db: TestDb| {
        set_up(&db).await;
        let mut session = db.engine.sessions().begin().await.unwrap();
        session.run(Sql::new("CREATE VIEW torn AS SELECT id, 1 / (id - 1) AS part FROM traders")).await.unwrap();
        session.add(trader("ada"));
        session.flush().await.unwrap();
        let mut torn = Table::new("torn");
        torn.columns.push(Column::new("id", ColumnType::BigInt));
        torn.columns.push(Column::new("part", ColumnType::BigInt));
        let mut rows = crud::stream(&mut session, &torn, &Query::new()).await.unwrap();
        let first = rows.next().await.unwrap();
        assert!(first.is_err());
        drop(rows);
        let committed = session.commit().await;
        let n = crud::count(&db.engine, Trader::table(), &Query::new()).await.unwrap();
        assert!(committed.is_err() || n == 1, "commit said {committed:?}, and {n} rows are there");
    });
}

#[test]
fn a_pattern_that_takes_too_long_is_ended() {
    mwallet_testkit::run(Dialect::Sqlite, async |db: TestDb| {
        let engine =
            db.engine_with(EngineOptions { statement_timeout: Duration::from_millis(300), ..EngineOptions::default() });
        let mut t = Table::new("t");
        t.columns.push(Column::new("a", ColumnType::Text { max: None }));
        engine.create_all(&[&t]).await.unwrap();
        crud::create(&engine, &t, Record::from([("a", "a".repeat(20_000))])).await.unwrap();
        let begun = std::time::Instant::now();
        let r = crud::count(&engine, &t, &Query::new().filter(Filter::like("a", format!("%{}b", "a".repeat(10_000)))))
            .await;
        assert!(begun.elapsed() < Duration::from_millis(900), "{r:?} after {:?}", begun.elapsed());
    });
}

#[test]
fn a_read_only_session_in_memory_cannot_write() {
    mwallet_testkit::run(Dialect::Sqlite, async |_db: TestDb| {
        let engine = Engine::new(&"sqlite::memory:".parse().unwrap()).unwrap();
        engine.create_all(&[Trader::table()]).await.unwrap();
        let mut session = engine.sessions().read_only().begin().await.unwrap();
        session.add(trader("ada"));
        let r = session.commit().await.map_err(|e| e.code().to_owned());
        assert_eq!(r, Err("25006".into()));
    });
}

#[test]
fn prepared_statements_are_bounded() {
    mwallet_testkit::run(Dialect::Postgres, async |db: TestDb| {
        let engine = db.engine_with(EngineOptions { pool_size: 1, ..EngineOptions::default() });
        engine.create_all(&[Trader::table()]).await.unwrap();
        for n in 1..900 {
            let f = Filter::And((0..n).map(|i| Filter::eq("id", i as i64)).collect());
            crud::count(&engine, Trader::table(), &Query::new().filter(f)).await.unwrap();
        }
        let sql = Sql::new("SELECT count(*) FROM pg_prepared_statements").returns("n", ColumnType::BigInt);
        let n = crud::select::<(i64,)>(&engine, sql).await.unwrap()[0].0;
        assert!(n <= 300, "{n} statements are kept on the server");
    });
}

#[test]
fn a_stream_that_hangs_is_ended() {
    mwallet_testkit::run(Dialect::Postgres, async |db: TestDb| {
        let engine =
            db.engine_with(EngineOptions { statement_timeout: Duration::from_millis(300), ..EngineOptions::default() });
        engine.create_all(&[Trader::table()]).await.unwrap();
        let other = mwallet_testkit::connect(&db.url).await;
        other
            .batch_execute("BEGIN; CREATE VIEW slow AS SELECT 1::bigint AS id FROM pg_sleep(60); COMMIT")
            .await
            .unwrap();
        let mut slow = Table::new("slow");
        slow.columns.push(Column::new("id", ColumnType::BigInt));
        // The server may report the start of the statement before or after the wait.
        let read = async {
            let mut rows = crud::stream(&engine, &slow, &Query::new()).await?;
            rows.next().await.transpose()
        };
        let read = tokio::time::timeout(Duration::from_secs(3), read).await.expect("it still waits");
        assert!(matches!(read, Err(Error::Timeout)), "{read:?}");
    });
}

#[test]
fn a_busy_file_is_waited_for_once() {
    mwallet_testkit::run(Dialect::Sqlite, async |db: TestDb| {
        set_up(&db).await;
        let other = rusqlite::Connection::open(db.folder.path().join("test.db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let begun = std::time::Instant::now();
        // The first runs alone. The others form a group while it waits.
        let tasks: Vec<_> = ["a", "b", "c", "d"]
            .into_iter()
            .map(|n| {
                let e = db.engine.clone();
                tokio::spawn(async move { trader(n).create(&e).await.map(drop) })
            })
            .collect();
        for t in tasks {
            assert!(matches!(t.await.unwrap(), Err(Error::Busy)));
        }
        assert!(begun.elapsed() < Duration::from_secs(13), "{:?}", begun.elapsed());
    });
}

/// Checks at compile time that every future is `Send`, so that handlers can await it.
#[expect(dead_code, reason = "it need not run")]
fn futures_are_send(engine: &Engine, relation: &CatalogTable, query: &Query) {
    let table = relation.table();
    fn send<T: Send>(_: T) {}
    send(async {
        let mut session = engine.sessions().begin().await.unwrap();
        session.add(trader("ada"));
        session.flush().await.unwrap();
        crud::stream(&mut session, table, query).await.unwrap().next().await;
        crud::data_plane::list(engine, relation, query).await.unwrap().next_json().await;
        crud::data_plane::replace(engine, relation, query, Record::new(), crud::data_plane::Terms::default())
            .await
            .unwrap();
        crud::search(&mut session, table, "x", query).await.unwrap();
        crud::operate(engine, table, crud::Operation::Create, crud::Arguments::default()).await.unwrap();
        let point = session.savepoint().await.unwrap();
        session.roll_back_to(point).await.unwrap();
        session.commit().await.unwrap();
        let sessions = engine.sessions();
        sessions.transact(|session| Box::pin(async move { session.flush().await })).await.unwrap();
        engine.close().await;
    });
}
