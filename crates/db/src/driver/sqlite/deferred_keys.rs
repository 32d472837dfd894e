//! Checks whether an open transaction could be committed, as far as deferred foreign keys are concerned. SQLite
//! counts the violations so far and checks the count on commit. `PRAGMA foreign_key_check` would read whole tables
//! instead.

#![expect(unsafe_code, reason = "rusqlite has no door to the counters of a connection; SQLite's C interface has one")]

use rusqlite::{Connection, ffi};

use crate::error::{ConstraintKind, Error, Result, Violation};

/// Returns the error that a commit would report if a deferred foreign key is violated.
pub(super) fn check(connection: &Connection) -> Result<()> {
    let (mut broken, mut highest) = (0, 0);
    // SAFETY: The handle belongs to an open connection that only this thread uses, and SQLite writes only to the two
    // integers.
    let status = unsafe {
        let counter = ffi::SQLITE_DBSTATUS_DEFERRED_FKS;
        ffi::sqlite3_db_status(connection.handle(), counter, &raw mut broken, &raw mut highest, 0)
    };
    if status != ffi::SQLITE_OK {
        return Err(Error::Database {
            code: None,
            source: "SQLite does not tell what its foreign keys lead to".into(),
        });
    }
    if broken == 0 {
        return Ok(());
    }
    let kind = ConstraintKind::ForeignKey;
    Err(Error::Constraint(Violation { kind, constraint: None, table: None, columns: Vec::new(), details: None }))
}
