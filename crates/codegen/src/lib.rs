//! Tables written as declarations for programs in other languages: [TypeScript](typescript), and [Rust](rust) entities.
//!
//! It reads no database and writes no file: what it is given are tables, and what it gives are texts.

pub mod rust;
pub mod typescript;
