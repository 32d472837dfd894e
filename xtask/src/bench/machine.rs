//! Describes the environment of a measurement, without which results are meaningless.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::targets::fastapi_sqlalchemy_versions;
use super::tools::output;
use super::workdir::Workdir;
use crate::{Result, cargo, root};

/// The CPU usage of other programs, in percent, above which a warning is printed.
const MAX_BUSY: f64 = 5.0;

/// Named facts in the order of the report.
pub(super) type Facts = Vec<(&'static str, String)>;

/// Returns the facts about the machine and the programs, without those that are unavailable.
pub(super) fn facts(workdir: &Workdir, with_competitor: bool) -> Facts {
    let directory = workdir.server.socket_directory();
    let first = |text: String| text.lines().next().unwrap_or_default().trim().to_owned();
    let said = |program: &str, arguments: &[&str]| output(Command::new(program).args(arguments)).ok().map(first);
    let postgres = output(Command::new(&workdir.tools.pgbench).arg("--version")).ok().map(first);
    let wrk = Command::new(&workdir.tools.wrk).arg("--version").output().ok();
    // wrk prints its version with its help, and exits with an error.
    let wrk = wrk.map(|said| first(String::from_utf8_lossy(&said.stdout).into_owned()));
    let python = with_competitor.then(|| fastapi_sqlalchemy_versions(&workdir.build_directory).ok()).flatten();
    let facts = [
        ("date", said("date", &["-u", "+%Y-%m-%dT%H:%M:%SZ"])),
        ("commit", commit()),
        ("processor", processor()),
        ("cores", std::thread::available_parallelism().ok().map(|cores| cores.to_string())),
        ("memory", memory()),
        ("kernel", said("uname", &["-sr"])),
        ("file system", file_system(directory)),
        ("busy before", others()),
        ("rustc", said("rustc", &["--version"])),
        ("PostgreSQL", postgres.map(|text| text.replace("pgbench (PostgreSQL) ", ""))),
        ("SQLite", sqlite().ok()),
        ("wrk", wrk.map(|text| text.split(" Copyright").next().unwrap_or_default().to_owned())),
        (
            "python",
            with_competitor
                .then(|| output(Command::new(&workdir.tools.python).arg("--version")).ok().map(first))
                .flatten(),
        ),
        ("python packages", python.map(|packages| packages.join(", "))),
        ("cluster", Some("initdb --locale=C, no setting changed but where it listens".to_owned())),
        ("connection", Some("TCP to 127.0.0.1 without TLS, for all targets alike".to_owned())),
    ];
    facts.into_iter().filter_map(|(name, fact)| Some((name, fact?))).collect()
}

/// Measures how busy the machine is while all targets are idle. Other programs slow down some targets more than
/// others.
fn others() -> Option<String> {
    let read = || {
        let text = fs::read_to_string("/proc/stat").ok()?;
        // user, nice, system, idle, iowait, ...
        let ticks = text.lines().next()?.split_ascii_whitespace().skip(1).take(8).map(str::parse::<f64>);
        let ticks = ticks.collect::<std::result::Result<Vec<_>, _>>().ok()?;
        Some((ticks.iter().sum::<f64>(), ticks.get(3)? + ticks.get(4)?))
    };
    let (all, idle) = read()?;
    sleep(Duration::from_secs(2));
    let (all, idle) = {
        let (later, rested) = read()?;
        (later - all, rested - idle)
    };
    let busy = (all - idle) / all.max(1.0) * 100.0;
    if busy > MAX_BUSY {
        eprintln!("xtask: something else uses {busy:.0} % of the processors: these figures will say little");
    }
    Some(format!("{busy:.0} % of the processors"))
}

/// Returns the commit, and whether there are uncommitted changes.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| output(Command::new("git").args(arguments).current_dir(root())).ok();
    let changes = if git(&["status", "--porcelain"])?.is_empty() { "" } else { " and changes that are not committed" };
    Some(format!("{}{changes}", git(&["rev-parse", "--short=12", "HEAD"])?.trim()))
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'))?;
    Some(model.1.trim().to_owned())
}

fn memory() -> Option<String> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse().ok());
    total.map(|kib: u64| format!("{:.1} GiB", kib as f64 / 1_048_576.0))
}

/// Returns the file system of the databases. In memory, nothing is durable.
fn file_system(directory: &Path) -> Option<String> {
    let text = output(Command::new("stat").args(["-f", "-c", "%T"]).arg(directory)).ok()?;
    Some(text.trim().to_owned())
}

/// Returns the version of the compiled-in SQLite, from its header.
fn sqlite() -> Result<String> {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().ok_or("cargo knows no packages")?;
    let package = packages.iter().find(|package| package["name"] == "libsqlite3-sys").ok_or("there is no SQLite")?;
    let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
    let header = fs::read_to_string(manifest.with_file_name("sqlite3").join("sqlite3.h"))?;
    let version = header.lines().find_map(|line| line.strip_prefix("#define SQLITE_VERSION "));
    Ok(version.ok_or("the header says no version")?.trim().trim_matches('"').to_owned())
}

/// Returns cargo's metadata of the workspace.
pub(super) fn metadata() -> Result<Value> {
    Ok(serde_json::from_str(&output(cargo().args(["metadata", "--format-version", "1", "--locked"]))?)?)
}
