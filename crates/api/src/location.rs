//! The paths of tables and rows, and redirects to them.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::Range;

use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use mwallet_db::schema::json::{self, Step};
use mwallet_db::schema::{Table, Value};
use mwallet_query::column_parameter;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::problem::Problem;

/// The path prefix of tables.
pub(crate) const REST: &str = "/rest/v1/";

/// The path prefix of tables that are read by a document.
pub(crate) const QUERY: &str = "/v1/query/";

/// The path of the public keys by which others verify the server's tokens.
pub(crate) const KEY_SET: &str = "/auth/v1/.well-known/jwks.json";

/// The path of whether the process runs.
pub(crate) const LIVEZ: &str = "/livez";
/// The path of whether requests can be handled.
pub(crate) const READYZ: &str = "/readyz";

/// Whether a path is for those who watch over the server.
pub(crate) fn is_of_health(path: &str) -> bool {
    path == LIVEZ || path == READYZ
}

/// The path where a POST reloads the tables.
pub(crate) const RELOAD: &str = "/admin/reload";

/// Whether a path, or the template of one, is about tables.
pub(crate) fn is_about_tables(path: &str) -> bool {
    path.starts_with(REST) || path.starts_with(QUERY)
}

/// The path of a table, percent-encoded.
///
/// ```
/// assert_eq!(mwallet_api::table_path("Order Details"), "/rest/v1/Order%20Details");
/// ```
pub fn table_path(name: &str) -> String {
    format!("{REST}{}", encode(name))
}

/// The target of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A table, or one of its rows. The ranges locate their encoded names in the path.
    Table {
        /// The name of the table.
        name: Range<usize>,
        /// The identifier of the row.
        identifier: Option<Range<usize>>,
    },
    /// A table that is read by the document in the body.
    Query {
        /// The name of the table.
        name: Range<usize>,
    },
    /// A table with a slash after it.
    TableWithSlash {
        /// The name of the table.
        name: Range<usize>,
    },
    /// Something else.
    Other,
}

impl Target {
    /// Parses a path.
    pub(crate) fn parse(path: &str) -> Self {
        if let Some(name) = path.strip_prefix(QUERY) {
            let is_name = !name.is_empty() && !name.contains('/');
            return if is_name { Self::Query { name: QUERY.len()..path.len() } } else { Self::Other };
        }
        let Some(rest) = path.strip_prefix(REST) else { return Self::Other };
        let (name, row) = match rest.split_once('/') {
            Some((name, row)) => (name, Some(row)),
            None => (rest, None),
        };
        let end = REST.len() + name.len();
        let name = REST.len()..end;
        match row {
            _ if name.is_empty() => Self::Other,
            None => Self::Table { name, identifier: None },
            Some("") => Self::TableWithSlash { name },
            Some(row) if row.contains('/') => Self::Other,
            Some(_) => Self::Table { name, identifier: Some(end + 1..path.len()) },
        }
    }

    /// The name of the table in the path that was parsed, encoded.
    pub(crate) fn table<'p>(&self, path: &'p str) -> Option<&'p str> {
        match self {
            Self::Table { name, .. } | Self::Query { name } | Self::TableWithSlash { name } => path.get(name.clone()),
            Self::Other => None,
        }
    }

    /// The identifier of the row in the path that was parsed, encoded.
    pub(crate) fn identifier<'p>(&self, path: &'p str) -> Option<&'p str> {
        match self {
            Self::Table { identifier: Some(identifier), .. } => path.get(identifier.clone()),
            _ => None,
        }
    }

    /// Whether the data plane handles it.
    pub(crate) fn is_of_data_plane(&self) -> bool {
        self.is_query() || matches!(self, Self::Table { .. })
    }

    /// Whether it is a table that is read by a document.
    pub(crate) fn is_query(&self) -> bool {
        matches!(self, Self::Query { .. })
    }

    /// Whether it is a row.
    pub(crate) fn is_row(&self) -> bool {
        matches!(self, Self::Table { identifier: Some(_), .. })
    }
}

/// A permanent redirect to a path of this server, with the same method and body. `None` if the path is not valid in a
/// header.
///
/// The path must be one of this server, so that the redirect never leads to another site.
pub(crate) fn redirect(path: &str, query: Option<&str>) -> Option<Response> {
    let query = query.filter(|query| !query.is_empty());
    let address = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
    response.headers_mut().insert(LOCATION, HeaderValue::try_from(address).ok()?);
    Some(response)
}

/// The path of a row, from the key in its JSON, since a slug may change. An integer key becomes a path segment, any
/// other key a filter, since its text could be mistaken for another kind of identifier.
pub(crate) fn row_address(table: &Table, row: &[u8]) -> Option<String> {
    let keys = table.primary_key.iter().map(|name| Some((name, member(row, name)?))).collect::<Option<Vec<_>>>()?;
    if keys.is_empty() {
        return None;
    }
    let place = table_path(&table.name);
    if keys.iter().all(|(_, value)| matches!(value, Value::Int(_))) {
        let numbers: Vec<String> = keys.iter().map(|(_, value)| text(value)).collect::<Option<_>>()?;
        return Some(format!("{place}/{}", numbers.join(",")));
    }
    let filter = |(name, value): (&String, Value)| {
        Some(format!("{}=eq.{}", encode(&column_parameter(name)), encode(&text(&value)?)))
    };
    let filters: Option<Vec<String>> = keys.into_iter().map(filter).collect();
    Some(format!("{place}?{}", filters?.join("&")))
}

/// A value as written in a filter.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Int(number) => Some(number.to_string()),
        Value::Decimal(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// Decodes a part of a URL.
///
/// # Errors
///
/// If a `%` is not followed by two hexadecimal digits, or if the bytes are not UTF-8.
pub(crate) fn decode(part: &str) -> Result<Cow<'_, str>, Problem> {
    if !part.contains('%') {
        return Ok(Cow::Borrowed(part));
    }
    let broken = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if part.split('%').skip(1).any(broken) {
        return Err(Problem::parameter("the URL has a % that is not followed by two hexadecimal digits")
            .hint("encode a literal % as %25"));
    }
    match percent_decode_str(part).decode_utf8() {
        Ok(text) => Ok(text),
        Err(_) => Err(Problem::parameter("the URL is not UTF-8 after percent-decoding")),
    }
}

/// The parameters of a query, percent-encoded as far as they must be, so that people can read them.
pub(crate) fn query_string(parameters: &[(String, String)]) -> String {
    let encode = |text| utf8_percent_encode(text, PARAMETER);
    let pairs = parameters.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// A name percent-encoded for a path.
pub(crate) fn encode(name: &str) -> impl Display {
    utf8_percent_encode(name, NAME)
}

/// The characters that are encoded in a path: all but letters, digits, `_` and `-`.
const NAME: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-');

/// The characters that are encoded in a parameter: those that mean something in a URL or in HTML are among them.
const PARAMETER: &percent_encoding::AsciiSet =
    &NAME.remove(b'.').remove(b',').remove(b'*').remove(b'(').remove(b')').remove(b'!').remove(b':');

/// The member of an object, if it is a string, a number or a boolean.
fn member(row: &[u8], name: &str) -> Option<Value> {
    json::inner(row, [Step::Member(name)]).ok().flatten().and_then(Value::scalar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_one_or_two_parts_is_a_table_or_a_row() {
        let parts = |path: &'static str| {
            let target = Target::parse(path);
            (target.table(path), target.identifier(path))
        };
        assert_eq!(parts("/rest/v1/orders"), (Some("orders"), None));
        assert_eq!(parts("/rest/v1/orders/a%2Fb"), (Some("orders"), Some("a%2Fb")));
        assert_eq!(Target::parse("/v1/query/orders"), Target::Query { name: 10..16 });
        for other in ["/v1/query", "/v1/query/", "/v1/query/a/b"] {
            assert_eq!(Target::parse(other), Target::Other, "{other}");
        }
        for other in
            ["/rest/v1", "/rest/v1/", "/rest/v1//", "/rest/v1//a", "/rest/v1/orders/a/b", "/orders", "//orders/"]
        {
            assert_eq!(Target::parse(other), Target::Other, "{other}");
        }
        for other in ["/rest/v1/orders//", "/rest/v1/orders/1/"] {
            assert_eq!(Target::parse(other), Target::Other, "{other}");
        }
    }

    #[test]
    fn a_slash_at_the_end_is_of_tables_only() {
        let target = Target::parse("/rest/v1/orders/");
        assert!(matches!(target, Target::TableWithSlash { .. }));
        assert_eq!((target.table("/rest/v1/orders/"), target.is_row()), (Some("orders"), false));
    }

    #[test]
    fn the_key_is_the_address() {
        let table = |key: &[&str]| Table {
            primary_key: key.iter().map(|name| (*name).into()).collect(),
            ..Table::new("old orders")
        };
        let row = br#"{"memo":"id","id":7,"user":{"id":9},"group_id":8,"slug":"x"}"#;
        assert_eq!(row_address(&table(&["id"]), row).as_deref(), Some("/rest/v1/old%20orders/7"));
        assert_eq!(row_address(&table(&["id", "group_id"]), row).as_deref(), Some("/rest/v1/old%20orders/7,8"));
        assert_eq!(row_address(&table(&["slug"]), row).as_deref(), Some("/rest/v1/old%20orders?slug=eq.x"));
        let row = br#"{"code":"a,b & \"c\"","order":1.5,"gone":null,"list":[1]}"#;
        let address = "/rest/v1/old%20orders?code=eq.a%2Cb%20%26%20%22c%22&%22order%22=eq.1%2E5";
        assert_eq!(row_address(&table(&["code", "order"]), row).as_deref(), Some(address));
        assert_eq!((row_address(&table(&["gone"]), row), row_address(&table(&["list"]), row)), (None, None));
        assert_eq!(row_address(&table(&[]), row), None);
    }

    #[test]
    fn parameters_stay_readable() {
        let pairs = [("select", "*,users!by(*)"), ("\"a.b\".limit", "1"), ("a b", "<&+'%=#?é>")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let encoded = "select=*,users!by(*)&%22a.b%22.limit=1&a%20b=%3C%26%2B%27%25%3D%23%3F%C3%A9%3E";
        assert_eq!(query_string(&pairs), encoded);
    }

    #[test]
    fn parts_of_urls_are_decoded_or_refused() {
        assert_eq!(decode("a%20b%C3%A9").ok().as_deref(), Some("a bé"));
        for broken in ["%", "%4", "a%zz", "%4%41", "%ff", "%C3"] {
            assert!(decode(broken).is_err(), "{broken}");
        }
    }
}
