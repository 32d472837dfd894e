//! The permissions file: roles, definitions, and what each role may do with each table.
//!
//! It is read in two steps: [`file`] knows its form, and [`resolve`] the tables that it is about. Whatever is wrong names
//! its line and column.

mod file;
mod filter;
mod mistake;
mod resolve;

use std::collections::BTreeMap;
use std::time::Duration;

use mwallet_db::schema::Table;
use mwallet_db::{Catalog, GrantedColumns, Grants, TableGrants};

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
#[derive(Debug, Default)]
pub struct Permissions {
    roles: BTreeMap<String, Role>,
    tables: Vec<RoleGrants>,
    closed: Vec<Closed>,
}

/// A role.
#[derive(Debug)]
struct Role {
    /// The roles that its holders have: itself, and what it includes.
    holds: Vec<String>,
    /// The group whose members have it. Without one, a key or token must name it.
    group: Option<Group>,
    /// How surely its holders must have shown who they are: 1 or 2.
    assurance: Option<u8>,
    /// How long ago they may have shown it.
    max_age: Option<Duration>,
    /// Whether its holders see and do everything.
    is_bypass: bool,
}

/// A group of users.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    /// Where the group counts.
    pub scope: String,
    /// What it is called there.
    pub name: String,
}

/// What a role may do with a table.
#[derive(Debug)]
struct RoleGrants {
    role: String,
    schema: Option<String>,
    table: String,
    grants: TableGrants,
}

/// Columns that are closed by name.
#[derive(Debug)]
struct Closed {
    schema: Option<String>,
    table: String,
    columns: GrantedColumns,
}

/// What decides which roles somebody has.
#[derive(Clone, Debug, Default)]
pub struct Holder {
    /// The roles that their key or token names.
    pub named: Vec<String>,
    /// The groups that they are in.
    pub groups: Vec<Group>,
    /// How surely they have shown who they are: 1, or 2 with a second factor.
    pub assurance: u8,
    /// How long ago they have shown it.
    pub age: Option<Duration>,
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

    /// Returns whether there is a role of this name.
    pub fn has_role(&self, name: &str) -> bool {
        self.roles.contains_key(name)
    }

    /// Returns whether the holders of a role see and do everything.
    pub fn is_bypass(&self, role: &str) -> bool {
        self.roles.get(role).is_some_and(|role| role.is_bypass)
    }

    /// Returns the roles that somebody has, without those that they include, in the order of their names.
    pub fn held_by(&self, holder: &Holder) -> Vec<&str> {
        let is_held = |(name, role): &(&String, &Role)| {
            let has_shown = role.assurance.is_none_or(|needed| holder.assurance >= needed)
                && role.max_age.is_none_or(|most| holder.age.is_some_and(|age| age <= most));
            has_shown
                && match &role.group {
                    Some(group) => holder.groups.contains(group),
                    None => holder.named.contains(name),
                }
        };
        self.roles.iter().filter(is_held).map(|(name, _)| name.as_str()).collect()
    }

    /// Returns what the holder of some roles may see and do. Roles that the file does not have grant nothing.
    pub fn grants<'r>(&self, roles: impl IntoIterator<Item = &'r str>) -> Grants {
        let roles = roles.into_iter().filter_map(|role| self.roles.get(role));
        let held: Vec<&String> = roles.flat_map(|role| &role.holds).collect();
        let mut all = Grants::default();
        for RoleGrants { role, schema, table, grants } in &self.tables {
            if held.contains(&role) {
                let all = all.table(schema.as_deref(), table);
                all.read.extend_from_slice(&grants.read);
                all.create.extend_from_slice(&grants.create);
                all.update.extend_from_slice(&grants.update);
                all.delete.extend_from_slice(&grants.delete);
                all.merge_reads();
            }
        }
        all
    }

    /// Returns whether a column is closed by its name, or all of its table is.
    pub fn is_closed(&self, table: &Table, column: &str) -> bool {
        let of_table = |closed: &&Closed| (&closed.schema, &closed.table) == (&table.schema, &table.name);
        self.closed.iter().filter(of_table).any(|closed| closed.columns.contains(column))
    }
}

#[cfg(test)]
mod tests;
