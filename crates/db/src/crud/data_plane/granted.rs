//! Writes of callers with grants.
//!
//! A write is a transaction: rows that foreign keys point at are looked up, the statements run and return the keys of
//! their rows, the checks of their grants are counted by those keys, and what the caller may see of the rows is read.
//! What a statement returns of its own writes would show other rows as they were before it on PostgreSQL, and as they
//! are in the middle of it on SQLite.

mod choose;
mod references;
mod veil;

use mwallet_schema::{Record, Table};

use self::choose::{Chosen, any_rows, choose};
use self::references::{Lookup, Proposed};
use super::read_back::{Returned, keys};
use super::{Replaced, Terms, finish, goes_with, join, of_chunk, require_count};
use crate::crud::{chunks, count_of};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::isolation::Isolation;
use crate::json_rows::JsonRows;
use crate::query::{
    Caller, Denied, Filter, OnConflict, Operand, Plan, PlanError, Projection, Query, ScopedTable, WriteAction,
};
use crate::session::Session;
use crate::statement::{Format, JsonStyle, Output, Statement};

/// The most rows that are checked at once.
const MOST_CHECKED: usize = 10_000;

/// A write of a caller with grants.
#[derive(Clone, Copy)]
pub(super) struct GrantedWrite<'a> {
    engine: &'a Engine,
    caller: &'a Caller,
    returned: Returned<'a>,
    terms: Terms,
}

/// A statement that writes rows, and what must hold after it.
struct Step {
    statement: Statement,
    checks: Checks,
    /// How many rows it must affect, where it leaves those as they are that may not be updated.
    rows: Option<u64>,
    /// Whether the statement is all of it: it checks its rows itself, and returns what is seen of them.
    is_whole: bool,
}

/// What was written so far.
#[derive(Default)]
struct Written {
    keys: Vec<Vec<Operand>>,
    affected: u64,
    merged: u64,
    /// What is seen of those whose statement returned it.
    rows: JsonRows,
}

/// What must hold of each written row, and of what grants that is.
type Checks = Vec<(WriteAction, Filter)>;

type Planned<T> = std::result::Result<T, PlanError>;

impl<'a> GrantedWrite<'a> {
    /// A write in the scope of its table. `None` if the asker has no grants, but sees the whole table.
    pub(super) fn new(engine: &'a Engine, returned: Returned<'a>, terms: Terms) -> Option<Self> {
        let caller = returned.table.scope().caller()?;
        Some(Self { engine, caller, returned, terms })
    }

    /// Takes out of an error what the caller may not know.
    pub(super) fn veil(self) -> impl Fn(Error) -> Error {
        move |error| veil::veil(error, self.at())
    }

    fn at(&self) -> ScopedTable<'a> {
        self.returned.table
    }

    fn table(&self) -> &'a Table {
        self.at().table()
    }

    /// Inserts all rows or none. Each is inserted by the first grant that allows it.
    pub(super) async fn create(self, rows: Vec<Record>, on_conflict: &OnConflict) -> Result<JsonRows> {
        self.check_returned()?;
        if rows.is_empty() {
            Error::check_rows(self.terms.allowed, 0)?;
            return Ok(JsonRows::default());
        }
        let mut granted = Vec::with_capacity(rows.len());
        for row in rows {
            let given: Vec<&str> = row.given().collect();
            // There is always one.
            let chosen = choose(self.caller, self.at(), WriteAction::Create, &row, &given)?.swap_remove(0);
            let row = chosen.complete(row);
            granted.push((chosen, row));
        }
        let whole = match self.can_tell(on_conflict) {
            true => self.insert_steps(&granted, on_conflict, true)?,
            false => None,
        };
        let (lookups, steps) = match whole {
            Some(whole) => whole,
            None => self.insert_steps(&granted, on_conflict, false)?.unwrap_or_default(),
        };
        if lookups.is_empty() && steps.iter().all(|step| step.is_whole) {
            let statements = steps.into_iter().map(|step| step.statement).collect();
            let written = self.engine.write(statements, Format::Json(self.returned.query.style)).await?;
            return Ok(written.into_iter().map(Output::into_json).reduce(join).unwrap_or_default());
        }
        let mut session = self.engine.sessions().begin().await?;
        self.look_up(&mut session, lookups).await?;
        let mut written = Written::default();
        for step in steps {
            self.run(&mut session, step, &mut written).await?;
        }
        self.end(session, written).await
    }

    /// Returns whether an insert could check its rows itself, and return what is seen of them: any number of rows is
    /// written, rows alone are returned, in the order in which they are given, and no trigger of others changes them after
    /// the statement has returned them.
    fn can_tell(&self, on_conflict: &OnConflict) -> bool {
        let Query { related, order, .. } = self.returned.query;
        let is_plain = related.is_empty() && order.is_empty() && self.terms == Terms::default();
        is_plain && *on_conflict == OnConflict::Error && !self.engine.options().existing
    }

    /// Returns the lookups and the inserts of rows, each with the grants that allow it. If each insert is to be
    /// [whole](Step::is_whole), `None` if one cannot be.
    fn insert_steps(
        &self,
        granted: &[(Chosen<'a>, Record)],
        on_conflict: &OnConflict,
        is_whole: bool,
    ) -> Result<Option<(Vec<Lookup>, Vec<Step>)>> {
        let (mut lookups, mut steps) = (Vec::new(), Vec::new());
        let nothing = Projection::Include(Vec::new());
        let fields = if is_whole { &self.returned.query.fields } else { &nothing };
        let request: Vec<&Record> = granted.iter().map(|(_, row)| row).collect();
        let keeps_existing = matches!(on_conflict, OnConflict::Ignore { .. });
        for of_grants in granted.chunk_by(|(one, _), (other, _)| one.is_same(other)) {
            let chosen = &of_grants[0].0;
            let (grant, check) = (chosen.grant(), chosen.check());
            let rows: Vec<Record> = of_grants.iter().map(|(_, row)| row.clone()).collect();
            let new = Proposed { rows: &rows, request: &request, keeps_existing };
            lookups.extend(self.created_references(grant, new)?);
            for rows in chunks(rows, |first, row| goes_with(self.table(), on_conflict, first, row)) {
                let (count, first) = (rows.len() as u64, rows[0].clone());
                let is_merge = matches!(on_conflict, OnConflict::Merge { .. });
                let written = if is_merge { rows.clone() } else { Vec::new() };
                let plan = Plan::insert(self.at(), rows, fields, self.engine.sources())?;
                if is_whole {
                    let Some(plan) = plan.telling(self.at(), check.as_ref())? else { return Ok(None) };
                    let statement = plan.statement_for(self.at(), self.engine.dialect())?;
                    steps.push(Step { statement, checks: Vec::new(), rows: None, is_whole });
                    continue;
                }
                let mut checks = checks(WriteAction::Create, chosen);
                let mut on_conflict = of_chunk(on_conflict, &first);
                let OnConflict::Merge { target, columns } = &mut on_conflict else {
                    steps.push(self.step(plan.on_conflict(self.at(), &on_conflict)?, checks)?);
                    continue;
                };
                // In rows that may be updated, what the grant sets stays as it is.
                columns.retain(|column| !grant.sets(column));
                let target = target.as_ref().unwrap_or(&self.table().primary_key);
                let changed = columns.iter().filter(|column| !target.contains(column));
                let changed: Vec<&str> = changed.map(String::as_str).collect();
                let update = choose(self.caller, self.at(), WriteAction::Update, &first, &changed)?.swap_remove(0);
                checks.extend(self::checks(WriteAction::Update, &update));
                let new = Proposed { rows: &written, request: &request, keeps_existing };
                lookups.extend(self.merged_references(&update, new, &changed, target)?);
                let within = update.rows();
                let plan = plan.on_conflict(self.at().within(&within), &on_conflict)?.setting(&update.set);
                steps.push(Step { rows: Some(count), ..self.step(plan, checks)? });
            }
        }
        Ok(Some((lookups, steps)))
    }

    /// Updates the rows that a query selects. Grants that differ in more than their rows run one after another, each on
    /// rows that none before it has updated.
    pub(super) async fn update(self, changes: Record) -> Result<JsonRows> {
        self.check_returned()?;
        let query = self.written();
        let chosen = self.chosen_updates(&changes)?;
        // All that is wrong with the request is found before a connection is taken.
        let all = Filter::And(Vec::new());
        let planned = chosen.iter().map(|chosen| self.update_step(chosen, &query, &changes, &all));
        let mut planned = planned.collect::<Result<Vec<_>>>()?.into_iter();
        let mut session = self.engine.sessions().begin().await?;
        let mut written = Written::default();
        for chosen in &chosen {
            let planned = planned.next().filter(|_| written.keys.is_empty());
            let (lookups, step) = match planned {
                Some(planned) => planned,
                None => {
                    let done = Filter::in_keys(self.table().primary_key.clone(), written.keys.clone());
                    self.update_step(chosen, &query, &changes, &!done)?
                }
            };
            self.look_up(&mut session, lookups).await?;
            self.run(&mut session, step, &mut written).await?;
        }
        self.end(session, written).await
    }

    fn chosen_updates(&self, changes: &Record) -> Planned<Vec<Chosen<'a>>> {
        let given: Vec<&str> = changes.iter().map(|(column, _)| column).collect();
        let chosen = choose(self.caller, self.at(), WriteAction::Update, changes, &given)?;
        match chosen.len() > 1 && self.table().primary_key.is_empty() {
            true => Err(PlanError::UnidentifiedRows { table: self.table().name.clone() }),
            false => Ok(chosen),
        }
    }

    /// Returns the update of rows by some grants, of which only `others` may be updated.
    fn update_step(
        &self,
        chosen: &Chosen<'a>,
        query: &Query,
        changes: &Record,
        others: &Filter,
    ) -> Result<(Vec<Lookup>, Step)> {
        let (grant, within) = (chosen.grant(), chosen.rows() & others.clone());
        let changes = chosen.complete(changes.clone());
        let lookups = self.changed_references(grant, query, &within, &changes)?;
        let plan = Plan::update(self.at().within(&within), query, changes, self.engine.sources())?;
        Ok((lookups, self.step(plan, checks(WriteAction::Update, chosen))?))
    }

    /// Deletes the rows that a query selects.
    pub(super) async fn delete(self) -> Result<JsonRows> {
        self.check_returned()?;
        let grants = self.caller.writes(self.table(), WriteAction::Delete);
        self.at().check_action(WriteAction::Delete).map_err(PlanError::from)?;
        let within = any_rows(&grants);
        let at = self.at().within(&within);
        let Step { statement, .. } = self.step(Plan::delete(at, &self.written())?, Vec::new())?;
        // What was read is what is deleted: a change in between fails the delete.
        let mut session = self.engine.sessions().isolation(Isolation::RepeatableRead).begin().await?;
        let rows = match self.returned.returns_rows() {
            true => Some(Returned { table: at, ..self.returned }.read_before(&mut session).await?),
            false => None,
        };
        let deleted = run(&mut session, statement).await?;
        let rows = rows.map_or(deleted.clone(), |rows| rows.with_affected(deleted.rows()));
        finish(session, rows, self.terms).await
    }

    /// Replaces the row that a query identifies, or inserts it.
    pub(super) async fn replace(self, row: Record) -> Result<Replaced> {
        self.check_returned()?;
        let query = self.written();
        let place = Plan::place(self.at(), &query)?;
        let given: Vec<String> = row.given().filter(|column| place.get(column).is_none()).map(Into::into).collect();
        let (changes, new) = Plan::replacement(self.at(), &query, row)?;
        let updates = self.replacing_steps(&query, &changes, &given);
        let insert = new.map(|new| self.replacing_insert(new));
        // Who may create rows need not be allowed to update them, and the other way round.
        let updates = match (updates, &insert) {
            (Err(Error::Plan(PlanError::Denied(_))), Some(Ok(_))) => Vec::new(),
            (updates, _) => updates?,
        };
        let mut session = self.engine.sessions().begin().await?;
        let mut written = Written::default();
        for (lookups, step) in updates {
            if written.affected == 0 {
                self.look_up(&mut session, lookups).await?;
                self.run(&mut session, step, &mut written).await?;
            }
        }
        let insert = insert.filter(|_| written.affected == 0).transpose()?;
        let created = insert.is_some();
        if let Some((lookups, step)) = insert {
            self.look_up(&mut session, lookups).await?;
            self.run(&mut session, step, &mut written).await?;
        }
        Ok(Replaced { created, rows: self.end(session, written).await? })
    }

    /// Returns the updates that replace a row. Columns that are not given keep their values where a grant does not take
    /// them.
    fn replacing_steps(&self, query: &Query, changes: &Record, given: &[String]) -> Result<Vec<(Vec<Lookup>, Step)>> {
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        let chosen = choose(self.caller, self.at(), WriteAction::Update, changes, &given)?;
        let step = |chosen: &Chosen<'a>| {
            let columns = changes.iter().map(|(column, _)| column);
            // What the grant sets is not emptied either.
            let grant = chosen.grant();
            let taken: Vec<&str> =
                columns.filter(|column| grant.columns.contains(column) && !grant.sets(column)).collect();
            self.update_step(chosen, query, &changes.include(&taken), &Filter::And(Vec::new()))
        };
        chosen.iter().map(step).collect()
    }

    fn replacing_insert(&self, row: Record) -> Result<(Vec<Lookup>, Step)> {
        let given: Vec<&str> = row.given().collect();
        let chosen = choose(self.caller, self.at(), WriteAction::Create, &row, &given)?.swap_remove(0);
        let row = chosen.complete(row);
        let rows = std::slice::from_ref(&row);
        let new = Proposed { rows, request: &[&row], keeps_existing: false };
        let lookups = self.created_references(chosen.grant(), new)?;
        let plan = Plan::insert(self.at(), vec![row], &Projection::Include(Vec::new()), self.engine.sources())?;
        Ok((lookups, self.step(plan, checks(WriteAction::Create, &chosen))?))
    }

    /// Checks what is to be returned, before anything is written.
    fn check_returned(&self) -> Planned<()> {
        if !self.returned.returns_rows() {
            return Ok(());
        }
        if Plan::select(self.at(), self.returned.query)?.is_grouped() {
            return Err(PlanError::AggregateOfWrite);
        }
        match self.table().primary_key.is_empty() {
            true => Err(PlanError::UnidentifiedRows { table: self.table().name.clone() }),
            false => Ok(()),
        }
    }

    /// Returns the rows that the query selects, without what is to be returned of them.
    fn written(&self) -> Query {
        let fields = Projection::Include(Vec::new());
        Query { fields, related: Vec::new(), order: Vec::new(), ..self.returned.query.clone() }
    }

    /// Returns the step of a write. Its statement returns the keys of its rows.
    fn step(&self, plan: Plan<'_>, checks: Checks) -> Planned<Step> {
        if !checks.is_empty() && self.table().primary_key.is_empty() {
            return Err(PlanError::UnidentifiedRows { table: self.table().name.clone() });
        }
        let plan = plan.returning_key();
        require_count(&plan, self.terms.allowed)?;
        let statement = plan.statement_for(self.at(), self.engine.dialect())?;
        Ok(Step { statement, checks, rows: None, is_whole: false })
    }

    async fn look_up(&self, session: &mut Session, lookups: Vec<Lookup>) -> Result<()> {
        for lookup in lookups {
            lookup.run(session).await?;
        }
        Ok(())
    }

    /// Runs a statement, and then the checks on its rows.
    async fn run(&self, session: &mut Session, step: Step, written: &mut Written) -> Result<()> {
        if step.is_whole {
            let style = self.returned.query.style;
            let rows = super::run(session, step.statement, style).await?;
            written.affected += rows.affected();
            written.rows = join(std::mem::take(&mut written.rows), rows);
            return Ok(());
        }
        let rows = run(session, step.statement).await?;
        let (affected, merged) = (rows.rows(), rows.merged());
        if step.rows.is_some_and(|expected| affected < expected) {
            return Err(PlanError::from(Denied::Merge { table: self.table().name.clone() }).into());
        }
        let keys = keys(rows, &self.table().primary_key)?;
        for (action, check) in step.checks {
            if self.count(session, &keys, &check).await? < affected {
                return Err(PlanError::from(Denied::Check { table: self.table().name.clone(), action }).into());
            }
        }
        written.affected += affected;
        written.merged += merged;
        written.keys.extend(keys);
        Ok(())
    }

    /// Counts the rows with these keys that pass a check.
    async fn count(&self, session: &mut Session, keys: &[Vec<Operand>], check: &Filter) -> Result<u64> {
        let mut count = 0;
        for keys in keys.chunks(MOST_CHECKED) {
            let filter = Filter::in_keys(self.table().primary_key.clone(), keys.iter().cloned()) & check.clone();
            let statement = Plan::count_granted(self.at(), &filter)?.statement(self.engine.dialect())?;
            let found = session.run_as(statement, Format::Values).await?.into_values();
            count += count_of(found.first().map(Vec::as_slice));
        }
        Ok(count)
    }

    /// Ends the write with what the caller may see of its rows.
    async fn end(&self, mut session: Session, written: Written) -> Result<JsonRows> {
        let Written { keys, affected, merged, rows } = written;
        let rows = match self.returned.returns_rows() {
            true if keys.is_empty() => rows.with_affected(affected),
            true => self.returned.read_keys(&mut session, keys).await?.with_affected(affected),
            false => JsonRows::of_nothing(affected),
        };
        finish(session, rows.with_merged(merged), self.terms).await
    }
}

fn checks(action: WriteAction, chosen: &Chosen<'_>) -> Checks {
    chosen.check().map(|check| (action, check)).into_iter().collect()
}

async fn run(session: &mut Session, statement: Statement) -> Result<JsonRows> {
    super::run(session, statement, JsonStyle::default()).await
}
