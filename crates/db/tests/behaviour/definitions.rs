//! Tests the DDL that a mock engine records, and that both engines accept it.

use mwallet_db::{Dialect, Engine, Entity, crud};
use mwallet_testkit::{TestDb, both_engines};

use crate::support::{Offer, Trader, trader};

async fn definitions(dialect: Dialect) -> String {
    let engine = Engine::mock(dialect);
    // Children first, because the order of the list must not matter.
    engine.create_all(&[Offer::table(), Trader::table()]).await.unwrap();
    engine.drop_all(&[Offer::table(), Trader::table()]).await.unwrap();
    engine.statements().join(";\n")
}

#[tokio::test]
async fn the_mock_engine_prints_both_dialects() {
    insta::assert_snapshot!("postgres", definitions(Dialect::Postgres).await);
    insta::assert_snapshot!("sqlite", definitions(Dialect::Sqlite).await);
}

#[both_engines]
async fn tables_are_created_once_and_dropped_with_their_rows(db: TestDb) {
    let tables = [Offer::table(), Trader::table()];
    db.engine.create_all(&tables).await.unwrap();
    trader("ada").create(&db.engine).await.unwrap();
    db.engine.create_all(&tables).await.unwrap();
    assert_eq!(crud::count(&db.engine, Trader::table(), &mwallet_db::Query::new()).await.unwrap(), 1);
    db.engine.drop_all(&tables).await.unwrap();
    db.engine.drop_all(&tables).await.unwrap();
    assert!(crud::count(&db.engine, Trader::table(), &mwallet_db::Query::new()).await.is_err());
}

#[both_engines]
async fn servers_that_start_together_set_up_once(db: TestDb) {
    let servers = (0..8).map(|_| {
        let engine = Engine::new(&db.url).unwrap();
        tokio::spawn(async move { engine.create_all(&[Trader::table(), Offer::table()]).await })
    });
    for server in servers.collect::<Vec<_>>() {
        server.await.unwrap().unwrap();
    }
}

#[both_engines]
async fn a_missing_table_is_added_beside_the_others(db: TestDb) {
    db.engine.create_all(&[Trader::table()]).await.unwrap();
    trader("ada").create(&db.engine).await.unwrap();
    db.engine.create_all(&[Trader::table(), Offer::table()]).await.unwrap();
    assert_eq!(crud::count(&db.engine, Offer::table(), &mwallet_db::Query::new()).await.unwrap(), 0);
}
