//! The path of a request without secrets: only names that the server has, and nothing that the client made up.

use axum::http::Uri;

use crate::endpoint::Endpoint;
use crate::exposed::{ExposedTable, ExposedTables};
use crate::location::{self, Target};

/// The placeholder for a name that the server does not have.
pub(super) const UNKNOWN: &str = "{unknown}";

/// Paths of other resources than tables. A name in braces matches any one segment.
const PATHS: [&str; 10] = [
    "/",
    "/docs",
    "/docs/",
    "/docs/{file}",
    "/livez",
    "/readyz",
    location::KEY_SET,
    location::RELOAD,
    "/rest/v1",
    location::REST,
];

/// The most parameters in the log.
const MOST: usize = 50;

/// What a path is about.
enum Subject<'s> {
    /// A table, if there is one of that name.
    Table(Option<&'s ExposedTable>),
    /// An endpoint, if there is one.
    Endpoint(Option<&'s Endpoint>),
}

/// The path without values.
pub(super) fn route(uri: &Uri, tables: &ExposedTables, endpoints: &[Endpoint]) -> String {
    find(uri, tables, endpoints).0
}

/// The path and the names of the parameters, without values.
pub(super) fn describe(uri: &Uri, tables: &ExposedTables, endpoints: &[Endpoint]) -> String {
    let query = uri.query().unwrap_or_default();
    let (mut place, subject) = find(uri, tables, endpoints);
    match subject {
        Subject::Table(table) => add_names(&mut place, query, |name| {
            let column = table.and_then(|exposed| column(exposed, name));
            column.or_else(|| mwallet_query::is_keyword(name).then(|| name.to_owned()))
        }),
        Subject::Endpoint(endpoint) => {
            let parameters = endpoint.map_or(&[][..], |endpoint| &endpoint.parameters);
            add_names(&mut place, query, |name| {
                parameters.iter().any(|parameter| parameter.name == name).then(|| name.to_owned())
            });
        }
    }
    place
}

fn find<'s>(uri: &Uri, tables: &'s ExposedTables, endpoints: &'s [Endpoint]) -> (String, Subject<'s>) {
    // Redirects to a table are logged with its path.
    let target = Target::parse(uri.path());
    if let Some(name) = target.table(uri.path()) {
        let table = location::decode(name).ok().and_then(|name| tables.any(&name));
        let mut place = if target.is_query() { location::QUERY } else { location::REST }.to_owned();
        match table {
            Some(exposed) => place.push_str(&location::encode(&exposed.table().name).to_string()),
            None => place.push_str(UNKNOWN),
        }
        if target.is_row() {
            place.push_str("/{identifier}");
        }
        return (place, Subject::Table(table));
    }
    let has_table = |name: &str| tables.first().get(name).is_some();
    let endpoint = endpoints.iter().find(|endpoint| fits(endpoint.path(), uri.path()) && endpoint.is_served(has_table));
    let known = endpoint.map(Endpoint::path).or_else(|| PATHS.into_iter().find(|path| fits(path, uri.path())));
    (known.map_or_else(|| format!("/{UNKNOWN}"), str::to_owned), Subject::Endpoint(endpoint))
}

fn column(table: &ExposedTable, name: &str) -> Option<String> {
    table.table().column(name).map(|column| location::encode(&column.name).to_string())
}

/// Whether a path matches a template.
fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == found || (wanted.starts_with('{') && !found.is_empty()) => {}
            _ => return false,
        }
    }
}

fn add_names(place: &mut String, query: &str, known: impl Fn(&str) -> Option<String>) {
    let mut parameters = query.split('&').filter(|parameter| !parameter.is_empty());
    for (number, parameter) in parameters.by_ref().take(MOST).enumerate() {
        let name = parameter.split_once('=').map_or(parameter, |(name, _)| name).replace('+', " ");
        let told = location::decode(&name).ok().and_then(|name| known(&name));
        place.push(if number == 0 { '?' } else { '&' });
        place.push_str(told.as_deref().unwrap_or(UNKNOWN));
    }
    if parameters.next().is_some() {
        place.push_str("&…");
    }
}

#[cfg(test)]
mod tests {
    use mwallet_db::schema::{Column, ColumnType, Table};

    use super::*;
    use crate::endpoint::Parameter;

    #[test]
    fn no_value_and_no_foreign_name_is_told() {
        let mut odd = Table::new("old orders");
        odd.columns.push(Column::new("half price", ColumnType::BigInt));
        let tables = mwallet_models::tables().into_iter().cloned().chain([odd]).collect::<Vec<_>>();
        let tables = ExposedTables::new(&tables).unwrap();
        let answer = async |_| Err(crate::Problem::internal());
        let endpoints = [
            Endpoint::get("/v1/users/{identifier}/notices", answer).parameter(Parameter::time("start")),
            Endpoint::get("/v1/nothing", answer).rows_of("nothing"),
        ];
        let of = |uri: &str| describe(&uri.parse().unwrap(), &tables, &endpoints);
        for (uri, place) in [
            ("/rest/v1/orders", "/rest/v1/orders"),
            ("/rest/v1/orders?", "/rest/v1/orders"),
            ("/rest/v1/orders/S", "/rest/v1/orders/{identifier}"),
            ("/rest/v1/orders/S?select=S,S", "/rest/v1/orders/{identifier}?select"),
            ("/rest/v1/orders?asset=eq.S&order=S&limit=S&&or=(S)", "/rest/v1/orders?asset&order&limit&or"),
            ("/rest/v1/orders?not.and=(S)&S=eq.1&S", "/rest/v1/orders?not.and&{unknown}&{unknown}"),
            ("/rest/v1/%6frders?%61sset=eq.S", "/rest/v1/orders?asset"),
            ("/rest/v1/old%20orders?half+price=eq.S", "/rest/v1/old%20orders?half%20price"),
            ("/rest/v1/S?asset=S&limit=1", "/rest/v1/{unknown}?{unknown}&limit"),
            ("/rest/v1/%ff?%ff=S", "/rest/v1/{unknown}?{unknown}"),
            ("/rest/v1/orders/1/S", "/{unknown}"),
            ("/v1/users/S/notices?start=S&S=1", "/v1/users/{identifier}/notices?start&{unknown}"),
            ("/v1/nothing", "/{unknown}"),
            ("/docs/S", "/docs/{file}"),
            ("/docs/", "/docs/"),
            ("/rest/v1/orders/?asset=eq.S", "/rest/v1/orders?asset"),
            ("/rest/v1/S/", "/rest/v1/{unknown}"),
            ("/admin/reload", "/admin/reload"),
            ("/readyz?S", "/readyz?{unknown}"),
            ("/S", "/{unknown}"),
            ("/", "/"),
            ("http://S@S/rest/v1/", "/rest/v1/"),
        ] {
            assert_eq!(of(uri), place, "{uri}");
        }
        let many = format!("/rest/v1/orders?{}", "asset=S&".repeat(1_000));
        let told = of(&many);
        assert!(told.ends_with("asset&…") && told.len() < 400, "{told}");
    }
}
