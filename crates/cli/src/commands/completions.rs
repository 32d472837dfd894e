//! `mwallet completions`: prints the completion script for a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::failure::Result;
use crate::output;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  mwallet completions bash > ~/.local/share/bash-completion/completions/mwallet
  mwallet completions zsh > ~/.zfunc/_mwallet
  mwallet completions fish > ~/.config/fish/completions/mwallet.fish";

/// The options of `mwallet completions`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The shell to print the script for
    shell: Shell,
}

pub(crate) fn run(_: &Settings, Options { shell }: Options) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut crate::Arguments::command(), "mwallet", &mut script);
    output::write(String::from_utf8_lossy(&script).trim_end())
}
