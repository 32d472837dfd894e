//! One file per command, with its options and its code.

pub(crate) mod backup;
pub(crate) mod completions;
pub(crate) mod generate;
pub(crate) mod import;
pub(crate) mod inspect;
pub(crate) mod key;
pub(crate) mod migrate;
pub(crate) mod permissions;
pub(crate) mod restore;
pub(crate) mod schema;
#[cfg(feature = "demo")]
pub(crate) mod seed;
pub(crate) mod serve;
