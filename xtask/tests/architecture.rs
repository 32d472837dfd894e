//! Tests what `ARCHITECTURE.md` says about the crates: dependencies, sizes, diagrams, and the absence of cycles.

#![expect(clippy::unwrap_used, reason = "what a test stands on must be there")]

#[path = "../src/map.rs"]
#[expect(dead_code, reason = "the command writes the file, this test only compares it")]
mod map;
mod modules;
mod quotes;

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

/// The crates that write SQL.
const SQL: [&str; 3] = ["crates/db/src", "crates/migrate/src", "crates/reflect/src"];

/// The only file that quotes names.
const QUOTE: &str = "crates/db/src/quote.rs";

/// The literals that put something in double quotes, or look for them, and are not names of SQL.
const OTHER_QUOTES: &[(&str, &[&str])] = &[
    // A collation by its name.
    ("crates/db/src/ddl.rs", &["text COLLATE \"C\""]),
    // Strings of JSON.
    ("crates/db/src/driver/postgres/codec.rs", &["\""]),
    ("crates/db/src/driver/postgres/numeric.rs", &["\""]),
    ("crates/db/src/driver/sqlite/codec.rs", &["\"", "\"\\\\x", "+00:00\"", "\"{}Infinity\""]),
    ("crates/db/src/json_row.rs", &["\""]),
    // What reads SQL.
    ("crates/db/src/sql.rs", &["\""]),
    ("crates/migrate/src/comments.rs", &["\""]),
    ("crates/migrate/src/expressions.rs", &["\""]),
    ("crates/migrate/src/lint.rs", &["\""]),
    ("crates/migrate/src/runner.rs", &["\"", "\"{TEMPORARY}"]),
    ("crates/reflect/src/check.rs", &["\""]),
    ("crates/reflect/src/managed.rs", &[" _(),\""]),
    ("crates/reflect/src/postgres/views.rs", &["\""]),
    ("crates/reflect/src/tokens.rs", &["\"", "\"\""]),
    // A message.
    ("crates/migrate/src/renames.rs", &["`renamed_from = \"{old}\"`"]),
];

#[test]
fn one_function_quotes_names() {
    let mut found: BTreeSet<_> = SQL.iter().flat_map(|folder| quotes::quoting(&root(), folder)).collect();
    let count = found.len();
    found.retain(|(file, _)| file != QUOTE);
    assert!(found.len() < count, "{QUOTE} quotes nothing");
    let known = OTHER_QUOTES.iter().flat_map(|(file, all)| all.iter().map(|one| (file.to_string(), one.to_string())));
    let known: BTreeSet<_> = known.collect();
    let new: Vec<_> = found.difference(&known).collect();
    assert!(new.is_empty(), "names of SQL are quoted by `quote` in {QUOTE} only: {new:#?}");
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(gone.is_empty(), "these are no longer there: {gone:#?}");
}

#[test]
fn a_name_in_quotes_is_found_however_it_is_written() {
    for code in [
        r#"fn f() { sql.push_str(&format!("\"{name}\"")); }"#,
        r##"fn f() { sql.push_str(&format!(r#"SELECT "{}" FROM t"#, name)); }"##,
        r#"fn f() { sql.push('"'); }"#,
        r#"fn f() { sql.push('\u{22}'); }"#,
        r#"fn f() { sql = "SELECT \x22".to_owned() + name; }"#,
        r#"fn f() { bytes.push(b'"'); }"#,
        r#"fn f() { write!(sql, "AS \"{alias}\"") } #[cfg(test)] mod tests { }"#,
        r#"#[cfg(test)] mod tests; const QUOTE: &str = "\"";"#,
    ] {
        assert_eq!(quotes::literals(code.parse().unwrap()).len(), 1, "{code}");
    }
    for code in [
        r#"#[doc = "\"x\""] fn f() { sql.push_str("SELECT \"order\" FROM t"); }"#,
        r#"#[cfg(test)] mod tests { fn f() { sql.push('"'); } }"#,
        "/// A \"name\"\nfn f() { sql.push('\\''); }",
    ] {
        assert_eq!(quotes::literals(code.parse().unwrap()), Vec::<String>::new(), "{code}");
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
