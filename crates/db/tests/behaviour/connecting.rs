//! Tests how an engine connects and what happens if it cannot: passwords, TLS, the pool.
//!
//! The server of `cargo xtask test` requires a password for `mwallet_locked` and TLS for `mwallet_tls_only`. Its
//! certificate is for `localhost` and no IP address.

use std::error::Error as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use mwallet_db::schema::{Column, ColumnType, Table, Value};
use mwallet_db::{
    DatabaseUrl, Dialect, Engine, EngineOptions, Error, Host, PostgresUrl, Query, Result, Sql, SqliteUrl, SslMode, crud,
};
use mwallet_testkit::{TestDb, both_engines, connect, run};

const PASSWORD: &str = "p@ss:w/rd-#%";
const LOCKED: &str = "mwallet_locked";
const TLS_ONLY: &str = "mwallet_tls_only";

/// Returns a path about the test server, which `cargo xtask test` sets.
fn told(name: &str) -> PathBuf {
    std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set: run the tests with `cargo xtask test`")).into()
}

fn authority() -> Option<PathBuf> {
    Some(told("MWALLET_TEST_POSTGRES_CA"))
}

fn parts(db: &TestDb) -> PostgresUrl {
    match &db.url {
        DatabaseUrl::Postgres(url) => url.clone(),
        DatabaseUrl::Sqlite(_) => panic!("{} is not of PostgreSQL", db.url),
    }
}

fn socket() -> Host {
    Host::Socket(told("MWALLET_TEST_POSTGRES_SOCKET"))
}

fn engine(url: &PostgresUrl) -> Engine {
    with_options(url, EngineOptions::default())
}

fn with_options(url: &PostgresUrl, options: EngineOptions) -> Engine {
    Engine::with(&DatabaseUrl::Postgres(url.clone()), options).unwrap()
}

/// Creates the restricted roles. They are global to the server, so another test may have created them.
async fn make_roles(db: &TestDb) {
    let client = connect(&db.url).await;
    for role in [format!("{LOCKED} LOGIN PASSWORD '{PASSWORD}'"), format!("{TLS_ONLY} LOGIN")] {
        let sql = format!(
            "SET password_encryption = 'scram-sha-256'; DO $$ BEGIN CREATE ROLE {role}; \
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        client.batch_execute(&sql).await.unwrap();
    }
}

/// Runs a query that returns one value.
async fn ask(engine: &Engine, sql: &'static str, kind: ColumnType) -> Result<Value> {
    let mut session = engine.sessions().read_only().begin().await?;
    let rows = session.run(Sql::new(sql).returns("answer", kind)).await?;
    Ok(rows.into_iter().next().unwrap().into_values().remove(0))
}

async fn user(engine: &Engine) -> Result<Value> {
    ask(engine, "SELECT current_user::text", ColumnType::Text { max: None }).await
}

async fn is_encrypted(engine: &Engine) -> Result<Value> {
    ask(engine, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", ColumnType::Boolean).await
}

/// Formats the error with all of its causes, as in a log.
fn whole(error: &Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[test]
fn a_password_of_special_characters_works() {
    run(Dialect::Postgres, async |db: TestDb| {
        make_roles(&db).await;
        let tcp = parts(&db);
        for (host, text) in [
            (tcp.host.clone(), "127.0.0.1".to_owned()),
            (socket(), told("MWALLET_TEST_POSTGRES_SOCKET").display().to_string()),
        ] {
            let url = PostgresUrl::new(LOCKED, Some(PASSWORD), &text, &tcp.database).port(tcp.port);
            assert_eq!(url.host, host);
            assert_eq!(user(&engine(&url)).await.unwrap(), Value::from(LOCKED), "from parts, by {text}");

            let written = DatabaseUrl::Postgres(url.clone()).expose();
            assert!(written.contains("mwallet_locked:p%40ss%3Aw%2Frd-%23%25@"), "{written}");
            let read = Engine::new(&written.parse().unwrap()).unwrap();
            assert_eq!(user(&read).await.unwrap(), Value::from(LOCKED), "from a URL, by {text}");

            // With TLS, authentication is bound to the certificate (channel binding). A socket never uses TLS.
            let strict = PostgresUrl { ssl_mode: SslMode::Require, ..url };
            assert_eq!(user(&engine(&strict)).await.unwrap(), Value::from(LOCKED), "encrypted, by {text}");
        }
    });
}

#[test]
fn a_wrong_password_is_refused_and_not_shown() {
    run(Dialect::Postgres, async |db: TestDb| {
        make_roles(&db).await;
        for host in [parts(&db).host, socket()] {
            for password in [Some("guessed-wrong".to_owned()), None] {
                let url = PostgresUrl { user: LOCKED.into(), password, host: host.clone(), ..parts(&db) };
                let refused = engine(&url);
                let error = refused.ping().await.unwrap_err();
                assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
                let reason = if url.password.is_some() { "password authentication failed" } else { "password missing" };
                assert!(whole(&error).contains(reason), "{}", whole(&error));
                for printed in [whole(&error), format!("{error:?}"), format!("{refused:?} {refused}")] {
                    assert!(!printed.contains("guessed-wrong"), "{printed}");
                }
            }
        }
    });
}

/// The expected result of connecting.
#[derive(Debug)]
enum Outcome {
    Plain,
    Encrypted,
    /// Rejected, with an error that contains this text.
    Refused(&'static str),
}

#[test]
fn connections_are_as_strict_as_sslmode_says() {
    use Outcome::{Encrypted, Plain, Refused};
    run(Dialect::Postgres, async |db: TestDb| {
        make_roles(&db).await;
        let (right, wrong) = (authority(), Some(told("MWALLET_TEST_POSTGRES_OTHER_CA")));
        let (address, name) = ("127.0.0.1", "localhost");
        for (user, host, mode, authority, outcome) in [
            ("postgres", address, SslMode::Disable, &None, Plain),
            ("postgres", address, SslMode::Prefer, &None, Encrypted),
            ("postgres", address, SslMode::Require, &None, Encrypted),
            ("postgres", address, SslMode::VerifyCa, &right, Encrypted),
            ("postgres", name, SslMode::VerifyCa, &right, Encrypted),
            ("postgres", name, SslMode::VerifyFull, &right, Encrypted),
            ("postgres", address, SslMode::VerifyFull, &right, Refused("not valid for name \"127.0.0.1\"")),
            ("postgres", address, SslMode::VerifyCa, &wrong, Refused("UnknownIssuer")),
            ("postgres", name, SslMode::VerifyFull, &wrong, Refused("UnknownIssuer")),
            // A root certificate makes `require` verify the chain.
            ("postgres", address, SslMode::Require, &right, Encrypted),
            ("postgres", address, SslMode::Require, &wrong, Refused("UnknownIssuer")),
            (TLS_ONLY, address, SslMode::Disable, &None, Refused("pg_hba.conf rejects connection")),
            (TLS_ONLY, address, SslMode::Prefer, &None, Encrypted),
            (TLS_ONLY, name, SslMode::VerifyFull, &right, Encrypted),
        ] {
            let url = PostgresUrl {
                user: user.into(),
                host: Host::Tcp(host.into()),
                ssl_mode: mode,
                ssl_root_cert: authority.clone(),
                ..parts(&db)
            };
            let result = is_encrypted(&engine(&url)).await;
            let fits = match (&outcome, &result) {
                (Plain, Ok(encrypted)) => *encrypted == Value::Bool(false),
                (Encrypted, Ok(encrypted)) => *encrypted == Value::Bool(true),
                (Refused(reason), Err(error)) => {
                    matches!(error, Error::Unavailable(_)) && whole(error).contains(reason)
                }
                _ => false,
            };
            assert!(fits, "{url:?}: {result:?} instead of {outcome:?}");
        }
        // The system's authorities, if there are any, do not know this server.
        let url = PostgresUrl { ssl_mode: SslMode::VerifyCa, ..parts(&db) };
        match Engine::new(&DatabaseUrl::Postgres(url)) {
            Ok(engine) => assert!(whole(&engine.ping().await.unwrap_err()).contains("UnknownIssuer")),
            Err(error) => assert!(error.to_string().ends_with("with sslrootcert"), "{error}"),
        }
        for mode in [SslMode::Disable, SslMode::Prefer, SslMode::Require, SslMode::VerifyFull] {
            let url = PostgresUrl { host: socket(), ssl_mode: mode, ..parts(&db) };
            assert_eq!(is_encrypted(&engine(&url)).await.unwrap(), Value::Bool(false), "{url:?}");
        }
    });
}

#[test]
fn sslmode_and_its_authority_come_from_a_url() {
    run(Dialect::Postgres, async |db: TestDb| {
        let (parts, file) = (parts(&db), told("MWALLET_TEST_POSTGRES_CA").display().to_string());
        let text = format!(
            "postgresql://postgres@localhost:{}/{}?sslmode=verify-full&sslrootcert={file}",
            parts.port, parts.database
        );
        let by_url = Engine::new(&text.parse().unwrap()).unwrap();
        assert_eq!(is_encrypted(&by_url).await.unwrap(), Value::Bool(true));
    });
}

#[test]
fn a_file_of_certificates_that_cannot_be_read_is_a_wrong_setting() {
    let folder = tempfile::tempdir().unwrap();
    let (missing, empty) = (folder.path().join("missing.pem"), folder.path().join("empty.pem"));
    std::fs::write(&empty, "no certificate").unwrap();
    for (path, reason) in [(missing, "No such file"), (empty, "there is no certificate in it")] {
        for ssl_mode in [SslMode::Require, SslMode::VerifyCa, SslMode::VerifyFull] {
            let url = PostgresUrl::new("me", None, "localhost", "x");
            let url = PostgresUrl { ssl_mode, ssl_root_cert: Some(path.clone()), ..url };
            let error = Engine::new(&DatabaseUrl::Postgres(url)).unwrap_err();
            let said = error.to_string();
            assert!(matches!(error, Error::Config(_)), "{error:?}");
            assert!(said.starts_with(&format!("sslrootcert {}: ", path.display())) && said.contains(reason), "{said}");
        }
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_missed_at_the_first_use() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = PostgresUrl::new("me", Some(PASSWORD), "127.0.0.1", "x").port(port);
    let options = || EngineOptions { connect_timeout: Duration::from_millis(200), ..EngineOptions::default() };
    let mut begun = Instant::now();

    // The listener accepts the connection and stays silent.
    let silent = with_options(&url, options());
    let error = silent.ping().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!((Duration::from_millis(200)..Duration::from_secs(2)).contains(&begun.elapsed()), "{:?}", begun.elapsed());

    drop(listener);
    let closed = with_options(&url, EngineOptions::default());
    begun = Instant::now();
    for error in [closed.ping().await.unwrap_err(), closed.sessions().begin().await.err().unwrap()] {
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        assert!(whole(&error).contains("refused"), "{}", whole(&error));
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

/// Returns the number of connections of mWallet to the test database.
async fn connections(watcher: &tokio_postgres::Client) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity \
               WHERE datname = current_database() AND application_name = 'mwallet'";
    watcher.query_one(sql, &[]).await.unwrap().get(0)
}

#[both_engines]
async fn nothing_connects_before_the_first_use(db: TestDb) {
    let engines = [db.engine.clone(), db.engine_with(EngineOptions::default())];
    let _factories = engines.each_ref().map(Engine::sessions);
    tokio::time::sleep(Duration::from_millis(50)).await;
    match &db.url {
        DatabaseUrl::Postgres(_) => {
            let watcher = connect(&db.url).await;
            assert_eq!(connections(&watcher).await, 0);
            db.engine.ping().await.unwrap();
            assert_eq!(connections(&watcher).await, 1);
        }
        DatabaseUrl::Sqlite(SqliteUrl::File(path)) => {
            assert!(!path.exists());
            db.engine.ping().await.unwrap();
            assert!(path.exists());
        }
        DatabaseUrl::Sqlite(SqliteUrl::Memory) => panic!("a test's database is a file"),
    }
}

/// Returns URLs for the ways to reach the test server: plain, encrypted, by socket.
fn ways(db: &TestDb) -> [PostgresUrl; 3] {
    let plain = PostgresUrl { ssl_mode: SslMode::Disable, ..parts(db) };
    let host = Host::Tcp("localhost".into());
    let encrypted = PostgresUrl { host, ssl_mode: SslMode::VerifyFull, ssl_root_cert: authority(), ..parts(db) };
    [plain, encrypted, PostgresUrl { host: socket(), ..parts(db) }]
}

fn one_connection() -> EngineOptions {
    EngineOptions { pool_size: 1, ..EngineOptions::default() }
}

/// Waits until the number of connections satisfies a condition.
async fn wait_for(watcher: &tokio_postgres::Client, holds: impl Fn(i64) -> bool) {
    let begun = Instant::now();
    loop {
        let count = connections(watcher).await;
        if holds(count) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "there are still {count} connections");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn whoever_waits_too_long_for_a_connection_is_told_so() {
    run(Dialect::Postgres, async |db: TestDb| {
        let patience = Duration::from_millis(300);
        let engine = db.engine_with(EngineOptions { pool_timeout: patience, ..one_connection() });
        let session = engine.sessions().begin().await.unwrap();
        let begun = Instant::now();
        let error = engine.ping().await.unwrap_err();
        assert!(matches!(error, Error::Busy), "{error:?}");
        assert!((patience..patience * 5).contains(&begun.elapsed()), "{:?}", begun.elapsed());

        let (waiting, ()) = tokio::join!(engine.ping(), async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            drop(session);
        });
        waiting.unwrap();
        assert_eq!(connections(&connect(&db.url).await).await, 1);
    });
}

#[test]
fn a_statement_that_takes_too_long_is_cancelled_on_the_server() {
    run(Dialect::Postgres, async |db: TestDb| {
        let watcher = connect(&db.url).await;
        for url in ways(&db) {
            let limit = Duration::from_millis(300);
            let engine = with_options(&url, EngineOptions { statement_timeout: limit, ..one_connection() });
            let begun = Instant::now();
            let error = ask(&engine, "SELECT pg_sleep(30)::text", ColumnType::Text { max: None }).await.unwrap_err();
            assert!(matches!(error, Error::Timeout), "{url:?}: {error:?}");
            assert!((limit..limit * 5).contains(&begun.elapsed()), "{url:?}: {:?}", begun.elapsed());
            // Closing the connection without cancelling would let it sleep on.
            wait_for(&watcher, |count| count == 0).await;
            engine.ping().await.unwrap();
            drop(engine);
            wait_for(&watcher, |count| count == 0).await;
        }
    });
}

#[test]
fn a_connection_that_the_server_ends_is_replaced() {
    const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE datname = current_database() AND application_name = 'mwallet'";
    run(Dialect::Postgres, async |db: TestDb| {
        let watcher = connect(&db.url).await;
        for url in ways(&db) {
            let engine = with_options(&url, one_connection());
            engine.ping().await.unwrap();
            watcher.execute(END, &[]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
            engine.ping().await.unwrap();

            // The next statement may fail if it meets the closed connection, but not the one after it.
            for _ in 0..20 {
                assert_eq!(watcher.execute(END, &[]).await.unwrap(), 1);
                if let Err(error) = engine.ping().await {
                    assert!(matches!(error, Error::Unavailable(_)), "{url:?}: {error:?}");
                    engine.ping().await.unwrap();
                }
                // Wait until the server has removed the old connection.
                wait_for(&watcher, |count| count == 1).await;
            }

            // During a statement.
            let sleep = ask(&engine, "SELECT pg_sleep(30)::text", ColumnType::Text { max: None });
            let (slept, ()) = tokio::join!(sleep, async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                watcher.execute(END, &[]).await.unwrap();
            });
            let error = slept.unwrap_err();
            assert!(matches!(error, Error::Unavailable(_)), "{url:?}: {error:?}");
            engine.ping().await.unwrap();
            drop(engine);
            wait_for(&watcher, |count| count == 0).await;
        }
    });
}

#[test]
fn a_server_that_speaks_german_is_understood() {
    run(Dialect::Postgres, async |db: TestDb| {
        let admin = connect(&db.url).await;
        admin.batch_execute("CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 2)").await.unwrap();
        let set = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET lc_messages = %L', current_database(), \
                   'de_DE.UTF-8'); END $$";
        admin.batch_execute(set).await.expect("the server has the locale de_DE.UTF-8 (Debian: the package locales)");
        let engine = db.engine_with(EngineOptions { pool_size: 1, ..EngineOptions::default() });
        let mut table = Table::new("t");
        table.columns.push(Column::new("a", ColumnType::BigInt));
        assert_eq!(crud::list(&engine, &table, &Query::new()).await.unwrap()[0].get("a"), Some(&Value::Int(2)));
        let wrong = crud::select::<(i32,)>(&engine, Sql::new("SELECT nothing")).await.unwrap_err();
        assert!(wrong.source().is_some_and(|said| format!("{said:?}").contains("existiert nicht")), "{wrong:?}");
        // The columns of the prepared statement now have another type.
        admin.batch_execute("ALTER TABLE t ALTER a TYPE bigint").await.unwrap();
        assert_eq!(crud::list(&engine, &table, &Query::new()).await.unwrap()[0].get("a"), Some(&Value::Int(2)));
    });
}
