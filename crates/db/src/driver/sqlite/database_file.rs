//! The database file: who may create it, and whether it is still the one that was opened.
//!
//! On Unix, an open file can be deleted or replaced. Writes to the old file then succeed but are lost. So only the
//! first open may create the file, every later one must find the same file, and a commit is acknowledged only if the
//! file and its WAL are still in place.

use std::fs::{FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, NotOpened, Result};

/// The size in bytes of SQLite's smallest page. A smaller file was truncated.
const SMALLEST_PAGE: u64 = 512;
/// How long reads rely on the last check of the file.
const TRUST: Duration = Duration::from_millis(100);

/// A database file, shared by all connections of an engine.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    log: PathBuf,
    opened: Mutex<Opened>,
    is_gone: AtomicBool,
    made: Instant,
    /// When reads last checked the file, in milliseconds since `made`.
    looked: AtomicU64,
}

/// The files that were opened. Empty before the first open.
#[derive(Clone, Copy, Debug, Default)]
struct Opened {
    file: Option<FileId>,
    /// Whether the file had content. SQLite never shrinks it to less than one page.
    has_pages: bool,
    /// The WAL, if the database has one.
    log: Option<FileId>,
    connections: usize,
}

/// Counts a connection to the file as open until dropped.
pub(super) struct Hold {
    file: Arc<DatabaseFile>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut opened = self.file.lock();
        opened.connections -= 1;
        if opened.connections == 0 {
            // The last connection to close deletes the WAL, and the next one creates a new one.
            opened.log = None;
        }
    }
}

impl DatabaseFile {
    pub(crate) fn new(path: &Path) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Self {
            path: path.to_owned(),
            log: log.into(),
            opened: Mutex::default(),
            is_gone: AtomicBool::new(false),
            made: Instant::now(),
            looked: AtomicU64::new(0),
        }
    }

    /// Counts a connection that is about to be opened, until the hold is dropped.
    pub(super) fn hold(self: &Arc<Self>) -> Hold {
        self.lock().connections += 1;
        Hold { file: self.clone() }
    }

    /// Returns the path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file with a function, whose second argument says whether SQLite may create it. The file must be the
    /// same as before.
    pub(super) fn open<T>(&self, may_create: bool, open: impl FnOnce(&Path, bool) -> Result<T>) -> Result<T> {
        let mut opened = self.lock();
        if opened.file.is_some() {
            drop(opened);
            // Otherwise SQLite would report that it cannot open the file, as if it had never existed.
            self.check()?;
            let connection = open(&self.path, false)?;
            self.check()?;
            return Ok(connection);
        }
        refuse_others(&self.path)?;
        if may_create {
            make(&self.path);
        }
        let before = FileId::read(&self.path);
        let connection = open(&self.path, may_create)?;
        let after = FileId::read(&self.path);
        if after.is_none() || before.is_some() && before != after {
            return Err(self.gone());
        }
        opened.file = after;
        Ok(connection)
    }

    /// Records the identity of the WAL, now that a connection has opened it.
    pub(super) fn note_log(&self) {
        let mut opened = self.lock();
        opened.log = opened.log.or_else(|| FileId::read(&self.log));
    }

    /// Checks that the file and its WAL are still those that were opened. Returns the size of the WAL in bytes.
    ///
    /// # Errors
    ///
    /// Returns an error if they were removed, replaced or emptied. Reads then fail too, until the files are back.
    pub(super) fn check(&self) -> Result<u64> {
        let (file, log) = (self.path.metadata().ok(), self.log.metadata().ok());
        let has_pages = file.as_ref().is_some_and(|file| file.len() >= SMALLEST_PAGE);
        let opened = {
            let mut opened = self.lock();
            opened.has_pages |= has_pages;
            *opened
        };
        let is_same =
            |was: Option<FileId>, is: &Option<Metadata>| was.is_none() || is.as_ref().map(FileId::of_metadata) == was;
        let is_here = is_same(opened.file, &file) && is_same(opened.log, &log) && has_pages == opened.has_pages;
        self.is_gone.store(!is_here, Ordering::Relaxed);
        if is_here { Ok(log.map_or(0, |log| log.len())) } else { Err(self.gone()) }
    }

    /// Performs the check for a read, but skips it if the last one is recent.
    pub(super) fn check_now_and_then(&self) -> Result<()> {
        let now = u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX);
        let trusted = self.looked.load(Ordering::Relaxed) + TRUST.as_millis() as u64;
        if now < trusted && !self.is_gone.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.looked.store(now, Ordering::Relaxed);
        self.check().map(drop)
    }

    fn gone(&self) -> Error {
        Error::FileGone { path: self.path.clone() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Opened> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rejects what is not a regular file. Opening a pipe would block until its other end is opened.
fn refuse_others(path: &Path) -> Result<()> {
    match path.metadata().ok().as_ref().and_then(|found| other_kind(found.file_type())) {
        Some(kind) => Err(Error::NotOpened { path: path.to_owned(), why: NotOpened::NotAFile(kind) }),
        // SQLite reports a missing file.
        None => Ok(()),
    }
}

/// Returns the kind of what is not a regular file.
fn other_kind(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("a pipe (FIFO)");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
    }
    Some("something else")
}

/// Creates a file that only its owner can read, unless it exists. SQLite gives the WAL the same mode.
fn make(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            tracing::debug!(%error, "the file of a database cannot be made");
        }
        // SQLite reports a file that is missing and cannot be created.
        _ => {}
    }
}

/// Identifies a file, to detect that another one is at the same path later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    inode: u64,
}

impl FileId {
    /// Returns the identity of the file at a path.
    fn read(path: &Path) -> Option<Self> {
        path.metadata().ok().as_ref().map(Self::of_metadata)
    }

    #[cfg(unix)]
    fn of_metadata(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    /// On these systems an open file can be neither deleted nor replaced.
    #[cfg(not(unix))]
    fn of_metadata(_: &Metadata) -> Self {
        Self {}
    }
}
