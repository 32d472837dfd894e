//! Backs up SQLite databases while they are in use, and restores them.
//!
//! Both functions block. Call them from a thread where that is allowed, such as one of
//! [`mwallet_db::worker::delegate`].
//!
//! ```
//! # use mwallet_backup::{Watch, backup, restore};
//! # let folder = tempfile::tempdir()?;
//! # let (database, copy) = (folder.path().join("wallet.db"), folder.path().join("copy.db"));
//! # let made = rusqlite::Connection::open(&database)?;
//! # made.execute_batch("CREATE TABLE coins (id INTEGER PRIMARY KEY)")?;
//! # drop(made);
//! let copied = backup(&database, &copy, false, &mut Watch::default())?;
//! assert_eq!(copied.bytes, std::fs::metadata(&copy)?.len());
//! let restored = restore(&copy, &database, "2026-11-26T14:05:31Z".parse()?, &mut Watch::default())?;
//! assert!(restored.kept.unwrap().ends_with("wallet.db.before-restore-20261126T140531Z"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod copy;
mod open_files;
mod restore;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mwallet_db::DriverError;

pub use copy::backup;
pub use restore::restore;

/// The progress of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Some of the pages are copied.
    Pages {
        /// The number of pages copied.
        done: u64,
        /// The total number of pages.
        all: u64,
    },
    /// All pages are copied and are being verified.
    Verifying,
}

/// Observes a copy, and can stop it.
#[derive(Default)]
pub struct Watch<'w> {
    told: Option<Box<dyn FnMut(Progress) + Send + 'w>>,
    stopped: Arc<AtomicBool>,
}

impl<'w> Watch<'w> {
    /// Sets a function that receives the progress.
    pub fn on_progress(mut self, report: impl FnMut(Progress) + Send + 'w) -> Self {
        self.told = Some(Box::new(report));
        self
    }

    /// Returns a flag that stops the copy once it is set. A partial copy is removed.
    pub fn stop(&self) -> Arc<AtomicBool> {
        self.stopped.clone()
    }

    pub(crate) fn report(&mut self, progress: Progress) {
        if let Some(told) = &mut self.told {
            told(progress);
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.stopped.load(Ordering::Relaxed) { Err(BackupError::Stopped) } else { Ok(()) }
    }
}

/// The size of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The number of pages.
    pub pages: u64,
    /// The size of the file in bytes.
    pub bytes: u64,
}

/// The result of a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The size of the copy.
    pub copied: Copied,
    /// The new path of the previous database; `None` if there was none.
    pub kept: Option<PathBuf>,
}

/// A process that has a file open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// The process ID.
    pub id: u32,
    /// The name of the program.
    pub name: String,
}

/// Why a backup or restore failed. Nothing partial is left, and the database is unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The file to copy does not exist.
    #[error("there is no file {0}")]
    NoFile(PathBuf),
    /// The folder for the copy does not exist.
    #[error("there is no folder {0}")]
    NoFolder(PathBuf),
    /// The destination of the copy already exists.
    #[error("{0} is there already, and stays as it is")]
    Exists(PathBuf),
    /// A WAL or journal is next to the destination. SQLite would apply it to the copy, although it belongs to another
    /// database.
    #[error("{0} is there: it belongs to another database, and would spoil the copy beside it")]
    Beside(PathBuf),
    /// The copy and the database are the same file.
    #[error("{0} is the database itself")]
    SameFile(PathBuf),
    /// The destination has the name of the database's own WAL or journal, which SQLite creates and removes.
    #[error("{0} is the name of a file of the database itself")]
    Side(PathBuf),
    /// The destination is not a regular file, but a folder, a device or a pipe.
    #[error("{0} is no file that a copy could replace")]
    NotAFile(PathBuf),
    /// The file is not a SQLite database.
    #[error("{0} is no database of SQLite")]
    NotADatabase(PathBuf),
    /// The database is damaged, and so would be every copy.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first problem that SQLite found.
        what: String,
    },
    /// Another process has the database open.
    #[error("{path} is in use{}", named(.by))]
    InUse {
        /// The file.
        path: PathBuf,
        /// The processes that have it open, as far as they are visible.
        by: Vec<Process>,
    },
    /// It was stopped by the user.
    #[error("it was stopped")]
    Stopped,
    /// A file cannot be read or written.
    #[error("{path}")]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// SQLite returned an error.
    #[error("{path}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// The error of SQLite.
        source: DriverError,
    },
}

fn named(processes: &[Process]) -> String {
    let names: Vec<String> = processes.iter().map(|process| format!("{} ({})", process.id, process.name)).collect();
    match names.len() {
        0 => String::new(),
        1 => format!(" by the process {}", names[0]),
        _ => format!(" by the processes {}", names.join(", ")),
    }
}

/// A result with a [`BackupError`].
pub type Result<T> = std::result::Result<T, BackupError>;
