//! Where sorts and the like go that are larger than a connection's cache: files beside the database, or where the
//! engine is told.
//!
//! In memory they would have no bound, and SQLite's own choice would be a folder such as `/tmp`, which is small or in
//! memory on many machines.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use super::Settings;

/// Whether SQLite has been told a folder, which is the whole process' own.
///
/// It is told once. SQLite frees the old name while connections of other threads may read it, so that a second telling
/// could end the process.
static IS_TOLD: Mutex<bool> = Mutex::new(false);

/// Sets a connection up. Where nothing can be written to the folder, what it sorts stays in memory.
pub(super) fn set_up(connection: &Connection, settings: &Settings) -> rusqlite::Result<()> {
    let beside = settings.file().map(|file| file.path().parent().unwrap_or(Path::new("")));
    let wanted = settings.temp_dir.as_deref().or(beside);
    let store = if wanted.is_some_and(|folder| is_told(connection, folder)) { "FILE" } else { "MEMORY" };
    connection.pragma_update(None, "temp_store", store)
}

/// Whether SQLite knows a folder for temporary files, which it is told if it knows none.
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
