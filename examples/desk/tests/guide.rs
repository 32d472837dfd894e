//! Runs the program, and checks that the guide shows it.

#![expect(clippy::unwrap_used, reason = "what a test stands on must be there")]

use std::fs;
use std::process::Command;

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/how-to/queries.md");
const PROGRAM: &str = include_str!("../src/main.rs");

/// Returns the blocks of the guide in a language.
fn blocks(language: &str) -> Vec<String> {
    let guide = fs::read_to_string(GUIDE).unwrap();
    let fence = format!("```{language}\n");
    let blocks: Vec<String> =
        guide.split(&fence).skip(1).map(|rest| rest.split_once("```").unwrap().0.to_owned()).collect();
    assert!(!blocks.is_empty(), "the guide has no block of {language}");
    blocks
}

/// Returns the lines without their indentation, which is less in the guide.
fn lines(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_guide_shows_the_program() {
    for block in blocks("rust") {
        assert!(lines(PROGRAM).contains(&lines(&block)), "the program does not have:\n{block}");
    }
}

#[test]
fn the_program_prints_what_the_guide_says() {
    let output = Command::new(env!("CARGO_BIN_EXE_mwallet-example-desk")).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for block in blocks("text") {
        assert!(printed.contains(&block), "it does not print:\n{block}\nbut:\n{printed}");
    }
}
