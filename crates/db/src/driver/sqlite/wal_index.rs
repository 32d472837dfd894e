//! Reads the header of the WAL index, which shows without a lock whether anyone has committed.
//!
//! The header is documented in SQLite's *WAL-mode File Format*. It is in memory shared by all connections of all
//! processes, and is rewritten before each commit returns. It includes a commit counter, so that an equal header
//! means an unchanged database.
#![expect(unsafe_code, reason = "rusqlite has no door to the shared memory of SQLite; its C interface has one")]

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::{Connection, ffi};

use super::{connection, errors};
use crate::error::Result;

/// The number of 32-bit words in the header.
const WORDS: usize = 12;
/// The size of the mapped region in bytes. It must equal SQLite's own (`WALINDEX_PGSZ`).
const REGION_BYTES: c_int = 32_768;

/// The header words. As long as they are equal, the database is unchanged.
pub(super) type Header = [u32; WORDS];

/// The WAL index of one connection. It must not outlive the connection.
pub(super) struct WalIndex {
    header: &'static [AtomicU32; WORDS],
}

impl WalIndex {
    /// Opens the WAL index of a connection. Returns `None` if the database has no WAL, as on file systems without
    /// shared memory.
    ///
    /// # Errors
    ///
    /// Returns an error if the database cannot be read.
    pub(super) fn open(connection: &Connection) -> Result<Option<Self>> {
        let has_log = connection::has_log(connection).map_err(errors::convert)?;
        Ok(if has_log { Self::mapped(connection) } else { None })
    }

    /// Maps the index of an open WAL.
    fn mapped(connection: &Connection) -> Option<Self> {
        let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
        let mut region: *mut c_void = ptr::null_mut();
        // SAFETY: The handle belongs to an open connection that nobody else uses meanwhile, because it is not `Sync`.
        // The call stores the file of its main database, which is open as long as the connection is. `xShmMap` is
        // called with arguments of its declared types.
        unsafe {
            let (handle, place) = (connection.handle(), ptr::from_mut(&mut file).cast());
            let code = ffi::sqlite3_file_control(handle, c"main".as_ptr(), ffi::SQLITE_FCNTL_FILE_POINTER, place);
            let methods = file.as_ref().filter(|_| code == ffi::SQLITE_OK)?.pMethods.as_ref()?;
            let map = methods.xShmMap.filter(|_| methods.iVersion >= 2)?;
            if map(file, 0, REGION_BYTES, 0, &raw mut region) != ffi::SQLITE_OK {
                return None;
            }
        }
        // SAFETY: The index starts with the header, at the start of a memory page. It stays mapped until the last
        // connection to it closes or leaves WAL mode. This connection does neither before it is dropped, and no other
        // one can leave WAL mode while it is open. Other processes write here at any time, hence the atomics.
        let header = unsafe { region.cast::<[AtomicU32; WORDS]>().as_ref() }?;
        Some(Self { header })
    }

    /// Returns the current header. If read during a commit, it may mix both states, and so equals neither.
    pub(super) fn header(&self) -> Header {
        std::array::from_fn(|word| self.header[word].load(Ordering::Acquire))
    }
}
