//! The map of crates in `ARCHITECTURE.md` is what Cargo is told, and a feature that is off brings no dependencies.

#![expect(clippy::unwrap_used, reason = "what a test stands on must be there")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

type Map = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The names in backticks.
fn code(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(Into::into).collect()
}

/// The crates in the table of `ARCHITECTURE.md`, with those that each builds on.
fn mapped() -> Map {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let name = cells.get(1)?.strip_prefix("`crates/")?.strip_suffix('`')?;
        Some((name.to_owned(), code(cells.get(3)?)))
    };
    text.lines().filter_map(row).collect()
}

/// The crates, with those of this workspace that each depends on, apart from its tests.
fn declared() -> Map {
    let mut crates = Map::new();
    for folder in fs::read_dir(root().join("crates")).unwrap() {
        let folder = folder.unwrap().path();
        let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let dependencies = text.split("\n[dependencies]\n").nth(1).unwrap();
        let dependencies = dependencies.lines().take_while(|line| !line.starts_with('['));
        let ours =
            dependencies.filter_map(|line| Some(line.strip_prefix("mwallet-")?.split_once(['.', ' '])?.0.to_owned()));
        crates.insert(folder.file_name().unwrap().to_str().unwrap().to_owned(), ours.collect());
    }
    crates
}

#[test]
fn crates_depend_on_what_the_map_allows() {
    assert_eq!(declared(), mapped());
}

/// The crates that a program links from a package with some of its features.
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
    const SQLITE: [&str; 4] = ["crossbeam-channel", "libsqlite3-sys", "rusqlite", "tempfile"];
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
