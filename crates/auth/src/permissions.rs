//! The permissions file: roles, definitions, and what each role may do with each table.
//!
//! It is read in two steps: [`file`] knows its form, and [`resolve`] the tables that it is about. Whatever is wrong names
//! its line and column.

mod case;
mod check;
mod file;
mod filter;
mod limit;
mod lint;
mod mistake;
mod resolve;

use std::collections::BTreeMap;
use std::time::Duration;

use mwallet_db::schema::{Table, Timestamp};
use mwallet_db::{Catalog, Grant, GrantedColumns, Grants, WriteGrant};

pub use case::{Case, Supposed};
pub use limit::{Limit, Rate};
pub use lint::{Lint, Warning, looks_secret};
pub use mistake::Mistake;

/// The role of those who say nothing of themselves.
pub(crate) const ANONYMOUS: &str = "anon";

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
    definitions: Vec<(String, String)>,
    tables: Vec<RoleGrants>,
    closed: Vec<Closed>,
    cases: Vec<Case>,
    limits: BTreeMap<String, Limit>,
    address_limit: Limit,
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

/// What a role may do with a table, as the file says it.
#[derive(Debug)]
pub struct RoleGrants {
    /// The role.
    pub role: String,
    /// The schema of the table.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// What it may read.
    pub read: Vec<Stated<Grant>>,
    /// What it may create.
    pub create: Vec<Stated<WriteGrant>>,
    /// What it may update.
    pub update: Vec<Stated<WriteGrant>>,
    /// What it may delete.
    pub delete: Vec<Stated<WriteGrant>>,
}

/// A grant with the words of the file.
#[derive(Clone, Debug)]
pub struct Stated<G> {
    /// The grant.
    pub grant: G,
    /// The line where it begins, from 1.
    pub line: u64,
    /// Which rows it is about: a filter, or `all`.
    pub rows: String,
    /// What must hold of each row after a write.
    pub check: Option<String>,
}

impl RoleGrants {
    /// Returns whether they are about this table.
    pub fn is_of(&self, table: &Table) -> bool {
        (&self.schema, &self.table) == (&table.schema, &table.name)
    }
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
    /// When they have shown it.
    pub authenticated_at: Option<Timestamp>,
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
    pub fn held_by(&self, holder: &Holder, now: Timestamp) -> Vec<&str> {
        let age = holder.authenticated_at.map(|at| now.micros().saturating_sub(at.micros()));
        let is_recent = |most: Duration| age.is_some_and(|age| i128::from(age) <= most.as_micros().cast_signed());
        let is_held = |(name, role): &(&String, &Role)| {
            let has_shown =
                role.assurance.is_none_or(|needed| holder.assurance >= needed) && role.max_age.is_none_or(is_recent);
            has_shown
                && match &role.group {
                    Some(group) => holder.groups.contains(group),
                    None => holder.named.contains(name),
                }
        };
        self.roles.iter().filter(is_held).map(|(name, _)| name.as_str()).collect()
    }

    /// Returns whether a role ends some time after its holders have shown who they are.
    pub fn ends(&self, role: &str) -> bool {
        self.roles.get(role).is_some_and(|role| role.max_age.is_some())
    }

    /// Returns what the holder of some roles may see and do. Roles that the file does not have grant nothing.
    pub fn grants<'r>(&self, roles: impl IntoIterator<Item = &'r str>) -> Grants {
        let roles = roles.into_iter().filter_map(|role| self.roles.get(role));
        let held: Vec<&String> = roles.flat_map(|role| &role.holds).collect();
        let mut all = Grants::default();
        for RoleGrants { role, schema, table, read, create, update, delete } in &self.tables {
            if held.contains(&role) {
                let all = all.table(schema.as_deref(), table);
                all.read.extend(plain(read));
                all.create.extend(plain(create));
                all.update.extend(plain(update));
                all.delete.extend(plain(delete));
                all.merge_reads();
            }
        }
        all
    }

    /// Returns what each role may do with each table, in the order of the file.
    pub fn stated(&self) -> &[RoleGrants] {
        &self.tables
    }

    /// Returns a role and those that it includes, or nothing if there is no such role.
    pub fn held_with(&self, role: &str) -> &[String] {
        self.roles.get(role).map_or(&[], |role| &role.holds)
    }

    /// Returns the tests of the file.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Returns the names and filters of the definitions, in the order of the file.
    pub fn definitions(&self) -> &[(String, String)] {
        &self.definitions
    }

    /// Returns whether a column is closed by its name, or all of its table is.
    pub fn is_closed(&self, table: &Table, column: &str) -> bool {
        let of_table = |closed: &&Closed| (&closed.schema, &closed.table) == (&table.schema, &table.name);
        self.closed.iter().filter(of_table).any(|closed| closed.columns.contains(column))
    }
}

/// The grants without their words.
fn plain<G: Clone>(stated: &[Stated<G>]) -> impl Iterator<Item = G> {
    stated.iter().map(|stated| stated.grant.clone())
}

#[cfg(test)]
mod tests;
