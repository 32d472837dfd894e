//! Tests migrations of the current entities: each kind of change with rows, up and down, on both engines.

#![expect(clippy::unwrap_used, reason = "what a test stands on must be there")]

use mwallet_db::schema::{
    Bound, Column, ColumnDefault, ColumnType, Decimal, EnumLabel, EnumType, Record, ReferentialAction, Table,
    Timestamp, Value,
};
use mwallet_db::{Query, crud};
use mwallet_migrate::{Draft, Migration, Migrator, Renames, SchemaSnapshot, check, generate, replay};
use mwallet_models::{all_tables, migrations};
use mwallet_testkit::{TestDb, both_engines};

fn declared() -> Vec<Table> {
    all_tables().into_iter().cloned().collect()
}

fn find<'t>(tables: &'t mut [Table], name: &str) -> &'t mut Table {
    tables.iter_mut().find(|table| table.name == name).unwrap()
}

fn record<const N: usize>(pairs: [(&str, Value); N]) -> Record {
    let mut record = Record::new();
    pairs.into_iter().for_each(|(name, value)| record.set(name, value));
    record
}

/// Returns the migration from the entities to other tables.
async fn to(tables: &[Table], renames: &Renames) -> Draft {
    let made: SchemaSnapshot = replay(migrations()).await.unwrap();
    let last = migrations().last().unwrap().version;
    let at: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    generate("change", at, &made, last, tables, renames).await.unwrap()
}

/// Inserts two users, a group with one of them, an asset and two orders.
async fn fill(db: &TestDb) {
    let table = |name: &str| all_tables().into_iter().find(|table| table.name == name).unwrap();
    for name in ["ada", "ben"] {
        let email = format!("{name}@example.org");
        let user = record([("rsid", name.into()), ("username", name.into()), ("email", email.into())]);
        crud::create(&db.engine, table("users"), user).await.unwrap();
    }
    for (memo, limit) in [("first", "0.000000000000000001"), ("second", "-12.5")] {
        let order = record([
            ("usid", "ada".into()),
            ("asset", "BITCOIN".into()),
            ("start", Value::Timestamp("2030-01-01T00:00:00Z".parse().unwrap())),
            ("memo", memo.into()),
        ]);
        let order = match table("orders").column("price_limit") {
            Some(_) => {
                let mut order = order;
                order.set("price_limit", Value::Decimal(limit.parse::<Decimal>().unwrap()));
                order
            }
            None => order,
        };
        crud::create(&db.engine, table("orders"), order).await.unwrap();
    }
}

async fn rows(db: &TestDb, table: &Table) -> Vec<Record> {
    let found = crud::list(&db.engine, table, &Query::new().order_asc(&table.primary_key[0])).await.unwrap();
    found.into_iter().map(|row| row.into_map()).collect()
}

/// Migrates up and down with rows, and checks both ends. Returns the rows of a table after the migration.
async fn there_and_back(db: &TestDb, changed: &[Table], renames: &Renames, look_at: &str) -> Vec<Record> {
    let base = Migrator::new(&db.engine, migrations());
    base.up(None, |_| {}).await.unwrap();
    fill(db).await;
    let before = rows(db, all_tables().into_iter().find(|table| table.name == "orders").unwrap()).await;

    let Draft { migration, difference, losses } = to(changed, renames).await;
    assert!(!difference.is_empty());
    let all: Vec<Migration> = migrations().iter().cloned().chain([migration.clone()]).collect();
    let strict = Migrator::new(&db.engine, &all);
    if !losses.is_empty() {
        let refused = strict.up(None, |_| {}).await.unwrap_err();
        assert!(refused.to_string().contains("--allow-destructive"), "{refused}");
    }
    let migrator = strict.allow_destructive(true);
    assert_eq!(migrator.up(None, |_| {}).await.unwrap(), [migration.version]);
    let (now, old) = (changed.iter().collect::<Vec<_>>(), all_tables());
    let left = check(&db.engine, &now, &old).await.unwrap();
    assert!(left.is_empty(), "{left}\n{}", migration.up.for_dialect(db.dialect()));
    let there = rows(db, changed.iter().find(|table| table.name == look_at).unwrap()).await;

    let first = migrations().last().unwrap().version;
    assert_eq!(migrator.down(first, |_| {}).await.unwrap(), [migration.version]);
    let left = check(&db.engine, &old, &now).await.unwrap();
    assert!(left.is_empty(), "{left}\n{}", migration.down.for_dialect(db.dialect()));
    let after = rows(db, all_tables().into_iter().find(|table| table.name == "orders").unwrap()).await;
    if losses.is_empty() {
        assert_eq!(before, after);
    }
    assert_eq!(before.len(), after.len());
    there
}

#[both_engines]
async fn a_column_is_added(db: TestDb) {
    let mut changed = declared();
    let orders = find(&mut changed, "orders");
    orders.columns.push(Column::new("note", ColumnType::Text { max: Some(20) }).nullable());
    let mut priority = Column::new("priority", ColumnType::SmallInt);
    priority.rules.min = Some(Bound::inclusive(1));
    orders.columns.insert(3, priority);
    orders.add_index(&["priority"]);
    let rows = there_and_back(&db, &changed, &Renames::default(), "orders").await;
    assert_eq!((rows[0].get("note"), rows[0].get("priority")), (Some(&Value::Null), Some(&Value::Int(1))));
}

#[both_engines]
async fn a_column_is_dropped(db: TestDb) {
    let mut changed = declared();
    find(&mut changed, "orders").columns.retain(|column| column.name != "memo");
    let rows = there_and_back(&db, &changed, &Renames::default(), "orders").await;
    assert_eq!((rows.len(), rows[0].get("memo")), (2, None));
}

#[both_engines]
async fn a_column_is_renamed(db: TestDb) {
    let mut changed = declared();
    let column = find(&mut changed, "orders").columns.iter_mut().find(|column| column.name == "memo").unwrap();
    column.name = "note".into();
    column.renamed_from = Some("memo".into());
    let rows = there_and_back(&db, &changed, &Renames::default(), "orders").await;
    assert_eq!(rows[1].get("note"), Some(&"second".into()));
}

#[both_engines]
async fn a_table_is_renamed(db: TestDb) {
    let mut changed = declared();
    let orders = find(&mut changed, "orders");
    orders.name = "trades".into();
    let renames = Renames { tables: vec![("orders".into(), "trades".into())], ..Renames::default() };
    for table in &mut changed {
        table
            .foreign_keys
            .iter_mut()
            .filter(|key| key.references == "orders")
            .for_each(|key| key.references = "trades".into());
    }
    let rows = there_and_back(&db, &changed, &renames, "trades").await;
    assert_eq!(rows[1].get("memo"), Some(&"second".into()));
}

#[both_engines]
async fn a_type_is_changed(db: TestDb) {
    let mut changed = declared();
    let column = find(&mut changed, "orders").columns.iter_mut().find(|column| column.name == "memo").unwrap();
    column.kind = ColumnType::Text { max: Some(4_000) };
    let amount = find(&mut changed, "orders")
        .columns
        .iter_mut()
        .find(|column| matches!(column.kind, ColumnType::Decimal { .. }));
    if let Some(amount) = amount {
        amount.kind = ColumnType::Decimal { precision: 60, scale: 20 };
    }
    let rows = there_and_back(&db, &changed, &Renames::default(), "orders").await;
    assert_eq!(rows[0].get("memo"), Some(&"first".into()));
}

#[both_engines]
async fn a_label_is_added(db: TestDb) {
    let mut changed = declared();
    let column = find(&mut changed, "orders").columns.iter_mut().find(|column| column.name == "order_type").unwrap();
    let ColumnType::Enum(labels) = &column.kind else { panic!("{:?}", column.kind) };
    let mut labels = EnumType::clone(labels);
    labels.labels.push(EnumLabel::new("FROZEN", 99));
    column.kind = ColumnType::Enum(labels.into());
    let rows = there_and_back(&db, &changed, &Renames::default(), "orders").await;
    assert_eq!(rows[0].get("order_type"), Some(&"OPEN".into()));
}

#[both_engines]
async fn a_foreign_key_of_two_columns_is_added(db: TestDb) {
    let mut changed = declared();
    find(&mut changed, "users").add_unique(&["id", "username"]);
    let orders = find(&mut changed, "orders");
    orders.columns.push(Column::new("agent_id", ColumnType::BigInt).nullable());
    orders.columns.push(Column::new("agent_name", ColumnType::Text { max: Some(64) }).nullable());
    orders.add_foreign_key(&["agent_id", "agent_name"], "users", &["id", "username"], ReferentialAction::SetNull);
    let rows = there_and_back(&db, &changed, &Renames::default(), "orders").await;
    assert_eq!(rows.len(), 2);
}

#[both_engines]
async fn a_key_becomes_one_of_two_columns(db: TestDb) {
    let mut changed = declared();
    let orders = find(&mut changed, "orders");
    orders.primary_key = vec!["usid".into(), "id".into()];
    let id = orders.columns.iter_mut().find(|column| column.name == "id").unwrap();
    id.default = None;
    for table in &mut changed {
        table.foreign_keys.retain(|key| key.references != "orders");
    }
    let rows = there_and_back(&db, &changed, &Renames::default(), "orders").await;
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].get("id"), Some(&Value::Int(1)));
}

#[both_engines]
async fn a_database_from_before_migrations_is_adopted(db: TestDb) {
    use mwallet_migrate::{MigrateError, Prepared};
    db.engine.create_all(&all_tables()).await.unwrap();
    fill(&db).await;
    let migrator = Migrator::new(&db.engine, migrations());
    assert_eq!(migrator.prepare(&all_tables(), false).await.unwrap(), Prepared::Adopted);
    assert_eq!(migrator.prepare(&all_tables(), false).await.unwrap(), Prepared::Ready);
    // A database that is out of date is rejected, or updated if that is allowed.
    let mut changed = declared();
    let default = ColumnDefault::Constant(7.into());
    find(&mut changed, "orders").columns.push(Column::new("level", ColumnType::Integer).default(default));
    let next = to(&changed, &Renames::default()).await.migration;
    let all: Vec<Migration> = migrations().iter().cloned().chain([next.clone()]).collect();
    let migrator = Migrator::new(&db.engine, &all);
    let now: Vec<&Table> = changed.iter().collect();
    let refused = migrator.prepare(&now, false).await.unwrap_err();
    assert!(matches!(&refused, MigrateError::OutOfDate(due) if *due == next.to_string()), "{refused}");
    assert_eq!(migrator.prepare(&now, true).await.unwrap(), Prepared::Migrated(vec![next.version]));
}

#[both_engines]
async fn a_database_that_differs_is_not_adopted(db: TestDb) {
    use mwallet_migrate::MigrateError;
    let mut others = declared();
    find(&mut others, "orders").columns.retain(|column| column.name != "memo");
    db.engine.create_all(&others.iter().collect::<Vec<_>>()).await.unwrap();
    let refused = Migrator::new(&db.engine, migrations()).prepare(&all_tables(), true).await.unwrap_err();
    assert!(matches!(&refused, MigrateError::Different(how) if how.contains("add column orders.memo")), "{refused}");
}
