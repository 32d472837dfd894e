//! The compared targets, each in its own file. A new one needs a file, and a line in the list here.

mod baseline;
mod fastapi_sqlalchemy;
mod http;
mod mwallet;

pub(super) use fastapi_sqlalchemy::versions as fastapi_sqlalchemy_versions;

use super::workdir::Workdir;
use super::workloads::Workload;
use crate::Result;

/// The name of the baseline, to which all others are compared.
pub(super) const BASELINE: &str = "baseline";
pub(super) const MWALLET_POSTGRES: &str = "mwallet-postgres";
pub(super) const MWALLET_SQLITE: &str = "mwallet-sqlite";
pub(super) const FASTAPI_SQLALCHEMY: &str = "fastapi-sqlalchemy";

/// All targets, in the order of their turns.
pub(super) const TARGETS: [Entry; 8] = [
    Entry { name: BASELINE, is_default: true, start: baseline::start },
    Entry { name: MWALLET_POSTGRES, is_default: true, start: mwallet::start_on_postgres },
    Entry { name: "closed-postgres", is_default: false, start: mwallet::start_closed_on_postgres },
    Entry { name: "limited-postgres", is_default: false, start: mwallet::start_limited_on_postgres },
    Entry { name: MWALLET_SQLITE, is_default: true, start: mwallet::start_on_sqlite },
    Entry { name: "closed-sqlite", is_default: false, start: mwallet::start_closed_on_sqlite },
    Entry { name: "limited-sqlite", is_default: false, start: mwallet::start_limited_on_sqlite },
    Entry { name: FASTAPI_SQLALCHEMY, is_default: true, start: fastapi_sqlalchemy::start },
];

/// A target that can be started.
pub(super) struct Entry {
    pub(super) name: &'static str,
    /// Whether it is measured if no target is named.
    pub(super) is_default: bool,
    start: fn(&Workdir, Tables) -> Result<Box<dyn Target>>,
}

impl Entry {
    /// Fills its database and starts it.
    pub(super) fn start(&self, workdir: &Workdir, tables: Tables) -> Result<Started> {
        let running =
            (self.start)(workdir, tables).map_err(|error| format!("{} cannot be started: {error}", self.name))?;
        Ok(Started { name: self.name, running })
    }
}

/// The tables that the chosen workloads need.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tables {
    /// Those of mWallet.
    Own,
    /// Those of mWallet, and the three related ones.
    Embed,
}

/// A running target. It is stopped on drop.
pub(super) struct Started {
    pub(super) name: &'static str,
    pub(super) running: Box<dyn Target>,
}

/// A program that can run workloads.
pub(super) trait Target {
    /// Returns the command that started it, and other notes.
    fn about(&self) -> Vec<String>;

    /// Runs the workload once and checks the response.
    fn check(&self, workload: &Workload) -> Result<()>;

    /// Runs a workload for this number of seconds.
    fn measure(&self, workload: &Workload, seconds: u32) -> Result<Sample>;
}

/// The result of one measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// The number of failed requests.
    pub(super) errors: u64,
    /// The resource usage of its processes, if it has any.
    pub(super) usage: Option<Usage>,
}

/// The resources that a target used in a measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Usage {
    /// The CPU time per request, in microseconds.
    pub(super) cpu_us: f64,
    /// The sum of the memory peaks of its processes.
    pub(super) peak_mib: f64,
}
