//! What is allowed in a permissions file, and may be more than was meant.

use std::collections::BTreeSet;

use mwallet_db::schema::Table;
use mwallet_db::{Catalog, Comparison, Filter, Operand, TableRef, WriteGrant};

use super::{Permissions, RoleGrants, Stated};

/// A kind of what may be more than was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lint {
    /// A grant is about all rows.
    AllRows,
    /// No index finds the rows of a grant.
    NoIndex,
    /// A request may say whose a row is.
    GivenOwner,
    /// A write may make a row that is outside of what its grant is about.
    NoCheck,
    /// A column that is called like a secret can be read.
    ReadableSecret,
}

impl Lint {
    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AllRows => "all_rows",
            Self::NoIndex => "no_index",
            Self::GivenOwner => "given_owner",
            Self::NoCheck => "no_check",
            Self::ReadableSecret => "readable_secret",
        }
    }
}

/// Something that may be more than was meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// The line of the grant, from 1.
    pub line: u64,
    /// Its kind.
    pub lint: Lint,
    /// What it is.
    pub message: String,
}

impl Permissions {
    /// Returns what may be more than was meant, in the order of the file. The tables are those that it was read for.
    pub fn lint(&self, catalog: &Catalog) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for grants in &self.tables {
            let Some(table) = catalog.get(grants.schema.as_deref(), &grants.table) else { continue };
            let of_table = self.tables.iter().filter(|other| other.is_of(table.table()));
            let owners = of_table.flat_map(RoleGrants::owners).collect();
            Linter { grants, table, catalog, owners, warnings: &mut warnings }.lint();
        }
        warnings.sort();
        warnings
    }
}

impl RoleGrants {
    /// The columns by which filters tell what is the caller's own.
    fn owners(&self) -> BTreeSet<&str> {
        let mut owners = BTreeSet::new();
        let reads = self.read.iter().map(|read| &read.grant.rows);
        let writes = self.create.iter().chain(&self.update).chain(&self.delete);
        let writes = writes.flat_map(|write| [&write.grant.rows, &write.grant.check]);
        reads.chain(writes).flatten().for_each(|filter| add_owners(filter, &mut owners));
        owners
    }
}

fn add_owners<'f>(filter: &'f Filter, owners: &mut BTreeSet<&'f str>) {
    match filter {
        Filter::Compare { field, comparison: Comparison::Eq, operand: Operand::Caller(_) } => {
            owners.insert(field.column.as_str());
        }
        Filter::And(all) | Filter::Or(all) => all.iter().for_each(|one| add_owners(one, owners)),
        _ => {}
    }
}

struct Linter<'p> {
    grants: &'p RoleGrants,
    table: TableRef<'p>,
    catalog: &'p Catalog,
    owners: BTreeSet<&'p str>,
    warnings: &'p mut Vec<Warning>,
}

impl Linter<'_> {
    fn lint(mut self) {
        let (grants, table) = (self.grants, self.table.table());
        for read in &grants.read {
            self.rows(read, read.grant.rows.as_ref(), "reads");
            let is_shown = |name: &&str| {
                looks_secret(name)
                    && read.grant.columns.contains(name)
                    && table.column(name).is_some_and(|column| column.is_readable())
            };
            let secrets: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).filter(is_shown).collect();
            if !secrets.is_empty() {
                self.warn(read.line, Lint::ReadableSecret, format!("reads {} of {{}}", secrets.join(", ")));
            }
        }
        for create in &grants.create {
            self.owner(create, "creates");
            let tells_owner = create.grant.set.iter().any(|(column, _)| self.owners.contains(column.as_str()));
            if !self.owners.is_empty() && create.grant.check.is_none() && !tells_owner {
                let owners = self.owners.iter().copied().collect::<Vec<_>>().join(", ");
                let message = format!("creates rows of {{}} without a check, and nothing sets {owners}");
                self.warn(create.line, Lint::NoCheck, message);
            }
        }
        for update in &grants.update {
            self.rows(update, update.grant.rows.as_ref(), "updates");
            self.owner(update, "updates");
            let mut named = BTreeSet::new();
            update.grant.rows.iter().for_each(|rows| add_columns(rows, &mut named));
            let moved: Vec<&str> = named.into_iter().filter(|name| update.grant.columns.contains(name)).collect();
            if update.grant.check.is_none() && !moved.is_empty() {
                let message = format!(
                    "updates {} of {{}} without a check, so that a row may leave the rows of the grant",
                    moved.join(", ")
                );
                self.warn(update.line, Lint::NoCheck, message);
            }
        }
        for delete in &grants.delete {
            self.rows(delete, delete.grant.rows.as_ref(), "deletes");
        }
    }

    /// `{}` in the message is the table.
    fn warn(&mut self, line: u64, lint: Lint, message: String) {
        let table = match &self.grants.schema {
            Some(schema) => format!("{schema}.{}", self.grants.table),
            None => self.grants.table.clone(),
        };
        let message = format!("{} {}", self.grants.role, message.replace("{}", &table));
        self.warnings.push(Warning { line, lint, message });
    }

    /// Looks at which rows a grant is about.
    fn rows<G>(&mut self, stated: &Stated<G>, rows: Option<&Filter>, does: &str) {
        match rows {
            None => self.warn(stated.line, Lint::AllRows, format!("{does} all rows of {{}}")),
            Some(filter) if !self.is_served(filter, self.table.table()) => {
                let message = format!("{does} rows of {{}} that no index finds: {}", stated.rows);
                self.warn(stated.line, Lint::NoIndex, message);
            }
            Some(_) => {}
        }
    }

    /// Looks at whether a request may say whose a row is.
    fn owner(&mut self, write: &Stated<WriteGrant>, does: &str) {
        let mut checked = BTreeSet::new();
        write.grant.check.iter().for_each(|check| add_owners(check, &mut checked));
        let is_set = |name: &str| write.grant.set.iter().any(|(set, _)| set == name);
        let is_given = |name: &&&str| write.grant.columns.contains(name) && !is_set(name) && !checked.contains(**name);
        let given: Vec<&str> = self.owners.iter().filter(is_given).copied().collect();
        if !given.is_empty() {
            let message = format!("{does} rows of {{}} and may say whose they are: {}", given.join(", "));
            self.warn(write.line, Lint::GivenOwner, message);
        }
    }

    /// Returns whether an index finds the rows of a filter.
    fn is_served(&self, filter: &Filter, table: &Table) -> bool {
        match filter {
            Filter::Compare { field, comparison, .. } => {
                *comparison != Comparison::Neq && field.path.is_empty() && leads(table, &field.column)
            }
            Filter::In { field, .. } | Filter::Between { field, .. } => {
                field.path.is_empty() && leads(table, &field.column)
            }
            Filter::And(all) => all.iter().any(|one| self.is_served(one, table)),
            Filter::Or(all) => all.iter().all(|one| self.is_served(one, table)),
            // The other table says which values of a column there are, if an index finds those.
            Filter::ExistsIn { schema, table: name, filter } => {
                let of_row = joined(filter).is_some_and(|column| leads(table, column));
                let schema = schema.as_deref().or(table.schema.as_deref());
                of_row && self.catalog.get(schema, name).is_some_and(|other| self.is_served(filter, other.table()))
            }
            _ => false,
        }
    }
}

/// Returns whether an index begins with a column.
fn leads(table: &Table, column: &str) -> bool {
    let begins = |columns: &[String]| columns.first().is_some_and(|first| first == column);
    let is_of_all = |index: &&mwallet_db::schema::Index| index.special.is_none();
    begins(&table.primary_key)
        || table.uniques.iter().any(|unique| begins(&unique.columns))
        || table.indexes.iter().filter(is_of_all).any(|index| begins(&index.columns))
}

/// Returns the column of the row that a filter of another table asks for.
fn joined(filter: &Filter) -> Option<&str> {
    match filter {
        Filter::Compare { operand: Operand::Row(column), comparison: Comparison::Eq, .. } => Some(column),
        Filter::And(all) => all.iter().find_map(joined),
        _ => None,
    }
}

fn add_columns<'f>(filter: &'f Filter, columns: &mut BTreeSet<&'f str>) {
    columns.extend(filter.field().map(|field| field.column.as_str()));
    match filter {
        Filter::InKeys { columns: names, .. } => columns.extend(names.iter().map(String::as_str)),
        Filter::ExistsIn { filter, .. } => columns.extend(joined(filter)),
        Filter::And(all) | Filter::Or(all) => all.iter().for_each(|one| add_columns(one, columns)),
        Filter::Not(one) => add_columns(one, columns),
        _ => {}
    }
}

/// Words of names that secrets have.
const WORDS: [&str; 18] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "hash",
    "salt",
    "otp",
    "totp",
    "pin",
    "cvv",
    "cvc",
    "mnemonic",
    "credential",
    "credentials",
    "apikey",
    "ssn",
];
/// Words that make a key a secret one.
const OF_KEY: [&str; 5] = ["private", "api", "account", "signing", "access"];

/// Returns whether a column is called as secrets are: `password_hash`, `apiKey`.
pub fn looks_secret(name: &str) -> bool {
    let mut words: Vec<String> = Vec::new();
    let mut was_lower = false;
    for character in name.chars() {
        match character {
            _ if !character.is_alphanumeric() => words.push(String::new()),
            _ if character.is_uppercase() && was_lower => words.push(character.to_lowercase().collect()),
            _ => match words.last_mut() {
                Some(word) => word.extend(character.to_lowercase()),
                None => words.push(character.to_lowercase().collect()),
            },
        }
        was_lower = character.is_lowercase();
    }
    let is_key = |pair: &[String]| OF_KEY.contains(&pair[0].as_str()) && ["key", "keys"].contains(&pair[1].as_str());
    words.iter().any(|word| WORDS.contains(&word.as_str())) || words.windows(2).any(is_key)
}
