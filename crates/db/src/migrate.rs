//! Migrations: the difference between tables that are declared and those that are there, as statements and files.

mod stored;

pub use stored::stored;
