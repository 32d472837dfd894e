//! Tests that a scope hides rows and columns in every place of a plan with related rows.

use std::sync::Arc;

use mwallet_db::crud::data_plane;
use mwallet_db::schema::{Column, ColumnType, Record, ReferentialAction, Table, TableKind, Value};
use mwallet_db::{
    Caller, Catalog, Comparison, Dialect, Field, Filter, Grant, GrantedColumns, Grants, Is, Operand, Order, Query,
    QueryArgs, Related, Scope, ScopedTable, Sql, WriteGrant, crud,
};
use mwallet_testkit::{TestDb, both_engines};

fn table(name: &str, columns: &[&str], key: usize) -> Table {
    let mut table = Table::new(name);
    for column in columns {
        let kind = if column.ends_with("id") { ColumnType::BigInt } else { ColumnType::Text { max: None } };
        table.columns.push(Column::new(*column, kind).nullable());
    }
    for column in &mut table.columns[..key] {
        column.nullable = false;
        table.primary_key.push(column.name.clone());
    }
    table
}

/// Desks with traders, and groups to which traders belong.
fn tables() -> Vec<Table> {
    let mut traders = table("traders", &["id", "desk_id", "name", "secret"], 1);
    traders.add_foreign_key(&["desk_id"], "desks", &["id"], ReferentialAction::NoAction);
    let mut members = table("members", &["trader_id", "group_id", "note"], 2);
    members.add_foreign_key(&["trader_id"], "traders", &["id"], ReferentialAction::NoAction);
    members.add_foreign_key(&["group_id"], "groups", &["id"], ReferentialAction::NoAction);
    vec![table("desks", &["id", "name"], 1), traders, table("groups", &["id", "name"], 1), members]
}

async fn fill(db: &TestDb) -> Catalog {
    let tables = tables();
    db.engine.create_all(&tables.iter().collect::<Vec<_>>()).await.unwrap();
    for sql in [
        "INSERT INTO desks VALUES (1, 'shown'), (2, 'hidden')",
        "INSERT INTO traders VALUES (1, 1, 'shown', 's'), (2, 1, 'hidden', 's'), (3, 2, 'shown', 's')",
        "INSERT INTO groups VALUES (1, 'shown'), (2, 'hidden'), (3, 'shown')",
        "INSERT INTO members VALUES (1, 1, 'shown'), (1, 2, 'shown'), (1, 3, 'hidden'), (2, 1, 'shown')",
    ] {
        crud::execute::<(i64,)>(&db.engine, Sql::new(sql)).await.unwrap();
    }
    Catalog::new(tables)
}

/// Hides rows that are called hidden, and some columns.
fn shown(catalog: &Catalog, hidden_columns: &[&str]) -> Caller {
    let mut grants = Grants::default();
    for table in catalog.tables().map(|table| table.table()) {
        let name = if table.name == "members" { "note" } else { "name" };
        let columns = table.columns.iter().map(|column| column.name.as_str());
        let columns = columns.filter(|column| !hidden_columns.contains(column));
        let rows = Filter::eq(name, "shown");
        let table = grants.table(None, &table.name);
        table.update.push(WriteGrant { columns: GrantedColumns::All, ..WriteGrant::default() });
        table.read.push(Grant { rows: Some(rows), ..Grant::of_columns(columns) });
    }
    Caller { grants: grants.into(), ..Caller::default() }
}

async fn list(db: &TestDb, catalog: &Catalog, table: &str, query: Query) -> String {
    let shown = shown(catalog, &["secret"]);
    list_as(db, catalog, &shown, table, query).await
}

/// Returns the rows that a caller sees, streamed and as a page.
async fn list_as(db: &TestDb, catalog: &Catalog, caller: &Caller, table: &str, query: Query) -> String {
    let table = ScopedTable::new(catalog.get(None, table).unwrap(), Scope::Granted(caller));
    let page = query.clone().limit(query.limit.unwrap_or(100));
    let (page, total) = data_plane::counted_page(&db.engine, table, &page).await.unwrap();
    let mut streamed = data_plane::list(&db.engine, table, &query).await.unwrap();
    let mut text = String::new();
    let mut rows = 0;
    while let Some(batch) = streamed.next_json().await {
        let batch = batch.unwrap();
        rows += batch.rows();
        text.push_str(std::str::from_utf8(batch.objects()).unwrap());
    }
    // A page and its count show no more than a stream.
    assert_eq!(String::from_utf8_lossy(page.objects()), text);
    assert!(total == rows || query.limit.is_some(), "{total} of {rows}");
    text
}

fn names() -> Query {
    Query::new().include(["name"])
}

#[both_engines]
async fn a_scope_hides_rows_in_every_place(db: TestDb) {
    let catalog = fill(&db).await;
    let inner = |related: Related| Related { is_inner: true, ..related };
    let spread = |related: Related| Related { is_spread: true, ..related };
    let by_desk =
        Order { relation: Some("desks".into()), ..Query::new().order_desc("name").order.into_iter().next().unwrap() };
    let desk = || Related::new("desks", names());
    let traders = || Related::new("traders", names().order_asc("id"));
    let groups = || Related::new("groups", names().order_asc("id"));
    for (table, query, expected) in [
        // Root, to-many, to-one.
        ("desks", names(), r#"{"name":"shown"}"#),
        ("desks", names().related(traders()), r#"{"name":"shown","traders":[{"name":"shown"}]}"#),
        (
            "traders",
            Query::new().include(["id"]).related(desk()).order_asc("id"),
            r#"{"id":1,"desks":{"name":"shown"}},{"id":3,"desks":null}"#,
        ),
        // The junction hides the third group, the groups the second.
        (
            "traders",
            Query::new().include(["id"]).related(groups()).order_asc("id"),
            r#"{"id":1,"groups":[{"name":"shown"}]},{"id":3,"groups":[]}"#,
        ),
        (
            "groups",
            names().related(traders()).order_asc("id"),
            r#"{"name":"shown","traders":[{"name":"shown"}]},{"name":"shown","traders":[]}"#,
        ),
        // Spread.
        (
            "traders",
            Query::new().include(["id"]).related(spread(desk())).order_asc("id"),
            r#"{"id":1,"name":"shown"},{"id":3,"name":null}"#,
        ),
        ("desks", Query::new().include(["id"]).related(spread(traders())), r#"{"id":1,"name":["shown"]}"#),
        // Required, and tested for being there.
        ("traders", Query::new().include(["id"]).related(inner(desk())), r#"{"id":1,"desks":{"name":"shown"}}"#),
        (
            "traders",
            Query::new().include(["id"]).related(desk()).filter(Filter::is_null("desks")),
            r#"{"id":3,"desks":null}"#,
        ),
        // Ordered by a row that is hidden from some: as if there were none.
        (
            "traders",
            Query::new().include(["id"]).related(desk()).order(by_desk),
            r#"{"id":3,"desks":null},{"id":1,"desks":{"name":"shown"}}"#,
        ),
    ] {
        assert_eq!(list(&db, &catalog, table, query.clone()).await, expected, "{table}: {query:?}");
    }
}

#[both_engines]
async fn a_scope_hides_columns_in_every_place(db: TestDb) {
    let catalog = fill(&db).await;
    let whole = Query::new().related(Related::new("traders", Query::new()));
    let found = list(&db, &catalog, "desks", whole).await;
    assert_eq!(found, r#"{"id":1,"name":"shown","traders":[{"id":1,"desk_id":1,"name":"shown"}]}"#);
    let plan = |hidden: &str, query: &Query| {
        let caller = shown(&catalog, &[hidden]);
        let table = ScopedTable::new(catalog.get(None, "desks").unwrap(), Scope::Granted(&caller));
        data_plane::check(table, query).map_err(|error| error.to_string())
    };
    let no_secret = Err("traders has no column secret".to_owned());
    for query in [
        Query::new().include(["secret"]),
        Query::new().filter(Filter::eq("secret", "s")),
        Query::new().order_asc("secret"),
    ] {
        assert_eq!(plan("secret", &Query::new().related(Related::new("traders", query))), no_secret);
    }
    // A relationship by a hidden column does not exist, under any name.
    for target in ["traders", "traders_desk_id_fkey"] {
        let unknown = Err(format!("desks has no relationship to {target}"));
        assert_eq!(plan("desk_id", &Query::new().related(Related::new(target, Query::new()))), unknown);
    }
}

#[both_engines]
async fn a_filter_that_fails_does_not_fail_on_hidden_rows(db: TestDb) {
    fill(&db).await;
    let mut fragile = table("fragile", &["id", "desk_id", "name"], 1);
    // On SQLite, a text that is not UTF-8 fails LIKE. On PostgreSQL, the view divides by zero.
    let (view, value, filter) = match db.dialect() {
        Dialect::Sqlite => (
            "CREATE VIEW fragile AS SELECT id, desk_id, name, CASE name WHEN 'hidden' THEN CAST(x'ff' AS text) ELSE name \
             END AS value FROM traders",
            ColumnType::Text { max: None },
            Filter::like("value", "%h%"),
        ),
        Dialect::Postgres => (
            "CREATE VIEW fragile AS SELECT id, desk_id, name, 1 / CASE name WHEN 'hidden' THEN 0 ELSE 1 END AS value \
             FROM traders",
            ColumnType::Integer,
            Filter::eq("value", 1),
        ),
    };
    fragile.columns.push(Column::new("value", value));
    fragile.kind = TableKind::View;
    fragile.add_foreign_key(&["desk_id"], "desks", &["id"], ReferentialAction::NoAction);
    crud::execute::<(i64,)>(&db.engine, Sql::new(view)).await.unwrap();
    let catalog = Catalog::new(tables().into_iter().chain([fragile]));
    let query = Query::new().include(["id"]).filter(filter).order_asc("id");
    assert_eq!(list(&db, &catalog, "fragile", query.clone()).await, r#"{"id":1},{"id":3}"#);
    let desks =
        Query::new().include(["id"]).related(Related { is_inner: true, ..Related::new("fragile", query.clone()) });
    assert_eq!(list(&db, &catalog, "desks", desks).await, r#"{"id":1,"fragile":[{"id":1}]}"#);
    // Those who see the row also see the failure.
    let all = catalog.get(None, "fragile").unwrap();
    assert!(data_plane::retrieve(&db.engine, all, &query.limit(5)).await.is_err());
}

#[both_engines]
async fn a_write_whose_filter_fails_does_not_fail_on_hidden_rows(db: TestDb) {
    fill(&db).await;
    let mut traders = table("traders", &["id", "desk_id", "name"], 1);
    // The same failures, of a row that is hidden.
    let (setup, filter) = match db.dialect() {
        Dialect::Sqlite => {
            ("UPDATE traders SET name = CAST(x'ff' AS text) WHERE name = 'hidden'", Filter::like("name", "%h%"))
        }
        Dialect::Postgres => {
            traders.name = "fragile".into();
            traders.kind = TableKind::View;
            traders.columns.push(Column::new("value", ColumnType::Integer).nullable());
            let view = "CREATE VIEW fragile AS SELECT id, desk_id, name, 1 / CASE name WHEN 'hidden' THEN 0 ELSE 1 END \
                        AS value FROM traders";
            (view, Filter::eq("value", 1))
        }
    };
    crud::execute::<(i64,)>(&db.engine, Sql::new(setup)).await.unwrap();
    let catalog = Catalog::new([traders]);
    let traders = catalog.tables().next().unwrap();
    let query = Query::new().include(["id"]).filter(filter).order_asc("id");
    let update = async |scope| {
        let (traders, changes) = (ScopedTable::new(traders, scope), Record::from([("desk_id", 2)]));
        data_plane::update(&db.engine, traders, &query, changes, data_plane::Terms::default()).await
    };
    assert!(update(Scope::Client).await.is_err(), "those who see the row also see the failure");
    let caller = shown(&catalog, &["secret"]);
    let updated = update(Scope::Granted(&caller)).await.unwrap();
    assert_eq!(String::from_utf8_lossy(updated.objects()), r#"{"id":1},{"id":3}"#);
}

/// Deals, desks, and which desks are watched; as they are stored, and as [`deals_caller`] sees them.
fn deals() -> Catalog {
    let mut tables = vec![table("watched", &["user_id", "desk_id"], 2)];
    for (deals, desks) in [("deals", "desks"), ("seen_deals", "seen_desks")] {
        let mut deals = table(deals, &["id", "owner_id", "desk_id", "state", "note", "price_id"], 1);
        deals.columns.push(Column::new("is_big", ColumnType::Boolean).nullable());
        deals.columns.push(Column::new("data", ColumnType::Json).nullable());
        deals.add_foreign_key(&["desk_id"], desks, &["id"], ReferentialAction::NoAction);
        tables.extend([table(desks, &["id", "name"], 1), deals]);
    }
    Catalog::new(tables)
}

/// Somebody with the ID 7. They see all of their own deals; of those that are open the ID and the price; and of those of
/// desks that they watch the desk too.
fn deals_caller() -> Caller {
    let id = || Operand::Caller("id".into());
    let watches = Filter::eq("user_id", id()) & Filter::eq("desk_id", Operand::Row("desk_id".into()));
    let mut grants = Grants::default();
    for (rows, columns) in [
        (Filter::eq("owner_id", id()), &["id", "owner_id", "desk_id", "note", "price_id", "is_big", "data"][..]),
        (Filter::eq("state", "open"), &["id", "price_id"]),
        (
            Filter::ExistsIn { schema: None, table: "watched".into(), filter: Box::new(watches) },
            &["id", "price_id", "desk_id"],
        ),
        // Nothing is known by this name, so the grant does not apply.
        (Filter::eq("state", Operand::Caller("level".into())), &["id", "state", "note"]),
    ] {
        grants.table(None, "deals").read.push(Grant { rows: Some(rows), ..Grant::of_columns(columns.iter().copied()) });
    }
    grants.table(None, "desks").read.push(Grant { rows: Some(Filter::eq("name", "shown")), ..Grant::all() });
    Caller { grants: grants.into(), values: Arc::new([("id".into(), Value::Int(7))].into()), ..Caller::default() }
}

async fn fill_deals(db: &TestDb) -> Catalog {
    let catalog = deals();
    db.engine.create_all(&catalog.tables().map(|table| table.table()).collect::<Vec<_>>()).await.unwrap();
    // The values in JSON that is hidden would fail to be converted. The key of the hidden desk is known of a deal, so
    // that desk is there, without a name and out of sight.
    for sql in [
        "INSERT INTO desks VALUES (1, 'shown'), (2, 'hidden'), (3, 'shown')",
        "INSERT INTO seen_desks VALUES (1, 'shown'), (2, NULL), (3, 'shown')",
        "INSERT INTO watched VALUES (7, 3), (8, 1)",
        r#"INSERT INTO deals VALUES
            (1, 7, 1, 'open', 'mine', 5, TRUE, '{"n": 1, "o": {"n": 1}}'),
            (2, 7, 2, 'done', NULL, NULL, FALSE, '{"n": 2}'),
            (3, 8, 1, 'open', 'mine', 5, TRUE, '{"n": "hidden"}'),
            (4, 8, 1, 'done', 'hidden', 9, TRUE, '{"n": "hidden"}'),
            (5, NULL, 3, 'done', 'x', 1, NULL, '{"n": "hidden"}'),
            (6, NULL, 3, 'open', 'mine', 2, FALSE, '{"n": "hidden"}'),
            (7, NULL, NULL, 'done', 'z', 3, FALSE, '{"n": "hidden"}')"#,
        r#"INSERT INTO seen_deals VALUES
            (1, 7, 1, NULL, 'mine', 5, TRUE, '{"n": 1, "o": {"n": 1}}'),
            (2, 7, 2, NULL, NULL, NULL, FALSE, '{"n": 2}'),
            (3, NULL, NULL, NULL, NULL, 5, NULL, NULL),
            (5, NULL, 3, NULL, NULL, 1, NULL, NULL),
            (6, NULL, 3, NULL, NULL, 2, NULL, NULL)"#,
    ] {
        crud::execute::<(i64,)>(&db.engine, Sql::new(sql)).await.unwrap();
    }
    catalog
}

/// Conditions whose answers would tell what masked cells hold.
fn conditions() -> Vec<Filter> {
    let mut leaves = vec![
        Filter::eq("note", "mine"),
        Filter::compare("note", Comparison::Neq, "mine"),
        Filter::is_null("note"),
        Filter::like("note", "m%"),
        Filter::in_("note", ["mine", "x"]),
        Filter::between("owner_id", 1, 8),
        Filter::in_keys(vec!["owner_id".into(), "desk_id".into()], [vec![7, 1], vec![8, 1]]),
        Filter::eq(Field::from("data").key("n"), Operand::Text("1".into())),
        Filter::is_null(Field::from("data").key("o").key("n")),
    ];
    for is in [Is::Null, Is::True, Is::False, Is::Unknown] {
        leaves.push(Filter::Is { field: "is_big".into(), is });
    }
    let negated: Vec<Filter> = leaves.iter().cloned().map(|leaf| !leaf).collect();
    leaves.extend(negated);
    let mut all = leaves.clone();
    for (index, one) in leaves.iter().enumerate() {
        for other in &leaves[index + 1..] {
            all.push(one.clone() | other.clone());
            all.push(!(one.clone() & (Filter::eq("desk_id", 3) | !other.clone())));
        }
    }
    all
}

/// Makes a query of the name of the table of desks.
type QueryOf<'a> = Box<dyn Fn(&str) -> Query + 'a>;

/// Returns what the caller sees of `deals` and a client of `seen_deals`, which must be the same.
async fn both_lists(db: &TestDb, catalog: &Catalog, query: impl Fn(&str) -> Query) -> [String; 2] {
    let caller = deals_caller();
    let mut everything = Grants::default();
    everything.table(None, "seen_deals").read.push(Grant::all());
    let named = Some(!Filter::is_null("name"));
    everything.table(None, "seen_desks").read.push(Grant { rows: named, ..Grant::all() });
    let everything = Caller { grants: everything.into(), ..Caller::default() };
    [
        list_as(db, catalog, &caller, "deals", query("desks")).await,
        list_as(db, catalog, &everything, "seen_deals", query("seen_desks")).await,
    ]
}

#[both_engines]
async fn a_masked_cell_is_null_in_every_condition(db: TestDb) {
    let catalog = fill_deals(&db).await;
    for filter in conditions() {
        let query = |_: &str| Query::new().include(["id"]).filter(filter.clone()).order_asc("id");
        let [found, expected] = both_lists(&db, &catalog, query).await;
        assert_eq!(found, expected, "{filter:?}");
    }
}

#[both_engines]
async fn a_masked_cell_is_null_in_every_place(db: TestDb) {
    let catalog = fill_deals(&db).await;
    let shown = ["id", "owner_id", "desk_id", "note", "price_id", "is_big", "data"];
    let desk = |desks: &str| Related { name: "desk".into(), ..Related::new(desks, names()) };
    let by = |column: &str| Query::new().include(shown).order_asc(column).order_asc("id");
    let value = |text: &str| {
        let parameters = [("select", text), ("order", "note")];
        QueryArgs::parse(parameters, catalog.get(None, "deals").unwrap()).unwrap().query
    };
    let queries: [QueryOf<'_>; 11] = [
        Box::new(|_| by("id")),
        Box::new(|_| by("note")),
        Box::new(|_| by("is_big").limit(2)),
        Box::new(|desks| by("note").related(desk(desks))),
        Box::new(|desks| by("note").limit(3).related(desk(desks))),
        Box::new(|desks| by("id").related(Related { is_inner: true, ..desk(desks) })),
        Box::new(|desks| by("id").related(Related { is_spread: true, ..desk(desks) })),
        Box::new(|desks| by("id").related(desk(desks)).filter(Filter::is_null("desk"))),
        Box::new(|_| value("note,count(),price_id.sum(),owner_id.max()")),
        Box::new(|_| Query { order: Vec::new(), ..value("note.count(),data->n::numeric.sum(),owner_id.min()") }),
        Box::new(|_| Query { order: Vec::new(), ..value("id,data->>n,m:data->o->n,t:note::text") }.order_asc("id")),
    ];
    for (number, query) in queries.iter().enumerate() {
        let [found, expected] = both_lists(&db, &catalog, query).await;
        assert_eq!(found, expected, "query {number}");
        assert!(!found.is_empty(), "query {number}");
    }
}

#[both_engines]
async fn masked_keys_join_nothing(db: TestDb) {
    let catalog = fill_deals(&db).await;
    let caller = deals_caller();
    let deals = Related::new("deals", Query::new().include(["id", "note"]).order_asc("id"));
    let desks = || Query::new().include(["id"]).order_asc("id");
    // The third deal is visible, but not that it is of the first desk.
    let expected =
        r#"{"id":1,"deals":[{"id":1,"note":"mine"}]},{"id":3,"deals":[{"id":5,"note":null},{"id":6,"note":null}]}"#;
    assert_eq!(list_as(&db, &catalog, &caller, "desks", desks().related(deals.clone())).await, expected);
    let second = Related { query: deals.query.clone().skip(1), ..deals.clone() };
    let expected = r#"{"id":1,"deals":[]},{"id":3,"deals":[{"id":6,"note":null}]}"#;
    assert_eq!(list_as(&db, &catalog, &caller, "desks", desks().related(second)).await, expected);
    let of_five = Related { is_inner: true, query: deals.query.filter(Filter::eq("price_id", 5)), ..deals };
    let expected = r#"{"id":1,"deals":[{"id":1,"note":"mine"}]}"#;
    assert_eq!(list_as(&db, &catalog, &caller, "desks", desks().related(of_five)).await, expected);
}

#[both_engines]
async fn what_is_not_granted_is_not_there(db: TestDb) {
    let catalog = fill_deals(&db).await;
    let caller = deals_caller();
    let watched = ScopedTable::new(catalog.get(None, "watched").unwrap(), Scope::Granted(&caller));
    let read = data_plane::retrieve(&db.engine, watched, &Query::new()).await;
    assert_eq!(read.unwrap_err().to_string(), "you may not read rows of watched");
    let deals = ScopedTable::new(catalog.get(None, "deals").unwrap(), Scope::Granted(&caller));
    for query in [
        Query::new().include(["state"]),
        Query::new().filter(Filter::eq("state", "open")),
        Query::new().order_asc("state"),
    ] {
        let error = data_plane::check(deals, &query).unwrap_err();
        assert_eq!(error.to_string(), "deals has no column state");
    }
}
