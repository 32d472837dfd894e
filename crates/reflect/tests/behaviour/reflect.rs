//! Tests reflection of existing databases: every object is described or reported.

use std::fmt::Write as _;

use mwallet_db::schema::{Access, ColumnDefault, ColumnType, Rules, Table, TableKind};
use mwallet_db::{Dialect, Error, Sql, crud};
use mwallet_reflect::{ReflectOptions, Reflection, Script};
use mwallet_testkit::{Sample, TestDb, run, run_beside};

/// Every kind of object of a PostgreSQL database.
pub(crate) const POSTGRES: &str = include_str!("reflect/postgres.sql");
/// Every kind of object of a SQLite database.
pub(crate) const SQLITE: &str = include_str!("reflect/sqlite.sql");

/// Objects that only the report mentions.
pub(crate) const REPORT: &str = include_str!("reflect/report.sql");

/// Runs statements as another program would.
pub(crate) async fn execute(db: &TestDb, sql: &str) {
    match db.dialect() {
        Dialect::Postgres => mwallet_testkit::connect(&db.url).await.batch_execute(sql).await.unwrap(),
        Dialect::Sqlite => {
            let file = rusqlite::Connection::open(db.folder.path().join("test.db")).unwrap();
            file.execute_batch(sql).unwrap();
        }
    }
}

/// Formats a reflection as short, readable text.
fn told(Reflection { tables, findings }: &Reflection) -> String {
    let mut text = String::new();
    for table in tables {
        let schema = table.schema.as_ref().map(|schema| format!("{schema}.")).unwrap_or_default();
        writeln!(text, "{} {schema}{}", table.kind.name(), table.name).unwrap();
        for column in &table.columns {
            writeln!(text, "  {}", column_told(column)).unwrap();
        }
        if !table.primary_key.is_empty() {
            writeln!(text, "  primary key {:?}", table.primary_key).unwrap();
        }
        for unique in &table.uniques {
            writeln!(text, "  unique {} {:?}", unique.name, unique.columns).unwrap();
        }
        for index in &table.indexes {
            match &index.special {
                None => writeln!(text, "  index {} {:?}", index.name, index.columns).unwrap(),
                Some(special) => {
                    let unique = if special.unique { "unique " } else { "" };
                    writeln!(text, "  {unique}index {} {}", index.name, special.sql()).unwrap();
                }
            }
        }
        for key in &table.foreign_keys {
            let schema = key.references_schema.as_ref().map(|schema| format!("{schema}.")).unwrap_or_default();
            let (to, columns) = (&key.references, &key.referenced_columns);
            let actions = format!("{:?} {:?}", key.on_delete, key.on_update);
            writeln!(text, "  foreign key {} {:?} to {schema}{to} {columns:?} {actions}", key.name, key.columns)
                .unwrap();
        }
        for check in &table.checks {
            writeln!(text, "  check {}: {}", check.name, check.expression).unwrap();
        }
        if table.writes != mwallet_db::schema::Updatability::default() {
            writeln!(text, "  {:?}", table.writes).unwrap();
        }
        if let Some(comment) = &table.comment {
            writeln!(text, "  means {comment:?}").unwrap();
        }
    }
    writeln!(text, "\nnot kept:").unwrap();
    for finding in findings.iter().filter(|finding| finding.standing.loss().is_some()) {
        let (construct, name) = (finding.construct.name(), &finding.name);
        writeln!(text, "  {}: {construct} {name:?} is {}", finding.table, finding.standing).unwrap();
    }
    text
}

fn column_told(column: &mwallet_db::schema::Column) -> String {
    let mut text = match &column.kind {
        ColumnType::Native(native) => format!("{}: {} by {:?}", column.name, native.name, native.transfer),
        kind => format!("{}: {}", column.name, kind.name()),
    };
    if !column.nullable {
        text.push_str(" not null");
    }
    if let Some(ColumnDefault::Database(expression)) = &column.default {
        write!(text, " = {expression}").unwrap();
    }
    if let Some(base) = &column.base {
        let schema = base.schema.as_ref().map(|schema| format!("{schema}.")).unwrap_or_default();
        write!(text, " from {schema}{}.{}", base.table, base.column).unwrap();
    }
    if column.access == Access::ReadOnly {
        text.push_str(" read-only");
    }
    if column.rules != Rules::default() {
        let Rules { min, max, min_length, max_length, one_of, .. } = &column.rules;
        let end = |bound: &mwallet_db::schema::Bound| {
            format!("{}{}", if bound.exclusive { "beyond " } else { "" }, bound.value)
        };
        let (min, max) = (min.as_ref().map(end), max.as_ref().map(end));
        write!(text, " where {min:?}..{max:?} length {min_length:?}..{max_length:?} of {one_of:?}").unwrap();
    }
    if let Some(comment) = &column.comment {
        write!(text, " means {comment:?}").unwrap();
    }
    text
}

fn table<'r>(reflection: &'r Reflection, name: &str) -> &'r Table {
    reflection.tables.iter().find(|table| table.name == name).unwrap()
}

#[test]
fn everything_in_a_postgres_database_is_told() {
    run(Dialect::Postgres, async |db: TestDb| {
        execute(&db, POSTGRES).await;
        let schemas = vec!["public".to_owned(), "Other Schema".to_owned()];
        let reflection = mwallet_reflect::reflect(&db.engine, &ReflectOptions { schemas }).await.unwrap();
        insta::assert_snapshot!("reflected_postgres", told(&reflection));
        for table in &reflection.tables {
            assert_eq!(table.check(), Ok(()));
        }
    });
}

#[test]
fn what_tables_say_nothing_of_is_reported() {
    run(Dialect::Postgres, async |db: TestDb| {
        execute(&db, REPORT).await;
        let reflection = mwallet_reflect::reflect(&db.engine, &ReflectOptions::default()).await.unwrap();
        insta::assert_snapshot!("reported_postgres", told(&reflection));
    });
}

#[test]
fn what_belongs_to_no_table_is_reported() {
    run(Dialect::Postgres, async |db: TestDb| {
        execute(&db, crate::scripts::LEFT_OUT).await;
        let reflection = mwallet_reflect::reflect(&db.engine, &ReflectOptions::default()).await.unwrap();
        insta::assert_snapshot!("reported_beside_tables_postgres", told(&reflection));
    });
}

#[test]
fn everything_in_a_sqlite_database_is_told() {
    run(Dialect::Sqlite, async |db: TestDb| {
        execute(&db, SQLITE).await;
        let reflection = mwallet_reflect::reflect(&db.engine, &ReflectOptions::default()).await.unwrap();
        insta::assert_snapshot!("reflected_sqlite", told(&reflection));
        for table in &reflection.tables {
            assert_eq!(table.check(), Ok(()));
        }
    });
}

/// Returns the statements of a script without the comments on omissions.
fn statements(script: &Script) -> Vec<&str> {
    script.sql.lines().filter(|line| !line.starts_with("-- Omitted: ")).collect()
}

/// Checks that the script of a database recreates it.
fn made_again(dialect: Dialect, schemas: &[&str], fill: impl AsyncFn(&TestDb) + Send + Sync) {
    let options = ReflectOptions { schemas: schemas.iter().map(|name| (*name).to_owned()).collect() };
    let mut told = None;
    run_beside(dialect, async |db: TestDb| {
        fill(&db).await;
        let script = mwallet_reflect::script(&db.engine, &options).await.unwrap();
        told = Some((script, mwallet_reflect::reflect(&db.engine, &options).await.unwrap()));
    });
    let (script, mut expected) = told.unwrap();
    // The script omits them.
    expected.tables.retain(|table| table.kind != TableKind::Foreign);
    expected.findings.retain(|finding| finding.table != "outside");
    run_beside(dialect, async |db: TestDb| {
        execute(&db, &script.sql).await;
        let again = mwallet_reflect::reflect(&db.engine, &options).await.unwrap();
        assert_eq!(again.tables, expected.tables);
        assert_eq!(again.findings, expected.findings);
        let again = mwallet_reflect::script(&db.engine, &options).await.unwrap();
        assert_eq!(statements(&again), statements(&script));
        assert_eq!(again.left_out, [""; 0]);
    });
}

#[test]
fn every_construct_of_postgres_is_made_again() {
    made_again(Dialect::Postgres, &["public", "Other Schema"], async |db| execute(db, POSTGRES).await);
}

#[test]
fn every_construct_of_sqlite_is_made_again() {
    made_again(Dialect::Sqlite, &[], async |db| execute(db, SQLITE).await);
}

#[test]
fn the_samples_are_made_again() {
    made_again(Dialect::Postgres, &[], async |db| Sample::Chinook.fill(db).await);
    made_again(Dialect::Sqlite, &[], async |db| Sample::Chinook.fill(db).await);
    made_again(Dialect::Sqlite, &[], async |db| Sample::Northwind.fill(db).await);
}

#[test]
fn rows_that_are_not_what_is_declared_are_told() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let sql = "PRAGMA foreign_keys = OFF; CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER, x REAL);
                   CREATE TABLE b (a INT REFERENCES a); INSERT INTO b VALUES (7), (8);
                   CREATE TABLE \"c's\" (n INT REFERENCES a (n)); CREATE TABLE d (x INT REFERENCES nowhere);
                   INSERT INTO a (n, x) VALUES (1, 1.5), ('two', 2), (NULL, NULL);";
        execute(&db, sql).await;
        let reflection = mwallet_reflect::reflect(&db.engine, &ReflectOptions::default()).await.unwrap();
        let doubts = mwallet_reflect::check_data(&db.engine, &reflection.tables).await.unwrap();
        let told: Vec<_> =
            doubts.iter().map(|doubt| (doubt.table.as_str(), doubt.column.as_deref(), doubt.text.as_str())).collect();
        let mixed = "declared INTEGER, its values are stored as 1 integer, 1 text";
        // A foreign key that cannot be checked does not hide the others.
        let lost = "cannot check its foreign keys: foreign key mismatch - \"c's\" referencing \"a\"";
        assert_eq!(
            told,
            [("a", Some("n"), mixed), ("b", None, "2 rows have a dangling reference to a"), ("c's", None, lost)]
        );
    });
}

#[test]
fn values_against_their_own_declarations_are_told() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let sql = "CREATE TABLE a (short VARCHAR(5), price DECIMAL(5, 2), n INTEGER, flag BOOLEAN, fine TEXT, x \
                   REAL, \"a {}\" CHAR(1));
                   INSERT INTO a VALUES ('ten letters', 1000, 1.5, 7, 'x', 1, 'é'), ('fünf!', 999.99, 2, 1, 'y', 2.5,
                   'ab'),
                       ('123456', 0.125, 3, 0, 'z', 3, NULL),
                       (NULL, -9223372036854775808, NULL, NULL, NULL, NULL, NULL);
                   CREATE TABLE b (n INTEGER, t TEXT, x REAL);
                   INSERT INTO b VALUES ('one', x'00', 'two'), ('three', x'01', 'four');";
        execute(&db, sql).await;
        let reflection = mwallet_reflect::reflect(&db.engine, &ReflectOptions::default()).await.unwrap();
        let doubts = mwallet_reflect::check_data(&db.engine, &reflection.tables).await.unwrap();
        let told: Vec<_> = doubts.iter().map(|doubt| (doubt.column.as_deref().unwrap(), doubt.text.as_str())).collect();
        let expected = [
            ("short", "declared VARCHAR(5), 2 values are longer"),
            ("price", "declared DECIMAL(5, 2), 3 values have more digits"),
            ("n", "declared INTEGER, 1 value is not an integer"),
            ("flag", "declared BOOLEAN, 1 value is neither 0 nor 1"),
            ("a {}", "declared CHAR(1), 1 value is longer"),
            ("n", "declared INTEGER, 2 values are not integers"),
            ("t", "declared TEXT, 2 values are not text"),
            ("x", "declared REAL, 2 values are not numbers"),
        ];
        assert_eq!(told, expected);
    });
}

#[test]
fn a_schema_that_is_not_there_is_an_error() {
    run(Dialect::Postgres, async |db: TestDb| {
        let schemas = vec!["public".to_owned(), "it's not".to_owned()];
        let error = mwallet_reflect::reflect(&db.engine, &ReflectOptions { schemas }).await.unwrap_err();
        assert!(matches!(&error, Error::Config(text) if text.contains("it's not")), "{error:?}");
    });
}

#[test]
fn a_large_database_is_described_in_time() {
    run(Dialect::Postgres, async |db: TestDb| {
        let mut sql = String::new();
        for table in 0..300 {
            let key = |n: i32| {
                if table > n { format!(", p{n} int REFERENCES t{}", (table - n - 1) / (n + 1)) } else { String::new() }
            };
            write!(
                sql,
                "CREATE TABLE t{table} (id int PRIMARY KEY, a text, b numeric(10, 2), c timestamptz{}{});",
                key(0),
                key(1)
            )
            .unwrap();
        }
        for view in 0..100 {
            write!(sql, "CREATE VIEW v{view} AS SELECT * FROM t{view};").unwrap();
        }
        execute(&db, &sql).await;
        db.engine.ping().await.unwrap();
        let begun = std::time::Instant::now();
        let reflection = mwallet_reflect::reflect(&db.engine, &ReflectOptions::default()).await.unwrap();
        let took = begun.elapsed();
        assert_eq!(reflection.tables.len(), 400);
        assert_eq!(reflection.tables.iter().filter(|table| table.kind == TableKind::View).count(), 100);
        // The target is 300 ms for the release build; a debug build on a busy machine gets more.
        println!("300 tables and 100 views in {took:?}");
        assert!(took < std::time::Duration::from_secs(3), "it took {took:?}");
        assert_eq!(table(&reflection, "t7").foreign_keys.len(), 2);
    });
}

#[test]
fn to_describe_writes_nothing() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        run(dialect, async |db: TestDb| {
            execute(&db, "CREATE TABLE a (id INTEGER PRIMARY KEY)").await;
            let options = mwallet_db::EngineOptions { existing: true, read_only: true, ..Default::default() };
            let engine = db.engine_with(options);
            mwallet_reflect::reflect(&engine, &ReflectOptions::default()).await.unwrap();
            let sql = Sql::new("INSERT INTO a VALUES (1)");
            let refused = crud::execute::<(i64,)>(&engine, sql).await;
            assert!(matches!(refused, Err(Error::ReadOnly)), "{refused:?}");
        });
    }
}
