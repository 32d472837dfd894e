//! Tests of migrations on both engines. It is one program, so that it is linked once.

#![expect(clippy::unwrap_used, reason = "what a test stands on must be there")]

mod migrate;
