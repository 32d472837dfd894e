//! The clients of PostgREST and Supabase as they are published, which work on mWallet as they are. What they do stands
//! in scripts of their own languages, in `tests/clients`.

use std::path::{Path, PathBuf};
use std::process::Command;

use mwallet_db::{Sql, crud};
use mwallet_testkit::{Dialect, Sample, TestDb, both_engines, run};

use crate::support::{Server, call_on, done, prepared, program, tool};

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients").join(name).canonicalize().unwrap()
}

/// Runs a script on an empty server; it fails where something is not as it should be.
fn succeeds(command: &mut Command, db: &TestDb) {
    all_succeed([command], Server::start(db));
}

/// Runs scripts on a server, one after the other.
fn all_succeed<'c>(commands: impl IntoIterator<Item = &'c mut Command>, server: Server) {
    for command in commands {
        let ran = done(command.arg(&server.url));
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    }
    let (_, log) = server.stop_and_read_log();
    assert!(!log.contains("ERROR"), "{log}");
}

#[test]
fn the_types_of_a_database_are_those_that_clients_take() {
    run(Dialect::Sqlite, async |db: TestDb| {
        Sample::Chinook.fill(&db).await;
        let sql = Sql::new("CREATE VIEW CheapTracks AS SELECT Name FROM Track WHERE UnitPrice < 1");
        crud::execute::<(i64,)>(&db.engine, sql).await.unwrap();
        let folder = db.folder.path();
        let written = call_on(&db, &["generate", "typescript", "--out", "."]);
        assert_eq!(written.code, 0, "{}", written.err);
        std::fs::copy(script("js/typed.ts"), folder.join("typed.ts")).unwrap();
        std::fs::write(folder.join("package.json"), r#"{"type": "module"}"#).unwrap();
        let modules = prepared("MWALLET_TEST_NODE_MODULES");
        std::os::unix::fs::symlink(&modules, folder.join("node_modules")).unwrap();
        let mut compiler = tool("MWALLET_TEST_NODE");
        compiler.arg(Path::new(&modules).join("typescript/bin/tsc")).current_dir(folder);
        compiler.args([
            "--noEmit",
            "--strict",
            "--skipLibCheck",
            "--target",
            "es2022",
            "--module",
            "nodenext",
            "typed.ts",
        ]);
        let compiled = done(&mut compiler);
        assert_eq!(compiled.code, 0, "{}{}", compiled.out, compiled.err);
    });
}

/// A program for Node.js with a script of ours; modules are looked for beside the script.
fn node(db: &TestDb, name: &str) -> Command {
    let copy = db.folder.path().join(name);
    for name in [name, "check.mjs"] {
        std::fs::copy(script(&format!("js/{name}")), db.folder.path().join(name)).unwrap();
    }
    std::os::unix::fs::symlink(prepared("MWALLET_TEST_NODE_MODULES"), db.folder.path().join("node_modules")).unwrap();
    let mut node = tool("MWALLET_TEST_NODE");
    node.arg(copy);
    node
}

#[both_engines]
async fn those_of_javascript_work(db: TestDb) {
    succeeds(&mut node(&db, "postgrest.mjs"), &db);
}

#[both_engines]
async fn pages_fit_a_desk_and_a_telephone(db: TestDb) {
    assert_eq!(call_on(&db, &["seed", "--users", "40", "--orders", "1200"]).code, 0);
    let chromium = prepared("MWALLET_TEST_CHROMIUM");
    succeeds(node(&db, "pages.mjs").arg(chromium).arg(db.folder.path()), &db);
}

#[both_engines]
async fn columns_may_be_called_as_words_of_the_language(db: TestDb) {
    let sql = Sql::new(
        "CREATE TABLE words (id integer PRIMARY KEY, \"order\" text UNIQUE, \"limit\" text, \"offset\" text,
                        \"select\" text, \"or\" text, \"and\" text, columns text, on_conflict text)",
    );
    crud::execute::<(i64,)>(&db.engine, sql).await.unwrap();
    let server = Server::reflecting(&db, &[]);
    let ran = done(node(&db, "words.mjs").arg(&server.url));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[both_engines]
async fn that_of_python_works(db: TestDb) {
    succeeds(tool("MWALLET_TEST_PYTHON").arg("-B").arg(script("python/postgrest_client.py")), &db);
}

#[both_engines]
async fn plans_are_read(db: TestDb) {
    let mut program = program(db.folder.path());
    program.args(["serve", "--open", "--plans", "--database-url", &db.url.expose()]);
    let engine = if db.dialect() == Dialect::Postgres { "postgres" } else { "sqlite" };
    let mut python = tool("MWALLET_TEST_PYTHON");
    python.arg("-B").arg(script("python/plans.py")).arg(engine);
    all_succeed([node(&db, "plans.mjs").arg(engine), &mut python], Server::listening(program));
}

/// A program for Python that reads related rows.
fn python_of_related_rows(part: &str) -> Command {
    let mut python = tool("MWALLET_TEST_PYTHON");
    python.arg("-B").arg(script("python/related_rows.py")).arg(part);
    python
}

#[both_engines]
async fn related_rows_of_the_entities_are_read(db: TestDb) {
    all_succeed([&mut node(&db, "related.mjs"), &mut python_of_related_rows("entities")], Server::start(&db));
}

#[both_engines]
async fn related_rows_of_a_reflected_database_are_read(db: TestDb) {
    Sample::Chinook.fill(&db).await;
    let style = if db.dialect() == Dialect::Postgres { "snake_case" } else { "PascalCase" };
    let (mut js, mut python) = (node(&db, "chinook.mjs"), python_of_related_rows("chinook"));
    all_succeed([js.arg(style), python.arg(style)], Server::reflecting(&db, &[]));
}

/// Tables with several relationships, with relationships to one row at most, and with keys of two columns.
const DELIVERIES: &[&str] = &[
    "CREATE TABLE places (id integer PRIMARY KEY, name text NOT NULL)",
    "CREATE TABLE deliveries (id integer PRIMARY KEY, origin_id integer NOT NULL, destination_id integer,
                              CONSTRAINT origin FOREIGN KEY (origin_id) REFERENCES places (id),
                              CONSTRAINT destination FOREIGN KEY (destination_id) REFERENCES places (id))",
    "CREATE TABLE receipts (id integer PRIMARY KEY, note text,
                            delivery_id integer NOT NULL UNIQUE REFERENCES deliveries (id))",
    "CREATE TABLE legs (delivery_id integer, leg integer, hours integer, PRIMARY KEY (delivery_id, leg))",
    "CREATE TABLE stops (id integer PRIMARY KEY, delivery_id integer, leg integer, note text,
                         FOREIGN KEY (delivery_id, leg) REFERENCES legs (delivery_id, leg))",
    "CREATE TABLE partners (near_id integer REFERENCES places (id), far_id integer REFERENCES places (id),
                            PRIMARY KEY (near_id, far_id))",
    "CREATE VIEW sent AS SELECT id, origin_id FROM deliveries",
    "INSERT INTO places VALUES (1, 'Lagos'), (2, 'Abuja'), (3, 'Kano')",
    "INSERT INTO deliveries VALUES (1, 1, 2), (2, 1, 3), (3, 3, NULL)",
    "INSERT INTO receipts VALUES (1, 'at the door', 1)",
    "INSERT INTO legs VALUES (1, 1, 4), (1, 2, 5)",
    "INSERT INTO stops VALUES (1, 1, 2, 'rain')",
    "INSERT INTO partners VALUES (1, 2), (1, 3)",
];

#[both_engines]
async fn several_relationships_are_told_apart(db: TestDb) {
    for statement in DELIVERIES {
        crud::execute::<(i64,)>(&db.engine, Sql::new(statement)).await.unwrap();
    }
    let (mut js, mut python) = (node(&db, "several.mjs"), python_of_related_rows("several"));
    all_succeed([&mut js, &mut python], Server::reflecting(&db, &[]));
}
