//! The map of crates in `ARCHITECTURE.md` is what Cargo is told.

#![expect(clippy::unwrap_used, reason = "what a test stands on must be there")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

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
        let ours = dependencies.filter_map(|line| Some(line.strip_prefix("mwallet-")?.split_once('.')?.0.to_owned()));
        crates.insert(folder.file_name().unwrap().to_str().unwrap().to_owned(), ours.collect());
    }
    crates
}

#[test]
fn crates_depend_on_what_the_map_allows() {
    assert_eq!(declared(), mapped());
}
