//! Copies of databases: whole, whatever is written meanwhile; put back only where nobody is served.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mwallet_testkit::{Dialect, TestDb, run};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Done, Server, call, call_on, done, program};

/// How many copies are taken under load; `MWALLET_TEST_BACKUPS` asks for more.
fn backups() -> usize {
    std::env::var("MWALLET_TEST_BACKUPS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

/// Clients that write at the same time.
const WRITERS: usize = 4;

/// What a server has acknowledged so far, written without a pause.
struct Load {
    acknowledged: Arc<Mutex<Vec<String>>>,
    ended: Arc<AtomicBool>,
    writers: Vec<std::thread::JoinHandle<()>>,
}

impl Load {
    fn start(server: &Arc<Server>, path: &'static str, row: fn(&str) -> Value) -> Self {
        let (acknowledged, ended) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicBool>::default());
        let writers = (0..WRITERS)
            .map(|writer| {
                let (server, acknowledged, ended) = (server.clone(), acknowledged.clone(), ended.clone());
                std::thread::spawn(move || {
                    for number in 0.. {
                        if ended.load(Ordering::SeqCst) {
                            return;
                        }
                        let memo = format!("{writer}-{number}");
                        let answer = server.try_post(path, &row(&memo).to_string());
                        if answer.is_ok_and(|answer| answer.starts_with("HTTP/1.0 201")) {
                            acknowledged.lock().unwrap().push(memo);
                        }
                    }
                })
            })
            .collect();
        Self { acknowledged, ended, writers }
    }

    fn acknowledged(&self) -> Vec<String> {
        self.acknowledged.lock().unwrap().clone()
    }

    fn end(self) -> Vec<String> {
        self.ended.store(true, Ordering::SeqCst);
        self.writers.into_iter().for_each(|writer| writer.join().unwrap());
        Arc::into_inner(self.acknowledged).unwrap().into_inner().unwrap()
    }
}

fn order(memo: &str) -> Value {
    json!({"usid": "ada", "start": "2030-01-01T00:00:00Z", "memo": memo})
}

/// The one text column of a database, which SQLite says is whole.
fn memos(file: &Path, table: &str) -> Vec<String> {
    let connection = Connection::open(file).unwrap();
    let checked: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(checked, "ok", "{}", file.display());
    let sql = format!("SELECT memo FROM {table} WHERE memo IS NOT NULL ORDER BY memo");
    connection.prepare(&sql).unwrap().query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// What is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Takes copies while a server is written to, and holds each against what was acknowledged before.
fn copies_under_load(db: &TestDb, server: Server, path: &'static str, row: fn(&str) -> Value) {
    let server = Arc::new(server);
    let table = path.rsplit('/').next().unwrap();
    let load = Load::start(&server, path, row);
    while load.acknowledged().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut all_before = Vec::new();
    for number in 0..backups() {
        let before = load.acknowledged();
        let name = format!("copies/{number}.db");
        std::fs::create_dir_all(db.folder.path().join("copies")).unwrap();
        let copied = call_on(db, &["backup", &name, "--json"]);
        assert_eq!((copied.code, copied.err.as_str()), (0, ""));
        let file = db.folder.path().join(&name);
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let said: Value = serde_json::from_str(&copied.out).unwrap();
        assert_eq!(said["bytes"], file.metadata().unwrap().len());
        assert!(said["pages"].as_u64().unwrap() > 0 && said["seconds"].as_f64().unwrap() > 0.0, "{said}");
        assert_eq!((&said["file"], &said["database"]), (&json!(name), &json!(db.url.to_string())));
        all_before.push((file, before));
    }
    let all = load.end();
    for (file, before) in &all_before {
        let stored = memos(file, table);
        let lost: Vec<_> = before.iter().filter(|memo| stored.binary_search(memo).is_err()).collect();
        assert!(lost.is_empty(), "{}: {} of {} rows are lost", file.display(), lost.len(), before.len());
    }
    let first = all_before[0].1.len();
    assert!(all.len() > first + backups(), "only {} rows were written meanwhile", all.len() - first);
    assert_eq!(names(&db.folder.path().join("copies")).len(), backups(), "something lies beside the copies");
}

#[test]
fn copies_are_whole_while_a_server_writes() {
    run(Dialect::Sqlite, async |db: TestDb| {
        assert_eq!(call_on(&db, &["seed", "--orders", "3000"]).code, 0);
        copies_under_load(&db, Server::start(&db), "/rest/v1/orders", order);
    });
}

/// A database of others in rollback-journal mode, and a server of it.
fn reflected(db: &TestDb) -> Server {
    let file = Connection::open(db.folder.path().join("test.db")).unwrap();
    file.execute_batch("CREATE TABLE notes (id INTEGER PRIMARY KEY, memo TEXT)").unwrap();
    let mode: String = file.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete");
    Server::reflecting(db, &[])
}

#[test]
fn copies_of_a_database_without_a_log_are_whole_while_a_server_writes() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let server = reflected(&db);
        copies_under_load(&db, server, "/rest/v1/notes", |memo| json!({"memo": memo}));
    });
}

#[test]
fn a_copy_is_put_back_and_what_it_replaces_is_kept() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let folder = db.folder.path();
        let server = Server::start(&db);
        server.post("/rest/v1/orders", &order("first").to_string(), 201);
        let copied = call_on(&db, &["backup", "copy.db"]);
        assert!(copied.out.starts_with(&format!("copied {} to copy.db: ", db.url)), "{}", copied.err);
        server.post("/rest/v1/orders", &order("second").to_string(), 201);
        // As a power cut leaves it: with a log beside it.
        server.kill();
        drop(server);
        assert!(folder.join("test.db-wal").metadata().unwrap().len() > 0);
        // A copy has what stands in the log, and leaves it where it is.
        assert_eq!(call_on(&db, &["backup", "late.db"]).code, 0);
        assert_eq!(memos(&folder.join("late.db"), "orders"), ["first", "second"]);
        assert!(folder.join("test.db-wal").metadata().unwrap().len() > 0);

        std::fs::set_permissions(folder.join("copy.db"), PermissionsExt::from_mode(0o644)).unwrap();
        let restored = call_on(&db, &["restore", "copy.db", "--json"]);
        assert_eq!((restored.code, restored.err.as_str()), (0, ""));
        let said: Value = serde_json::from_str(&restored.out).unwrap();
        let kept = PathBuf::from(said["kept"].as_str().unwrap());
        let name = kept.file_name().unwrap().to_str().unwrap();
        let time = name.strip_prefix("test.db.before-restore-").unwrap();
        assert!(time.len() == "20261126T140531Z".len() && time.as_bytes()[8] == b'T' && time.ends_with('Z'), "{name}");
        assert_eq!(names(folder), ["copy.db", "late.db", "test.db", name]);
        assert_eq!(folder.join("test.db").metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(memos(&kept, "orders"), ["first", "second"]);

        let server = Server::start(&db);
        let orders: Value = serde_json::from_str(&server.get("/rest/v1/orders?select=memo")).unwrap();
        assert_eq!(orders, json!([{"memo": "first"}]));
        assert!(server.stop().success());
        // It becomes one where there is none.
        let elsewhere = call(folder, &["restore", "late.db", "--database-url", "sqlite:new.db"]);
        assert_eq!(elsewhere.code, 0, "{}", elsewhere.err);
        assert_eq!(memos(&folder.join("new.db"), "orders"), ["first", "second"]);
    });
}

fn assert_refused(done: &Done, told: &str) {
    assert_eq!((done.code, done.out.as_str()), (1, ""), "{told}");
    assert!(done.err.starts_with(&format!("error: {told}")) && done.err.contains("\nhint: "), "{told}: {}", done.err);
}

#[test]
fn a_database_that_is_served_is_not_replaced() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let folder = db.folder.path();
        let copy = folder.join("copy.db");
        Connection::open(&copy).unwrap().execute_batch("CREATE TABLE other (id INTEGER PRIMARY KEY)").unwrap();
        let refused = |server: &Server| {
            let before = names(folder);
            let done = call_on(&db, &["restore", "copy.db"]);
            let place = folder.canonicalize().unwrap().join("test.db");
            assert_refused(&done, &format!("{} is in use by the process {} (mwallet)", place.display(), server.id()));
            assert_eq!(names(folder), before);
        };
        // One that nobody has asked anything yet, and whose connections hold no lock.
        let server = reflected(&db);
        refused(&server);
        server.post("/rest/v1/notes", r#"{"memo": "still there"}"#, 201);
        refused(&server);
        assert!(server.get("/rest/v1/notes").contains("still there"));
        assert!(server.stop().success());
        std::fs::remove_file(folder.join("test.db")).unwrap();

        let server = Server::start(&db);
        refused(&server);
        server.post("/rest/v1/orders", &order("still there").to_string(), 201);
        refused(&server);
        assert!(server.stop().success());
        assert_eq!(memos(&folder.join("test.db"), "orders"), ["still there"]);
        // Any other program counts too, and this one cannot be seen by its files.
        let other = Connection::open(folder.join("test.db")).unwrap();
        other.query_row("SELECT count(*) FROM orders", [], |_| Ok(())).unwrap();
        assert_refused(
            &call_on(&db, &["restore", "copy.db"]),
            &folder.canonicalize().unwrap().join("test.db").display().to_string(),
        );
        drop(other);
        assert_eq!(call_on(&db, &["restore", "copy.db"]).code, 0);
    });
}

#[test]
fn what_is_there_is_replaced_by_force_alone() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let folder = db.folder.path();
        assert_eq!(call_on(&db, &["schema", "create"]).code, 0);
        std::fs::write(folder.join("copy.db"), "somebody's").unwrap();
        let refused = call_on(&db, &["backup", "copy.db"]);
        assert_refused(
            &refused,
            "copy.db is there already, and stays as it is\nhint: choose another file, or use --force",
        );
        assert_eq!(std::fs::read_to_string(folder.join("copy.db")).unwrap(), "somebody's");
        std::os::unix::fs::symlink("nowhere", folder.join("link.db")).unwrap();
        assert_refused(&call_on(&db, &["backup", "link.db"]), "link.db is there already");
        assert_eq!(call_on(&db, &["backup", "--force", "copy.db"]).code, 0);
        assert!(memos(&folder.join("copy.db"), "orders").is_empty());

        for own in ["test.db", "./test.db"] {
            assert_refused(&call_on(&db, &["backup", "--force", own]), &format!("{own} is the database itself"));
            assert_refused(&call_on(&db, &["restore", own]), &format!("{own} is the database itself"));
        }
        for own in ["test.db-wal", "test.db-journal", "./test.db-shm"] {
            assert_refused(&call_on(&db, &["backup", "--force", own]), &format!("{own} is the name of a file of the"));
        }
        // What is no file would be gone.
        assert!(std::process::Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
        assert_refused(&call_on(&db, &["backup", "--force", "pipe"]), "pipe is no file that a copy could replace");
        std::fs::remove_file(folder.join("pipe")).unwrap();
        // SQLite would put a log that lies beside a copy into it.
        std::fs::write(folder.join("new.db-wal"), "a log").unwrap();
        assert_refused(&call_on(&db, &["backup", "new.db"]), "new.db-wal is there: it belongs to another database");
        assert_refused(&call_on(&db, &["backup", "nosuch/new.db"]), "there is no folder nosuch");
        assert_eq!(names(folder), ["copy.db", "link.db", "new.db-wal", "test.db"]);
    });
}

/// A database with something wrong in its middle, which only whoever looks at it finds.
fn damaged(file: &Path) {
    let connection = Connection::open(file).unwrap();
    let sql = "CREATE TABLE notes (id INTEGER PRIMARY KEY, memo TEXT);
               WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
               INSERT INTO notes SELECT i, hex(randomblob(100)) FROM n; CREATE INDEX by_memo ON notes (memo);";
    connection.execute_batch(sql).unwrap();
    drop(connection);
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 64].fill(0x55);
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn what_is_no_whole_database_is_refused() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let folder = db.folder.path();
        let server = Server::start(&db);
        server.post("/rest/v1/orders", &order("mine").to_string(), 201);
        assert!(server.stop().success());
        std::fs::write(folder.join("text.db"), "not a database, but a text that is long enough".repeat(20)).unwrap();
        std::fs::write(folder.join("empty.db"), "").unwrap();
        damaged(&folder.join("damaged.db"));
        let whole = std::fs::read(folder.join("test.db")).unwrap();
        std::fs::write(folder.join("cut.db"), &whole[..whole.len() / 2]).unwrap();
        let before = names(folder);
        for (file, told) in [
            ("missing.db", "there is no file missing.db"),
            (".", "there is no file ."),
            ("text.db", "text.db is no database of SQLite"),
            ("empty.db", "empty.db is no database of SQLite"),
            ("damaged.db", "damaged.db is damaged: "),
            ("cut.db", "cut.db is damaged: "),
        ] {
            assert_refused(&call_on(&db, &["restore", file]), told);
        }
        for file in ["text.db", "damaged.db", "cut.db"] {
            let copied = call(folder, &["backup", "copy.db", "--database-url", &format!("sqlite:{file}")]);
            assert_refused(&copied, &format!("{file} is "));
        }
        let missing = call(folder, &["backup", "copy.db", "--database-url", "sqlite:missing.db"]);
        assert_refused(&missing, "there is no file missing.db");
        assert_eq!(names(folder), before);
        assert!(std::fs::read(folder.join("test.db")).unwrap() == whole);

        // A database that is lost is what copies are for: it stays beside the one that takes its place.
        assert_eq!(call_on(&db, &["backup", "copy.db"]).code, 0);
        for file in ["text.db", "damaged.db"] {
            std::fs::write(folder.join(format!("{file}-wal")), "what is left of a log").unwrap();
            let lost = std::fs::read(folder.join(file)).unwrap();
            let restored = call(folder, &["restore", "copy.db", "--json", "--database-url", &format!("sqlite:{file}")]);
            assert_eq!(restored.code, 0, "{}", restored.err);
            let kept: Value = serde_json::from_str(&restored.out).unwrap();
            let kept = PathBuf::from(kept["kept"].as_str().unwrap());
            assert_eq!(memos(&folder.join(file), "orders"), ["mine"]);
            if file == "text.db" {
                assert!(std::fs::read(&kept).unwrap() == lost);
                let log = std::fs::read_to_string(format!("{}-wal", kept.display())).unwrap();
                assert_eq!(log, "what is left of a log");
            }
        }
    });
}

#[test]
fn a_full_disk_leaves_nothing() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let folder = db.folder.path();
        assert_eq!(call_on(&db, &["seed", "--orders", "3000"]).code, 0);
        assert_eq!(call_on(&db, &["backup", "whole.db"]).code, 0);
        let before = names(folder);
        let stored = std::fs::read(folder.join("test.db")).unwrap();
        for arguments in ["backup copy.db", "restore whole.db"] {
            // No file may become larger than 64 KiB, which fails as a disk that is full does.
            let script = format!("trap '' XFSZ; ulimit -f 64; exec \"$0\" {arguments} --database-url \"$1\"");
            let mut shell = std::process::Command::new("bash");
            shell.args(["-c", &script]).arg(program(folder).get_program()).arg(db.url.expose()).current_dir(folder);
            let failed = done(&mut shell);
            assert_eq!(failed.code, 1, "{arguments}");
            assert!(failed.err.starts_with("error: ") && failed.err.contains(": disk I/O error"), "{}", failed.err);
            assert_eq!(names(folder), before, "{arguments}");
        }
        assert!(std::fs::read(folder.join("test.db")).unwrap() == stored);
    });
}

#[test]
fn what_is_interrupted_leaves_nothing() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let folder = db.folder.path();
        let sql = "CREATE TABLE notes (id INTEGER PRIMARY KEY, memo TEXT);
                   WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
                   INSERT INTO notes SELECT i, hex(zeroblob(400)) FROM n;";
        for file in ["test.db", "whole.db"] {
            Connection::open(folder.join(file)).unwrap().execute_batch(sql).unwrap();
        }
        let before = names(folder);
        for arguments in [["backup", "copy.db"], ["restore", "whole.db"]] {
            let mut command = program(folder);
            command.args(arguments).args(["--database-url", &db.url.expose()]);
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            while names(folder).len() == before.len() {
                std::thread::sleep(Duration::from_millis(1));
            }
            let told = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
            assert!(told.success());
            let ended = child.wait_with_output().unwrap();
            assert_eq!(ended.status.code(), Some(1), "{arguments:?}");
            let said = String::from_utf8(ended.stderr).unwrap();
            assert!(said.starts_with("stopping and removing the partial copy; Ctrl-C again"), "{said}");
            assert!(said.contains("\nerror: it was stopped\nhint: "), "{said}");
            assert_eq!(names(folder), before);
        }
    });
}

#[test]
fn a_restore_that_is_killed_leaves_the_old_or_the_new_one() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let folder = db.folder.path();
        let fill = |file: &str, memo: &str| {
            let connection = Connection::open(folder.join(file)).unwrap();
            let sql = format!(
                "PRAGMA journal_mode = WAL; CREATE TABLE notes (id INTEGER PRIMARY KEY, memo TEXT);
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
                 INSERT INTO notes SELECT i, '{memo}' || hex(zeroblob(250)) FROM n;"
            );
            connection.execute_batch(&sql).unwrap();
        };
        fill("test.db", "old");
        fill("copy.db", "new");
        fill("again.db", "old");
        let begun = Instant::now();
        assert_eq!(call_on(&db, &["restore", "again.db"]).code, 0);
        let once = begun.elapsed();
        let (mut old, mut new) = (0, 0);
        for kill in 0..12 {
            let mut child = program(folder);
            child.args(["restore", "copy.db", "--database-url", &db.url.expose()]);
            let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(once * (kill + 1) / 10);
            child.kill().unwrap();
            child.wait().unwrap();
            let stored = memos(&folder.join("test.db"), "notes");
            assert_eq!(stored.len(), 30_000);
            match &stored[0][..3] {
                "old" => old += 1,
                _ => {
                    new += 1;
                    assert_eq!(call_on(&db, &["restore", "again.db"]).code, 0);
                }
            }
        }
        println!("{once:?}: killed {old} times before it was done, {new} times after");
        assert!(old > 0, "it was never killed in the middle");
    });
}

#[test]
fn postgres_is_copied_by_its_own_tools() {
    run(Dialect::Postgres, async |db: TestDb| {
        let folder = db.folder.path();
        let url = "postgresql://ada:se%20cret@db.example:6543/my%20wallet";
        for (command, told) in [
            (
                "backup",
                "a PostgreSQL database is backed up with PostgreSQL's own tools: run pg_dump --format=custom \
                 --host=db.example --port=6543 --username=ada --file=copy.dump 'my wallet'",
            ),
            (
                "restore",
                "a PostgreSQL database is restored with PostgreSQL's own tools: run pg_restore --clean --if-exists \
                 --single-transaction --host=db.example --port=6543 --username=ada --dbname='my wallet' copy.dump",
            ),
        ] {
            let refused = call(folder, &[command, "copy.dump", "--database-url", url]);
            assert_refused(&refused, &format!("{told}\nhint: "));
            assert!(refused.err.contains("base backups") && !refused.err.contains("cret"), "{}", refused.err);
        }
        let told = "a PostgreSQL database is backed up with PostgreSQL's own tools";
        assert_refused(&call_on(&db, &["backup", "copy.dump"]), told);
        assert!(names(folder).is_empty());
    });
}
