//! Evaluates a query over the rows that a caller sees, with loops.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::related_property::evaluate::compare_nullable;

use super::answer::Answer;
use super::callers::Caller;
use super::database::{Cell, Code, Row, SOURCES, State};
use super::filters::Filter;
use super::policies::{Granted, Policy, Read, Write};
use super::queries::{Embed, Function, Item, Node, Order, Relation};

/// A caller, and what the policy grants it of each table.
pub(super) struct Asker<'t> {
    pub(super) caller: &'t Caller,
    /// Nothing if all is granted.
    granted: Option<Vec<Granted>>,
}

/// What is seen of a table: the rows of these permissions, and cells of their columns. `None` is everything.
pub(super) struct Sight<'t> {
    caller: &'t Caller,
    reads: Option<Vec<&'t Read>>,
}

impl<'t> Asker<'t> {
    pub(super) fn new(policy: &Policy, caller: &'t Caller) -> Self {
        let all = || (0..SOURCES.len()).map(|table| policy.granted(caller.roles, table)).collect();
        Self { caller, granted: (!caller.is_bypass).then(all) }
    }

    /// What is granted of a table. `None` is everything.
    pub(super) fn granted(&self, table: usize) -> Option<&Granted> {
        self.granted.as_ref().map(|all| &all[table])
    }

    /// Whether there is such a table for the caller.
    pub(super) fn knows(&self, table: usize) -> bool {
        self.granted(table).is_none_or(|granted| {
            let writes = granted.creates.iter().chain(&granted.updates);
            !granted.reads.is_empty()
                || !granted.deletes.is_empty()
                || writes.clone().any(|write| !write.columns.is_empty())
        })
    }

    /// Whether a permission applies: all that it asks of the caller is known.
    fn applies<'f>(&self, filters: impl IntoIterator<Item = &'f Filter>) -> bool {
        let mut applies = true;
        for filter in filters {
            filter.each_of_caller(&mut |name| applies &= self.caller.knows(name));
        }
        applies
    }

    pub(super) fn applicable<'w>(&self, writes: &'w [Write]) -> Vec<&'w Write> {
        let filters = |write: &'w Write| {
            let refs = write.refs.iter().filter_map(|(_, rows)| rows.as_ref());
            write.rows.iter().chain(&write.check).chain(refs)
        };
        writes.iter().filter(|write| self.applies(filters(write))).collect()
    }

    pub(super) fn sight(&self, table: usize) -> Sight<'_> {
        let reads = self.granted(table).map(|granted| granted.reads.iter().filter(|read| self.applies(&read.rows)));
        Sight { caller: self.caller, reads: reads.map(Iterator::collect) }
    }

    /// What is seen of a table where its rows are aggregated.
    pub(super) fn sight_of_aggregates(&self, table: usize) -> Sight<'_> {
        let mut sight = self.sight(table);
        sight.reads.iter_mut().for_each(|reads| reads.retain(|read| read.aggregates));
        sight
    }

    fn sight_of(&self, node: &Node) -> Sight<'_> {
        if node.is_aggregated() { self.sight_of_aggregates(node.table) } else { self.sight(node.table) }
    }

    /// What is wrong with a query, whatever the rows are.
    pub(super) fn mistakes(&self, node: &Node) -> BTreeSet<Code> {
        let mut mistakes = BTreeSet::new();
        if self.sight(node.table).is_closed() {
            mistakes.insert("42501");
        }
        let sight = self.sight_of(node);
        if sight.is_closed() && node.is_aggregated() {
            mistakes.insert("PGRST123");
        }
        let selected = node.items.iter().filter_map(|item| match item {
            Item::Star => None,
            Item::Column { column, .. } => Some(*column),
            Item::Aggregate { column, .. } => *column,
        });
        let filtered = node.filters.iter().flat_map(Filter::columns);
        let ordered = node.order.iter().map(|order| order.column);
        if selected.chain(filtered).chain(ordered).any(|column| !sight.shows(column)) {
            mistakes.insert("42703");
        }
        for embed in &node.embeds {
            if !self.is_related(node.table, &embed.relation) {
                mistakes.insert("PGRST200");
            }
            mistakes.extend(self.mistakes(&embed.node));
        }
        mistakes
    }

    /// Whether there is such a relationship for the caller: its columns are there.
    pub(super) fn is_related(&self, from: usize, relation: &Relation) -> bool {
        let shows = |table: usize, column: usize| self.sight(table).shows(column);
        let there = match relation.junction {
            None => shows(relation.to, relation.theirs),
            Some((junction, onward)) => {
                shows(junction, relation.theirs) && shows(junction, onward) && shows(relation.to, 0)
            }
        };
        there && shows(from, relation.own)
    }

    /// The rows that a node selects, before its page.
    pub(super) fn select<'s>(&self, state: &'s State, node: &Node) -> Vec<&'s Row> {
        let sight = self.sight_of(node);
        let keeps = |row: &&Row| {
            let cell = |column: usize| sight.cell(state, row, column);
            let holds = |filter: &Filter| filter.of_cells(state, self.caller, &cell) == Some(true);
            let has = |embed: &Embed| !embed.is_inner || !self.related(state, node, row, embed).is_empty();
            sight.shows_row(state, row) && node.filters.iter().all(holds) && node.embeds.iter().all(has)
        };
        state.0[node.table].iter().filter(keeps).collect()
    }

    /// The related rows of a row, before their page.
    fn related<'s>(&self, state: &'s State, node: &Node, row: &Row, embed: &Embed) -> Vec<&'s Row> {
        let Relation { own, theirs, junction, .. } = embed.relation;
        let own = self.sight_of(node).cell(state, row, own);
        let sight = self.sight_of(&embed.node);
        let is_related = |row: &&Row| match junction {
            None => !own.is_null() && sight.cell(state, row, theirs) == own,
            Some((junction, onward)) => {
                let (between, key) = (self.sight(junction), sight.cell(state, row, 0));
                state.0[junction].iter().any(|through| {
                    let cell = |column| between.cell(state, through, column);
                    let are_equal = |one: Cell, other: &Cell| !one.is_null() && one == *other;
                    between.shows_row(state, through) && are_equal(cell(theirs), &own) && are_equal(cell(onward), &key)
                })
            }
        };
        self.select(state, &embed.node).into_iter().filter(is_related).collect()
    }

    /// What the server answers of some rows.
    pub(super) fn answer(&self, state: &State, node: &Node, rows: Vec<&Row>, most: Option<usize>) -> Answer {
        let sight = self.sight_of(node);
        let mut parts: Vec<(Vec<Cell>, Answer)> = match node.is_aggregated() {
            true => groups(state, node, &sight, &rows),
            false => rows.into_iter().map(|row| self.part(state, node, &sight, row)).collect(),
        };
        let compare = |(one, _): &(Vec<Cell>, Answer), (other, _): &(Vec<Cell>, Answer)| {
            let compared = node.order.iter().zip(one.iter().zip(other));
            compared.fold(Ordering::Equal, |all, (order, (one, other))| all.then(compare(order, one, other)))
        };
        parts.sort_by(compare);
        let ties = parts.chunk_by(|one, other| compare(one, other).is_eq());
        let ties = ties.map(|tie| tie.iter().map(|(_, answer)| answer.clone()).collect()).collect();
        let limit = [node.limit, most].into_iter().flatten().min();
        Answer::Page { ties, offset: node.offset, limit }
    }

    fn part(&self, state: &State, node: &Node, sight: &Sight<'_>, row: &Row) -> (Vec<Cell>, Answer) {
        let cell = |column: usize| sight.cell(state, row, column);
        let mut members: Vec<(String, Answer)> = Vec::new();
        let name = |column: usize| SOURCES[node.table].fields[column].name.to_owned();
        for item in &node.items {
            match item {
                Item::Star => {
                    let shown = SOURCES[node.table].all().filter(|column| sight.shows(*column));
                    members.extend(shown.map(|column| (name(column), Answer::Value(cell(column).json()))));
                }
                Item::Column { alias, column } => {
                    let name = alias.clone().unwrap_or_else(|| name(*column));
                    members.push((name, Answer::Value(cell(*column).json())));
                }
                Item::Aggregate { .. } => unreachable!("these are of groups"),
            }
        }
        for embed in &node.embeds {
            let rows = self.related(state, node, row, embed);
            let related = match (embed.relation.is_many, rows.first()) {
                (true, _) => self.answer(state, &embed.node, rows, self.sight(embed.node.table).most_rows()),
                (false, Some(row)) => self.part(state, &embed.node, &self.sight_of(&embed.node), row).1,
                (false, None) => Answer::Value(Json::Null),
            };
            members.push((embed.alias.clone(), related));
        }
        (node.order.iter().map(|order| cell(order.column)).collect(), Answer::Object(members))
    }
}

impl Sight<'_> {
    /// Whether nothing is seen, whatever the rows are.
    pub(super) fn is_closed(&self) -> bool {
        self.reads.as_ref().is_some_and(Vec::is_empty)
    }

    /// Whether there is such a column.
    pub(super) fn shows(&self, column: usize) -> bool {
        self.reads.as_ref().is_none_or(|reads| reads.iter().any(|read| read.columns.contains(&column)))
    }

    fn of_row(&self, state: &State, row: &Row, is_one: impl Fn(&Read) -> bool) -> bool {
        let holds = |read: &&&Read| {
            let filter = read.rows.as_ref();
            filter.is_none_or(|filter| filter.of_row(state, self.caller, row) == Some(true))
        };
        self.reads.as_ref().is_none_or(|reads| reads.iter().filter(|read| is_one(read)).any(|read| holds(&read)))
    }

    pub(super) fn shows_row(&self, state: &State, row: &Row) -> bool {
        self.of_row(state, row, |_| true)
    }

    /// The cell of a row, as it is seen.
    pub(super) fn cell(&self, state: &State, row: &Row, column: usize) -> Cell {
        match self.of_row(state, row, |read| read.columns.contains(&column)) {
            true => row[column].clone(),
            false => Cell::Null,
        }
    }

    /// The most rows of one answer.
    pub(super) fn most_rows(&self) -> Option<usize> {
        let limits: Option<Vec<usize>> = self.reads.as_ref()?.iter().map(|read| read.limit).collect();
        limits?.into_iter().max()
    }
}

/// The groups of rows: what they are ordered by, and what is answered of each.
fn groups(state: &State, node: &Node, sight: &Sight<'_>, rows: &[&Row]) -> Vec<(Vec<Cell>, Answer)> {
    let keys: Vec<usize> = node
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Column { column, .. } => Some(*column),
            _ => None,
        })
        .collect();
    let mut groups: Vec<(Vec<Cell>, Vec<&Row>)> = Vec::new();
    if keys.is_empty() {
        groups.push((Vec::new(), Vec::new()));
    }
    for row in rows {
        let key: Vec<Cell> = keys.iter().map(|column| sight.cell(state, row, *column)).collect();
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, all)) => all.push(row),
            None => groups.push((key, vec![row])),
        }
    }
    let group = |(key, rows): (Vec<Cell>, Vec<&Row>)| {
        let cell_of = |column: usize| key[keys.iter().position(|known| *known == column).unwrap()].clone();
        // Sums of wide numbers are decimals, which are texts.
        let is_wide = |column: &Option<usize>| column.is_some_and(|column| SOURCES[node.table].is_wide(column));
        let member = |item: &Item| match item {
            Item::Aggregate { alias, function, column } => {
                let cells =
                    rows.iter().map(|row| column.map_or(Cell::Bool(true), |column| sight.cell(state, row, column)));
                (
                    alias.clone(),
                    Answer::Value(function.of(cells.filter(|cell| !cell.is_null()).collect(), is_wide(column))),
                )
            }
            Item::Column { column, .. } => {
                (SOURCES[node.table].fields[*column].name.to_owned(), Answer::Value(cell_of(*column).json()))
            }
            Item::Star => unreachable!("groups have columns by name"),
        };
        let order = node.order.iter().map(|order| cell_of(order.column)).collect();
        (order, Answer::Object(node.items.iter().map(member).collect()))
    };
    groups.into_iter().map(group).collect()
}

impl Function {
    fn of(self, cells: Vec<Cell>, is_wide: bool) -> Json {
        let number = |cell: &Cell| match cell {
            Cell::Int(number) => *number,
            other => unreachable!("{other:?} is not added up"),
        };
        match self {
            Self::Count => cells.len().into(),
            Self::Sum if cells.is_empty() => Json::Null,
            Self::Sum if is_wide => cells.iter().map(number).sum::<i64>().to_string().into(),
            Self::Sum => cells.iter().map(number).sum::<i64>().into(),
            Self::Max => cells.into_iter().max().map_or(Json::Null, |cell| cell.json()),
        }
    }
}

fn compare(order: &Order, one: &Cell, other: &Cell) -> Ordering {
    let directed = (order.is_descending, order.nulls_first);
    compare_nullable(directed, one, other, Cell::is_null)
}
