//! Finds or installs the programs that a measurement needs.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::wrk::Wrk;
use crate::install::{self, directories_on_path};
use crate::postgres::{Programs, is_root};
use crate::{Result, show};

/// The Debian packages that contain them.
const PACKAGES: [&str; 4] = ["wrk", "postgresql", "python3", "python3-venv"];

/// The paths of the programs.
pub(super) struct Tools {
    pub(super) programs: Programs,
    pub(super) wrk: PathBuf,
    pub(super) pgbench: PathBuf,
    pub(super) psql: PathBuf,
    pub(super) python: PathBuf,
}

impl Tools {
    /// Finds the programs. Installs missing ones, or explains how to.
    pub(super) fn find(may_install: bool) -> Result<Self> {
        if cfg!(not(target_os = "linux")) {
            return Err("measuring reads /proc, which Linux alone has".into());
        }
        match Self::look() {
            Err(_) if may_install => {
                install::by_apt(&PACKAGES, is_root()?)?;
                Self::look().map_err(|missing| format!("still missing: {}", missing.join(", ")).into())
            }
            found => found.map_err(|missing| {
                let sudo = if is_root().unwrap_or(false) { "" } else { "sudo " };
                format!(
                    "missing for a measurement: {}. To get them:\n\n    let us do it    cargo xtask bench \
                     --install\n Debian, Ubuntu  {sudo}apt-get install --no-install-recommends {}",
                    missing.join(", "),
                    PACKAGES.join(" ")
                )
                .into()
            }),
        }
    }

    /// Returns all programs, or the names of missing ones.
    fn look() -> std::result::Result<Self, Vec<&'static str>> {
        let mut missing = Vec::new();
        let programs = Programs::find();
        let of_postgres = |name: &'static str| programs.as_ref()?.client(name).or_else(|| on_path(name));
        let mut need = |name: &'static str, found: Option<PathBuf>| {
            if found.is_none() {
                missing.push(name);
            }
            found.unwrap_or_default()
        };
        let pgbench = need("pgbench", of_postgres("pgbench"));
        let psql = need("psql", of_postgres("psql"));
        let wrk = need("wrk", on_path("wrk"));
        let python = need("python3", on_path("python3"));
        if !python.as_os_str().is_empty() && !has_venv(&python) {
            missing.push("python3-venv");
        }
        match programs {
            Some(programs) if missing.is_empty() => Ok(Self { programs, wrk, pgbench, psql, python }),
            Some(_) => Err(missing),
            None => Err([vec!["initdb", "postgres"], missing].concat()),
        }
    }

    pub(super) fn wrk(&self) -> Wrk {
        Wrk(self.wrk.clone())
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    directories_on_path().map(|directory| directory.join(name)).find(|path| path.is_file())
}

/// Returns whether Python can create virtual environments, for which Debian has a separate package.
fn has_venv(python: &PathBuf) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", "import venv, ensurepip"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a command and returns its standard output; the error contains its standard error.
pub(super) fn output(command: &mut Command) -> Result<String> {
    let text = show(command);
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("cannot run {text}: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{text} failed ({}):\n{said}", output.status).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
