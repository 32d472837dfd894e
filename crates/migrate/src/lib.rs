//! Migrations: converts the difference between declared and existing tables to statements and files.
//!
//! ```text
//! files (embedded, read) -> made: the tables they make, by a replay in memory
//! made + declared tables -> diff -> Difference -> scripts of both engines -> draft -> write
//! files + engine         -> Migrator: up, down, stamp, prepare
//! ```
//!
//! It is built on the data layer's `schema_tools`, and reads databases through `mwallet-reflect`.

mod backfill;
mod change;
mod comments;
mod convert;
mod dependents;
mod diff;
mod ensure;
mod error;
mod export;
mod expressions;
mod files;
mod fits;
mod generate;
mod history;
mod inventory;
mod lint;
mod normalize;
mod postgres;
mod renames;
mod runner;
mod script;
mod sqlite;
mod status;
mod text;
mod triggers;

pub use change::Change;
pub use diff::{Difference, diff};
pub use ensure::{Prepared, check};
pub use error::MigrateError;
pub use export::{Stopped, sql};
pub use files::{FilesError, Migration, Scripts, embedded, read, read_so_far, write};
pub use generate::{Draft, SchemaSnapshot, empty, generate, replay};
pub use lint::{Warning, lint};
pub use normalize::stored;
pub use renames::Renames;
pub use runner::{DESTRUCTIVE, DataMigration, Event, LOCK_ATTEMPTS, LOCK_TIMEOUT, Migrator};
pub use sqlite::Beside;
pub use status::{MigrationState, Status};

/// Embeds a folder of migrations in the program.
pub use mwallet_derive::migrations;
