//! Formats a difference as a script.

use super::diff::Difference;
use super::sqlite::Beside;
use super::{postgres, script, sqlite};
use mwallet_db::Dialect;

impl Difference {
    /// Returns the script that makes the changes. `beside` has the statements of SQLite objects that no table
    /// describes.
    pub fn script(&self, dialect: Dialect, beside: &Beside) -> String {
        script::text(&match dialect {
            Dialect::Postgres => postgres::steps(self),
            Dialect::Sqlite => sqlite::steps(self, beside),
        })
    }
}
