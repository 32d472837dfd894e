//! The options that every command has, and the settings that they stand before.

mod check;
mod database;

use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory};
pub(crate) use database::load_env_file;
use mwallet_db::{DatabaseUrl, Engine, EngineOptions, SqliteUrl};

use self::database::DatabaseConfig;
use crate::Arguments;
use crate::failure::{Failure, Result};
use crate::log::Format;
use crate::output::OutputOptions;

/// The database where nothing names another.
const DEFAULT_DATABASE: &str = "sqlite:mwallet.db";
/// The file of settings where no other is named.
const DEFAULT_FILE: &str = "mwallet.toml";

/// The options that every command has.
#[derive(Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Settings {
    /// The database: sqlite:FILE or postgresql://USER@HOST/NAME [env: MWALLET_DATABASE_URL] [default: sqlite:mwallet.db]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// The file of settings [default: mwallet.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Log each statement with its time, without its values
    #[arg(long, global = true)]
    echo: bool,
    /// The folder in which SQLite puts sorts that are too large for memory [default: that of the database]
    #[arg(long, global = true, value_name = "FOLDER")]
    temp_dir: Option<String>,
    /// How the lines of the log look, which go to the standard error; RUST_LOG chooses what is logged
    #[arg(long, global = true, env = "MWALLET_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) log_format: Format,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

impl Settings {
    /// The database that the options, the environment and the file name, in this order.
    pub(crate) fn engine(&self) -> Result<Engine> {
        self.engine_with(|options| options)
    }

    /// The same, with options that a command changes.
    pub(crate) fn engine_with(&self, change: impl FnOnce(EngineOptions) -> EngineOptions) -> Result<Engine> {
        let config = self.database()?;
        let options = change(config.options());
        Ok(Engine::with(&config.database_url(DEFAULT_DATABASE)?, options)?)
    }

    /// An engine of a database that is there already, for commands that only ask, or take something away: a file of SQLite is
    /// not made where there is none, and keeps its journal mode.
    pub(crate) fn engine_of_existing(&self, change: impl FnOnce(EngineOptions) -> EngineOptions) -> Result<Engine> {
        if let DatabaseUrl::Sqlite(SqliteUrl::File(path)) = self.database_url()?
            // What cannot be looked at is told when it is opened.
            && path.try_exists().is_ok_and(|exists| !exists)
        {
            return Err(Failure::new(format!("there is no file {}", path.display())).code("no_file").hint(
                "is its name right? --database-url names another; `mwallet migrate up` makes one that is new, with the tables of \
                 mWallet",
            ));
        }
        self.engine_with(|options| EngineOptions { existing: true, ..change(options) })
    }

    /// Whether an option names a database.
    #[cfg(feature = "demo")]
    pub(crate) fn names_database(&self) -> bool {
        self.database_url.is_some()
    }

    /// A database of the program's own choice, whatever is named elsewhere; how it is used, such as its pool, is still for
    /// the environment and the file to say.
    #[cfg(feature = "demo")]
    pub(crate) fn engine_of(&self, url: &str) -> Result<Engine> {
        let config = DatabaseConfig { url: Some(url.to_owned()), ..self.database()? };
        Ok(Engine::with(&config.database_url(url)?, config.options())?)
    }

    /// Where that database is; nothing is connected.
    pub(crate) fn database_url(&self) -> Result<DatabaseUrl> {
        Ok(self.database()?.database_url(DEFAULT_DATABASE)?)
    }

    fn database(&self) -> Result<DatabaseConfig> {
        let file = match &self.config {
            Some(path) if !path.exists() => {
                return Err(Failure::new(format!("there is no file {}", path.display())).code("no_file"));
            }
            Some(path) => path,
            None => Path::new(DEFAULT_FILE),
        };
        check_environment()?;
        let options = DatabaseConfig {
            url: self.database_url.clone(),
            echo: self.echo.then_some(true),
            temp_dir: self.temp_dir.clone(),
            ..DatabaseConfig::default()
        };
        Ok(options.or(DatabaseConfig::from_env()?).or(DatabaseConfig::from_file(file)?))
    }
}

/// Refuses a variable that is meant for this program, and that it does not know.
fn check_environment() -> Result<()> {
    let command = Arguments::command();
    let commands = std::iter::once(&command).chain(command.get_subcommands());
    let (with, without): (Vec<_>, Vec<_>) =
        commands.flat_map(Command::get_arguments).partition(|argument| argument.get_env().is_some());
    let variables: Vec<&str> = with.iter().filter_map(|argument| argument.get_env()?.to_str()).collect();
    // Whoever sets one for an option that has none would believe that it is heeded.
    for option in without.iter().filter_map(|argument| argument.get_long()) {
        let name = format!("MWALLET_{}", option.to_uppercase().replace('-', "_"));
        let is_of_database = name.starts_with("MWALLET_DATABASE_");
        if std::env::var_os(&name).is_some() && !is_of_database && !variables.contains(&name.as_str()) {
            let failure = Failure::new(format!("the environment or .env: there is no setting {name}"));
            return Err(failure.code("invalid_setting").hint(format!("give the option --{option} instead")));
        }
    }
    Ok(DatabaseConfig::check_environment(&variables)?)
}
