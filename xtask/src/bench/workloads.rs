//! What is measured: one file for each workload. A new one is a file, and a line in each of the two lists here.

mod create;
mod get;
mod list;

use serde_json::Value;

use crate::Result;

/// All workloads, in the order they are run: those that write come last, so that the others find what was filled in.
pub(super) const WORKLOADS: [&Workload; 3] = [&get::GET, &list::LIST, &create::CREATE];

/// Something that each target is asked to do, over and over.
pub(super) struct Workload {
    pub(super) name: &'static str,
    /// What one request asks for.
    pub(super) what: &'static str,
    /// The script of wrk, below `bench/wrk`. It is given the path on which the target takes the workload.
    pub(super) script: &'static str,
    /// The statement of pgbench, below `bench/baseline`.
    pub(super) baseline: &'static str,
    /// What is posted; a workload that reads posts nothing.
    pub(super) body: Option<&'static str>,
    /// The status of every answer.
    pub(super) status: u16,
    /// Looks at one answer before anything is measured: whether it is what was asked for.
    pub(super) check: fn(&Value) -> Result<()>,
    /// Targets, and which part of the baseline each must reach.
    pub(super) floors: &'static [(&'static str, f64)],
}

impl Workload {
    /// The part of the baseline that a target must reach.
    pub(super) fn floor(&self, target: &str) -> Option<f64> {
        self.floors.iter().find(|(name, _)| *name == target).map(|(_, floor)| *floor)
    }
}

/// Fails with what a target answered, where that is not what was asked for.
fn expect(holds: bool, wanted: &str, answer: &Value) -> Result<()> {
    if holds {
        return Ok(());
    }
    let mut text = answer.to_string();
    text.truncate(text.char_indices().nth(500).map_or(text.len(), |(end, _)| end));
    Err(format!("expected {wanted}, got {text}").into())
}
