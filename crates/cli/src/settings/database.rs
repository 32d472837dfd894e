//! The settings of a database: from options, then the environment and `.env`, then `mwallet.toml`.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use toml::de::DeTable;

use mwallet_db::{DatabaseUrl, EngineOptions, Error, PostgresUrl, Result, SslMode};

use super::check;

/// The settings of a database, each of them optional.
///
/// In `mwallet.toml` they are in the section `[database]`; in the environment they are in upper case with the prefix
/// `MWALLET_DATABASE_`, as in `MWALLET_DATABASE_URL` and `MWALLET_DATABASE_POOL_SIZE`. A PostgreSQL database can be
/// named by its parts instead of a URL; then nothing needs percent-encoding.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DatabaseConfig {
    /// The URL. It conflicts with the parts, except for a password if the URL has none.
    pub(crate) url: Option<String>,
    /// The host of PostgreSQL, or the folder of its socket.
    pub(crate) host: Option<String>,
    /// The port of PostgreSQL.
    pub(crate) port: Option<u16>,
    /// The user to connect as.
    pub(crate) user: Option<String>,
    /// The password, not percent-encoded.
    pub(crate) password: Option<String>,
    /// The name of the database.
    pub(crate) name: Option<String>,
    /// The TLS mode of connections.
    pub(crate) sslmode: Option<String>,
    /// The file with the root certificates to verify the server with.
    pub(crate) sslrootcert: Option<String>,
    /// The number of connections to PostgreSQL, or of threads that read SQLite.
    pub(crate) pool_size: Option<usize>,
    /// How long to wait for a connection from the pool, in milliseconds.
    pub(crate) pool_timeout_ms: Option<u64>,
    /// How long connecting may take, in milliseconds.
    pub(crate) connect_timeout_ms: Option<u64>,
    /// How long a statement may run, in milliseconds.
    pub(crate) statement_timeout_ms: Option<u64>,
    /// How long a read from SQLite may take for one request, in milliseconds.
    pub(crate) read_timeout_ms: Option<u64>,
    /// The folder for SQLite's temporary files, such as large sorts.
    pub(crate) temp_dir: Option<String>,
    /// How long a session may keep its transaction open, in milliseconds.
    pub(crate) session_limit_ms: Option<u64>,
    /// Whether to log each statement with its time.
    pub(crate) echo: Option<bool>,
    /// Whether to refuse all writes.
    pub(crate) read_only: Option<bool>,
}

/// The content of `mwallet.toml`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    database: DatabaseConfig,
}

/// Loads the variables of a `.env` file into the environment, except those that are already set. A missing file is not
/// an error.
///
/// # Errors
///
/// If the file cannot be read or parsed.
pub(crate) fn load_env_file(path: &Path) -> Result<()> {
    match dotenvy::from_path(path) {
        Ok(()) => Ok(()),
        Err(dotenvy::Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        // The line may hold a password, so it is not printed.
        Err(dotenvy::Error::LineParse(_, at)) => {
            Err(Error::Config(format!("{}: cannot parse a line at its character {}", path.display(), at + 1)))
        }
        Err(error) => Err(Error::Config(format!("{}: {error}", path.display()))),
    }
}

macro_rules! each_setting {
    ($macro:ident) => {
        $macro!(
            url,
            host,
            port,
            user,
            password,
            name,
            sslmode,
            sslrootcert,
            pool_size,
            pool_timeout_ms,
            connect_timeout_ms,
            statement_timeout_ms,
            read_timeout_ms,
            temp_dir,
            session_limit_ms,
            echo,
            read_only
        )
    };
}

macro_rules! names {
    ($($setting:ident),*) => { &[$(stringify!($setting)),*] };
}

/// What to do if there is both a URL and its parts.
const BOTH: &str = "name the database by its URL or by its parts, not by both";

impl DatabaseConfig {
    /// The names of all settings.
    pub(super) const SETTINGS: &[&str] = each_setting!(names);

    /// Reads the settings from the section `[database]` of a TOML file. A missing file means no settings.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, if a setting or section is unknown or wrong, or if a URL conflicts with its parts.
    /// The error names the setting and its line.
    pub(crate) fn from_file(path: &Path) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Error::Config(format!("{}: {error}", path.display()))),
        };
        // Only the message: the text around it may contain a password. So may a value of the wrong type, which the
        // message quotes, so `wrong_type` removes it.
        let wrong = |at: usize, message: &str| {
            Error::Config(format!("{}, line {}: {message}", path.display(), check::line(&text, at)))
        };
        let place = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
        let table = DeTable::parse(&text).map_err(|error| wrong(place(&error), error.message()))?;
        check::check_file(path, &text, table.get_ref())?;
        let File { database } =
            toml::from_str(&text).map_err(|error| wrong(place(&error), &check::wrong_type(error.message())))?;
        if let Some(part) = database.part_beside_url() {
            let section = table.get_ref().get("database").and_then(|section| section.get_ref().as_table());
            let key = section.and_then(|section| section.keys().find(|key| key.get_ref() == part));
            let message = format!("{part} conflicts with url: {BOTH}");
            return Err(wrong(key.map_or(0, |key| key.span().start), &message));
        }
        Ok(database)
    }

    /// Reads the settings from the environment.
    ///
    /// # Errors
    ///
    /// If a variable has the wrong type, if its name is a misspelt setting, or if a URL conflicts with its parts. The
    /// error names the variable.
    pub(crate) fn from_env() -> Result<Self> {
        Self::check_environment(&[])?;
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// Refuses environment variables that look like settings but are not: unknown ones with the prefix
    /// `MWALLET_DATABASE_`, and those that differ in a letter or two from a setting or from a variable of `of_program`.
    ///
    /// # Errors
    ///
    /// If there is such a variable. The error names it and the one that was probably meant.
    pub(crate) fn check_environment(of_program: &[&str]) -> Result<()> {
        let names: Vec<String> = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
        check::check_variables(names.iter().map(String::as_str), of_program)
    }

    /// Reads the settings from variables that `look_up` returns.
    ///
    /// # Errors
    ///
    /// If a variable has the wrong type, or if a URL conflicts with its parts. The error names the variable.
    pub(crate) fn from_variables(look_up: impl Fn(&str) -> Option<String>) -> Result<Self> {
        fn read<T: std::str::FromStr>(name: &str, text: Option<String>) -> Result<Option<T>> {
            let wrong = |_| Error::Config(format!("{name} has the wrong type: expected {}", expected::<T>()));
            text.filter(|text| !text.is_empty()).map(|text| text.parse().map_err(wrong)).transpose()
        }
        macro_rules! read_all {
            ($($setting:ident),*) => {
                Self { $($setting: {
                    let name = variable(stringify!($setting));
                    read(&name, look_up(&name))?
                }),* }
            };
        }
        let settings = each_setting!(read_all);
        match settings.part_beside_url() {
            Some(part) => Err(Error::Config(format!("{} conflicts with {}: {BOTH}", variable(part), variable("url")))),
            None => Ok(settings),
        }
    }

    /// The first part that is given together with a URL, where it would be ignored. A password is allowed: secrets are
    /// often configured elsewhere than URLs.
    fn part_beside_url(&self) -> Option<&'static str> {
        let parts = [
            ("host", self.host.is_some()),
            ("port", self.port.is_some()),
            ("user", self.user.is_some()),
            ("name", self.name.is_some()),
            ("sslmode", self.sslmode.is_some()),
            ("sslrootcert", self.sslrootcert.is_some()),
        ];
        self.url.as_ref()?;
        parts.into_iter().find(|(_, is_given)| *is_given).map(|(part, _)| part)
    }

    /// Combines these settings with those of `other`, which have lower precedence. A URL overrides all parts of the
    /// other settings, and parts that locate a database override its URL.
    pub(crate) fn or(self, other: Self) -> Self {
        let other = match (&self.url, self.has_parts()) {
            (Some(_), _) => {
                Self { host: None, port: None, user: None, name: None, sslmode: None, sslrootcert: None, ..other }
            }
            (None, true) => Self { url: None, ..other },
            (None, false) => other,
        };
        macro_rules! choose_all {
            ($($setting:ident),*) => {
                Self { $($setting: self.$setting.or(other.$setting)),* }
            };
        }
        each_setting!(choose_all)
    }

    /// Whether a part locates the database.
    fn has_parts(&self) -> bool {
        self.host.is_some() || self.port.is_some() || self.user.is_some() || self.name.is_some()
    }

    /// Whether any setting applies only to PostgreSQL.
    fn has_postgres(&self) -> bool {
        self.has_parts() || self.password.is_some() || self.sslmode.is_some() || self.sslrootcert.is_some()
    }

    /// The URL of the database that these settings name, or else `default`.
    ///
    /// # Errors
    ///
    /// If the URL is invalid, or if a part is missing. The error names the part.
    pub(crate) fn database_url(&self, default: &str) -> Result<DatabaseUrl> {
        match &self.url {
            Some(url) => self.completed(url.parse()?),
            None if self.has_postgres() => self.url_of_parts().map(DatabaseUrl::Postgres),
            None => Ok(default.parse()?),
        }
    }

    /// Adds the separate password to a URL without one: secrets are often configured elsewhere than URLs. The settings
    /// for TLS override those of the URL.
    fn completed(&self, mut url: DatabaseUrl) -> Result<DatabaseUrl> {
        if let DatabaseUrl::Postgres(postgres) = &mut url {
            postgres.password = postgres.password.take().or_else(|| self.password.clone());
            self.set_encryption(postgres)?;
        }
        Ok(url)
    }

    fn set_encryption(&self, url: &mut PostgresUrl) -> Result<()> {
        if let Some(mode) = &self.sslmode {
            url.ssl_mode = mode.parse::<SslMode>()?;
        }
        if let Some(path) = &self.sslrootcert {
            url.ssl_root_cert = Some(path.into());
        }
        Ok(())
    }

    fn url_of_parts(&self) -> Result<PostgresUrl> {
        let missing = |part| Error::Config(format!("the database is named by its parts, but the {part} is missing"));
        let user = self.user.as_deref().ok_or_else(|| missing("user"))?;
        let host = self.host.as_deref().unwrap_or("localhost");
        let name = self.name.as_deref().unwrap_or(user);
        let mut url = PostgresUrl::new(user, self.password.as_deref(), host, name);
        if let Some(port) = self.port {
            url.port = port;
        }
        self.set_encryption(&mut url)?;
        Ok(url)
    }

    /// The engine options from these settings.
    pub(crate) fn options(&self) -> EngineOptions {
        let default = EngineOptions::default();
        let time = |millis: Option<u64>, default| millis.map_or(default, Duration::from_millis);
        EngineOptions {
            pool_size: self.pool_size.unwrap_or(default.pool_size),
            pool_timeout: time(self.pool_timeout_ms, default.pool_timeout),
            connect_timeout: time(self.connect_timeout_ms, default.connect_timeout),
            statement_timeout: time(self.statement_timeout_ms, default.statement_timeout),
            read_timeout: time(self.read_timeout_ms, default.read_timeout),
            temp_dir: self.temp_dir.as_ref().map(Into::into),
            transaction_timeout: time(self.session_limit_ms, default.transaction_timeout),
            echo: self.echo.unwrap_or(default.echo),
            read_only: self.read_only.unwrap_or(default.read_only),
            ..default
        }
    }
}

/// The environment variable of a setting.
pub(super) fn variable(setting: &str) -> String {
    format!("{}{}", check::PREFIX, setting.to_uppercase())
}

fn expected<T>() -> &'static str {
    match std::any::type_name::<T>() {
        "bool" => "true or false",
        "u16" | "u64" | "usize" => "a whole number",
        _ => "text",
    }
}

impl fmt::Debug for DatabaseConfig {
    /// Omits the password, and the URL, which may contain one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("user", &self.user)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use mwallet_db::{Dialect, Engine};

    use super::*;

    #[test]
    fn the_environment_goes_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mwallet.toml");
        std::fs::write(&path, "[database]\nurl = \"sqlite:file.db\"\npool_size = 3\n").unwrap();
        let file = DatabaseConfig::from_file(&path).unwrap();
        let environment = DatabaseConfig::from_variables(|name| match name {
            "MWALLET_DATABASE_POOL_SIZE" => Some("5".into()),
            _ => None,
        });
        let both = environment.unwrap().or(file.clone());
        assert_eq!(
            (both.pool_size, both.database_url("sqlite:x").unwrap().to_string()),
            (Some(5), "sqlite:file.db".into())
        );

        let parts = DatabaseConfig {
            user: Some("fred".into()),
            password: Some("p@ss:w/rd-#%".into()),
            ..DatabaseConfig::default()
        };
        let url = parts.or(file).database_url("sqlite:x").unwrap();
        assert_eq!(url.expose(), "postgresql://fred:p%40ss%3Aw%2Frd-%23%25@localhost:5432/fred");
    }

    #[test]
    fn a_password_may_come_another_way_than_its_url() {
        let of = |url: &str| DatabaseConfig {
            url: Some(url.into()),
            password: Some("p@ss".into()),
            ..DatabaseConfig::default()
        };
        let exposed = |url: &str| of(url).database_url("sqlite:x").unwrap().expose();
        assert_eq!(exposed("postgresql://fred@h/d"), "postgresql://fred:p%40ss@h:5432/d");
        assert_eq!(exposed("postgresql://fred:own@h/d"), "postgresql://fred:own@h:5432/d");
        assert_eq!(exposed("sqlite:file.db"), "sqlite:file.db");
    }

    #[test]
    fn a_url_goes_before_parts_of_a_lower_rank_and_parts_before_a_url() {
        let url = |text: &str| DatabaseConfig { url: Some(text.into()), ..DatabaseConfig::default() };
        let of = |config: DatabaseConfig| config.database_url("sqlite:x").map(|url| url.expose()).unwrap();
        let parts = DatabaseConfig {
            host: Some("h".into()),
            user: Some("fred".into()),
            password: Some("p".into()),
            sslmode: Some("require".into()),
            ..DatabaseConfig::default()
        };
        assert_eq!(of(url("postgresql://ada@other/d").or(parts.clone())), "postgresql://ada:p@other:5432/d");
        assert_eq!(of(parts.clone().or(url("sqlite:file.db"))), "postgresql://fred:p@h:5432/fred?sslmode=require");
        // The TLS mode does not locate a database, so it is combined with a URL of lower rank.
        let verified = DatabaseConfig { sslmode: Some("verify-full".into()), ..DatabaseConfig::default() };
        assert_eq!(of(verified.or(url("postgresql://ada@h/d"))), "postgresql://ada@h:5432/d?sslmode=verify-full");
        // A password needs a user.
        let alone = DatabaseConfig { password: Some("p".into()), ..DatabaseConfig::default() };
        let error = alone.database_url("sqlite:x").unwrap_err().to_string();
        assert_eq!(error, "the database is named by its parts, but the user is missing");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = DatabaseConfig::from_variables(|name| (name == "MWALLET_DATABASE_ECHO").then(|| "maybe".into()));
        assert_eq!(error.unwrap_err().to_string(), "MWALLET_DATABASE_ECHO has the wrong type: expected true or false");
    }

    #[test]
    fn an_env_file_that_is_not_there_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(load_env_file(&folder.path().join(".env")).is_ok());
    }

    #[test]
    fn a_server_is_reached_by_its_parts() {
        mwallet_testkit::run(Dialect::Postgres, async |db: mwallet_testkit::TestDb| {
            let DatabaseUrl::Postgres(url) = &db.url else { unreachable!("it is of PostgreSQL") };
            let authority = std::env::var("MWALLET_TEST_POSTGRES_CA").expect("run the tests with `cargo xtask test`");
            let settings = DatabaseConfig {
                port: Some(url.port),
                user: Some(url.user.clone()),
                name: Some(url.database.clone()),
                sslmode: Some("verify-full".into()),
                sslrootcert: Some(authority),
                ..DatabaseConfig::default()
            };
            let engine = |settings: &DatabaseConfig| {
                Engine::with(&settings.database_url("sqlite::memory:").unwrap(), settings.options()).unwrap()
            };
            engine(&settings).ping().await.unwrap();
            let settings = DatabaseConfig { name: Some("mwallet_no_such_database".into()), ..settings };
            assert!(engine(&settings).ping().await.is_err());
        });
    }
}
