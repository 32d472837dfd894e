//! Copies of databases that are a file of SQLite: taken while they are served, and put back.
//!
//! Both functions block: call them from a thread that may, such as [`mwallet_db::worker::delegate`] gives.
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

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many pages are copied.
    Pages {
        /// How many are copied.
        done: u64,
        /// How many there are.
        all: u64,
    },
    /// All pages are copied, and each is looked at.
    Verifying,
}

/// Who watches a copy being made, and may stop it.
#[derive(Default)]
pub struct Watch<'w> {
    told: Option<Box<dyn FnMut(Progress) + Send + 'w>>,
    stopped: Arc<AtomicBool>,
}

impl<'w> Watch<'w> {
    /// The same, where a function is told how far it is.
    pub fn on_progress(mut self, report: impl FnMut(Progress) + Send + 'w) -> Self {
        self.told = Some(Box::new(report));
        self
    }

    /// What stops it, once it is set: what is half done goes away.
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

/// How much was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The pages of the database.
    pub pages: u64,
    /// The bytes of its file.
    pub bytes: u64,
}

/// What came of putting a copy in the place of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// How much was copied.
    pub copied: Copied,
    /// Where the database lies now that was there before; `None` where there was none.
    pub kept: Option<PathBuf>,
}

/// A process that has a file open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// What it is called.
    pub name: String,
}

/// Why a copy was not made, or not put back. Nothing is left of it then, and the database is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// There is nothing to copy.
    #[error("there is no file {0}")]
    NoFile(PathBuf),
    /// There is no place for the copy.
    #[error("there is no folder {0}")]
    NoFolder(PathBuf),
    /// There is something already where the copy was to be.
    #[error("{0} is there already, and stays as it is")]
    Exists(PathBuf),
    /// A log or journal lies beside the place of the copy. SQLite would put it into the copy, whose it is not.
    #[error("{0} is there: it belongs to another database, and would spoil the copy beside it")]
    Beside(PathBuf),
    /// The copy and the database are one file.
    #[error("{0} is the database itself")]
    SameFile(PathBuf),
    /// The copy has the name of the database's own log or journal, which SQLite makes and removes.
    #[error("{0} is the name of a file of the database itself")]
    Side(PathBuf),
    /// The place of the copy is taken by what is no file: a folder, a device, a pipe.
    #[error("{0} is no file that a copy could replace")]
    NotAFile(PathBuf),
    /// The file is something else.
    #[error("{0} is no database of SQLite")]
    NotADatabase(PathBuf),
    /// The database is damaged, and so would be each copy of it.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite found first.
        what: String,
    },
    /// Somebody has the database open that was to be replaced.
    #[error("{path} is in use{}", named(.by))]
    InUse {
        /// Which file.
        path: PathBuf,
        /// The processes that have it open, as far as they can be seen.
        by: Vec<Process>,
    },
    /// Somebody stopped it.
    #[error("it was stopped")]
    Stopped,
    /// A file cannot be read or written.
    #[error("{path}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What SQLite says of a file.
    #[error("{path}")]
    Sqlite {
        /// Which file.
        path: PathBuf,
        /// What it says.
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

/// What the operations of this module give back.
pub type Result<T> = std::result::Result<T, BackupError>;
