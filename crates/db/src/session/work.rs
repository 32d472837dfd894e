//! The pending writes of a session and their order.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use mwallet_schema::{Access, Column, ColumnDefault, OnUpdate, Record, Table, Value};

use super::{Session, key_filter};
use crate::ddl::parents_first;
use crate::entity::{Cell, Cells, Entity, Handle, PendingKey};
use crate::error::{Error, Result};
use crate::query::{Filter, MAX_CONDITIONS, Plan, Projection, Query, same_shape};

/// The maximum number of rows per insert statement, which limits its arrays to a few megabytes.
const BATCH: usize = 1_000;

/// The queue of a session.
pub(super) struct UnitOfWork {
    session: u64,
    /// Every added row, at the position of its handle.
    added: Vec<Added>,
    updates: Vec<Update>,
    /// The positions in `updates` by table and key.
    updated: HashMap<String, usize>,
    deletions: Vec<Deletion>,
}

struct Added {
    table: &'static Table,
    row: AddedRow,
}

enum AddedRow {
    Queued(Vec<Cell>),
    /// The values of all columns, as returned by the database.
    Stored(Vec<Value>),
    /// Discarded by a rollback to a savepoint.
    Dropped,
}

struct Update {
    table: &'static Table,
    cells: Vec<Cell>,
    key: Option<Filter>,
}

struct Deletion {
    table: &'static Table,
    key: Option<Filter>,
}

impl UnitOfWork {
    pub(super) fn new(session: u64) -> Self {
        Self { session, added: Vec::new(), updates: Vec::new(), updated: HashMap::new(), deletions: Vec::new() }
    }

    pub(super) fn add<E: Entity>(&mut self, entity: E) -> Handle<E> {
        let handle = Handle::new(PendingKey { session: self.session, position: self.added.len() });
        self.added.push(Added { table: E::table(), row: AddedRow::Queued(entity.cells()) });
        handle
    }

    pub(super) fn update<E: Entity>(&mut self, entity: &E) {
        let update = Update { table: E::table(), cells: entity.cells(), key: key_filter(entity) };
        let row = update.key.as_ref().map(|key| format!("{} {key:?}", update.table.name));
        // A later update of a row replaces an earlier one, because both expect the same version.
        let earlier = row.and_then(|row| match self.updated.entry(row) {
            Entry::Occupied(position) => Some(*position.get()),
            Entry::Vacant(position) => {
                position.insert(self.updates.len());
                None
            }
        });
        match earlier {
            Some(position) => self.updates[position] = update,
            None => self.updates.push(update),
        }
    }

    pub(super) fn delete<E: Entity>(&mut self, entity: &E) {
        self.deletions.push(Deletion { table: E::table(), key: key_filter(entity) });
    }

    pub(super) fn stored<E: Entity>(&self, handle: Handle<E>) -> Result<E> {
        let added = self.added.get(handle.key.position).filter(|_| handle.key.session == self.session);
        match added.map(|added| &added.row) {
            Some(AddedRow::Stored(values)) => {
                let cells = values.iter().cloned().map(Cell::Value).collect();
                Ok(E::read(&mut Cells::new(E::table(), cells))?)
            }
            Some(AddedRow::Queued(_)) => Err(misuse(E::table(), "the row is not written yet: flush the session first")),
            Some(AddedRow::Dropped) => Err(misuse(E::table(), "the row was rolled back")),
            None => Err(misuse(E::table(), "the row is of another session")),
        }
    }

    /// Returns the number of added rows.
    pub(super) fn added(&self) -> usize {
        self.added.len()
    }

    /// Discards the queue and the rows added since a savepoint. The database rolls back those that were written, and
    /// may reuse their IDs.
    pub(super) fn clear(&mut self, kept: usize) {
        for added in self.added.iter_mut().skip(kept) {
            added.row = AddedRow::Dropped;
        }
        self.updates.clear();
        self.updated.clear();
        self.deletions.clear();
    }

    /// Returns the ID of the referenced row, if it is written.
    fn resolve(&self, key: PendingKey) -> Option<Value> {
        let added = self.added.get(key.position).filter(|_| key.session == self.session)?;
        let AddedRow::Stored(values) = &added.row else { return None };
        added.table.position("id").and_then(|position| values.get(position)).cloned()
    }

    /// Returns the values of a row as a map, or `None` while it refers to a row that is not written yet.
    fn record(&self, table: &Table, cells: &[Cell]) -> Option<Record> {
        let mut record = Record::new();
        for (column, cell) in table.columns.iter().zip(cells) {
            match cell {
                Cell::Unset => {}
                Cell::Value(value) => record.set(&column.name, value.clone()),
                Cell::Pending(key) => record.set(&column.name, self.resolve(*key)?),
            }
        }
        Some(record)
    }

    /// Returns the next rows that one statement can insert. They are from the first table, in parents-first order,
    /// that has rows whose references are all known.
    fn next_batch(&self) -> Option<(&'static Table, Vec<usize>, Vec<Record>)> {
        let queued = || self.added.iter().enumerate().filter(|(_, added)| matches!(added.row, AddedRow::Queued(_)));
        let mut tables: Vec<&'static Table> = Vec::new();
        for (_, added) in queued() {
            if !tables.iter().any(|table| table.name == added.table.name) {
                tables.push(added.table);
            }
        }
        for table in parents_first(&tables) {
            let (mut positions, mut records) = (Vec::new(), Vec::<Record>::new());
            for (position, added) in queued().filter(|(_, added)| added.table.name == table.name) {
                let AddedRow::Queued(cells) = &added.row else { continue };
                let Some(record) = self.record(table, cells) else { continue };
                if records.first().is_some_and(|first| !same_shape(table, first, &record)) {
                    continue;
                }
                positions.push(position);
                records.push(record);
                if records.len() == BATCH {
                    break;
                }
            }
            if let Some(first) = positions.first() {
                return Some((self.added[*first].table, positions, records));
            }
        }
        None
    }
}

/// Returns an error for an invalid use of the queue.
fn misuse(table: &Table, reason: &'static str) -> Error {
    Error::UnitOfWork { table: table.name.clone(), reason }
}

/// Runs the queued writes of a session.
pub(super) async fn flush(session: &mut Session) -> Result<()> {
    insert_all(session).await?;
    session.work.updated.clear();
    for update in std::mem::take(&mut session.work.updates) {
        update_one(session, update).await?;
    }
    delete_all(session).await
}

async fn insert_all(session: &mut Session) -> Result<()> {
    while let Some((table, positions, records)) = session.work.next_batch() {
        let engine = session.engine.clone();
        let plan = Plan::insert(table, records, &Projection::All, engine.sources())?;
        let rows = session.run_statement(plan.statement(engine.dialect())?).await?.into_values();
        if rows.len() != positions.len() {
            return Err(misuse(table, "fewer rows were answered than written"));
        }
        for (position, values) in positions.into_iter().zip(rows) {
            session.work.added[position].row = AddedRow::Stored(values);
        }
    }
    match session.work.added.iter().find(|added| matches!(added.row, AddedRow::Queued(_))) {
        None => Ok(()),
        Some(added) => {
            Err(misuse(added.table, "a row refers to one that is never written: of another session, or in a circle"))
        }
    }
}

async fn update_one(session: &mut Session, update: Update) -> Result<()> {
    let table = update.table;
    let unstored = || misuse(table, "a row that was never stored cannot be changed");
    let mut filter = update.key.ok_or_else(unstored)?;
    let record = session.work.record(table, &update.cells).ok_or_else(unstored)?;
    let mut changes = Record::new();
    for column in &table.columns {
        let Some(value) = record.get(&column.name) else { continue };
        match column.on_update {
            Some(OnUpdate::Increment) => filter = filter & Filter::eq(&column.name, value.clone()),
            Some(OnUpdate::Now) => {}
            None if is_key(table, column) || is_made_by_database(column) => {}
            None => changes.set(&column.name, value.clone()),
        }
    }
    let query = Query::new().filter(filter).include(table.primary_key.iter());
    let engine = session.engine.clone();
    let plan = Plan::update(table, &query, changes, engine.sources())?;
    let rows = session.run_statement(plan.statement(engine.dialect())?).await?.into_values();
    match rows.len() {
        1 => Ok(()),
        _ => Err(Error::VersionConflict { table: table.name.clone() }),
    }
}

fn is_key(table: &Table, column: &Column) -> bool {
    column.default == Some(ColumnDefault::Identity) || table.primary_key.contains(&column.name)
}

/// Returns whether the database does not accept values for the column, because it generates them.
fn is_made_by_database(column: &Column) -> bool {
    let is_filled = column.default.as_ref().is_some_and(ColumnDefault::is_of_database);
    is_filled && column.access == Access::ReadOnly
}

async fn delete_all(session: &mut Session) -> Result<()> {
    let mut deletions = std::mem::take(&mut session.work.deletions);
    let mut tables: Vec<&Table> = Vec::new();
    for deletion in &deletions {
        if !tables.iter().any(|table| table.name == deletion.table.name) {
            tables.push(deletion.table);
        }
    }
    // Delete referencing rows before the rows that they refer to.
    let order = parents_first(&tables);
    deletions.sort_by_key(|deletion| order.iter().rev().position(|table| table.name == deletion.table.name));
    for batch in deletions.chunk_by(|left, right| left.table.name == right.table.name) {
        delete_batch(session, batch).await?;
    }
    Ok(())
}

/// Deletes rows of one table.
async fn delete_batch(session: &mut Session, batch: &[Deletion]) -> Result<()> {
    let Some(table) = batch.first().map(|deletion| deletion.table) else { return Ok(()) };
    let unstored = || misuse(table, "a row that was never stored cannot be deleted");
    // A composite key needs one condition per column and one around them.
    let rows = match table.primary_key.len() {
        1 => BATCH,
        columns => (MAX_CONDITIONS - 1) / (columns + 1),
    };
    for chunk in batch.chunks(rows.max(1)) {
        let keys: Vec<Filter> = chunk.iter().map(|one| one.key.clone().ok_or_else(unstored)).collect::<Result<_>>()?;
        let query = Query::new().filter(any_of(keys)).include(table.primary_key.iter());
        let plan = Plan::delete(table, &query)?;
        let dialect = session.engine.dialect();
        let rows = session.run_statement(plan.statement(dialect)?).await?.into_values();
        if rows.len() != chunk.len() {
            return Err(Error::VersionConflict { table: table.name.clone() });
        }
    }
    Ok(())
}

/// Returns a filter that matches any of the keys, as an `in` list for single-column keys.
fn any_of(keys: Vec<Filter>) -> Filter {
    let mut values = Vec::with_capacity(keys.len());
    let mut name = None;
    for key in &keys {
        match key {
            Filter::And(all) => match all.as_slice() {
                [Filter::Compare { field, operand, .. }] => {
                    name = Some(field.clone());
                    values.push(operand.clone());
                }
                _ => return Filter::Or(keys),
            },
            _ => return Filter::Or(keys),
        }
    }
    match name {
        Some(field) => Filter::In { field, values },
        None => Filter::Or(keys),
    }
}
