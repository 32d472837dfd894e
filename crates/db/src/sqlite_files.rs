//! What a program needs that opens a SQLite file of this data layer by itself, such as for a backup.

pub use crate::driver::sqlite::{register_functions, side_file};
