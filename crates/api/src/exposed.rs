//! The tables that a server exposes, by schema and name.

mod seen;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use mwallet_db::schema::{FromTable, Schema, SchemaError, Table};
use mwallet_db::{Catalog, Grants, Scope, ScopedTable, TableGrants, TableRef};

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
    /// The whole table.
    whole: InCatalog,
    /// The table as those know it for whom it is exposed.
    seen: InCatalog,
    /// The related tables, once they were asked for.
    related: OnceLock<Vec<Related>>,
    /// The schema of bodies that create rows.
    pub create: Schema,
    /// The schema of bodies that change rows.
    pub change: Schema,
}

/// A table of a catalog, by its position.
#[derive(Clone, Debug)]
struct InCatalog {
    catalog: Arc<Catalog>,
    position: usize,
}

impl InCatalog {
    fn table(&self) -> TableRef<'_> {
        self.catalog.at(self.position)
    }
}

impl ExposedTable {
    fn new(whole: InCatalog, seen: InCatalog, grants: Option<&TableGrants>) -> Result<Self, SchemaError> {
        let table = seen.table().table();
        let create = match grants {
            None => Schema::from_table(table, FromTable::default())?,
            Some(grants) => {
                let taken = seen::taken(table, whole.table().table());
                Schema::from_table(&taken, FromTable::default())?.without_need_of(&seen::set(grants))
            }
        };
        let change = create.partial(create.name());
        Ok(Self { whole, seen, related: OnceLock::new(), create, change })
    }

    /// The table, as those know it for whom it is exposed.
    pub fn table(&self) -> &Table {
        self.seen.table().table()
    }

    /// The whole table, whoever asks.
    pub(crate) fn whole(&self) -> TableRef<'_> {
        self.whole.table()
    }

    /// The table in the scope of an asker.
    pub(crate) fn scoped<'t>(&'t self, scope: Scope<'t>) -> ScopedTable<'t> {
        ScopedTable::new(self.whole(), scope)
    }

    /// The tables whose rows can be returned with its own.
    pub(crate) fn related(&self) -> &[Related] {
        self.related.get_or_init(|| related::of(self.seen.table()))
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
        let mut schemas: Vec<ExposedSchema> = Vec::new();
        for position in 0..catalog.len() {
            let table = InCatalog { catalog: catalog.clone(), position };
            add(&mut schemas, ExposedTable::new(table.clone(), table, None)?);
        }
        Ok(Self::of_schemas(schemas, title.map(Into::into)))
    }

    /// No tables.
    pub(crate) fn none() -> Self {
        Self::of_schemas(Vec::new(), None)
    }

    fn of_schemas(mut schemas: Vec<ExposedSchema>, title: Option<String>) -> Self {
        if schemas.is_empty() {
            schemas.push(ExposedSchema::new(None));
        }
        Self { schemas, title }
    }

    /// The same tables as the holders of some grants know them.
    ///
    /// # Errors
    ///
    /// If what is left of a table contradicts itself, so that it has no schema.
    pub(crate) fn granted(&self, grants: &Grants) -> Result<Self, SchemaError> {
        // The default schema stays the same for everybody.
        let mut schemas = vec![ExposedSchema::new(self.first().name.clone())];
        let mut seen = Vec::new();
        for schema in &self.schemas {
            for table in schema.exposed_in_order() {
                let granted = grants.of(table.table());
                if let Some((grants, known)) =
                    granted.and_then(|grants| Some((grants, seen::table(table.table(), grants)?)))
                {
                    seen.push((table.whole.clone(), known, grants));
                }
            }
        }
        let catalog = Arc::new(Catalog::new(seen.iter().map(|(_, known, _)| known.clone())));
        for (position, (whole, _, grants)) in seen.into_iter().enumerate() {
            let known = InCatalog { catalog: catalog.clone(), position };
            add(&mut schemas, ExposedTable::new(whole, known, Some(grants))?);
        }
        Ok(Self::of_schemas(schemas, self.title.clone()))
    }

    /// The catalog of all tables.
    pub fn catalog(&self) -> Option<&Catalog> {
        let table = self.schemas.iter().find_map(|schema| schema.exposed_in_order().next())?;
        Some(&table.whole.catalog)
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

/// Adds a table to its schema, after those that are there.
fn add(schemas: &mut Vec<ExposedSchema>, table: ExposedTable) {
    let Table { schema, name, .. } = table.table();
    let (schema, name) = (schema.clone(), name.clone());
    let at = schemas.iter().position(|known| known.name == schema).unwrap_or_else(|| {
        schemas.push(ExposedSchema::new(schema));
        schemas.len() - 1
    });
    schemas[at].order.push(name.clone());
    schemas[at].by_name.insert(name, table);
}

impl ExposedSchema {
    fn new(name: Option<String>) -> Self {
        Self { name, by_name: HashMap::new(), order: Vec::new(), document: OnceLock::new() }
    }

    /// Its name in requests and responses.
    pub(crate) fn name_for_clients(&self) -> &str {
        self.name.as_deref().unwrap_or(DEFAULT_SCHEMA)
    }

    /// Its tables in the order in which they are documented.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Table> {
        self.exposed_in_order().map(ExposedTable::table)
    }

    fn exposed_in_order(&self) -> impl Iterator<Item = &ExposedTable> {
        self.order.iter().filter_map(|name| self.get(name))
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
