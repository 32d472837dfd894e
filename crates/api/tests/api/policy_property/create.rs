//! Evaluates inserts and upserts: which rows they insert, which they update, and what may be wrong with them.

use super::apply::{Action, Chosen, Given, Refused, Writer, value};
use super::database::{Cell, Code, Row, SOURCES, State};
use super::filters::Filter;

/// What a POST does with rows that there are already.
pub(super) struct Conflict {
    pub(super) is_merge: bool,
    /// The columns by which rows are the same, if they are named.
    pub(super) target: Option<Vec<usize>>,
}

/// What a POST did.
pub(super) struct Created {
    pub(super) state: State,
    /// The rows that were inserted or updated.
    pub(super) rows: Vec<Row>,
    /// How many of them were updated.
    pub(super) merged: usize,
}

/// A row with its grants: to create it and, in an upsert, to update it.
type Planned<'t> = (Chosen<'t>, Option<Chosen<'t>>, &'t Given);

impl<'t> Writer<'t> {
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
        let mut planned: Vec<Planned<'_>> = Vec::new();
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
        let goes_with = |one: &Planned<'_>, other: &Planned<'_>| {
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

    /// What is missing of a row: what the grant does not set, or any grant where none is chosen.
    pub(super) fn missing(&self, given: &Given, chosen: Option<&Chosen<'_>>) -> Option<Code> {
        let is_missing = |column: usize| {
            let is_set = chosen.is_some_and(|chosen| chosen.sets(column));
            !SOURCES[self.table].fields[column].is_nullable && value(given, column).map_or(!is_set, Cell::is_null)
        };
        SOURCES[self.table].all().any(is_missing).then_some("23502")
    }

    /// Checks what the foreign keys of new rows point at, before any is inserted.
    pub(super) fn check_new_keys(
        &self,
        state: &State,
        planned: &[Planned<'_>],
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
    pub(super) fn insert(
        &self,
        created: &mut Created,
        step: &[Planned<'_>],
        conflict: Option<&Conflict>,
        merged_by: &[usize],
    ) -> Result<(), Refused> {
        let source = &SOURCES[self.table];
        let before = created.state.clone();
        let mut written: Vec<Row> = Vec::new();
        // The other rows are written before it is noticed, so it may be one of their mistakes that is reported.
        let mut is_refused = false;
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
                        is_refused = true;
                        continue;
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
        let checks: Vec<Vec<&Filter>> = [create].into_iter().chain(update.as_ref()).map(Chosen::checks).collect();
        let mut wrong = self.finish(&created.state, &written, &checks).err().unwrap_or_default();
        if is_refused {
            wrong.insert("42501");
        }
        created.rows.extend(written);
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}
