//! Settings of a database: from flags, then the environment and `.env`, then `mwallet.toml`.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use toml::de::DeTable;

use mwallet_db::{DatabaseUrl, EngineOptions, Error, PostgresUrl, Result, SslMode};

use super::check;

/// The settings of a database, each of which may be given or not.
///
/// In `mwallet.toml` they stand under `[database]`; in the environment each is in capitals after `MWALLET_DATABASE_`:
/// `MWALLET_DATABASE_URL`, `MWALLET_DATABASE_POOL_SIZE`. A database of PostgreSQL may be given by its parts instead of by
/// a URL; then nothing needs to be percent-encoded.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DatabaseConfig {
    /// The whole URL. Parts may not stand beside it, but for a password where the URL has none.
    pub(crate) url: Option<String>,
    /// The host of PostgreSQL, or the folder of its socket.
    pub(crate) host: Option<String>,
    /// Its port.
    pub(crate) port: Option<u16>,
    /// Who connects.
    pub(crate) user: Option<String>,
    /// The password, as it is.
    pub(crate) password: Option<String>,
    /// The name of the database.
    pub(crate) name: Option<String>,
    /// How connections are encrypted.
    pub(crate) sslmode: Option<String>,
    /// The file of certificates by which the server is verified.
    pub(crate) sslrootcert: Option<String>,
    /// Connections, or threads that read.
    pub(crate) pool_size: Option<usize>,
    /// How long to wait for a connection, in milliseconds.
    pub(crate) pool_timeout_ms: Option<u64>,
    /// How long connecting may take, in milliseconds.
    pub(crate) connect_timeout_ms: Option<u64>,
    /// How long one statement may run, in milliseconds.
    pub(crate) statement_timeout_ms: Option<u64>,
    /// How long SQLite may read for one request, in milliseconds.
    pub(crate) read_timeout_ms: Option<u64>,
    /// Where SQLite puts sorts and the like that are too large for memory.
    pub(crate) temp_dir: Option<String>,
    /// How long a session may hold its transaction, in milliseconds.
    pub(crate) session_limit_ms: Option<u64>,
    /// Whether each statement is logged with its time.
    pub(crate) echo: Option<bool>,
    /// Whether nothing may be written.
    pub(crate) read_only: Option<bool>,
}

/// What `mwallet.toml` holds.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    database: DatabaseConfig,
}

/// Puts the variables of a `.env` file into the environment, unless they are set already. No file is no error.
///
/// # Errors
///
/// Where the file cannot be read: which line.
pub(crate) fn load_env_file(path: &Path) -> Result<()> {
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

/// Why a URL and its parts cannot stand together.
const BOTH: &str = "name the database by its URL or by its parts, not by both";

impl DatabaseConfig {
    /// The names of all settings.
    pub(super) const SETTINGS: &[&str] = each_setting!(names);

    /// Reads the settings under `[database]` of a TOML file. No file means no settings.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, or holds a setting or a section that is unknown or wrong, or a URL beside parts of it: which,
    /// and where.
    pub(crate) fn from_file(path: &Path) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Error::Config(format!("{}: {error}", path.display()))),
        };
        // The message alone: the text around it may be a password. So may what is of a wrong type, which the message names.
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
            let message = format!("{part} stands beside url: {BOTH}");
            return Err(wrong(key.map_or(0, |key| key.span().start), &message));
        }
        Ok(database)
    }

    /// Reads the settings of the environment.
    ///
    /// # Errors
    ///
    /// Where a variable is not of its type, is called nearly like a setting and is none, or where a URL stands beside parts of it:
    /// which.
    pub(crate) fn from_env() -> Result<Self> {
        Self::check_environment(&[])?;
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// Refuses variables of the environment that look like settings and are none: what begins with `MWALLET_DATABASE_`, and what
    /// differs in a letter or two from a setting, or from a variable of the program itself.
    ///
    /// # Errors
    ///
    /// Which variable, and what was probably meant.
    pub(crate) fn check_environment(of_program: &[&str]) -> Result<()> {
        let names: Vec<String> = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
        check::check_variables(names.iter().map(String::as_str), of_program)
    }

    /// Reads the settings by looking variables up.
    ///
    /// # Errors
    ///
    /// Where a variable is not of its type, or a URL stands beside parts of it: which.
    pub(crate) fn from_variables(look_up: impl Fn(&str) -> Option<String>) -> Result<Self> {
        fn read<T: std::str::FromStr>(name: &str, text: Option<String>) -> Result<Option<T>> {
            let wrong = |_| Error::Config(format!("{name} cannot be read: expected {}", expected::<T>()));
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
            Some(part) => Err(Error::Config(format!("{} stands beside {}: {BOTH}", variable(part), variable("url")))),
            None => Ok(settings),
        }
    }

    /// The first part of a database's place that stands beside its URL, where nobody would heed it. A password may: secrets often
    /// come another way than places.
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

    /// The settings of this, and where it has none, those of another: a URL goes before all parts of the other, and parts that
    /// say where the database is go before its URL.
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

    /// Whether a part says where the database is.
    fn has_parts(&self) -> bool {
        self.host.is_some() || self.port.is_some() || self.user.is_some() || self.name.is_some()
    }

    /// Whether anything is said that is of use to a database of PostgreSQL alone.
    fn has_postgres(&self) -> bool {
        self.has_parts() || self.password.is_some() || self.sslmode.is_some() || self.sslrootcert.is_some()
    }

    /// The URL that these settings name; `default` where they name none.
    ///
    /// # Errors
    ///
    /// Where the URL is none, or a part is missing: which.
    pub(crate) fn database_url(&self, default: &str) -> Result<DatabaseUrl> {
        match &self.url {
            Some(url) => self.completed(url.parse()?),
            None if self.has_postgres() => self.url_of_parts().map(DatabaseUrl::Postgres),
            None => Ok(default.parse()?),
        }
    }

    /// A URL without a password takes the one that is given by itself: secrets often come another way than places. How
    /// connections are encrypted may be said above it.
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
        let missing = |part| Error::Config(format!("the database is given by its parts, but its {part} is missing"));
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

    /// The options that these settings make.
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

/// The variable of a setting.
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
        // How to encrypt says nothing of where, and is heeded all the same.
        let verified = DatabaseConfig { sslmode: Some("verify-full".into()), ..DatabaseConfig::default() };
        assert_eq!(of(verified.or(url("postgresql://ada@h/d"))), "postgresql://ada@h:5432/d?sslmode=verify-full");
        // A password is for somebody.
        let alone = DatabaseConfig { password: Some("p".into()), ..DatabaseConfig::default() };
        let error = alone.database_url("sqlite:x").unwrap_err().to_string();
        assert_eq!(error, "the database is given by its parts, but its user is missing");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = DatabaseConfig::from_variables(|name| (name == "MWALLET_DATABASE_ECHO").then(|| "maybe".into()));
        assert_eq!(error.unwrap_err().to_string(), "MWALLET_DATABASE_ECHO cannot be read: expected true or false");
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
