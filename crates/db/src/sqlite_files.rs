//! What a program needs that opens a SQLite file of this data layer by itself, such as for a backup.

use rusqlite::Connection;

use crate::driver::sqlite;

pub use crate::driver::sqlite::side_file;

/// Adds the functions that the tables of this data layer may use in checks and indexes.
///
/// # Errors
///
/// If SQLite refuses one.
pub fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
    sqlite::register_functions(connection)
}
