//! Parses database URLs.

use std::str::FromStr;

use percent_encoding::percent_decode_str;

use super::{DEFAULT_PORT, DatabaseUrl, Host, PostgresUrl, SqliteUrl, UrlError};

fn decode(text: &str, part: &'static str) -> Result<String, UrlError> {
    let wrong = UrlError::Encoding { part };
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices('%') {
        if !bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err(wrong);
        }
    }
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| wrong.clone())?;
    // No name, password or path can contain a NUL.
    if decoded.contains('\0') { Err(wrong) } else { Ok(decoded.into_owned()) }
}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.split_once(':').ok_or(UrlError::Scheme)?;
        // Ignore the driver in schemes such as `postgresql+asyncpg`.
        let scheme = scheme.split_once('+').map_or(scheme, |(scheme, _)| scheme);
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => parse_sqlite(rest).map(Self::Sqlite),
            "postgresql" | "postgres" => {
                parse_postgres(rest.strip_prefix("//").ok_or(UrlError::Scheme)?).map(Self::Postgres)
            }
            _ => Err(UrlError::Scheme),
        }
    }
}

fn parse_sqlite(rest: &str) -> Result<SqliteUrl, UrlError> {
    if rest == ":memory:" {
        return Ok(SqliteUrl::Memory);
    }
    if rest.starts_with("//") {
        return Err(UrlError::SqliteSlashes);
    }
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    if let Some(pair) = parameters.split('&').find(|pair| !pair.is_empty()) {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        return Err(UrlError::SqliteParameter(name.into()));
    }
    match decode(path, "path")? {
        path if path.is_empty() => Err(UrlError::NoFile),
        path => Ok(SqliteUrl::File(path.into())),
    }
}

fn parse_postgres(rest: &str) -> Result<PostgresUrl, UrlError> {
    if rest.contains('#') {
        return Err(UrlError::Encoding { part: "password" });
    }
    let (rest, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (user_info, address) = authority.rsplit_once('@').unwrap_or(("", authority));
    if user_info.contains('@') || database.contains(['/', '@']) {
        return Err(UrlError::Encoding { part: "password" });
    }
    let (user, password) = match user_info.split_once(':') {
        Some((user, password)) if password.contains(':') || user.is_empty() => {
            return Err(if user.is_empty() { UrlError::NoUser } else { UrlError::Encoding { part: "password" } });
        }
        Some((user, password)) => (user, Some(decode(password, "password")?)),
        None => (user_info, None),
    };
    let (host, port) = split_address(address)?;
    let mut url = PostgresUrl::new(&decode(user, "user")?, password.as_deref(), &decode(host, "host")?, "");
    url.port = port;
    url.database = decode(database, "name of the database")?;
    for pair in parameters.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        set_parameter(&mut url, name, decode(value, "parameter")?)?;
    }
    if url.user.is_empty() {
        return Err(UrlError::NoUser);
    }
    if url.host == Host::Tcp(String::new()) {
        url.host = Host::Tcp("localhost".into());
    }
    if url.database.is_empty() {
        url.database.clone_from(&url.user);
    }
    Ok(url)
}

/// Splits `host:port`, where IPv6 addresses are in brackets.
fn split_address(address: &str) -> Result<(&str, u16), UrlError> {
    let (host, port) = match address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':').unwrap_or(rest)),
        None => address.split_once(':').unwrap_or((address, "")),
    };
    match port {
        "" => Ok((host, DEFAULT_PORT)),
        port => parse_port(port).map(|port| (host, port)),
    }
}

fn parse_port(text: &str) -> Result<u16, UrlError> {
    text.parse().ok().filter(|port| *port > 0).ok_or(UrlError::Port)
}

fn set_parameter(url: &mut PostgresUrl, name: &str, value: String) -> Result<(), UrlError> {
    match name {
        "host" => url.host = Host::parse(&value),
        "port" => url.port = parse_port(&value)?,
        "user" => url.user = value,
        "password" => url.password = Some(value),
        "dbname" => url.database = value,
        "sslmode" => url.ssl_mode = value.parse()?,
        "sslrootcert" => url.ssl_root_cert = Some(value.into()),
        _ => return Err(UrlError::UnknownParameter(name.into())),
    }
    Ok(())
}
