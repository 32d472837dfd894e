//! The forms in which rows are read: structs, streams and pages.

use futures::{StreamExt, TryStreamExt};
use mwallet_db::prelude::*;
use mwallet_db::schema::ColumnType;
use mwallet_db::{Executor, FromRow, Sql, crud};
use mwallet_testkit::{TestDb, both_engines};

use crate::support::{Trader, trader};

#[derive(Debug, PartialEq, FromRow)]
struct Invited {
    #[from_row(column = "invited_by")]
    by: Option<i64>,
    r#many: i64,
}

fn invited() -> Sql {
    Sql::new("SELECT max(name), count(*), invited_by FROM traders GROUP BY invited_by ORDER BY count(*) DESC")
        .returns("last", ColumnType::Text { max: None })
        .returns("many", ColumnType::BigInt)
        .returns("invited_by", ColumnType::BigInt)
}

async fn set_up(db: &TestDb, count: usize) {
    db.engine.create_all(&[Trader::table()]).await.unwrap();
    let traders = (1..=count).map(|n| Trader { invited_by: (n > 2).then(|| 1.into()), ..trader(&format!("t{n:04}")) });
    Trader::create_many(&db.engine, traders).await.unwrap();
}

#[both_engines]
async fn a_struct_takes_the_columns_of_its_fields(db: TestDb) {
    set_up(&db, 5).await;
    let rows = crud::select::<Invited>(&db.engine, invited()).await.unwrap();
    assert_eq!(rows, [Invited { by: Some(1), many: 3 }, Invited { by: None, many: 2 }]);

    #[derive(Debug, FromRow)]
    struct Wrong {
        #[expect(dead_code, reason = "it is never read")]
        number: Option<i64>,
    }
    let refused = crud::select::<Wrong>(&db.engine, invited()).await.unwrap_err();
    assert_eq!(refused.to_string(), "number: the row has no such column");

    #[derive(Debug, FromRow)]
    struct NotNull {
        #[expect(dead_code, reason = "it is never read")]
        invited_by: i64,
    }
    let refused = crud::select::<NotNull>(&db.engine, invited()).await.unwrap_err();
    assert_eq!(refused.to_string(), "invited_by: must not be null");
}

#[both_engines]
async fn rows_are_a_stream(db: TestDb) {
    set_up(&db, 1_000).await;
    let rows = Trader::find().order(Trader::ID.asc()).stream(&db.engine).await.unwrap();
    let names: Vec<String> = rows.map_ok(|one| one.name).try_collect().await.unwrap();
    assert_eq!((names.len(), names[0].as_str(), names[999].as_str()), (1_000, "t0001", "t1000"));

    let mut session = db.engine.sessions().begin().await.unwrap();
    let mut rows = Trader::find().order(Trader::ID.desc()).stream(&mut session).await.unwrap();
    assert_eq!(rows.next().await.unwrap().unwrap().name, "t1000");
    let some: Vec<_> = StreamExt::take(&mut rows, 3).collect().await;
    assert_eq!(some.last().unwrap().as_ref().unwrap().name, "t0997");
    drop(rows);
    // The session goes on.
    assert_eq!(Trader::find().count(&mut session).await.unwrap(), 1_000);
    session.roll_back().await.unwrap();

    let mut none = Trader::find().filter(Trader::NAME.eq("nobody")).stream(&db.engine).await.unwrap();
    assert!(none.next().await.is_none() && none.next().await.is_none());
}

/// A function that runs where its caller says.
async fn last(executor: impl Into<Executor<'_>>) -> Option<Trader> {
    Trader::find().order(Trader::ID.desc()).one(executor).await.unwrap()
}

#[both_engines]
async fn a_page_knows_how_many_rows_there_are(db: TestDb) {
    set_up(&db, 25).await;
    let query = Trader::find().filter(Trader::INVITED_BY.is_not_null()).order(Trader::ID.asc()).skip(20).limit(10);
    let page = query.clone().page(&db.engine).await.unwrap();
    assert_eq!((page.rows.len(), page.rows[0].name.as_str(), page.total), (3, "t0023", 23));
    let mut session = db.engine.sessions().begin().await.unwrap();
    trader("new").create(&mut session).await.unwrap();
    assert_eq!(last(&mut session).await.unwrap().name, "new");
    assert_eq!(Trader::find().limit(0).page(&mut session).await.unwrap().total, 26);
    session.roll_back().await.unwrap();
    assert_eq!(last(&db.engine).await.unwrap().name, "t0025");
    assert_eq!(query.page(&db.engine).await.unwrap(), page);
}
