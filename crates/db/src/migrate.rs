//! Migrations: the difference between tables that are declared and those that are there, as statements and files.

mod author;
mod change;
mod convert;
mod diff;
mod files;
mod fill;
pub(crate) mod history;
mod lint;
mod offline;
mod postgres;
mod runner;
mod script;
mod sqlite;
mod stored;

pub use author::{Draft, Made, draft, empty, made};
pub use change::Change;
pub use diff::{Difference, Renames, diff};
pub use files::{FilesError, Migration, Scripts, embedded, read, write};
pub use lint::{Warning, lint};
pub use offline::{Stopped, sql};
pub use runner::{DESTRUCTIVE, DataMigration, Event, MigrateError, Migrator, Prepared, Standing, Status, check};
pub use sqlite::Beside;
pub use stored::stored;
