//! How the PostgreSQL server programs get onto a machine: the advice we give, and the same done by `--install`.

use std::env;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::{Result, run};

/// One package manager, and what to tell it.
struct Recipe {
    program: &'static str,
    systems: &'static str,
    steps: &'static [&'static [&'static str]],
    /// Homebrew refuses to be root; the others must be.
    root: bool,
}

const RECIPES: [Recipe; 3] = [
    Recipe {
        program: "apt-get",
        systems: "Debian, Ubuntu",
        steps: &[&["update"], &["install", "--yes", "--no-install-recommends", "postgresql"]],
        root: true,
    },
    Recipe {
        program: "dnf",
        systems: "Fedora, RHEL",
        steps: &[&["install", "--assumeyes", "postgresql-server"]],
        root: true,
    },
    Recipe { program: "brew", systems: "macOS", steps: &[&["install", "postgresql@17"]], root: false },
];

/// Says what is missing and every way to get it; the ways that work here come first.
pub(crate) fn advice(is_root: bool) -> String {
    let mut text = "the PostgreSQL server programs (initdb, postgres) are missing.\n\
         Every behaviour is tested on SQLite and on PostgreSQL, so the tests need them. They run a throwaway server;\n\
         a server that already runs on this machine is not touched. To get them:\n\n"
        .to_owned();
    let mut line = |systems: &str, way: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    {systems:<16}{way}");
    };
    line("let us do it", "cargo xtask test --install");
    let (here, elsewhere): (Vec<_>, Vec<_>) = RECIPES.iter().partition(|recipe| is_on_path(recipe.program));
    for recipe in here.into_iter().chain(elsewhere) {
        let sudo = if recipe.root && !is_root { "sudo " } else { "" };
        let steps: Vec<_> =
            recipe.steps.iter().map(|step| format!("{sudo}{} {}", recipe.program, step.join(" "))).collect();
        line(recipe.systems, &steps.join(" && "));
    }
    text.push_str("\nPrograms in another place are found when their directory is on PATH.");
    text
}

/// Installs the server programs with the package manager of this machine, through sudo where we are not root.
pub(crate) fn install(is_root: bool) -> Result<()> {
    let Some(recipe) = RECIPES.iter().find(|recipe| is_on_path(recipe.program)) else {
        return Err(format!("--install knows no package manager of this machine.\n{}", advice(is_root)).into());
    };
    for step in recipe.steps {
        let mut command = if recipe.root && !is_root {
            let mut sudo = Command::new("sudo");
            // sudo clears the environment, so the variable goes in by `env`.
            sudo.args(["env", "DEBIAN_FRONTEND=noninteractive", recipe.program]);
            sudo
        } else {
            let mut direct = Command::new(recipe.program);
            direct.env("DEBIAN_FRONTEND", "noninteractive");
            direct
        };
        run(command.args(*step))?;
    }
    Ok(())
}

fn is_on_path(program: &str) -> bool {
    directories_on_path().any(|directory| directory.join(program).is_file())
}

/// The directories of PATH, without empty entries (they mean the current directory).
pub(crate) fn directories_on_path() -> impl Iterator<Item = std::path::PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).filter(|entry| entry != Path::new("")).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_names_every_way() {
        let advice = advice(false);
        for way in ["initdb", "apt-get install", "dnf install", "brew install", "cargo xtask test --install"] {
            assert!(advice.contains(way), "{way} is not in:\n{advice}");
        }
    }
}
