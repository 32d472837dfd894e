//! The program keeps its database up to date, and its migrations make what it declares.

#![expect(clippy::expect_used, reason = "what a test stands on must be there")]

use std::process::Command;

fn run(folder: &std::path::Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mwallet-example-library"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it writes text")
}

#[test]
fn it_migrates_once_and_has_nothing_left_to_write() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    assert!(run(folder.path(), &[]).ends_with("1 books\n"));
    assert_eq!(run(folder.path(), &[]), "applied []\n2 books\n");
    let written = run(folder.path(), &["new", "nothing"]);
    assert!(written.starts_with('\n'), "the entities differ from the migrations: {written}");
}
