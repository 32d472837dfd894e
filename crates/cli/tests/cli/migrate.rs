//! Migrations by the commands: from folders of their own, by many processes at once, killed in the middle.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use mwallet_db::schema::ColumnType;
use mwallet_db::{Dialect, Sql, crud};
use mwallet_reflect::ReflectOptions;
use mwallet_testkit::{TestDb, both_engines, connect};
use serde_json::{Value, json};

use crate::support::{Done, Server, call_on, program};

/// Rows of the table that is changed while the program is killed; `MWALLET_TEST_ROWS` asks for more.
fn rows() -> u64 {
    std::env::var("MWALLET_TEST_ROWS").ok().and_then(|text| text.parse().ok()).unwrap_or(60_000)
}

/// How often it is killed; `MWALLET_TEST_KILLS` asks for more.
fn kills() -> u64 {
    std::env::var("MWALLET_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

/// Writes a migration with the same scripts for both engines.
fn write(folder: &Path, name: &str, up: &str, down: &str) {
    write_each(folder, name, [up, up, down, down]);
}

fn write_each(folder: &Path, name: &str, [up_postgres, up_sqlite, down_postgres, down_sqlite]: [&str; 4]) {
    let place = folder.join("migrations").join(name);
    std::fs::create_dir_all(&place).unwrap();
    let files = [
        ("up.postgres.sql", up_postgres),
        ("up.sqlite.sql", up_sqlite),
        ("down.postgres.sql", down_postgres),
        ("down.sqlite.sql", down_sqlite),
    ];
    for (file, text) in files {
        std::fs::write(place.join(file), text).unwrap();
    }
}

/// `mwallet migrate` on a test's database with the folder of the test.
fn migrate(db: &TestDb, arguments: &[&str]) -> Done {
    call_on(db, &[&["migrate"], arguments, &["--folder", "migrations"]].concat())
}

async fn number(db: &TestDb, sql: &'static str) -> i64 {
    let found: Vec<(i64,)> = crud::execute(&db.engine, Sql::new(sql).returns("n", ColumnType::BigInt)).await.unwrap();
    found[0].0
}

#[both_engines]
async fn what_was_merged_late_stays_and_is_told(db: TestDb) {
    let folder = db.folder.path();
    for name in ["1_a", "3_c"] {
        let table = &name[2..];
        write(folder, name, &format!("CREATE TABLE {table} (id bigint);"), &format!("DROP TABLE {table};"));
    }
    assert_eq!(migrate(&db, &["up"]).code, 0);
    write(folder, "2_b", "CREATE TABLE b (id bigint);", "DROP TABLE b;");
    assert_eq!(migrate(&db, &["up"]).code, 0);
    let back = migrate(&db, &["down"]);
    assert!(back.out.contains("reverted 3_c on ") && !back.out.contains("2_b"), "{}", back.out);
    assert!(back.err.contains("the highest first: 2_b, which was applied after them, is kept"), "{}", back.err);
    // Nothing else was applied after what is the last by both.
    let back = migrate(&db, &["down", "--to", "0"]);
    assert!(back.out.contains("reverted 2_b, 1_a on ") && !back.err.contains("is kept"), "{} {}", back.out, back.err);
    assert!(migrate(&db, &["down"]).out.contains("has no migrations to revert"));
}

#[both_engines]
async fn what_was_done_before_one_failed_is_told(db: TestDb) {
    let folder = db.folder.path();
    for name in ["1_a", "2_b"] {
        let table = &name[2..];
        write(folder, name, &format!("CREATE TABLE {table} (id bigint);"), &format!("DROP TABLE {table};"));
    }
    write(folder, "3_c", "CREATE TABL c (id bigint);", "");
    let failed = migrate(&db, &["up"]);
    assert!(
        failed.err.starts_with("error: 3_c: ") && failed.err.contains("\napplied before it: 1_a, 2_b\n"),
        "{}",
        failed.err
    );
    let again = migrate(&db, &["up", "--json"]);
    let error: Value = serde_json::from_str(&again.err).unwrap();
    assert_eq!((&error["code"], &error["migrations"]), (&json!("migration_failed"), &json!([])), "{}", again.err);
    write(folder, "1_a", "CREATE TABLE a (id bigint);", "DROP TABL a;");
    let failed = migrate(&db, &["down", "--to", "0", "--json"]);
    let error: Value = serde_json::from_str(&failed.err).unwrap();
    assert_eq!((&error["code"], &error["migrations"]), (&json!("migration_failed"), &json!(["2_b"])), "{}", failed.err);
}

#[both_engines]
async fn a_check_tells_a_file_that_fails_from_the_database(db: TestDb) {
    let folder = db.folder.path();
    db.engine.ping().await.unwrap();
    write(folder, "1_a", "CREATE TABLE a (id bigint);", "DROP TABLE a;");
    let differs = migrate(&db, &["check"]);
    let mut lines = differs.out.lines();
    assert!(lines.next().unwrap().starts_with("to match the entities, "), "{}", differs.out);
    assert!(lines.clone().count() > 10 && lines.all(|line| line.starts_with("  create table ")), "{}", differs.out);
    write(folder, "2_b", "CREATE TABL b (id bigint);", "");
    let failed = migrate(&db, &["check"]);
    let told = "error: cannot replay the migrations in memory: 2_b: near \"TABL\": syntax error at statement 1";
    assert!(failed.err.starts_with(told), "{}", failed.err);
    assert!(failed.err.contains("\nhint: fix that file of the migration"), "{}", failed.err);
    assert!(migrate(&db, &["check", "--json"]).err.contains("\"migration_replay\""));
}

#[both_engines]
async fn migrations_of_a_folder_go_there_and_back(db: TestDb) {
    let folder = db.folder.path();
    write(folder, "1_make", "CREATE TABLE a (id bigint PRIMARY KEY);", "-- mwallet: destructive: a\nDROP TABLE a;");
    write(folder, "20_fill", "INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);", "DELETE FROM a;");
    let status = |db: &TestDb| -> Vec<String> {
        let json: Value = serde_json::from_str(&migrate(db, &["status", "--json"]).out).unwrap();
        let all = json["migrations"].as_array().unwrap();
        all.iter().map(|one| format!("{} {}", one["version"], one["standing"].as_str().unwrap())).collect()
    };
    // A question makes no file.
    db.engine.ping().await.unwrap();
    assert_eq!(status(&db), ["1 pending", "20 pending"]);
    assert!(migrate(&db, &["up", "--to", "1"]).out.starts_with("applied 1_make on "));
    assert!(migrate(&db, &["up"]).out.starts_with("applied 20_fill on "));
    assert!(migrate(&db, &["up"]).out.contains("is up to date"));
    assert_eq!(status(&db), ["1 applied", "20 applied"]);
    assert_eq!(number(&db, "SELECT count(*) FROM a").await, 2);

    let back = migrate(&db, &["down"]);
    assert!(back.out.starts_with("reverted 20_fill"), "{}", back.err);
    let refused = migrate(&db, &["down", "--to", "0"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("1_make deletes a: pass --allow-destructive to allow it"), "{}", refused.err);
    let back: Value =
        serde_json::from_str(&migrate(&db, &["down", "--to", "0", "--allow-destructive", "--json"]).out).unwrap();
    assert_eq!(back["migrations"], serde_json::json!(["1_make"]));
    assert_eq!(status(&db), ["1 pending", "20 pending"]);

    assert_eq!(migrate(&db, &["stamp", "1"]).code, 0);
    assert_eq!(status(&db), ["1 applied", "20 pending"]);
    assert!(migrate(&db, &["up", "--to", "7"]).err.contains("there is no migration 7"));
}

#[both_engines]
async fn a_migration_that_fails_says_why_and_where(db: TestDb) {
    let folder = db.folder.path();
    write(folder, "1_make", "CREATE TABLE a (id bigint PRIMARY KEY); INSERT INTO a VALUES (1);", "");
    let is_postgres = db.dialect() == Dialect::Postgres;
    let function = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION 'not so' USING DETAIL = 'since it is late', HINT = 'come tomorrow'; END $$;
        SELECT f();";
    let inner =
        "CREATE FUNCTION g() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM missing FROM a; END $$; SELECT g();";
    let case = |script: &'static str, postgres: &'static [&'static str], sqlite: &'static [&'static str]| {
        (script, if is_postgres { postgres } else { sqlite })
    };
    for (script, parts) in [
        case(
            "CREATE TABLE b (id bigint);\n\nCREATE TABLE \"é\" (\n    \"ü\" bigint, CHECK (missing > 1)\n);",
            &[
                "column \"missing\" does not exist (42703)",
                "at statement 2, line 2, column 24: \"ü\" bigint, CHECK (missing > 1)",
            ],
            &["no such column: missing", "at statement 2, line 2, column 24: \"ü\" bigint, CHECK (missing > 1)"],
        ),
        case(
            "INSERT INTO a\n  VALUES (missing);",
            &["column \"missing\" does not exist (42703)", "at statement 1, line 2, column 11: VALUES (missing)"],
            &["no such column: missing", "at statement 1, line 2, column 11: VALUES (missing)"],
        ),
        case(
            "INSERT INTO a VALUES (2);\nINSERT INTO a VALUES (1);",
            &[
                "duplicate key",
                "(23505)",
                "; detail: Key (id)=(1) already exists.",
                "; table: public.a",
                "; constraint: a_pkey",
                "at statement 2: INSERT",
            ],
            &["a row with this value exists already (table a, column id)", "at statement 2: INSERT INTO a VALUES (1)"],
        ),
        case(
            "SELECT 1;\nCREATE TABLE c (",
            &["syntax error at end of input (42601)", "at statement 2, line 1, column 17: CREATE TABLE c ("],
            &["incomplete input", "at statement 2: CREATE TABLE c ("],
        ),
    ] {
        write(folder, "2_break", script, "");
        let failed = migrate(&db, &["up"]);
        assert_eq!(failed.code, 1);
        assert!(failed.err.starts_with("error: 2_break: ") && !failed.err.contains("db error"), "{}", failed.err);
        for part in parts {
            assert!(failed.err.contains(part), "{part} is not in {}", failed.err);
        }
    }
    if is_postgres {
        write(folder, "2_break", function, "");
        let failed = migrate(&db, &["up"]).err;
        for part in [
            "2_break: not so (P0001); detail: since it is late; hint: come tomorrow; where: ",
            "at statement 2: SELECT f()",
        ] {
            assert!(failed.contains(part), "{part} is not in {failed}");
        }
        write(folder, "2_break", inner, "");
        let failed = migrate(&db, &["up"]).err;
        assert!(
            failed
                .contains("\"missing\" does not exist (42703); in the query: line 1, column 8: SELECT missing FROM a"),
            "{failed}"
        );
    }
}

#[both_engines]
async fn a_migration_that_fails_changes_nothing(db: TestDb) {
    let folder = db.folder.path();
    write(folder, "1_make", "CREATE TABLE a (id bigint PRIMARY KEY); INSERT INTO a VALUES (1);", "");
    write(folder, "2_break", "INSERT INTO a VALUES (2);\nCREATE TABLE b (id bigint);\nINSERT INTO a VALUES (1);", "");
    let failed = migrate(&db, &["up"]);
    assert_eq!(failed.code, 1);
    assert!(
        failed.err.contains("2_break: ") && failed.err.contains("at statement 3: INSERT INTO a VALUES (1)"),
        "{}",
        failed.err
    );
    assert_eq!(number(&db, "SELECT count(*) FROM a").await, 1);
    assert_eq!(mwallet_reflect::reflect(&db.engine, &ReflectOptions::default()).await.unwrap().tables.len(), 1);
    // It is mended and goes on; what was applied may not change any more.
    write(folder, "2_break", "INSERT INTO a VALUES (2);", "");
    assert_eq!(migrate(&db, &["up"]).code, 0);
    write(folder, "1_make", "CREATE TABLE a (id bigint);", "");
    let refused = migrate(&db, &["up"]);
    assert!(refused.err.contains("1_make was changed after it was applied"), "{}", refused.err);
    std::fs::remove_dir_all(folder.join("migrations/1_make")).unwrap();
    let refused = migrate(&db, &["up"]);
    assert!(
        refused.err.contains("the migration 1_make was applied to the database, but is unknown here"),
        "{}",
        refused.err
    );
}

#[both_engines]
async fn ten_processes_migrate_once(db: TestDb) {
    let servers: Vec<Server> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..10).map(|_| scope.spawn(|| Server::start(&db))).collect();
        starting.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for server in &servers {
        assert_eq!(server.get("/rest/v1/orders"), "[]");
    }
    let migrations = i64::try_from(mwallet_models::migrations().len()).unwrap();
    assert_eq!(number(&db, "SELECT count(*) FROM _mwallet_migrations").await, migrations);
}

#[both_engines]
async fn an_older_database_is_refused_or_migrated(db: TestDb) {
    assert_eq!(call_on(&db, &["migrate", "up"]).code, 0);
    assert_eq!(call_on(&db, &["migrate", "down", "--to", "0", "--allow-destructive"]).code, 0);
    // It has none of the tables, so it is set up as an empty one is.
    drop(Server::start(&db));
    let sql = "UPDATE _mwallet_migrations SET is_begun = is_begun, checksum = 'other'";
    crud::execute::<(i64,)>(&db.engine, Sql::new(sql)).await.unwrap();
    let refused = call_on(&db, &["serve", "--open", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("was changed after it was applied"), "{}", refused.err);
    let checked = call_on(&db, &["migrate", "check"]);
    assert_eq!((checked.code, checked.err.as_str()), (0, ""));
    let sql = "ALTER TABLE orders DROP COLUMN memo";
    if db.dialect() == Dialect::Postgres {
        connect(&db.url).await.batch_execute(sql).await.unwrap();
        let checked = call_on(&db, &["migrate", "check"]);
        assert_eq!(checked.code, 1);
        assert!(checked.out.contains("add column orders.memo"), "{}", checked.out);
    }
}

#[both_engines]
async fn scripts_make_what_up_makes(db: TestDb) {
    let dialect = db.dialect().to_string();
    let script = call_on(&db, &["migrate", "sql", "--dialect", &dialect]).out;
    match db.dialect() {
        Dialect::Postgres => connect(&db.url).await.batch_execute(&script).await.unwrap(),
        Dialect::Sqlite => {
            let file = rusqlite::Connection::open(db.folder.path().join("test.db")).unwrap();
            file.execute_batch(&script).unwrap();
        }
    }
    let by_script = mwallet_reflect::reflect(&db.engine, &ReflectOptions::default()).await.unwrap();
    let history = "SELECT count(*) FROM _mwallet_migrations WHERE checksum <> ''";
    assert_eq!(number(&db, history).await, i64::try_from(mwallet_models::migrations().len()).unwrap());
    assert!(call_on(&db, &["migrate", "up"]).out.contains("is up to date"));
    let down = call_on(&db, &["migrate", "down", "--to", "0", "--allow-destructive"]);
    assert_eq!(down.code, 0, "{}", down.err);
    assert_eq!(call_on(&db, &["migrate", "up"]).code, 0);
    let by_up = mwallet_reflect::reflect(&db.engine, &ReflectOptions::default()).await.unwrap();
    assert_eq!(by_script, by_up);
}

#[both_engines]
async fn a_kill_leaves_one_version_or_the_other(db: TestDb) {
    let folder = db.folder.path();
    let count = rows();
    let series = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})");
    let make = format!(
        "CREATE TABLE a (id bigint PRIMARY KEY, n bigint NOT NULL);\n{series} INSERT INTO a SELECT i, i * 2 FROM n;\n\
                        CREATE TABLE b (id bigint REFERENCES a);\nINSERT INTO b VALUES (1);"
    );
    let make = if db.dialect() == Dialect::Postgres {
        make.replace(
            &format!("\n{series} INSERT INTO a SELECT i, i * 2 FROM n;"),
            &format!("\nINSERT INTO a SELECT i, i * 2 FROM generate_series(1, {count}) AS i;"),
        )
    } else {
        make
    };
    let postgres = "ALTER TABLE a ALTER COLUMN n TYPE text USING n::text;\n\
                    ALTER TABLE a ADD COLUMN m bigint NOT NULL DEFAULT 5;\n\
                    UPDATE a SET m = id;";
    let sqlite = "PRAGMA legacy_alter_table = ON;\n\
                  CREATE TABLE new_a (id bigint PRIMARY KEY, n text NOT NULL, m bigint NOT NULL);\n\
                  INSERT INTO new_a SELECT id, CAST(n AS text), id FROM a;\nDROP TABLE a;\nALTER TABLE new_a RENAME TO \
                  a;\n\
                  PRAGMA legacy_alter_table = OFF;";
    let back = "ALTER TABLE a DROP COLUMN m;\nALTER TABLE a ALTER COLUMN n TYPE bigint USING n::bigint;";
    let back_again = "PRAGMA legacy_alter_table = ON;\nCREATE TABLE new_a (id bigint PRIMARY KEY, n bigint NOT NULL);\n\
                      INSERT INTO new_a SELECT id, n FROM a;\nDROP TABLE a;\nALTER TABLE new_a RENAME TO a;\n\
                      PRAGMA legacy_alter_table = OFF;";
    write_each(folder, "1_make", [&make, &make, "", ""]);
    write_each(folder, "2_change", [postgres, sqlite, back, back_again]);
    let begun = Instant::now();
    assert_eq!(migrate(&db, &["up"]).code, 0);
    assert_eq!(migrate(&db, &["down", "--to", "1"]).code, 0);
    let once = begun.elapsed() / 2;
    let sum = i64::try_from(count * (count + 1) / 2).unwrap();
    let (mut before, mut after) = (0, 0);
    for kill in 0..kills() {
        let mut child = program(folder);
        child.args(["migrate", "up", "--folder", "migrations", "--database-url", &db.url.expose()]);
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Spread over all of its time, and somewhat beyond.
        std::thread::sleep(once * u32::try_from(kill * 7 % 12 + 1).unwrap() / 10);
        child.kill().unwrap();
        child.wait().unwrap();
        let tables = mwallet_reflect::reflect(&db.engine, &ReflectOptions::default()).await.unwrap().tables;
        assert_eq!(
            tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(),
            ["a", "b"],
            "something is left over"
        );
        match tables[0].columns.len() {
            2 => {
                before += 1;
                assert_eq!(number(&db, "SELECT CAST(sum(n) AS bigint) FROM a").await, 2 * sum);
                assert_eq!(number(&db, "SELECT count(*) FROM _mwallet_migrations").await, 1);
            }
            3 => {
                after += 1;
                assert_eq!(number(&db, "SELECT CAST(sum(m) AS bigint) FROM a").await, sum);
                assert_eq!(number(&db, "SELECT count(*) FROM _mwallet_migrations").await, 2);
                assert_eq!(migrate(&db, &["down", "--to", "1"]).code, 0);
            }
            columns => panic!("{columns} columns"),
        }
    }
    println!("{count} rows in {once:?}: killed {before} times before it was done, {after} times after");
    assert!(before > 0, "it was never killed in the middle");
    let ended = migrate(&db, &["up"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(number(&db, "SELECT count(*) FROM a WHERE id = m").await, i64::try_from(count).unwrap());
    assert_eq!(number(&db, "SELECT count(*) FROM b").await, 1);
}

#[test]
fn an_index_that_is_made_beside_writes_is_taken_up_again() {
    mwallet_testkit::run(Dialect::Postgres, async |db: TestDb| {
        let folder = db.folder.path();
        write(folder, "1_make", "CREATE TABLE a (id bigint, n bigint); INSERT INTO a VALUES (1, 1), (2, 1);", "");
        let steps = "-- mwallet: no transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS by_id ON a (id);\n\
                     DROP INDEX CONCURRENTLY IF EXISTS by_n;\nCREATE UNIQUE INDEX CONCURRENTLY by_n ON a (n);";
        write_each(folder, "2_index", [steps, "CREATE INDEX by_id ON a (id);", "", ""]);
        let failed = migrate(&db, &["up"]);
        let why = "2_index: could not create unique index \"by_n\" (23505); detail: Key (n)=(1) is duplicated.";
        assert!(failed.err.contains(why) && failed.err.contains("at statement 3"), "{}", failed.err);
        assert!(migrate(&db, &["status"]).out.contains("2_index  started "));
        connect(&db.url).await.batch_execute("UPDATE a SET n = id; DROP INDEX by_n").await.unwrap();
        let done = migrate(&db, &["up"]);
        assert_eq!(done.code, 0, "{}", done.err);
        let valid = "SELECT count(*) FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname IN ('by_id', \
                     'by_n') AND indisvalid";
        assert_eq!(number(&db, valid).await, 2);
        assert!(migrate(&db, &["lint"]).out.contains("no change blocks"));
    });
}

#[test]
fn what_is_wrong_with_a_call_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let call = |arguments: &[&str]| {
        let mut command: Command = program(folder.path());
        crate::support::done(command.arg("migrate").args(arguments))
    };
    for (arguments, code, said) in [
        (&["new", "x", "--rename", "a.b"][..], 2, "expected OLD=NEW"),
        (&["new", "x", "--rename", "gone=orders"], 2, "there is no table gone\n"),
        (&["up", "--to", "x"], 2, "invalid digit"),
        (&["sql", "--to", "5"], 1, "there is no migration 5"),
        (&["up", "--folder", "wrong"], 1, "expected a version and a name"),
    ] {
        std::fs::create_dir_all(folder.path().join("wrong/notes")).unwrap();
        let done = call(arguments);
        assert_eq!(done.code, code, "{arguments:?}: {}", done.err);
        assert!(done.err.contains(said), "{arguments:?}: {}", done.err);
    }
}

#[test]
fn a_folder_that_holds_no_migrations_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let call = |arguments: &[&str], named: &str| {
        let mut command: Command = program(folder.path());
        crate::support::done(command.arg("migrate").args(arguments).args(["--folder", named]))
    };
    let commands = [
        &["up"][..],
        &["down"],
        &["status"],
        &["history"],
        &["stamp", "1"],
        &["check"],
        &["sql", "--dialect", "sqlite"],
        &["lint"],
    ];
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    std::fs::write(folder.path().join("empty/README"), "to come").unwrap();
    for command in commands {
        for (named, told) in [("nosuch", "there is no folder nosuch"), ("empty", "empty has no migrations")] {
            let done = call(command, named);
            assert_eq!(done.code, 1, "{command:?}");
            let hint = "hint: --folder must name a folder with one subfolder per migration; `mwallet migrate new NAME`";
            assert!(done.err.starts_with(&format!("error: {told}\n{hint}")), "{command:?}: {}", done.err);
        }
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 1, "a database was made");
    // Whoever writes the first has no folder yet.
    assert_eq!(call(&["new", "create_tables"], "nosuch").code, 0);
    assert_eq!(call(&["history"], "nosuch").code, 0);
}

#[test]
fn a_migration_that_is_written_elsewhere_is_compared_with_those_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let new =
        |arguments: &[&str]| crate::support::done(program(folder.path()).args(["migrate", "new"]).args(arguments));
    let nothing = new(&["add_all"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (0, "the migrations match the entities: nothing to write\n"));
    assert!(nothing.err.contains("compared with those built into the program"), "{}", nothing.err);
    assert!(!folder.path().join("migrations").exists());
    // A folder that is named begins from nothing.
    let all = new(&["add_all", "--folder", "migrations"]);
    assert!(all.out.contains("up.sqlite.sql") && !all.err.contains("built into"), "{} {}", all.out, all.err);
}
