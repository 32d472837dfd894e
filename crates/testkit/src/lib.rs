//! Test support: both engines, a separate database for each test, and a clock that tests control.
//!
//! A test case is an `async fn` that takes a [`TestDb`]; [`macro@both_engines`] makes one test for SQLite and one for
//! PostgreSQL of it. Nothing is skipped: without a PostgreSQL server, the test fails and explains how to run it.

#![expect(clippy::expect_used, reason = "a test that cannot have what it stands on must stop")]

mod clock;
mod samples;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use mwallet_db::{DatabaseUrl, Engine, EngineOptions, SqliteUrl};
use tempfile::TempDir;
use tokio_postgres::NoTls;

pub use clock::TestSources;
pub use mwallet_db::Dialect;
pub use samples::Sample;

/// The environment variable with the URL of a PostgreSQL server on which tests may create databases.
const POSTGRES: &str = "MWALLET_TEST_POSTGRES_URL";

/// Turns an `async fn` that takes a [`TestDb`] into a test for each engine: `name::sqlite` and `name::postgres`.
///
/// ```
/// #[mwallet_testkit::both_engines]
/// async fn the_database_answers(db: mwallet_testkit::TestDb) {
///     db.engine.ping().await.unwrap();
/// }
/// ```
pub use mwallet_testkit_macros::both_engines;

/// An empty database for one test.
pub struct TestDb {
    /// An engine with default options.
    pub engine: Engine,
    /// The URL.
    pub url: DatabaseUrl,
    /// A temporary folder that is removed after the test.
    pub folder: TempDir,
}

impl TestDb {
    /// Returns another engine for the same database, with other options.
    pub fn engine_with(&self, options: EngineOptions) -> Engine {
        Engine::with(&self.url, options).expect("the URL of a test's database is right")
    }

    /// Returns the dialect of the engine.
    pub fn dialect(&self) -> Dialect {
        self.url.dialect()
    }
}

/// Runs a case inside another one, on its own thread and runtime, for tests that compare two engines.
pub fn run_beside<F: Future<Output = ()>>(dialect: Dialect, case: impl FnOnce(TestDb) -> F + Send) {
    std::thread::scope(|scope| {
        if let Err(panic) = scope.spawn(|| run(dialect, case)).join() {
            resume_unwind(panic);
        }
    });
}

/// Runs a case with a new database, and drops the database afterwards, even if the case panics.
pub fn run<F: Future<Output = ()>>(dialect: Dialect, case: impl FnOnce(TestDb) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (url, dropped) = match dialect {
        Dialect::Sqlite => (DatabaseUrl::Sqlite(SqliteUrl::File(folder.path().join("test.db"))), None),
        Dialect::Postgres => {
            let (url, name) = runtime.block_on(new_postgres_database());
            (url, Some(name))
        }
    };
    let engine = Engine::new(&url).expect("the URL of a test's database is right");
    let result = catch_unwind(AssertUnwindSafe(|| runtime.block_on(case(TestDb { engine, url, folder }))));
    if let Some(name) = dropped {
        runtime.block_on(async {
            let admin = connect(&admin_url()).await;
            admin
                .batch_execute(&format!("DROP DATABASE \"{name}\" WITH (FORCE)"))
                .await
                .expect("a database can be dropped");
        });
    }
    if let Err(panic) = result {
        resume_unwind(panic);
    }
}

/// Returns the URL of the PostgreSQL server for tests.
///
/// # Panics
///
/// Panics if none is set, with instructions to run the tests.
pub fn admin_url() -> DatabaseUrl {
    let url = std::env::var(POSTGRES).unwrap_or_else(|_| {
        panic!("{POSTGRES} is not set: run the tests with `cargo xtask test`, which starts a PostgreSQL")
    });
    url.parse().unwrap_or_else(|error| panic!("{POSTGRES}: {error}"))
}

async fn new_postgres_database() -> (DatabaseUrl, String) {
    let admin_url = admin_url();
    let DatabaseUrl::Postgres(parts) = &admin_url else { panic!("{POSTGRES} must be of PostgreSQL") };
    let mut random = [0; 8];
    mwallet_db::schema::Sources::fill_random(&mwallet_db::SystemSources, &mut random);
    let name = format!("test_{:016x}", u64::from_be_bytes(random));
    let admin = connect(&admin_url).await;
    admin.batch_execute(&format!("CREATE DATABASE \"{name}\"")).await.expect("a database can be made");
    (DatabaseUrl::Postgres(parts.clone().database(&name)), name)
}

/// Opens a plain driver connection, for statements that bypass mWallet.
///
/// # Panics
///
/// Panics if the database cannot be reached.
pub async fn connect(url: &DatabaseUrl) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(&url.expose(), NoTls).await.expect("PostgreSQL can be reached");
    tokio::spawn(connection);
    client
}
