//! Tests what must hold for every difference, whatever the tables.

mod applied;
mod by_hand;
mod generate;
mod renames;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mwallet_db::schema::{Check, Column, ColumnDefault, ColumnType, Decimal, Record, Table, Timestamp, Value};
use mwallet_db::{ConstraintKind, Dialect, Error, Query, Sql, crud};
use mwallet_migrate::{
    Beside, DataMigration, Event, MigrateError, Migration, MigrationState, Migrator, Prepared, Renames, SchemaSnapshot,
    Scripts, check, diff, generate, replay, sql, stored,
};
use mwallet_reflect::ReflectOptions;
use mwallet_testkit::{TestDb, both_engines, connect};

use generate::{Pair, Random};

/// The number of random pairs of table sets; `MWALLET_TEST_PAIRS` overrides it.
fn pairs() -> u64 {
    std::env::var("MWALLET_TEST_PAIRS").ok().and_then(|text| text.parse().ok()).unwrap_or(50)
}

/// Runs statements without foreign keys, as migrations do. Panics with the script that failed.
async fn apply(db: &TestDb, script: &str) {
    match db.dialect() {
        Dialect::Postgres => {
            let transaction = format!("BEGIN;\n{script}\nCOMMIT;");
            let done = connect(&db.url).await.batch_execute(&transaction).await;
            done.unwrap_or_else(|error| panic!("{error:?}\n{script}"));
        }
        Dialect::Sqlite => {
            let file = rusqlite::Connection::open(db.folder.path().join("test.db")).unwrap();
            file.execute_batch("PRAGMA foreign_keys = OFF; BEGIN").unwrap();
            file.execute_batch(script).unwrap_or_else(|error| panic!("{error}\n{script}"));
            file.execute_batch("COMMIT").unwrap();
            let broken = file.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap();
            assert!(!broken, "a foreign key leads nowhere\n{script}");
        }
    }
}

/// Returns the reflected tables in comparable form: columns sorted by name.
async fn found(db: &TestDb) -> Vec<Table> {
    let tables = mwallet_reflect::reflect(&db.engine, &ReflectOptions::default()).await.unwrap().tables;
    comparable(&tables, db.dialect())
}

fn comparable(tables: &[Table], dialect: Dialect) -> Vec<Table> {
    let mut tables: Vec<Table> = tables.iter().map(|table| stored(table, dialect)).collect();
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    for table in &mut tables {
        table.columns.sort_by(|a, b| a.name.cmp(&b.name));
    }
    tables
}

fn assert_same(found: &[Table], expected: &[Table], script: &str, place: &str) {
    let names = |tables: &[Table]| tables.iter().map(|table| table.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(found), names(expected), "{place}\n{script}");
    for (found, expected) in found.iter().zip(expected) {
        for (found, expected) in found.columns.iter().zip(&expected.columns) {
            assert_eq!(found, expected, "{place}, {}\n{script}", expected.name);
        }
        assert_eq!(found, expected, "{place}\n{script}");
    }
}

/// Returns the rows of each table.
async fn rows(db: &TestDb, tables: &[Table]) -> BTreeMap<String, Vec<Record>> {
    let mut all = BTreeMap::new();
    for table in tables {
        let rows = crud::list(&db.engine, table, &Query::new()).await.unwrap();
        all.insert(table.name.clone(), rows.into_iter().map(|row| row.into_map()).collect());
    }
    all
}

/// Formats a value so that it can be compared after a change of type.
fn said(value: &Value) -> String {
    match value {
        Value::Decimal(number) => number.rescale(0).map_or_else(
            || {
                let text = number.to_string();
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            },
            |whole| whole.to_string(),
        ),
        // A decimal that became a text has all its digits.
        Value::Text(text) if text.contains('.') && text.parse::<Decimal>().is_ok() => {
            said(&Value::Decimal(text.parse().unwrap()))
        }
        // PostgreSQL adds spaces to JSON.
        Value::Text(text) | Value::Json(text) => text.replace(' ', ""),
        Value::Timestamp(time) => String::from_utf8(time.fixed_width().to_vec()).unwrap(),
        Value::Uuid(uuid) => uuid.to_string(),
        other => format!("{other:?}").trim_start_matches("Int(").trim_end_matches(')').to_owned(),
    }
}

/// Checks that the rows of surviving columns are unchanged.
fn assert_kept(
    before: &BTreeMap<String, Vec<Record>>,
    after: &BTreeMap<String, Vec<Record>>,
    pair: &Pair,
    script: &str,
) {
    for tables in pair.survivors() {
        let (Some(old), Some(new)) = (before.get(&tables.0.name), after.get(&tables.1.name)) else { continue };
        assert_eq!(old.len(), new.len(), "rows of {}\n{script}", tables.1.name);
        for (from, to) in pair.surviving_columns(tables) {
            let mut olds: Vec<String> = old.iter().map(|row| said(row.get(&from.name).unwrap())).collect();
            let mut news: Vec<String> = new.iter().map(|row| said(row.get(&to.name).unwrap())).collect();
            olds.sort();
            news.sort();
            assert_eq!(olds, news, "{}.{}\n{script}", tables.1.name, to.name);
        }
    }
}

/// Returns a migration with the same script for both engines.
fn migration(version: u64, up: &str) -> Migration {
    let scripts = |text: &str| Scripts { postgres: text.into(), sqlite: text.into() };
    Migration { version, name: "change".into(), up: scripts(up), down: scripts("") }
}

/// Doubles the numbers of `a`, two rows at a time. It fails once, at the given row.
fn doubling(fails_at: i64, has_failed: Arc<AtomicBool>) -> DataMigration {
    Arc::new(move |session, place| {
        let has_failed = has_failed.clone();
        Box::pin(async move {
            let last: i64 = place.and_then(|place| place.parse().ok()).unwrap_or(0);
            let rows: Vec<(i64,)> = session
                .run(
                    Sql::new("SELECT id FROM a WHERE id > $1 ORDER BY id LIMIT 2")
                        .bind(last)
                        .returns("id", ColumnType::BigInt),
                )
                .await?
                .into_iter()
                .map(|row| (i64::try_from(said(&row.into_values()[0]).parse::<i128>().unwrap()).unwrap(),))
                .collect();
            for (id,) in &rows {
                session.run(Sql::new("UPDATE a SET n = n * 2 WHERE id = $1").bind(*id)).await?;
                if *id == fails_at && !has_failed.swap(true, Ordering::SeqCst) {
                    return Err(Error::Config("somebody pulled the plug".into()));
                }
            }
            Ok(rows.last().map(|(id,)| id.to_string()))
        })
    })
}

#[both_engines]
async fn rows_are_changed_in_batches_each_once(db: TestDb) {
    let make = "CREATE TABLE a (id bigint PRIMARY KEY, n bigint NOT NULL);
                INSERT INTO a VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5);";
    let all = [migration(1, make), migration(2, "-- Doubles."), migration(3, "INSERT INTO a VALUES (6, 100);")];
    let has_failed = Arc::new(AtomicBool::new(false));
    let migrator = Migrator::new(&db.engine, &all).data(2, doubling(4, has_failed.clone()));
    let mut places = Vec::new();
    let mut told = |event: Event<'_>| {
        if let Event::Batch(place) = event {
            places.push(place.to_owned());
        }
    };
    let failed = migrator.up(None, &mut told).await.unwrap_err();
    assert!(failed.to_string().contains("pulled the plug"), "{failed}");
    let standings: Vec<_> = migrator.status().await.unwrap().into_iter().map(|status| status.standing).collect();
    assert!(
        matches!(standings.as_slice(), [MigrationState::Applied(_), MigrationState::Begun(_), MigrationState::Pending]),
        "{standings:?}"
    );
    assert!(matches!(migrator.down(0, |_| {}).await, Err(MigrateError::Begun(_))));

    assert_eq!(migrator.up(None, &mut told).await.unwrap(), [2, 3]);
    assert_eq!(places, ["2", "4", "5"]);
    let numbers: Vec<(i64,)> =
        crud::execute(&db.engine, Sql::new("SELECT n FROM a ORDER BY id").returns("n", ColumnType::BigInt))
            .await
            .unwrap();
    assert_eq!(numbers, [(2,), (4,), (6,), (8,), (10,), (100,)]);
    // An exported script stops before it.
    let (script, stopped) = sql(&all, db.dialect(), 0, 3, |version| version == 2, false);
    assert_eq!(stopped.unwrap().migration, "2_change");
    assert!(script.contains("CREATE TABLE a") && !script.contains("(6, 100)"));
    let (script, stopped) = sql(&all, db.dialect(), 0, 3, |version| version == 2, true);
    assert!(stopped.is_none() && script.contains("(6, 100)"));
}

#[both_engines]
async fn long_names_are_shortened_alike_each_time(db: TestDb) {
    let long = |end: &str| format!("what_the_seller_wrote_of_it_in_a_column_with_a_long_name_{end}");
    let mut other = Table::new("a_table_whose_name_alone_is_as_long_as_that_of_a_table_may_be_x");
    other.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
    other.primary_key.push("id".into());
    let mut table = Table::new("orders");
    table.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
    table.primary_key.push("id".into());
    for end in ["a", "b"] {
        let name = long(end);
        table.columns.push(Column::new(&name, ColumnType::Text { max: Some(9) }).nullable());
        table.columns.push(Column::new(format!("{name}_id"), ColumnType::BigInt).nullable());
        table.add_unique(&[&name]);
        table.add_index(&[&name, "id"]);
        table.add_foreign_key(&[&format!("{name}_id")], &other.name, &["id"], Default::default());
    }
    let tables = [other.clone(), table.clone()];
    let at = Timestamp::from_micros(0).unwrap();
    let first = generate("first", at, &SchemaSnapshot::default(), 0, &tables, &Renames::default()).await.unwrap();
    let all = [first.migration];
    Migrator::new(&db.engine, &all).up(None, |_| {}).await.unwrap();
    let left = check(&db.engine, &tables.each_ref(), &[]).await.unwrap();
    assert!(left.is_empty(), "{left}");
    let again = generate("again", at, &replay(&all).await.unwrap(), 1, &tables, &Renames::default()).await.unwrap();
    assert!(again.difference.is_empty(), "{}", again.difference);
    // A name that is too long is rejected before a file is written.
    table.columns[1].name = format!("{}_and_longer", long("c"));
    table.uniques.clear();
    table.indexes.clear();
    let refused = generate("long", at, &SchemaSnapshot::default(), 0, &[table], &Renames::default())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("_c_and_longer has 69 bytes, but a name can have at most 63: give the column"),
        "{refused}"
    );
}

#[both_engines]
async fn a_key_that_is_a_number_and_not_made_up_agrees(db: TestDb) {
    let kinds = [ColumnType::SmallInt, ColumnType::Integer, ColumnType::BigInt];
    let mut tables = Vec::new();
    for (number, kind) in kinds.iter().enumerate() {
        for (prefix, default) in [("numbered", Some(ColumnDefault::Identity)), ("given", None)] {
            let mut table = Table::new(format!("{prefix}_{number}"));
            table.columns.push(Column { default, ..Column::new("id", kind.clone()) });
            table.columns.push(Column::new("n", ColumnType::BigInt).nullable());
            table.primary_key.push("id".into());
            tables.push(table);
        }
    }
    // The primary key is also a reference to another table.
    let mut one_to_one = tables[5].clone();
    one_to_one.name = "passports".into();
    one_to_one.add_foreign_key(&["id"], "numbered_2", &["id"], Default::default());
    tables.push(one_to_one);
    let all_tables: Vec<&Table> = tables.iter().collect();
    let at = Timestamp::from_micros(0).unwrap();
    let first = generate("first", at, &SchemaSnapshot::default(), 0, &tables, &Renames::default()).await.unwrap();
    let all = [first.migration];
    Migrator::new(&db.engine, &all).up(None, |_| {}).await.unwrap();
    let left = check(&db.engine, &all_tables, &[]).await.unwrap();
    assert!(left.is_empty(), "{left}");
    let again = generate("again", at, &replay(&all).await.unwrap(), 1, &tables, &Renames::default()).await.unwrap();
    assert!(again.difference.is_empty(), "{}", again.difference);

    // Other programs must provide such a key, on both engines.
    let insert = |sql: &'static str| crud::execute::<(i64,)>(&db.engine, Sql::new(sql));
    for sql in [
        "INSERT INTO numbered_0 (n) VALUES (1)",
        "INSERT INTO numbered_2 (n) VALUES (1)",
        "INSERT INTO given_2 (id, n) VALUES (7, 1)",
    ] {
        insert(sql).await.unwrap();
    }
    for sql in [
        "INSERT INTO given_0 (n) VALUES (1)",
        "INSERT INTO given_2 (n) VALUES (1)",
        "INSERT INTO passports (n) VALUES (1)",
    ] {
        let refused = insert(sql).await;
        assert!(
            matches!(&refused, Err(Error::Constraint(violation)) if violation.kind == ConstraintKind::NotNull),
            "{sql}: {refused:?}"
        );
    }

    // A database that predates the history is adopted, although SQLite generates such a key by itself.
    let drop = "DROP TABLE passports; DROP TABLE given_2; DROP TABLE _mwallet_migrations;";
    let old = "CREATE TABLE given_2 (\"id\" INTEGER /* bigint */ NOT NULL, \"n\" INTEGER /* bigint */,
               CONSTRAINT \"given_2_pkey\" PRIMARY KEY (\"id\")) STRICT;
               CREATE TABLE passports (\"id\" INTEGER /* bigint */ NOT NULL, \"n\" INTEGER /* bigint */,
               CONSTRAINT \"passports_pkey\" PRIMARY KEY (\"id\"),
               CONSTRAINT \"passports_id_fkey\" FOREIGN KEY (\"id\") REFERENCES \"numbered_2\" (\"id\")) STRICT;";
    match db.dialect() {
        Dialect::Postgres => apply(&db, "DROP TABLE _mwallet_migrations;").await,
        Dialect::Sqlite => apply(&db, &format!("{drop}{old}")).await,
    }
    let adopted = Migrator::new(&db.engine, &all).prepare(&all_tables, false).await.unwrap();
    assert_eq!(adopted, Prepared::Adopted);
}

#[both_engines]
async fn comments_go_with_what_is_renamed(db: TestDb) {
    let at = Timestamp::from_micros(0).unwrap();
    let mut parent = Table::new("people");
    parent
        .columns
        .push(Column { comment: Some("Who.".into()), ..Column::new("code", ColumnType::Text { max: Some(9) }) });
    parent
        .columns
        .push(Column { comment: Some("Said.".into()), ..Column::new("memo", ColumnType::Text { max: None }) });
    parent.primary_key.push("code".into());
    parent.comment = Some("It's people.".into());
    let mut child = Table::new("orders");
    child
        .columns
        .push(Column { comment: Some("Whose.".into()), ..Column::new("owner", ColumnType::Text { max: Some(9) }) });
    child.primary_key.push("owner".into());
    child.add_foreign_key(&["owner"], "people", &["code"], Default::default());
    let mut all: Vec<Migration> = Vec::new();
    let mut tables = vec![parent, child];
    for step in 0..4 {
        let mut renames = Renames::default();
        match step {
            0 => {}
            1 => {
                tables[0].name = "users".into();
                tables[1].foreign_keys[0].references = "users".into();
                renames.tables.push(("people".into(), "users".into()));
            }
            2 => {
                tables[0].columns[0].name = "key".into();
                tables[0].primary_key = vec!["key".into()];
                tables[1].foreign_keys[0].referenced_columns = vec!["key".into()];
                renames.columns.push(("users".into(), "code".into(), "key".into()));
            }
            _ => {
                tables[0].columns[1].name = "note".into();
                renames.columns.push(("users".into(), "memo".into(), "note".into()));
            }
        }
        let so_far = replay(&all).await.unwrap();
        let last = all.last().map_or(0, |migration| migration.version);
        all.push(generate("step", at, &so_far, last, &tables, &renames).await.unwrap().migration);
        let again = generate("again", at, &replay(&all).await.unwrap(), 9, &tables, &Renames::default()).await.unwrap();
        assert!(again.difference.is_empty(), "step {step}: {}", again.difference);
    }
    let migrator = Migrator::new(&db.engine, &all).allow_destructive(true);
    migrator.up(None, |_| {}).await.unwrap();
    let left = check(&db.engine, &tables.iter().collect::<Vec<_>>(), &[]).await.unwrap();
    assert!(left.is_empty(), "{left}");
    migrator.down(0, |_| {}).await.unwrap();
}

#[both_engines]
async fn tables_that_refer_to_each_other_are_taken_back(db: TestDb) {
    let at = Timestamp::from_micros(0).unwrap();
    let names = ["one", "two", "three"];
    let mut tables: Vec<Table> = names
        .iter()
        .map(|name| {
            let mut table = Table::new(*name);
            table.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
            table.primary_key.push("id".into());
            table
        })
        .collect();
    for (from, to) in [(0, 1), (1, 0), (1, 2), (2, 0), (2, 2)] {
        let column = format!("{}_id", names[to]);
        tables[from].columns.push(Column::new(&column, ColumnType::BigInt).nullable());
        tables[from].add_foreign_key(&[&column], names[to], &["id"], Default::default());
    }
    let all =
        [generate("first", at, &SchemaSnapshot::default(), 0, &tables, &Renames::default()).await.unwrap().migration];
    let migrator = Migrator::new(&db.engine, &all).allow_destructive(true);
    migrator.up(None, |_| {}).await.unwrap();
    let insert = |sql: &'static str| crud::execute::<(i64,)>(&db.engine, Sql::new(sql));
    insert("INSERT INTO one (id) VALUES (1)").await.unwrap();
    insert("INSERT INTO two (id, one_id) VALUES (1, 1)").await.unwrap();
    insert("UPDATE one SET two_id = 1").await.unwrap();
    assert_eq!(migrator.down(0, |_| {}).await.unwrap(), [all[0].version]);
    assert!(found(&db).await.iter().all(|table| !names.contains(&table.name.as_str())));
    // Apply it again, as after a mistake.
    migrator.up(None, |_| {}).await.unwrap();
}

#[both_engines]
async fn a_value_that_does_not_fit_is_told_by_its_column(db: TestDb) {
    let text = |max| ColumnType::Text { max };
    let decimal = |precision, scale| ColumnType::Decimal { precision, scale };
    let number = |text: &str| Value::Decimal(text.parse().unwrap());
    // The old and the new type, values that fit, and values that do not.
    type Case = (ColumnType, ColumnType, Vec<Value>, Vec<Value>);
    let cases: Vec<Case> = vec![
        (text(None), text(Some(3)), vec!["abc".into()], vec!["abcd".into(), "ööö-".into()]),
        (
            text(None),
            ColumnType::Integer,
            vec!["12".into(), "-7".into()],
            vec!["x".into(), "2.5".into(), "3000000000".into()],
        ),
        (
            text(None),
            ColumnType::BigInt,
            vec!["9223372036854775807".into()],
            vec!["".into(), "9223372036854775808".into()],
        ),
        (ColumnType::BigInt, ColumnType::SmallInt, vec![(-32_768).into()], vec![32_768.into(), (-40_000).into()]),
        (
            decimal(12, 4),
            decimal(5, 2),
            vec![number("-999.99")],
            vec![number("1000"), number("0.001"), number("-12345678.5")],
        ),
        (decimal(12, 4), ColumnType::SmallInt, vec![number("-3")], vec![number("0.5"), number("40000")]),
        (text(None), ColumnType::Uuid, vec!["00000000-0000-0000-0000-000000000001".into()], vec!["no".into()]),
        (text(None), ColumnType::Timestamp, vec!["2026-01-01T00:00:00.000000+00:00".into()], vec!["soon".into()]),
    ];
    let at = Timestamp::from_micros(0).unwrap();
    for (from, to, fitting, misfits) in cases {
        let mut before = Table::new("members");
        before.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
        before.columns.push(Column::new("it", from.clone()).nullable());
        before.primary_key.push("id".into());
        let mut after = before.clone();
        after.columns[1].kind = to.clone();
        let first = generate("first", at, &SchemaSnapshot::default(), 0, &[before.clone()], &Renames::default())
            .await
            .unwrap()
            .migration;
        let made = replay(std::slice::from_ref(&first)).await.unwrap();
        let second = generate("second", at, &made, first.version, &[after.clone()], &Renames::default())
            .await
            .unwrap()
            .migration;
        let all = [first, second];
        let migrator = Migrator::new(&db.engine, &all).allow_destructive(true);
        migrator.up(Some(all[0].version), |_| {}).await.unwrap();
        for value in fitting.iter().chain(&misfits).cloned().chain([Value::Null]) {
            let mut row = Record::new();
            row.set("it", value);
            crud::create(&db.engine, &before, row).await.unwrap();
        }
        let failed = migrator.up(None, |_| {}).await.expect_err(&to.name()).to_string();
        let told = match misfits.len() {
            1 => "1 value of members.it does not fit".into(),
            many => format!("{many} values of members.it do not fit"),
        };
        let start = format!("{}: {told}: {}, null", all[1], to.name());
        assert!(
            failed.starts_with(&start) && failed.ends_with("; nothing was changed"),
            "{failed}\n{}",
            all[1].up.for_dialect(db.dialect())
        );
        let mine = format!("DELETE FROM members WHERE id > {} AND it IS NOT NULL;", fitting.len());
        apply(&db, &mine).await;
        assert_eq!(migrator.up(None, |_| {}).await.unwrap(), [all[1].version]);
        assert_eq!(rows(&db, &[after]).await["members"].len(), fitting.len() + 1);
        migrator.down(0, |_| {}).await.unwrap();
    }
}

#[both_engines]
async fn no_name_of_a_table_that_is_made_anew_reaches_the_reader(db: TestDb) {
    let at = Timestamp::from_micros(0).unwrap();
    let mut before = Table::new("members");
    before.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
    before.columns.push(Column::new("email", ColumnType::Text { max: None }).nullable());
    before.primary_key.push("id".into());
    let mut required = before.clone();
    required.columns[1].nullable = false;
    let mut unique = before.clone();
    unique.add_unique(&["email"]);
    let mut checked = before.clone();
    checked.checks.push(Check { name: "members_email_check1".into(), expression: "email <> 'a'".into() });
    let first =
        generate("first", at, &SchemaSnapshot::default(), 0, &[before], &Renames::default()).await.unwrap().migration;
    let made = replay(std::slice::from_ref(&first)).await.unwrap();
    for (after, told) in [
        (required, "1 row of members has no email; nothing was changed"),
        (unique, "email"),
        (checked, "members_email_check1"),
    ] {
        let second =
            generate("second", at, &made, first.version, &[after], &Renames::default()).await.unwrap().migration;
        let all = [first.clone(), second];
        let migrator = Migrator::new(&db.engine, &all);
        let insert = "INSERT INTO members (email) VALUES ('a'), ('a'), (NULL)";
        if !migrator.up(Some(first.version), |_| {}).await.unwrap().is_empty() {
            crud::execute::<(i64,)>(&db.engine, Sql::new(insert)).await.unwrap();
        }
        let failed = migrator.up(None, |_| {}).await.unwrap_err().to_string();
        assert!(failed.contains(told) && failed.contains("members") && !failed.contains("mwallet_new"), "{failed}");
    }
}

#[both_engines]
async fn a_trigger_that_names_a_renamed_column_is_told_before(db: TestDb) {
    let at = Timestamp::from_micros(0).unwrap();
    let mut table = Table::new("members");
    table.columns.push(Column::new("id", ColumnType::BigInt).default(ColumnDefault::Identity));
    table.columns.push(Column::new("memo", ColumnType::Text { max: Some(9) }).nullable());
    table.primary_key.push("id".into());
    let first = generate("first", at, &SchemaSnapshot::default(), 0, &[table.clone()], &Renames::default())
        .await
        .unwrap()
        .migration;
    let mut trigger = migration(
        first.version + 1,
        "CREATE TABLE log (memo text);
        CREATE TRIGGER noted AFTER INSERT ON members BEGIN INSERT INTO log (memo) VALUES (NEW.memo); END;",
    );
    trigger.up.postgres = "CREATE TABLE log (memo text);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log (memo) VALUES (NEW.memo);
        RETURN NEW; END $$;
        CREATE TRIGGER noted AFTER INSERT ON members FOR EACH ROW EXECUTE FUNCTION note();"
        .into();
    let mut all = vec![first, trigger];
    let so_far = replay(&all).await.unwrap();
    // SQLite rebuilds it with its triggers.
    table.columns[1].name = "note".into();
    table.columns[1].kind = ColumnType::Text { max: Some(19) };
    let log = so_far.tables.iter().find(|table| table.name == "log").cloned().unwrap();
    let renames = Renames { columns: vec![("members".into(), "memo".into(), "note".into())], ..Renames::default() };
    all.push(generate("rename", at, &so_far, all[1].version, &[table, log], &renames).await.unwrap().migration);
    Migrator::new(&db.engine, &all).up(Some(all[1].version), |_| {}).await.unwrap();
    crud::execute::<(i64,)>(&db.engine, Sql::new("INSERT INTO members (memo) VALUES ('a')")).await.unwrap();
    if db.dialect() == Dialect::Postgres {
        let refused = Migrator::new(&db.engine, &all).up(None, |_| {}).await.unwrap_err();
        let told = format!(
            "{}: the trigger noted of members uses members.memo, which is renamed to note; nothing was changed",
            all[2]
        );
        assert_eq!(refused.to_string(), told);
        all[2].up.postgres.push_str(
            "\nCREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO log (memo) VALUES (NEW.note); RETURN NEW; END $$;",
        );
    }
    Migrator::new(&db.engine, &all).up(None, |_| {}).await.unwrap();
    crud::execute::<(i64,)>(&db.engine, Sql::new("INSERT INTO members (note) VALUES ('b')")).await.unwrap();
    let notes = Sql::new("SELECT memo FROM log ORDER BY memo").returns("memo", ColumnType::Text { max: None });
    let notes: Vec<(String,)> = crud::execute(&db.engine, notes).await.unwrap();
    assert_eq!(notes, [("a".to_owned(),), ("b".to_owned(),)]);
}

#[both_engines]
async fn a_foreign_key_that_leads_nowhere_undoes_its_migration(db: TestDb) {
    let make = "CREATE TABLE a (id bigint PRIMARY KEY);
                CREATE TABLE b (id bigint PRIMARY KEY, a bigint REFERENCES a (id));
                INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1);";
    let all = [migration(1, make), migration(2, "DELETE FROM a;")];
    let failed = Migrator::new(&db.engine, &all).up(None, |_| {}).await.unwrap_err();
    match db.dialect() {
        Dialect::Postgres => assert!(matches!(failed, MigrateError::Failed { number: 1, .. }), "{failed}"),
        Dialect::Sqlite => assert!(matches!(failed, MigrateError::Orphans { rows: 1, .. }), "{failed}"),
    }
    let rows: Vec<(i64,)> =
        crud::execute(&db.engine, Sql::new("SELECT count(*) FROM a").returns("n", ColumnType::BigInt)).await.unwrap();
    assert_eq!(rows, [(1,)]);
    // Outside of migrations, foreign keys are enforced.
    let refused = crud::execute::<(i64,)>(&db.engine, Sql::new("DELETE FROM a")).await;
    assert!(matches!(refused, Err(Error::Constraint(_))), "{refused:?}");
}

#[both_engines]
async fn what_no_table_says_is_still_there_when_it_is_made_anew(db: TestDb) {
    if db.dialect() == Dialect::Postgres {
        // PostgreSQL changes tables in place.
        return;
    }
    let mut table = Table::new("a");
    table.columns.push(Column::new("id", ColumnType::BigInt));
    table.columns.push(Column::new("n", ColumnType::Text { max: Some(5) }).nullable());
    table.primary_key.push("id".into());
    let first = generate(
        "first",
        Timestamp::from_micros(0).unwrap(),
        &SchemaSnapshot::default(),
        0,
        &[table.clone()],
        &Renames::default(),
    )
    .await
    .unwrap();
    let beside = "CREATE TABLE log (n text);
                  CREATE UNIQUE INDEX \"one long\" ON a (lower(n)) WHERE length(n) > 3;
                  CREATE VIEW shown AS SELECT n FROM a;
                  CREATE TRIGGER noted AFTER INSERT ON a BEGIN INSERT INTO log VALUES (NEW.n); END;";
    let mut all = vec![first.migration.clone(), migration(first.migration.version + 1, beside)];
    table.columns[1].kind = ColumnType::Text { max: Some(50) };
    table.columns[1].nullable = false;
    table.columns[1].default = Some(ColumnDefault::Constant("none".into()));
    let made = replay(&all).await.unwrap();
    // Indexes are part of the declaration; triggers and views are not.
    table.indexes = made.tables.iter().find(|table| table.name == "a").unwrap().indexes.clone();
    let mut tables = vec![table.clone()];
    tables.extend(made.tables.iter().find(|table| table.name == "log").cloned());
    let second =
        generate("second", Timestamp::from_micros(0).unwrap(), &made, all[1].version, &tables, &Renames::default())
            .await
            .unwrap();
    Migrator::new(&db.engine, &all).up(None, |_| {}).await.unwrap();
    crud::execute::<(i64,)>(&db.engine, Sql::new("INSERT INTO a VALUES (1, 'long'), (2, NULL)")).await.unwrap();
    all.push(second.migration.clone());
    Migrator::new(&db.engine, &all).up(None, |_| {}).await.unwrap();
    let insert = |value: &'static str| crud::execute::<(i64,)>(&db.engine, Sql::new(value));
    assert!(matches!(insert("INSERT INTO a VALUES (3, 'LONG')").await, Err(Error::Constraint(_))));
    insert("INSERT INTO a VALUES (3, 'longer')").await.unwrap();
    let shown: Vec<(String,)> = crud::execute(
        &db.engine,
        Sql::new("SELECT n FROM shown UNION ALL SELECT n FROM log WHERE n = 'longer'")
            .returns("n", ColumnType::Text { max: None }),
    )
    .await
    .unwrap();
    assert_eq!(shown.into_iter().map(|(n,)| n).collect::<Vec<_>>(), ["long", "none", "longer", "longer"]);
}

#[both_engines]
async fn what_is_written_as_a_difference_is_the_difference(db: TestDb) {
    let dialect = db.dialect();
    let none = Renames::default();
    for seed in 0..pairs() {
        let mut random = Random::new(seed);
        let pair = Pair::generate(&mut random, dialect);
        let place = format!("seed {seed}");
        // Equal tables have no difference.
        assert!(diff(&pair.from, &pair.from, &none, dialect).is_empty(), "{place}");

        let empty = found(&db).await;
        let all = diff(&empty, &pair.from, &none, dialect).script(dialect, &Beside::new());
        apply(&db, &all).await;
        let expected = comparable(&pair.from, dialect);
        assert_same(&found(&db).await, &expected, &all, &place);

        generate::fill(&db, &pair.from, &mut random).await;
        let before = rows(&db, &pair.from).await;
        let there = found(&db).await;
        let up = diff(&there, &pair.to, &pair.renames, dialect);
        let script = up.script(dialect, &Beside::new());
        apply(&db, &script).await;
        assert_same(&found(&db).await, &comparable(&pair.to, dialect), &script, &place);
        let after = rows(&db, &pair.to).await;
        assert_kept(&before, &after, &pair, &script);

        let down = diff(&pair.to, &pair.from, &pair.renames.inverse(), dialect).script(dialect, &Beside::new());
        apply(&db, &down).await;
        assert_same(&found(&db).await, &expected, &format!("{script}\n---- and back\n{down}"), &place);

        let gone = diff(&found(&db).await, &[], &none, dialect).script(dialect, &Beside::new());
        apply(&db, &gone).await;
        assert!(found(&db).await.is_empty(), "{place}\n{gone}");
    }
}
