//! Tests the operations on tables and entities, with the same cases on both engines.

use crate::support::{Offer, Standing, Trader, empty_offer, full_offer, trader};
use mwallet_db::crud::{self, Arguments, Operation, Outcome};
use mwallet_db::schema::{ColumnType, Record, Value};
use mwallet_db::{
    CatalogTable, Comparison, ConstraintKind, Entity, Error, Filter, Find, Identifier, Json, KeyColumns, LoadRelated,
    NameColumns, PlanError, Query, Row, Sql, TimestampsColumns,
};
use mwallet_testkit::{TestDb, both_engines};

async fn set_up(db: &TestDb) {
    db.engine.create_all(&[Trader::table(), Offer::table()]).await.unwrap();
}

/// Creates offers with the memos `a` to `e`, where the third has none.
async fn five_offers(db: &TestDb) {
    set_up(db).await;
    let memos = ["a", "b", "", "d", "e"];
    let offers = memos.iter().enumerate().map(|(index, memo)| Offer {
        memo: Some((*memo).to_owned()).filter(|memo| !memo.is_empty()),
        large: Some(index as i64),
        urgent: [Some(true), Some(false), None][index % 3],
        standing: if index % 2 == 0 { Standing::Open } else { Standing::Closed },
        ..empty_offer()
    });
    Offer::create_many(&db.engine, offers).await.unwrap();
}

async fn numbers(db: &TestDb, query: &Query) -> Vec<i64> {
    let offers = Find::<Offer>::from(query.clone()).all(&db.engine).await.unwrap();
    offers.into_iter().map(|offer| offer.large.unwrap()).collect()
}

async fn found(db: &TestDb, filter: Filter) -> Vec<i64> {
    numbers(db, &Query::new().filter(filter).order(Offer::ID.asc())).await
}

#[both_engines]
async fn every_type_comes_back_as_it_went(db: TestDb) {
    set_up(&db).await;
    for offer in [full_offer(), empty_offer()] {
        let created = offer.clone().create(&db.engine).await.unwrap();
        assert!(created.key.id.get().is_some() && created.name.slug.get().is_some());
        let filled = Offer {
            key: created.key.clone(),
            name: created.name.clone(),
            timestamps: created.timestamps.clone(),
            ..offer
        };
        assert_eq!(created, filled);
        assert!(created.timestamps.version == 1);
        assert_eq!(created.timestamps.created_at, created.timestamps.updated_at);

        let read = Offer::by_key(*created.key.id.get().unwrap()).one(&db.engine).await.unwrap();
        assert_eq!(read, Some(created));
    }
}

#[both_engines]
async fn rows_become_json_without_their_secrets(db: TestDb) {
    set_up(&db).await;
    let offer = full_offer().create(&db.engine).await.unwrap();
    let query = Query::new().exclude(["uuid", "slug", "created_at", "updated_at"]);
    let mut batches =
        crud::data_plane::list(&db.engine, &CatalogTable::new(Offer::table().clone()), &query).await.unwrap();
    let rows = batches.next_json().await.unwrap().unwrap();
    assert!(batches.next_json().await.is_none());
    let json = String::from_utf8(rows.objects().to_vec()).unwrap();
    let expected = concat!(
        r#"{"id":1,"trader_id":null,"standing":"SATISFIED","amount":"-99999999999.123456789012345678","#,
        r#""small":-32768,"medium":2147483647,"large":-9223372036854775808,"#,
        r#""starts_at":"0001-01-01T00:00:00+00:00","ends_at":"9999-12-31T23:59:59.999999+00:00","#,
        r#""memo":"ünï\"cö\\dé\n😀","reference":"00000000-0000-0000-0000-0000000000ff","digest":"AAH+/w==","#,
        r#""meta":META,"urgent":true,"version":1}"#
    );
    let (before, after) = expected.split_once("META").unwrap();
    let meta = json.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).unwrap_or_else(|| panic!("{json}"));
    // Equal as values. Spaces and key order in jsonb may differ.
    assert!(meta.contains("300025") && meta.contains("0.10"), "{meta}");
    assert!(offer.secret.is_some() && !json.contains("hidden"));
}

#[both_engines]
async fn a_row_has_three_names(db: TestDb) {
    set_up(&db).await;
    let offer = full_offer().create(&db.engine).await.unwrap();
    let names = [
        Identifier::from(*offer.key.id.get().unwrap()),
        Identifier::from(*offer.name.uuid.get().unwrap()),
        Identifier::parse(offer.name.slug.get().unwrap()),
    ];
    for name in names {
        let named = Offer::find().identifier(name.clone());
        assert_eq!(named.clone().one(&db.engine).await.unwrap().as_ref(), Some(&offer), "{name:?}");
        assert_eq!(named.filter(Offer::STANDING.eq(Standing::Open)).one(&db.engine).await.unwrap(), None);
    }
    assert_eq!(Offer::find().identifier("nothing-of-that-name").one(&db.engine).await.unwrap(), None);
}

#[both_engines]
async fn filters_find_the_same_rows(db: TestDb) {
    five_offers(&db).await;
    assert_eq!(found(&db, Offer::MEMO.eq("b")).await, [1]);
    assert_eq!(found(&db, Offer::MEMO.neq("b")).await, [0, 3, 4], "a null is neither equal nor unequal");
    assert_eq!(found(&db, !Offer::MEMO.eq("b")).await, [0, 3, 4]);
    assert_eq!(found(&db, Offer::MEMO.gt("b")).await, [3, 4]);
    assert_eq!(found(&db, Offer::MEMO.lte("b")).await, [0, 1]);
    assert_eq!(found(&db, Offer::LARGE.gte(3) & Offer::LARGE.lt(4)).await, [3]);
    assert_eq!(found(&db, Offer::LARGE.between(1, 3)).await, [1, 2, 3]);
    assert_eq!(found(&db, Offer::LARGE.in_([4, 0, 99])).await, [0, 4]);
    assert_eq!(found(&db, Offer::LARGE.in_(Vec::<i64>::new())).await, [0i64; 0]);
    assert_eq!(found(&db, Offer::MEMO.in_(["a", "e"])).await, [0, 4]);
    assert_eq!(found(&db, Offer::MEMO.is_null()).await, [2]);
    assert_eq!(found(&db, Offer::MEMO.is_not_null()).await, [0, 1, 3, 4]);
    assert_eq!(found(&db, Offer::MEMO.like("_")).await, [0, 1, 3, 4]);
    assert_eq!(found(&db, Offer::MEMO.like("A%")).await, [0i64; 0]);
    assert_eq!(found(&db, Offer::MEMO.ilike("A%")).await, [0]);
    assert_eq!(found(&db, Offer::STANDING.eq(Standing::Closed)).await, [1, 3]);
    assert_eq!(found(&db, Filter::eq("standing", -1i64)).await, [1, 3], "an enum by its code");
    assert_eq!(found(&db, Offer::URGENT.eq(true) | Offer::URGENT.eq(false)).await, [0, 1, 3, 4]);
    assert_eq!(found(&db, Filter::And(vec![])).await, [0, 1, 2, 3, 4]);
    assert_eq!(found(&db, Filter::Or(vec![])).await, [0i64; 0]);
    assert_eq!(found(&db, !(Offer::MEMO.eq("a") | Offer::LARGE.gt(2))).await, [1]);
}

#[both_engines]
async fn pages_and_orders_agree(db: TestDb) {
    five_offers(&db).await;
    let by_memo = Query::new().order(Offer::MEMO.asc());
    assert_eq!(numbers(&db, &by_memo).await, [0, 1, 3, 4, 2], "nulls come last");
    assert_eq!(numbers(&db, &Query::new().order(Offer::MEMO.desc())).await, [2, 4, 3, 1, 0], "nulls come first");
    assert_eq!(numbers(&db, &by_memo.clone().skip(1).limit(2)).await, [1, 3]);
    assert_eq!(numbers(&db, &by_memo.clone().skip(3)).await, [4, 2]);
    assert_eq!(numbers(&db, &by_memo.clone().limit(0)).await, [0i64; 0]);
    assert_eq!(numbers(&db, &by_memo.skip(u64::MAX)).await, [0i64; 0]);
    let two = Query::new().order(Offer::STANDING.asc()).order(Offer::ID.desc());
    assert_eq!(numbers(&db, &two).await, [3, 1, 4, 2, 0]);
}

#[both_engines]
async fn fields_are_chosen(db: TestDb) {
    five_offers(&db).await;
    let query = Query::new().include(["memo", "large"]).order_asc("id").limit(1);
    let row = crud::retrieve(&db.engine, Offer::table(), &query).await.unwrap().unwrap();
    assert_eq!(row.into_map(), Record::from([("memo", Value::from("a")), ("large", Value::from(0i64))]));
    let query = Query::new().exclude(["memo"]);
    let row = crud::retrieve(&db.engine, Offer::table(), &query).await.unwrap().unwrap();
    assert!(row.get("memo").is_none() && row.get("large").is_some());
}

#[both_engines]
async fn an_update_raises_the_version_and_moves_the_time(db: TestDb) {
    five_offers(&db).await;
    let changed = Offer::find().filter(Offer::LARGE.gte(3)).update(&db.engine, [Offer::MEMO.set("new")]).await.unwrap();
    assert_eq!(changed.count, 2);
    for offer in changed.rows {
        assert_eq!(offer.memo.as_deref(), Some("new"));
        assert!(offer.timestamps.version == 2);
        assert!(offer.timestamps.updated_at.get() > offer.timestamps.created_at.get());
    }
    assert_eq!(Offer::find().filter(Offer::VERSION.eq(1)).count(&db.engine).await.unwrap(), 3);
}

#[both_engines]
async fn deletions_give_the_rows_back(db: TestDb) {
    five_offers(&db).await;
    let query = Query::new().identifier(2).filter(Offer::MEMO.eq("b"));
    let deleted = Find::<Offer>::from(query.clone()).delete(&db.engine).await.unwrap();
    assert_eq!((deleted.count, deleted.rows[0].large), (1, Some(1)));
    assert_eq!(crud::delete(&db.engine, Offer::table(), &query).await.unwrap().count, 0);
    assert_eq!(crud::delete_all(&db.engine, Offer::table(), &Query::new()).await.unwrap().count, 4);
}

#[both_engines]
async fn what_names_no_row_changes_none(db: TestDb) {
    five_offers(&db).await;
    let refused = crud::update(&db.engine, Offer::table(), &Query::new(), Record::from([("memo", "x")])).await;
    assert_eq!(refused.unwrap_err().code(), "21000");
    let refused = crud::delete(&db.engine, Offer::table(), &Query::new().limit(1)).await;
    assert_eq!(refused.unwrap_err().code(), "21000");
    let all = crud::update_all(&db.engine, Offer::table(), &Query::new(), Record::from([("memo", "x")])).await.unwrap();
    assert_eq!(all.count, 5);
}

#[both_engines]
async fn bulk_creation_is_all_or_nothing_and_keeps_its_order(db: TestDb) {
    set_up(&db).await;
    let many = (0..2_500).map(|number| Offer { large: Some(number), ..empty_offer() });
    let created = Offer::create_many(&db.engine, many).await.unwrap();
    assert!(created.iter().enumerate().all(|(index, offer)| offer.large == Some(index as i64)));

    let clash = [trader("ada"), trader("ben"), trader("ada")];
    let refused = Trader::create_many(&db.engine, clash).await.unwrap_err();
    assert!(
        matches!(refused, Error::Constraint(ref violation) if violation.kind == ConstraintKind::Unique),
        "{refused}"
    );
    assert_eq!(crud::count(&db.engine, Trader::table(), &Query::new()).await.unwrap(), 0);

    let none = Trader::create_many(&db.engine, []).await.unwrap();
    assert!(none.is_empty());
}

#[both_engines]
async fn what_exists_is_left_as_it_is(db: TestDb) {
    set_up(&db).await;
    let first = Trader::insert_ignore(&db.engine, [trader("ada"), trader("ben")]).await.unwrap();
    assert_eq!(first.len(), 2);
    let second = Trader::insert_ignore(&db.engine, [trader("ben"), trader("cyd")]).await.unwrap();
    assert_eq!(second.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["cyd"]);
}

#[both_engines]
async fn constraints_have_the_same_names_for_what_they_refuse(db: TestDb) {
    set_up(&db).await;
    trader("ada").create(&db.engine).await.unwrap();
    let refused = trader("ada").create(&db.engine).await.unwrap_err();
    assert_eq!(refused.code(), "23505");
    let orphan = Offer { trader_id: Some(99.into()), ..empty_offer() };
    assert_eq!(orphan.create(&db.engine).await.unwrap_err().code(), "23503");
    let backwards = Offer { starts_at: full_offer().ends_at, ends_at: full_offer().starts_at, ..empty_offer() };
    let refused = backwards.create(&db.engine).await.unwrap_err();
    let Error::Constraint(violation) = &refused else { panic!("{refused}") };
    assert_eq!((refused.code(), violation.constraint.as_deref()), ("23514", Some("offers_period_check")));

    let offer = Offer { trader_id: Some(1.into()), ..empty_offer() };
    offer.create(&db.engine).await.unwrap();
    let refused = crud::delete(&db.engine, Trader::table(), &Query::new().identifier(1)).await.unwrap_err();
    assert_eq!(refused.code(), "23503");
}

#[both_engines]
async fn what_does_not_fit_is_refused_before_the_database_is_asked(db: TestDb) {
    // There is no table, so a statement that reached the database would fail differently.
    let create = async |record: Record| crud::create(&db.engine, Offer::table(), record).await.unwrap_err();
    let offer = |name: &str, value: Value| Record::from([(name, value)]);
    for (record, code) in [
        (offer("nope", Value::Null), "42703"),
        (offer("memo", "x".repeat(17).into()), "22001"),
        (offer("memo", "a\0b".into()), "22021"),
        (offer("small", 40_000i64.into()), "22003"),
        (offer("standing", "GONE".into()), "22P02"),
        (offer("standing", 5i64.into()), "22P02"),
        (offer("urgent", "yes".into()), "22P02"),
        (offer("amount", Value::Decimal("1e21".parse().unwrap())), "22003"),
        (offer("amount", Value::Decimal("1e-19".parse().unwrap())), "22003"),
        (offer("digest", vec![0; 9].into()), "22001"),
        (offer("standing", Value::Null), "23502"),
    ] {
        assert_eq!(create(record.clone()).await.code(), code, "{record:?}");
    }
    let list = async |query: Query| crud::list(&db.engine, Offer::table(), &query).await.unwrap_err();
    for (query, code) in [
        (Query::new().filter(Filter::eq("nope", 1i64)), "42703"),
        (Query::new().filter(Filter::eq("id", "abc")), "22P02"),
        (Query::new().filter(Filter::compare("meta", Comparison::Gt, Value::Json("1".into()))), "42883"),
        (Query::new().filter(Filter::like("large", "1%")), "42883"),
        (Query::new().filter(Filter::like("memo", "1\\")), "22025"),
        (Query::new().order_asc("nope"), "42703"),
        (Query::new().include(["nope"]), "42703"),
        (Query::new().identifier(Identifier::Key(vec!["1".into(), "2".into()])), "22P02"),
    ] {
        assert_eq!(list(query.clone()).await.code(), code, "{query:?}");
    }
    let nothing = crud::update(&db.engine, Offer::table(), &Query::new().identifier(1), Record::new()).await;
    assert!(matches!(nothing, Err(Error::Plan(PlanError::NothingToUpdate))));
    let mut deep = Filter::eq("id", 1i64);
    for _ in 0..40 {
        deep = !deep;
    }
    assert_eq!(list(Query::new().filter(deep)).await.code(), "54001");
}

#[both_engines]
async fn operations_go_by_code_and_name(db: TestDb) {
    set_up(&db).await;
    let data = Record::from([("name", "ada")]);
    let created = crud::operate(
        &db.engine,
        Trader::table(),
        Operation::try_from(2).unwrap(),
        Arguments { data, ..Arguments::default() },
    );
    assert!(matches!(created.await.unwrap(), Outcome::Row(Some(_))));
    let query = Query::new().identifier(1);
    let data = Record::from([("name", "eve")]);
    let updated =
        crud::operate(&db.engine, Trader::table(), "update".parse().unwrap(), Arguments { data, query: query.clone() });
    assert!(matches!(updated.await.unwrap(), Outcome::Changed(changed) if changed.count == 1));
    let read = crud::operate(
        &db.engine,
        Trader::table(),
        Operation::Read,
        Arguments { query: query.clone(), ..Arguments::default() },
    );
    assert!(matches!(read.await.unwrap(), Outcome::Row(Some(row)) if row.get("name") == Some(&"eve".into())));
    let deleted =
        crud::operate(&db.engine, Trader::table(), Operation::Delete, Arguments { query, ..Arguments::default() });
    assert!(matches!(deleted.await.unwrap(), Outcome::Changed(changed) if changed.count == 1));
    let listed = crud::operate(&db.engine, Trader::table(), Operation::try_from(11).unwrap(), Arguments::default());
    assert_eq!(listed.await.unwrap(), Outcome::Rows(vec![]));
}

#[both_engines]
async fn a_search_takes_its_text_as_it_is(db: TestDb) {
    set_up(&db).await;
    let memos = ["100% sure", "1000 sure", "under_score", "back\\slash"];
    let offers = memos.map(|memo| Offer { memo: Some(memo.into()), secret: Some("sure".into()), ..empty_offer() });
    Offer::create_many(&db.engine, offers).await.unwrap();
    for (text, expected) in [("0%", 1), ("SURE", 2), ("r_s", 1), ("k\\s", 1), ("nothing", 0)] {
        let rows = crud::search(&db.engine, Offer::table(), text, &Query::new()).await.unwrap();
        assert_eq!(rows.len(), expected, "{text}");
    }
}

#[both_engines]
async fn what_rows_refer_to_is_loaded_at_once(db: TestDb) {
    set_up(&db).await;
    let people = Trader::create_many(&db.engine, ["ada", "ben", "cyd"].map(trader)).await.unwrap();
    let ids: Vec<i64> = people.iter().map(|one| *one.key.id.get().unwrap()).collect();
    let offers = [Some(ids[2]), None, Some(ids[0]), Some(ids[2])]
        .map(|id| Offer { trader_id: id.map(Into::into), ..empty_offer() });
    let offers = Offer::create_many(&db.engine, offers).await.unwrap();
    let traders = offers.load_one(&db.engine, Offer::TRADER).await.unwrap();
    assert_eq!(traders.rows().len(), 2);
    let names: Vec<_> = traders.iter().map(|trader| trader.map(|one| one.name.as_str())).collect();
    assert_eq!(names, [Some("cyd"), None, Some("ada"), Some("cyd")]);
}

#[both_engines]
async fn secrets_do_not_exist_for_clients(db: TestDb) {
    set_up(&db).await;
    for query in [
        Query::new().filter(Filter::eq("secret", "hidden")),
        Query::new().order_asc("secret"),
        Query::new().include(["secret"]),
    ] {
        let refused = crud::data_plane::retrieve(&db.engine, &CatalogTable::new(Offer::table().clone()), &query)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), "42703", "{query:?}");
    }
}

#[both_engines]
async fn json_is_equal_as_a_value(db: TestDb) {
    set_up(&db).await;
    let meta = Json::parse(r#" {"b" : [1, 2.50, null, true, "x\u0041"], "a": {}} "#).unwrap();
    let offer = Offer { meta: Some(meta), ..empty_offer() };
    let stored = offer.create(&db.engine).await.unwrap().meta.unwrap();
    for part in ["\"a\":{}", "2.50", "null", "true"] {
        assert!(stored.as_str().contains(part), "{}", stored.as_str());
    }
}

#[both_engines]
async fn statements_of_the_author_read_and_write(db: TestDb) {
    five_offers(&db).await;
    let raise = Sql::new("UPDATE offers SET large = large + $1 WHERE memo > $2 RETURNING memo, large")
        .bind(10i64)
        .bind("b")
        .returns("memo", ColumnType::Text { max: None })
        .returns("large", ColumnType::BigInt);
    let mut raised = crud::execute::<(String, i64)>(&db.engine, raise).await.unwrap();
    raised.sort();
    assert_eq!(raised, [("d".to_owned(), 13), ("e".to_owned(), 14)]);

    let newest = Sql::select::<Offer>("WHERE standing = $1 ORDER BY id DESC LIMIT $2").bind("OPEN").bind(1i64);
    let rows = crud::select::<Offer>(&db.engine, newest).await.unwrap();
    assert_eq!(rows[0].memo.as_deref(), Some("e"));
    let wrong = Sql::new("SELECT memo FROM offers").returns("memo", ColumnType::Text { max: None });
    assert!(crud::select::<(String,)>(&db.engine, wrong).await.is_err(), "a null is no String");
    let write = Sql::new("DELETE FROM offers");
    let deleted = crud::execute::<Row>(&db.engine, write).await.unwrap();
    assert!(deleted.is_empty() && found(&db, Filter::And(vec![])).await.is_empty());
}

#[both_engines]
async fn slugs_are_unique_and_no_numbers(db: TestDb) {
    five_offers(&db).await;
    let offers = Offer::find().all(&db.engine).await.unwrap();
    let mut slugs: Vec<_> = offers.iter().map(|offer| offer.name.slug.get().unwrap().clone()).collect();
    slugs.sort();
    slugs.dedup();
    assert_eq!(slugs.len(), 5);
    assert!(slugs.iter().all(|slug| matches!(Identifier::parse(slug), Identifier::Slug(_))));
    let by_slug = Query::new().filter(Offer::SLUG.in_(slugs.iter().cloned())).order(Offer::UUID.asc());
    assert_eq!(numbers(&db, &by_slug).await.len(), 5);
}
