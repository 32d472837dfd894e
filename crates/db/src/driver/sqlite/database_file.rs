//! The file of a database: who may make it, and whether it still is what was opened.
//!
//! On Unix a file that is open can be removed, or another put in its place. Whoever has it open goes on writing to it,
//! and nobody will ever read that again. So only the first opening may make the file, each later one must find the
//! same, and what is committed is acknowledged only if the file and its log are where they were.

use std::fs::{FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, NotOpened, Result};

/// The bytes of the smallest page of SQLite: what has fewer was cut.
const SMALLEST_PAGE: u64 = 512;
/// How long reads trust that the file is still there.
const TRUST: Duration = Duration::from_millis(100);

/// The file of a database. One for all connections of an engine.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    path: PathBuf,
    log: PathBuf,
    opened: Mutex<Opened>,
    is_gone: AtomicBool,
    made: Instant,
    /// When reads last had the file looked for, in milliseconds after `made`.
    looked: AtomicU64,
}

/// What was opened; nothing before the first opening.
#[derive(Clone, Copy, Debug, Default)]
struct Opened {
    file: Option<FileId>,
    /// Whether something was in the file. SQLite takes nothing out of it beyond its first page.
    has_pages: bool,
    /// The log, where the database has one.
    log: Option<FileId>,
    connections: usize,
}

/// A connection to the file is open as long as this is there.
pub(super) struct Hold {
    file: Arc<DatabaseFile>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut opened = self.file.lock();
        opened.connections -= 1;
        if opened.connections == 0 {
            // The last connection to close removes the log; the next has another.
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

    /// Says that a connection to the file is about to be opened, until it is closed.
    pub(super) fn hold(self: &Arc<Self>) -> Hold {
        self.lock().connections += 1;
        Hold { file: self.clone() }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file by a function, which is told whether SQLite may make it. What it opens must be what was opened
    /// before.
    pub(super) fn open<T>(&self, may_create: bool, open: impl FnOnce(&Path, bool) -> Result<T>) -> Result<T> {
        let mut opened = self.lock();
        if opened.file.is_some() {
            drop(opened);
            // Otherwise SQLite would say that it cannot open it, as of a file that never was there.
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

    /// Notes which log belongs to the file, now that a connection has it open.
    pub(super) fn note_log(&self) {
        let mut opened = self.lock();
        opened.log = opened.log.or_else(|| FileId::read(&self.log));
    }

    /// Whether the file and its log are still those that were opened; how many bytes the log has.
    ///
    /// # Errors
    ///
    /// Where they were removed, replaced or emptied; reads are refused from now on, too, until they are back.
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

    /// The same for a read, which costs nothing most of the time.
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

/// Refuses what is no file: to open a pipe waits for whoever is at its other end.
fn refuse_others(path: &Path) -> Result<()> {
    match path.metadata().ok().as_ref().and_then(|found| other_kind(found.file_type())) {
        Some(kind) => Err(Error::NotOpened { path: path.to_owned(), why: NotOpened::NotAFile(kind) }),
        // Where there is nothing, SQLite says so.
        None => Ok(()),
    }
}

/// What it is that is no file.
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

/// Makes a file that only its owner can read, unless there is one. SQLite gives its log the same mode.
fn make(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            tracing::debug!(%error, "the file of a database cannot be made");
        }
        // Where there is none and none can be made, SQLite says so.
        _ => {}
    }
}

/// What tells a file from another that is at the same path later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    inode: u64,
}

impl FileId {
    /// The file at a path.
    fn read(path: &Path) -> Option<Self> {
        path.metadata().ok().as_ref().map(Self::of_metadata)
    }

    #[cfg(unix)]
    fn of_metadata(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    /// A file that is open can be neither removed nor replaced here.
    #[cfg(not(unix))]
    fn of_metadata(_: &Metadata) -> Self {
        Self {}
    }
}
