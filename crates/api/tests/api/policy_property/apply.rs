//! Evaluates writes: which of them a caller may do, and what the rows are then.

use std::collections::BTreeSet;

use super::database::{Cell, Code, Row, SOURCES, State};
use super::evaluate::Asker;
use super::filters::{Filter, Operand};
use super::policies::Write;

/// Columns and the values that a request gives for them.
pub(super) type Given = Vec<(usize, Cell)>;

type Refused = BTreeSet<Code>;

/// What a POST does with rows that there are already.
pub(super) struct Conflict {
    pub(super) is_merge: bool,
    /// The columns by which rows are the same, if they are named.
    pub(super) target: Option<Vec<usize>>,
}

/// Writes to one table.
pub(super) struct Writer<'t> {
    pub(super) asker: &'t Asker<'t>,
    pub(super) table: usize,
}

/// What a POST did.
pub(super) struct Created {
    pub(super) state: State,
    /// The rows that were inserted or updated.
    pub(super) rows: Vec<Row>,
    /// How many of them were updated.
    pub(super) merged: usize,
}

/// Grants that allow a write, and differ in their rows only; with what they set. No grants are those of somebody who
/// may do everything.
struct Chosen<'w> {
    grants: Vec<&'w Write>,
    set: Given,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Create,
    Update,
    Delete,
}

fn value(row: &Given, column: usize) -> Option<&Cell> {
    row.iter().find(|(given, _)| *given == column).map(|(_, cell)| cell)
}

impl Chosen<'_> {
    fn sets(&self, column: usize) -> bool {
        value(&self.set, column).is_some()
    }

    fn allows(&self, writer: &Writer<'_>, state: &State, row: &Row) -> bool {
        let holds = |write: &&Write| writer.holds(write.rows.as_ref(), state, row);
        self.grants.is_empty() || self.grants.iter().any(holds)
    }

    fn check(&self) -> Option<&Filter> {
        self.grants.first()?.check.as_ref()
    }
}

impl<'t> Writer<'t> {
    fn holds(&self, filter: Option<&Filter>, state: &State, row: &Row) -> bool {
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
    fn choose(&self, action: Action, row: &Given, given: &[usize]) -> Result<Vec<Chosen<'t>>, Code> {
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
                other.set == set && other.grants[0].check == write.check && other.grants[0].refs == write.refs
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
    fn may_point(&self, chosen: &Chosen<'_>, state: &State, target: usize, column: usize, key: &Cell) -> bool {
        let Some(write) = chosen.grants.first() else { return true };
        let refs = write.refs.iter().find(|(given, _)| *given == column);
        let is_allowed = |row: &&Row| match refs {
            Some((_, rows)) => self.holds(rows.as_ref(), state, row),
            None => self.asker.sight(target).shows_row(state, row),
        };
        // Where any row is allowed, the database finds out whether there is one.
        matches!(refs, Some((_, None))) || state.0[target].iter().filter(is_allowed).any(|row| row[0] == *key)
    }

    pub(super) fn create(
        &self,
        state: &State,
        rows: &[Given],
        conflict: Option<&Conflict>,
        mut mistakes: Refused,
    ) -> Result<Created, Refused> {
        let source = &SOURCES[self.table];
        let target = conflict.and_then(|conflict| conflict.target.clone());
        let sight = self.asker.sight(self.table);
        if target.iter().flatten().any(|column| !sight.shows(*column)) {
            mistakes.insert("42703");
        }
        let merges = conflict.is_some_and(|conflict| conflict.is_merge);
        let merged_by = target.clone().unwrap_or_else(|| source.key.to_vec());
        // Each row with its grants: to create it and, in an upsert, to update it.
        let mut planned: Vec<(Chosen<'t>, Option<Chosen<'t>>, &Given)> = Vec::new();
        for given in rows {
            let columns: Vec<usize> = given.iter().map(|(column, _)| *column).collect();
            let create = self.choose(Action::Create, given, &columns).map(|mut chosen| chosen.swap_remove(0));
            mistakes.extend(self.missing(given, create.as_ref().ok()));
            mistakes.extend(self.is_unknown(given));
            let changed: Vec<usize> = columns
                .into_iter()
                .filter(|column| !merged_by.contains(column))
                .filter(|column| !create.as_ref().is_ok_and(|create| create.sets(*column)))
                .collect();
            let update = self.choose(Action::Update, given, &changed).map(|mut chosen| chosen.swap_remove(0));
            match (create, update) {
                (Ok(create), Ok(update)) if merges => planned.push((create, Some(update), given)),
                (Ok(create), _) if !merges => planned.push((create, None, given)),
                (create, update) => mistakes.extend(create.err().into_iter().chain(update.err())),
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        self.check_new_keys(state, &planned, conflict, &merged_by)?;
        let mut created = Created { state: state.clone(), rows: Vec::new(), merged: 0 };
        let goes_with = |one: &(Chosen<'_>, Option<Chosen<'_>>, &Given),
                         other: &(Chosen<'_>, Option<Chosen<'_>>, &Given)| {
            let is_same = |one: &Chosen<'_>, other: &Chosen<'_>| match (one.grants.first(), other.grants.first()) {
                (Some(one), Some(other)) => std::ptr::eq(*one, *other),
                _ => true,
            };
            let columns = |given: &Given| given.iter().map(|(column, _)| *column).collect::<Vec<_>>();
            is_same(&one.0, &other.0) && (!merges || columns(one.2) == columns(other.2))
        };
        for step in planned.chunk_by(goes_with) {
            self.insert(&mut created, step, conflict, &merged_by)?;
        }
        Ok(created)
    }

    /// Whether no permission names a column of a request.
    fn is_unknown(&self, given: &Given) -> Option<Code> {
        let granted = self.asker.granted(self.table)?;
        let writes = || granted.creates.iter().chain(&granted.updates);
        let is_named = |column: usize| {
            granted.reads.iter().any(|read| read.columns.contains(&column))
                || writes().any(|write| write.columns.contains(&column))
        };
        given.iter().any(|(column, _)| !is_named(*column)).then_some("42703")
    }

    /// What is missing of a row: what the grant does not set, or any grant where none is chosen.
    fn missing(&self, given: &Given, chosen: Option<&Chosen<'_>>) -> Option<Code> {
        let is_missing = |column: usize| {
            let is_set = chosen.is_some_and(|chosen| chosen.sets(column));
            !SOURCES[self.table].fields[column].is_nullable && value(given, column).map_or(!is_set, Cell::is_null)
        };
        SOURCES[self.table].all().any(is_missing).then_some("23502")
    }

    /// Checks what the foreign keys of new rows point at, before any is inserted.
    fn check_new_keys(
        &self,
        state: &State,
        planned: &[(Chosen<'t>, Option<Chosen<'t>>, &Given)],
        conflict: Option<&Conflict>,
        merged_by: &[usize],
    ) -> Result<(), Refused> {
        // Rows may point at those that the same request makes.
        let made: Vec<&Cell> = planned
            .iter()
            .filter(|(_, _, given)| conflict.is_none_or(|conflict| conflict.is_merge) || !self.exists(state, given))
            .filter_map(|(_, _, given)| value(given, 0))
            .collect();
        for (create, update, given) in planned {
            for reference in SOURCES[self.table].references {
                let (column, target) = (reference.column, reference.target);
                let Some(key) = value(given, column).filter(|cell| !cell.is_null()) else { continue };
                let is_made = target == self.table && made.contains(&key);
                let may = |chosen: &Chosen<'_>| {
                    chosen.sets(column) || is_made || self.may_point(chosen, state, target, column, key)
                };
                // What may be updated must be allowed to point there too, unless it is not changed.
                let is_kept = merged_by.contains(&column) || create.sets(column);
                if !may(create) || !(is_kept || update.as_ref().is_none_or(may)) {
                    return Err(["23503"].into());
                }
            }
        }
        Ok(())
    }

    /// Whether there is a row of the same key or code.
    fn exists(&self, state: &State, given: &Given) -> bool {
        let source = &SOURCES[self.table];
        let is_same = |row: &Row, columns: &[usize]| {
            columns.iter().all(|at| value(given, *at) == Some(&row[*at]) && !row[*at].is_null())
        };
        state.0[self.table]
            .iter()
            .any(|row| is_same(row, source.key) || source.code.is_some_and(|code| is_same(row, &[code])))
    }

    /// Inserts rows by one statement.
    fn insert(
        &self,
        created: &mut Created,
        step: &[(Chosen<'t>, Option<Chosen<'t>>, &Given)],
        conflict: Option<&Conflict>,
        merged_by: &[usize],
    ) -> Result<(), Refused> {
        let source = &SOURCES[self.table];
        let before = created.state.clone();
        let mut written: Vec<Row> = Vec::new();
        for (create, update, given) in step {
            let cell =
                |column: usize| value(given, column).or(value(&create.set, column)).unwrap_or(&Cell::Null).clone();
            let new: Row = source.all().map(cell).collect();
            let is_same =
                |row: &Row, columns: &[usize]| columns.iter().all(|at| !new[*at].is_null() && row[*at] == new[*at]);
            let rows = &mut created.state.0[self.table];
            let Some(conflict) = conflict else {
                rows.push(new.clone());
                written.push(new);
                continue;
            };
            let by = match (&conflict.target, conflict.is_merge) {
                (None, false) => vec![Some(source.key.to_vec()), source.code.map(|code| vec![code])],
                _ => vec![Some(merged_by.to_vec())],
            };
            let found = rows.iter().position(|row| by.iter().flatten().any(|columns| is_same(row, columns)));
            match (found, update) {
                (None, _) => {
                    rows.push(new.clone());
                    written.push(new);
                }
                (Some(_), None) => {}
                (Some(at), Some(update)) => {
                    let old = &rows[at];
                    let sight = self.asker.sight(self.table);
                    // A row that is found by a hidden cell would tell what is in it.
                    let is_seen = sight.shows_row(&before, old)
                        && merged_by.iter().all(|column| !sight.cell(&before, old, *column).is_null());
                    if !is_seen || !update.allows(self, &before, old) {
                        return Err(["42501"].into());
                    }
                    let mut row = old.clone();
                    for (column, cell) in given.iter().filter(|(column, _)| !merged_by.contains(column)) {
                        if !create.sets(*column) {
                            row[*column] = cell.clone();
                        }
                    }
                    update.set.iter().for_each(|(column, cell)| row[*column] = cell.clone());
                    rows[at] = row.clone();
                    written.push(row);
                    created.merged += 1;
                }
            }
        }
        let (create, update, _) = &step[0];
        let checks: Vec<&Filter> = create.check().into_iter().chain(update.as_ref().and_then(Chosen::check)).collect();
        self.finish(&created.state, &written, &checks)?;
        created.rows.extend(written);
        Ok(())
    }

    /// Checks what a statement has left: the constraints, and what must hold of its rows.
    fn finish(&self, state: &State, written: &[Row], checks: &[&Filter]) -> Result<(), Refused> {
        let mut wrong = state.broken();
        if !written.iter().all(|row| checks.iter().all(|check| self.holds(Some(*check), state, row))) {
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
                let given = value(changes, column).filter(|cell| !cell.is_null() && row[column] != **cell);
                let Some(key) = given.filter(|_| !chosen.sets(column)) else { continue };
                if !self.may_point(chosen, &before, target, column, key) {
                    return Err(["23503"].into());
                }
            }
            changes.iter().chain(&chosen.set).for_each(|(column, cell)| row[*column] = cell.clone());
            written.push(row.clone());
        }
        self.finish(state, &written, &chosen.check().into_iter().collect::<Vec<_>>())?;
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
