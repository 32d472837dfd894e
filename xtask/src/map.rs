//! `cargo xtask map`: generates the diagrams in `ARCHITECTURE.md` from the repository.
//!
//! They are Mermaid, which repository hosts render. The crates and their dependencies come from each `Cargo.toml`,
//! and the path of a request from the list of its steps in the same file. A test fails if they are out of date.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The file with the diagrams.
const FILE: &str = "ARCHITECTURE.md";

/// The crates of this workspace with their dependencies in it, except for tests.
pub(crate) type Crates = BTreeMap<String, Vec<String>>;

/// Updates the diagrams in the file. Returns whether it changed.
///
/// # Errors
///
/// Returns an error if a file cannot be read or written, or a placeholder is missing.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let path = root.join(FILE);
    let before = fs::read_to_string(&path)?;
    let after = drawn(root, &before)?;
    if after == before {
        return Ok(false);
    }
    fs::write(path, after)?;
    Ok(true)
}

/// Returns the text of the file with updated diagrams.
///
/// # Errors
///
/// Returns an error if a `Cargo.toml` cannot be read, or a placeholder is missing.
pub(crate) fn drawn(root: &Path, text: &str) -> Result<String> {
    let text = replace(text, "crates", &crates_picture(&crates(root)?))?;
    let way = way_picture(&text)?;
    replace(&text, "request", &way)
}

/// Reads the crates of this workspace and their dependencies.
///
/// # Errors
///
/// Returns an error if a `Cargo.toml` cannot be read.
pub(crate) fn crates(root: &Path) -> Result<Crates> {
    let mut crates = Crates::new();
    for folder in fs::read_dir(root.join("crates"))? {
        let folder = folder?.path();
        let text = fs::read_to_string(folder.join("Cargo.toml"))?;
        let dependencies = text.split("\n[dependencies]\n").nth(1).unwrap_or_default();
        let dependencies = dependencies.lines().take_while(|line| !line.starts_with('['));
        let name = |line: &str| {
            let line = line.strip_prefix("mwallet-")?;
            Some(line[..line.find(['.', ' ', '='])?].to_owned())
        };
        let folder = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        crates.insert(folder, dependencies.filter_map(name).collect());
    }
    Ok(crates)
}

/// Draws crates as boxes, with arrows to direct dependencies that are not also indirect ones.
fn crates_picture(crates: &Crates) -> String {
    let mut picture = String::from("flowchart TD\n");
    for (name, dependencies) in crates {
        let is_needed = |dependency: &&String| {
            !dependencies.iter().any(|other| other != *dependency && reaches(crates, other, dependency))
        };
        for dependency in dependencies.iter().filter(is_needed) {
            let _ = writeln!(picture, "    {name} --> {dependency}");
        }
    }
    picture
}

/// Returns whether a crate depends on another, directly or indirectly.
fn reaches(crates: &Crates, from: &str, to: &str) -> bool {
    crates.get(from).is_some_and(|next| next.iter().any(|next| next == to || reaches(crates, next, to)))
}

/// Draws the steps of a request as boxes in order, grouped by crate.
pub(crate) fn steps(text: &str) -> Result<Vec<(String, String)>> {
    let list = text.split("```text\n").nth(1).and_then(|rest| rest.split("```").next());
    let list = list.ok_or("the steps of a request are not in ARCHITECTURE.md")?;
    let mut steps = Vec::new();
    for line in list.lines() {
        let mut words = line.split_whitespace();
        if let (Some(of), Some(file)) = (words.next(), words.next()) {
            // The next step may be either of two drivers.
            let or = if words.next() == Some("or") { words.next() } else { None };
            let or = or.map(|other| format!(" or {}", other.trim_end_matches(':'))).unwrap_or_default();
            steps.push((of.into(), format!("{file}{or}")));
        }
    }
    Ok(steps)
}

/// The steps of a request as boxes in their order.
fn way_picture(text: &str) -> Result<String> {
    let mut picture = String::from("flowchart LR\n");
    for (number, (of, file)) in steps(text)?.iter().enumerate() {
        let arrow = if number == 0 { "" } else { " --> " };
        let before = if number == 0 { String::new() } else { format!("s{}", number - 1) };
        let _ = writeln!(picture, "    {before}{arrow}s{number}[\"{of}: {file}\"]");
    }
    Ok(picture)
}

/// Replaces the diagram with this name.
fn replace(text: &str, name: &str, picture: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- picture: {name} -->\n"), "<!-- end -->");
    let missing = || format!("{FILE} has no place for the picture {name}");
    let (before, rest) = text.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(end).ok_or_else(missing)?;
    Ok(format!("{before}{begin}\n```mermaid\n{picture}```\n\n{end}{after}"))
}
