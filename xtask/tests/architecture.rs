//! Tests what `ARCHITECTURE.md` says about the crates: dependencies, sizes, diagrams, and the absence of cycles.

#![expect(clippy::unwrap_used, reason = "what a test stands on must be there")]

#[path = "../src/map.rs"]
#[expect(dead_code, reason = "the command writes the file, this test only compares it")]
mod map;
mod modules;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Returns the names in backticks.
fn code(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(Into::into).collect()
}

/// Returns the crates in the table of `ARCHITECTURE.md`, with their dependencies.
fn mapped() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let name = cells.get(1)?.strip_prefix("`crates/")?.strip_suffix('`')?;
        Some((name.to_owned(), code(cells.get(3)?)))
    };
    text.lines().filter_map(row).collect()
}

#[test]
fn crates_depend_on_what_the_map_allows() {
    let crates = map::crates(&root()).unwrap();
    let declared: BTreeMap<_, BTreeSet<_>> =
        crates.into_iter().map(|(name, dependencies)| (name, dependencies.into_iter().collect())).collect();
    assert_eq!(declared, mapped());
}

#[test]
fn the_pictures_are_up_to_date() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(map::drawn(&root(), &text).unwrap() == text, "the pictures are out of date: run `cargo xtask map`");
}

#[test]
fn no_crate_holds_more_than_a_third_of_the_code() {
    let lines: BTreeMap<String, usize> = modules::crates(&root())
        .into_iter()
        .map(|(name, modules)| (name, modules.values().map(|module| module.lines).sum()))
        .collect();
    let all: usize = lines.values().sum();
    for (name, own) in lines {
        assert!(own * 3 <= all, "{name} has {own} of {all} lines");
    }
}

#[test]
fn modules_of_different_folders_are_in_no_circle() {
    for (name, modules) in modules::crates(&root()) {
        let circles = modules::circles(&modules);
        assert!(circles.is_empty(), "{name}: {circles:#?}");
    }
}

/// Returns the crates that a package links with these features.
fn linked(package: &str, features: &str) -> BTreeSet<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--package", package]);
    tree.args(["--no-default-features", "--features", features]).current_dir(root());
    let output = tree.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().filter_map(|line| line.split_whitespace().next()).map(Into::into).collect()
}

#[test]
fn a_driver_that_is_not_built_in_brings_no_dependencies() {
    const SQLITE: [&str; 3] = ["crossbeam-channel", "libsqlite3-sys", "rusqlite"];
    const POSTGRES: [&str; 7] = [
        "deadpool",
        "deadpool-postgres",
        "ring",
        "rustls",
        "rustls-native-certs",
        "tokio-postgres",
        "tokio-postgres-rustls",
    ];
    for (feature, own, foreign) in [("sqlite", &SQLITE[..], &POSTGRES[..]), ("postgres", &POSTGRES[..], &SQLITE[..])] {
        let linked = linked("mwallet-db", feature);
        for name in own {
            assert!(linked.contains(*name), "{feature} is built without {name}");
        }
        for name in foreign {
            assert!(!linked.contains(*name), "{feature} alone brings {name}");
        }
    }
}

#[test]
fn a_program_without_the_demo_brings_no_fake_data() {
    const FAKE: [&str; 2] = ["deunicode", "fake"];
    let (with, without) = (linked("mwallet-cli", "demo"), linked("mwallet-cli", ""));
    for name in FAKE {
        assert!(with.contains(name) && !without.contains(name), "{name}");
    }
}

#[test]
fn the_steps_of_a_request_are_files() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let steps = map::steps(&text).unwrap();
    assert!(steps.len() > 10, "{steps:?}");
    for (name, file) in steps {
        for file in file.split(" or ") {
            assert!(root().join("crates").join(&name).join("src").join(file).exists(), "{name}: {file}");
        }
    }
}

#[test]
fn files_that_contributors_are_sent_to_exist() {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let files: Vec<String> = code(&text).into_iter().filter(|name| name.starts_with("crates/")).collect();
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        assert!(root().join(&file).exists(), "{file}");
    }
}
