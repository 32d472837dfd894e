//! The `mwallet` program: parses its arguments, runs one command and exits with a status code.

// These macros panic once the reader has closed the pipe. Print through `output` instead.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod commands;
mod database;
mod endpoints;
mod failure;
mod log;
mod output;
mod permissions;
mod reflected;
#[cfg(feature = "demo")]
mod seed;
mod settings;
mod signals;
mod small_file;

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::{Failure, Result};
use crate::log::Log;
use crate::settings::Settings;

/// The example of `mwallet seed`, if that command is built in.
const SEED_EXAMPLE: &str = if cfg!(feature = "demo") {
    "  # create fake data to try things with
  mwallet seed --users 20000 --orders 200000\n\n"
} else {
    ""
};

fn examples() -> String {
    format!(
        "\
Examples:
  # run a server on this machine, with its data in mwallet.db
  mwallet serve --open

  # import the transactions of a block
  mwallet import block block.json --network bitcoin

{SEED_EXAMPLE}  # show what is in an existing database
  mwallet inspect --database-url sqlite:legacy.db

  # back up the database while it is served
  mwallet backup mwallet-monday.db

  # print the tables as SQL, without a database
  mwallet schema show --dialect postgres

  # create the tables on PostgreSQL
  mwallet schema create --database-url postgresql://me@localhost/mwallet

Settings come from the options above, then from the environment and the .env file (MWALLET_DATABASE_URL, \
MWALLET_DATABASE_PASSWORD, MWALLET_DATABASE_POOL_SIZE, ...), then from mwallet.toml ([database] url = \"...\").

The log goes to standard error. RUST_LOG sets what is logged (default: warn,mwallet::sql=info,mwallet_auth=info). With --json, an \
error is one JSON object on the last line of standard error.

Every user of the machine can see a password on the command line. Put it in the environment or in a file."
    )
}

/// A self-hosted server for peer-to-peer trading of crypto assets
#[derive(Parser)]
#[command(name = "mwallet", version, after_help = examples(), arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the tables over HTTP
    Serve(Box<commands::serve::Options>),
    /// Import data
    Import(commands::import::Options),
    /// Fill an empty database with fake data
    #[cfg(feature = "demo")]
    Seed(commands::seed::Options),
    /// Show what a database contains, and how much of it mWallet can serve
    Inspect(commands::inspect::Options),
    /// Make, list and revoke keys by which programs call the server, and make tokens for users
    Key(commands::key::Options),
    /// Write, check, test and explain the permissions of a server
    Permissions(Box<commands::permissions::Options>),
    /// Generate types, schemas and API documents from a database
    Generate(commands::generate::Options),
    /// Write, apply and revert migrations of the tables
    Migrate(commands::migrate::Options),
    /// Create, drop or show the tables
    Schema(commands::schema::Options),
    /// Back up a database to a file, even while it is served
    Backup(commands::backup::Options),
    /// Restore a database from a backup, while no server uses it
    Restore(commands::restore::Options),
    /// Print the completion script for a shell
    Completions(commands::completions::Options),
}

fn main() -> ExitCode {
    // This comes before the arguments are parsed, since some options have variables, and before there are threads,
    // which might read the environment meanwhile. An error in the file is reported after the arguments are parsed, so
    // that --help always works.
    let environment = settings::load_env_file(Path::new(".env"));
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() && wants_json() => {
            return output::fail(&Failure::from_arguments(&error), true);
        }
        // Help and the version are such errors too.
        Err(error) => error.exit(),
    };
    let as_json = arguments.settings.output.json;
    match environment.map_err(Failure::from).and_then(|()| run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output::fail(&failure, as_json),
    }
}

/// Whether `--json` is among the arguments, for when they cannot be parsed.
fn wants_json() -> bool {
    std::env::args_os().skip(1).take_while(|argument| argument != "--").any(|argument| argument == "--json")
}

fn run(Arguments { settings, command }: Arguments) -> Result<()> {
    let log = Log::start(settings.log_format, matches!(command, Command::Serve(_)))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Serve(options) => commands::serve::run(&settings, &log, *options).await,
            Command::Import(options) => commands::import::run(&settings, options).await,
            #[cfg(feature = "demo")]
            Command::Seed(options) => commands::seed::run(&settings, options).await,
            Command::Inspect(options) => commands::inspect::run(&settings, options).await,
            Command::Key(options) => commands::key::run(&settings, options).await,
            Command::Permissions(options) => commands::permissions::run(&settings, *options).await,
            Command::Generate(options) => commands::generate::run(&settings, options).await,
            Command::Migrate(options) => commands::migrate::run(&settings, options).await,
            Command::Schema(options) => commands::schema::run(&settings, options).await,
            Command::Backup(options) => commands::backup::run(&settings, options).await,
            Command::Restore(options) => commands::restore::run(&settings, options).await,
            Command::Completions(options) => commands::completions::run(&settings, options),
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    #[test]
    fn the_arguments_do_not_contradict_themselves() {
        super::Arguments::command().debug_assert();
    }

    /// A command and all its subcommands, with their full names.
    fn all(command: Command, name: &str, found: &mut Vec<(String, Command)>) {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            all(inner.clone(), &format!("{name} {}", inner.get_name()), found);
        }
        found.push((name.to_owned(), command));
    }

    #[test]
    fn help_fits_a_narrow_terminal_without_breaking_an_example() {
        let mut command = super::Arguments::command();
        // This adds the options of every command to its help.
        command.build();
        let mut commands = Vec::new();
        all(command, "mwallet", &mut commands);
        assert!(commands.len() > 20, "{}", commands.len());
        for (name, command) in commands {
            let command = command.term_width(80);
            let help = [command.clone().render_help(), command.clone().render_long_help()];
            for help in help.map(|help| help.to_string()) {
                let long = help.lines().find(|line| line.chars().count() > 80);
                assert_eq!(long, None, "{name}");
                let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                for line in examples.lines().filter(|line| line.starts_with("  ")) {
                    assert!(help.lines().any(|shown| shown == line), "{name}: {line}");
                }
            }
        }
    }
}
