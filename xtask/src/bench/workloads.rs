//! The measured workloads, each in its own file. A new one needs a file, and a line in each of the two lists here.

mod create;
mod embed;
mod get;
mod list;

use serde_json::Value;

use crate::Result;

/// All workloads, in order. Those that write come last, so that the others find the original data.
pub(super) const WORKLOADS: [&Workload; 4] = [&get::GET, &list::LIST, &embed::EMBED, &create::CREATE];

/// A request that each target repeats.
pub(super) struct Workload {
    pub(super) name: &'static str,
    /// A description of one request.
    pub(super) what: &'static str,
    /// The wrk script in `bench/wrk`. It gets the path under which the target serves the workload.
    pub(super) script: &'static str,
    /// The pgbench statement in `bench/baseline`.
    pub(super) baseline: &'static str,
    /// The database of the baseline.
    pub(super) database: &'static str,
    /// The request body, unless the workload only reads.
    pub(super) body: Option<&'static str>,
    /// The expected status.
    pub(super) status: u16,
    /// Checks one response before the measurement.
    pub(super) check: fn(&Value) -> Result<()>,
    /// The share of the baseline that targets must reach.
    pub(super) floors: &'static [(&'static str, f64)],
}

impl Workload {
    /// Returns the share of the baseline that a target must reach.
    pub(super) fn floor(&self, target: &str) -> Option<f64> {
        self.floors.iter().find(|(name, _)| *name == target).map(|(_, floor)| *floor)
    }
}

/// Returns an error with the response if it is wrong.
fn expect(holds: bool, wanted: &str, answer: &Value) -> Result<()> {
    if holds {
        return Ok(());
    }
    let mut text = answer.to_string();
    text.truncate(text.char_indices().nth(500).map_or(text.len(), |(end, _)| end));
    Err(format!("expected {wanted}, got {text}").into())
}
