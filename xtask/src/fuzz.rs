//! `cargo xtask fuzz`: runs the fuzz targets in turn, each for some time, and stops at the first finding.

use std::fs;
use std::process::Command;

use clap::{Args, ValueEnum};

use crate::{Result, root, run as run_command};

/// What the targets are built with.
const NEEDS: &str = "`rustup toolchain install nightly` and `cargo install cargo-fuzz --locked`";

/// What `cargo xtask fuzz` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// The targets; all of them without one
    #[arg(value_enum)]
    targets: Vec<Target>,
    /// How long each target runs
    #[arg(long, default_value_t = 600)]
    seconds: u32,
}

/// The fuzz targets, in the order in which they run.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Target {
    /// The parameters of a URL: as text and as a syntax tree
    QueryString,
    /// Requests to tables: as statements of both engines
    Plan,
    /// A read as a JSON document: as text and as a syntax tree
    Document,
    /// The headers `Range` and `Prefer`
    Headers,
}

/// Runs the targets.
pub(crate) fn run(options: &Options) -> Result<()> {
    let targets = if options.targets.is_empty() { Target::value_variants() } else { &options.targets };
    for target in targets {
        let Some(value) = target.to_possible_value() else { continue };
        let name = value.get_name();
        let (corpus, seeds) = (format!("fuzz/corpus/{name}"), format!("fuzz/seeds/{name}"));
        fs::create_dir_all(root().join(&corpus))?;
        let time = format!("-max_total_time={}", options.seconds);
        // Only the cargo of rustup takes a toolchain.
        let mut fuzz = Command::new("cargo");
        fuzz.args(["+nightly", "fuzz", "run", name, &corpus, &seeds, "--", "-dict=fuzz/dictionary.txt", &time]);
        run_command(fuzz.current_dir(root())).map_err(|error| format!("{error}; it needs {NEEDS}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_target_is_run_and_has_seeds() {
        let names = |folder: &str| -> BTreeSet<String> {
            let entries = fs::read_dir(root().join(folder)).unwrap();
            entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
        };
        let run: BTreeSet<String> = Target::value_variants()
            .iter()
            .map(|target| target.to_possible_value().unwrap().get_name().to_owned())
            .collect();
        assert_eq!(names("fuzz/fuzz_targets"), run);
        assert_eq!(names("fuzz/seeds"), run);
    }
}
