//! Copies a database of SQLite to a file while others write to it.
//!
//! A copy is one state of the database, is looked at before it has its name, and has its name only when it is on the
//! disk. The database is not changed.

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

/// What the path of a file keeps as it is in a URI.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// How many pages are copied before progress is told.
const SLICE: i32 = 1_024;
/// How long to wait for a writer that holds the whole file, as without a log each does for a moment.
const PATIENCE: Duration = Duration::from_secs(30);
/// After how many steps of its virtual machine SQLite asks whether it is to stop.
const STEPS_PER_LOOK: i32 = 10_000;
/// What lies beside a database and belongs to it.
pub(crate) const SIDES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Copies a database to a file that only its owner can read; others may write to the database meanwhile. With
/// `replace`, a file that is there already is replaced when the copy is whole, and not before.
///
/// While a database without a log (WAL) is copied, those who write to it wait.
///
/// # Errors
///
/// Where the file is there already, the database is none or damaged, or the disk is full; then there is no copy.
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

/// Refuses what can be seen before anything is done.
fn refuse(database: &Path, file: &Path, replace: bool) -> Result<()> {
    if !database.is_file() {
        return Err(BackupError::NoFile(database.to_owned()));
    }
    let is_own = |path: &Path| is_same(path, file);
    if is_own(database) {
        return Err(BackupError::SameFile(file.to_owned()));
    }
    // SQLite makes and removes such a file as it needs it.
    if SIDES.into_iter().any(|side| is_name(&side_file(database, side), file)) {
        return Err(BackupError::Side(file.to_owned()));
    }
    // What is no file, such as a device, would be gone.
    if file.metadata().is_ok_and(|found| !found.is_file()) {
        return Err(BackupError::NotAFile(file.to_owned()));
    }
    // A link that leads nowhere is something too.
    if !replace && file.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(file.to_owned()));
    }
    match SIDES.into_iter().map(|side| side_file(file, side)).find(|path| path.exists()) {
        Some(path) => Err(BackupError::Beside(path)),
        None => Ok(()),
    }
}

/// Whether two paths lead to one file.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Whether two paths are one name in one folder, of a file that need not be there.
fn is_name(one: &Path, other: &Path) -> bool {
    is_same(one, other) || one.file_name() == other.file_name() && is_same(folder(one), folder(other))
}

/// The folder that a file is to lie in.
fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file beside the place where another is to be, which only its owner can read, and which goes away unless it is
/// given that place.
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

/// Waits until a file is on the disk.
pub(crate) fn sync(temporary: &NamedTempFile, file: &Path) -> Result<()> {
    let synced = temporary.as_file().sync_all();
    synced.map_err(|source| BackupError::File { path: file.to_owned(), source })
}

/// Waits until the name of a file is on the disk.
pub(crate) fn sync_folder(file: &Path) -> Result<()> {
    // Elsewhere a folder is no file that can be opened.
    if cfg!(unix) {
        let folder = folder(file);
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|source| BackupError::File { path: folder.to_owned(), source })?;
    }
    Ok(())
}

/// Copies all pages of a database, as they are at one time, to an empty file that is to be called `file`.
pub(crate) fn copy(from: &Path, to: &NamedTempFile, file: &Path, watch: &mut Watch<'_>) -> Result<Copied> {
    let of_source = |error| failed(from, error);
    let of_copy = |error| failed(file, error);
    let source = reading(from).map_err(of_source)?;
    let page_size: i64 = source.pragma_query_value(None, "page_size", |row| row.get(0)).map_err(of_source)?;

    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut target = Connection::open_with_flags(to.path(), flags).map_err(of_copy)?;
    // A copy that fails goes away, so nothing is kept for going back; the whole is synced at its end.
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
            // Nobody else knows the copy, and the database is being read: it is over in a moment.
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    drop(backup);
    target.close().map_err(|(_, error)| of_copy(error))?;
    source.execute_batch("ROLLBACK").map_err(of_source)?;
    Ok(Copied { pages, bytes: pages * page_size.unsigned_abs() })
}

/// A connection to a database that is there, which reads one state of it until it ends. Without, a copy would begin
/// again at each write of somebody else, and never end.
fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let begin = |connection: Connection| {
        connection.execute_batch("BEGIN")?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    };
    let has_log = side_file(path, "-wal").exists();
    match open(path, has_log).and_then(begin) {
        // In a folder where nothing may be made, nobody writes.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) && !has_log => {
            open_still(path).and_then(begin)
        }
        result => result,
    }
}

fn open(path: &Path, has_log: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // Whoever may only read cannot take back what a crash left half done, nor remove the log that opening makes.
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "query_only", true)?;
    // A log that was there stays: it is for whoever uses the database to put it back.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
    Ok(connection)
}

/// Opens a file that nobody writes to, without locks and without a log beside it.
fn open_still(path: &Path) -> rusqlite::Result<Connection> {
    let uri = format!("file:{}?immutable=1", percent_encode(path.as_os_str().as_encoded_bytes(), PATH));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(uri, flags)
}

/// Has SQLite look at every page of a copy. What is wrong with it is wrong with what it was made of.
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
    // Rows that break a check are the business of whoever wrote them: the pages are whole.
    connection.pragma_update(None, "ignore_check_constraints", true).map_err(failed)?;
    let found = match findings(&connection, "PRAGMA integrity_check") {
        // A collation or function that its program has, and this one has not.
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

/// What SQLite says of a file.
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

    /// A database of two thousand pages, and a folder for it.
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
            // Somebody else writes after each slice.
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
