//! The permissions file: roles, definitions, and what each role may do with each table.
//!
//! It is read in two steps: [`file`] knows its form, and [`resolve`] the tables that it is about. Whatever is wrong names
//! its line and column.

mod file;
mod filter;
mod mistake;
mod resolve;

use std::collections::BTreeMap;

use mwallet_db::{Catalog, Grant, Grants};

pub use mistake::Mistake;

/// A permissions file that fits the tables of a server.
///
/// ```
/// use mwallet_auth::Permissions;
/// use mwallet_db::{Catalog, schema::{Column, ColumnType, Table}};
///
/// let mut orders = Table::new("orders");
/// orders.columns.push(Column::new("id", ColumnType::BigInt));
/// orders.columns.push(Column::new("user_id", ColumnType::BigInt));
/// let catalog = Catalog::new([orders]);
///
/// let text = r#"
/// roles: { anon: {}, authenticated: { includes: [anon] } }
/// define: { mine: "user_id=eq.{auth.id}" }
/// tables:
///   orders:
///     authenticated: { read: { rows: mine, columns: [id] } }
/// "#;
/// assert!(Permissions::parse(text, &catalog).is_ok());
///
/// let wrong = Permissions::parse(&text.replace("[id]", "[ids]"), &catalog).unwrap_err();
/// assert_eq!(wrong.to_string(), "line 6, column 52: orders has no column ids; did you mean id?");
/// ```
#[derive(Debug)]
pub struct Permissions {
    /// For each role, those that its holder has: itself, and what it includes.
    roles: BTreeMap<String, Vec<String>>,
    /// The read grants of each role, by schema and table.
    reads: Vec<TableGrant>,
}

/// What a role may read of a table.
#[derive(Debug)]
struct TableGrant {
    role: String,
    schema: Option<String>,
    table: String,
    grant: Grant,
}

impl Permissions {
    /// Reads a permissions file for the tables of a catalog.
    ///
    /// # Errors
    ///
    /// Returns the first mistake, with its place.
    pub fn parse(text: &str, catalog: &Catalog) -> Result<Self, Mistake> {
        resolve::resolve(file::parse(text)?, catalog)
    }

    /// Returns the names of all roles.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.keys().map(String::as_str)
    }

    /// Returns what the holder of some roles may see. Roles that the file does not have grant nothing.
    pub fn grants<'r>(&self, roles: impl IntoIterator<Item = &'r str>) -> Grants {
        let held: Vec<&String> = roles.into_iter().filter_map(|role| self.roles.get(role)).flatten().collect();
        let mut grants = Grants::default();
        for TableGrant { role, schema, table, grant } in &self.reads {
            if held.contains(&role) {
                grants.add(schema.as_deref(), table, grant.clone());
            }
        }
        grants
    }
}

#[cfg(test)]
mod tests;
