//! Puts a copy in the place of a database of SQLite that nobody uses.
//!
//! At every moment the name of the database leads to the old one or to the new one, whole. The old one is kept under
//! another name.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mwallet_db::schema::Timestamp;
use mwallet_db::sqlite_files::side_file;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::NamedTempFile;

use crate::copy::{SIDES, copy, failed, is_same, sync, sync_folder, temporary, verify};
use crate::{BackupError, Restored, Result, Watch, open_files};

/// Puts a copy in the place of a database, which is kept beside it under a name with this time. Where there is no
/// database, the copy becomes one.
///
/// # Errors
///
/// Where the copy is no database or damaged, or somebody has the database open; then nothing has changed.
pub fn restore(file: &Path, database: &Path, at: Timestamp, watch: &mut Watch<'_>) -> Result<Restored> {
    if !file.is_file() {
        return Err(BackupError::NoFile(file.to_owned()));
    }
    // A link stays one: what it leads to is replaced.
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

/// Refuses a database that another process has open. An idle connection to one without a log holds no lock.
fn refuse_open(database: &Path) -> Result<()> {
    let by = open_files::others(&[database, &side_file(database, "-wal"), &side_file(database, "-shm")]);
    if by.is_empty() { Ok(()) } else { Err(BackupError::InUse { path: database.to_owned(), by }) }
}

/// Gives the new database the owner of the old one, whose server must be able to open it.
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

/// Gives the new database the name of the old one, and says where that is now.
fn replace(database: &Path, new: NamedTempFile, at: Timestamp) -> Result<Option<PathBuf>> {
    // Held to the end, so that whoever opens the old one in between waits, and writes nothing that would be lost.
    let lock = lock(database)?;
    refuse_open(database)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::File { path, source }
    };
    let was_there = database.exists();
    let kept = free_name(database, at);
    if was_there {
        // A second name for it: its own leads to it until it leads to the new one.
        std::fs::hard_link(database, &kept)
            // Some file systems have no second names.
            .or_else(|_| std::fs::copy(database, &kept).and_then(|_| std::fs::File::open(&kept)?.sync_all()))
            .map_err(failed(&kept))?;
    }
    // What is left of a database that cannot be opened stays with it: beside the new one, SQLite would put it into
    // that.
    for side in SIDES {
        let path = side_file(database, side);
        match path.exists() {
            // It has been put back into the database.
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

/// Puts the log of a database back into it, and keeps everybody from it; `None` where it is not there, or so damaged
/// that it cannot be opened.
fn lock(database: &Path) -> Result<Option<Connection>> {
    if !database.exists() {
        return Ok(None);
    }
    let locked = || -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database, flags)?;
        connection.busy_timeout(Duration::ZERO)?;
        // What cannot be opened is kept as it is, with its log.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // No other connection may have it open for that, even an idle one.
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

/// A name for the old database that nothing has yet: `mwallet.db.before-restore-20261126T140531Z`.
fn free_name(database: &Path, at: Timestamp) -> PathBuf {
    let time: String = at.to_string().chars().take(19).filter(|c| !"-:".contains(*c)).collect();
    let first = side_file(database, &format!(".before-restore-{time}Z"));
    let more = (2..).map(|number| side_file(&first, &format!("-{number}")));
    let is_free = |path: &PathBuf| path.symlink_metadata().is_err();
    std::iter::once(first.clone()).chain(more).find(is_free).unwrap_or(first)
}
