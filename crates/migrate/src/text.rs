//! A difference as the text of a file.

use super::diff::Difference;
use super::sqlite::Beside;
use super::{postgres, script, sqlite};
use mwallet_db::Dialect;

impl Difference {
    /// The text of a file that makes the changes. `beside` is what belongs to tables of SQLite that no table says.
    pub fn script(&self, dialect: Dialect, beside: &Beside) -> String {
        script::text(&match dialect {
            Dialect::Postgres => postgres::steps(self),
            Dialect::Sqlite => sqlite::steps(self, beside),
        })
    }
}
