//! How commands are called: help, settings, refusals.

use std::process::Command;

use mwallet_testkit::{TestDb, both_engines};
use serde_json::Value;

use crate::support::{Server, call, call_on, done, program, program_at};

#[both_engines]
async fn tables_are_created_and_dropped(db: TestDb) {
    let created = call_on(&db, &["schema", "create"]);
    assert_eq!(created.code, 0, "{}", created.err);
    let count = mwallet_models::all_tables().len();
    assert!(created.out.ends_with(&format!("has all {count} tables\n")), "{}", created.out);
    assert_eq!(call_on(&db, &["schema", "create", "--quiet"]).out, "");

    let refused = call_on(&db, &["schema", "drop"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("pass --yes"), "{}", refused.err);
    assert!(call_on(&db, &["schema", "create"]).out.contains("has all"));

    let dropped = call_on(&db, &["schema", "drop", "--yes", "--json"]);
    let said: Value = serde_json::from_str(&dropped.out).unwrap();
    assert_eq!(said["dropped"].as_array().unwrap().len(), count);
    // What is gone is set up again by whoever serves.
    let server = Server::start(&db);
    assert_eq!(server.get("/rest/v1/orders"), "[]");
    assert!(server.stop().success());
}

#[both_engines]
async fn statements_are_logged_when_asked(db: TestDb) {
    assert_eq!(call_on(&db, &["schema", "create"]).err, "");
    let echoed = call_on(&db, &["schema", "drop", "--yes", "--echo"]);
    assert!(echoed.err.contains("DROP TABLE"), "{}", echoed.err);
}

#[both_engines]
async fn what_fails_behind_a_request_is_logged_and_not_answered(db: TestDb) {
    let server = Server::start(&db);
    // Somebody drops a table while it is served.
    assert_eq!(call_on(&db, &["schema", "drop", "--yes"]).code, 0);
    let answer = server.get_as("/rest/v1/orders", 500);
    assert!(!answer.contains("no such table") && !answer.contains("does not exist"), "{answer}");
    let (_, log) = server.stop_and_read_log();
    assert!(log.contains("ERROR") && (log.contains("no such table") || log.contains("does not exist")), "{log}");
}

#[both_engines]
async fn settings_come_from_the_environment_and_files(db: TestDb) {
    let url = db.url.expose();
    let folder = db.folder.path();
    let in_environment = done(program(folder).args(["schema", "create"]).env("MWALLET_DATABASE_URL", &url));
    assert_eq!(in_environment.code, 0, "{}", in_environment.err);
    assert!(in_environment.out.contains(&db.url.to_string()));

    std::fs::write(folder.join("mwallet.toml"), format!("[database]\nurl = \"{url}\"\n")).unwrap();
    assert!(call(folder, &["schema", "create"]).out.contains(&db.url.to_string()));
    std::fs::write(folder.join(".env"), "MWALLET_DATABASE_URL=sqlite:from-env.db\n").unwrap();
    assert!(call(folder, &["schema", "create"]).out.starts_with("sqlite:from-env.db has"));
    let option = call(folder, &["--database-url", "sqlite:from-option.db", "schema", "create"]);
    assert!(option.out.starts_with("sqlite:from-option.db has"));
}

fn nothing_there() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn serving_without_login_stays_on_this_machine() {
    let folder = nothing_there();
    for address in ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080"] {
        let wide = call(folder.path(), &["serve", "--open", "--listen", address]);
        assert_eq!(wide.code, 2);
        assert!(wide.err.contains("must not listen on"), "{}", wide.err);
    }
    let name = call(folder.path(), &["serve", "--open", "--listen", "example"]);
    assert_eq!(name.code, 2);
    assert!(name.err.contains("such as 127.0.0.1:8080"), "{}", name.err);
    // The system reads it as a name of 0.0.0.0.
    let wide = call(folder.path(), &["serve", "--open", "--listen", "0:8080", "--json"]);
    assert_eq!(wide.code, 2, "{}", wide.err);
    assert!(wide.err.contains("must not listen on 0:8080 (0.0.0.0), which other machines can reach"), "{}", wide.err);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn times_and_plans_are_switched_on_by_options_and_variables() {
    mwallet_testkit::run(mwallet_testkit::Dialect::Sqlite, async |db: TestDb| {
        let names = ["--server-timing", "--plans"];
        let variables = ["MWALLET_SERVER_TIMING", "MWALLET_PLANS"];
        for (is_on, arguments, values) in
            [(false, &[][..], &[][..]), (true, &names[..], &[][..]), (true, &[], &variables[..])]
        {
            let mut program = program(db.folder.path());
            program.args(["serve", "--open", "--database-url", &db.url.expose()]).args(arguments);
            program.envs(values.iter().map(|name| (name, "true")));
            let server = Server::listening(program);
            let ask =
                |accept: &str| server.ask(&format!("GET /rest/v1/orders HTTP/1.0\r\nAccept: {accept}"), "").unwrap();
            assert_eq!(
                ask("*/*").to_lowercase().contains("\r\nserver-timing: parse;dur="),
                is_on,
                "{arguments:?} {values:?}"
            );
            let plan = ask("application/vnd.pgrst.plan+text");
            assert_eq!(plan.ends_with("\r\n\r\nQUERY PLAN\n`--SCAN orders"), is_on, "{plan}");
        }
    });
}

#[test]
fn a_server_listens_at_every_address_of_a_name() {
    mwallet_testkit::run(mwallet_testkit::Dialect::Sqlite, async |db: TestDb| {
        let mut program = program(db.folder.path());
        program.args(["serve", "--open", "--database-url", &db.url.expose()]);
        let server = Server::listening_at(program, "localhost:0");
        let port: u16 = server.url.strip_prefix("http://localhost:").unwrap().parse().unwrap();
        let has_both = std::net::TcpListener::bind("[::1]:0").is_ok();
        let hosts = if has_both { &["127.0.0.1", "[::1]"][..] } else { &["127.0.0.1"] };
        let addresses: Vec<String> = hosts.iter().map(|host| format!("{host}:{port}")).collect();
        assert_eq!(server.addresses, addresses);
        for address in addresses {
            assert_eq!(Server::get_at(&address, &format!("localhost:{port}"), "/rest/v1/orders"), "[]");
        }
    });
    let folder = nothing_there();
    // No server of names is asked about one that is too long for any.
    let unknown = format!("{}.example:8080", "x".repeat(70));
    let unknown = call(folder.path(), &["serve", "--open", "--listen", &unknown]);
    assert_eq!(unknown.code, 1);
    assert!(
        unknown.err.contains("cannot resolve the host name") && unknown.err.contains("hint: check the name"),
        "{}",
        unknown.err
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let name = format!("localhost:{}", taken.local_addr().unwrap().port());
    let refused = call(folder.path(), &["serve", "--open", "--listen", &name, "--json"]);
    assert_eq!(last_line(&refused)["code"], "address_in_use", "{}", refused.err);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let folder = nothing_there();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = call(folder.path(), &["serve", "--open", "--listen", &address]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains(&format!("another program already listens on {address}")), "{}", refused.err);
}

#[test]
fn the_schema_is_shown_without_a_database() {
    let folder = nothing_there();
    let nowhere = ["--database-url", "postgresql://me@127.0.0.1:1/nothing"];
    let shown = call(folder.path(), &[&nowhere[..], &["schema", "show"]].concat());
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(shown.out.contains("CREATE TABLE \"transactions\"") && shown.out.contains("timestamptz"), "{}", shown.out);
    let sqlite = call(folder.path(), &["schema", "show"]);
    assert!(sqlite.out.contains("CREATE TABLE \"transactions\"") && !sqlite.out.contains("timestamptz"));
    assert_eq!(call(folder.path(), &["schema", "show", "--dialect", "postgres"]).out, shown.out);
    let json = call(folder.path(), &["schema", "show", "--dialect", "sqlite", "--json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert!(json["statements"].as_array().unwrap().len() >= mwallet_models::all_tables().len());
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn what_is_wrong_is_said_in_one_line_without_passwords() {
    let folder = nothing_there();
    for (arguments, code, part) in [
        (&["schema", "create", "--database-url", "mysql://me:secret@h/d"][..], 1, "begins with postgresql://"),
        (&["schema", "create", "--database-url", "postgresql://me:secret@127.0.0.1:1/d"], 1, "cannot be reached"),
        (&["schema", "create", "--config", "other.toml"], 1, "there is no file other.toml"),
        (&["schema", "created"], 2, "unrecognized subcommand"),
    ] {
        let failed = call(folder.path(), arguments);
        assert_eq!(failed.code, code, "{}", failed.err);
        assert!(failed.err.starts_with("error: ") && failed.err.contains(part), "{}", failed.err);
        assert!(!failed.err.contains("secret"), "{}", failed.err);
    }
    let broken = done(program(folder.path()).args(["schema", "show"]).env("RUST_LOG", "mwallet=loud"));
    assert_eq!(broken.code, 1);
    assert!(broken.err.starts_with("error: cannot parse RUST_LOG"), "{}", broken.err);
}

#[test]
fn settings_that_nobody_would_heed_are_refused() {
    let folder = nothing_there();
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
    let refused = |mut command: std::process::Command, told: &str| {
        let done = done(&mut command);
        assert_eq!(done.code, 1, "{told}");
        assert!(done.err.starts_with(&format!("error: {told}")), "{told}: {}", done.err);
    };
    let create = || {
        let mut command = program(folder.path());
        command.args(["schema", "create"]);
        command
    };
    let in_file = |text: &str, told: &str| {
        write("mwallet.toml", text);
        refused(create(), told);
        let mut named = create();
        write("other.toml", text);
        named.args(["--config", "other.toml"]);
        refused(named, &told.replace("mwallet.toml", "other.toml"));
        std::fs::remove_file(folder.path().join("mwallet.toml")).unwrap();
    };
    in_file(
        "[databse]\nurl = \"sqlite:other.db\"\n",
        "mwallet.toml, line 1: there is no section [databse]; did you mean [database]?",
    );
    in_file(
        "[database]\nurl = \"sqlite:other.db\"\n\nmax_rows = 5\n",
        "mwallet.toml, line 4: there is no setting max_rows in [database]; the settings are url, host, ",
    );
    in_file(
        "[database]\nurl = \"sqlite:other.db\"\nuser = \"me\"\n",
        "mwallet.toml, line 3: user conflicts with url: name the database by its URL or by its parts, not by both",
    );
    for (name, told) in [
        (
            "MWALLET_DATABASE_URI",
            "the environment or .env: there is no setting MWALLET_DATABASE_URI; did you mean MWALLET_DATABASE_URL?",
        ),
        (
            "MWALLET_DATABSE_URL",
            "the environment or .env: there is no setting MWALLET_DATABSE_URL; did you mean MWALLET_DATABASE_URL?",
        ),
        (
            "MWALLET_READ_ONLY",
            "the environment or .env: there is no setting MWALLET_READ_ONLY\nhint: pass the option --read-only",
        ),
        ("MWALLET_LISTNE", "the environment or .env: there is no setting MWALLET_LISTNE; did you mean MWALLET_LISTEN?"),
    ] {
        let mut command = create();
        command.env(name, "sqlite:other.db");
        refused(command, told);
        write(".env", &format!("{name}=sqlite:other.db\n"));
        refused(create(), told);
        std::fs::remove_file(folder.path().join(".env")).unwrap();
    }
    let mut both = create();
    both.env("MWALLET_DATABASE_URL", "sqlite:other.db").env("MWALLET_DATABASE_HOST", "db.example");
    refused(both, "MWALLET_DATABASE_HOST conflicts with MWALLET_DATABASE_URL: name the database by its URL");
    std::fs::remove_file(folder.path().join("other.toml")).unwrap();
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "a database was made");

    // What stands elsewhere is another rank, which a URL goes before.
    write("mwallet.toml", "[database]\nhost = \"db.example\"\nuser = \"me\"\n");
    let mut above = create();
    above
        .env("MWALLET_DATABASE_URL", "sqlite:other.db")
        .env("MWALLET_DATABASE_PASSWORD", "p")
        .env("MWALLET_PORT", "tcp://[::]:1");
    let above = done(&mut above);
    assert!(above.out.starts_with("sqlite:other.db has all"), "{}", above.err);
}

#[test]
fn what_is_no_database_of_sqlite_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("text.db"), "This is a text, and no database.").unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("log.socket")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    rusqlite::Connection::open(folder.path().join("damaged.db"))
        .unwrap()
        .execute_batch("CREATE TABLE a (n INTEGER)")
        .unwrap();
    let mut bytes = std::fs::read(folder.path().join("damaged.db")).unwrap();
    // The first page of the schema, after the head of the file.
    bytes[100..200].fill(0xff);
    std::fs::write(folder.path().join("damaged.db"), bytes).unwrap();
    for (database, told, hint) in [
        ("text.db", "text.db is not a SQLite database, or is damaged\n", "check the name"),
        ("damaged.db", "damaged.db is damaged\n", "`mwallet restore`"),
        ("nosuch.db", "there is no file nosuch.db", "check the name"),
        ("nosuch/new.db", "there is no file nosuch/new.db", "check the name"),
        ("folder", "folder is a folder, where the file of a database is expected\n", "name a file in it"),
        (
            "pipe",
            "pipe is a pipe (FIFO), where the file of a database is expected\n",
            "copy its content to a regular file",
        ),
        (
            "/dev/null",
            "/dev/null is a device, where the file of a database is expected\n",
            "copy its content to a regular file",
        ),
        ("log.socket", "log.socket is a socket, where", "copy its content to a regular file"),
        ("text.db?mode=rwc", "the parameter mode is not known: sqlite:FILE has none", "such as sqlite:mwallet.db"),
    ] {
        for command in [
            &["inspect"][..],
            &["generate", "sql"],
            &["migrate", "status"],
            &["serve", "--open", "--reflect", "--listen", "127.0.0.1:0"],
        ] {
            let done =
                done(program(folder.path()).args(command).args(["--database-url", &format!("sqlite:{database}")]));
            let said = format!("error: {told}");
            assert!(
                done.code == 1 && done.err.starts_with(&said) && done.err.contains(hint),
                "{command:?}: {}",
                done.err
            );
            assert!(!done.err.contains("server is running"), "{}", done.err);
        }
    }
    let nowhere = done(program(folder.path()).args(["schema", "create", "--database-url", "sqlite:nosuch/new.db"]));
    assert!(nowhere.err.starts_with("error: nosuch/new.db cannot be opened\nhint: "), "{}", nowhere.err);
}

#[test]
fn a_page_that_is_damaged_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.execute_batch("CREATE TABLE a (n INTEGER); INSERT INTO a VALUES (1)").unwrap();
    drop(connection);
    let mut bytes = std::fs::read(&file).unwrap();
    // The second page is that of the rows.
    bytes[4_096..].fill(0xff);
    std::fs::write(&file, bytes).unwrap();
    let inspected = call(folder.path(), &["inspect", "--database-url", "sqlite:page.db"]);
    assert_eq!(inspected.code, 1);
    let said = "error: the database is damaged: database disk image is malformed";
    assert!(inspected.err.starts_with(said) && inspected.err.contains("\nhint: restore a backup"), "{}", inspected.err);
    let inspected = call(folder.path(), &["inspect", "--json", "--database-url", "sqlite:page.db"]);
    assert_eq!(last_line(&inspected)["code"], "database_damaged");
}

#[test]
fn a_log_in_a_folder_where_nothing_can_be_written_is_named_as_the_reason() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;

    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let connection = rusqlite::Connection::open(inner.join("log.db")).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE a (n INTEGER)").unwrap();
    std::fs::copy(inner.join("log.db"), inner.join("copy.db")).unwrap();
    std::fs::copy(inner.join("log.db-wal"), inner.join("copy.db-wal")).unwrap();
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(folder.path(), 0o755);
    mode(&inner, 0o555);
    // Root may write everywhere, and others may not reach the program where it is.
    let reachable = folder.path().join("mwallet");
    // Another process copies it: a program that this one has open for writing, or a child that another test has just
    // started, cannot be run.
    let copied = Command::new("cp").args([env!("CARGO_BIN_EXE_mwallet").as_ref(), reachable.as_os_str()]).status();
    assert!(copied.unwrap().success());
    let mut inspect = program_at(&reachable, folder.path());
    if folder.path().metadata().unwrap().uid() == 0 {
        inspect.uid(65_534);
    }
    let done = done(inspect.args(["inspect", "--database-url", "sqlite:inner/copy.db"]));
    let told = "error: inner/copy.db has a log (WAL), and nothing can be written beside it\n\
                hint: let this user write to its folder";
    assert!(done.err.starts_with(told) && done.err.contains("-wal"), "{}", done.err);
    mode(&inner, 0o755);
}

#[test]
fn help_teaches() {
    let folder = nothing_there();
    for command in [
        &["--help"][..],
        &["serve", "--help"],
        &["import", "block", "--help"],
        &["seed", "--help"],
        &["schema", "--help"],
        &["key", "--help"],
    ] {
        let mut program = program(folder.path());
        let help = done(program.args(command).env("MWALLET_DATABASE_URL", "postgresql://me:hush-hush@h/d"));
        assert_eq!(help.code, 0);
        assert!(help.out.contains("Examples:\n  ") && help.out.contains("\n  mwallet "), "{}", help.out);
        assert!(!help.out.contains("hush-hush"));
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(call(folder.path(), &["completions", shell]).out.contains("mwallet"));
    }
}

#[test]
fn help_is_as_wide_as_the_terminal() {
    let folder = nothing_there();
    let longest = |columns: &str| {
        let help = done(program(folder.path()).args(["serve", "-h"]).env("COLUMNS", columns));
        help.out.lines().map(|line| line.chars().count()).max().unwrap()
    };
    assert!(longest("80") <= 80);
    assert!((101..=150).contains(&longest("150")), "{}", longest("150"));
}

/// What is said last on the standard error, as JSON.
fn last_line(done: &crate::support::Done) -> Value {
    let line = done.err.lines().last().unwrap_or_else(|| panic!("nothing was said; {}", done.out));
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {}", done.err))
}

#[test]
fn errors_are_json_where_that_is_asked_for() {
    let folder = nothing_there();
    std::fs::write(folder.path().join("text.db"), "This is a text, and no database.").unwrap();
    std::fs::write(folder.path().join("short"), "a short secret\n").unwrap();
    let unreachable = ["schema", "create", "--database-url", "postgresql://me:secret@127.0.0.1:1/d"];
    for (arguments, exit, code, part) in [
        (&unreachable[..], 1, "database_unavailable", "the database cannot be reached"),
        (
            &["inspect", "--database-url", "sqlite:text.db"],
            1,
            "database_not_opened",
            "text.db is not a SQLite database",
        ),
        (&["inspect"], 1, "no_file", "there is no file mwallet.db"),
        (&["inspect", "--database-url", "mysql://h/d"], 1, "invalid_url", "postgresql://"),
        (&["schema", "create", "--config", "other.toml"], 1, "no_file", "there is no file other.toml"),
        (&["migrate", "sql", "--to", "5"], 1, "migration_no_version", "5"),
        (&["migrate", "lint", "--folder", "nowhere"], 1, "failed", "nowhere"),
        (&["backup", "copy.db"], 1, "no_file", "mwallet.db"),
        (&["import", "block", "block.json", "--network", "bitcoin"], 1, "failed", "cannot read block.json"),
        (&["serve", "--permissions", "no.yml"], 1, "failed", "cannot read no.yml"),
        (&["serve", "--permissions", "text.db"], 1, "invalid_permissions", "text.db: line 1"),
        (&["serve", "--open", "--permissions", "no.yml"], 2, "usage", "cannot be used with"),
        (&["serve", "--jwt-secret-file", "short"], 1, "failed", "short: it has 14 bytes"),
        (&["key", "list"], 1, "no_file", "there is no file mwallet.db"),
        (&["schema", "created"], 2, "usage", "unrecognized subcommand 'created'"),
        (&["serve", "--opened"], 2, "usage", "unexpected argument '--opened' found"),
        (&["schema"], 2, "usage", "requires a subcommand"),
    ] {
        let text = call(folder.path(), arguments);
        let failed = call(folder.path(), &[arguments, &["--json"]].concat());
        assert_eq!((failed.code, text.code), (exit, exit), "{}", failed.err);
        assert_eq!(failed.out, "");
        assert_eq!(failed.err.lines().count(), 1, "{}", failed.err);
        let error = last_line(&failed);
        let keys: Vec<&String> = error.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["code", "message", "hint", "causes"], "{error}");
        assert_eq!(error["code"], code, "{error}");
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let error = last_line(&call(folder.path(), &[&unreachable[..], &["--json"]].concat()));
    assert!(error["causes"][1].as_str().unwrap().contains("refused"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("that the server is running"), "{error}");
    // What stands behind `--` is no option.
    let name = call(folder.path(), &["backup", "--", "--json"]);
    assert!(name.err.starts_with("error: there is no "), "{}", name.err);
    // Help is none of it.
    assert!(call(folder.path(), &["--json", "--help"]).out.contains("Usage: mwallet"));
}

#[test]
fn what_a_command_found_is_on_one_stream_and_that_it_failed_on_the_other() {
    mwallet_testkit::run(mwallet_testkit::Dialect::Sqlite, async |db: TestDb| {
        let path = db.folder.path().join("test.db");
        assert_eq!(call_on(&db, &["schema", "create"]).code, 0);
        rusqlite::Connection::open(path).unwrap().execute_batch("ALTER TABLE orders ADD COLUMN extra TEXT").unwrap();
        let differs = call_on(&db, &["migrate", "check", "--json"]);
        let said: Value = serde_json::from_str(&differs.out).unwrap();
        assert_eq!((&said["is_same"], differs.code), (&Value::Bool(false), 1));
        assert_eq!(last_line(&differs)["code"], "database_different");
    });
}

#[cfg(unix)]
#[test]
fn it_is_no_failure_that_nobody_reads_what_is_said() {
    use std::process::Stdio;

    let folder = nothing_there();
    for (arguments, code) in [
        (&["inspect"][..], 1),
        (&["inspect", "--json"], 1),
        (&["serve", "--permissions", "no.yml"], 1),
        (&["serve", "--opened"], 2),
        (&["serve", "--opened", "--json"], 2),
        (&["migrate", "new", "first", "--folder", "made"], 0),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = program(folder.path());
        command.args(arguments).stdout(Stdio::null()).stderr(writer);
        assert_eq!(command.status().unwrap().code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn what_only_reads_leaves_no_files_behind() {
    let folder = tempfile::tempdir().unwrap();
    let files = || {
        let names = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<Vec<_>>()
    };
    assert_eq!(call(folder.path(), &["migrate", "up"]).code, 0);
    assert_eq!(files(), ["mwallet.db"]);
    let before = std::fs::read(folder.path().join("mwallet.db")).unwrap();
    // What is closed too late is left now and then only.
    for _ in 0..5 {
        for arguments in [
            &["migrate", "status"][..],
            &["migrate", "check"],
            &["inspect"],
            &["generate", "typescript"],
            &["migrate", "up", "--to", "7"],
            &["migrate", "down", "--to", "7"],
        ] {
            call(folder.path(), arguments);
            assert_eq!(files(), ["mwallet.db"], "{arguments:?}");
        }
    }
    assert_eq!(std::fs::read(folder.path().join("mwallet.db")).unwrap(), before);
}
