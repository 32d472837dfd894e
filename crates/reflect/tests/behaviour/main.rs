//! Tests of reflection on both engines. It is one program, so that it is linked once.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what a test stands on must be there")]

mod generated;
mod reflect;
mod scripts;
