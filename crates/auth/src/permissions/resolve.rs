//! Looks up what a permissions file names: roles, definitions, tables and columns.

use std::collections::BTreeMap;

use mwallet_db::schema::{ForeignKey, Table, Value};
use mwallet_db::{Catalog, Filter, Grant, GrantedColumns, GrantedReference, Operand, TableRef, WriteGrant};
use serde_saphyr::{Location, Spanned};

use super::file::{ALL, Actions, Columns, CreateSpec, Entries, File, ReadSpec, RoleSpec, Scalar, Text, UpdateSpec};
use super::{Case, Closed, Group, Limit, Mistake, Permissions, Role, RoleGrants, Stated, filter, limit};

type Definitions = BTreeMap<String, Filter>;

pub(super) fn resolve(file: File, catalog: &Catalog) -> Result<Permissions, Mistake> {
    let roles = roles(&file.roles)?;
    let mut definitions = Definitions::new();
    for (name, text) in &file.define.0 {
        let parsed = filter::parse(&text.value, &definitions).map_err(|error| Mistake::at(text.referenced, error))?;
        definitions.insert(name.value.clone(), parsed);
    }
    let mut closed = Vec::new();
    for (name, of_table) in file.closed.0 {
        let table = find_table(catalog, &name)?;
        let columns = columns(table, of_table)?;
        let (schema, table) = (table.table().schema.clone(), table.table().name.clone());
        closed.push((name.referenced, Closed { schema, table, columns }));
    }
    let mut grants = Vec::new();
    let mut keys = Vec::new();
    for (name, of_table) in file.tables.0 {
        let at = OfTable { table: find_table(catalog, &name)?, catalog, definitions: &definitions };
        for (role, actions) in of_table.0 {
            known_role(&roles, &role)?;
            grants.push(at.actions(actions, &role, &mut keys)?);
        }
    }
    closed.iter().try_for_each(|(place, closed)| closed.check(*place, &grants, catalog))?;
    let closed = closed.into_iter().map(|(_, closed)| closed).collect();
    let text = |(name, text): &(Text, Text)| (name.value.clone(), text.value.clone());
    let texts = file.define.0.iter().map(text).collect();
    let cases = file.tests.into_iter().map(|spec| Case::resolve(spec, &roles)).collect::<Result<_, _>>()?;
    let (limits, address_limit) = (limit::limits(&file.limits, &roles)?, Limit::new(&file.address_limit));
    let permissions = Permissions { roles, definitions: texts, tables: grants, closed, cases, limits, address_limit };
    keys.iter().try_for_each(|key| key.check(&permissions))?;
    Ok(permissions)
}

fn roles(specs: &Entries<RoleSpec>) -> Result<BTreeMap<String, Role>, Mistake> {
    let mut roles: BTreeMap<String, Role> = BTreeMap::new();
    // A role includes only those before it, so that none includes itself.
    for (name, spec) in &specs.0 {
        spec.check(name)?;
        let mut holds = vec![name.value.clone()];
        for included in &spec.includes {
            let of_role = roles.get(&included.value).ok_or_else(|| {
                let message = format!("there is no role {} before this", included.value);
                Mistake::unknown(included.referenced, message, &included.value, roles.keys().map(String::as_str))
            })?;
            if of_role.is_bypass {
                let message = format!("{} sees and does everything, so no other role includes it", included.value);
                return Err(Mistake::at(included.referenced, message));
            }
            holds.extend(of_role.holds.iter().filter(|held| !holds.contains(held)).cloned().collect::<Vec<_>>());
        }
        let group = spec.group.as_ref().map(|group| Group { scope: group.scope.clone(), name: group.name.clone() });
        let (assurance, max_age) = (spec.aal.map(|aal| aal as u8 + 1), spec.max_age.map(|age| age.0));
        roles.insert(name.value.clone(), Role { holds, group, assurance, max_age, is_bypass: spec.bypass });
    }
    Ok(roles)
}

/// Checks that there is a role to which something can be granted.
fn known_role(roles: &BTreeMap<String, Role>, name: &Text) -> Result<(), Mistake> {
    match find_role(roles, name)?.is_bypass {
        true => Err(Mistake::at(name.referenced, format!("{} sees and does everything anyway", name.value))),
        false => Ok(()),
    }
}

pub(super) fn find_role<'r>(roles: &'r BTreeMap<String, Role>, name: &Text) -> Result<&'r Role, Mistake> {
    roles.get(&name.value).ok_or_else(|| {
        let message = format!("there is no role {}", name.value);
        Mistake::unknown(name.referenced, message, &name.value, roles.keys().map(String::as_str))
    })
}

/// Finds a table by its name, or by that of its schema too: `sales.orders`.
fn find_table<'c>(catalog: &'c Catalog, name: &Text) -> Result<TableRef<'c>, Mistake> {
    let by_schema = name.value.split_once('.').and_then(|(schema, table)| catalog.get(Some(schema), table));
    let mut alone = catalog.tables().filter(|table| table.table().name == name.value);
    if let Some(table) = by_schema.or_else(|| catalog.get(None, &name.value)) {
        return Ok(table);
    }
    match (alone.next(), alone.next()) {
        (Some(table), None) => Ok(table),
        (Some(table), Some(_)) => {
            let example = table.table().schema.as_deref().unwrap_or_default();
            let message = format!("several schemas have a table {}; write {example}.{}", name.value, name.value);
            Err(Mistake::at(name.referenced, message))
        }
        (None, _) => {
            let known = catalog.tables().map(|table| table.table().name.as_str());
            let message = format!("there is no table {}", name.value);
            Err(Mistake::unknown(name.referenced, message, &name.value, known))
        }
    }
}

/// What is said of one table.
#[derive(Clone, Copy)]
pub(super) struct OfTable<'c> {
    pub(super) table: TableRef<'c>,
    pub(super) catalog: &'c Catalog,
    pub(super) definitions: &'c Definitions,
}

/// A foreign key that a role may set to keys of another table, without being told which.
struct GivenKey<'c> {
    role: String,
    table: &'c Table,
    columns: &'c [String],
    other: Option<TableRef<'c>>,
    other_name: String,
    place: Location,
}

impl<'c> OfTable<'c> {
    fn actions(self, actions: Actions, role: &Text, keys: &mut Vec<GivenKey<'c>>) -> Result<RoleGrants, Mistake> {
        let table = self.table.table();
        let (schema, table) = (table.schema.clone(), table.name.clone());
        let (read, create, update, delete) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut granted = RoleGrants { role: role.value.clone(), schema, table, read, create, update, delete };
        for spec in actions.read.0 {
            let (line, rows) = (spec.rows.referenced.line(), spec.rows.value.clone());
            granted.read.push(Stated { grant: self.read(spec)?, line, rows, check: None });
        }
        for CreateSpec { columns, set, check, refs } in actions.create.0 {
            let line = columns.line().unwrap_or(role.referenced.line());
            let text = check.as_ref().map(|check| check.value.clone());
            let grant = self.write(None, columns, set, check, refs)?;
            keys.extend(self.given_keys(&grant, role));
            granted.create.push(Stated { grant, line, rows: ALL.into(), check: text });
        }
        for UpdateSpec { rows, columns, set, check, refs } in actions.update.0 {
            let (line, text) = (rows.referenced.line(), check.as_ref().map(|check| check.value.clone()));
            let grant = self.write(Some(&rows), columns, set, check, refs)?;
            keys.extend(self.given_keys(&grant, role));
            granted.update.push(Stated { grant, line, rows: rows.value, check: text });
        }
        for delete in actions.delete.0 {
            let grant = WriteGrant { rows: self.rows(&delete.rows)?, ..WriteGrant::default() };
            let (line, rows) = (delete.rows.referenced.line(), delete.rows.value);
            granted.delete.push(Stated { grant, line, rows, check: None });
        }
        Ok(granted)
    }

    fn read(self, spec: ReadSpec) -> Result<Grant, Mistake> {
        let place = spec.rows.referenced;
        if spec.limit == Some(0) {
            return Err(Mistake::at(place, "a limit of 0 shows nothing; leave the grant out"));
        }
        let columns = columns(self.table, spec.columns)?;
        if columns == GrantedColumns::Named(Vec::new()) {
            return Err(Mistake::at(place, "name the columns that it shows, at least one"));
        }
        Ok(Grant { rows: self.rows(&spec.rows)?, columns, limit: spec.limit, aggregates: spec.aggregates })
    }

    fn write(
        self,
        rows: Option<&Text>,
        given: Columns,
        set: Entries<Spanned<Scalar>>,
        check: Option<Text>,
        refs: Entries<Text>,
    ) -> Result<WriteGrant, Mistake> {
        let mut grant = WriteGrant { columns: columns(self.table, given)?, ..WriteGrant::default() };
        grant.rows = rows.map(|rows| self.rows(rows)).transpose()?.flatten();
        grant.check = check.map(|check| self.rows(&check)).transpose()?.flatten();
        for (column, value) in set.0 {
            known_column(self.table, &column)?;
            let wrong = |error: String| Mistake::at(value.referenced, error);
            let operand = match &value.value {
                Scalar::Text(text) => filter::operand(Operand::Text(text.clone())).map_err(wrong)?,
                Scalar::Int(number) => Operand::Value(Value::Int(*number)),
                Scalar::Bool(is_true) => Operand::Value(Value::Bool(*is_true)),
                Scalar::Null => Operand::Value(Value::Null),
            };
            self.check_time(&column.value, &operand).map_err(wrong)?;
            self.table.check_grant_value(&column.value, &operand).map_err(|error| wrong(error.to_string()))?;
            grant.set.push((column.value, operand));
        }
        for (name, rows) in refs.0 {
            grant.references.push(self.reference(&name, &rows)?);
        }
        Ok(grant)
    }

    /// Reads which rows a foreign key may point at. The filter is on the other table.
    fn reference(self, name: &Text, rows: &Text) -> Result<GrantedReference, Mistake> {
        let key = self.foreign_key(name)?;
        let rows = match self.other(key) {
            Some(other) => OfTable { table: other, ..self }.rows(rows)?,
            None if rows.value == ALL => None,
            None => {
                let message = format!("{} is not served, so its rows have no filter; write {ALL}", key.references);
                return Err(Mistake::at(rows.referenced, message));
            }
        };
        Ok(GrantedReference { columns: key.columns.clone(), rows })
    }

    /// Finds a foreign key by its columns, or by one of them where it is the only key that has it.
    fn foreign_key(self, name: &Text) -> Result<&'c ForeignKey, Mistake> {
        let columns: Vec<&str> = name.value.split(',').map(str::trim).collect();
        let keys = &self.table.table().foreign_keys;
        if let Some(key) = keys.iter().find(|key| key.columns == columns) {
            return Ok(key);
        }
        let is_part =
            |key: &&ForeignKey| columns.iter().all(|column| key.columns.iter().any(|of_key| of_key == column));
        let mut with_it = keys.iter().filter(is_part);
        match (with_it.next(), with_it.next()) {
            (Some(key), None) => Ok(key),
            (Some(key), Some(_)) => {
                let all = key.columns.join(",");
                let message =
                    format!("several foreign keys have {}: write all columns of one, such as \"{all}\"", name.value);
                Err(Mistake::at(name.referenced, message))
            }
            (None, _) => {
                for column in columns {
                    known_column(self.table, &Text { value: column.to_owned(), ..name.clone() })?;
                }
                Err(Mistake::at(name.referenced, format!("there is no foreign key of {}", name.value)))
            }
        }
    }

    fn other(self, key: &ForeignKey) -> Option<TableRef<'c>> {
        let schema = key.references_schema.as_deref().or(self.table.table().schema.as_deref());
        self.catalog.get(schema, &key.references)
    }

    /// Returns the foreign keys that a grant lets its holders give, and of which it does not say what they point at.
    fn given_keys(self, grant: &WriteGrant, role: &Text) -> Vec<GivenKey<'c>> {
        let table = self.table.table();
        let is_given =
            |column: &String| grant.columns.contains(column) && !grant.set.iter().any(|(set, _)| set == column);
        let is_said = |key: &ForeignKey| grant.references.iter().any(|said| said.columns == key.columns);
        let given = table.foreign_keys.iter().filter(|key| key.columns.iter().any(is_given) && !is_said(key));
        let given_key = |key: &'c ForeignKey| {
            let (role, place, columns) = (role.value.clone(), role.referenced, &key.columns);
            GivenKey { role, table, columns, other: self.other(key), other_name: key.references.clone(), place }
        };
        given.map(given_key).collect()
    }

    fn rows(self, text: &Text) -> Result<Option<Filter>, Mistake> {
        if text.value == ALL {
            return Ok(None);
        }
        let wrong = |error: String| Mistake::at(text.referenced, error);
        let filter = filter::parse(&text.value, self.definitions).map_err(wrong)?;
        let filter = self.find_tables(filter, text)?;
        self.check_times(&filter).map_err(wrong)?;
        self.table.check_grant_filter(&filter).map_err(|error| wrong(error.to_string()))?;
        Ok(Some(filter))
    }
}

impl<'c> OfTable<'c> {
    /// Finds the tables of which a filter asks whether they have a row.
    fn find_tables(self, filter: Filter, place: &Text) -> Result<Filter, Mistake> {
        let each = |all: Vec<Filter>| all.into_iter().map(|one| self.find_tables(one, place)).collect::<Result<_, _>>();
        Ok(match filter {
            Filter::ExistsIn { table: name, filter, .. } => {
                let other = match self.catalog.get(self.table.table().schema.as_deref(), &name) {
                    Some(other) => other,
                    None => find_table(self.catalog, &Text { value: name, ..place.clone() })?,
                };
                let filter = Box::new(OfTable { table: other, ..self }.find_tables(*filter, place)?);
                Filter::ExistsIn { schema: other.table().schema.clone(), table: other.table().name.clone(), filter }
            }
            Filter::And(all) => Filter::And(each(all)?),
            Filter::Or(all) => Filter::Or(each(all)?),
            Filter::Not(one) => !self.find_tables(*one, place)?,
            other => other,
        })
    }
}

impl GivenKey<'_> {
    /// Checks that the role reads the other table.
    fn check(&self, permissions: &Permissions) -> Result<(), Mistake> {
        let grants = permissions.grants([self.role.as_str()]);
        let reads = self.other.and_then(|other| grants.of(other.table())).is_some_and(|other| !other.read.is_empty());
        match reads {
            true => Ok(()),
            false => {
                let Self { role, table, other_name, .. } = self;
                let columns = self.columns.join(",");
                let name = if self.columns.len() == 1 { columns.clone() } else { format!("\"{columns}\"") };
                Err(Mistake::at(
                    self.place,
                    format!(
                        "{role} may give {}.{columns}, which points at {other_name}, and reads nothing of that: say in \
                         refs which rows it may point at, such as refs: {{ {name}: all }}",
                        table.name
                    ),
                ))
            }
        }
    }
}

fn columns(table: TableRef<'_>, spec: Columns) -> Result<GrantedColumns, Mistake> {
    Ok(match spec {
        Columns::All => GrantedColumns::All,
        Columns::Named(names) => {
            names.iter().try_for_each(|name| known_column(table, name))?;
            GrantedColumns::Named(names.into_iter().map(|name| name.value).collect())
        }
    })
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
