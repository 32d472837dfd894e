//! The tables that a server exposes, by schema and name.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use mwallet_db::schema::{FromTable, Schema, SchemaError, Table};
use mwallet_db::{Catalog, TableRef};

use crate::related::{self, Related};

/// The schema name that clients use for tables without a schema, such as those of SQLite and of entities.
pub(crate) const DEFAULT_SCHEMA: &str = "public";

/// The tables that a server exposes, by schema. Built when the server starts, and rebuilt when the database has
/// changed.
#[derive(Debug)]
pub struct ExposedTables {
    /// At least one; the first is the default for requests that name none.
    schemas: Vec<ExposedSchema>,
    /// The title of the documentation, unless it is that of mWallet.
    title: Option<String>,
}

/// The tables of one schema, by their names.
#[derive(Debug)]
pub(crate) struct ExposedSchema {
    /// Its name; `None` if tables have no schema.
    pub(crate) name: Option<String>,
    by_name: HashMap<String, ExposedTable>,
    /// The tables in the order in which they are documented.
    order: Vec<String>,
    /// The OpenAPI document, once a client has requested it.
    pub(crate) document: OnceLock<Bytes>,
}

/// One exposed table, with the schemas that request bodies are checked against.
#[derive(Debug)]
pub struct ExposedTable {
    /// The catalog of all exposed tables, and the position of this one.
    catalog: Arc<Catalog>,
    position: usize,
    /// The related tables, once they were asked for.
    related: OnceLock<Vec<Related>>,
    /// The schema of bodies that create rows.
    pub create: Schema,
    /// The schema of bodies that change rows.
    pub change: Schema,
}

impl ExposedTable {
    /// The table.
    pub fn table(&self) -> &Table {
        self.in_catalog().table()
    }

    /// The table with its relationships.
    pub fn in_catalog(&self) -> TableRef<'_> {
        self.catalog.at(self.position)
    }

    /// The tables whose rows can be returned with its own.
    pub(crate) fn related(&self) -> &[Related] {
        self.related.get_or_init(|| related::of(self.in_catalog()))
    }
}

impl ExposedTables {
    /// Exposes these tables.
    ///
    /// # Errors
    ///
    /// If a table contradicts itself, so that it has no schema.
    pub fn new<'t>(tables: impl IntoIterator<Item = &'t Table>) -> Result<Self, SchemaError> {
        Self::with_title(None, tables)
    }

    /// Exposes the tables of an existing database under a title for the documentation.
    ///
    /// # Errors
    ///
    /// The same as [`new`](Self::new).
    pub fn titled<'t>(title: &str, tables: impl IntoIterator<Item = &'t Table>) -> Result<Self, SchemaError> {
        Self::with_title(Some(title), tables)
    }

    fn with_title<'t>(title: Option<&str>, tables: impl IntoIterator<Item = &'t Table>) -> Result<Self, SchemaError> {
        let catalog = Arc::new(Catalog::new(tables.into_iter().cloned()));
        let mut schemas: Vec<(Option<String>, Vec<usize>)> = Vec::new();
        for (position, table) in catalog.tables().enumerate() {
            let table = table.table();
            match schemas.iter_mut().find(|(schema, _)| *schema == table.schema) {
                Some((_, positions)) => positions.push(position),
                None => schemas.push((table.schema.clone(), vec![position])),
            }
        }
        if schemas.is_empty() {
            schemas.push((None, Vec::new()));
        }
        let schemas = schemas.into_iter().map(|(schema, positions)| ExposedSchema::new(schema, &catalog, &positions));
        Ok(Self { schemas: schemas.collect::<Result<_, _>>()?, title: title.map(Into::into) })
    }

    /// The default schema, for requests that name none.
    pub(crate) fn first(&self) -> &ExposedSchema {
        // There is always one.
        &self.schemas[0]
    }

    /// A table of that name in any schema.
    pub(crate) fn any(&self, name: &str) -> Option<&ExposedTable> {
        self.schemas.iter().find_map(|schema| schema.get(name))
    }

    /// All tables, ordered by schema and name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&ExposedSchema, &ExposedTable)> {
        self.schemas.iter().flat_map(|schema| {
            let mut names: Vec<&str> = schema.names().collect();
            names.sort_unstable();
            names.into_iter().filter_map(move |name| Some((schema, schema.get(name)?)))
        })
    }

    /// The schema of that name.
    pub(crate) fn schema(&self, name: &str) -> Option<&ExposedSchema> {
        self.schemas.iter().find(|schema| schema.name_for_clients() == name)
    }

    /// The names of the schemas.
    pub(crate) fn schema_names(&self) -> impl Iterator<Item = &str> {
        self.schemas.iter().filter_map(|schema| schema.name.as_deref())
    }

    /// The title of the documentation, if it is not that of mWallet.
    pub(crate) fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The tables, ordered by schema and name.
    pub fn list(&self) -> Vec<&Table> {
        self.all().map(|(_, exposed)| exposed.table()).collect()
    }
}

impl ExposedSchema {
    fn new(name: Option<String>, catalog: &Arc<Catalog>, positions: &[usize]) -> Result<Self, SchemaError> {
        let expose = |position: &usize| {
            let table = catalog.at(*position).table();
            let create = Schema::from_table(table, FromTable::default())?;
            let change = create.partial(create.name());
            let (catalog, position) = (catalog.clone(), *position);
            Ok((table.name.clone(), ExposedTable { catalog, position, related: OnceLock::new(), create, change }))
        };
        let by_name = positions.iter().map(expose).collect::<Result<_, _>>()?;
        let order = positions.iter().map(|position| catalog.at(*position).table().name.clone()).collect();
        Ok(Self { name, by_name, order, document: OnceLock::new() })
    }

    /// Its name in requests and responses.
    pub(crate) fn name_for_clients(&self) -> &str {
        self.name.as_deref().unwrap_or(DEFAULT_SCHEMA)
    }

    /// Its tables in the order in which they are documented.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Table> {
        self.order.iter().filter_map(|name| Some(self.get(name)?.table()))
    }

    /// The names of the tables, in no order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The table of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&ExposedTable> {
        self.by_name.get(name)
    }
}
