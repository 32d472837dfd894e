//! Settings of a database: from flags, then the environment and `.env`, then `mwallet.toml`.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::{Engine, EngineOptions};
use crate::error::{Error, Result};
use crate::url::{DatabaseUrl, PostgresUrl, SslMode};

/// The settings of a database, each of which may be given or not.
///
/// In `mwallet.toml` they stand under `[database]`; in the environment each is in capitals after `MWALLET_DATABASE_`:
/// `MWALLET_DATABASE_URL`, `MWALLET_DATABASE_POOL_SIZE`. A database of PostgreSQL may be given by its parts instead of by
/// a URL; then nothing needs to be percent-encoded.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// The whole URL; the parts do not count then, but for a password where the URL has none.
    pub url: Option<String>,
    /// The host of PostgreSQL, or the folder of its socket.
    pub host: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// Who connects.
    pub user: Option<String>,
    /// The password, as it is.
    pub password: Option<String>,
    /// The name of the database.
    pub name: Option<String>,
    /// How connections are encrypted.
    pub sslmode: Option<String>,
    /// The file of certificates by which the server is verified.
    pub sslrootcert: Option<String>,
    /// Connections, or threads that read.
    pub pool_size: Option<usize>,
    /// How long to wait for a connection, in milliseconds.
    pub pool_timeout_ms: Option<u64>,
    /// How long connecting may take, in milliseconds.
    pub connect_timeout_ms: Option<u64>,
    /// How long one statement may run, in milliseconds.
    pub statement_timeout_ms: Option<u64>,
    /// How long a session may hold its transaction, in milliseconds.
    pub session_limit_ms: Option<u64>,
    /// Whether each statement is logged with its time.
    pub echo: Option<bool>,
    /// Whether nothing may be written.
    pub read_only: Option<bool>,
}

/// What `mwallet.toml` holds, as far as databases are concerned; the rest is somebody else's.
#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    database: DatabaseConfig,
}

/// Puts the variables of a `.env` file into the environment, unless they are set already. No file is no error.
///
/// # Errors
///
/// Where the file cannot be read: which line.
pub fn load_env_file(path: &Path) -> Result<()> {
    match dotenvy::from_path(path) {
        Ok(()) => Ok(()),
        Err(dotenvy::Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        // The line may hold a password, so it is not printed.
        Err(dotenvy::Error::LineParse(_, at)) => {
            Err(Error::Config(format!("{}: a line cannot be read at its character {}", path.display(), at + 1)))
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
            session_limit_ms,
            echo,
            read_only
        )
    };
}

impl DatabaseConfig {
    /// Reads the settings under `[database]` of a TOML file. No file means no settings.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, or a setting is unknown or wrong: which, and where.
    pub fn from_file(path: &Path) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Error::Config(format!("{}: {error}", path.display()))),
        };
        let file: File = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
            // The message alone: the text around it may be a password.
            Error::Config(format!("{}, line {line}: {}", path.display(), error.message()))
        })?;
        Ok(file.database)
    }

    /// Reads the settings of the environment.
    ///
    /// # Errors
    ///
    /// Where a variable is not of its type: which.
    pub fn from_env() -> Result<Self> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// Reads the settings by looking variables up.
    ///
    /// # Errors
    ///
    /// Where a variable is not of its type: which.
    pub fn from_variables(look_up: impl Fn(&str) -> Option<String>) -> Result<Self> {
        fn read<T: std::str::FromStr>(name: &str, text: Option<String>) -> Result<Option<T>> {
            let wrong = |_| Error::Config(format!("{name} cannot be read: expected {}", expected::<T>()));
            text.filter(|text| !text.is_empty()).map(|text| text.parse().map_err(wrong)).transpose()
        }
        macro_rules! read_all {
            ($($setting:ident),*) => {
                Self { $($setting: {
                    let name = concat!("MWALLET_DATABASE_", stringify!($setting)).to_uppercase();
                    read(&name, look_up(&name))?
                }),* }
            };
        }
        Ok(each_setting!(read_all))
    }

    /// The settings of this, and where it has none, those of another.
    pub fn or(self, other: Self) -> Self {
        // Parts beside a URL of higher rank would be ignored; parts of a higher rank than a URL replace it.
        let url = if self.url.is_none() && self.has_parts() { None } else { self.url.clone().or(other.url.clone()) };
        macro_rules! choose_all {
            ($($setting:ident),*) => {
                Self { $($setting: self.$setting.or(other.$setting)),* }
            };
        }
        Self { url, ..each_setting!(choose_all) }
    }

    fn has_parts(&self) -> bool {
        self.host.is_some() || self.port.is_some() || self.user.is_some() || self.name.is_some()
    }

    /// The URL that these settings name; `default` where they name none.
    ///
    /// # Errors
    ///
    /// Where the URL is none, or a part is missing: which.
    pub fn database_url(&self, default: &str) -> Result<DatabaseUrl> {
        match &self.url {
            Some(url) => Ok(self.with_password(url.parse()?)),
            None if self.has_parts() => self.url_of_parts().map(DatabaseUrl::Postgres),
            None => Ok(default.parse()?),
        }
    }

    /// A URL without a password takes the one that is given by itself: secrets often come another way than places.
    fn with_password(&self, mut url: DatabaseUrl) -> DatabaseUrl {
        if let DatabaseUrl::Postgres(postgres) = &mut url {
            postgres.password = postgres.password.take().or_else(|| self.password.clone());
        }
        url
    }

    fn url_of_parts(&self) -> Result<PostgresUrl> {
        let missing = |part| Error::Config(format!("the database is given by its parts, but its {part} is missing"));
        let user = self.user.as_deref().ok_or_else(|| missing("user"))?;
        let host = self.host.as_deref().unwrap_or("localhost");
        let name = self.name.as_deref().unwrap_or(user);
        let mut url = PostgresUrl::new(user, self.password.as_deref(), host, name);
        if let Some(port) = self.port {
            url.port = port;
        }
        if let Some(mode) = &self.sslmode {
            url.ssl_mode = mode.parse::<SslMode>()?;
        }
        url.ssl_root_cert = self.sslrootcert.as_ref().map(Into::into);
        Ok(url)
    }

    /// The options that these settings make.
    pub fn options(&self) -> EngineOptions {
        let default = EngineOptions::default();
        let time = |millis: Option<u64>, default| millis.map_or(default, Duration::from_millis);
        EngineOptions {
            pool_size: self.pool_size.unwrap_or(default.pool_size),
            pool_timeout: time(self.pool_timeout_ms, default.pool_timeout),
            connect_timeout: time(self.connect_timeout_ms, default.connect_timeout),
            statement_timeout: time(self.statement_timeout_ms, default.statement_timeout),
            session_limit: time(self.session_limit_ms, default.session_limit),
            echo: self.echo.unwrap_or(default.echo),
            read_only: self.read_only.unwrap_or(default.read_only),
            ..default
        }
    }

    /// The engine of these settings; `default` is the URL where they name none.
    ///
    /// # Errors
    ///
    /// Where a setting is wrong.
    pub fn engine(&self, default: &str) -> Result<Engine> {
        Engine::with(&self.database_url(default)?, self.options())
    }
}

fn expected<T>() -> &'static str {
    match std::any::type_name::<T>() {
        "bool" => "true or false",
        "u16" | "u64" | "usize" => "a whole number",
        _ => "text",
    }
}

impl fmt::Debug for DatabaseConfig {
    /// Neither the password nor the URL, which may hold one.
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
    use super::*;

    #[test]
    fn the_environment_goes_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mwallet.toml");
        std::fs::write(&path, "[database]\nurl = \"sqlite:file.db\"\npool_size = 3\n[server]\nx = 1\n").unwrap();
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
    fn what_is_wrong_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mwallet.toml");
        std::fs::write(&path, "[database]\n\npasword = \"secret\"\n").unwrap();
        let error = DatabaseConfig::from_file(&path).unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("pasword") && !error.contains("secret"), "{error}");

        let error = DatabaseConfig::from_variables(|name| (name == "MWALLET_DATABASE_ECHO").then(|| "maybe".into()));
        assert_eq!(error.unwrap_err().to_string(), "MWALLET_DATABASE_ECHO cannot be read: expected true or false");
    }

    #[test]
    fn an_env_file_that_is_not_there_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(load_env_file(&folder.path().join(".env")).is_ok());
    }
}
