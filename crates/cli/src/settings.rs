//! The options of every command, and the settings that they override.

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

/// The default database.
const DEFAULT_DATABASE: &str = "sqlite:mwallet.db";
/// The default settings file.
const DEFAULT_FILE: &str = "mwallet.toml";

/// The options of every command.
#[derive(Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Settings {
    /// The database: sqlite:FILE or postgresql://USER@HOST/NAME [env: MWALLET_DATABASE_URL] [default:
    /// sqlite:mwallet.db]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// The settings file [default: mwallet.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Log each statement with its time, without its values
    #[arg(long, global = true)]
    echo: bool,
    /// The folder for SQLite's temporary files, such as large sorts [default: that of the database]
    #[arg(long, global = true, value_name = "FOLDER")]
    temp_dir: Option<String>,
    /// The format of the log, which goes to standard error; RUST_LOG sets what is logged
    #[arg(long, global = true, env = "MWALLET_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) log_format: Format,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

impl Settings {
    /// An engine for the configured database: that of the options, the environment or the file, in this order.
    pub(crate) fn engine(&self) -> Result<Engine> {
        self.engine_with(|options| options)
    }

    /// The same, with engine options that a command changes.
    pub(crate) fn engine_with(&self, change: impl FnOnce(EngineOptions) -> EngineOptions) -> Result<Engine> {
        let config = self.database()?;
        let options = change(config.options());
        Ok(Engine::with(&config.database_url(DEFAULT_DATABASE)?, options)?)
    }

    /// An engine for a database that must exist, for commands that only read or remove: it does not create a missing
    /// SQLite file, and it does not change the journal mode of an existing one.
    pub(crate) fn engine_of_existing(&self, change: impl FnOnce(EngineOptions) -> EngineOptions) -> Result<Engine> {
        if let DatabaseUrl::Sqlite(SqliteUrl::File(path)) = self.database_url()?
            // Other errors are reported when the file is opened.
            && path.try_exists().is_ok_and(|exists| !exists)
        {
            return Err(Failure::new(format!("there is no file {}", path.display())).code("no_file").hint(
                "check the name; --database-url names another database, and `mwallet migrate up` creates one with \
                 mWallet's tables",
            ));
        }
        self.engine_with(|options| EngineOptions { existing: true, ..change(options) })
    }

    /// Whether the user passed `--database-url`.
    #[cfg(feature = "demo")]
    pub(crate) fn names_database(&self) -> bool {
        self.database_url.is_some()
    }

    /// An engine for `url`, whatever database is configured. Other settings, such as the size of the pool, still apply.
    pub(crate) fn engine_of(&self, url: &str) -> Result<Engine> {
        let config = DatabaseConfig { url: Some(url.to_owned()), ..self.database()? };
        Ok(Engine::with(&config.database_url(url)?, config.options())?)
    }

    /// The URL of the configured database. This does not connect.
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

/// Refuses an environment variable that is meant for this program but unknown to it.
fn check_environment() -> Result<()> {
    let command = Arguments::command();
    let commands = std::iter::once(&command).chain(command.get_subcommands());
    let (with, without): (Vec<_>, Vec<_>) =
        commands.flat_map(Command::get_arguments).partition(|argument| argument.get_env().is_some());
    let variables: Vec<&str> = with.iter().filter_map(|argument| argument.get_env()?.to_str()).collect();
    // A variable for an option that has none would be silently ignored.
    for option in without.iter().filter_map(|argument| argument.get_long()) {
        let name = format!("MWALLET_{}", option.to_uppercase().replace('-', "_"));
        let is_of_database = name.starts_with("MWALLET_DATABASE_");
        if std::env::var_os(&name).is_some() && !is_of_database && !variables.contains(&name.as_str()) {
            let failure = Failure::new(format!("the environment or .env: there is no setting {name}"));
            return Err(failure.code("invalid_setting").hint(format!("pass the option --{option} instead")));
        }
    }
    Ok(DatabaseConfig::check_environment(&variables)?)
}
