//! Migrations: the difference between tables that are declared and those that are there, as statements and files.

mod change;
mod convert;
mod diff;
mod fill;
mod postgres;
mod script;
mod sqlite;
mod stored;

pub use change::Change;
pub use diff::{Difference, Renames, diff};
pub use sqlite::Beside;
pub use stored::stored;
