//! Migrations: what must hold of every difference, whatever the tables.

mod generate;

use std::collections::BTreeMap;

use mwallet_db::migrate::{Beside, Difference, Renames, diff, stored};
use mwallet_db::schema::{Record, Table, Value};
use mwallet_db::{Dialect, Query, ReflectOptions, crud};
use mwallet_testkit::{TestDb, both_engines, connect};

use generate::{Pair, Random};

/// How many pairs of sets of tables are tried; `MWALLET_TEST_PAIRS` asks for more.
fn pairs() -> u64 {
    std::env::var("MWALLET_TEST_PAIRS").ok().and_then(|text| text.parse().ok()).unwrap_or(50)
}

/// Runs statements without foreign keys, as migrations do, or says which text failed.
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

/// What is there, as it is compared: columns by their names.
async fn found(db: &TestDb) -> Vec<Table> {
    let tables = db.engine.reflect(&ReflectOptions::default()).await.unwrap().tables;
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

/// The rows of each table, as they are answered.
async fn rows(db: &TestDb, tables: &[Table]) -> BTreeMap<String, Vec<Record>> {
    let mut all = BTreeMap::new();
    for table in tables {
        let rows = crud::list(&db.engine, table, &Query::new()).await.unwrap();
        all.insert(table.name.clone(), rows.into_iter().map(|row| row.into_map()).collect());
    }
    all
}

/// A value as text, so that one that has another type is compared by what it says.
fn said(value: &Value) -> String {
    match value {
        Value::Decimal(number) => number.rescale(0).map_or_else(
            || {
                let text = number.to_string();
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            },
            |whole| whole.to_string(),
        ),
        Value::Text(text) => text.clone(),
        Value::Uuid(uuid) => uuid.to_string(),
        other => format!("{other:?}").trim_start_matches("Int(").trim_end_matches(')').to_owned(),
    }
}

/// Holds the rows of columns that stayed against what they were.
fn assert_kept(
    before: &BTreeMap<String, Vec<Record>>,
    after: &BTreeMap<String, Vec<Record>>,
    pair: &Pair,
    script: &str,
) {
    for table in &pair.from {
        let name = pair.renamed_table(&table.name);
        let (Some(old), Some(new)) = (before.get(&table.name), after.get(name)) else { continue };
        assert_eq!(old.len(), new.len(), "rows of {name}\n{script}");
        let Some(after) = pair.to.iter().find(|after| after.name == name) else { continue };
        for column in &table.columns {
            let to = pair.renamed_column(name, &column.name);
            if after.column(to).is_none() || pair.is_made_anew(name, to) {
                continue;
            }
            let mut olds: Vec<String> = old.iter().map(|row| said(row.get(&column.name).unwrap())).collect();
            let mut news: Vec<String> = new.iter().map(|row| said(row.get(to).unwrap())).collect();
            olds.sort();
            news.sort();
            assert_eq!(olds, news, "{name}.{to}\n{script}");
        }
    }
}

fn compare(from: &[Table], to: &[Table], renames: &Renames, dialect: Dialect) -> Difference {
    diff(from, to, renames, dialect)
}

both_engines! {
    async fn what_is_written_as_a_difference_is_the_difference(db: TestDb) {
        let dialect = db.dialect();
        let none = Renames::default();
        for seed in 0..pairs() {
            let mut random = Random::new(seed);
            let pair = Pair::generate(&mut random, dialect);
            let place = format!("seed {seed}");
            // Nothing is different of what is the same.
            assert!(compare(&pair.from, &pair.from, &none, dialect).is_empty(), "{place}");

            let empty = found(&db).await;
            let all = compare(&empty, &pair.from, &none, dialect).script(dialect, &Beside::new());
            apply(&db, &all).await;
            let expected = comparable(&pair.from, dialect);
            assert_same(&found(&db).await, &expected, &all, &place);

            generate::fill(&db, &pair.from, &mut random).await;
            let before = rows(&db, &pair.from).await;
            let there = found(&db).await;
            let up = compare(&there, &pair.to, &pair.renames, dialect);
            let script = up.script(dialect, &Beside::new());
            apply(&db, &script).await;
            assert_same(&found(&db).await, &comparable(&pair.to, dialect), &script, &place);
            let after = rows(&db, &pair.to).await;
            assert_kept(&before, &after, &pair, &script);

            let down = compare(&pair.to, &pair.from, &pair.renames.inverse(), dialect).script(dialect, &Beside::new());
            apply(&db, &down).await;
            assert_same(&found(&db).await, &expected, &format!("{script}\n---- and back\n{down}"), &place);

            let gone = compare(&found(&db).await, &[], &none, dialect).script(dialect, &Beside::new());
            apply(&db, &gone).await;
            assert!(found(&db).await.is_empty(), "{place}\n{gone}");
        }
    }
}
