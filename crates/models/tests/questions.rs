//! Tests the queries across entities, on both engines.

use mwallet_db::prelude::*;
use mwallet_db::schema::Timestamp;
use mwallet_db::{Auto, Engine, Handle, Key, Name, Ref, Session, Timestamps};
use mwallet_models::questions::{notices_of_user, transactions_mined};
use mwallet_models::{AppNotice, NoticeLevel, NoticeRecipient, Transaction, User, tables};
use mwallet_testkit::{TestDb, both_engines};

#[both_engines]
async fn notices_are_those_of_the_user_within_the_bounds(db: TestDb) {
    let engine = &db.engine;
    store_notices(engine).await.unwrap();
    let titles = async |identifier, start, end| {
        let notices = notices_of_user(engine, identifier, at(start), at(end), 0, None).await.unwrap();
        notices.into_iter().map(|notice| notice.title).collect::<Vec<_>>()
    };

    assert_eq!(titles("ada-rsid", None, None).await, ["open", "late", "twin", "early"]);
    assert_eq!(titles("ada-rsid", Some(20), None).await, ["open", "late", "twin"]);
    assert_eq!(titles("ada-rsid", Some(21), None).await, ["open"]);
    assert_eq!(titles("ada-rsid", None, Some(25)).await, ["twin", "early"], "an open notice has no end");
    assert_eq!(titles("ada-rsid", Some(10), Some(19)).await, ["early"], "both bounds are inside");
    assert_eq!(titles("ada-rsid", Some(11), Some(19)).await, [""; 0]);
    assert_eq!(titles("nobody", None, None).await, [""; 0]);
    assert_eq!(titles("bola-rsid", None, None).await, ["early"]);
}

#[both_engines]
async fn a_slug_counts_before_an_rsid(db: TestDb) {
    let engine = &db.engine;
    store_notices(engine).await.unwrap();
    let notices = async |identifier| notices_of_user(engine, identifier, None, None, 0, None).await.unwrap().len();
    assert_eq!(notices("ada").await, 4);
    // Bola's slug is the rsid of Chidi, who has another notice.
    assert_eq!(notices("bola").await, 1);
    let bola = User::find().filter(User::SLUG.eq("bola")).one(engine).await;
    assert_eq!(bola.unwrap().unwrap().rsid, "bola-rsid");
}

#[both_engines]
async fn notices_come_in_pages(db: TestDb) {
    let engine = &db.engine;
    store_notices(engine).await.unwrap();
    let page = async |skip, limit| {
        let notices = notices_of_user(engine, "ada", None, None, skip, limit).await.unwrap();
        notices.into_iter().map(|notice| notice.title).collect::<Vec<_>>()
    };
    assert_eq!(page(0, Some(2)).await, ["open", "late"]);
    assert_eq!(page(2, Some(2)).await, ["twin", "early"]);
    assert_eq!(page(3, None).await, ["early"]);
    assert_eq!(page(0, Some(0)).await, [""; 0]);
    assert_eq!(page(u64::MAX, Some(u64::MAX)).await, [""; 0]);

    let mut session = engine.sessions().begin().await.unwrap();
    let inside = notices_of_user(&mut session, "ada", None, None, 0, None).await.unwrap();
    assert_eq!(inside.len(), 4, "a session asks too");
}

#[both_engines]
async fn transactions_are_those_of_the_network_mined_in_the_period(db: TestDb) {
    let engine = &db.engine;
    engine.create_all(&tables()).await.unwrap();
    let mined = [
        ("a", "bitcoin", Some(10)),
        ("b", "bitcoin", Some(20)),
        ("c", "bitcoin", Some(20)),
        ("d", "bitcoin", None),
        ("e", "dash", Some(15)),
    ];
    let rows = mined.map(|(id, network, seconds)| transaction(id, network, seconds));
    Transaction::create_many(engine, rows).await.unwrap();

    let asked = async |network, start, end, skip, limit| {
        let found = transactions_mined(engine, network, at(start), at(end), skip, limit).await.unwrap();
        found.into_iter().map(|transaction| transaction.tranx_id).collect::<Vec<_>>()
    };
    assert_eq!(asked("bitcoin", None, None, 0, None).await, ["c", "b", "a"]);
    assert_eq!(asked("bitcoin", Some(11), None, 0, None).await, ["c", "b"]);
    assert_eq!(asked("bitcoin", None, Some(19), 0, None).await, ["a"]);
    assert_eq!(asked("bitcoin", Some(10), Some(20), 1, Some(1)).await, ["b"]);
    assert_eq!(asked("dash", Some(0), Some(100), 0, None).await, ["e"]);
    assert_eq!(asked("litecoin", None, None, 0, None).await, [""; 0]);
}

#[both_engines]
async fn a_transaction_is_read_as_it_was_written(db: TestDb) {
    let engine = &db.engine;
    engine.create_all(&tables()).await.unwrap();
    let given = Transaction {
        pubkey: Some(vec![0, 255]),
        meta: mwallet_db::Json::parse(r#"{"height": 300025}"#).ok(),
        ..transaction("a", "bitcoin", Some(10))
    };
    let created = given.clone().create(engine).await.unwrap();
    let read = Transaction::find().one(engine).await.unwrap();
    assert_eq!(read.as_ref(), Some(&created));
    assert_eq!(created.timestamps.version, 1);
    assert_eq!((created.tranx_id, created.pubkey), (given.tranx_id, given.pubkey));
    let Auto::Set(reference) = created.tranx_ref else { panic!("a reference was made") };
    assert!(reference.starts_with("TX-"), "{reference}");

    let again = transaction("a", "bitcoin", None).create(engine).await;
    assert!(again.is_err(), "an identifier is unique in its network");
}

fn at(seconds: Option<i64>) -> Option<Timestamp> {
    seconds.and_then(|seconds| Timestamp::from_seconds(seconds).ok())
}

fn transaction(tranx_id: &str, network: &str, mined_at: Option<i64>) -> Transaction {
    Transaction {
        key: Key::default(),
        names: Name::default(),
        order_id: None,
        network: network.into(),
        tranx_ref: Auto::Unset,
        tranx_id: tranx_id.into(),
        inputs: "[]".into(),
        outputs: "[]".into(),
        confirmations: 0,
        mined_at: at(mined_at),
        pubkey: None,
        meta: None,
        timestamps: Timestamps::default(),
    }
}

/// Stores four notices for Ada, and one each for Bola and Chidi. Bola's slug is Chidi's rsid.
async fn store_notices(engine: &Engine) -> mwallet_db::Result<()> {
    engine.create_all(&tables()).await?;
    let mut session = engine.sessions().begin().await?;
    let ada = add_user(&mut session, "ada", "ada-rsid");
    let bola = add_user(&mut session, "bola", "bola-rsid");
    let chidi = add_user(&mut session, "chidi", "bola");
    add_notice(&mut session, "early", 10, Some(19), &[ada, bola]);
    add_notice(&mut session, "twin", 20, Some(25), &[ada]);
    add_notice(&mut session, "late", 20, Some(30), &[ada]);
    add_notice(&mut session, "open", 40, None, &[ada]);
    add_notice(&mut session, "other", 10, Some(20), &[chidi]);
    session.commit().await
}

fn add_user(session: &mut Session, slug: &str, rsid: &str) -> Handle<User> {
    session.add(User {
        key: Key::default(),
        names: Name { slug: slug.to_owned().into(), ..Name::default() },
        rsid: rsid.into(),
        username: slug.into(),
        email: format!("{slug}@example.org"),
        phone: None,
        first_name: None,
        last_name: None,
        is_active: true,
        organization_id: None,
        timestamps: Timestamps::default(),
    })
}

fn add_notice(session: &mut Session, title: &str, start: i64, end: Option<i64>, recipients: &[Handle<User>]) {
    let Ok(start_at) = Timestamp::from_seconds(start) else { panic!("{start} is a time") };
    let notice = session.add(AppNotice {
        key: Key::default(),
        names: Name::default(),
        title: title.into(),
        message: "…".into(),
        level: NoticeLevel::default(),
        start_at,
        end_at: at(end),
        timestamps: Timestamps::default(),
    });
    for user in recipients {
        session.add(NoticeRecipient { notice_id: notice.into(), user_id: Ref::from(*user) });
    }
}
