//! Behaviour tests on both engines. A single test binary, so that it is linked only once.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what a test stands on must be there")]

mod connecting;
mod counted_lists;
mod crud;
mod decimals;
mod definitions;
mod derive;
mod echo;
mod edges;
mod forms_of_rows;
mod fuzz_seeds;
mod grants;
mod lookups;
mod postgres_cancel;
mod relations;
mod row_counts;
mod scope;
mod session;
mod slow_readers;
mod sqlite_file;
mod sqlite_group;
mod support;
mod wrong_declarations;
