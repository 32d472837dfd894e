//! `cargo xtask tidy`: runs the checks that need no test run.
//!
//! That every source file has a header is also a test, so that it is checked wherever tests run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Result, cargo, root, run as run_command};

/// Runs the checks, and stops at the first failure.
pub(crate) fn run() -> Result<()> {
    run_command(cargo().args(["fmt", "--all", "--check"]))?;
    run_command(Command::new("rustfmt").args(["--edition", "2024", "--check"]).args(files_apart()?))?;
    run_command(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    let mut version = cargo();
    version.args(["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if version.status()?.success() {
        run_command(cargo().args(["deny", "check", "bans", "licenses", "sources"]))?;
    } else {
        eprintln!(
            "xtask: cargo-deny is missing, dependencies are not checked; to get it: cargo install cargo-deny --locked"
        );
    }
    let bare = files_without_header(&root())?;
    if bare.is_empty() {
        return Ok(());
    }
    let list: String = bare.iter().map(|path| format!("\n    {}", path.display())).collect();
    Err(format!("these files do not open with `//!` and what they are in charge of:{list}").into())
}

/// Lists the files that `cargo fmt` does not find: a macro declares the modules of the models, and the fuzz targets are
/// a workspace of their own.
fn files_apart() -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for folder in ["crates/models/src", "fuzz/fuzz_targets"] {
        for entry in fs::read_dir(root().join(folder))? {
            paths.push(entry?.path());
        }
    }
    Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect())
}

/// Lists the Rust files below a directory that do not begin with `//!`.
fn files_without_header(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut bare = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            // Skip the output of the compiler and hidden folders of other tools.
            if name != "target" && !name.starts_with('.') {
                bare.extend(files_without_header(&path)?);
            }
        } else if name.ends_with(".rs") && !fs::read(&path)?.starts_with(b"//!") {
            bare.push(path);
        }
    }
    bare.sort();
    Ok(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_says_what_it_is_in_charge_of() {
        let bare = files_without_header(&root()).unwrap();
        assert!(bare.is_empty(), "these do not open with `//!`: {bare:?}");
    }

    /// Runs `.ci/advisories` with a fake cargo that runs `fetch` to fetch the database and `check` to read it.
    /// Returns whether it succeeded, and its output.
    fn advisories(fetch: &str, check: &str) -> (bool, String) {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let cargo = folder.path().join("cargo");
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in\n'deny fetch db') {fetch};;\n'deny --offline check advisories') {check};;\n*) \
             exit 99;;\nesac\n"
        );
        fs::write(&cargo, script).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
        let ended = Command::new(root().join(".ci/advisories")).arg("1").env("PATH", path).output().unwrap();
        (ended.status.success(), String::from_utf8(ended.stderr).unwrap())
    }

    #[test]
    fn advisories_fail_where_one_is_found_and_not_where_none_can_be_fetched() {
        for (fetch, check, is_well, is_checked) in [
            ("exit 0", "exit 0", true, true),
            ("exit 0", "exit 1", false, true),
            ("exit 1", "exit 1", true, false),
            // Simulates a network that drops packets.
            ("exec sleep 100", "exit 1", true, false),
        ] {
            let (ended_well, said) = advisories(fetch, check);
            assert_eq!(ended_well, is_well, "{fetch}, {check}: {said}");
            assert_eq!(!said.contains("NOT CHECKED"), is_checked, "{fetch}, {check}: {said}");
        }
    }

    #[test]
    fn what_is_hosted_does_what_is_done_here() {
        let workflow = fs::read_to_string(root().join(".github/workflows/ci.yml")).unwrap();
        assert!(workflow.contains("run: .ci/run\n"), "{workflow}");
        assert!(fs::read_to_string(root().join(".ci/run")).unwrap().contains("\n.ci/advisories\n"));
    }

    #[test]
    fn finds_a_bare_file() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("src");
        fs::create_dir(&inner).unwrap();
        fs::create_dir(directory.path().join("target")).unwrap();
        fs::write(directory.path().join("target/built.rs"), "fn main() {}").unwrap();
        fs::write(inner.join("good.rs"), "//! Good.\n").unwrap();
        fs::write(inner.join("bare.rs"), "fn main() {}").unwrap();
        assert_eq!(files_without_header(directory.path()).unwrap(), [inner.join("bare.rs")]);
    }
}
