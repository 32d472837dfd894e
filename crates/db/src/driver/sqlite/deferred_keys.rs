//! Whether a transaction that is open could be committed, as far as foreign keys say: SQLite counts those that lead
//! nowhere so far, and looks at the count when it commits. To look for them (`PRAGMA foreign_key_check`) would read
//! whole tables.

#![expect(unsafe_code, reason = "rusqlite has no door to the counters of a connection; SQLite's C interface has one")]

use rusqlite::{Connection, ffi};

use crate::error::{ConstraintKind, Error, Result, Violation};

/// Fails as a commit would, where a foreign key that is held at its end leads nowhere.
pub(super) fn check(connection: &Connection) -> Result<()> {
    let (mut broken, mut highest) = (0, 0);
    // SAFETY: the handle is that of an open connection, which only this thread uses, and SQLite writes to the two
    // numbers alone.
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
