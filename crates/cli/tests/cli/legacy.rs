//! Databases that others made, by the commands: looked into, served as they are, read again when they change.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mwallet_db::{Dialect, Sql, crud};
use mwallet_testkit::{Sample, TestDb, both_engines, connect, run};
use serde_json::Value;

use crate::support::{Server, call, call_on, program};

impl Server {
    /// Waits until a row has another column.
    fn wait_for(&self, path: &str, column: &str) {
        let begun = Instant::now();
        while !self.get(path).contains(column) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{column} is not served");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

async fn change(db: &TestDb, sql: &'static str) {
    crud::execute::<(i64,)>(&db.engine, Sql::new(sql)).await.unwrap();
}

#[both_engines]
async fn secrets_of_a_database_from_before_they_bore_a_mark_are_not_answered(db: TestDb) {
    let first = ["migrate", "up", "--to", "20261124120000"];
    assert_eq!(call_on(&db, &first).code, 0);
    change(
        &db,
        "INSERT INTO user_addresses (uuid, slug, usid, address, network)
                 VALUES ('00000000-0000-0000-0000-0000000000ff', 'one', 'ada', 'a', 'bitcoin')",
    )
    .await;
    let rows = Server::reflecting(&db, &[]).get("/rest/v1/user_addresses");
    assert!(rows.contains("\"slug\":\"one\"") && !rows.contains("account_key"), "{rows}");
    // Brought up to date, the database says so itself.
    assert_eq!(call_on(&db, &["migrate", "up"]).code, 0);
    assert_eq!(call_on(&db, &["migrate", "check"]).code, 0);
    let types = call_on(&db, &["generate", "typescript"]).out;
    assert!(types.contains("account_number") && !types.contains("account_key: string"), "{types}");
}

#[both_engines]
async fn a_database_is_looked_into(db: TestDb) {
    Sample::Chinook.fill(&db).await;
    let text = call_on(&db, &["inspect"]);
    assert_eq!((text.code, text.err.as_str()), (0, ""));
    assert!(text.out.contains("11 tables and views"), "{}", text.out);
    assert!(text.out.ends_with("constructs are kept (100.0 %)\n"), "{}", text.out);
    let json: Value = serde_json::from_str(&call_on(&db, &["inspect", "--json"]).out).unwrap();
    assert_eq!(json["kept"], json["constructs"]);
    assert_eq!(json["tables"].as_array().unwrap().len(), 11);
    assert_eq!(json["findings"][0]["standing"], "kept");
}

#[both_engines]
async fn what_changes_is_served_when_it_is_told_and_no_request_fails(db: TestDb) {
    change(&db, "CREATE TABLE things (id INTEGER PRIMARY KEY, a TEXT)").await;
    change(&db, "INSERT INTO things VALUES (1, 'x')").await;
    let server = Arc::new(Server::reflecting(&db, &[]));
    let (ended, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load: Vec<_> = ["/rest/v1/things/1", "/rest/v1/things", "/rest/v1/things?limit=10"]
        .map(|path| {
            let (server, ended, asked) = (server.clone(), ended.clone(), asked.clone());
            std::thread::spawn(move || {
                while !ended.load(Ordering::SeqCst) {
                    assert!(server.get(path).contains("\"id\":1"));
                    asked.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .into();
    std::thread::sleep(Duration::from_millis(200));

    change(&db, "ALTER TABLE things ADD COLUMN b TEXT DEFAULT 'by post'").await;
    assert!(!server.get("/rest/v1/things/1").contains("by post"));
    server.post("/admin/reload", "", 204);
    assert!(server.get("/rest/v1/things/1").contains("by post"));
    change(&db, "ALTER TABLE things ADD COLUMN c TEXT DEFAULT 'by signal'").await;
    server.hang_up();
    server.wait_for("/rest/v1/things", "by signal");
    if db.dialect() == Dialect::Postgres {
        change(&db, "ALTER TABLE things ADD COLUMN d TEXT DEFAULT 'by notification'").await;
        // Whoever listens may still be on the way.
        std::thread::sleep(Duration::from_millis(300));
        connect(&db.url).await.batch_execute("NOTIFY mwallet, 'reload'").await.unwrap();
        server.wait_for("/rest/v1/things", "by notification");
        // A type that changes under a statement that is prepared.
        change(&db, "ALTER TABLE things ALTER COLUMN a TYPE varchar(9)").await;
    }
    for _ in 0..20 {
        server.post("/admin/reload", "", 204);
    }
    ended.store(true, Ordering::SeqCst);
    load.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(asked.load(Ordering::SeqCst) > 50, "only {asked:?} requests were sent");
}

#[both_engines]
async fn nothing_is_written_where_nothing_may_be(db: TestDb) {
    change(&db, "CREATE TABLE things (id INTEGER PRIMARY KEY)").await;
    let server = Server::reflecting(&db, &["--read-only"]);
    assert!(server.try_post("/rest/v1/things", r#"{"id": 1}"#).unwrap().contains(" 405 "));
    assert_eq!(server.get("/rest/v1/things"), "[]");
}

#[both_engines]
async fn a_database_is_written_as_entities_and_as_sql(db: TestDb) {
    Sample::Chinook.fill(&db).await;
    let said = call_on(&db, &["generate", "rust", "--out", "made/entities", "--json"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["files"].as_array().unwrap().len(), 12);
    let track = match db.dialect() {
        Dialect::Postgres => "track",
        Dialect::Sqlite => "Track",
    };
    let file = std::fs::read_to_string(db.folder.path().join("made/entities/track.rs")).unwrap();
    assert!(file.starts_with(&format!("//! The table `{track}`.\n")) && file.contains("pub struct Track {"), "{file}");
    let one = call_on(&db, &["generate", "rust"]).out;
    assert!(one.contains("pub struct PlaylistTrack {") && one.contains("        Track::table(),"), "{one}");
    let sql = call_on(&db, &["generate", "sql"]).out;
    assert_eq!(sql.matches("CREATE TABLE ").count(), 11, "{sql}");
}

#[both_engines]
async fn names_do_nothing_to_a_terminal(db: TestDb) {
    let odd = "a\nforged: b\r\u{1b}[2J\u{202e}z";
    let sql = format!(
        "CREATE TABLE \"{odd}\" (id INTEGER PRIMARY KEY, \"{odd}1\" TEXT CHECK (\"{odd}1\" <> ''));
        CREATE VIEW \"{odd}2\" AS SELECT id + 1 AS \"{odd}3\" FROM \"{odd}\""
    );
    match db.dialect() {
        Dialect::Postgres => {
            let comments = format!(
                "; COMMENT ON TABLE \"{odd}\" IS '{odd}';
                COMMENT ON COLUMN \"{odd}\".\"{odd}1\" IS '{odd}';
                CREATE AGGREGATE \"{odd}\"(int) (SFUNC = int4mul, STYPE = int)"
            );
            connect(&db.url).await.batch_execute(&(sql + &comments)).await.unwrap();
        }
        Dialect::Sqlite => {
            let file = rusqlite::Connection::open(db.folder.path().join("test.db")).unwrap();
            file.execute_batch(&sql).unwrap();
        }
    }
    let hides = |text: &str| text.contains(|c| c != '\n' && mwallet_db::schema::is_hidden(c));
    let inspected = call_on(&db, &["inspect"]);
    assert_eq!(inspected.code, 0, "{}", inspected.err);
    assert!(inspected.out.contains(r"a\nforged: b\r\u{1b}[2J\u{202e}z: "), "{}", inspected.out);
    let scripted = call_on(&db, &["generate", "sql"]);
    // The statements are as they were, and nothing beside them is.
    assert!(scripted.out.contains(odd) && !hides(&scripted.err), "{}", scripted.err);
    assert!(!scripted.out.lines().any(|line| line.starts_with("--") && hides(line)), "{}", scripted.out);
    let refused = call_on(&db, &["seed", "--users", "1", "--orders", "0"]);
    assert!(refused.err.contains(r"\u{1b}[2J"), "{}", refused.err);
    let mut serve = program(db.folder.path());
    serve.args(["serve", "--open", "--reflect", "--listen", "127.0.0.1:0", "--database-url", &db.url.expose()]);
    let mut child = serve.stdout(Stdio::piped()).spawn().unwrap();
    let mut served = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    (0..5).for_each(|_| _ = lines.read_line(&mut served).unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(served.contains("/rest/v1/a%0Aforged"), "{served}");
    let rust = call_on(&db, &["generate", "rust"]).out;
    let typescript = call_on(&db, &["generate", "typescript"]).out;
    for text in [&inspected.out, &refused.err, &served, &rust, &typescript] {
        assert!(!hides(text) && !text.lines().any(|line| line.starts_with("forged")), "{text:?}");
    }
    let file = call(db.folder.path(), &["inspect", "--database-url", "sqlite:no%0Asuch%1B%5B2J.db"]);
    assert!(file.err.starts_with(r"error: there is no file no such\u{1b}[2J.db"), "{}", file.err);
}

#[both_engines]
async fn a_database_without_tables_is_not_served(db: TestDb) {
    db.engine.ping().await.unwrap();
    let said = call_on(&db, &["serve", "--open", "--reflect", "--listen", "127.0.0.1:0"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("has no tables or views"), "{}", said.err);
}

#[test]
fn a_script_that_is_not_whole_ends_with_1_and_what_is_left_out() {
    run(Dialect::Postgres, async |db: TestDb| {
        change(&db, "CREATE AGGREGATE product(int) (SFUNC = int4mul, STYPE = int)").await;
        let said = call_on(&db, &["generate", "sql"]);
        assert_eq!(said.code, 1);
        assert!(said.out.contains("-- Omitted: aggregate public.product(integer)\n"), "{}", said.out);
        let told = "omitted: aggregate public.product(integer)\nerror: 1 object of the schema was omitted\n\
                    hint: pg_dump -s dumps the whole schema\n";
        assert_eq!(said.err, told);
        let said = call_on(&db, &["generate", "sql", "--out", "made", "--json"]);
        assert_eq!(said.code, 1);
        let json: Value = serde_json::from_str(&said.err).unwrap();
        assert_eq!(json["causes"][0], "aggregate public.product(integer)");
        assert!(db.folder.path().join("made/schema.sql").is_file());
    });
}

#[test]
fn a_file_is_not_changed_by_looking_at_it() {
    run(Dialect::Sqlite, async |db: TestDb| {
        Sample::Northwind.fill(&db).await;
        let file = db.folder.path().join("test.db");
        let before = std::fs::read(&file).unwrap();
        let said = call_on(&db, &["inspect"]);
        assert!(said.out.contains("Order Details"), "{}", said.err);
        let server = Server::reflecting(&db, &["--read-only"]);
        assert!(server.get("/rest/v1/Products?limit=1").contains("ProductName"));
        assert!(server.stop().success());
        assert!(std::fs::read(&file).unwrap() == before);
        let names: Vec<_> = db.folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["test.db"]);
    });
}

#[test]
fn a_file_that_is_not_there_is_not_made() {
    run(Dialect::Sqlite, async |db: TestDb| {
        for command in [&["inspect"][..], &["serve", "--open", "--reflect", "--listen", "127.0.0.1:0"]] {
            assert_eq!(call_on(&db, command).code, 1);
        }
        assert_eq!(db.folder.path().read_dir().unwrap().count(), 0);
    });
}

impl Server {
    /// Tells it to read its settings again, as a service manager does.
    fn hang_up(&self) {
        let told = Command::new("kill").args(["-HUP", &self.id().to_string()]).status().unwrap();
        assert!(told.success());
    }
}
