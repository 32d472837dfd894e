//! The clients of PostgREST and Supabase as they are published, which work on mWallet as they are. What they do stands
//! in scripts of their own languages, in `tests/clients`.

use std::path::{Path, PathBuf};
use std::process::Command;

use mwallet_db::{Sql, crud};
use mwallet_testkit::{Dialect, Sample, TestDb, both_engines, run};

use crate::support::{Server, call_on, done, prepared, tool};

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients").join(name).canonicalize().unwrap()
}

/// Runs a script on an empty server; it fails where something is not as it should be.
fn succeeds(command: &mut Command, db: &TestDb) {
    let server = Server::start(db);
    let ran = done(command.arg(&server.url));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
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
    std::fs::copy(script(&format!("js/{name}")), &copy).unwrap();
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
