//! Tests of what grants let a caller write.

mod composite;
mod kept;

use std::sync::Arc;

use mwallet_db::crud::data_plane::{self, Terms};
use mwallet_db::schema::{Column, ColumnType, Record, ReferentialAction, Table, Value};
use mwallet_db::{
    Caller, Catalog, Error, Filter, Grant, GrantedColumns, GrantedReference, Grants, JsonRows, OnConflict, Operand,
    Query, QueryArgs, Related, Scope, ScopedTable, Sql, TableGrants, WriteGrant, crud,
};
use mwallet_testkit::{TestDb, both_engines};

fn table(name: &str, columns: &[&str]) -> Table {
    let mut table = Table::new(name);
    for column in columns {
        let kind = if column.ends_with("id") { ColumnType::BigInt } else { ColumnType::Text { max: None } };
        table.columns.push(Column::new(*column, kind).nullable());
    }
    table.columns[0].nullable = false;
    table.primary_key = vec!["id".into()];
    table
}

fn tables() -> Vec<Table> {
    let mut orders = table("orders", &["id", "slug", "owner_id", "account_id", "parent_id", "state", "memo", "note"]);
    orders.add_foreign_key(&["account_id"], "accounts", &["id"], ReferentialAction::NoAction);
    orders.add_foreign_key(&["parent_id"], "orders", &["id"], ReferentialAction::NoAction);
    orders.add_unique(&["slug"]);
    vec![table("accounts", &["id", "owner_id", "name"]), orders]
}

async fn fill(db: &TestDb) -> Catalog {
    let tables = tables();
    db.engine.create_all(&tables.iter().collect::<Vec<_>>()).await.unwrap();
    for sql in [
        "INSERT INTO accounts VALUES (1, 7, 'mine'), (2, 8, 'hidden'), (3, 7, 'other')",
        "INSERT INTO orders VALUES
            (1, 'a', 7, 1, NULL, 'OPEN', 'm', 'n'), (2, 'b', 7, 2, NULL, 'DRAFT', 'm', 'n'),
            (3, 'c', 7, NULL, NULL, 'CLOSED', 'm', 'n'), (4, 'd', 8, 2, NULL, 'OPEN', 'm', 'n'),
            (5, 'e', 8, 2, NULL, 'DRAFT', 'm', 'n')",
    ] {
        crud::execute::<(i64,)>(&db.engine, Sql::new(sql)).await.unwrap();
    }
    Catalog::new(tables)
}

fn named(columns: &[&str]) -> GrantedColumns {
    GrantedColumns::Named(columns.iter().map(|column| (*column).into()).collect())
}

/// Somebody with the ID 7. They see their orders and those that are open, but no notes; create orders of their own; and
/// update them by two grants: open ones until they are closed, drafts until they are open.
fn grants() -> TableGrants {
    let mine = Filter::eq("owner_id", Operand::Caller("id".into()));
    let in_state = |states: &[&str]| Filter::in_("state", states.iter().copied());
    let read = vec![
        Grant {
            rows: Some(mine.clone()),
            ..Grant::of_columns(["id", "slug", "owner_id", "account_id", "parent_id", "state", "memo"])
        },
        Grant { rows: Some(in_state(&["OPEN"])), ..Grant::of_columns(["id", "slug", "state"]) },
    ];
    let create = vec![
        WriteGrant {
            columns: named(&["id", "slug", "account_id", "parent_id", "state", "memo"]),
            set: vec![("owner_id".into(), Operand::Caller("id".into()))],
            check: Some(mine.clone() & in_state(&["OPEN", "DRAFT"])),
            ..WriteGrant::default()
        },
        WriteGrant {
            columns: named(&["id"]),
            set: vec![("owner_id".into(), Operand::Caller("level".into()))],
            ..WriteGrant::default()
        },
    ];
    let update = vec![
        WriteGrant {
            rows: Some(mine.clone() & in_state(&["OPEN"])),
            columns: named(&["id", "slug", "account_id", "parent_id", "state", "memo"]),
            check: Some(in_state(&["OPEN", "CLOSED"])),
            ..WriteGrant::default()
        },
        WriteGrant {
            rows: Some(mine.clone() & in_state(&["DRAFT"])),
            columns: named(&["state", "memo"]),
            set: vec![("note".into(), Operand::Text("draft".into()))],
            check: Some(in_state(&["DRAFT", "OPEN"])),
            ..WriteGrant::default()
        },
    ];
    let delete = vec![WriteGrant { rows: Some(mine & in_state(&["DRAFT"])), ..WriteGrant::default() }];
    TableGrants { read, create, update, delete }
}

fn caller(orders: TableGrants) -> Caller {
    let mut grants = Grants::default();
    *grants.table(None, "orders") = orders;
    let mine = Filter::eq("owner_id", Operand::Caller("id".into()));
    grants.table(None, "accounts").read.push(Grant { rows: Some(mine), ..Grant::of_columns(["id", "name"]) });
    Caller { grants: grants.into(), values: Arc::new([("id".into(), Value::Int(7))].into()), ..Caller::default() }
}

/// One write.
#[derive(Clone)]
enum Write {
    Create(Vec<Record>, OnConflict),
    Update(Filter, Record),
    Delete(Filter),
    Put(i64, Record),
}

fn row<const N: usize>(values: [(&str, &str); N]) -> Record {
    let mut row = Record::new();
    for (name, value) in values {
        match value.parse::<i64>() {
            Ok(number) => row.set(name, number),
            Err(_) if value == "null" => row.set(name, Value::Null),
            Err(_) => row.set(name, value),
        }
    }
    row
}

fn create<const N: usize>(values: [(&str, &str); N]) -> Write {
    Write::Create(vec![row(values)], OnConflict::Error)
}

fn merge<const N: usize>(values: [(&str, &str); N]) -> Write {
    Write::Create(vec![row(values)], OnConflict::Merge { target: None, columns: Vec::new() })
}

fn update<const N: usize>(ids: &[i64], values: [(&str, &str); N]) -> Write {
    Write::Update(Filter::in_("id", ids.iter().copied()), row(values))
}

fn delete(ids: &[i64]) -> Write {
    Write::Delete(Filter::in_("id", ids.iter().copied()))
}

/// Runs a write that is rolled back, and returns what it answers: the rows and how many were written, or the error.
async fn run(db: &TestDb, at: ScopedTable<'_>, write: Write, returned: Query, terms: Terms) -> String {
    let engine = &db.engine;
    let query = |filter| Query { filter: Some(filter), ..returned.clone() };
    let result: Result<JsonRows, Error> = match write {
        Write::Create(rows, on_conflict) => data_plane::create(engine, at, rows, &on_conflict, &returned, terms).await,
        Write::Update(filter, changes) => data_plane::update(engine, at, &query(filter), changes, terms).await,
        Write::Delete(filter) => data_plane::delete(engine, at, &query(filter), terms).await,
        Write::Put(id, row) => data_plane::replace(engine, at, &query(Filter::eq("id", id)), row, terms)
            .await
            .map(|replaced| replaced.rows),
    };
    match result {
        Ok(rows) => format!("{} {}", String::from_utf8_lossy(rows.objects()), rows.affected()),
        Err(error) => format!("{} {error}", error.code()),
    }
}

async fn dump(db: &TestDb) -> String {
    let rows = data_plane::retrieve(&db.engine, &tables()[1], &Query::new().order_asc("id")).await.unwrap();
    String::from_utf8_lossy(rows.objects()).into_owned()
}

#[both_engines]
async fn a_write_needs_a_grant_and_leaves_rows_as_it_allows(db: TestDb) {
    let catalog = fill(&db).await;
    let caller = caller(grants());
    let at = ScopedTable::new(catalog.get(None, "orders").unwrap(), Scope::Granted(&caller));
    let before = dump(&db).await;
    let returned = Query::new().include(["id", "owner_id", "state", "memo"]).order_asc("id");
    let trial = Terms { is_trial: true, ..Terms::default() };
    let mut wrong = Vec::new();
    for (write, expected) in [
        // The server sets the owner, who may be given all the same.
        (create([("id", "9"), ("state", "OPEN")]), r#"{"id":9,"owner_id":7,"state":"OPEN","memo":null} 1"#),
        (
            create([("id", "9"), ("state", "OPEN"), ("owner_id", "7")]),
            r#"{"id":9,"owner_id":7,"state":"OPEN","memo":null} 1"#,
        ),
        (
            create([("id", "9"), ("state", "OPEN"), ("owner_id", "8")]),
            "42501 owner_id: the server sets it; leave it out",
        ),
        (create([("id", "9"), ("state", "CLOSED")]), "42501 a row of orders would not be as you may create it"),
        (create([("id", "9")]), "42501 a row of orders would not be as you may create it"),
        (create([("id", "9"), ("note", "x")]), "42703 orders has no column note"),
        // Of many rows, one that is not allowed undoes all.
        (
            Write::Create(
                vec![row([("id", "8"), ("state", "OPEN")]), row([("id", "9"), ("state", "X")])],
                OnConflict::Error,
            ),
            "42501 a row of orders would not be as you may create it",
        ),
        // Foreign keys: a hidden row is a missing one; rows of the same request are there.
        (
            create([("id", "9"), ("state", "OPEN"), ("account_id", "1")]),
            r#"{"id":9,"owner_id":7,"state":"OPEN","memo":null} 1"#,
        ),
        (create([("id", "9"), ("state", "OPEN"), ("account_id", "2")]), MISSING_ACCOUNT),
        (create([("id", "9"), ("state", "OPEN"), ("account_id", "99")]), MISSING_ACCOUNT),
        (
            create([("id", "9"), ("state", "OPEN"), ("parent_id", "4")]),
            r#"{"id":9,"owner_id":7,"state":"OPEN","memo":null} 1"#,
        ),
        (create([("id", "9"), ("state", "OPEN"), ("parent_id", "5")]), MISSING_PARENT),
        (
            Write::Create(
                vec![
                    row([("id", "8"), ("state", "OPEN"), ("parent_id", "null")]),
                    row([("id", "9"), ("state", "OPEN"), ("parent_id", "8")]),
                ],
                OnConflict::Error,
            ),
            r#"{"id":8,"owner_id":7,"state":"OPEN","memo":null},{"id":9,"owner_id":7,"state":"OPEN","memo":null} 2"#,
        ),
        // Updates: own rows, by the grant that fits each. What the caller does not see is not there.
        (
            update(&[1, 2, 3, 4, 5], [("memo", "x")]),
            r#"{"id":1,"owner_id":7,"state":"OPEN","memo":"x"},{"id":2,"owner_id":7,"state":"DRAFT","memo":"x"} 2"#,
        ),
        (update(&[4], [("memo", "x")]), " 0"),
        (update(&[1], [("state", "CLOSED")]), r#"{"id":1,"owner_id":7,"state":"CLOSED","memo":"m"} 1"#),
        (update(&[1], [("state", "DRAFT")]), "42501 a row of orders would not be as you may update it"),
        (update(&[2], [("state", "CLOSED")]), "42501 a row of orders would not be as you may update it"),
        // The open one becomes what it may be, the draft does not.
        (update(&[1, 2], [("state", "CLOSED")]), "42501 a row of orders would not be as you may update it"),
        // The draft becomes open, and is not updated again as an open one.
        (
            update(&[1, 2], [("state", "OPEN")]),
            r#"{"id":1,"owner_id":7,"state":"OPEN","memo":"m"},{"id":2,"owner_id":7,"state":"OPEN","memo":"m"} 2"#,
        ),
        (update(&[1], [("owner_id", "8")]), "42501 owner_id: you may not give it when you update rows of orders"),
        (update(&[1], [("note", "8")]), "42703 orders has no column note"),
        (update(&[2], [("slug", "x")]), " 0"),
        // An account that stays the same may be hidden, another may not.
        (update(&[1], [("account_id", "3")]), r#"{"id":1,"owner_id":7,"state":"OPEN","memo":"m"} 1"#),
        (update(&[1], [("account_id", "2")]), MISSING_ACCOUNT),
        (update(&[1], [("account_id", "99")]), MISSING_ACCOUNT),
        (update(&[1], [("account_id", "null")]), r#"{"id":1,"owner_id":7,"state":"OPEN","memo":"m"} 1"#),
        // The key may change.
        (update(&[1], [("id", "100")]), r#"{"id":100,"owner_id":7,"state":"OPEN","memo":"m"} 1"#),
        (delete(&[1, 2, 3, 4, 5]), r#"{"id":2,"owner_id":7,"state":"DRAFT","memo":"m"} 1"#),
        (delete(&[5]), " 0"),
        // An upsert needs both grants.
        (
            merge([("id", "1"), ("state", "OPEN"), ("memo", "x")]),
            r#"{"id":1,"owner_id":7,"state":"OPEN","memo":"x"} 1"#,
        ),
        (
            merge([("id", "9"), ("state", "OPEN"), ("memo", "x")]),
            r#"{"id":9,"owner_id":7,"state":"OPEN","memo":"x"} 1"#,
        ),
        (
            merge([("id", "4"), ("state", "OPEN"), ("memo", "x")]),
            "42501 a row of orders exists already, and you may not update it",
        ),
        (
            merge([("id", "5"), ("state", "OPEN"), ("memo", "x")]),
            "42501 a row of orders exists already, and you may not update it",
        ),
        (merge([("id", "1"), ("state", "CLOSED")]), "42501 a row of orders would not be as you may create it"),
        (
            Write::Create(
                vec![
                    row([("id", "1"), ("state", "OPEN"), ("memo", "x")]),
                    row([("id", "4"), ("state", "OPEN"), ("memo", "x")]),
                ],
                OnConflict::Merge { target: None, columns: Vec::new() },
            ),
            "42501 a row of orders exists already, and you may not update it",
        ),
        // PUT.
        (
            Write::Put(1, row([("state", "OPEN"), ("memo", "x")])),
            r#"{"id":1,"owner_id":7,"state":"OPEN","memo":"x"} 1"#,
        ),
        (
            Write::Put(9, row([("state", "OPEN"), ("memo", "x")])),
            r#"{"id":9,"owner_id":7,"state":"OPEN","memo":"x"} 1"#,
        ),
        (Write::Put(1, row([("state", "X")])), "42501 a row of orders would not be as you may update it"),
        (Write::Put(9, row([("state", "X")])), "42501 a row of orders would not be as you may create it"),
    ] {
        let label = match &write {
            Write::Create(rows, on_conflict) => format!("{rows:?} {on_conflict:?}"),
            Write::Update(filter, changes) => format!("{filter:?} {changes:?}"),
            Write::Delete(filter) => format!("{filter:?}"),
            Write::Put(id, row) => format!("{id} {row:?}"),
        };
        let answer = run(&db, at, write, returned.clone(), trial).await;
        assert_eq!(dump(&db).await, before, "{label}");
        if answer != expected {
            wrong.push(format!("{label}: {answer}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const MISSING_ACCOUNT: &str =
    "23503 the row refers to one that does not exist, or is referred to (table orders, column account_id)";
const MISSING_PARENT: &str =
    "23503 the row refers to one that does not exist, or is referred to (table orders, column parent_id)";

#[both_engines]
async fn what_a_write_returns_is_what_its_caller_sees(db: TestDb) {
    let catalog = fill(&db).await;
    let mut orders = grants();
    // Orders that are given away can be written, and are not seen any more.
    orders.update[0].columns = named(&["owner_id", "memo"]);
    orders.update[0].check = None;
    let caller = caller(orders);
    let at = ScopedTable::new(catalog.get(None, "orders").unwrap(), Scope::Granted(&caller));
    let trial = Terms { is_trial: true, ..Terms::default() };
    let whole = Query::new();
    let with_account = Query::new().include(["id"]).related(Related::new("accounts", Query::new()));
    for (write, returned, expected) in [
        (
            create([("id", "9"), ("state", "OPEN")]),
            whole.clone(),
            r#"{"id":9,"slug":null,"owner_id":7,"account_id":null,"parent_id":null,"state":"OPEN","memo":null} 1"#,
        ),
        (update(&[1], [("memo", "x")]), with_account.clone(), r#"{"id":1,"accounts":{"id":1,"name":"mine"}} 1"#),
        // The account of this one is hidden.
        (update(&[2], [("memo", "x")]), with_account.clone(), r#"{"id":2,"accounts":null} 1"#),
        (delete(&[2]), with_account, r#"{"id":2,"accounts":null} 1"#),
        // What is left of it is what everybody sees of open orders.
        (update(&[1], [("owner_id", "8")]), Query::new().include(["id", "memo"]), r#"{"id":1,"memo":null} 1"#),
        (update(&[1], [("memo", "x")]), Query::new().include(["note"]), "42703 orders has no column note"),
        (delete(&[1]), Query::new().include(["note"]), "42703 orders has no column note"),
        (create([("id", "9"), ("state", "OPEN")]), Query::new().order_asc("note"), "42703 orders has no column note"),
    ] {
        assert_eq!(run(&db, at, write, returned, trial).await, expected);
    }
}

#[both_engines]
async fn errors_of_a_write_name_only_what_its_caller_sees(db: TestDb) {
    let catalog = fill(&db).await;
    let mut orders = grants();
    orders.create[0].columns = GrantedColumns::All;
    let caller_of_all = caller(orders.clone());
    for grant in &mut orders.read {
        grant.columns = named(&["id", "owner_id"]);
    }
    let caller_of_few = caller(orders);
    let violation = async |caller: &Caller, row: Record| {
        let at = ScopedTable::new(catalog.get(None, "orders").unwrap(), Scope::Granted(caller));
        let created =
            data_plane::create(&db.engine, at, vec![row], &OnConflict::Error, &nothing(), Terms::default()).await;
        match created {
            Err(Error::Constraint(violation)) => violation,
            other => panic!("{other:?}"),
        }
    };
    let same_slug = || row([("id", "9"), ("state", "OPEN"), ("slug", "d")]);
    let told = violation(&caller_of_all, same_slug()).await;
    assert!(told.constraint.is_some() || !told.columns.is_empty(), "{told:?}");
    let told = violation(&caller_of_few, same_slug()).await;
    assert!(told.constraint.is_none() && told.columns.is_empty() && told.details.is_none(), "{told:?}");
    assert_eq!(told.kind.code(), "23505");
    // The database would tell the name of the other table.
    let told = violation(&caller_of_all, row([("id", "9"), ("state", "OPEN"), ("account_id", "2")])).await;
    let missing = violation(&caller_of_all, row([("id", "9"), ("state", "OPEN"), ("account_id", "99")])).await;
    assert_eq!(format!("{told} {told:?}"), format!("{missing} {missing:?}"));
    assert!(told.details.is_none(), "{told:?}");
}

fn nothing() -> Query {
    Query::new().include(Vec::<String>::new())
}

#[both_engines]
async fn foreign_keys_point_at_what_a_grant_says(db: TestDb) {
    let catalog = fill(&db).await;
    let trial = Terms { is_trial: true, ..Terms::default() };
    let order = |account| create([("id", "9"), ("state", "OPEN"), ("account_id", account)]);
    let hidden = Some(Filter::eq("name", "hidden"));
    for (rows, expected) in [
        (Some(None), [" 1", " 1", "23503"]),
        (Some(hidden), ["23503", " 1", "23503"]),
        (None, [" 1", "23503", "23503"]),
    ] {
        let mut orders = grants();
        for grant in orders.create.iter_mut().chain(&mut orders.update) {
            grant.references = rows
                .clone()
                .map(|rows| GrantedReference { columns: vec!["account_id".into()], rows })
                .into_iter()
                .collect();
        }
        let caller = caller(orders);
        let at = ScopedTable::new(catalog.get(None, "orders").unwrap(), Scope::Granted(&caller));
        for (account, expected) in ["1", "2", "99"].into_iter().zip(expected) {
            let created = run(&db, at, order(account), nothing(), trial).await;
            assert!(created.contains(expected), "{rows:?} {account}: {created}");
            // Its account is the first, which stays as it is.
            let expected = if account == "1" { " 1" } else { expected };
            let updated = run(&db, at, update(&[1], [("account_id", account)]), nothing(), trial).await;
            assert!(updated.contains(expected), "{rows:?} {account}: {updated}");
        }
    }
}

#[both_engines]
async fn a_table_without_grants_or_a_key_is_not_written(db: TestDb) {
    let mut tables = tables();
    tables[1].primary_key.clear();
    tables[1].foreign_keys.clear();
    db.engine.create_all(&tables.iter().collect::<Vec<_>>()).await.unwrap();
    let catalog = Catalog::new(tables);
    let at = |caller| ScopedTable::new(catalog.get(None, "orders").unwrap(), Scope::Granted(caller));
    let read_only = caller(TableGrants { read: grants().read, ..TableGrants::default() });
    for (write, action) in
        [(create([("id", "9")]), "create"), (update(&[1], [("memo", "x")]), "update"), (delete(&[1]), "delete")]
    {
        let told = run(&db, at(&read_only), write, nothing(), Terms::default()).await;
        assert_eq!(told, format!("42501 you may not {action} rows of orders"));
    }
    // Without a key, rows are not found again: an update is not checked. An insert checks itself.
    let checked = caller(grants());
    let order = |state| create([("id", "9"), ("state", state)]);
    let trial = Terms { is_trial: true, ..Terms::default() };
    for terms in [trial, Terms { returns_all: true, ..Terms::default() }] {
        let told = run(&db, at(&checked), order("OPEN"), nothing(), terms).await;
        assert!(told.ends_with("the table has no primary key to find them by"), "{told}");
    }
    let told = run(&db, at(&checked), update(&[1], [("memo", "x")]), nothing(), Terms::default()).await;
    assert!(told.ends_with("the table has no primary key to find them by"), "{told}");
    assert_eq!(run(&db, at(&checked), order("OPEN"), nothing(), Terms::default()).await, "{} 1");
    let told = run(&db, at(&checked), order("CLOSED"), nothing(), Terms::default()).await;
    assert_eq!(told, "42501 a row of orders would not be as you may create it");
}

/// An insert that checks its rows itself, and one that is checked by their keys, do the same.
#[both_engines]
async fn an_insert_checks_itself_where_it_can(db: TestDb) {
    let catalog = fill(&db).await;
    let before = dump(&db).await;
    let mut unseen = grants();
    unseen.read.remove(0);
    unseen.create[0].check = None;
    let mut others = grants();
    // Whether it may be depends on other rows.
    let of_mine =
        Filter::eq("owner_id", Operand::Caller("id".into())) & Filter::eq("id", Operand::Row("account_id".into()));
    others.create[0].check =
        Some(Filter::ExistsIn { schema: None, table: "accounts".into(), filter: Box::new(of_mine) });
    let order = |id: &str, state: &str| row([("id", id), ("state", state), ("memo", "m")]);
    let with = |account: &str| row([("id", "8"), ("state", "OPEN"), ("account_id", account)]);
    for (grants, rows, expected) in [
        (&grants(), vec![order("8", "OPEN")], r#"{"id":8,"state":"OPEN","memo":"m"} 1"#),
        (
            &grants(),
            vec![order("8", "OPEN"), order("9", "DRAFT")],
            r#"{"id":8,"state":"OPEN","memo":"m"},{"id":9,"state":"DRAFT","memo":"m"} 2"#,
        ),
        (&grants(), vec![order("8", "CLOSED")], "42501 a row of orders would not be as you may create it"),
        (
            &grants(),
            vec![order("8", "OPEN"), order("9", "CLOSED")],
            "42501 a row of orders would not be as you may create it",
        ),
        (&unseen, vec![order("8", "OPEN")], r#"{"id":8,"state":"OPEN"} 1"#),
        (&unseen, vec![order("8", "DRAFT")], " 1"),
        (&unseen, vec![order("8", "DRAFT"), order("9", "OPEN")], r#"{"id":9,"state":"OPEN"} 2"#),
        (&others, vec![with("1")], r#"{"id":8,"state":"OPEN","memo":null} 1"#),
        (&others, vec![with("null")], "42501 a row of orders would not be as you may create it"),
    ] {
        let caller = caller(grants.clone());
        let at = ScopedTable::new(catalog.get(None, "orders").unwrap(), Scope::Granted(&caller));
        let sees_memo = grants.read.len() > 1;
        let returned = Query::new()
            .include(if sees_memo { &["id", "state", "memo"][..] } else { &["id", "state"] }.iter().copied());
        for is_trial in [true, false] {
            let terms = Terms { is_trial, ..Terms::default() };
            let write = Write::Create(rows.clone(), OnConflict::Error);
            assert_eq!(run(&db, at, write, returned.clone(), terms).await, expected, "{rows:?} {is_trial}");
            let is_written = !is_trial && !expected.starts_with("42501");
            assert_eq!(dump(&db).await != before, is_written, "{rows:?} {is_trial}");
            crud::execute::<(i64,)>(&db.engine, Sql::new("DELETE FROM orders WHERE id > 7")).await.unwrap();
        }
    }
}

#[both_engines]
async fn rows_are_aggregated_where_that_is_granted(db: TestDb) {
    let catalog = fill(&db).await;
    let mut orders = grants();
    orders.read[1].aggregates = false;
    let table = catalog.get(None, "orders").unwrap();
    let count = QueryArgs::parse([("select", "count()")], table).unwrap().query;
    let aggregate = async |orders: &TableGrants| {
        let caller = caller(orders.clone());
        match data_plane::retrieve(&db.engine, ScopedTable::new(table, Scope::Granted(&caller)), &count).await {
            Ok(rows) => String::from_utf8_lossy(rows.objects()).into_owned(),
            Err(error) => format!("{} {error}", error.code()),
        }
    };
    // Only the rows of the grant that allows it.
    assert_eq!(aggregate(&orders).await, r#"{"count":3}"#);
    orders.read[1].aggregates = true;
    assert_eq!(aggregate(&orders).await, r#"{"count":4}"#);
    orders.read.iter_mut().for_each(|grant| grant.aggregates = false);
    assert_eq!(aggregate(&orders).await, "PGRST123 rows of orders cannot be aggregated: that is not granted");
    // They are counted all the same, for pages.
    let caller = caller(orders);
    let at = ScopedTable::new(table, Scope::Granted(&caller));
    let counted = data_plane::counted_page(&db.engine, at, &Query::new().limit(1)).await.unwrap();
    assert_eq!(counted.1, 4);
}

/// What a caller of these grants reads of a table.
async fn read(db: &TestDb, catalog: &Catalog, orders: TableGrants, table: &str, args: [(&str, &str); 2]) -> String {
    let caller = caller(orders);
    let at = ScopedTable::new(catalog.get(None, table).unwrap(), Scope::Granted(&caller));
    let query = QueryArgs::parse(args, at).unwrap().query;
    let rows = data_plane::retrieve(&db.engine, at, &query).await.unwrap();
    String::from_utf8_lossy(rows.objects()).into_owned()
}

/// A column of the table that is never null is null where it is masked.
#[both_engines]
async fn masked_cells_are_ordered_as_nulls(db: TestDb) {
    let catalog = fill(&db).await;
    let mut orders = grants();
    orders.read[1].columns = named(&["slug"]);
    for (order, expected) in [
        ("id.asc", r#"{"slug":"a"},{"slug":"b"},{"slug":"c"},{"slug":"d"}"#),
        ("id.desc", r#"{"slug":"d"},{"slug":"c"},{"slug":"b"},{"slug":"a"}"#),
        ("id.asc.nullsfirst", r#"{"slug":"d"},{"slug":"a"},{"slug":"b"},{"slug":"c"}"#),
        ("id.desc.nullslast", r#"{"slug":"c"},{"slug":"b"},{"slug":"a"},{"slug":"d"}"#),
    ] {
        let found = read(&db, &catalog, orders.clone(), "orders", [("select", "slug"), ("order", order)]).await;
        assert_eq!(found, expected, "{order}");
    }
}

/// A column by which related rows are joined is hidden where the grants that allow to aggregate do not show it.
#[both_engines]
async fn aggregated_rows_are_joined_by_what_their_grants_show(db: TestDb) {
    let catalog = fill(&db).await;
    let mut orders = grants();
    let counted = [("select", "id,orders(count())"), ("order", "id")];
    orders.read[0].aggregates = false;
    let found = read(&db, &catalog, orders.clone(), "accounts", counted).await;
    assert_eq!(found, r#"{"id":1,"orders":[{"count":0}]},{"id":3,"orders":[{"count":0}]}"#);
    orders.read[0].aggregates = true;
    let found = read(&db, &catalog, orders, "accounts", counted).await;
    assert_eq!(found, r#"{"id":1,"orders":[{"count":1}]},{"id":3,"orders":[{"count":0}]}"#);
}

#[both_engines]
async fn a_grant_does_not_apply_where_its_references_ask_for_what_is_not_known(db: TestDb) {
    let catalog = fill(&db).await;
    let mut orders = grants();
    let of_level = Filter::is_null("name") | Filter::eq("owner_id", Operand::Caller("level".into()));
    orders.update[0].references = vec![GrantedReference { columns: vec!["account_id".into()], rows: Some(of_level) }];
    let caller = caller(orders);
    let at = ScopedTable::new(catalog.get(None, "orders").unwrap(), Scope::Granted(&caller));
    let trial = Terms { is_trial: true, ..Terms::default() };
    assert_eq!(run(&db, at, update(&[1], [("memo", "x")]), nothing(), trial).await, " 0");
}

/// What an upsert updates must be allowed to be updated so. What it leaves as it is, it does not make.
#[both_engines]
async fn foreign_keys_of_an_upsert_point_at_what_both_grants_say(db: TestDb) {
    let catalog = fill(&db).await;
    let mut orders = grants();
    orders.create[0].references = vec![GrantedReference { columns: vec!["account_id".into()], rows: None }];
    orders.create.push(WriteGrant { columns: named(&["id", "parent_id", "note"]), ..WriteGrant::default() });
    let caller = caller(orders);
    let at = ScopedTable::new(catalog.get(None, "orders").unwrap(), Scope::Granted(&caller));
    let trial = Terms { is_trial: true, ..Terms::default() };
    let open = |id: &str| row([("id", id), ("state", "OPEN")]);
    let child = |parent: &str| row([("id", "9"), ("state", "OPEN"), ("parent_id", parent)]);
    let ignored = |parent: &str| Write::Create(vec![open(parent), child(parent)], OnConflict::Ignore { target: None });
    for (write, expected) in [
        (create([("id", "9"), ("state", "OPEN"), ("account_id", "2")]), " 1"),
        (update(&[1], [("account_id", "2")]), MISSING_ACCOUNT),
        (merge([("id", "1"), ("state", "OPEN"), ("account_id", "2")]), MISSING_ACCOUNT),
        (merge([("id", "1"), ("state", "OPEN"), ("account_id", "3")]), " 1"),
        // A hidden row that is left as it is, one that is seen, and a new one.
        (ignored("5"), MISSING_PARENT),
        (ignored("4"), " 1"),
        (ignored("8"), " 2"),
        // A row that another grant makes.
        (
            Write::Create(vec![open("8"), row([("id", "9"), ("parent_id", "8"), ("note", "x")])], OnConflict::Error),
            " 2",
        ),
    ] {
        assert_eq!(run(&db, at, write, nothing(), trial).await, expected);
    }
}

/// What a grant sets is set by a PUT too, though the grant lets it be given.
#[both_engines]
async fn a_replaced_row_has_what_its_grant_sets(db: TestDb) {
    let catalog = fill(&db).await;
    let mut orders = grants();
    orders.update[1].set = vec![("memo".into(), Operand::Text("draft".into()))];
    let caller = caller(orders);
    let at = ScopedTable::new(catalog.get(None, "orders").unwrap(), Scope::Granted(&caller));
    let trial = Terms { is_trial: true, ..Terms::default() };
    let put = Write::Put(2, row([("state", "DRAFT")]));
    let answer = run(&db, at, put, Query::new().include(["id", "memo"]), trial).await;
    assert_eq!(answer, r#"{"id":2,"memo":"draft"} 1"#);
}

/// An upsert that found a row by a hidden cell would tell what is in it.
#[both_engines]
async fn an_upsert_finds_no_rows_by_hidden_cells(db: TestDb) {
    let catalog = fill(&db).await;
    let trial = Terms { is_trial: true, ..Terms::default() };
    let target = Some(vec!["slug".to_owned()]);
    let by_slug = |slug: &str| {
        let row = row([("id", "9"), ("slug", slug), ("state", "OPEN"), ("memo", "x")]);
        Write::Create(vec![row], OnConflict::Merge { target: target.clone(), columns: vec!["memo".into()] })
    };
    let mut orders = grants();
    orders.update[0].columns = named(&["id", "memo"]);
    let merged = async |orders: TableGrants, write: Write| {
        let caller = caller(orders);
        let at = ScopedTable::new(catalog.get(None, "orders").unwrap(), Scope::Granted(&caller));
        run(&db, at, write, Query::new().include(["memo"]), trial).await
    };
    let refused = "42501 a row of orders exists already, and you may not update it";
    assert_eq!(merged(orders.clone(), by_slug("a")).await, r#"{"memo":"x"} 1"#);
    // Others show the cell, of other rows.
    orders.read[0].columns = named(&["id", "owner_id", "memo"]);
    orders.read[1].rows = Some(Filter::eq("owner_id", 8));
    assert_eq!(merged(orders.clone(), by_slug("a")).await, refused);
    let by_key = || merge([("id", "1"), ("state", "OPEN"), ("memo", "x")]);
    orders.update[0].columns = GrantedColumns::All;
    assert_eq!(merged(orders.clone(), by_key()).await, r#"{"memo":"x"} 1"#);
    orders.read[0].columns = named(&["owner_id", "memo"]);
    orders.read[1].columns = named(&["slug", "state"]);
    assert_eq!(merged(orders, by_key()).await, refused);
}

/// That there is a row is never unknown, also deep within a negation.
#[both_engines]
async fn a_null_is_among_no_rows(db: TestDb) {
    let catalog = fill(&db).await;
    let account = Filter::eq("id", Operand::Row("account_id".into()));
    let has_account = Filter::ExistsIn { schema: None, table: "accounts".into(), filter: Box::new(account) };
    let is_open = Filter::eq("state", "OPEN");
    for (rows, expected) in [
        (!has_account.clone(), r#"{"slug":"c"}"#),
        (!(has_account.clone() & Filter::is_null("parent_id")), r#"{"slug":"c"}"#),
        (!(has_account.clone() | is_open.clone()), r#"{"slug":"c"}"#),
        (!!(has_account.clone() & is_open), r#"{"slug":"a"},{"slug":"d"}"#),
        (!(!has_account | Filter::is_null("id")), r#"{"slug":"a"},{"slug":"b"},{"slug":"d"},{"slug":"e"}"#),
    ] {
        let mut orders = grants();
        orders.read = vec![Grant { rows: Some(rows.clone()), ..Grant::of_columns(["slug"]) }];
        let found = read(&db, &catalog, orders, "orders", [("select", "slug"), ("order", "slug")]).await;
        assert_eq!(found, expected, "{rows:?}");
    }
}

/// A foreign key that a row does not show can be changed, and what it was is not found out by that.
#[both_engines]
async fn a_hidden_foreign_key_is_not_guessed(db: TestDb) {
    let catalog = fill(&db).await;
    let (mine, open) = (Filter::eq("owner_id", Operand::Caller("id".into())), Filter::eq("state", "OPEN"));
    let read = vec![
        Grant { rows: Some(mine), ..Grant::of_columns(["id", "account_id"]) },
        Grant { rows: Some(open), ..Grant::of_columns(["id"]) },
    ];
    let changes = vec![WriteGrant { columns: named(&["account_id"]), ..WriteGrant::default() }];
    let caller = caller(TableGrants { read, update: changes, ..TableGrants::default() });
    let at = ScopedTable::new(catalog.get(None, "orders").unwrap(), Scope::Granted(&caller));
    let trial = Terms { is_trial: true, ..Terms::default() };
    for (id, account, expected) in [
        // Nobody else's account is shown in this row, and it points at one.
        (4, "2", "23503"),
        (4, "9", "23503"),
        (4, "1", "{\"id\":4} 1"),
        // Their own rows keep what they have.
        (2, "2", "{\"id\":2} 1"),
        (1, "2", "23503"),
    ] {
        let ran = run(&db, at, update(&[id], [("account_id", account)]), Query::new().include(["id"]), trial).await;
        assert!(ran.starts_with(expected), "{id} {account}: {ran}");
    }
}

/// With several grants to create, a row need only be as one of them demands.
#[both_engines]
async fn a_new_row_is_as_any_grant_demands(db: TestDb) {
    let catalog = fill(&db).await;
    let in_state = |state: &str| Some(Filter::eq("state", state));
    let grant = |columns: &[&str], check| WriteGrant { columns: named(columns), check, ..WriteGrant::default() };
    let create_grants = vec![
        grant(&["id", "state", "memo"], in_state("OPEN")),
        grant(&["id", "state"], in_state("DRAFT")),
        WriteGrant { set: vec![("memo".into(), Operand::Text("set".into()))], ..grant(&["id", "state"], None) },
    ];
    let caller = caller(TableGrants { read: vec![Grant::all()], create: create_grants, ..TableGrants::default() });
    let at = ScopedTable::new(catalog.get(None, "orders").unwrap(), Scope::Granted(&caller));
    let returned = || Query::new().include(["id", "state", "memo"]);
    for (rows, expected) in [
        (vec![row([("id", "9"), ("state", "OPEN")])], r#"{"id":9,"state":"OPEN","memo":null} 1"#),
        (vec![row([("id", "9"), ("state", "DRAFT")])], r#"{"id":9,"state":"DRAFT","memo":null} 1"#),
        // A grant that sets a column is another way to write.
        (vec![row([("id", "9"), ("state", "CLOSED")])], "42501"),
        (vec![row([("id", "9"), ("state", "CLOSED"), ("memo", "set")])], "42501"),
        // Only the first takes a memo.
        (vec![row([("id", "9"), ("state", "DRAFT"), ("memo", "m")])], "42501"),
        (
            vec![row([("id", "9"), ("state", "OPEN"), ("memo", "m")]), row([("id", "10"), ("state", "DRAFT")])],
            r#"{"id":9,"state":"OPEN","memo":"m"},{"id":10,"state":"DRAFT","memo":null} 2"#,
        ),
        (vec![row([("id", "9"), ("state", "OPEN")]), row([("id", "10"), ("state", "DRAFT"), ("memo", "m")])], "42501"),
    ] {
        for is_trial in [true, false] {
            let terms = Terms { is_trial, ..Terms::default() };
            let write = Write::Create(rows.clone(), OnConflict::Error);
            let ran = run(&db, at, write, returned(), terms).await;
            assert!(ran.starts_with(expected), "{rows:?}: {ran}");
        }
        crud::execute::<(i64,)>(&db.engine, Sql::new("DELETE FROM orders WHERE id > 5")).await.unwrap();
    }
}
