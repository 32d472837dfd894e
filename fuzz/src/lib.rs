//! The oracles of the fuzz targets. Each takes an input and panics if something is wrong with what becomes of it.
//!
//! The tests of `crates/db` include this file and run every seed through the same functions.

pub mod catalog;
pub mod document;
pub mod headers;
pub mod plan;
pub mod query_string;
pub mod sql_text;
pub mod url;
