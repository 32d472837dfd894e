//! Tests that a scope hides rows and columns in every place of a plan with related rows.

use mwallet_db::crud::data_plane;
use mwallet_db::schema::{Column, ColumnType, Record, ReferentialAction, Table, TableKind};
use mwallet_db::{
    Catalog, Dialect, Filter, Order, Query, Related, Restrictions, Scope, ScopedTable, Sql, TableScope, crud,
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

/// Hides rows that are called hidden, secrets, and the table of desks from those who may not see it.
#[derive(Debug)]
struct Shown {
    hidden_column: &'static str,
}

impl Restrictions for Shown {
    fn of(&self, table: &Table) -> TableScope {
        let name = if table.name == "members" { "note" } else { "name" };
        let hidden = vec!["secret".into(), self.hidden_column.into()];
        TableScope { hidden, rows: Some(Filter::eq(name, "shown")) }
    }
}

const SHOWN: Shown = Shown { hidden_column: "secret" };

async fn list(db: &TestDb, catalog: &Catalog, table: &str, query: Query) -> String {
    let table = ScopedTable::new(catalog.get(None, table).unwrap(), Scope::Restricted(&SHOWN));
    let counted = data_plane::counted_page(&db.engine, table, &query.clone().limit(100)).await.unwrap();
    let mut streamed = data_plane::list(&db.engine, table, &query).await.unwrap();
    let mut text = String::new();
    let mut rows = 0;
    while let Some(batch) = streamed.next_json().await {
        let batch = batch.unwrap();
        rows += batch.rows();
        text.push_str(std::str::from_utf8(batch.objects()).unwrap());
    }
    // A page and its count show no more than a stream.
    assert_eq!((counted.0.objects(), counted.1), (text.as_bytes(), rows));
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
    let plan = |scope: &Shown, query: &Query| {
        let table = ScopedTable::new(catalog.get(None, "desks").unwrap(), Scope::Restricted(scope));
        data_plane::check(table, query).map_err(|error| error.to_string())
    };
    let no_secret = Err("traders has no column secret".to_owned());
    for query in [
        Query::new().include(["secret"]),
        Query::new().filter(Filter::eq("secret", "s")),
        Query::new().order_asc("secret"),
    ] {
        assert_eq!(plan(&SHOWN, &Query::new().related(Related::new("traders", query))), no_secret);
    }
    // A relationship by a hidden column does not exist, under any name.
    let no_desk = Shown { hidden_column: "desk_id" };
    for target in ["traders", "traders_desk_id_fkey"] {
        let unknown = Err(format!("desks has no relationship to {target}"));
        assert_eq!(plan(&no_desk, &Query::new().related(Related::new(target, Query::new()))), unknown);
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
    let updated = update(Scope::Restricted(&SHOWN)).await.unwrap();
    assert_eq!(String::from_utf8_lossy(updated.objects()), r#"{"id":1},{"id":3}"#);
}
