//! Copies a SQLite database to a file while it is in use.
//!
//! A copy is a consistent snapshot. It is verified before it gets its name, and gets it only once it is on disk. The
//! database is not changed.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::NamedTempFile;

use mwallet_db::sqlite_files::{register_functions, side_file};

use crate::{BackupError, Copied, Progress, Result, Watch};

/// The characters of a file path that are not encoded in a URI.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// The number of pages copied between progress reports.
const SLICE: i32 = 1_024;
/// How long to wait for a writer that locks the whole file, which every writer does briefly without WAL.
const PATIENCE: Duration = Duration::from_secs(30);
/// The number of virtual machine steps between checks for a stop request.
const STEPS_PER_LOOK: i32 = 10_000;
/// The suffixes of files that belong to a database.
pub(crate) const SIDES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Copies a database to a file that only its owner can read. Others may write to the database meanwhile. With
/// `replace`, an existing file is replaced once the copy is complete.
///
/// If the database does not use WAL, writers wait during the copy.
///
/// # Errors
///
/// Returns an error if the file already exists, the source is not a database or is damaged, or the disk is full. Then
/// no copy is left.
pub fn backup(database: &Path, file: &Path, replace: bool, watch: &mut Watch<'_>) -> Result<Copied> {
    refuse(database, file, replace)?;
    let temporary = temporary(file)?;
    let copied = copy(database, &temporary, file, watch)?;
    verify(temporary.path(), database, watch)?;
    sync(&temporary, file)?;
    watch.check()?;
    let persisted = match replace {
        true => temporary.persist(file),
        false => temporary.persist_noclobber(file),
    };
    persisted.map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => BackupError::Exists(file.to_owned()),
        _ => BackupError::File { path: file.to_owned(), source: error.error },
    })?;
    sync_folder(file)?;
    Ok(copied)
}

/// Rejects invalid arguments before anything is done.
fn refuse(database: &Path, file: &Path, replace: bool) -> Result<()> {
    if !database.is_file() {
        return Err(BackupError::NoFile(database.to_owned()));
    }
    let is_own = |path: &Path| is_same(path, file);
    if is_own(database) {
        return Err(BackupError::SameFile(file.to_owned()));
    }
    // SQLite creates and removes such a file as needed.
    if SIDES.into_iter().any(|side| is_name(&side_file(database, side), file)) {
        return Err(BackupError::Side(file.to_owned()));
    }
    // Anything else, such as a device, would be lost.
    if file.metadata().is_ok_and(|found| !found.is_file()) {
        return Err(BackupError::NotAFile(file.to_owned()));
    }
    // A dangling symbolic link also counts as existing.
    if !replace && file.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(file.to_owned()));
    }
    match SIDES.into_iter().map(|side| side_file(file, side)).find(|path| path.exists()) {
        Some(path) => Err(BackupError::Beside(path)),
        None => Ok(()),
    }
}

/// Returns whether two paths lead to the same file.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Returns whether two paths have the same name in the same folder. The file need not exist.
fn is_name(one: &Path, other: &Path) -> bool {
    is_same(one, other) || one.file_name() == other.file_name() && is_same(folder(one), folder(other))
}

/// Returns the folder of a file.
fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates a temporary file next to its destination that only its owner can read. It is removed unless it is moved
/// there.
pub(crate) fn temporary(file: &Path) -> Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".mwallet-").suffix(".partial");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600));
    let folder = folder(file);
    if !folder.is_dir() {
        return Err(BackupError::NoFolder(folder.to_owned()));
    }
    builder.tempfile_in(folder).map_err(|source| BackupError::File { path: folder.to_owned(), source })
}

/// Flushes a file to disk.
pub(crate) fn sync(temporary: &NamedTempFile, file: &Path) -> Result<()> {
    let synced = temporary.as_file().sync_all();
    synced.map_err(|source| BackupError::File { path: file.to_owned(), source })
}

/// Flushes the name of a file to disk.
pub(crate) fn sync_folder(file: &Path) -> Result<()> {
    // Other systems cannot open a folder as a file.
    if cfg!(unix) {
        let folder = folder(file);
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|source| BackupError::File { path: folder.to_owned(), source })?;
    }
    Ok(())
}

/// Copies a snapshot of all pages of a database to an empty file. Errors name it `file`.
pub(crate) fn copy(from: &Path, to: &NamedTempFile, file: &Path, watch: &mut Watch<'_>) -> Result<Copied> {
    let of_source = |error| failed(from, error);
    let of_copy = |error| failed(file, error);
    let source = reading(from).map_err(of_source)?;
    let page_size: i64 = source.pragma_query_value(None, "page_size", |row| row.get(0)).map_err(of_source)?;

    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut target = Connection::open_with_flags(to.path(), flags).map_err(of_copy)?;
    // A failed copy is removed, so it needs no journal; the whole file is synced at the end.
    target.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(())).map_err(of_copy)?;
    target.pragma_update(None, "synchronous", "OFF").map_err(of_copy)?;
    let backup = Backup::new(&source, &mut target).map_err(of_copy)?;
    let pages = loop {
        watch.check()?;
        let step = backup.step(SLICE).map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => of_source(error),
            _ => of_copy(error),
        })?;
        let count = backup.progress();
        let (all, left) = (count.pagecount.unsigned_abs().into(), count.remaining.unsigned_abs().into());
        watch.report(Progress::Pages { done: u64::saturating_sub(all, left), all });
        match step {
            StepResult::Done => break all,
            StepResult::More => {}
            // Nobody else uses the copy, and the database is already being read, so this is brief.
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    drop(backup);
    target.close().map_err(|(_, error)| of_copy(error))?;
    source.execute_batch("ROLLBACK").map_err(of_source)?;
    Ok(Copied { pages, bytes: pages * page_size.unsigned_abs() })
}

/// Opens a database and starts a transaction that reads one snapshot. Without it, the copy would restart at every
/// write by others, and might never end.
fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let begin = |connection: Connection| {
        connection.execute_batch("BEGIN")?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    };
    let has_log = side_file(path, "-wal").exists();
    match open(path, has_log).and_then(begin) {
        // If no file can be created in the folder, nobody writes to the database.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) && !has_log => {
            open_still(path).and_then(begin)
        }
        result => result,
    }
}

fn open(path: &Path, has_log: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // A read-only connection could neither roll back after a crash, nor remove the WAL that opening creates.
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "query_only", true)?;
    // An existing WAL stays, for the programs that use the database.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
    Ok(connection)
}

/// Opens a file that nobody writes to, without locks and without a WAL.
fn open_still(path: &Path) -> rusqlite::Result<Connection> {
    let uri = format!("file:{}?immutable=1", percent_encode(path.as_os_str().as_encoded_bytes(), PATH));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(uri, flags)
}

/// Verifies every page of a copy. Errors in the copy are errors of its source.
pub(crate) fn verify(copy: &Path, of: &Path, watch: &mut Watch<'_>) -> Result<()> {
    watch.report(Progress::Verifying);
    let stop = watch.stop();
    let failed = |error| match failed(of, error) {
        BackupError::Sqlite { .. } if watch.check().is_err() => BackupError::Stopped,
        error => error,
    };
    let mut connection = open_still(copy).map_err(failed)?;
    register_functions(&connection).map_err(failed)?;
    let watched = move || stop.load(Ordering::Relaxed);
    connection.progress_handler(STEPS_PER_LOOK, Some(watched)).map_err(failed)?;
    // Rows that violate checks are not damage to the file.
    connection.pragma_update(None, "ignore_check_constraints", true).map_err(failed)?;
    let found = match findings(&connection, "PRAGMA integrity_check") {
        // The database uses a collation or function of another program.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::Unknown) => {
            findings(&connection, "PRAGMA quick_check")
        }
        found => found,
    };
    match found.map_err(failed)?.into_iter().find(|line| line != "ok" && !line.starts_with("NULL value in ")) {
        None => Ok(()),
        Some(what) => Err(BackupError::Damaged { path: of.to_owned(), what: what.replace('\n', " ") }),
    }
}

fn findings(connection: &Connection, check: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare(check)?.query_map([], |row| row.get(0))?.collect()
}

/// Converts an error of SQLite about a file.
pub(crate) fn failed(path: &Path, error: rusqlite::Error) -> BackupError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => BackupError::NotADatabase(path),
        Some(ErrorCode::DatabaseCorrupt) => BackupError::Damaged { path, what: error.to_string() },
        _ => BackupError::Sqlite { path, source: error.into() },
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// Returns a database of two thousand pages, and its folder.
    fn database() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a?b#c%20.db");
        let connection = Connection::open(&path).unwrap();
        let sql = "CREATE TABLE a (n INTEGER PRIMARY KEY, t TEXT);
                   WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
                   INSERT INTO a SELECT i, hex(zeroblob(200)) FROM n;";
        connection.execute_batch(sql).unwrap();
        (folder, path)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn progress_is_told_by_pages_and_never_goes_back() {
        let (folder, path) = database();
        let told = std::sync::Mutex::new(Vec::new());
        let writer = Connection::open(&path).unwrap();
        writer.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
        let copy = folder.path().join("copy.db");
        let note = |progress| told.lock().unwrap().push(progress);
        let mut watch = Watch::default().on_progress(move |progress| {
            // Another connection writes after each slice.
            writer.execute("INSERT INTO a (t) VALUES ('later')", []).unwrap();
            note(progress);
        });
        let copied = backup(&path, &copy, false, &mut watch).unwrap();
        drop(watch);
        let mut told = told.into_inner().unwrap();
        assert_eq!(told.pop(), Some(Progress::Verifying));
        let steps: Vec<(u64, u64)> = told
            .iter()
            .map(|progress| match progress {
                Progress::Pages { done, all } => (*done, *all),
                Progress::Verifying => panic!("{told:?}"),
            })
            .collect();
        assert_eq!(steps.last(), Some(&(copied.pages, copied.pages)));
        assert!(
            steps.is_sorted() && steps.len() == usize::try_from(copied.pages).unwrap().div_ceil(1_024),
            "{steps:?}"
        );
        assert_eq!(copied.bytes, copy.metadata().unwrap().len());
        let later = "SELECT count(*) FROM a WHERE t = 'later'";
        let count = |path: &Path| {
            let connection = Connection::open(path).unwrap();
            connection.query_row(later, [], |row| row.get::<_, i64>(0)).unwrap()
        };
        assert_eq!(count(&copy), 0);
        assert!(count(&path) > 1);
    }

    #[test]
    fn what_is_stopped_leaves_nothing() {
        let (folder, path) = database();
        for at in [Progress::Pages { done: 0, all: 0 }, Progress::Verifying] {
            let stop = Watch::default();
            let flag = stop.stop();
            let mut watch = stop.on_progress(|progress| {
                if std::mem::discriminant(&progress) == std::mem::discriminant(&at) {
                    flag.store(true, Ordering::Relaxed);
                }
            });
            let stopped = backup(&path, &folder.path().join("copy.db"), false, &mut watch);
            assert!(matches!(stopped, Err(BackupError::Stopped)), "{stopped:?}");
            assert_eq!(names(folder.path()), ["a?b#c%20.db"]);
        }
    }
}
