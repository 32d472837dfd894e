//! The tables that requests may name, with the relationships between them. No other module finds a relationship.

mod derive;
mod find;
mod relationship;
mod table;

use std::collections::HashMap;

use mwallet_schema::Table;

pub use find::{Candidate, FindError};
pub use relationship::{Cardinality, ColumnPairs, Junction, Relationship};
pub use table::CatalogTable;

/// Tables and the relationships between them. Built once, when tables are loaded.
///
/// ```
/// # use mwallet_db::{Cardinality, Catalog, schema::{Column, ColumnType, Table}};
/// let mut users = Table::new("users");
/// users.columns.push(Column::new("id", ColumnType::BigInt));
/// users.primary_key = vec!["id".into()];
/// let mut orders = Table::new("orders");
/// orders.columns.push(Column::new("user_id", ColumnType::BigInt));
/// orders.add_foreign_key(&["user_id"], "users", &["id"], Default::default());
///
/// let catalog = Catalog::new([users, orders]);
/// let users = catalog.get(None, "users").unwrap();
/// let (relationship, orders) = users.find("orders", None)?;
/// assert_eq!((relationship.cardinality, orders.table().name.as_str()), (Cardinality::OneToMany, "orders"));
/// # Ok::<(), mwallet_db::FindError>(())
/// ```
#[derive(Debug, Default)]
pub struct Catalog {
    tables: Vec<CatalogTable>,
    /// The relationships of each table, in the order of the tables.
    relationships: Vec<Vec<Relationship>>,
    /// The positions of the tables by database schema and name.
    positions: HashMap<Option<String>, HashMap<String, usize>>,
}

/// A table in its catalog, or a table of its own, which has no relationships.
#[derive(Clone, Copy, Debug)]
pub struct TableRef<'c> {
    entry: &'c CatalogTable,
    catalog: Option<(&'c Catalog, usize)>,
}

impl Catalog {
    /// Builds a catalog and finds the relationships between its tables.
    pub fn new(tables: impl IntoIterator<Item = Table>) -> Self {
        let tables: Vec<CatalogTable> = tables.into_iter().map(CatalogTable::new).collect();
        let mut positions: HashMap<Option<String>, HashMap<String, usize>> = HashMap::new();
        for (position, entry) in tables.iter().enumerate() {
            let table = entry.table();
            positions.entry(table.schema.clone()).or_default().entry(table.name.clone()).or_insert(position);
        }
        let mut catalog = Self { tables, relationships: Vec::new(), positions };
        catalog.relationships = derive::relationships(&catalog);
        catalog
    }

    /// Returns the table of that name in a database schema.
    pub fn get(&self, schema: Option<&str>, name: &str) -> Option<TableRef<'_>> {
        self.position(schema.map(str::to_owned), name).map(|position| self.at(position))
    }

    fn position(&self, schema: Option<String>, name: &str) -> Option<usize> {
        self.positions.get(&schema)?.get(name).copied()
    }

    /// Returns all tables, in the order in which they were given.
    pub fn tables(&self) -> impl Iterator<Item = TableRef<'_>> {
        (0..self.tables.len()).map(|position| self.at(position))
    }

    /// Returns the number of tables.
    pub fn len(&self) -> usize {
        self.tables.len()
    }

    /// Returns whether there are no tables.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Returns the table at a position.
    ///
    /// # Panics
    ///
    /// Panics if there are not as many tables.
    pub fn at(&self, position: usize) -> TableRef<'_> {
        TableRef { entry: &self.tables[position], catalog: Some((self, position)) }
    }
}

impl<'c> TableRef<'c> {
    /// The description of the table.
    pub fn table(self) -> &'c Table {
        self.entry.table()
    }

    /// The table as it was prepared for requests.
    pub fn entry(self) -> &'c CatalogTable {
        self.entry
    }

    /// The relationships of the table.
    pub fn relationships(self) -> &'c [Relationship] {
        self.catalog.map_or(&[], |(catalog, position)| catalog.relationships[position].as_slice())
    }

    /// The table on the other end of one of its relationships.
    ///
    /// # Panics
    ///
    /// Panics if the relationship is of another catalog.
    pub fn related(self, relationship: &Relationship) -> TableRef<'c> {
        self.other(relationship.target)
    }

    /// The table that joins the two ends of a many-to-many relationship.
    ///
    /// # Panics
    ///
    /// Panics if the junction is of another catalog.
    pub fn junction(self, junction: &Junction) -> TableRef<'c> {
        self.other(junction.table)
    }

    /// Returns another table of the same catalog.
    pub(crate) fn sibling(self, schema: Option<&str>, name: &str) -> Option<Self> {
        self.catalog.and_then(|(catalog, _)| catalog.get(schema, name))
    }

    fn other(self, position: usize) -> TableRef<'c> {
        // A relationship comes from the catalog of its table.
        self.catalog.map_or(self, |(catalog, _)| catalog.at(position))
    }
}

impl<'c> From<&'c CatalogTable> for TableRef<'c> {
    fn from(entry: &'c CatalogTable) -> Self {
        Self { entry, catalog: None }
    }
}
