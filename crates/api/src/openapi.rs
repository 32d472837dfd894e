//! The OpenAPI 3.1 document of a server, as a pure function of the tables that it serves.
//!
//! Every table has its own path items, with its columns as parameters, its rows as schemas and an example of each, so
//! that readers, people or programs, need not know the query language. Nothing here uses a database or knows how
//! requests are handled.

mod endpoints;
mod examples;
mod guide;
mod names;
mod parameters;
mod paths;
mod plans;
mod problems;
mod profile;
mod queries;
mod related;
mod responses;
mod schemas;
mod server;
mod timing;

#[cfg(test)]
mod tests;

use mwallet_db::schema::{SchemaError, Table};
use mwallet_db::{Catalog, TableRef};
use serde_json::{Map, Value, json};

use examples::Examples;

use crate::endpoint::Endpoint;
use crate::related::Related;

/// The media type of an OpenAPI document in JSON.
pub(crate) const MEDIA_TYPE: &str = "application/openapi+json";

/// The document of a server.
///
/// ```
/// # use mwallet_db::schema::{Column, ColumnType, Table};
/// use mwallet_api::Document;
///
/// let mut table = Table::new("vaults");
/// table.columns.push(Column::new("label", ColumnType::Text { max: Some(50) }));
/// let document = Document::new([&table]).json()?;
/// assert_eq!(document["openapi"], "3.1.0");
/// assert!(document["paths"]["/rest/v1/vaults"]["get"].is_object());
/// # Ok::<(), mwallet_db::schema::SchemaError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Document<'t> {
    tables: Vec<&'t Table>,
    endpoints: Vec<Endpoint>,
    schemas: Vec<String>,
    title: String,
    server_timing: bool,
    has_plans: bool,
}

impl<'t> Document<'t> {
    /// The document of a server with these tables, in this order.
    pub fn new(tables: impl IntoIterator<Item = &'t Table>) -> Self {
        Self {
            tables: tables.into_iter().collect(),
            endpoints: Vec::new(),
            schemas: Vec::new(),
            title: "mWallet".into(),
            server_timing: false,
            has_plans: false,
        }
    }

    /// Adds a custom endpoint, unless it returns rows of a table that is not served.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        if endpoint.is_served(|name| self.tables.iter().any(|table| table.name == name)) {
            self.endpoints.push(endpoint);
        }
        self
    }

    /// Names all schemas of the server, the default one first. The tables are those of one of them.
    pub fn of_schemas<'s>(mut self, schemas: impl IntoIterator<Item = &'s str>) -> Self {
        self.schemas = schemas.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the title, such as the name of the database. The default is `mWallet`.
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Describes the header with the times of a request: see [`AppState::server_timing`](crate::AppState::server_timing).
    pub fn server_timing(mut self) -> Self {
        self.server_timing = true;
        self
    }

    /// Describes the plans of reads: see [`AppState::plans`](crate::AppState::plans).
    pub fn plans(mut self) -> Self {
        self.has_plans = true;
        self
    }

    /// The document as JSON.
    ///
    /// # Errors
    ///
    /// If a table contradicts itself, so that it has no schema.
    pub fn json(&self) -> Result<Value, SchemaError> {
        let mut components = Components::default();
        let mut paths = server::paths();
        let mut tags = Vec::new();
        problems::insert(&mut components);
        schemas::insert_shared(&mut components);
        queries::insert(&mut components);
        responses::insert(&mut components);
        parameters::insert(&mut components);
        let catalog = Catalog::new(self.tables.iter().map(|table| (*table).clone()));
        let described: Vec<Described<'_>> = catalog.tables().map(Described::new).collect();
        for described in &described {
            schemas::insert(&mut components, described)?;
            parameters::insert_of_table(&mut components, described);
            responses::insert_of_table(&mut components, described);
            paths.extend(paths::of_table(described));
            tags.push(tag(described.table));
        }
        if let (Some(own), [_, _, ..]) = (self.own_schema(), self.schemas.as_slice()) {
            profile::insert(own, &self.schemas, &mut paths, &mut components);
        }
        if self.has_plans {
            plans::insert(&described, &mut components);
        }
        if self.server_timing {
            timing::insert(&mut paths, &mut components);
        }
        // A table of that name has added the tag already.
        if self.tables.iter().all(|table| table.name != server::TAG) {
            tags.push(server::tag());
        }
        for endpoint in &self.endpoints {
            paths.insert(endpoint.path().to_owned(), endpoints::path_item(endpoint, &components));
        }
        let head = json!({
            "openapi": "3.1.0",
            "info": {
                "title": self.title,
                "version": env!("CARGO_PKG_VERSION"),
                "summary": "The tables of this server over HTTP.",
                "description": guide::text(&described),
            },
            // Relative, so that it is valid for every name of the server.
            "servers": [{ "url": "/" }],
        });
        let Value::Object(mut document) = head else { return Ok(head) };
        // The macro would copy these, which are nearly the whole document.
        document.insert("tags".into(), Value::Array(tags));
        document.insert("paths".into(), Value::Object(paths));
        document.insert("components".into(), components.json());
        Ok(Value::Object(document))
    }
}

impl Document<'_> {
    /// The schema of its tables.
    fn own_schema(&self) -> Option<&str> {
        self.tables.first()?.schema.as_deref()
    }
}

/// One table, with what all parts of its documentation share.
struct Described<'t> {
    table: &'t Table,
    /// Its name in the keys of components.
    key: String,
    /// Its name in sentences, such as `crypto addresses`.
    words: String,
    examples: Examples,
    related: Vec<Related>,
}

impl<'t> Described<'t> {
    fn new(in_catalog: TableRef<'t>) -> Self {
        let table = in_catalog.table();
        Self {
            table,
            related: crate::related::of(in_catalog),
            key: names::key(&table.name),
            words: names::words(&table.name),
            examples: Examples::from_table(table),
        }
    }

    /// A reference to one of its components, such as `orders.new`; with an empty ending, to that of the table itself.
    fn reference(&self, kind: &str, ending: &str) -> Value {
        let point = if ending.is_empty() { "" } else { "." };
        reference(kind, &format!("{}{point}{ending}", self.key))
    }
}

/// The components of the document, by kind and key.
#[derive(Default)]
struct Components {
    kinds: Map<String, Value>,
}

impl Components {
    fn insert(&mut self, kind: &str, key: impl Into<String>, json: Value) {
        let members = self.kinds.entry(kind).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(members) = members {
            members.insert(key.into(), json);
        }
    }

    fn has(&self, kind: &str, key: &str) -> bool {
        self.kinds.get(kind).is_some_and(|members| members.get(key).is_some())
    }

    fn json(self) -> Value {
        Value::Object(self.kinds)
    }
}

/// A reference to a component.
fn reference(kind: &str, key: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{key}") })
}

/// The tag of a table's operations.
fn tag(table: &Table) -> Value {
    match &table.comment {
        Some(comment) => json!({ "name": table.name, "description": comment }),
        None => json!({ "name": table.name }),
    }
}
