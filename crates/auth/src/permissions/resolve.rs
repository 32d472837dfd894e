//! Looks up what a permissions file names: roles, definitions, tables and columns.

use std::collections::BTreeMap;

use mwallet_db::{Catalog, Filter, Grant, GrantedColumns, TableRef};

use super::file::{ALL, Columns, Entries, File, ReadSpec, RoleSpec, Text};
use super::{Mistake, Permissions, TableGrant, filter};

pub(super) fn resolve(file: File, catalog: &Catalog) -> Result<Permissions, Mistake> {
    let roles = roles(&file.roles)?;
    let mut definitions = BTreeMap::new();
    for (name, text) in &file.define.0 {
        let parsed = filter::parse(&text.value, &definitions).map_err(|error| Mistake::at(text.referenced, error))?;
        definitions.insert(name.value.clone(), parsed);
    }
    let mut reads = Vec::new();
    for (name, of_table) in file.tables.0 {
        let table = find_table(catalog, &name)?;
        for (role, actions) in of_table.0 {
            known_role(&roles, &role)?;
            for read in actions.read.0 {
                let grant = grant(table, read, &definitions)?;
                let (schema, table) = (table.table().schema.clone(), table.table().name.clone());
                reads.push(TableGrant { role: role.value.clone(), schema, table, grant });
            }
        }
    }
    Ok(Permissions { roles, reads })
}

fn roles(specs: &Entries<RoleSpec>) -> Result<BTreeMap<String, Vec<String>>, Mistake> {
    let mut roles: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // A role includes only those before it, so that none includes itself.
    for (name, spec) in &specs.0 {
        let mut holds = vec![name.value.clone()];
        for included in &spec.includes {
            let of_role = roles.get(&included.value).ok_or_else(|| {
                let message = format!("there is no role {} before this", included.value);
                Mistake::unknown(included.referenced, message, &included.value, roles.keys().map(String::as_str))
            })?;
            holds.extend(of_role.iter().filter(|held| !holds.contains(held)).cloned().collect::<Vec<_>>());
        }
        roles.insert(name.value.clone(), holds);
    }
    Ok(roles)
}

fn known_role(roles: &BTreeMap<String, Vec<String>>, name: &Text) -> Result<(), Mistake> {
    match roles.contains_key(&name.value) {
        true => Ok(()),
        false => {
            let message = format!("there is no role {}", name.value);
            Err(Mistake::unknown(name.referenced, message, &name.value, roles.keys().map(String::as_str)))
        }
    }
}

/// Finds a table by its name, or by that of its schema too: `sales.orders`.
fn find_table<'c>(catalog: &'c Catalog, name: &Text) -> Result<TableRef<'c>, Mistake> {
    let by_schema = name.value.split_once('.').and_then(|(schema, table)| catalog.get(Some(schema), table));
    let alone = || catalog.tables().find(|table| table.table().name == name.value);
    by_schema.or_else(|| catalog.get(None, &name.value)).or_else(alone).ok_or_else(|| {
        let known = catalog.tables().map(|table| table.table().name.as_str());
        Mistake::unknown(name.referenced, format!("there is no table {}", name.value), &name.value, known)
    })
}

fn grant(table: TableRef<'_>, spec: ReadSpec, definitions: &BTreeMap<String, Filter>) -> Result<Grant, Mistake> {
    let rows = match spec.rows.value.as_str() {
        ALL => None,
        text => {
            let wrong = |error: String| Mistake::at(spec.rows.referenced, error);
            let filter = filter::parse(text, definitions).map_err(wrong)?;
            Grant::check_rows(&filter, table).map_err(|error| wrong(error.to_string()))?;
            Some(filter)
        }
    };
    let columns = match spec.columns {
        Columns::All => GrantedColumns::All,
        Columns::Named(names) => {
            names.iter().try_for_each(|name| known_column(table, name))?;
            GrantedColumns::Named(names.into_iter().map(|name| name.value).collect())
        }
    };
    Ok(Grant { rows, columns })
}

fn known_column(table: TableRef<'_>, name: &Text) -> Result<(), Mistake> {
    let table = table.table();
    match table.column(&name.value) {
        Some(_) => Ok(()),
        None => {
            let known = table.columns.iter().map(|column| column.name.as_str());
            let message = format!("{} has no column {}", table.name, name.value);
            Err(Mistake::unknown(name.referenced, message, &name.value, known))
        }
    }
}
