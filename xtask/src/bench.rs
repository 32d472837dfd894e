//! `cargo xtask bench`: how fast mWallet is, against the limit of PostgreSQL and against a peer, in one run.
//!
//! Subjects take turns at each workload, so that what changes on the machine meanwhile meets all of them. What to run
//! is decided here; workloads and subjects have a file each.

mod machine;
mod place;
mod process;
mod report;
mod subjects;
mod tools;
mod workloads;
mod wrk;

use std::path::PathBuf;

use clap::Args;

use crate::Result;
use place::Place;
use report::{Report, Row, Standing};
use subjects::{Entry, LIMIT, SUBJECTS, Started};
use tools::Tools;
use workloads::{WORKLOADS, Workload};

/// Connections at the same time, of wrk and of pgbench.
const CONNECTIONS: u32 = 16;
/// Seconds that each subject does a workload before it counts.
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
    /// Only the workloads and subjects whose name contains this; the limit is always there, else there is no ratio
    ///
    /// May be given several times: of the patterns that name workloads, any; of those that name subjects, any.
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,
    /// Fail where a part of the limit that must be reached is missed by more than the spread of the run
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
    let place = Place::new(tools, target.ok_or("cargo did not say where it builds")?)?;
    // Dropped before the place they stand on.
    let subjects = entries.iter().map(|entry| entry.start(&place)).collect::<Result<Vec<_>>>()?;
    for (workload, subject) in workloads.iter().flat_map(|workload| subjects.iter().map(move |s| (workload, s))) {
        subject.subject.check(workload).map_err(|error| format!("{}, {}: {error}", subject.name, workload.name))?;
    }

    let mut report = Report {
        facts: machine::facts(&place, entries.iter().any(|entry| entry.name == subjects::FASTAPI_SQLALCHEMY)),
        subjects: subjects.iter().map(|subject| (subject.name, subject.subject.about())).collect(),
        rounds: options.rounds as usize,
        seconds: options.seconds,
        connections: CONNECTIONS,
        rows: Vec::new(),
    };
    for workload in workloads {
        eprintln!("xtask: {}: {}", workload.name, workload.what);
        // So that none begins with what another left to be written.
        place.psql("postgres", "CHECKPOINT")?;
        report.rows.extend(measure(workload, &subjects, options)?);
    }
    drop(subjects);
    drop(place);
    if options.json {
        println!("{:#}", report.json());
    } else {
        print!("{report}");
    }
    Ok(!options.check || all_hold(&report))
}

/// The workloads and subjects that patterns choose.
fn choose(patterns: &[String]) -> Result<(Vec<&'static Workload>, Vec<&'static Entry>)> {
    let matching = |name: &str| patterns.iter().any(|pattern| name.contains(pattern.as_str()));
    let names = || WORKLOADS.iter().map(|workload| workload.name).chain(SUBJECTS.iter().map(|entry| entry.name));
    if let Some(unknown) = patterns.iter().find(|pattern| !names().any(|name| name.contains(pattern.as_str()))) {
        let names: Vec<_> = names().collect();
        return Err(format!("nothing is called {unknown}; there are {}", names.join(", ")).into());
    }
    let mut workloads = WORKLOADS.to_vec();
    if workloads.iter().any(|workload| matching(workload.name)) {
        workloads.retain(|workload| matching(workload.name));
    }
    let mut entries: Vec<&Entry> = SUBJECTS.iter().collect();
    if entries.iter().any(|entry| matching(entry.name)) {
        entries.retain(|entry| matching(entry.name) || entry.name == LIMIT);
    }
    Ok((workloads, entries))
}

/// Has the subjects take turns at a workload.
fn measure(workload: &'static Workload, subjects: &[Started], options: &Options) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> =
        subjects.iter().map(|subject| Row { workload, subject: subject.name, samples: Vec::new() }).collect();
    for subject in subjects {
        subject.subject.measure(workload, WARM_UP)?;
    }
    for round in 1..=options.rounds {
        for (row, subject) in rows.iter_mut().zip(subjects) {
            let sample = subject.subject.measure(workload, options.seconds)?;
            eprintln!(
                "xtask: {} {round}/{}: {} {:.0}/s",
                workload.name, options.rounds, subject.name, sample.per_second
            );
            if sample.errors > 0 {
                let who = format!("{} at {}", subject.name, workload.name);
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
        eprintln!("xtask: floor {floor} of {} at {}: {standing}", row.subject, row.workload.name);
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
        assert_eq!(chosen(&["sqlite"]), (vec!["get", "list", "create"], vec!["limit", "mwallet-sqlite"]));
        assert_eq!(chosen(&["get", "create", "mwallet"]).0, ["get", "create"]);
        assert_eq!(chosen(&["mwallet"]).1, ["limit", "mwallet-postgres", "mwallet-sqlite"]);
        assert_eq!(chosen(&["limit"]).1, ["limit"]);
        assert!(choose(&["oracle".into()]).err().unwrap().to_string().contains("there are get, list, create, limit"));
    }

    #[test]
    fn floors_are_of_subjects_that_exist() {
        for (workload, (subject, _)) in WORKLOADS.iter().flat_map(|w| w.floors.iter().map(move |floor| (w, floor))) {
            assert!(SUBJECTS.iter().any(|entry| entry.name == *subject), "{}: {subject}", workload.name);
        }
    }
}
