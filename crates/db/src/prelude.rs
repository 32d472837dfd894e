//! The traits that give entities their tables, the columns of their groups, and the loading of related rows:
//! `use mwallet_db::prelude::*;`.

pub use crate::{Entity, KeyColumns, LoadRelated, NameColumns, TimestampsColumns};
