//! `cargo xtask bench`: measures mWallet against the baseline of PostgreSQL and against a competitor, in one run.
//!
//! Subjects take turns at each workload, so that changes in the state of the machine affect all of them. This file
//! decides what to run; each workload and target has its own file.

mod machine;
mod process;
mod report;
mod targets;
mod tools;
mod workdir;
mod workloads;
mod wrk;

use std::path::PathBuf;

use clap::Args;

use crate::Result;
use report::{Report, Row, Standing};
use targets::{BASELINE, Entry, Started, TARGETS, Tables};
use tools::Tools;
use workdir::{EMBED_DATABASE, Workdir};
use workloads::{WORKLOADS, Workload};

/// The number of concurrent connections of wrk and pgbench.
const CONNECTIONS: u32 = 16;
/// The warm-up of each target and workload, in seconds.
const WARM_UP: u32 = 2;

/// What to measure, and how to report it.
#[derive(Args)]
pub(crate) struct Options {
    /// Number of measurements of each target and workload; the median counts
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Duration of each measurement in seconds
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Only measure workloads and targets whose name contains this; the baseline is always measured, as the base of
    /// ratios. The targets closed-* (by permissions, with a token) and limited-* (with limits too) are measured only so
    ///
    /// Can be repeated: a workload or target is measured if any pattern for its kind matches.
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,
    /// Fail if a target misses its floor by more than the spread of the run
    #[arg(long)]
    check: bool,
    /// Write all results as JSON to standard output
    #[arg(long)]
    json: bool,
    /// Install missing programs
    #[arg(long)]
    install: bool,
}

/// Runs and prints the measurements. Returns whether all floors hold, if that is checked.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let (workloads, entries) = choose(&options.only)?;
    let tools = Tools::find(options.install)?;
    let target = machine::metadata()?["target_directory"].as_str().map(PathBuf::from);
    let workdir = Workdir::new(tools, target.ok_or("cargo did not say where it builds")?)?;
    let tables = match workloads.iter().any(|workload| workload.database == EMBED_DATABASE) {
        true => Tables::Embed,
        false => Tables::Own,
    };
    let targets = entries.iter().map(|entry| entry.start(&workdir, tables)).collect::<Result<Vec<_>>>()?;
    // Dropped before the place they depend on.
    for (workload, target) in workloads.iter().flat_map(|workload| targets.iter().map(move |s| (workload, s))) {
        target.running.check(workload).map_err(|error| format!("{}, {}: {error}", target.name, workload.name))?;
    }

    let mut report = Report {
        facts: machine::facts(&workdir, entries.iter().any(|entry| entry.name == targets::FASTAPI_SQLALCHEMY)),
        targets: targets.iter().map(|target| (target.name, target.running.about())).collect(),
        rounds: options.rounds as usize,
        seconds: options.seconds,
        connections: CONNECTIONS,
        rows: Vec::new(),
    };
    for workload in workloads {
        eprintln!("xtask: {}: {}", workload.name, workload.what);
        // So that none begins with unwritten data of another.
        workdir.psql("postgres", "CHECKPOINT")?;
        report.rows.extend(measure(workload, &targets, options)?);
    }
    drop(targets);
    drop(workdir);
    if options.json {
        println!("{:#}", report.json());
    } else {
        print!("{report}");
    }
    Ok(!options.check || all_hold(&report))
}

/// Returns the workloads and targets that match the patterns.
fn choose(patterns: &[String]) -> Result<(Vec<&'static Workload>, Vec<&'static Entry>)> {
    let matching = |name: &str| patterns.iter().any(|pattern| name.contains(pattern.as_str()));
    let names = || WORKLOADS.iter().map(|workload| workload.name).chain(TARGETS.iter().map(|entry| entry.name));
    if let Some(unknown) = patterns.iter().find(|pattern| !names().any(|name| name.contains(pattern.as_str()))) {
        let names: Vec<_> = names().collect();
        return Err(format!("nothing is called {unknown}; there are {}", names.join(", ")).into());
    }
    let mut workloads = WORKLOADS.to_vec();
    if workloads.iter().any(|workload| matching(workload.name)) {
        workloads.retain(|workload| matching(workload.name));
    }
    let mut entries: Vec<&Entry> = TARGETS.iter().collect();
    let is_named = |entry: &&Entry| match entry.is_default {
        true => matching(entry.name),
        // A pattern for others as well does not mean these.
        false => patterns.iter().any(|pattern| {
            let is_of_default = |other: &Entry| other.is_default && other.name.contains(pattern.as_str());
            entry.name.contains(pattern.as_str()) && !TARGETS.iter().any(is_of_default)
        }),
    };
    match entries.iter().any(is_named) {
        true => entries.retain(|entry| is_named(entry) || entry.name == BASELINE),
        false => entries.retain(|entry| entry.is_default),
    }
    Ok((workloads, entries))
}

/// Lets the targets take turns at a workload.
fn measure(workload: &'static Workload, targets: &[Started], options: &Options) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> =
        targets.iter().map(|target| Row { workload, target: target.name, samples: Vec::new() }).collect();
    for target in targets {
        target.running.measure(workload, WARM_UP)?;
    }
    for round in 1..=options.rounds {
        for (row, target) in rows.iter_mut().zip(targets) {
            let sample = target.running.measure(workload, options.seconds)?;
            eprintln!(
                "xtask: {} {round}/{}: {} {:.0}/s",
                workload.name, options.rounds, target.name, sample.per_second
            );
            if sample.errors > 0 {
                let who = format!("{} at {}", target.name, workload.name);
                return Err(
                    format!("{who}: {} requests failed; figures beside failures mean nothing", sample.errors).into()
                );
            }
            row.samples.push(sample);
        }
    }
    Ok(rows)
}

/// Prints the state of each floor. Returns whether none is missed.
fn all_hold(report: &Report) -> bool {
    let standings = report.standings();
    for (row, floor, standing) in &standings {
        eprintln!("xtask: floor {floor} of {} at {}: {standing}", row.target, row.workload.name);
    }
    standings.iter().all(|(_, _, standing)| *standing != Standing::Missed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(patterns: &[&str]) -> (Vec<&'static str>, Vec<&'static str>) {
        let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        let (workloads, entries) = choose(&patterns).unwrap();
        (workloads.iter().map(|workload| workload.name).collect(), entries.iter().map(|entry| entry.name).collect())
    }

    #[test]
    fn patterns_choose_workloads_and_targets() {
        assert_eq!(chosen(&[]).0, ["get", "list", "embed", "create"]);
        assert_eq!(chosen(&["sqlite"]), (vec!["get", "list", "embed", "create"], vec!["baseline", "mwallet-sqlite"]));
        assert_eq!(chosen(&["get", "create", "mwallet"]).0, ["get", "create"]);
        assert_eq!(chosen(&["mwallet"]).1, ["baseline", "mwallet-postgres", "mwallet-sqlite"]);
        assert_eq!(chosen(&["closed-s", "mwallet-s"]).1, ["baseline", "mwallet-sqlite", "closed-sqlite"]);
        assert_eq!(chosen(&["baseline"]).1, ["baseline"]);
        let unknown = choose(&["oracle".into()]).err().unwrap().to_string();
        assert!(unknown.contains("there are get, list, embed, create, baseline"), "{unknown}");
    }

    #[test]
    fn floors_are_of_targets_that_exist() {
        for (workload, (target, _)) in WORKLOADS.iter().flat_map(|w| w.floors.iter().map(move |floor| (w, floor))) {
            assert!(TARGETS.iter().any(|entry| entry.name == *target), "{}: {target}", workload.name);
        }
    }
}
