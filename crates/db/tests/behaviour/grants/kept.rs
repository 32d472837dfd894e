//! Tests of reads that a caller asks for again.

use std::sync::Arc;

use mwallet_db::crud::data_plane;
use mwallet_db::schema::Value;
use mwallet_db::{Caller, Filter, Grant, Identifier, JsonRows, Operand, Query, Scope, ScopedTable, TableGrants};
use mwallet_testkit::{TestDb, both_engines};

use super::{caller, fill, grants};

/// Who asks again gets what they would get for the first time, whatever they ask for and whoever asks.
#[both_engines]
async fn who_asks_again_gets_the_same(db: TestDb) {
    let catalog = fill(&db).await;
    let orders = catalog.get(None, "orders").unwrap();
    let (mine, open) = (Filter::eq("owner_id", Operand::Caller("id".into())), Filter::eq("state", "OPEN"));
    let reads = |grants: Vec<Grant>| TableGrants { read: grants, ..TableGrants::default() };
    let own = |columns: &[&str]| Grant { rows: Some(mine.clone()), ..Grant::of_columns(columns.iter().copied()) };
    let hidden_slug = Grant { rows: Some(open.clone()), ..Grant::of_columns(["id", "state"]) };
    for grants in [
        grants(),
        reads(vec![Grant::all()]),
        // Of others, neither the slug nor the ID can be found by.
        reads(vec![own(&["id", "slug", "memo"]), hidden_slug]),
        reads(vec![own(&["slug"]), Grant { rows: Some(open), ..Grant::of_columns(["state"]) }]),
        reads(vec![Grant { rows: Some(!mine.clone()), ..Grant::of_columns(["id", "slug"]) }]),
    ] {
        let first = caller(grants);
        let second = Caller { values: Arc::new([("id".into(), Value::Int(8))].into()), ..first.clone() };
        for _ in 0..3 {
            let names = ["a", "c", "d", "e", "1", "4", "99", "", "it's \u{1}", "nul\0"];
            let rows = names.map(|name| Query::new().identifier(Identifier::parse(name)));
            let lists = [
                Query::new().order_asc("id"),
                Query::new().order_asc("id").limit(2),
                Query::new().order_asc("id").limit(2).skip(1),
                Query::new().filter(Filter::eq("state", "OPEN")).order_asc("id"),
                Query::new().filter(Filter::eq("state", "DRAFT")).order_asc("id"),
                Query::new().include(["id"]).order_asc("id"),
                Query::new().include(["nothing"]),
            ];
            for query in rows.into_iter().chain(lists) {
                for caller in [&first, &second] {
                    let ask = async |caller: &Caller| {
                        let at = ScopedTable::new(orders, Scope::Granted(caller));
                        match query.identifier {
                            Some(_) => {
                                data_plane::retrieve(&db.engine, at, &query).await.map_err(|error| error.to_string())
                            }
                            None => {
                                match data_plane::list(&db.engine, at, &query.clone().limit(query.limit.unwrap_or(9)))
                                    .await
                                {
                                    Ok(mut rows) => rows.next_json().await.unwrap_or(Ok(JsonRows::default())),
                                    Err(error) => Err(error),
                                }
                                .map_err(|error| error.to_string())
                            }
                        }
                        .map(|rows| String::from_utf8_lossy(rows.objects()).into_owned())
                    };
                    // A clone has asked for nothing yet.
                    assert_eq!(ask(caller).await, ask(&caller.clone()).await, "{query:?} {:?}", caller.values);
                }
            }
        }
    }
}
