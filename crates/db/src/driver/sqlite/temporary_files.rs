//! Sets the directory for temporary files, such as sorts larger than the page cache: that of the database, or the one
//! configured for the engine.
//!
//! In memory they would be unbounded, and SQLite's default is a directory like `/tmp`, which is often small or in
//! memory.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::Settings;

/// Whether SQLite's temporary directory was set. It is global to the process.
///
/// It is set only once: SQLite frees the old name while connections on other threads may read it, so setting it again
/// could crash the process.
static IS_TOLD: Mutex<bool> = Mutex::new(false);

/// Configures a connection. If the directory is not writable, temporary data stays in memory.
pub(super) fn set_up(connection: &Connection, settings: &Settings) -> rusqlite::Result<()> {
    let beside = settings.file().map(|file| file.path().parent().unwrap_or(Path::new("")));
    let wanted = settings.temp_dir.as_deref().or(beside);
    let store = if wanted.is_some_and(|folder| is_told(connection, folder)) { "FILE" } else { "MEMORY" };
    connection.pragma_update(None, "temp_store", store)
}

/// Sets SQLite's temporary directory unless it is set already. Returns whether one is set.
fn is_told(connection: &Connection, folder: &Path) -> bool {
    let mut is_told = IS_TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if *is_told {
        return true;
    }
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    match connection.pragma_update_and_check(None, "temp_store_directory", folder.to_string_lossy(), |_| Ok(())) {
        Ok(()) | Err(rusqlite::Error::QueryReturnedNoRows) => *is_told = true,
        Err(error) => {
            let folder = folder.display();
            tracing::warn!(%error, "no temporary files can be written to {folder}; sorts are held in memory");
        }
    }
    *is_told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_told_once() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let connection = Connection::open_in_memory().unwrap();
        let told = |folder: &Path| -> String {
            assert!(is_told(&connection, folder));
            connection.pragma_query_value(None, "temp_store_directory", |row| row.get(0)).unwrap()
        };
        assert_eq!(told(first.path()), told(second.path()));
    }
}
