//! `cargo xtask bench`: how fast mWallet is, against the baseline of PostgreSQL and against a competitor, in one run.
//!
//! Targets take turns at each workload, so that what changes on the machine meanwhile meets all of them. What to run
//! is decided here; workloads and targets have a file each.

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
use targets::{BASELINE, Entry, Started, TARGETS};
use tools::Tools;
use workdir::Workdir;
use workloads::{WORKLOADS, Workload};

/// Connections at the same time, of wrk and of pgbench.
const CONNECTIONS: u32 = 16;
/// Seconds that each target does a workload before it counts.
const WARM_UP: u32 = 2;

/// What to measure, and how to tell it.
#[derive(Args)]
pub(crate) struct Options {
    /// How often each is measured; the median counts
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How long each measurement takes
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Only the workloads and targets whose name contains this; the baseline is always there, else there is no ratio
    ///
    /// May be given several times: of the patterns that name workloads, any; of those that name targets, any.
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,
    /// Fail where a part of the baseline that must be reached is missed by more than the spread of the run
    #[arg(long)]
    check: bool,
    /// Write everything as JSON to standard output
    #[arg(long)]
    json: bool,
    /// Install the programs that are missing
    #[arg(long)]
    install: bool,
}

/// Measures and prints. Gives whether all floors hold, where that is asked for.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let (workloads, entries) = choose(&options.only)?;
    let tools = Tools::find(options.install)?;
    let target = machine::metadata()?["target_directory"].as_str().map(PathBuf::from);
    let workdir = Workdir::new(tools, target.ok_or("cargo did not say where it builds")?)?;
    // Dropped before the workdir they stand on.
    let targets = entries.iter().map(|entry| entry.start(&workdir)).collect::<Result<Vec<_>>>()?;
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
        // So that none begins with what another left to be written.
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

/// The workloads and targets that patterns choose.
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
    if entries.iter().any(|entry| matching(entry.name)) {
        entries.retain(|entry| matching(entry.name) || entry.name == BASELINE);
    }
    Ok((workloads, entries))
}

/// Has the targets take turns at a workload.
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

/// Says how each floor stands, and whether none is missed.
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
    fn patterns_choose_workloads_and_subjects() {
        assert_eq!(chosen(&[]).0, ["get", "list", "create"]);
        assert_eq!(chosen(&["sqlite"]), (vec!["get", "list", "create"], vec!["baseline", "mwallet-sqlite"]));
        assert_eq!(chosen(&["get", "create", "mwallet"]).0, ["get", "create"]);
        assert_eq!(chosen(&["mwallet"]).1, ["baseline", "mwallet-postgres", "mwallet-sqlite"]);
        assert_eq!(chosen(&["baseline"]).1, ["baseline"]);
        assert!(
            choose(&["oracle".into()]).err().unwrap().to_string().contains("there are get, list, create, baseline")
        );
    }

    #[test]
    fn floors_are_of_subjects_that_exist() {
        for (workload, (target, _)) in WORKLOADS.iter().flat_map(|w| w.floors.iter().map(move |floor| (w, floor))) {
            assert!(TARGETS.iter().any(|entry| entry.name == *target), "{}: {target}", workload.name);
        }
    }
}
