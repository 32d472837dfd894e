//! Installs the programs that tests need (`--install`), or explains how to install them.

use std::env;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, run};

/// A program, or a group of programs, that tests need and cargo does not provide.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The PostgreSQL server programs.
    Postgres,
    /// Python with the `venv` module.
    Python,
    /// Node.js with npm.
    Node,
    /// A headless browser.
    Chromium,
    /// curl.
    Curl,
}

impl Need {
    /// Returns a description, and why it is needed.
    fn description(self) -> &'static str {
        match self {
            Self::Postgres => {
                "the PostgreSQL server programs (initdb, postgres): every behaviour is tested on SQLite and on \
                 PostgreSQL; the tests run a throwaway server, and one that already runs on this machine is not touched"
            }
            Self::Python => "Python 3 with venv: a validator of OpenAPI and a client of PostgREST are written in it",
            Self::Node => "Node.js and npm: a client of PostgREST is written for it",
            Self::Chromium => "Chromium: the page of the documentation is opened in it",
            Self::Curl => "curl: the examples of the documentation call it",
        }
    }
}

/// A package manager with its arguments and package names.
struct Recipe {
    program: &'static str,
    systems: &'static str,
    /// The command before the installation.
    update: Option<&'static str>,
    install: &'static [&'static str],
    packages: fn(Need) -> &'static [&'static str],
    /// Whether it needs root; Homebrew refuses to run as root.
    root: bool,
}

const RECIPES: [Recipe; 3] = [
    Recipe {
        program: "apt-get",
        systems: "Debian, Ubuntu",
        update: Some("update"),
        install: &["install", "--yes", "--no-install-recommends"],
        packages: |need| match need {
            Need::Postgres => &["postgresql"],
            Need::Python => &["python3", "python3-venv"],
            Need::Node => &["nodejs", "npm"],
            Need::Chromium => &["chromium"],
            Need::Curl => &["curl"],
        },
        root: true,
    },
    Recipe {
        program: "dnf",
        systems: "Fedora, RHEL",
        update: None,
        install: &["install", "--assumeyes"],
        packages: |need| match need {
            Need::Postgres => &["postgresql-server"],
            Need::Python => &["python3"],
            Need::Node => &["nodejs", "nodejs-npm"],
            Need::Chromium => &["chromium"],
            Need::Curl => &["curl"],
        },
        root: true,
    },
    Recipe {
        program: "brew",
        systems: "macOS",
        update: None,
        install: &["install"],
        packages: |need| match need {
            Need::Postgres => &["postgresql@17"],
            Need::Python => &["python"],
            Need::Node => &["node"],
            Need::Chromium => &["chromium"],
            Need::Curl => &["curl"],
        },
        root: false,
    },
];

impl Recipe {
    /// Returns the arguments of each call of the package manager.
    fn steps(&self, missing: &[Need]) -> Vec<Vec<&'static str>> {
        let packages = missing.iter().flat_map(|need| (self.packages)(*need)).copied();
        let install = self.install.iter().copied().chain(packages).collect();
        self.update.iter().map(|update| vec![*update]).chain([install]).collect()
    }
}

/// Describes what is missing and how to install it. The commands for this machine come first.
pub(crate) fn advice(missing: &[Need], is_root: bool) -> String {
    let mut text = "what the tests need is missing:\n".to_owned();
    for need in missing {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  - {}", need.description());
    }
    text.push_str("To get it:\n\n");
    let mut line = |systems: &str, way: &str| {
        let _ = writeln!(text, "    {systems:<16}{way}");
    };
    line("let us do it", "cargo xtask test --install");
    let (here, elsewhere): (Vec<_>, Vec<_>) = RECIPES.iter().partition(|recipe| on_path(recipe.program).is_some());
    for recipe in here.into_iter().chain(elsewhere) {
        let sudo = if recipe.root && !is_root { "sudo " } else { "" };
        let steps = recipe.steps(missing);
        let steps: Vec<_> = steps.iter().map(|step| format!("{sudo}{} {}", recipe.program, step.join(" "))).collect();
        line(recipe.systems, &steps.join(" && "));
    }
    text.push_str("\nPrograms in another place are found when their directory is on PATH.");
    text
}

/// Installs missing programs with the package manager of this machine, through sudo if this process is not root.
pub(crate) fn install(missing: &[Need], is_root: bool) -> Result<()> {
    let Some(recipe) = RECIPES.iter().find(|recipe| on_path(recipe.program).is_some()) else {
        return Err(format!("--install knows no package manager of this machine.\n{}", advice(missing, is_root)).into());
    };
    let steps = recipe.steps(missing);
    steps.iter().try_for_each(|step| run_manager(recipe.program, step, recipe.root && !is_root))
}

/// Installs packages on Debian and its derivatives.
pub(crate) fn by_apt(packages: &[&str], is_root: bool) -> Result<()> {
    let program = "apt-get";
    if on_path(program).is_none() {
        return Err("--install uses apt-get, which this machine does not have".into());
    }
    run_manager(program, &["update"], !is_root)?;
    let install = ["install", "--yes", "--no-install-recommends"];
    run_manager(program, &[&install, packages].concat(), !is_root)
}

fn run_manager(program: &str, step: &[&str], by_sudo: bool) -> Result<()> {
    let mut command = if by_sudo {
        let mut sudo = Command::new("sudo");
        // sudo clears the environment, so `env` sets the variable.
        sudo.args(["env", "DEBIAN_FRONTEND=noninteractive", program]);
        sudo
    } else {
        let mut direct = Command::new(program);
        direct.env("DEBIAN_FRONTEND", "noninteractive");
        direct
    };
    run(command.args(step).stdout(std::io::stderr()))
}

/// Returns the path of a program on PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    directories_on_path().map(|directory| directory.join(program)).find(|path| path.is_file())
}

/// Returns the directories of PATH without empty entries, which would mean the current directory.
pub(crate) fn directories_on_path() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).filter(|entry| entry != Path::new("")).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_names_every_way() {
        let advice = advice(&[Need::Postgres, Need::Node], false);
        for way in [
            "initdb",
            "sudo apt-get update && sudo apt-get install --yes --no-install-recommends postgresql nodejs npm",
            "dnf install --assumeyes postgresql-server nodejs nodejs-npm",
            "brew install postgresql@17 node",
            "cargo xtask test --install",
        ] {
            assert!(advice.contains(way), "{way} is not in:\n{advice}");
        }
        assert!(!advice.contains("chromium"), "{advice}");
    }
}
