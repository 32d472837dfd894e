//! Random writes: how they are written, and what should come of them.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::answer::Answer;
use super::apply::{Given, Writer};
use super::create::Conflict;
use super::database::{Cell, Code, ITEMS, MEMBERS, Row, SOURCES, State};
use super::evaluate::Asker;
use super::filters::Filter;
use super::policies;
use super::queries::{Names, Node, some_filter};
use super::requests::{Outcome, hidden_key, of_key, some_key};
use crate::related_property::Random;

/// A write of one table.
pub(super) struct Write {
    table: usize,
    pub(super) kind: Kind,
    /// What is returned, if rows are.
    returned: Option<Node>,
}

pub(super) enum Kind {
    Post { rows: Vec<Given>, is_bulk: bool, conflict: Option<Conflict> },
    Patch { at: Place, changes: Given },
    Delete { at: Place },
    Put { key: Vec<Cell>, is_path: bool, row: Given },
}

/// Which rows are written.
pub(super) enum Place {
    Key(Vec<Cell>),
    Filters(Vec<Filter>),
}

impl Write {
    pub(super) fn generate(asker: &Asker<'_>, names: &Names, state: &State, random: &mut Random) -> Self {
        let kind = random.below(8);
        // Most often a table of which such writes are granted.
        let method = ["POST", "POST", "POST", "PATCH", "PATCH", "DELETE", "DELETE", "PUT"][kind];
        let is_granted = |table: &usize| Writer { asker, table: *table }.check_method(method).is_ok();
        let mut tables: Vec<usize> = (0..SOURCES.len()).filter(is_granted).collect();
        if tables.is_empty() || random.one_in(10) {
            tables = (0..SOURCES.len()).collect();
        }
        let table = *random.pick(&tables);
        let is_returned = !random.one_in(3) && (names.tables.contains(&table) || random.one_in(4));
        let mut returned = is_returned.then(|| Node::of_write(table, names, random));
        let kind = match kind {
            0..=2 => {
                let is_bulk = random.one_in(2);
                let count = if is_bulk { 1 + random.below(3) } else { 1 };
                let mut rows: Vec<Given> = (0..count).map(|_| new_row(asker, state, table, random)).collect();
                let conflict = random.one_in(3).then(|| some_conflict(table, random));
                if is_bulk && table == ITEMS && random.one_in(2) {
                    point_at_each_other(&mut rows, random);
                }
                if let Some(conflict) = &conflict {
                    meet_existing(table, state, conflict, &mut rows, random);
                }
                if conflict.as_ref().is_some_and(|conflict| conflict.is_merge) {
                    // A row is not updated twice.
                    let mut seen: Vec<Given> = Vec::new();
                    rows.retain(|row| {
                        let is_new = !seen.iter().any(|other| is_like(table, row, other));
                        seen.push(row.clone());
                        is_new
                    });
                    // Nor are rows of several statements ordered, for those who see everything.
                    returned.iter_mut().for_each(|node| node.order.clear());
                }
                Kind::Post { rows, is_bulk, conflict }
            }
            3 | 4 => Kind::Patch {
                at: some_place(state, table, names, random),
                changes: some_changes(asker, state, table, random),
            },
            5 | 6 => Kind::Delete { at: some_place(state, table, names, random) },
            _ => {
                let key = some_key(table, state, random);
                let mut row = new_row(asker, state, table, random);
                row.retain(|(column, _)| !SOURCES[table].key.contains(column));
                Kind::Put { key, is_path: random.one_in(2), row }
            }
        };
        Self { table, kind, returned }
    }

    /// Makes the rows of its answer be in one order only.
    pub(super) fn order_wholly(&mut self, asker: &Asker<'_>) {
        self.returned.iter_mut().for_each(|node| node.order_wholly(asker));
    }

    pub(super) fn method(&self) -> &'static str {
        match self.kind {
            Kind::Post { .. } => "POST",
            Kind::Patch { .. } => "PATCH",
            Kind::Delete { .. } => "DELETE",
            Kind::Put { .. } => "PUT",
        }
    }

    pub(super) fn readable(&self) -> String {
        let mut path = SOURCES[self.table].name.to_owned();
        let add_key = |path: &mut String, key: &[Cell]| {
            *path += "/";
            *path += &key.iter().map(Cell::text).collect::<Vec<_>>().join(",");
        };
        let mut parameters = self.returned.as_ref().map(Node::parameters).unwrap_or_default();
        let add_filters = |parameters: &mut Vec<String>, filters: &[Filter]| {
            parameters.extend(filters.iter().map(|filter| filter.parameter(self.table, "")));
        };
        match &self.kind {
            Kind::Post { conflict: Some(Conflict { target: Some(target), .. }), .. } => {
                let names: Vec<&str> = target.iter().map(|at| SOURCES[self.table].fields[*at].name).collect();
                parameters.push(format!("on_conflict={}", names.join(",")));
            }
            Kind::Post { .. } => {}
            Kind::Patch { at: Place::Filters(filters), .. } | Kind::Delete { at: Place::Filters(filters) } => {
                add_filters(&mut parameters, filters);
            }
            Kind::Put { key, is_path: false, .. } => add_filters(&mut parameters, &of_key(self.table, key)),
            Kind::Patch { at: Place::Key(key), .. } | Kind::Delete { at: Place::Key(key) } | Kind::Put { key, .. } => {
                add_key(&mut path, key);
            }
        }
        format!("{path}?{}", parameters.join("&"))
    }

    pub(super) fn prefer(&self) -> String {
        let mut prefer = String::from(if self.returned.is_some() { "return=representation" } else { "return=minimal" });
        if let Kind::Post { conflict: Some(conflict), .. } = &self.kind {
            prefer += if conflict.is_merge { ",resolution=merge-duplicates" } else { ",resolution=ignore-duplicates" };
        }
        prefer
    }

    pub(super) fn body(&self) -> Option<Json> {
        let json = |row: &Given| {
            let member =
                |(column, cell): &(usize, Cell)| (SOURCES[self.table].fields[*column].name.to_owned(), cell.json());
            row.iter().map(member).collect::<Json>()
        };
        match &self.kind {
            Kind::Post { rows, is_bulk: true, .. } => Some(rows.iter().map(json).collect()),
            Kind::Post { rows, .. } => rows.first().map(json),
            Kind::Patch { changes: row, .. } | Kind::Put { row, .. } => Some(json(row)),
            Kind::Delete { .. } => None,
        }
    }

    /// What should come of it.
    pub(super) fn outcome(&self, asker: &Asker<'_>, state: &State) -> Outcome {
        match self.apply(asker, state) {
            Ok(outcome) => outcome,
            Err(codes) => Outcome::Refused(codes),
        }
    }

    fn apply(&self, asker: &Asker<'_>, state: &State) -> Result<Outcome, BTreeSet<Code>> {
        if !asker.knows(self.table) {
            return Err(["PGRST205"].into());
        }
        let writer = Writer { asker, table: self.table };
        writer.check_method(self.method())?;
        let mut mistakes = self.returned.as_ref().map(|node| asker.mistakes(node)).unwrap_or_default();
        let sight = asker.sight(self.table);
        let filters = match &self.kind {
            Kind::Patch { at: Place::Filters(filters), .. } | Kind::Delete { at: Place::Filters(filters) } => {
                if filters.iter().flat_map(Filter::columns).any(|column| !sight.shows(column)) {
                    mistakes.insert("42703");
                }
                filters.clone()
            }
            Kind::Patch { at: Place::Key(key), .. } | Kind::Delete { at: Place::Key(key) } => {
                mistakes.extend(hidden_key(asker, self.table));
                of_key(self.table, key)
            }
            Kind::Put { key, is_path, .. } => {
                let code = if *is_path {
                    hidden_key(asker, self.table)
                } else {
                    hidden_key(asker, self.table).and(Some("42703"))
                };
                mistakes.extend(code);
                of_key(self.table, key)
            }
            Kind::Post { .. } => Vec::new(),
        };
        let is_one = match &self.kind {
            Kind::Patch { at, .. } | Kind::Delete { at } => matches!(at, Place::Key(_)),
            Kind::Put { is_path, .. } => *is_path,
            Kind::Post { .. } => false,
        };
        match &self.kind {
            Kind::Post { rows, conflict, .. } => {
                let done = writer.create(state, rows, conflict.as_ref(), mistakes)?;
                let is_new = done.rows.len() != done.merged;
                let status: &[u16] = if is_new { &[201] } else { &[200] };
                Ok(self.done(asker, status, done.state, done.rows, false))
            }
            Kind::Patch { changes, .. } => {
                let (after, rows) = writer.update(state, &filters, changes, mistakes)?;
                self.changed(asker, after, rows, is_one)
            }
            Kind::Delete { .. } => {
                let (after, rows) = writer.delete(state, &filters, mistakes)?;
                if is_one && rows.is_empty() {
                    return Err(["PGRST116"].into());
                }
                // What is returned is what there was.
                let Outcome::Done { status, rows, total, .. } =
                    self.done(asker, self.changed_status(), state.clone(), rows, is_one)
                else {
                    unreachable!("it was deleted");
                };
                Ok(Outcome::Done { status, rows, total, state: Some(after) })
            }
            Kind::Put { key, row, .. } => {
                let (after, row, is_new) = writer.replace(state, key, row, mistakes)?;
                // There is one row also where filters name it.
                if self.returned.is_some() && !sight.shows_row(&after, &row) {
                    return Err(["PGRST116"].into());
                }
                let outcome = self.changed(asker, after, vec![row], is_one)?;
                Ok(match outcome {
                    Outcome::Done { rows, total, state, .. } if is_new => {
                        Outcome::Done { status: &[201], rows, total, state }
                    }
                    other => other,
                })
            }
        }
    }

    fn changed_status(&self) -> &'static [u16] {
        if self.returned.is_some() { &[200] } else { &[204] }
    }

    fn changed(
        &self,
        asker: &Asker<'_>,
        after: State,
        rows: Vec<Row>,
        is_one: bool,
    ) -> Result<Outcome, BTreeSet<Code>> {
        // A row that is not seen after the write is not written, where only it would be returned.
        let is_seen = |row: &Row| asker.sight(self.table).shows_row(&after, row);
        if is_one && (rows.is_empty() || (self.returned.is_some() && !rows.iter().all(is_seen))) {
            return Err(["PGRST116"].into());
        }
        Ok(self.done(asker, self.changed_status(), after, rows, is_one))
    }

    fn done(&self, asker: &Asker<'_>, status: &'static [u16], state: State, rows: Vec<Row>, is_one: bool) -> Outcome {
        let rows = self.returned.as_ref().map(|node| {
            let sight = asker.sight(self.table);
            let seen: Vec<&Row> = rows.iter().filter(|row| sight.shows_row(&state, row)).collect();
            match (asker.answer(&state, node, seen, None), is_one) {
                (Answer::Page { ties, .. }, true) => ties.into_iter().flatten().next().unwrap(),
                (answer, _) => answer,
            }
        });
        Outcome::Done { status, rows, total: None, state: Some(state) }
    }
}

/// Whether two rows have the same key or code, as far as they give it.
fn is_like(table: usize, row: &Given, other: &Given) -> bool {
    let cell = |row: &Given, column: usize| row.iter().find(|(at, _)| *at == column).map(|(_, cell)| cell.clone());
    let is_same = |columns: &[usize]| columns.iter().all(|column| cell(row, *column) == cell(other, *column));
    is_same(SOURCES[table].key) || SOURCES[table].code.is_some_and(|code| is_same(&[code]))
}

/// Gives half of the rows the key of a row that exists.
fn meet_existing(table: usize, state: &State, conflict: &Conflict, rows: &mut [Given], random: &mut Random) {
    let source = &SOURCES[table];
    let target = conflict.target.clone().unwrap_or_else(|| source.key.to_vec());
    for row in rows.iter_mut().filter(|_| !state.0[table].is_empty()) {
        let existing = random.pick(&state.0[table]);
        if random.one_in(2) {
            row.retain(|(column, _)| !target.contains(column));
            row.extend(target.iter().map(|column| (*column, existing[*column].clone())));
            row.sort();
        }
    }
}

/// Lets the parents of items be items of the same request.
fn point_at_each_other(rows: &mut [Given], random: &mut Random) {
    const PARENT: usize = 4;
    let ids: Vec<Cell> = rows
        .iter()
        .filter_map(|row| row.first().filter(|(column, _)| *column == 0))
        .map(|(_, id)| id.clone())
        .collect();
    for (at, row) in rows.iter_mut().enumerate().filter(|_| !ids.is_empty()) {
        // SQLite checks the key of each row before the next is inserted, so only itself or an earlier row.
        let parent = ids[..ids.len().min(at + 1)].to_vec();
        row.iter_mut()
            .filter(|(column, _)| *column == PARENT)
            .for_each(|(_, cell)| *cell = random.pick(&parent).clone());
    }
}

fn some_conflict(table: usize, random: &mut Random) -> Conflict {
    let source = &SOURCES[table];
    let target = match random.below(4) {
        0 => Some(source.key.to_vec()),
        1 => source.code.map(|code| vec![code]),
        _ => None,
    };
    Conflict { is_merge: !random.one_in(3), target }
}

fn some_place(state: &State, table: usize, names: &Names, random: &mut Random) -> Place {
    match random.one_in(4) {
        true => Place::Key(some_key(table, state, random)),
        false => Place::Filters(
            (0..1 + random.below(2)).map(|_| some_filter(table, &names.columns[table], random)).collect(),
        ),
    }
}

/// A row that a grant takes, most often.
fn new_row(asker: &Asker<'_>, state: &State, table: usize, random: &mut Random) -> Given {
    let granted = asker.granted(table).map(|granted| granted.creates.as_slice()).unwrap_or_default();
    let mut columns = given_columns(asker, granted, table, random);
    // Without a key, most rows would only lack it.
    if !random.one_in(10) {
        columns.extend(SOURCES[table].all().filter(|column| {
            let is_set = granted.iter().any(|write| write.set.iter().any(|(set, _)| set == column));
            !SOURCES[table].fields[*column].is_nullable && !is_set
        }));
    }
    values(asker, state, table, columns, random)
}

fn some_changes(asker: &Asker<'_>, state: &State, table: usize, random: &mut Random) -> Given {
    let granted = asker.granted(table).map(|granted| granted.updates.as_slice()).unwrap_or_default();
    let columns = given_columns(asker, granted, table, random);
    let is_kept = |column: &usize| table == MEMBERS || !SOURCES[table].key.contains(column);
    let mut columns: Vec<usize> = columns.into_iter().filter(is_kept).collect();
    columns.truncate(1 + random.below(3));
    if columns.is_empty() {
        columns.push(SOURCES[table].fields.len() - 1);
    }
    values(asker, state, table, columns, random)
}

fn given_columns(asker: &Asker<'_>, granted: &[policies::Write], table: usize, random: &mut Random) -> Vec<usize> {
    let all = random.shuffled(SOURCES[table].all().collect::<Vec<_>>());
    let left_out = |random: &mut Random| random.one_in(3);
    if granted.is_empty() || asker.caller.is_bypass || random.one_in(10) {
        return all.into_iter().filter(|_| !left_out(random)).collect();
    }
    let write = random.pick(granted);
    let is_set = |column: usize| write.set.iter().any(|(set, _)| *set == column);
    let mut columns: Vec<usize> =
        all.iter().copied().filter(|column| write.columns.contains(column) && !is_set(*column)).collect();
    columns.retain(|_| !left_out(random));
    columns.extend(all.into_iter().filter(|column| is_set(*column) && random.one_in(4)));
    columns
}

/// Values for columns, in the order of the table. Keys lead to rows, most often.
fn values(asker: &Asker<'_>, state: &State, table: usize, mut columns: Vec<usize>, random: &mut Random) -> Given {
    columns.sort_unstable();
    columns.dedup();
    let value = |column: usize| {
        let source = &SOURCES[table];
        let reference = source.reference_of(column).filter(|_| !random.one_in(6));
        if let Some(reference) = reference {
            // Most often one that the caller reads.
            let (sight, all) = (asker.sight(reference.target), &state.0[reference.target]);
            let read: Vec<&Row> = all.iter().filter(|row| sight.shows_row(state, row)).collect();
            match random.one_in(3) {
                true if !all.is_empty() => return random.pick(all)[0].clone(),
                false if !read.is_empty() => return random.pick(&read)[0].clone(),
                _ => {}
            }
        }
        if source.key == [column] && !random.one_in(3) {
            return Cell::Int(i64::try_from(10 + random.below(30)).unwrap());
        }
        source.value(column, random)
    };
    let mut value = value;
    columns.into_iter().map(|column| (column, value(column))).collect()
}
