//! The traits that give entities their methods and their columns: `use mwallet_db::prelude::*;`.

pub use crate::{Entity, KeyColumns, LoadRelated, NameColumns, TimestampsColumns};
