//! Helpers for programs that open our SQLite files themselves, for example for a backup.

pub use crate::driver::sqlite::{register_functions, side_file};
