//! Published sample databases.

use std::path::Path;

use mwallet_db::{DatabaseUrl, Dialect, SqliteUrl};

use crate::{TestDb, connect};

/// A sample database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// A music shop, for both engines.
    Chinook,
    /// A food trader, for SQLite.
    Northwind,
}

impl Sample {
    /// Fills the empty database of a test.
    ///
    /// # Panics
    ///
    /// Panics if the statements cannot be read or run, or do not exist for the engine.
    pub async fn fill(self, db: &TestDb) {
        let name = match (self, db.dialect()) {
            (Self::Chinook, Dialect::Postgres) => "chinook-postgres.sql",
            (Self::Chinook, Dialect::Sqlite) => "chinook-sqlite.sql",
            (Self::Northwind, Dialect::Sqlite) => "northwind-sqlite.sql",
            (Self::Northwind, Dialect::Postgres) => panic!("there is no Northwind for PostgreSQL"),
        };
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name);
        let sql = std::fs::read_to_string(file).expect("the statements of a sample are in testdata");
        match &db.url {
            // The script creates a database first, but the test already has one.
            DatabaseUrl::Postgres(_) => {
                let (_, tables) = sql.split_once("\\c chinook;").expect("the sample makes its database first");
                connect(&db.url).await.batch_execute(tables).await.expect("the statements of a sample run");
            }
            DatabaseUrl::Sqlite(SqliteUrl::File(path)) => {
                let file = rusqlite::Connection::open(path).expect("a test's file can be made");
                // The original tools do the same: some foreign keys reference later rows.
                file.execute_batch("PRAGMA foreign_keys = OFF").expect("a pragma can be set");
                file.execute_batch(&sql).expect("the statements of a sample run");
            }
            DatabaseUrl::Sqlite(SqliteUrl::Memory) => panic!("a sample lies in a file"),
        }
    }
}
