//! The tables that a server exposes, by schema and name.

use std::collections::HashMap;
use std::sync::OnceLock;

use bytes::Bytes;
use mwallet_db::CatalogTable;
use mwallet_db::schema::{FromTable, Schema, SchemaError, Table};

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
    /// The table, prepared for requests.
    pub relation: CatalogTable,
    /// The schema of bodies that create rows.
    pub create: Schema,
    /// The schema of bodies that change rows.
    pub change: Schema,
}

impl ExposedTable {
    /// The table.
    pub fn table(&self) -> &Table {
        self.relation.table()
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
        let mut schemas: Vec<(Option<String>, Vec<&Table>)> = Vec::new();
        for table in tables {
            match schemas.iter_mut().find(|(schema, _)| *schema == table.schema) {
                Some((_, tables)) => tables.push(table),
                None => schemas.push((table.schema.clone(), vec![table])),
            }
        }
        if schemas.is_empty() {
            schemas.push((None, Vec::new()));
        }
        let schemas = schemas.into_iter().map(|(schema, tables)| ExposedSchema::new(schema, &tables));
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
    fn new(name: Option<String>, tables: &[&Table]) -> Result<Self, SchemaError> {
        let expose = |table: &&Table| {
            let create = Schema::from_table(table, FromTable::default())?;
            let change = create.partial(create.name());
            Ok((table.name.clone(), ExposedTable { relation: CatalogTable::new((*table).clone()), create, change }))
        };
        let by_name = tables.iter().map(expose).collect::<Result<_, _>>()?;
        let order = tables.iter().map(|table| table.name.clone()).collect();
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
