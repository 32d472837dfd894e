//! Finds and prepares the other programs that tests run: an OpenAPI validator, clients in other languages, and a
//! browser.
//!
//! Their packages are pinned in `tests/clients` and installed in `target/test-tools`, again only when the pins
//! change.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::install::{Need, on_path};
use crate::{Result, root, run};

/// The packages whose tests run them.
const USERS: [&str; 1] = ["mwallet-cli"];

/// The names of Chromium, and its path on macOS.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const BROWSER_OF_MACOS: &str = "/Applications/Chromium.app/Contents/MacOS/Chromium";

/// Returns whether the tests of these packages need them; an empty list means all packages.
pub(crate) fn are_needed(packages: &[String]) -> bool {
    packages.is_empty() || packages.iter().any(|package| USERS.contains(&package.as_str()))
}

/// The programs found on this machine.
#[derive(Default)]
pub(crate) struct Found {
    python: Option<PathBuf>,
    node: Option<PathBuf>,
    npm: Option<PathBuf>,
    chromium: Option<PathBuf>,
    curl: Option<PathBuf>,
}

impl Found {
    pub(crate) fn look() -> Self {
        let of_macos = Some(PathBuf::from(BROWSER_OF_MACOS)).filter(|path| path.is_file());
        Self {
            python: on_path("python3").filter(|python| makes_environments(python)),
            node: on_path("node"),
            npm: on_path("npm"),
            chromium: BROWSERS.iter().find_map(|name| on_path(name)).or(of_macos),
            curl: on_path("curl"),
        }
    }

    /// Returns what is missing.
    pub(crate) fn missing(&self) -> Vec<Need> {
        let needs = [
            (Need::Python, self.python.is_none()),
            (Need::Node, self.node.is_none() || self.npm.is_none()),
            (Need::Chromium, self.chromium.is_none()),
            (Need::Curl, self.curl.is_none()),
        ];
        needs.into_iter().filter(|(_, is_missing)| *is_missing).map(|(need, _)| need).collect()
    }

    /// Prepares the Python and Node.js packages. Returns the environment variables by which tests find the programs.
    pub(crate) fn prepare(self) -> Result<Vec<(&'static str, OsString)>> {
        let directory = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        let directory = directory.join("test-tools");
        let mut variables: Vec<(&'static str, OsString)> = Vec::new();
        if let Some(python) = self.python {
            let environment = python_environment(&python, &directory.join("python"))?;
            variables.push(("MWALLET_TEST_PYTHON", environment.into()));
        }
        if let (Some(node), Some(npm)) = (self.node, self.npm) {
            let modules = node_modules(&npm, &directory.join("js"))?;
            variables.push(("MWALLET_TEST_NODE", node.into()));
            variables.push(("MWALLET_TEST_NODE_MODULES", modules.into()));
        }
        if let Some(chromium) = self.chromium {
            variables.push(("MWALLET_TEST_CHROMIUM", chromium.into()));
        }
        Ok(variables)
    }
}

/// Returns whether a Python can create virtual environments with pip, for which Debian has a separate package.
fn makes_environments(python: &Path) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", "import ensurepip, venv"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Creates a virtual environment with the packages of `tests/clients/python`, and returns its interpreter.
fn python_environment(python: &Path, directory: &Path) -> Result<PathBuf> {
    let requirements = root().join("tests/clients/python/requirements.txt");
    let interpreter = directory.join("bin/python");
    once(directory, &[python], &[&requirements], || {
        run(Command::new(python).args(["-m", "venv"]).arg(directory))?;
        let mut pip = Command::new(&interpreter);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--requirement"]);
        run(pip.arg(&requirements))
    })?;
    Ok(interpreter)
}

/// Installs the packages of `tests/clients/js`, and returns the directory of the modules.
fn node_modules(npm: &Path, directory: &Path) -> Result<PathBuf> {
    let files = ["package.json", "package-lock.json"].map(|name| root().join("tests/clients/js").join(name));
    let [package, lock] = &files;
    once(directory, &[npm], &[package, lock], || {
        fs::create_dir_all(directory)?;
        fs::copy(package, directory.join("package.json"))?;
        fs::copy(lock, directory.join("package-lock.json"))?;
        // The installation needs no scripts of these packages.
        let quiet = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
        run(Command::new(npm).args(quiet).current_dir(directory))
    })?;
    Ok(directory.join("node_modules"))
}

/// Creates a directory, unless it was already created with the same program versions from the same files.
fn once(directory: &Path, programs: &[&Path], files: &[&Path], make: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut stamp = String::new();
    for program in programs {
        let output = Command::new(program).arg("--version").stdin(Stdio::null()).output()?;
        stamp.push_str(&format!("{} {}", program.display(), String::from_utf8_lossy(&output.stdout)));
    }
    for file in files {
        stamp.push_str(&fs::read_to_string(file).map_err(|e| format!("cannot read {}: {e}", file.display()))?);
    }
    let mark = directory.join("made-from");
    if fs::read_to_string(&mark).is_ok_and(|earlier| earlier == stamp) {
        return Ok(());
    }
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    make()?;
    // Written last, so that an interrupted installation is repeated.
    Ok(fs::write(mark, stamp)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let (file, made) = (folder.path().join("pins"), folder.path().join("made"));
        let make = |is_made: &mut bool| {
            *is_made = false;
            once(&made, &[], &[&file], || {
                *is_made = true;
                Ok(fs::create_dir(&made)?)
            })
        };
        let mut is_made = false;
        assert!(make(&mut is_made).is_err());
        for (text, expected) in [("a 1", true), ("a 1", false), ("a 2", true), ("a 2", false)] {
            fs::write(&file, text).unwrap();
            make(&mut is_made).unwrap();
            assert_eq!(is_made, expected, "{text}");
        }
        fs::write(&file, "a 3").unwrap();
        assert!(once(&made, &[], &[&file], || Err("broken off".into())).is_err());
        make(&mut is_made).unwrap();
        assert!(is_made);
    }

    #[test]
    fn only_some_packages_need_them() {
        assert!(are_needed(&[]) && are_needed(&["mwallet-cli".into()]));
        assert!(!are_needed(&["mwallet-db".into(), "mwallet-schema".into()]));
    }
}
