//! Tests sessions: unit of work, savepoints, time limits and cancellation, with the same cases on both engines.

use std::time::Duration;

use crate::support::{Offer, Trader, empty_offer, trader};
use mwallet_db::crud;
use mwallet_db::schema::ColumnType;
use mwallet_db::{Entity, Error, Isolation, KeyColumns, Query, Ref, Sql, Timestamps};
use mwallet_testkit::{TestDb, both_engines};

async fn set_up(db: &TestDb) {
    db.engine.create_all(&[Trader::table(), Offer::table()]).await.unwrap();
}

async fn names(db: &TestDb) -> Vec<String> {
    Trader::find().order(Trader::NAME.asc()).all(&db.engine).await.unwrap().into_iter().map(|one| one.name).collect()
}

#[both_engines]
async fn children_may_be_added_before_their_parents(db: TestDb) {
    set_up(&db).await;
    let mut session = db.engine.sessions().begin().await.unwrap();
    let ada = session.add(trader("ada"));
    let ben = session.add(Trader { invited_by: Some(ada.into()), ..trader("ben") });
    let offer = session.add(Offer { trader_id: Some(ben.into()), ..empty_offer() });
    assert!(session.get(offer).is_err(), "nothing is written before the flush");
    session.flush().await.unwrap();

    let (ada, ben, offer) = (session.get(ada).unwrap(), session.get(ben).unwrap(), session.get(offer).unwrap());
    let id = |one: &Trader| *one.key.id.get().unwrap();
    assert_eq!(ben.invited_by, Some(Ref::Id(id(&ada))));
    assert_eq!(offer.trader_id, Some(Ref::Id(id(&ben))));
    assert!(offer.name.slug.get().is_some() && offer.timestamps.version == 1);
    assert!(ben.same_row(&ben.clone()) && !ben.same_row(&ada) && !ada.same_row(&offer));
    session.commit().await.unwrap();
    assert_eq!(names(&db).await, ["ada", "ben"]);
}

#[both_engines]
async fn updates_and_deletions_wait_for_the_flush(db: TestDb) {
    set_up(&db).await;
    let mut session = db.engine.sessions().begin().await.unwrap();
    let (ada, ben) = (session.add(trader("ada")), session.add(trader("ben")));
    let offer = session.add(Offer { trader_id: Some(ada.into()), ..empty_offer() });
    session.flush().await.unwrap();
    let (mut ada, ben, offer) = (session.get(ada).unwrap(), session.get(ben).unwrap(), session.get(offer).unwrap());

    ada.name = "Ada".into();
    session.update(&ada);
    session.delete(&ben);
    let written = session.reload(&ada).await.unwrap().unwrap();
    assert_eq!(written.name, "ada");
    session.flush().await.unwrap();
    assert_eq!(session.reload(&ada).await.unwrap().unwrap().name, "Ada");
    assert!(session.reload(&ben).await.unwrap().is_none());

    // The offer refers to Ada, so it must be deleted first although it was queued last.
    session.delete(&ada);
    session.delete(&offer);
    session.commit().await.unwrap();
    assert_eq!(names(&db).await, [""; 0]);
}

#[both_engines]
async fn a_stale_row_is_not_overwritten(db: TestDb) {
    set_up(&db).await;
    let mine = empty_offer().create(&db.engine).await.unwrap();
    let theirs = Offer { memo: Some("theirs".into()), ..mine.clone() };
    let mut session = db.engine.sessions().begin().await.unwrap();
    session.update(&theirs);
    session.commit().await.unwrap();

    let mut session = db.engine.sessions().begin().await.unwrap();
    session.update(&Offer { memo: Some("mine".into()), ..mine.clone() });
    let refused = session.commit().await.unwrap_err();
    assert!(matches!(refused, Error::VersionConflict { ref table } if table == "offers"), "{refused}");
    let stored = Offer::find().one(&db.engine).await.unwrap().unwrap();
    assert_eq!((stored.memo.as_deref(), stored.timestamps.version == 2), (Some("theirs"), true));
}

#[both_engines]
async fn a_transaction_is_tried_again_where_a_row_is_stale(db: TestDb) {
    set_up(&db).await;
    let first = Offer { large: Some(0), ..empty_offer() }.create(&db.engine).await.unwrap();
    let sessions = db.engine.sessions();
    let one = || {
        let (sessions, first) = (sessions.clone(), first.clone());
        tokio::spawn(async move {
            sessions
                .transact(|session| {
                    let first = first.clone();
                    Box::pin(async move {
                        let found = session.reload(&first).await?.unwrap();
                        // By then all others have read it too.
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        session.update(&Offer { large: found.large.map(|number| number + 1), ..found });
                        Ok(())
                    })
                })
                .await
        })
    };
    for task in [one(), one(), one(), one()] {
        task.await.unwrap().unwrap();
    }
    let stored = Offer::find().one(&db.engine).await.unwrap().unwrap();
    assert_eq!((stored.large, stored.timestamps.version == 5), (Some(4), true));
    // An entity that was read earlier stays stale, however often the work is retried.
    let stale = sessions.transact(|session| {
        let first = first.clone();
        Box::pin(async move {
            session.update(&first);
            Ok(())
        })
    });
    assert!(matches!(stale.await, Err(Error::VersionConflict { .. })));
}

#[both_engines]
async fn chosen_columns_are_read_again(db: TestDb) {
    set_up(&db).await;
    let mut mine = empty_offer().create(&db.engine).await.unwrap();
    let sql = Sql::new("UPDATE offers SET memo = $1, large = $2").bind("theirs").bind(7i64);
    let mut session = db.engine.sessions().begin().await.unwrap();
    session.run(sql).await.unwrap();
    assert!(session.refresh(&mut mine, &["memo"]).await.unwrap());
    assert_eq!((mine.memo.as_deref(), mine.large), (Some("theirs"), None));
    session.delete(&Offer { timestamps: Timestamps::default(), ..mine.clone() });
    session.flush().await.unwrap();
    assert!(!session.refresh(&mut mine, &["memo"]).await.unwrap());
}

#[both_engines]
async fn savepoints_undo_what_came_after_them(db: TestDb) {
    set_up(&db).await;
    let mut session = db.engine.sessions().begin().await.unwrap();
    session.add(trader("ada"));
    let first = session.savepoint().await.unwrap();
    session.add(trader("ben"));
    let second = session.savepoint().await.unwrap();
    session.add(trader("cyd"));
    session.release(second).await.unwrap();
    session.roll_back_to(first).await.unwrap();
    session.add(trader("eve"));
    session.commit().await.unwrap();
    assert_eq!(names(&db).await, ["ada", "eve"]);
}

#[both_engines]
async fn after_an_error_only_a_savepoint_leads_on(db: TestDb) {
    set_up(&db).await;
    let mut session = db.engine.sessions().begin().await.unwrap();
    session.add(trader("ada"));
    let point = session.savepoint().await.unwrap();
    session.add(trader("ada"));
    assert_eq!(session.flush().await.unwrap_err().code(), "23505");
    let select = || Sql::new("SELECT 1").returns("one", ColumnType::Integer);
    assert!(matches!(session.run(select()).await, Err(Error::SessionEnded)));
    session.roll_back_to(point).await.unwrap();
    session.add(trader("ben"));
    session.commit().await.unwrap();
    assert_eq!(names(&db).await, ["ada", "ben"]);

    let mut session = db.engine.sessions().begin().await.unwrap();
    session.add(trader("cyd"));
    session.add(trader("ada"));
    assert!(session.flush().await.is_err());
    assert!(session.commit().await.is_err(), "what failed cannot be committed");
    assert_eq!(names(&db).await, ["ada", "ben"]);
}

#[both_engines]
async fn what_is_not_committed_is_gone(db: TestDb) {
    set_up(&db).await;
    for end in 0..3 {
        let mut session = db.engine.sessions().begin().await.unwrap();
        session.add(trader("ada"));
        session.flush().await.unwrap();
        match end {
            0 => drop(session),
            1 => session.roll_back().await.unwrap(),
            _ => {
                let worker = tokio::spawn(async move {
                    let _held = session;
                    std::future::pending::<()>().await;
                });
                worker.abort();
                assert!(worker.await.unwrap_err().is_cancelled());
            }
        }
        assert_eq!(names(&db).await, [""; 0]);
    }
}

#[both_engines]
async fn a_session_that_takes_too_long_is_rolled_back_and_says_so(db: TestDb) {
    set_up(&db).await;
    let limit = Duration::from_millis(150);
    let mut session = db.engine.sessions().limit(limit).begin().await.unwrap();
    session.add(trader("ada"));
    session.flush().await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    let refused = session.run(Sql::new("SELECT 1").returns("one", ColumnType::Integer)).await.unwrap_err();
    assert!(matches!(refused, Error::SessionExpired { limit: said } if said == limit), "{refused:?}");
    assert!(session.commit().await.is_err());
    // The writer is free again, and nothing was kept.
    trader("ben").create(&db.engine).await.unwrap();
    assert_eq!(names(&db).await, ["ben"]);
}

#[both_engines]
async fn a_read_only_session_cannot_write(db: TestDb) {
    set_up(&db).await;
    let mut session = db.engine.sessions().read_only().begin().await.unwrap();
    session.add(trader("ada"));
    assert_eq!(session.flush().await.unwrap_err().code(), "25006");
    drop(session);
    assert_eq!(names(&db).await, [""; 0]);
}

#[both_engines]
async fn a_reading_session_sees_one_state(db: TestDb) {
    set_up(&db).await;
    let sessions = db.engine.sessions().read_only().isolation(Isolation::RepeatableRead);
    let mut session = sessions.begin().await.unwrap();
    let before = crud::count(&mut session, Trader::table(), &Query::new()).await.unwrap();
    trader("ada").create(&db.engine).await.unwrap();
    let after = crud::count(&mut session, Trader::table(), &Query::new()).await.unwrap();
    assert_eq!((before, after), (0, 0));
}

#[both_engines]
async fn operations_are_part_of_the_session(db: TestDb) {
    set_up(&db).await;
    let mut session = db.engine.sessions().begin().await.unwrap();
    Trader::create_many(&mut session, ["ada", "ben"].map(trader)).await.unwrap();
    assert_eq!(crud::count(&mut session, Trader::table(), &Query::new()).await.unwrap(), 2);
    let mut rows = Trader::find().order(Trader::ID.asc()).stream(&mut session).await.unwrap();
    let mut seen = Vec::new();
    while let Some(row) = rows.next().await {
        seen.push(row.unwrap().name);
    }
    drop(rows);
    assert_eq!(seen, ["ada", "ben"]);
    session.roll_back().await.unwrap();
    assert_eq!(names(&db).await, [""; 0]);
}

#[both_engines]
async fn colliding_transactions_are_tried_again(db: TestDb) {
    set_up(&db).await;
    Offer { large: Some(0), ..empty_offer() }.create(&db.engine).await.unwrap();
    let sessions = db.engine.sessions().isolation(Isolation::Serializable);
    let adders = (0..4).map(|_| {
        let sessions = sessions.clone();
        tokio::spawn(async move {
            for _ in 0..5 {
                // All attempts except one may conflict. Five attempts each are not always enough for four tasks, so
                // start again after the last conflict.
                while let Err(error) = sessions.transact(|session| Box::pin(add_one(session))).await {
                    assert!(error.is_transient(), "{error:?}");
                }
            }
        })
    });
    for adder in adders.collect::<Vec<_>>() {
        adder.await.unwrap();
    }
    let offer = Offer::find().one(&db.engine).await.unwrap().unwrap();
    assert_eq!(offer.large, Some(20), "no addition was lost");
}

#[both_engines]
async fn a_row_of_another_session_cannot_be_referred_to(db: TestDb) {
    set_up(&db).await;
    let mut session = db.engine.sessions().begin().await.unwrap();
    let ada = session.add(trader("ada"));
    session.commit().await.unwrap();
    let mut other = db.engine.sessions().begin().await.unwrap();
    other.add(Offer { trader_id: Some(ada.into()), ..empty_offer() });
    assert!(matches!(other.flush().await, Err(Error::UnitOfWork { .. })));
    assert!(other.get(ada).is_err());
}

async fn add_one(session: &mut mwallet_db::Session) -> mwallet_db::Result<()> {
    let offer = Offer::find().one(&mut *session).await?;
    let mut offer = offer.expect("the offer is there");
    offer.large = offer.large.map(|number| number + 1);
    // Without a version check, only the isolation level prevents lost updates.
    let sql = Sql::new("UPDATE offers SET large = $1").bind(offer.large);
    session.run(sql).await.map(drop)
}
