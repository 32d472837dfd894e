//! `cargo xtask dist`: builds the program for distribution, and its debug information in a separate file.
//!
//! On Linux, cargo can do only one of these. A stripped program lacks the addresses that the file of
//! `split-debuginfo` needs, so it is built with symbols and then split.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, cargo, executable, run as run_command};

/// The name of the program.
const PROGRAM: &str = "mwallet";

/// Builds the program for release, and writes it and its debug information to `dist` in the target directory.
pub(crate) fn run() -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Err(
            "this takes programs of Linux apart; elsewhere, `cargo build --release` builds one without symbols".into(),
        );
    }
    let mut build = cargo();
    build.args(["rustc", "--release", "--locked", "--package", "mwallet-cli", "--bin", PROGRAM]);
    // After `--`, the flag applies to the program only: dependencies are built as by `cargo build --release`.
    build.args(["--message-format", "json-render-diagnostics", "--", "-C", "strip=none"]);
    let built = executable(&mut build)?;
    let target = built.parent().and_then(Path::parent).ok_or("the program lies in no folder")?;
    let folder = target.join("dist");
    fs::create_dir_all(&folder)?;
    let whole = fs::metadata(&built)?.len();
    for path in split(&built, &folder)? {
        println!("{}: {}", path.display(), megabytes(fs::metadata(&path)?.len()));
    }
    println!("in one file it was {}", megabytes(whole));
    Ok(())
}

/// Writes a program without symbols to a folder, and its debug information next to it, where debuggers and panic
/// backtraces look for it.
fn split(built: &Path, folder: &Path) -> Result<[PathBuf; 2]> {
    let name = built.file_name().ok_or("the program has no name")?;
    let program = folder.join(name);
    let mut debug = program.clone().into_os_string();
    debug.push(".debug");
    let debug = PathBuf::from(debug);
    run_command(
        Command::new("objcopy").args(["--only-keep-debug", "--compress-debug-sections=zlib"]).arg(built).arg(&debug),
    )?;
    // The link contains a file name and a checksum, so the file must be complete.
    let mut link = std::ffi::OsString::from("--add-gnu-debuglink=");
    link.push(&debug);
    run_command(Command::new("objcopy").arg("--strip-all").arg(link).arg(built).arg(&program))?;
    Ok([program, debug])
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    const SOURCE: &str = "#[inline(never)]\nfn deep(n: usize) {\n    assert!(n > 5, \"too few\");\n}\n\nfn main() \
                          {\n    deep(std::env::args().count());\n}\n";

    #[test]
    fn what_is_apart_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("small.rs");
        fs::write(&source, SOURCE).unwrap();
        let mut rustc = Command::new(Path::new(env!("CARGO")).with_file_name("rustc"));
        rustc.args(["-O", "-C", "debuginfo=line-tables-only", "-C", "strip=none"]).arg(&source);
        assert!(rustc.current_dir(folder.path()).status().unwrap().success());
        let built = folder.path().join("small");

        let apart = folder.path().join("apart");
        fs::create_dir(&apart).unwrap();
        let [program, debug] = split(&built, &apart).unwrap();
        let size = |path: &Path| fs::metadata(path).unwrap().len();
        assert!(size(&program) * 3 < size(&built), "{} of {}", size(&program), size(&built));
        let backtrace = || {
            let ended = Command::new(&program).env("RUST_BACKTRACE", "1").output().unwrap();
            String::from_utf8(ended.stderr).unwrap()
        };
        let told = backtrace();
        assert!(told.contains("small::deep") && told.contains("small.rs:3:"), "{told}");
        fs::remove_file(debug).unwrap();
        let told = backtrace();
        assert!(!told.contains("small::deep"), "{told}");
    }
}
