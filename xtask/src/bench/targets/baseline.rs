//! The baseline: pgbench with the same work on mWallet's tables, without HTTP.

use std::fs;
use std::process::Command;

use super::{Sample, Tables, Target};
use crate::bench::CONNECTIONS;
use crate::bench::tools::output;
use crate::bench::workdir::{DATABASE, Workdir};
use crate::bench::workloads::Workload;
use crate::{Result, root, show};

/// The share of transactions whose latency is logged: a few thousand per measurement.
const SAMPLED: &str = "0.05";

pub(super) fn start(workdir: &Workdir, tables: Tables) -> Result<Box<dyn Target>> {
    workdir.mwallet_database()?;
    if tables == Tables::Embed {
        workdir.embed_database()?;
    }
    let logs = workdir.directory("pgbench")?;
    let mut command = Command::new(&workdir.tools.pgbench);
    // It uses the tables of mWallet, which are created on first use.
    command.args(["-n", "-M", "prepared", "-c", &CONNECTIONS.to_string(), "-j", "2"]);
    command.args(["-h", "127.0.0.1", "-p", &workdir.server.port().to_string(), "-U", "postgres"]);
    command.args(["-l", "--sampling-rate", SAMPLED, "--log-prefix", "times"]).current_dir(&logs);
    Ok(Box::new(Baseline { command, logs }))
}

struct Baseline {
    /// pgbench with the constant arguments.
    command: Command,
    /// The folder of the latency logs.
    logs: std::path::PathBuf,
}

impl Baseline {
    fn run(&self, workload: &Workload, length: &[&str]) -> Result<String> {
        let mut command = Command::new(self.command.get_program());
        command.args(self.command.get_args()).current_dir(&self.logs);
        command
            .args(length)
            .arg("-f")
            .arg(root().join("bench/baseline").join(workload.baseline))
            .arg(workload.database);
        output(&mut command)
    }
}

impl Target for Baseline {
    fn about(&self) -> Vec<String> {
        vec![format!("{} -T SECONDS -f bench/baseline/WORKLOAD.sql {DATABASE}", show(&self.command))]
    }

    fn check(&self, workload: &Workload) -> Result<()> {
        let said = self.run(workload, &["-t", "1"])?;
        if number(&said, "number of failed transactions: ") == Some(0.0) { Ok(()) } else { Err(said.into()) }
    }

    fn measure(&self, workload: &Workload, seconds: u32) -> Result<Sample> {
        for log in fs::read_dir(&self.logs)? {
            fs::remove_file(log?.path())?;
        }
        let said = self.run(workload, &["-T", &seconds.to_string()])?;
        let unread = || format!("what pgbench said cannot be read:\n{said}");
        let per_second = number(&said, "tps = ").ok_or_else(unread)?;
        let errors = number(&said, "number of failed transactions: ").ok_or_else(unread)? as u64;
        let times = self.times()?;
        let share = |part: f64| times.get(((times.len() as f64 * part) as usize).min(times.len() - 1)).copied();
        let (p50, p99) = (share(0.5).unwrap_or_default(), share(0.99).unwrap_or_default());
        Ok(Sample { per_second, p50_ms: p50 as f64 / 1e3, p99_ms: p99 as f64 / 1e3, errors, usage: None })
    }
}

impl Baseline {
    /// Returns the sampled latencies in microseconds, in ascending order.
    fn times(&self) -> Result<Vec<u64>> {
        let mut times = Vec::new();
        for log in fs::read_dir(&self.logs)? {
            // Client, transaction, microseconds, ...
            let text = fs::read_to_string(log?.path())?;
            times.extend(text.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<u64>().ok()));
        }
        if times.is_empty() {
            return Err("pgbench wrote no times down: the measurement is too short".into());
        }
        times.sort_unstable();
        Ok(times)
    }
}

/// Parses the number after a text.
fn number(said: &str, behind: &str) -> Option<f64> {
    let (_, rest) = said.split_once(behind)?;
    rest.split(|c: char| !c.is_ascii_digit() && c != '.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pgbench_says_is_read() {
        let said = "number of transactions actually processed: 146\nnumber of failed transactions: 2 (0.000%)\n\
                    latency average = 0.8 ms\ntps = 18344.120000 (without initial connection time)\n";
        assert_eq!(number(said, "tps = "), Some(18344.12));
        assert_eq!(number(said, "number of failed transactions: "), Some(2.0));
        assert_eq!(number(said, "rows = "), None);
    }
}
