//! Migrations: the difference between tables that are declared and those that are there, as statements and files.
//!
//! ```text
//! files (embedded, read) -> made: the tables they make, by a replay in memory
//! made + declared tables -> diff -> Difference -> scripts of both engines -> draft -> write
//! files + engine         -> Migrator: up, down, stamp, prepare
//! ```
//!
//! It is built on the data layer's `schema_tools`, and reads databases through `mwallet-reflect`.

mod author;
mod change;
mod comments;
mod convert;
mod dependents;
mod diff;
mod error;
mod expressions;
mod files;
mod fill;
mod fits;
mod history;
mod inventory;
mod lint;
mod offline;
mod postgres;
mod prepare;
mod renames;
mod runner;
mod script;
mod sqlite;
mod status;
mod stored;
mod text;
mod triggers;

pub use author::{Draft, Made, draft, empty, made};
pub use change::Change;
pub use diff::{Difference, diff};
pub use error::MigrateError;
pub use files::{FilesError, Migration, Scripts, embedded, read, read_so_far, write};
pub use lint::{Warning, lint};
pub use offline::{Stopped, sql};
pub use prepare::{Prepared, check};
pub use renames::Renames;
pub use runner::{DESTRUCTIVE, DataMigration, Event, LOCK_ATTEMPTS, LOCK_TIMEOUT, Migrator};
pub use sqlite::Beside;
pub use status::{Standing, Status};
pub use stored::stored;

/// Carries a folder of migrations in the program.
pub use mwallet_derive::migrations;
