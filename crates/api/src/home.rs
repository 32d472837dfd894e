//! The home page: the tables with their numbers of rows and example queries for each, with and without related rows, and
//! links to everything else. Browsers get a page, programs get JSON.

mod page;

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use mwallet_db::Dialect;
use mwallet_db::crud::data_plane::RowCount;
use mwallet_db::schema::Table;
use mwallet_query::{Embed, Parameters, SelectItem};
use serde_json::{Map, Value, json};

use crate::asker::Asker;
use crate::endpoint::Endpoint;
use crate::exposed::ExposedTables;
use crate::related::Related;
use crate::state::AppState;
use crate::{accept, location};

/// The limit of the example queries, and of the related rows of each row in them.
const FIRST_ROWS: u64 = 10;

/// Responds with the page, or with JSON.
pub(crate) async fn home(
    State(state): State<AppState>,
    Extension(asker): Extension<Arc<Asker>>,
    headers: HeaderMap,
) -> Response {
    let tables = &asker.tables;
    // The numbers would tell of rows that are hidden.
    let counts = match asker.sees_everything() {
        true => state.row_counts.get(&state.engine, tables).await,
        false => Arc::default(),
    };
    let listed = list(tables, &counts);
    let is_there = |endpoint: &&Endpoint| endpoint.is_served(|name| tables.first().get(name).is_some());
    let endpoints: Vec<Endpoint> = state.endpoints.iter().filter(is_there).cloned().collect();
    // The content changes with every write.
    let headers_of = |media_type| [(CONTENT_TYPE, media_type), (VARY, "Accept"), (CACHE_CONTROL, "no-cache")];
    match accept::is_page(&headers) {
        true => {
            let policy = [(CONTENT_SECURITY_POLICY, page::policy())];
            let text = page::write(state.engine.dialect(), &endpoints, &listed);
            (headers_of("text/html; charset=utf-8"), policy, text).into_response()
        }
        false => (headers_of("application/json"), json(state.engine.dialect(), &endpoints, &listed).to_string())
            .into_response(),
    }
}

/// A table on the page.
struct Listed<'t> {
    table: &'t Table,
    related: &'t [Related],
    rows: Option<RowCount>,
    /// The schema that a request must name; `None` for the default schema.
    accept_profile: Option<&'t str>,
}

impl Listed<'_> {
    /// The path of its first rows.
    fn query(&self) -> String {
        format!("{}?limit={FIRST_ROWS}", location::table_path(&self.table.name))
    }

    /// The path of its first rows with the first rows of a related table.
    fn query_with(&self, related: &Related) -> String {
        let embed = Embed { limit: related.is_many.then_some(FIRST_ROWS), ..related.after_columns() };
        let select = vec![SelectItem::Star, SelectItem::Embed(embed)];
        let parameters = Parameters { select, limit: Some(FIRST_ROWS), ..Parameters::default() };
        format!("{}?{}", location::table_path(&self.table.name), location::query_string(&parameters.pairs()))
    }

    /// Its name, qualified with the schema if requests must name that.
    fn full_name(&self) -> String {
        self.accept_profile.map_or_else(|| self.table.name.clone(), |schema| format!("{schema}.{}", self.table.name))
    }
}

fn list<'t>(tables: &'t ExposedTables, counts: &[Option<RowCount>]) -> Vec<Listed<'t>> {
    let all = tables.all().enumerate();
    let listed = all.map(|(at, (schema, exposed))| Listed {
        table: exposed.table(),
        related: exposed.related(),
        rows: counts.get(at).copied().flatten(),
        accept_profile: match std::ptr::eq(schema, tables.first()) {
            true => None,
            false => Some(schema.name_for_clients()),
        },
    });
    listed.collect()
}

/// The content of the page as JSON.
fn json(dialect: Dialect, endpoints: &[Endpoint], listed: &[Listed<'_>]) -> Value {
    let tables = listed.iter().map(|listed| {
        let rows = listed.rows.map(|rows| match rows {
            RowCount::Exact(rows) => json!({ "exact": rows }),
            RowCount::About(rows) => json!({ "about": rows }),
            RowCount::MoreThan(rows) => json!({ "more_than": rows }),
        });
        let related = listed.related.iter().map(|related| {
            json!({ "table": related.table, "select": related.after_columns().to_string(), "query": listed.query_with(related) })
        });
        json!({
            "name": listed.table.name,
            "kind": listed.table.kind.name(),
            "rows": rows,
            "first_query": listed.query(),
            "related": related.collect::<Vec<Value>>(),
            "accept_profile": listed.accept_profile,
        })
    });
    let tables: Vec<Value> = tables.collect();
    let links =
        endpoints.iter().filter_map(|endpoint| Some((endpoint.link?.name.to_lowercase(), endpoint.path().into())));
    let links: Map<String, Value> = links.collect();
    json!({
        "name": "mWallet",
        "version": env!("CARGO_PKG_VERSION"),
        "database": database(dialect),
        "docs": "/docs",
        "openapi": location::REST,
        "alive": "/livez",
        "ready": "/readyz",
        "links": links,
        "tables": tables,
    })
}

/// The name of the database system.
fn database(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "PostgreSQL",
        Dialect::Sqlite => "SQLite",
    }
}
