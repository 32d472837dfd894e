//! Values inside JSON, conversions and aggregates, the same on both engines.

use mwallet_api::{App, AppState, ExposedTables, Limits};
use mwallet_db::Dialect;
use mwallet_db::schema::{Column, ColumnType, ReferentialAction, Table};
use mwallet_testkit::{TestDb, both_engines};
use serde_json::{Value, json};

use crate::support::{behind, get, post, readable, reflected_within, state, write};

async fn filled(db: &TestDb) -> App {
    let limits = Limits { allow_aggregates: true, ..Limits::default() };
    let app = App::new(state(db).await.limits(limits));
    let user = r#"{"username": "ada", "rsid": "ada", "email": "ada@example.org"}"#;
    assert_eq!(post(&app, "/rest/v1/users", user).await.status, 201);
    let order = |slug: &str, memo: &str| json!({ "usid": "ada", "slug": slug, "user_id": 1, "start": "2026-11-01T08:30:00Z", "memo": memo });
    let orders = json!([order("one", "5"), order("two", "x")]);
    assert_eq!(post(&app, "/rest/v1/orders", orders.to_string()).await.status, 201);
    let rows = [
        (1, "a", 3, r#"{"size": 10, "fee": "0.50", "by": {"name": "ada", "tags": ["x", "y"]}, "n": 1e2}"#),
        (1, "b", 4, r#"{"size": 9, "fee": "1.25", "by": {"tags": []}, "n": null}"#),
        (2, "a", 5, r#"{"size": 9.0, "bb": 1, "by": {"name": "ben", "z": {"b": 1.50, "aa": 2}}}"#),
        (2, "a", 7, "null"),
    ];
    for (order, network, confirmations, meta) in rows {
        let row = format!(
            r#"{{"order_id": {order}, "network": "{network}", "tranx_id": "{confirmations}", "inputs": "", "outputs": "",
                "confirmations": {confirmations}, "meta": {meta}}}"#
        );
        let made = post(&app, "/rest/v1/transactions", row).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    app
}

async fn rows(app: &App, query: &str) -> Value {
    let answer = get(app, &readable(query)).await;
    assert!((200..300).contains(&answer.status.as_u16()), "{query}: {}", answer.text);
    answer.json()
}

#[both_engines]
async fn values_inside_json_are_read_filtered_and_ordered(db: TestDb) {
    let app = filled(&db).await;
    for (query, expected) in [
        ("select=meta->size&order=id", json!([{"size": 10}, {"size": 9}, {"size": 9.0}, {"size": null}])),
        ("select=meta->>size&order=id", json!([{"size": "10"}, {"size": "9"}, {"size": "9.0"}, {"size": null}])),
        ("select=n:meta->by->>name,meta->by->tags->-1&id=eq.1", json!([{"n": "ada", "tags": "y"}])),
        ("select=meta->by->>z&id=eq.3", json!([{"z": r#"{"b": 1.50, "aa": 2}"#}])),
        ("select=meta->>n,k:meta->n&id=lt.3&order=id", json!([{"n": "100", "k": 100}, {"n": null, "k": null}])),
        ("select=id&meta->size=eq.9&order=id", json!([{"id": 2}, {"id": 3}])),
        ("select=id&meta->size=gt.9", json!([{"id": 1}])),
        ("select=id&meta->>fee=lt.1", json!([{"id": 1}])),
        ("select=id&meta->by->>name=in.(ben,eve)", json!([{"id": 3}])),
        ("select=id&meta->by->>name=like.a*", json!([{"id": 1}])),
        ("select=id&or=(meta->by->tags.cs.[\"x\"],meta->>bb.eq.1)&order=id", json!([{"id": 1}, {"id": 3}])),
        ("select=id&meta->by->name=is.null&order=id", json!([{"id": 2}, {"id": 4}])),
        ("select=id&order=meta->size.desc.nullslast,id", json!([{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}])),
        ("select=id&order=meta->>size.desc.nullslast,id", json!([{"id": 3}, {"id": 2}, {"id": 1}, {"id": 4}])),
    ] {
        assert_eq!(rows(&app, &format!("transactions?{query}")).await, expected, "{query}");
    }
    let embedded = "orders?select=slug,transactions(meta->size)&transactions.meta->>fee=eq.0.50&order=id";
    let expected = json!([{"slug": "one", "transactions": [{"size": 10}]}, {"slug": "two", "transactions": []}]);
    assert_eq!(rows(&app, embedded).await, expected);
    let changing = readable("transactions?meta->size=eq.10&select=meta->>fee");
    let changed = write(&app, "PATCH", &changing, "return=representation", r#"{"network": "c"}"#).await;
    assert_eq!(changed.text, r#"[{"fee":"0.50"}]"#);
}

#[both_engines]
async fn rows_are_ordered_and_grouped_by_json_of_the_row_that_they_refer_to(db: TestDb) {
    let mut boxes = Table::new("boxes");
    boxes.columns = vec![Column::new("id", ColumnType::BigInt), Column::new("meta", ColumnType::Json)];
    boxes.primary_key = vec!["id".into()];
    let mut items = Table::new("items");
    items.columns = vec![Column::new("id", ColumnType::BigInt), Column::new("box", ColumnType::BigInt)];
    items.primary_key = vec!["id".into()];
    items.add_foreign_key(&["box"], "boxes", &["id"], ReferentialAction::NoAction);
    db.engine.create_all(&[&boxes, &items]).await.unwrap();
    let limits = Limits { allow_aggregates: true, ..Limits::default() };
    let app = App::new(AppState::new(db.engine.clone(), ExposedTables::new([&boxes, &items]).unwrap()).limits(limits));
    for (table, new) in [
        ("boxes", r#"[{"id": 1, "meta": {"n": 10}}, {"id": 2, "meta": {"n": "x"}}, {"id": 3, "meta": {"n": 9}}]"#),
        ("items", r#"[{"id": 1, "box": 1}, {"id": 2, "box": 2}, {"id": 3, "box": 3}]"#),
    ] {
        assert_eq!(post(&app, &format!("/rest/v1/{table}"), new).await.status, 201);
    }
    let ordered = json!([{"id": 2}, {"id": 3}, {"id": 1}]);
    assert_eq!(rows(&app, "items?select=id,boxes()&order=boxes(meta->n)").await, ordered);
    let ordered = json!([{"id": 1}, {"id": 3}, {"id": 2}]);
    assert_eq!(rows(&app, "items?select=id,boxes()&order=boxes(meta->>n)").await, ordered);

    // 9 and 9.0 are equal, whichever is shown.
    for (table, new) in
        [("boxes", r#"{"id": 4, "meta": {"n": 9.0}}"#), ("items", r#"[{"id": 4, "box": 4}, {"id": 5, "box": 4}]"#)]
    {
        assert_eq!(post(&app, &format!("/rest/v1/{table}"), new).await.status, 201);
    }
    for query in [
        "items?select=count(),boxes(meta->n)&box=gt.2",
        "items?select=count(),boxes(meta)&box=gt.2",
        "items?select=count(),boxes(n:meta->n::numeric)&box=gt.2",
        "items?select=count(),...boxes(n:meta->n)&box=gt.2",
        "items?select=count(),...boxes(n:meta->n::numeric)&box=gt.2",
        "items?select=count(),boxes(items(boxes(meta->n)))&box=gt.2&boxes.items.limit=1",
    ] {
        let groups = rows(&app, query).await;
        assert_eq!((groups.as_array().map(Vec::len), &groups[0]["count"]), (Some(1), &json!(3)), "{query}: {groups}");
    }
}

#[both_engines]
async fn values_are_converted(db: TestDb) {
    let app = filled(&db).await;
    for (query, expected) in [
        ("select=id::text,confirmations::numeric&id=eq.1", json!([{"id": "1", "confirmations": "3"}])),
        ("select=meta->>fee::numeric,s:meta->size::integer&id=eq.1", json!([{"fee": "0.50", "s": 10}])),
        ("select=meta->by::text&id=eq.2", json!([{"by": r#"{"tags": []}"#}])),
        ("select=tranx_id::bigint&id=eq.3", json!([{"tranx_id": 5}])),
    ] {
        assert_eq!(rows(&app, &format!("transactions?{query}")).await, expected, "{query}");
    }
    let time = rows(&app, "orders?select=start::date,t:start::text&id=eq.1").await;
    assert_eq!(time, json!([{"start": "2026-11-01", "t": "2026-11-01T08:30:00+00:00"}]));
    for (query, status, code) in [
        ("orders?select=memo::integer", 400, "22P02"),
        ("orders?select=start::integer", 400, "42846"),
        ("orders?select=memo::money", 400, "PGRST100"),
        ("transactions?select=confirmations::smallint,x:tranx_id::text->a", 400, "PGRST100"),
        ("orders?select=memo->a", 400, "42883"),
    ] {
        let answer = get(&app, &readable(query)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["code"].as_str()),
            (status, Some(code)),
            "{query}: {}",
            answer.text
        );
    }
}

#[both_engines]
async fn rows_are_grouped_and_aggregated(db: TestDb) {
    let app = filled(&db).await;
    for (query, expected) in [
        ("transactions?select=count()", json!([{"count": 4}])),
        (
            "transactions?select=confirmations.sum(),a:confirmations.avg()",
            json!([{"sum": 19, "a": "4.7500000000000000"}]),
        ),
        (
            "transactions?select=network,count(),confirmations.max()&order=network",
            json!([
            {"network": "a", "count": 3, "max": 7}, {"network": "b", "count": 1, "max": 4}]),
        ),
        ("transactions?select=network,count()&order=network.desc&limit=1", json!([{"network": "b", "count": 1}])),
        (
            "transactions?select=meta->>fee::numeric.sum(),m:meta->size::numeric.max()",
            json!([{"sum": "1.75", "m": "10"}]),
        ),
        (
            "transactions?select=meta->size,count()&meta->size=not.is.null&order=meta->size",
            json!([
            {"size": 9, "count": 2}, {"size": 10, "count": 1}]),
        ),
        ("transactions?select=confirmations.sum()::text&id=lt.0", json!([{"sum": null}])),
        (
            "transactions?select=...orders(slug),confirmations.sum()&order=orders(slug)",
            json!([
            {"sum": 7, "slug": "one"}, {"sum": 12, "slug": "two"}]),
        ),
        (
            "transactions?select=network,...orders(slug.max())&order=network",
            json!([
            {"network": "a", "max": "two"}, {"network": "b", "max": "one"}]),
        ),
        (
            "orders?select=slug,transactions(network,confirmations.sum())&transactions.order=network&order=id",
            json!([
            {"slug": "one", "transactions": [{"network": "a", "sum": 3}, {"network": "b", "sum": 4}]},
            {"slug": "two", "transactions": [{"network": "a", "sum": 12}]}]),
        ),
    ] {
        assert_eq!(rows(&app, query).await, expected, "{query}");
    }
    let alone = r#"{"usid": "ada", "slug": "three", "user_id": 1, "start": "2026-11-01T08:30:00Z"}"#;
    assert_eq!(post(&app, "/rest/v1/orders", alone).await.status, 201);
    for (query, expected) in [
        // Without keys there is a group even of no rows.
        (
            "orders?select=slug,transactions!inner(count())&order=id",
            json!([
            {"slug": "one", "transactions": [{"count": 2}]}, {"slug": "two", "transactions": [{"count": 2}]},
            {"slug": "three", "transactions": [{"count": 0}]}]),
        ),
        ("orders?select=slug,t:transactions(count())&t=is.null", json!([])),
        // A page is one of groups.
        (
            "orders?select=slug,t:transactions!inner(network,count())&t.order=network&t.offset=1",
            json!([{"slug": "one", "t": [{"network": "b", "count": 1}]}]),
        ),
    ] {
        assert_eq!(rows(&app, query).await, expected, "{query}");
    }
    let loose = r#"{"network": "b", "tranx_id": "9", "inputs": "", "outputs": "", "confirmations": 1, "meta": null}"#;
    assert_eq!(post(&app, "/rest/v1/transactions", loose).await.status, 201);
    // In a spread row, only rows that are there are counted.
    let counted = rows(&app, "transactions?select=all:count(),...orders(n:count())").await;
    assert_eq!(counted, json!([{"all": 5, "n": 4}]));
    let without = rows(&app, "transactions?select=count(),...orders(slug,transactions(id))&order_id=is.null").await;
    assert_eq!(without, json!([{"count": 1, "slug": null, "transactions": null}]));
    let by_order = rows(&app, "transactions?select=orders(slug),count()&order_id=not.is.null").await;
    assert_eq!(by_order.as_array().map(Vec::len), Some(2), "{by_order}");
    let counted = write(&app, "HEAD", "/rest/v1/transactions?select=network,count()", "count=exact", "").await;
    assert_eq!(counted.header("content-range"), Some("0-1/2"));
    let page = write(&app, "GET", "/rest/v1/transactions?select=network,count()&limit=1", "count=exact", "").await;
    assert_eq!(page.header("content-range"), Some("0-0/2"));
    let whole = write(&app, "HEAD", "/rest/v1/transactions?select=count()", "count=exact", "").await;
    assert_eq!(whole.header("content-range"), Some("0-0/1"));
}

#[both_engines]
async fn aggregates_are_refused_where_they_cannot_be(db: TestDb) {
    let app = filled(&db).await;
    for (query, code) in [
        ("transactions?select=network.sum()", "42883"),
        ("transactions?select=network,count()&order=id", "42803"),
        ("orders?select=count(),...transactions(network)", "PGRST127"),
        ("orders?select=slug,...transactions(count())", "PGRST127"),
        ("transactions?select=count(),...orders(slug,...transactions(network))", "PGRST127"),
        ("transactions?select=meta.max()", "42883"),
    ] {
        let answer = get(&app, &readable(query)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["code"].as_str()),
            (400, Some(code)),
            "{query}: {}",
            answer.text
        );
    }
    let grouping = readable("transactions?id=eq.1&select=count()");
    let written = write(&app, "PATCH", &grouping, "return=representation", r#"{"network": "z"}"#).await;
    assert_eq!((written.status.as_u16(), written.json()["code"].as_str()), (400, Some("PGRST127")));
    assert_eq!(rows(&app, "transactions?id=eq.1&select=network").await, json!([{"network": "a"}]));

    let closed = App::new(state(&db).await);
    for query in ["transactions?select=count()", "orders?select=slug,transactions(count())"] {
        let answer = get(&closed, &readable(query)).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (400, Some("PGRST123")), "{query}");
    }
}

/// An app over tables of others, with aggregates.
async fn of_others(db: &TestDb, sql: &str) -> App {
    behind(db, sql).await;
    reflected_within(db, Limits { allow_aggregates: true, ..Limits::default() }).await
}

#[both_engines]
async fn sums_of_the_numbers_of_others_are_exact(db: TestDb) {
    let sql = "CREATE TABLE lots (id integer PRIMARY KEY, big bigint, cost numeric(12,2));
        INSERT INTO lots VALUES (1, 9223372036854775807, 100000.01), (2, 5, 27.00), (3, -9223372036854775807, NULL),
            (4, 9007199254740993, 0.10)";
    let app = of_others(&db, sql).await;
    let sums = rows(&app, "lots?select=big:big.sum()::text,cost:cost.sum()").await;
    assert_eq!(sums, json!([{"big": "9007199254740998", "cost": "100027.11"}]));
    // More than a bigint, and averages, which are strings.
    let sums = rows(&app, "lots?select=big:big.sum()::text,id.avg()&id=lte.2").await;
    assert_eq!(sums, json!([{"big": "9223372036854775812", "avg": "1.5000000000000000"}]));
    let far = get(&app, &readable("lots?select=big.sum()::bigint&id=lte.2")).await;
    assert_eq!((far.status.as_u16(), far.json()["code"].clone()), (400, json!("22003")), "{}", far.text);
    if db.dialect() == Dialect::Sqlite {
        // What is stored is a number or not, whatever the column declares; and no number is zero.
        behind(&db, "INSERT INTO lots VALUES (5, 'many', 0.5), (6, 1.5, x'00'), (7, NULL, ' 2 ')").await;
        let sums = rows(&app, "lots?select=big.sum(),cost:cost.sum(),avg:cost.avg()&id=gte.5").await;
        assert_eq!(sums, json!([{"sum": "1.5", "cost": "2.5", "avg": "0.83333333333333333333"}]));
        assert_eq!(rows(&app, "lots?select=big.sum()&id=in.(2,5)").await, json!([{"sum": 5}]));
    }
}

#[both_engines]
async fn what_is_no_number_fails_no_other_way_than_by_a_refusal(db: TestDb) {
    let app = filled(&db).await;
    let row = r#"{"network": "a", "tranx_id": "n", "inputs": "", "outputs": "", "meta": {"v": "NaN", "w": "-inf"}}"#;
    assert_eq!(post(&app, "/rest/v1/transactions", row).await.status, 201);
    for query in ["x:meta->>v::numeric", "x:meta->>v::numeric.sum()", "x:meta->>v::numeric.avg()::text"] {
        let answer = get(&app, &readable(&format!("transactions?select={query}&tranx_id=eq.n"))).await;
        match db.dialect() {
            // PostgreSQL has numbers that are none.
            Dialect::Postgres => assert_eq!(answer.text, r#"[{"x":"NaN"}]"#, "{query}"),
            Dialect::Sqlite => assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!("22P02"))),
        }
    }
    if db.dialect() == Dialect::Postgres {
        let far = rows(&app, "transactions?select=x:meta->>w::numeric&tranx_id=eq.n").await;
        assert_eq!(far, json!([{"x": "-Infinity"}]));
        for (search, code) in [("fts.a%20%26%20%7C", "42601"), ("fts(a%20b).a", "22023"), ("fts(nope).a", "22023")] {
            let answer = get(&app, &format!("/rest/v1/orders?memo={search}")).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!(code)), "{}", answer.text);
        }
    }
}

#[both_engines]
async fn a_scalar_in_json_is_like_an_array_of_itself(db: TestDb) {
    let app = filled(&db).await;
    let found =
        rows(&app, "transactions?select=a:meta->size->0,b:meta->size->>-1,c:meta->size->1,d:meta->0&id=eq.1").await;
    assert_eq!(found, json!([{"a": 10, "b": "10", "c": null, "d": null}]));
}

#[both_engines]
async fn a_conversion_fails_by_the_value(db: TestDb) {
    let app = filled(&db).await;
    for (select, code) in [("uuid::integer", "22P02"), ("uuid::jsonb", "22P02"), ("network::numeric", "22P02")] {
        let answer = get(&app, &readable(&format!("transactions?select={select}"))).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!(code)), "{select}: {}", answer.text);
        assert_eq!(rows(&app, &format!("transactions?select={select}&id=eq.-1")).await, json!([]));
    }
}

#[both_engines]
async fn declared_json_of_others_has_values_inside(db: TestDb) {
    let sql = r#"CREATE TABLE trips (id integer PRIMARY KEY, info json);
        INSERT INTO trips VALUES (1, '{"n": 1, "to": {"x": "y"}}'), (2, NULL)"#;
    let app = of_others(&db, sql).await;
    let found = rows(&app, "trips?select=info->n,x:info->to->>x&order=id").await;
    assert_eq!(found, json!([{"n": 1, "x": "y"}, {"n": null, "x": null}]));
    assert_eq!(rows(&app, "trips?select=id&info->to->>x=eq.y").await, json!([{"id": 1}]));
    if db.dialect() == Dialect::Sqlite {
        // Only the database's own types keep others from storing what is not JSON.
        behind(&db, "INSERT INTO trips VALUES (3, '{')").await;
        let answer = get(&app, &readable("trips?select=info->n")).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!("22P02")), "{}", answer.text);
    }
}
