//! Evaluates writes: which of them a caller may do, and what the rows are then.

use std::collections::BTreeSet;

use super::create::Created;
use super::database::{Cell, Code, Row, SOURCES, State};
use super::evaluate::Asker;
use super::filters::{Filter, Operand};
use super::policies::Write;

/// Columns and the values that a request gives for them.
pub(super) type Given = Vec<(usize, Cell)>;

pub(super) type Refused = BTreeSet<Code>;

/// Writes to one table.
pub(super) struct Writer<'t> {
    pub(super) asker: &'t Asker<'t>,
    pub(super) table: usize,
}

/// Grants that allow a write: those of an update differ in their rows only, others in their checks; with what they set. No grants are those of somebody who
/// may do everything.
pub(super) struct Chosen<'w> {
    pub(super) grants: Vec<&'w Write>,
    pub(super) set: Given,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    Update,
    Delete,
}

pub(super) fn value(row: &Given, column: usize) -> Option<&Cell> {
    row.iter().find(|(given, _)| *given == column).map(|(_, cell)| cell)
}

impl Chosen<'_> {
    pub(super) fn sets(&self, column: usize) -> bool {
        value(&self.set, column).is_some()
    }

    pub(super) fn allows(&self, writer: &Writer<'_>, state: &State, row: &Row) -> bool {
        let holds = |write: &&Write| writer.holds(write.rows.as_ref(), state, row);
        self.grants.is_empty() || self.grants.iter().any(holds)
    }

    /// What must hold of a row after the write: any of these, if there are any.
    pub(super) fn checks(&self) -> Vec<&Filter> {
        self.grants.iter().map(|write| write.check.as_ref()).collect::<Option<_>>().unwrap_or_default()
    }
}

impl<'t> Writer<'t> {
    pub(super) fn holds(&self, filter: Option<&Filter>, state: &State, row: &Row) -> bool {
        filter.is_none_or(|filter| filter.of_row(state, self.asker.caller, row) == Some(true))
    }

    /// The grants that apply to an action. Nothing if all is granted.
    fn grants(&self, action: Action) -> Option<Vec<&'t Write>> {
        let granted = self.asker.granted(self.table)?;
        Some(self.asker.applicable(match action {
            Action::Create => &granted.creates,
            Action::Update => &granted.updates,
            Action::Delete => &granted.deletes,
        }))
    }

    /// Refuses what no grant is about.
    pub(super) fn check_method(&self, method: &str) -> Result<(), Refused> {
        let actions: &[Action] = match method {
            "POST" => &[Action::Create],
            "PATCH" => &[Action::Update],
            "PUT" => &[Action::Create, Action::Update],
            _ => &[Action::Delete],
        };
        let is_granted = |action: &Action| self.grants(*action).is_none_or(|grants| !grants.is_empty());
        if actions.iter().any(is_granted) { Ok(()) } else { Err(["42501"].into()) }
    }

    /// The grants that allow to give these columns, in the order of the file.
    pub(super) fn choose(&self, action: Action, row: &Given, given: &[usize]) -> Result<Vec<Chosen<'t>>, Code> {
        let Some(grants) = self.grants(action) else { return Ok(vec![Chosen { grants: vec![], set: vec![] }]) };
        let sets = |write: &Write, column: usize| write.set.iter().any(|(set, _)| *set == column);
        let takes = |write: &Write, column: usize| write.columns.contains(&column) || sets(write, column);
        if grants.is_empty() {
            return Err("42501");
        }
        for column in given {
            // What is neither seen nor given is not there.
            let is_there = grants.iter().any(|write| write.columns.contains(column))
                || self.asker.sight(self.table).shows(*column);
            if !is_there {
                return Err("42703");
            }
            if !grants.iter().any(|write| takes(write, *column)) {
                return Err("42501");
            }
        }
        let mut chosen: Vec<Chosen<'t>> = Vec::new();
        for write in grants.into_iter().filter(|write| given.iter().all(|column| takes(write, *column))) {
            let Some(set) = self.set_by(write, row, given) else { continue };
            let is_alike = |other: &&mut Chosen<'_>| {
                let is_checked_alike = action == Action::Create || other.grants[0].check == write.check;
                other.set == set && is_checked_alike && other.grants[0].refs == write.refs
            };
            match chosen.iter_mut().find(is_alike) {
                Some(alike) => alike.grants.push(write),
                None => chosen.push(Chosen { grants: vec![write], set }),
            }
        }
        if chosen.is_empty() { Err("42501") } else { Ok(chosen) }
    }

    /// What a grant sets, if that is known and the request gives nothing else.
    fn set_by(&self, write: &Write, row: &Given, given: &[usize]) -> Option<Given> {
        let set = |(column, operand): &(usize, Operand)| {
            let set = match operand {
                Operand::Value(cell) => cell.clone(),
                Operand::Caller(name, kind) => self.asker.caller.value(name, *kind)?,
            };
            let is_other = given.contains(column) && value(row, *column) != Some(&set);
            (!is_other).then_some((*column, set))
        };
        write.set.iter().map(set).collect()
    }

    /// Whether a grant lets a foreign key point at a row.
    pub(super) fn may_point(
        &self,
        chosen: &Chosen<'_>,
        state: &State,
        target: usize,
        column: usize,
        key: &Cell,
    ) -> bool {
        let Some(write) = chosen.grants.first() else { return true };
        let refs = write.refs.iter().find(|(given, _)| *given == column);
        let is_allowed = |row: &&Row| match refs {
            Some((_, rows)) => self.holds(rows.as_ref(), state, row),
            None => self.asker.sight(target).shows_row(state, row),
        };
        // Where any row is allowed, the database finds out whether there is one.
        matches!(refs, Some((_, None))) || state.0[target].iter().filter(is_allowed).any(|row| row[0] == *key)
    }

    /// Whether no permission names a column of a request.
    pub(super) fn is_unknown(&self, given: &Given) -> Option<Code> {
        let granted = self.asker.granted(self.table)?;
        let writes = || granted.creates.iter().chain(&granted.updates);
        let is_named = |column: usize| {
            granted.reads.iter().any(|read| read.columns.contains(&column))
                || writes().any(|write| write.columns.contains(&column))
        };
        given.iter().any(|(column, _)| !is_named(*column)).then_some("42703")
    }

    /// Checks what a statement has left: the constraints, and what must hold of its rows.
    pub(super) fn finish(&self, state: &State, written: &[Row], checks: &[Vec<&Filter>]) -> Result<(), Refused> {
        let mut wrong = state.broken();
        let passes =
            |row: &Row, any: &Vec<&Filter>| any.is_empty() || any.iter().any(|one| self.holds(Some(*one), state, row));
        if !written.iter().all(|row| checks.iter().all(|any| passes(row, any))) {
            wrong.insert("42501");
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    pub(super) fn update(
        &self,
        state: &State,
        filters: &[Filter],
        changes: &Given,
        mut mistakes: Refused,
    ) -> Result<(State, Vec<Row>), Refused> {
        let given: Vec<usize> = changes.iter().map(|(column, _)| *column).collect();
        if changes.iter().any(|(column, cell)| cell.is_null() && !SOURCES[self.table].fields[*column].is_nullable) {
            mistakes.insert("23502");
        }
        mistakes.extend(self.is_unknown(changes));
        let chosen = self.choose(Action::Update, changes, &given);
        mistakes.extend(chosen.as_ref().err());
        let Some(chosen) = chosen.ok().filter(|_| mistakes.is_empty()) else { return Err(mistakes) };
        let (mut state, mut done) = (state.clone(), Vec::new());
        for chosen in &chosen {
            let written = self.update_by(&mut state, chosen, filters, changes, &done)?;
            done.extend(written);
        }
        Ok((state, done))
    }

    /// Updates rows by one statement, but for those that were updated by another.
    fn update_by(
        &self,
        state: &mut State,
        chosen: &Chosen<'_>,
        filters: &[Filter],
        changes: &Given,
        done: &[Row],
    ) -> Result<Vec<Row>, Refused> {
        let before = state.clone();
        let is_meant = |row: &Row| !done.contains(row) && self.is_reached(&before, chosen, filters, row);
        let mut written = Vec::new();
        for row in state.0[self.table].iter_mut().filter(|row| is_meant(row)) {
            for reference in SOURCES[self.table].references {
                let (column, target) = (reference.column, reference.target);
                // A value that stays the same is not looked at, where its writer sees that it does.
                let seen = self.asker.sight(self.table).cell(&before, row, column);
                let given = value(changes, column).filter(|cell| !cell.is_null() && seen != **cell);
                let Some(key) = given.filter(|_| !chosen.sets(column)) else { continue };
                if !self.may_point(chosen, &before, target, column, key) {
                    return Err(["23503"].into());
                }
            }
            changes.iter().chain(&chosen.set).for_each(|(column, cell)| row[*column] = cell.clone());
            written.push(row.clone());
        }
        self.finish(state, &written, &[chosen.checks()])?;
        Ok(written)
    }

    /// Whether a row can be written: it is one of the grant, it is seen, and it is meant.
    fn is_reached(&self, state: &State, chosen: &Chosen<'_>, filters: &[Filter], row: &Row) -> bool {
        let sight = self.asker.sight(self.table);
        let cell = |column: usize| sight.cell(state, row, column);
        let holds = |filter: &Filter| filter.of_cells(state, self.asker.caller, &cell) == Some(true);
        chosen.allows(self, state, row) && sight.shows_row(state, row) && filters.iter().all(holds)
    }

    pub(super) fn delete(
        &self,
        state: &State,
        filters: &[Filter],
        mistakes: Refused,
    ) -> Result<(State, Vec<Row>), Refused> {
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let chosen = Chosen { grants: self.grants(Action::Delete).unwrap_or_default(), set: Vec::new() };
        let rows = state.0[self.table].iter().filter(|row| self.is_reached(state, &chosen, filters, row));
        let rows: Vec<Row> = rows.cloned().collect();
        let mut after = state.clone();
        after.delete(self.table, &rows);
        self.finish(&after, &[], &[])?;
        Ok((after, rows))
    }

    /// Replaces the row of a key, or inserts it. Returns it, and whether it is new.
    pub(super) fn replace(
        &self,
        state: &State,
        key: &[Cell],
        row: &Given,
        mut mistakes: Refused,
    ) -> Result<(State, Row, bool), Refused> {
        let source = &SOURCES[self.table];
        let place: Given = source.key.iter().copied().zip(key.iter().cloned()).collect();
        let whole: Given = place.iter().chain(row).cloned().collect();
        let given: Vec<usize> = row.iter().map(|(column, _)| *column).collect();
        let all: Vec<usize> = whole.iter().map(|(column, _)| *column).collect();
        if row.iter().any(|(column, cell)| cell.is_null() && !source.fields[*column].is_nullable) {
            mistakes.insert("23502");
        }
        mistakes.extend(self.is_unknown(row));
        let update = self.choose(Action::Update, row, &given);
        let insert = self.choose(Action::Create, &whole, &all).map(|mut chosen| chosen.swap_remove(0));
        let sets_some = |column: usize| {
            let creates = self.asker.granted(self.table).map(|granted| granted.creates.as_slice()).unwrap_or_default();
            creates.iter().any(|write| write.set.iter().any(|(set, _)| *set == column))
        };
        let lacks = |column: usize| !source.fields[column].is_nullable && value(&whole, column).is_none();
        if source.all().any(|column| lacks(column) && !sets_some(column)) {
            mistakes.insert("23502");
        }
        // A column that is not there is found out before anything else.
        mistakes.extend(
            [update.as_ref().err(), insert.as_ref().err()].into_iter().flatten().filter(|code| **code == "42703"),
        );
        if !mistakes.is_empty() {
            mistakes.extend(update.err().into_iter().chain(insert.err()));
            return Err(mistakes);
        }
        let updates = match (update, &insert) {
            (Err(code), Err(_)) => return Err([code].into()),
            (Err(code), Ok(insert)) if self.missing(&whole, Some(insert)).is_some() => {
                return Err([code, "23502"].into());
            }
            (Err(_), Ok(_)) => Vec::new(),
            (Ok(chosen), _) => chosen,
        };
        let filters = super::requests::of_key(self.table, key);
        let changes = updates.iter().map(|chosen| self.replacement(chosen, &whole)).collect::<Result<Vec<_>, _>>()?;
        let mut after = state.clone();
        for (chosen, changes) in updates.iter().zip(&changes) {
            let mut written = self.update_by(&mut after, chosen, &filters, changes, &[])?;
            if let Some(row) = written.pop() {
                return Ok((after, row, false));
            }
        }
        let insert = insert.map_err(|code| Refused::from([code]))?;
        if let Some(code) = self.missing(&whole, Some(&insert)) {
            return Err([code].into());
        }
        let planned = [(insert, None, &whole)];
        self.check_new_keys(state, &planned, None, &[])?;
        let mut created = Created { state: after, rows: Vec::new(), merged: 0 };
        self.insert(&mut created, &planned, None, &[])?;
        let row = created.rows.remove(0);
        Ok((created.state, row, true))
    }

    /// What a PUT changes by a grant. What is not given is emptied, where the grant takes it.
    fn replacement(&self, chosen: &Chosen<'_>, whole: &Given) -> Result<Given, Refused> {
        let source = &SOURCES[self.table];
        let takes = |column: &usize| chosen.grants.first().is_none_or(|write| write.columns.contains(column));
        let taken = source.all().filter(takes).filter(|column| !chosen.sets(*column));
        let changes: Given =
            taken.map(|column| (column, value(whole, column).cloned().unwrap_or(Cell::Null))).collect();
        if changes.iter().any(|(column, cell)| cell.is_null() && !source.fields[*column].is_nullable) {
            return Err(["23502"].into());
        }
        if changes.is_empty() && chosen.set.is_empty() {
            return Err(["42601"].into());
        }
        Ok(changes)
    }
}
