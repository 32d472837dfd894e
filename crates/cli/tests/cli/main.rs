//! The program as people run it, over both engines.

#![expect(clippy::unwrap_used, reason = "a test that cannot have what it stands on must stop")]

mod backup;
mod blocks;
mod calls;
mod clients;
mod crash;
mod demo;
mod disk;
mod docs;
mod files;
mod guides;
mod how_to;
mod legacy;
mod log;
mod migrate;
mod others;
mod permissions;
mod reach;
mod seed;
#[cfg(unix)]
mod signals;
mod slow_clients;
mod support;
