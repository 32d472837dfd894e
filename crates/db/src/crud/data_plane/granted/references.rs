//! What foreign keys may point at. A row that the caller may not read counts as a missing one, so this is asked before
//! the database is: it would tell the two apart.

use mwallet_schema::{ForeignKey, Record, Table, Value};

use super::GrantedWrite;
use super::choose::Chosen;
use crate::catalog::TableRef;
use crate::crud::count_of;
use crate::error::{ConstraintKind, Error, Result, Violation};
use crate::query::{
    Caller, Comparison, Denied, Filter, GrantedReference, Operand, Plan, PlanError, Query, Scope, ScopedTable,
    WriteGrant,
};
use crate::session::Session;
use crate::statement::{Format, Statement};

/// A count of rows that a write needs.
pub(super) struct Lookup {
    statement: Statement,
    expected: u64,
    /// What is wrong if it is another.
    violation: Violation,
}

impl Lookup {
    /// Counts the rows in the transaction of the write.
    pub(super) async fn run(self, session: &mut Session) -> Result<()> {
        let found = session.run_as(self.statement, Format::Values).await?.into_values();
        match count_of(found.first().map(Vec::as_slice)) == self.expected {
            true => Ok(()),
            false => Err(Error::Constraint(self.violation)),
        }
    }
}

/// The rows of another table that a foreign key may point at.
enum Allowed<'a> {
    All,
    Some(TableRef<'a>, Filter),
    None,
}

/// Rows that a request creates, or updates where they exist.
#[derive(Clone, Copy)]
pub(super) struct Proposed<'r> {
    pub(super) rows: &'r [Record],
    /// All rows of the request: they may point at each other.
    pub(super) request: &'r [&'r Record],
    /// Whether rows that exist stay as they are, so that not every row of the request is made by it.
    pub(super) keeps_existing: bool,
}

impl<'a> GrantedWrite<'a> {
    /// Returns the lookups for rows that are to be created.
    pub(super) fn created_references(&self, grant: &WriteGrant, new: Proposed<'_>) -> Result<Vec<Lookup>> {
        let mut lookups = Vec::new();
        for key in &self.table().foreign_keys {
            let is_given = |column: &&String| !grant.sets(column) && new.rows.iter().any(|row| row.was_given(column));
            if key.columns.iter().any(|column| is_given(&column)) {
                // What the database fills in is not known before.
                let is_filled = |column: &&String| self.table().column(column).is_some_and(|it| it.default.is_some());
                let is_in_part = |row: &Record| {
                    key.columns.iter().any(|column| row.was_given(column) && !grant.sets(column))
                        && key
                            .columns
                            .iter()
                            .filter(is_filled)
                            .any(|column| !row.was_given(column) && !grant.sets(column))
                };
                if new.rows.iter().any(is_in_part) {
                    let (columns, table) = (key.columns.clone(), self.table().name.clone());
                    return Err(PlanError::from(Denied::PartOfKey { columns, table }).into());
                }
                lookups.extend(self.created_reference(key, grant, new)?);
            }
        }
        Ok(lookups)
    }

    /// Returns the lookups for rows that are merged into those that exist: of `changed` columns, and found by `target`.
    pub(super) fn merged_references(
        &self,
        update: &Chosen<'_>,
        new: Proposed<'_>,
        changed: &[&str],
        target: &[String],
    ) -> Result<Vec<Lookup>> {
        let (mut lookups, grant) = (Vec::new(), update.grant());
        for key in &self.table().foreign_keys {
            let is_changed = |column: &String| changed.contains(&column.as_str()) && !grant.sets(column);
            if !key.columns.iter().any(is_changed) {
                continue;
            }
            if key.columns.iter().all(|column| is_changed(column) || target.contains(column)) {
                lookups.extend(self.created_reference(key, grant, new)?);
                continue;
            }
            // The other columns are those of the rows that exist.
            for row in new.rows {
                let of_column = |column: &String| Some(Filter::eq(column.as_str(), row.get(column)?.clone()));
                // A row without it meets none.
                let Some(found) = target.iter().map(of_column).collect() else { continue };
                let query = Query::new().filter(Filter::And(found));
                let changes = update.complete(row.include(changed));
                lookups.extend(self.changed_reference(key, grant, &query, &Filter::And(Vec::new()), &changes)?);
            }
        }
        Ok(lookups)
    }

    /// Returns the lookups for one foreign key of rows that are to be written, all of whose columns are known.
    fn created_reference(&self, key: &ForeignKey, grant: &WriteGrant, new: Proposed<'_>) -> Result<Vec<Lookup>> {
        let mut lookups = Vec::new();
        let is_given = |row: &&Record| key.columns.iter().any(|column| row.was_given(column) && !grant.sets(column));
        let value = |row: &Record, column: &String| row.get(column).filter(|value| !value.is_null()).cloned();
        let places = |row: &Record| key.columns.iter().map(|column| value(row, column)).collect::<Option<Vec<_>>>();
        let mut wanted: Vec<Vec<Value>> = Vec::new();
        for place in new.rows.iter().filter(is_given).filter_map(places) {
            if !wanted.contains(&place) {
                wanted.push(place);
            }
        }
        let mut made = Vec::new();
        if references_itself(key, self.table()) {
            let of_row = |row: &&Record| {
                key.referenced_columns.iter().map(|column| value(row, column)).collect::<Option<Vec<_>>>()
            };
            let all: Vec<_> = new.request.iter().filter_map(of_row).collect();
            (made, wanted) = wanted.into_iter().partition(|place| all.contains(place));
        }
        let violation = violation(key, self.table());
        let allowed = self.allowed(key, grant);
        if new.keeps_existing && !made.is_empty() {
            lookups.extend(self.hidden(key, made, &allowed, violation.clone())?);
        }
        if wanted.is_empty() {
            return Ok(lookups);
        }
        match allowed {
            Allowed::All => {}
            Allowed::None => return Err(Error::Constraint(violation)),
            Allowed::Some(target, allowed) => {
                let expected = wanted.len() as u64;
                let keys = Filter::in_keys(key.referenced_columns.clone(), wanted);
                let at = ScopedTable::new(target, Scope::Granted(self.caller));
                let statement = Plan::count_granted(at, &(keys & allowed))?.statement(self.engine.dialect())?;
                lookups.push(Lookup { statement, expected, violation });
            }
        }
        Ok(lookups)
    }

    /// Returns the lookup for rows of a request that exist already, and that no foreign key may point at.
    fn hidden(
        &self,
        key: &ForeignKey,
        made: Vec<Vec<Value>>,
        allowed: &Allowed<'_>,
        violation: Violation,
    ) -> Result<Option<Lookup>> {
        let Allowed::Some(target, allowed) = allowed else { return Ok(None) };
        let itself = |column: &String| Filter::eq(column.as_str(), Operand::Row(column.clone()));
        let mut pointed: Vec<Filter> = key.referenced_columns.iter().map(itself).collect();
        pointed.push(allowed.clone());
        let (schema, table) = (target.table().schema.clone(), target.table().name.clone());
        let is_allowed = Filter::ExistsIn { schema, table, filter: Box::new(Filter::And(pointed)) };
        let keys = Filter::in_keys(key.referenced_columns.clone(), made);
        let at = ScopedTable::new(*target, Scope::Granted(self.caller));
        let statement = Plan::count_granted(at, &(keys & !is_allowed))?.statement(self.engine.dialect())?;
        Ok(Some(Lookup { statement, expected: 0, violation }))
    }

    /// Returns the lookups for changes of the rows that a query selects, of which `within` may be changed: they count
    /// rows that would point at others than before, and at none that they may.
    pub(super) fn changed_references(
        &self,
        grant: &WriteGrant,
        query: &Query,
        within: &Filter,
        changes: &Record,
    ) -> std::result::Result<Vec<Lookup>, PlanError> {
        let mut lookups = Vec::new();
        for key in &self.table().foreign_keys {
            lookups.extend(self.changed_reference(key, grant, query, within, changes)?);
        }
        Ok(lookups)
    }

    /// The same for one foreign key.
    fn changed_reference(
        &self,
        key: &ForeignKey,
        grant: &WriteGrant,
        query: &Query,
        within: &Filter,
        changes: &Record,
    ) -> std::result::Result<Option<Lookup>, PlanError> {
        let given = |column: &String| changes.get(column).filter(|_| !grant.sets(column));
        let is_unknown = key.columns.iter().any(|column| changes.get(column).is_some_and(Value::is_null));
        if is_unknown || !key.columns.iter().any(|column| given(column).is_some()) {
            return Ok(None);
        }
        let (mut changed, mut kept, mut pointed) = (Vec::new(), Vec::new(), Vec::new());
        for (column, referenced) in key.columns.iter().zip(&key.referenced_columns) {
            let operand = match changes.get(column) {
                Some(value) => {
                    let other = Filter::compare(column.as_str(), Comparison::Neq, value.clone());
                    changed.push(other | Filter::is_null(column.as_str()));
                    // That a hidden value stays as it is would tell what it is.
                    changed.extend(self.not_shown(column));
                    Operand::Value(value.clone())
                }
                None => {
                    kept.push(!Filter::is_null(column.as_str()));
                    Operand::Row(column.clone())
                }
            };
            pointed.push(Filter::eq(referenced.as_str(), operand));
        }
        let mut all = vec![within.clone(), Filter::Or(changed)];
        all.extend(kept);
        match self.allowed(key, grant) {
            Allowed::All => return Ok(None),
            Allowed::None => {}
            Allowed::Some(target, allowed) => {
                pointed.push(allowed);
                let (schema, table) = (target.table().schema.clone(), target.table().name.clone());
                all.push(!Filter::ExistsIn { schema, table, filter: Box::new(Filter::And(pointed)) });
            }
        }
        let within = Filter::And(all);
        let statement = Plan::count(self.at().within(&within), query)?.statement(self.engine.dialect())?;
        Ok(Some(Lookup { statement, expected: 0, violation: violation(key, self.table()) }))
    }

    /// Returns a filter for the rows that do not show a column, unless all visible rows do.
    fn not_shown(&self, column: &str) -> Option<Filter> {
        let table = self.table();
        let reads = self.caller.reads(table);
        if reads.iter().all(|grant| grant.columns.contains(column)) {
            return None;
        }
        let showing = reads.iter().filter(|grant| grant.columns.contains(column));
        let shown = Filter::Or(showing.map(|grant| grant.rows.clone()).collect::<Option<Vec<_>>>()?);
        // By way of the row itself: that there is a row is never unknown.
        let itself = |column: &String| Filter::eq(column.as_str(), Operand::Row(column.clone()));
        let mut row: Vec<Filter> = table.primary_key.iter().map(itself).collect();
        if row.is_empty() {
            return Some(Filter::And(row));
        }
        row.push(shown);
        let (schema, table) = (table.schema.clone(), table.name.clone());
        Some(!Filter::ExistsIn { schema, table, filter: Box::new(Filter::And(row)) })
    }

    fn allowed(&self, key: &ForeignKey, grant: &WriteGrant) -> Allowed<'a> {
        let schema = key.references_schema.as_deref().or(self.table().schema.as_deref());
        let target = self.at().in_catalog().and_then(|own| own.sibling(schema, &key.references));
        let granted = grant.references.iter().find(|granted| granted.columns == key.columns);
        match (target, granted) {
            (_, Some(GrantedReference { rows: None, .. })) => Allowed::All,
            (Some(target), Some(GrantedReference { rows: Some(rows), .. })) => Allowed::Some(target, rows.clone()),
            (Some(target), None) => Allowed::Some(target, readable(self.caller, target.table())),
            // Nobody reads what the server does not have.
            (None, _) => Allowed::None,
        }
    }
}

/// Returns a filter for the rows of a table that a caller may read.
fn readable(caller: &Caller, table: &Table) -> Filter {
    let rows: Option<Vec<Filter>> = caller.reads(table).into_iter().map(|grant| grant.rows.clone()).collect();
    rows.map_or(Filter::And(Vec::new()), Filter::Or)
}

fn references_itself(key: &ForeignKey, table: &Table) -> bool {
    let schema = key.references_schema.as_ref().or(table.schema.as_ref());
    (schema, &key.references) == (table.schema.as_ref(), &table.name)
}

fn violation(key: &ForeignKey, table: &Table) -> Violation {
    Violation {
        kind: ConstraintKind::ForeignKey,
        constraint: None,
        table: Some(table.name.clone()),
        columns: key.columns.clone(),
        details: None,
    }
}
