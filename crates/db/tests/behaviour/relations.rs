//! Relations between entities: loaded for many rows at once, and in filters.

use mwallet_db::prelude::*;
use mwallet_db::schema::Decimal;
use mwallet_db::{
    Caller, Catalog, Engine, Error, Filter, Grant, Grants, Key, PlanError, Query, Ref, RelatedQuery, Scope,
    ScopedTable, ToMany, ToOne, crud,
};
use mwallet_testkit::{TestDb, both_engines};

use crate::support::{Offer, Trader, empty_offer, trader};

/// A shop, by a key of two columns.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(key(country, number))]
struct Shop {
    #[entity(max = 2)]
    country: String,
    number: i32,
    /// Some unique values of other types.
    #[entity(unique, precision = 12, scale = 4)]
    size: Decimal,
    #[entity(unique, max = 4)]
    seal: Vec<u8>,
}

/// Something in a shop.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(foreign_key(columns(country, number), references = "shops", to(country, number)))]
struct Till {
    #[entity(flatten)]
    key: Key,
    country: Option<String>,
    number: Option<i32>,
    #[entity(precision = 12, scale = 2)]
    size: Option<Decimal>,
    #[entity(max = 4)]
    seal: Option<Vec<u8>>,
}

/// That one person trusts another.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(key(who_id, whom_id))]
struct Trust {
    who_id: Ref<Trader>,
    whom_id: Ref<Trader>,
}

impl Till {
    const SHOP: ToOne<Till, Shop> = Till::COUNTRY.references(Shop::COUNTRY).and(Till::NUMBER.references(Shop::NUMBER));
    const SHOP_OF_SIZE: ToOne<Till, Shop> = Till::SIZE.references(Shop::SIZE);
    const SHOP_OF_SEAL: ToOne<Till, Shop> = Till::SEAL.references(Shop::SEAL);
}

impl Shop {
    const TILLS: ToMany<Shop, Till> = Till::SHOP.inverse();
}

impl Trader {
    const INVITER: ToOne<Trader, Trader> = Trader::INVITED_BY.relation();
    const INVITED: ToMany<Trader, Trader> = Trader::INVITER.inverse();
    const OFFERS: ToMany<Trader, Offer> = Offer::TRADER.inverse();
    const TRUSTS: ToMany<Trader, Trader> = Trust::WHO.inverse().through(Trust::WHOM);
    const TRUSTED_BY: ToMany<Trader, Trader> = Trust::WHOM.inverse().through(Trust::WHO);
}

fn offer(trader: Option<i64>, memo: &str) -> Offer {
    Offer { trader_id: trader.map(Into::into), memo: Some(memo.into()), ..empty_offer() }
}

/// Ada invited Ben and Cyd, Ben invited Dan. Ada has the offers `a1` and `a2`, Ben has `b1`, nobody has `x`. Ada trusts
/// Ben and Cyd, Ben trusts Ada and himself.
async fn people(engine: &Engine) -> Vec<Trader> {
    engine.create_all(&[Trader::table(), Offer::table(), Trust::table()]).await.unwrap();
    let invited = |name: &str, by: i64| Trader { invited_by: Some(by.into()), ..trader(name) };
    let people = [trader("ada"), invited("ben", 1), invited("cyd", 1), invited("dan", 2)];
    for one in people {
        one.create(engine).await.unwrap();
    }
    let offers = [offer(Some(1), "a1"), offer(Some(2), "b1"), offer(None, "x"), offer(Some(1), "a2")];
    Offer::create_many(engine, offers).await.unwrap();
    let trust = |(who, whom): (i64, i64)| Trust { who_id: who.into(), whom_id: whom.into() };
    Trust::create_many(engine, [(1, 2), (1, 3), (2, 1), (2, 2)].map(trust)).await.unwrap();
    Trader::find().order(Trader::ID.asc()).all(engine).await.unwrap()
}

fn names<'t>(rows: impl IntoIterator<Item = &'t Trader>) -> Vec<&'t str> {
    rows.into_iter().map(|one| one.name.as_str()).collect()
}

fn memos<'o>(rows: impl IntoIterator<Item = &'o Offer>) -> Vec<&'o str> {
    rows.into_iter().filter_map(|one| one.memo.as_deref()).collect()
}

#[both_engines]
async fn related_rows_are_in_the_order_of_the_rows(db: TestDb) {
    let people = people(&db.engine).await;
    let inviters = people.load_one(&db.engine, Trader::INVITER).await.unwrap();
    let inviters: Vec<Option<&str>> = inviters.iter().map(|one| one.map(|one| one.name.as_str())).collect();
    assert_eq!(inviters, [None, Some("ada"), Some("ada"), Some("ben")]);

    let invited = people.load_many(&db.engine, Trader::INVITED).await.unwrap();
    let invited: Vec<Vec<&str>> = invited.iter().map(names).collect();
    assert_eq!(invited, [vec!["ben", "cyd"], vec!["dan"], vec![], vec![]]);

    let offers = people.load_many(&db.engine, Trader::OFFERS).await.unwrap();
    assert_eq!((memos(offers.get(0)), memos(offers.get(1)), offers.rows().len()), (vec!["a1", "a2"], vec!["b1"], 3));
    assert!(offers.get(2).is_empty() && offers.get(99).is_empty());

    // The same row may be there twice, and nothing at all.
    let twice = [people[0].clone(), people[1].clone(), people[0].clone()];
    let offers = twice.load_many(&db.engine, Trader::OFFERS).await.unwrap();
    let offers: Vec<Vec<&str>> = offers.iter().map(memos).collect();
    assert_eq!(offers, [vec!["a1", "a2"], vec!["b1"], vec!["a1", "a2"]]);
    assert_eq!(Vec::<Trader>::new().load_many(&db.engine, Trader::OFFERS).await.unwrap().iter().len(), 0);
}

#[both_engines]
async fn a_relation_goes_through_another_table(db: TestDb) {
    let people = people(&db.engine).await;
    let trusted = people.load_many(&db.engine, Trader::TRUSTS).await.unwrap();
    let trusted: Vec<Vec<&str>> = trusted.iter().map(names).collect();
    assert_eq!(trusted, [vec!["ben", "cyd"], vec!["ada", "ben"], vec![], vec![]]);
    let trusting = people.load_many(&db.engine, Trader::TRUSTED_BY).await.unwrap();
    let trusting: Vec<Vec<&str>> = trusting.iter().map(names).collect();
    assert_eq!(trusting, [vec!["ben"], vec!["ada", "ben"], vec!["ada"], vec![]]);
}

#[both_engines]
async fn a_part_of_the_related_rows_is_loaded_in_an_order(db: TestDb) {
    let people = people(&db.engine).await;
    let query = RelatedQuery::from(Trader::OFFERS).filter(Offer::MEMO.neq("b1")).order(Offer::MEMO.desc());
    let offers = people.load_many(&db.engine, query).await.unwrap();
    assert_eq!((memos(offers.get(0)), memos(offers.get(1))), (vec!["a2", "a1"], vec![]));
    let query = RelatedQuery::from(Trader::TRUSTS).filter(Trader::OFFERS.exists()).order(Trader::NAME.desc());
    let trusted = people.load_many(&db.engine, query).await.unwrap();
    assert_eq!((names(trusted.get(0)), names(trusted.get(1))), (vec!["ben"], vec!["ben", "ada"]));
}

#[both_engines]
async fn a_session_loads_what_it_wrote(db: TestDb) {
    let people = people(&db.engine).await;
    let mut session = db.engine.sessions().begin().await.unwrap();
    offer(Some(3), "c1").create(&mut session).await.unwrap();
    let offers = people.load_many(&mut session, Trader::OFFERS).await.unwrap();
    assert_eq!(memos(offers.get(2)), ["c1"]);
    session.roll_back().await.unwrap();
}

fn shop(country: &str, number: i32) -> Shop {
    let seal = vec![country.as_bytes()[0], 0, u8::try_from(number % 256).unwrap(), u8::try_from(number / 256).unwrap()];
    let number_of_country = i64::from(country.as_bytes()[0]) * 10_000 + i64::from(number);
    Shop { country: country.into(), number, size: Decimal::new(number_of_country, 1), seal }
}

/// A till of a shop, by all of its keys.
fn till(shop: &Shop) -> Till {
    let size = shop.size.rescale(2);
    let Shop { country, number, seal, .. } = shop.clone();
    Till { key: Key::default(), country: Some(country), number: Some(number), size, seal: Some(seal) }
}

#[both_engines]
async fn any_key_will_do(db: TestDb) {
    db.engine.create_all(&[Shop::table(), Till::table()]).await.unwrap();
    // With the keys crossed over there are rows that have each part of a key, but not the key.
    let shops = [shop("NG", 1), shop("NG", 2), shop("GH", 1), shop("GH", 3)];
    Shop::create_many(&db.engine, shops.clone()).await.unwrap();
    let nowhere = Till { key: Key::default(), country: Some("NG".into()), number: None, size: None, seal: None };
    let tills = [till(&shops[1]), till(&shops[2]), nowhere, till(&shops[1])];
    let tills = Till::create_many(&db.engine, tills).await.unwrap();
    let expected = [Some(&shops[1]), Some(&shops[2]), None, Some(&shops[1])];
    for relation in [Till::SHOP, Till::SHOP_OF_SIZE, Till::SHOP_OF_SEAL] {
        let found = tills.load_one(&db.engine, relation).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected);
    }
    let found = shops.load_many(&db.engine, Shop::TILLS).await.unwrap();
    assert_eq!(found.iter().map(<[Till]>::len).collect::<Vec<_>>(), [0, 2, 1, 0]);

    let of_ghana = Till::find().filter(Till::SHOP.matches(Shop::COUNTRY.eq("GH"))).all(&db.engine).await.unwrap();
    assert_eq!(of_ghana, tills[1..2]);
    let empty = Shop::find().filter(!Shop::TILLS.exists()).order(Shop::NUMBER.asc()).all(&db.engine).await.unwrap();
    assert_eq!(empty, [shops[0].clone(), shops[3].clone()]);

    assert_eq!(Shop::by_key(("GH", 3)).one(&db.engine).await.unwrap().as_ref(), Some(&shops[3]));
    assert_eq!(Shop::by_key(("GH", 2)).one(&db.engine).await.unwrap(), None);
    let wrong = Shop::by_key("GH").one(&db.engine).await.unwrap_err();
    assert!(matches!(wrong, Error::Plan(PlanError::KeyLength { expected: 2, .. })), "{wrong:?}");
}

#[both_engines]
async fn thousands_of_keys_are_one_statement(db: TestDb) {
    db.engine.create_all(&[Shop::table(), Till::table()]).await.unwrap();
    let shops: Vec<Shop> = (0..3_000).map(|number| shop(["NG", "GH"][number % 2], number as i32)).collect();
    Shop::create_many(&db.engine, shops.clone()).await.unwrap();
    let tills = Till::create_many(&db.engine, shops.iter().map(till)).await.unwrap();
    let found = tills.load_one(&db.engine, Till::SHOP).await.unwrap();
    assert!(found.iter().zip(&shops).all(|(found, shop)| found == Some(shop)));
}

#[test]
fn each_load_is_one_statement() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for dialect in [mwallet_db::Dialect::Postgres, mwallet_db::Dialect::Sqlite] {
        let engine = Engine::mock(dialect);
        let people: Vec<Trader> = (1..=5_000).map(|id| Trader { key: Key { id: id.into() }, ..trader("x") }).collect();
        runtime.block_on(async {
            people.load_many(&engine, Trader::OFFERS).await.unwrap();
            people.load_many(&engine, Trader::TRUSTS).await.unwrap();
            // Nobody was invited, which no database has to say.
            people.load_one(&engine, Trader::INVITER).await.unwrap();
        });
        assert_eq!(engine.statements().len(), 2, "{:#?}", engine.statements());
    }
}

async fn found(db: &TestDb, filter: Filter) -> Vec<String> {
    let found = Trader::find().filter(filter).order(Trader::ID.asc()).all(&db.engine).await.unwrap();
    found.into_iter().map(|one| one.name).collect()
}

#[both_engines]
async fn filters_are_about_related_rows(db: TestDb) {
    people(&db.engine).await;
    assert_eq!(found(&db, Trader::OFFERS.any(Offer::MEMO.like("a%"))).await, ["ada"]);
    assert_eq!(found(&db, Trader::OFFERS.exists()).await, ["ada", "ben"]);
    assert_eq!(found(&db, Trader::OFFERS.none(Offer::MEMO.eq("a1"))).await, ["ben", "cyd", "dan"]);
    assert_eq!(found(&db, Trader::INVITER.matches(Trader::NAME.eq("ada"))).await, ["ben", "cyd"]);
    // Without an inviter there is none who is not Ada.
    assert_eq!(found(&db, Trader::INVITER.matches(Trader::NAME.neq("ada"))).await, ["dan"]);
    assert_eq!(found(&db, !Trader::INVITER.matches(Trader::NAME.neq("ada"))).await, ["ada", "ben", "cyd"]);
    let of_inviter = Trader::INVITER.matches(Trader::OFFERS.any(Offer::MEMO.eq("b1")));
    assert_eq!(found(&db, of_inviter.clone()).await, ["dan"]);
    assert_eq!(found(&db, of_inviter | Trader::NAME.eq("ada")).await, ["ada", "dan"]);
    assert_eq!(found(&db, Trader::TRUSTS.any(Trader::NAME.eq("ben"))).await, ["ada", "ben"]);
    assert_eq!(found(&db, Trader::TRUSTED_BY.any(Trader::TRUSTS.any(Trader::NAME.eq("cyd")))).await, ["ben", "cyd"]);
    let offers = Offer::find().filter(Offer::TRADER.matches(Trader::NAME.eq("ada")));
    assert_eq!(offers.count(&db.engine).await.unwrap(), 2);
}

#[both_engines]
async fn writes_can_be_about_related_rows(db: TestDb) {
    people(&db.engine).await;
    let invited = Trader::find().filter(Trader::INVITER.matches(Trader::OFFERS.any(Offer::MEMO.eq("b1"))));
    let changed = invited.update(&db.engine, [Trader::NAME.set("don"), Trader::INVITED_BY.set_null()]).await.unwrap();
    assert_eq!((changed.count, changed.rows[0].name.as_str(), changed.rows[0].invited_by), (1, "don", None));
    let of_ada = Offer::find().filter(Offer::TRADER.matches(Trader::NAME.eq("ada")));
    assert_eq!(of_ada.delete(&db.engine).await.unwrap().count, 2);
    assert_eq!(Offer::find().count(&db.engine).await.unwrap(), 2);
}

#[both_engines]
async fn a_filter_of_another_table_is_refused(db: TestDb) {
    people(&db.engine).await;
    let wrong = Offer::find().filter(Trader::OFFERS.exists()).all(&db.engine).await.unwrap_err();
    assert!(matches!(wrong, Error::Plan(PlanError::OtherRelation { .. })), "{wrong:?}");
    assert_eq!(wrong.to_string(), "the filter is on rows related to traders, not to offers");
    let wrong = Trader::find().filter(Trader::OFFERS.any(Trader::NAME.eq("x"))).all(&db.engine).await.unwrap_err();
    assert!(matches!(wrong, Error::Plan(PlanError::UnknownColumn { .. })), "{wrong:?}");
}

#[both_engines]
async fn a_filter_finds_only_rows_within_the_scope(db: TestDb) {
    people(&db.engine).await;
    let catalog = Catalog::new([Trader::table().clone(), Offer::table().clone(), Trust::table().clone()]);
    // The offers of Ada are hidden, and whom anybody but Ada trusts.
    let mut grants = Grants::default();
    grants.table(None, "traders").read.push(Grant::all());
    grants.table(None, "offers").read.push(Grant { rows: Some(Offer::MEMO.eq("b1")), ..Grant::all() });
    grants.table(None, "trusts").read.push(Grant { rows: Some(Trust::WHO_ID.eq(1)), ..Grant::all() });
    let caller = Caller { grants: grants.into(), ..Caller::default() };
    let traders = ScopedTable::new(catalog.get(None, "traders").unwrap(), Scope::Granted(&caller));
    for (filter, expected) in [
        (Trader::OFFERS.exists(), r#"{"name":"ben"}"#),
        (Trader::OFFERS.any(Offer::MEMO.like("a%")), ""),
        (Trader::TRUSTS.any(Trader::NAME.eq("ben")), r#"{"name":"ada"}"#),
        (Trader::INVITER.matches(Trader::OFFERS.exists()), r#"{"name":"dan"}"#),
    ] {
        let query = Query::new().filter(filter).include(["name"]);
        let rows = crud::data_plane::retrieve(&db.engine, traders, &query).await.unwrap();
        assert_eq!(String::from_utf8_lossy(rows.objects()), expected);
    }
}
