//! Replaces a SQLite database that is not in use with a copy.
//!
//! At every moment the database's path leads to either the old or the new database, complete. The old one is kept
//! under another name.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mwallet_db::schema::Timestamp;
use mwallet_db::sqlite_files::side_file;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::NamedTempFile;

use crate::copy::{SIDES, copy, failed, is_same, sync, sync_folder, temporary, verify};
use crate::{BackupError, Restored, Result, Watch, open_files};

/// Replaces a database with a copy. The old database is kept next to it under a name with this time. If there is no
/// database, the copy becomes one.
///
/// # Errors
///
/// Returns an error if the copy is not a database or is damaged, or the database is in use. Then nothing has changed.
pub fn restore(file: &Path, database: &Path, at: Timestamp, watch: &mut Watch<'_>) -> Result<Restored> {
    if !file.is_file() {
        return Err(BackupError::NoFile(file.to_owned()));
    }
    // A symbolic link is kept; its target is replaced.
    let database = &database.canonicalize().unwrap_or_else(|_| database.to_owned());
    if is_same(file, database) {
        return Err(BackupError::SameFile(file.to_owned()));
    }
    if database.metadata().is_ok_and(|found| !found.is_file()) {
        return Err(BackupError::NotAFile(database.to_owned()));
    }
    refuse_open(database)?;
    let temporary = temporary(database)?;
    let copied = copy(file, &temporary, database, watch)?;
    if copied.pages == 0 {
        return Err(BackupError::NotADatabase(file.to_owned()));
    }
    verify(temporary.path(), file, watch)?;
    own_alike(database, &temporary)?;
    sync(&temporary, database)?;
    watch.check()?;
    let kept = replace(database, temporary, at)?;
    Ok(Restored { copied, kept })
}

/// Rejects a database that another process has open. Without WAL, an idle connection holds no lock.
fn refuse_open(database: &Path) -> Result<()> {
    let by = open_files::others(&[database, &side_file(database, "-wal"), &side_file(database, "-shm")]);
    if by.is_empty() { Ok(()) } else { Err(BackupError::InUse { path: database.to_owned(), by }) }
}

/// Gives the new database the owner of the old one, so that its server can open it.
#[cfg(unix)]
fn own_alike(database: &Path, temporary: &NamedTempFile) -> Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let Ok(old) = database.metadata() else { return Ok(()) };
    let failed = |source| BackupError::File { path: database.to_owned(), source };
    let new = temporary.as_file().metadata().map_err(failed)?;
    match (old.uid(), old.gid()) == (new.uid(), new.gid()) {
        true => Ok(()),
        false => fchown(temporary.as_file(), Some(old.uid()), Some(old.gid())).map_err(failed),
    }
}

#[cfg(not(unix))]
fn own_alike(_: &Path, _: &NamedTempFile) -> Result<()> {
    Ok(())
}

/// Gives the new database the name of the old one, and returns the old one's new path.
fn replace(database: &Path, new: NamedTempFile, at: Timestamp) -> Result<Option<PathBuf>> {
    // Held to the end, so that others who open the old database meanwhile wait instead of writing data that would be
    // lost.
    let lock = lock(database)?;
    refuse_open(database)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::File { path, source }
    };
    let was_there = database.exists();
    let kept = free_name(database, at);
    if was_there {
        // A hard link, so that the original name leads to the old database until it leads to the new one.
        std::fs::hard_link(database, &kept)
            // Some file systems have no hard links.
            .or_else(|_| std::fs::copy(database, &kept).and_then(|_| std::fs::File::open(&kept)?.sync_all()))
            .map_err(failed(&kept))?;
    }
    // The remaining files of a database that cannot be opened move with it. SQLite would apply them to the new
    // database.
    for side in SIDES {
        let path = side_file(database, side);
        match path.exists() {
            // It has been applied to the database.
            true if lock.is_some() => std::fs::remove_file(&path).map_err(failed(&path))?,
            true => std::fs::rename(&path, side_file(&kept, side)).map_err(failed(&path))?,
            false => {}
        }
    }
    sync_folder(database)?;
    new.persist(database).map_err(|error| failed(database)(error.error))?;
    sync_folder(database)?;
    Ok(was_there.then_some(kept))
}

/// Applies the WAL of a database and locks it exclusively. Returns `None` if the database does not exist, or is too
/// damaged to be opened.
fn lock(database: &Path) -> Result<Option<Connection>> {
    if !database.exists() {
        return Ok(None);
    }
    let locked = || -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database, flags)?;
        connection.busy_timeout(Duration::ZERO)?;
        // A database that cannot be opened is kept as it is, with its WAL.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // This fails if any other connection is open, even an idle one.
        connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
        connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
        connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
        Ok(connection)
    };
    match locked() {
        Ok(connection) => Ok(Some(connection)),
        Err(error) => match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Err(BackupError::InUse { path: database.to_owned(), by: Vec::new() })
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Ok(None),
            _ => Err(failed(database, error)),
        },
    }
}

/// Returns an unused name for the old database: `mwallet.db.before-restore-20261126T140531Z`.
fn free_name(database: &Path, at: Timestamp) -> PathBuf {
    let time: String = at.to_string().chars().take(19).filter(|c| !"-:".contains(*c)).collect();
    let first = side_file(database, &format!(".before-restore-{time}Z"));
    let more = (2..).map(|number| side_file(&first, &format!("-{number}")));
    let is_free = |path: &PathBuf| path.symlink_metadata().is_err();
    std::iter::once(first.clone()).chain(more).find(is_free).unwrap_or(first)
}
