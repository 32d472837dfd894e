//! What the tests of mWallet stand on: both engines, a database of the test's own, a clock that tests move.
//!
//! A behaviour is one `async fn` that takes a [`TestDb`]; [`macro@both_engines`] makes one test for SQLite of it and
//! one for PostgreSQL. Nothing is skipped: where no PostgreSQL is named, the test fails and says how to run it.

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

/// The variable that names a PostgreSQL on which databases may be made and dropped.
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

/// An empty database that belongs to one test.
pub struct TestDb {
    /// An engine of it, with the options that serve most.
    pub engine: Engine,
    /// Its URL.
    pub url: DatabaseUrl,
    /// A folder that goes with the test.
    pub folder: TempDir,
}

impl TestDb {
    /// Another engine of the same database, with other options.
    pub fn engine_with(&self, options: EngineOptions) -> Engine {
        Engine::with(&self.url, options).expect("the URL of a test's database is right")
    }

    /// Which engine it is.
    pub fn dialect(&self) -> Dialect {
        self.url.dialect()
    }
}

/// Runs a case inside another one, for what compares two engines: on a thread of its own, with a runtime of its own.
pub fn run_beside<F: Future<Output = ()>>(dialect: Dialect, case: impl FnOnce(TestDb) -> F + Send) {
    std::thread::scope(|scope| {
        if let Err(panic) = scope.spawn(|| run(dialect, case)).join() {
            resume_unwind(panic);
        }
    });
}

/// Runs one case against a database of its own, and drops that afterwards, whatever came of it.
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

/// The PostgreSQL on which databases are made.
///
/// # Panics
///
/// Where none is named: how to run the tests.
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

/// A plain connection of the driver, for what a test does behind mWallet's back.
///
/// # Panics
///
/// Where the database cannot be reached.
pub async fn connect(url: &DatabaseUrl) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(&url.expose(), NoTls).await.expect("PostgreSQL can be reached");
    tokio::spawn(connection);
    client
}
