//! The header of the index of the log, by which a connection sees without a lock whether anybody has committed.
//!
//! What this header is stands in SQLite's description of its files (*WAL-mode file format*): memory that all
//! connections of all programs share, whose header is written anew with each commit, before that commit returns. It
//! carries a counter of commits, so that the same header means the same database.
#![expect(unsafe_code, reason = "rusqlite has no door to the shared memory of SQLite; its C interface has one")]

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::{Connection, ffi};

use super::{connection, errors};
use crate::error::Result;

/// How many words the header has.
const WORDS: usize = 12;
/// How much of the index is mapped at once. It must be what SQLite itself asks for (`WALINDEX_PGSZ`).
const REGION_BYTES: c_int = 32_768;

/// What the database is at some moment: as long as it is the same, so is the database.
pub(super) type Header = [u32; WORDS];

/// The index of the log of one connection. It must not outlive that.
pub(super) struct WalIndex {
    header: &'static [AtomicU32; WORDS],
}

impl WalIndex {
    /// The index of the log of a connection; `None` where the file system has no shared memory, and so no log.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub(super) fn open(connection: &Connection) -> Result<Option<Self>> {
        let has_log = connection::has_log(connection).map_err(errors::convert)?;
        Ok(if has_log { Self::mapped(connection) } else { None })
    }

    /// The index of a log that is open.
    fn mapped(connection: &Connection) -> Option<Self> {
        let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
        let mut region: *mut c_void = ptr::null_mut();
        // SAFETY: the handle is that of an open connection, which nobody else uses meanwhile, since it is not `Sync`.
        // The call stores the file of its main database, which is open as long as the connection is, and `xShmMap` is
        // called as its type wants it.
        unsafe {
            let (handle, place) = (connection.handle(), ptr::from_mut(&mut file).cast());
            let code = ffi::sqlite3_file_control(handle, c"main".as_ptr(), ffi::SQLITE_FCNTL_FILE_POINTER, place);
            let methods = file.as_ref().filter(|_| code == ffi::SQLITE_OK)?.pMethods.as_ref()?;
            let map = methods.xShmMap.filter(|_| methods.iVersion >= 2)?;
            if map(file, 0, REGION_BYTES, 0, &raw mut region) != ffi::SQLITE_OK {
                return None;
            }
        }
        // SAFETY: the index begins with the header, at the beginning of a page of memory, and stays where it is until
        // the last connection to it closes or leaves the log. This one does neither before it is dropped: no other can
        // make it leave while it is open. Other programs write here at any time, for which atomics are made.
        let header = unsafe { region.cast::<[AtomicU32; WORDS]>().as_ref() }?;
        Some(Self { header })
    }

    /// The header as it is now. In the middle of a commit it may be of both sides, and so is equal to neither.
    pub(super) fn header(&self) -> Header {
        std::array::from_fn(|word| self.header[word].load(Ordering::Acquire))
    }
}
