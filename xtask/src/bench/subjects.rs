//! What is compared: one file for each subject. A new one is a file, and a line in the list here.

mod fastapi_sqlalchemy;
mod http;
mod limit;
mod mwallet;

pub(super) use fastapi_sqlalchemy::versions as fastapi_sqlalchemy_versions;

use super::place::Place;
use super::workloads::Workload;
use crate::Result;

/// The name of the limit, to which all others are compared.
pub(super) const LIMIT: &str = "limit";
pub(super) const MWALLET_POSTGRES: &str = "mwallet-postgres";
pub(super) const MWALLET_SQLITE: &str = "mwallet-sqlite";
pub(super) const FASTAPI_SQLALCHEMY: &str = "fastapi-sqlalchemy";

/// All subjects, in the order they take turns.
pub(super) const SUBJECTS: [Entry; 4] = [
    Entry { name: LIMIT, start: limit::start },
    Entry { name: MWALLET_POSTGRES, start: mwallet::start_on_postgres },
    Entry { name: MWALLET_SQLITE, start: mwallet::start_on_sqlite },
    Entry { name: FASTAPI_SQLALCHEMY, start: fastapi_sqlalchemy::start },
];

/// A subject that may be started.
pub(super) struct Entry {
    pub(super) name: &'static str,
    start: fn(&Place) -> Result<Box<dyn Subject>>,
}

impl Entry {
    /// Fills its database and starts it.
    pub(super) fn start(&self, place: &Place) -> Result<Started> {
        let subject = (self.start)(place).map_err(|error| format!("{} cannot be started: {error}", self.name))?;
        Ok(Started { name: self.name, subject })
    }
}

/// A subject that runs. Dropped, it is stopped.
pub(super) struct Started {
    pub(super) name: &'static str,
    pub(super) subject: Box<dyn Subject>,
}

/// Something that does workloads.
pub(super) trait Subject {
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
    /// What the processes of the subject used, where it has any of its own.
    pub(super) usage: Option<Usage>,
}

/// What the processes of a subject used for a measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Usage {
    /// Time of the processor for each request, in microseconds.
    pub(super) cpu_us: f64,
    /// The sum of what each process had in memory at its peak.
    pub(super) peak_mib: f64,
}
