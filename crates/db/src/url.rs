//! Database URLs.

mod read;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Dialect;

/// Characters that are not percent-encoded in a part of a URL.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Characters that are not percent-encoded in a file path.
pub(crate) const PATH: &AsciiSet = &PART.remove(b'/');
/// PostgreSQL's default port.
const DEFAULT_PORT: u16 = 5432;

/// A database URL: `postgresql://user:password@host:5432/name?sslmode=verify-full` or `sqlite:file.db`.
///
/// `Display` and `Debug` hide the password. [`DatabaseUrl::expose`] includes it.
///
/// ```
/// use mwallet_db::DatabaseUrl;
/// let url: DatabaseUrl = "postgresql+asyncpg://fred:p%40ss@localhost/mwallet".parse()?;
/// assert_eq!(url.to_string(), "postgresql://fred:***@localhost:5432/mwallet");
/// assert_eq!(url.expose(), "postgresql://fred:p%40ss@localhost:5432/mwallet");
/// assert_eq!("sqlite::memory:".parse::<DatabaseUrl>()?.to_string(), "sqlite::memory:");
/// # Ok::<(), mwallet_db::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A PostgreSQL database.
    Postgres(PostgresUrl),
    /// A SQLite database.
    Sqlite(SqliteUrl),
}

/// The parts of a PostgreSQL URL.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    /// The user.
    pub user: String,
    /// The password, not percent-encoded.
    pub password: Option<String>,
    /// The host or socket.
    pub host: Host,
    /// The port. For a socket, the number in its file name.
    pub port: u16,
    /// The database name.
    pub database: String,
    /// Whether to encrypt the connection and verify the server. Ignored for a socket.
    pub ssl_mode: SslMode,
    /// The file with the root certificates to trust, or `None` for those of the system.
    pub ssl_root_cert: Option<PathBuf>,
}

/// The address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A host name or IP address.
    Tcp(String),
    /// The directory of a Unix socket.
    Socket(PathBuf),
}

/// The parts of a SQLite URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SqliteUrl {
    /// A file, created on first use.
    File(PathBuf),
    /// In memory, for the lifetime of the engine.
    Memory,
}

/// Whether a connection is encrypted and its server verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SslMode {
    /// Never encrypted.
    Disable,
    /// Encrypted if the server supports it.
    #[default]
    Prefer,
    /// Encrypted, without verifying the server. Same as [`SslMode::VerifyCa`] if a root certificate is given.
    Require,
    /// Encrypted, with a certificate from a trusted authority.
    VerifyCa,
    /// Encrypted, with a certificate from a trusted authority for this host name.
    VerifyFull,
}

/// Why a text is not a database URL. The message does not include the text, which may contain a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// The scheme is unknown.
    #[error("a database URL begins with postgresql:// or sqlite:")]
    Scheme,
    /// `sqlite://` is ambiguous, because programs interpret it differently.
    #[error(
        "write sqlite:file.db for a file beside you, sqlite:/folder/file.db for one anywhere, sqlite::memory: for none"
    )]
    SqliteSlashes,
    /// The file name is missing.
    #[error("name a file after sqlite:, such as sqlite:mwallet.db")]
    NoFile,
    /// A part is not correctly percent-encoded.
    #[error("the {part} must be percent-encoded: write % as %25, @ as %40, : as %3A, / as %2F, # as %23")]
    Encoding {
        /// The part.
        part: &'static str,
    },
    /// The port is not a number from 1 to 65,535.
    #[error("the port must be a number from 1 to 65535")]
    Port,
    /// The user is missing.
    #[error("name a user: postgresql://user@host/database")]
    NoUser,
    /// A parameter is unknown.
    #[error("the parameter {0} is not known; there are host, port, user, password, dbname, sslmode, sslrootcert")]
    UnknownParameter(String),
    /// A SQLite URL has a parameter, but none are supported.
    #[error(
        "the parameter {0} is not known: sqlite:FILE has none, since how a file is used is set elsewhere, such as \
         read_only under [database] of the settings; a ? in its name is written %3F"
    )]
    SqliteParameter(String),
    /// The value of `sslmode` is unknown.
    #[error("sslmode must be disable, prefer, require, verify-ca or verify-full")]
    SslMode,
}

impl PostgresUrl {
    /// Creates a URL from its parts, which must not be percent-encoded.
    ///
    /// ```
    /// use mwallet_db::{DatabaseUrl, PostgresUrl};
    /// let url = PostgresUrl::new("fred", Some("p@ss:w/rd-#%"), "localhost", "mwallet");
    /// let text = DatabaseUrl::Postgres(url.clone()).expose();
    /// assert_eq!(text, "postgresql://fred:p%40ss%3Aw%2Frd-%23%25@localhost:5432/mwallet");
    /// assert_eq!(text.parse(), Ok(DatabaseUrl::Postgres(url)));
    /// ```
    pub fn new(user: &str, password: Option<&str>, host: &str, database: &str) -> Self {
        Self {
            user: user.into(),
            password: password.map(Into::into),
            host: Host::parse(host),
            port: DEFAULT_PORT,
            database: database.into(),
            ssl_mode: SslMode::default(),
            ssl_root_cert: None,
        }
    }

    /// Sets the port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the database name.
    pub fn database(mut self, database: &str) -> Self {
        self.database = database.into();
        self
    }

    /// Returns whether the server is reached through a Unix socket.
    pub fn is_socket(&self) -> bool {
        matches!(self.host, Host::Socket(_))
    }

    fn write(&self, password: Option<&str>) -> String {
        let mut text = format!("postgresql://{}", encode(&self.user));
        if let Some(password) = password {
            text.push(':');
            text.push_str(password);
        }
        text.push('@');
        match &self.host {
            Host::Tcp(host) if host.contains(':') => text.push_str(&format!("[{host}]")),
            Host::Tcp(host) => text.push_str(&encode(host)),
            Host::Socket(path) => text.push_str(&encode(&path.to_string_lossy())),
        }
        text.push_str(&format!(":{}/{}", self.port, encode(&self.database)));
        let mut separator = '?';
        if self.ssl_mode != SslMode::default() {
            text.push_str(&format!("{separator}sslmode={}", self.ssl_mode));
            separator = '&';
        }
        if let Some(path) = &self.ssl_root_cert {
            text.push_str(&format!("{separator}sslrootcert={}", encode(&path.to_string_lossy())));
        }
        text
    }
}

impl Host {
    /// Parses a path as a socket directory, and anything else as a host.
    fn parse(text: &str) -> Self {
        if text.starts_with('/') { Self::Socket(text.into()) } else { Self::Tcp(text.into()) }
    }
}

impl DatabaseUrl {
    /// Returns the SQL dialect.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect::Postgres,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Returns the database name. For SQLite it is the file name without its extension.
    pub fn name(&self) -> String {
        match self {
            Self::Postgres(url) => url.database.clone(),
            Self::Sqlite(SqliteUrl::File(path)) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            Self::Sqlite(SqliteUrl::Memory) => "memory".into(),
        }
    }

    /// Returns the URL with its password. For connecting only; do not log it.
    pub fn expose(&self) -> String {
        match self {
            Self::Postgres(url) => url.write(url.password.as_deref().map(encode).as_deref()),
            Self::Sqlite(_) => self.to_string(),
        }
    }
}

fn encode(part: &str) -> String {
    utf8_percent_encode(part, PART).to_string()
}

impl FromStr for SslMode {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        Ok(match text {
            "disable" => Self::Disable,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return Err(UrlError::SslMode),
        })
    }
}

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        })
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(url) => f.write_str(&url.write(url.password.as_ref().map(|_| "***"))),
            Self::Sqlite(SqliteUrl::Memory) => f.write_str("sqlite::memory:"),
            Self::Sqlite(SqliteUrl::File(path)) => {
                write!(f, "sqlite:{}", utf8_percent_encode(&path.to_string_lossy(), PATH))
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({})", self.write(self.password.as_ref().map(|_| "***")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn postgres(text: &str) -> PostgresUrl {
        match text.parse() {
            Ok(DatabaseUrl::Postgres(url)) => url,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn urls_are_taken_apart() {
        let url = postgres(
            "postgresql+psycopg2://fred:p%40ss%3Aw%2Frd-%23%25@db.example:6543/m%20w?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        );
        assert_eq!(url.password.as_deref(), Some("p@ss:w/rd-#%"));
        assert_eq!((url.host, url.port), (Host::Tcp("db.example".into()), 6543));
        assert_eq!((url.database.as_str(), url.ssl_mode), ("m w", SslMode::VerifyFull));
        assert_eq!(url.ssl_root_cert, Some("/etc/ca.pem".into()));

        assert_eq!(postgres("postgres://me@[::1]:5433/x").host, Host::Tcp("::1".into()));
        assert_eq!(postgres("postgres://me@%2Frun%2Fpg/x").host, Host::Socket("/run/pg".into()));
        assert_eq!(postgres("postgres://me@/x?host=/run/pg").host, Host::Socket("/run/pg".into()));
        assert_eq!(postgres("postgres://me@").database, "me");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, error) in [
            ("mysql://x", UrlError::Scheme),
            ("mwallet.db", UrlError::Scheme),
            ("sqlite:///x.db", UrlError::SqliteSlashes),
            ("sqlite:", UrlError::NoFile),
            ("sqlite:x.db?mode=ro", UrlError::SqliteParameter("mode".into())),
            ("sqlite:x.db?immutable", UrlError::SqliteParameter("immutable".into())),
            ("postgresql://u:p@ss@h/d", UrlError::Encoding { part: "password" }),
            ("postgresql://u:p/ss@h/d", UrlError::Encoding { part: "password" }),
            ("postgresql://u:p#s@h/d", UrlError::Encoding { part: "password" }),
            ("postgresql://u:p%@h/d", UrlError::Encoding { part: "password" }),
            ("postgresql://u:p:s@h/d", UrlError::Encoding { part: "password" }),
            ("postgresql://h/d", UrlError::NoUser),
            ("postgresql://u@h:0/d", UrlError::Port),
            ("postgresql://u@h:70000/d", UrlError::Port),
            ("postgresql://u@h/d?sslmode=maybe", UrlError::SslMode),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>(), Err(error), "{text}");
        }
    }

    #[test]
    fn the_password_is_never_printed() {
        let url: DatabaseUrl = "postgresql://u:secret@h/d".parse().unwrap();
        for printed in [format!("{url}"), format!("{url:?}"), format!("{:?}", postgres("postgresql://u:secret@h/d"))] {
            assert!(!printed.contains("secret"), "{printed}");
        }
        let wrong = "postgresql://u:se%cret@h/d".parse::<DatabaseUrl>().unwrap_err();
        assert!(!wrong.to_string().contains("cret"));
    }

    proptest! {
        #[test]
        fn parts_survive_the_text(
            user in "[^\0]{1,20}", password in "[^\0]{0,20}", database in "[^\0]{1,20}", port in 1u16..,
        ) {
            let url = PostgresUrl::new(&user, Some(&password), "localhost", &database).port(port);
            let url = DatabaseUrl::Postgres(url);
            prop_assert_eq!(url.expose().parse(), Ok(url));
        }

        #[test]
        fn paths_survive_the_text(path in "[^\0:/][^\0]{0,20}") {
            let url = DatabaseUrl::Sqlite(SqliteUrl::File(path.into()));
            prop_assert_eq!(url.to_string().parse(), Ok(url));
        }
    }
}
