//! What is compared: one file for each target. A new one is a file, and a line in the list here.

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

/// All targets, in the order they take turns.
pub(super) const TARGETS: [Entry; 4] = [
    Entry { name: BASELINE, start: baseline::start },
    Entry { name: MWALLET_POSTGRES, start: mwallet::start_on_postgres },
    Entry { name: MWALLET_SQLITE, start: mwallet::start_on_sqlite },
    Entry { name: FASTAPI_SQLALCHEMY, start: fastapi_sqlalchemy::start },
];

/// A target that may be started.
pub(super) struct Entry {
    pub(super) name: &'static str,
    start: fn(&Workdir) -> Result<Box<dyn Target>>,
}

impl Entry {
    /// Fills its database and starts it.
    pub(super) fn start(&self, workdir: &Workdir) -> Result<Started> {
        let running = (self.start)(workdir).map_err(|error| format!("{} cannot be started: {error}", self.name))?;
        Ok(Started { name: self.name, running })
    }
}

/// A target that runs. Dropped, it is stopped.
pub(super) struct Started {
    pub(super) name: &'static str,
    pub(super) running: Box<dyn Target>,
}

/// Something that does workloads.
pub(super) trait Target {
    /// How it was started, as a person would type it, and what else is worth knowing.
    fn about(&self) -> Vec<String>;

    /// Asks for each workload once and looks at the answer.
    fn check(&self, workload: &Workload) -> Result<()>;

    /// Has it do a workload for so many seconds.
    fn measure(&self, workload: &Workload, seconds: u32) -> Result<Sample>;
}

/// What came of one measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// Requests that failed in any way.
    pub(super) errors: u64,
    /// What the processes of the target used, where it has any of its own.
    pub(super) usage: Option<Usage>,
}

/// What the processes of a target used for a measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Usage {
    /// Time of the processor for each request, in microseconds.
    pub(super) cpu_us: f64,
    /// The sum of what each process had in memory at its peak.
    pub(super) peak_mib: f64,
}
