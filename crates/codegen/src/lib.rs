//! Generates code for tables: [TypeScript](typescript) types and [Rust](rust) entities.
//!
//! It reads no database and writes no file: it takes tables and returns text.

pub mod rust;
pub mod typescript;
