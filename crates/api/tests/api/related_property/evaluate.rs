//! Evaluates a query over the rows in memory: with loops, and without knowing how the server plans it.

use std::cmp::Ordering;

use super::answer::Answer;
use super::casts::Function;
use super::database::{Database, Pairs, Row};
use super::query::{Cast, Comparison, Condition, Embed, Item, Join, Node, Order, Selected, Test};
use super::values::{Cell, Kind};

/// What the server should answer.
pub(super) struct Expected {
    pub(super) rows: Answer,
    /// The number of rows, or of groups, regardless of the page.
    pub(super) total: usize,
}

pub(super) fn evaluate(database: &Database, root: &Node) -> Expected {
    let evaluator = Evaluator(database);
    let all: Vec<&Row> = database.tables[root.table].rows.iter().collect();
    let kept = all.iter().copied().filter(|row| evaluator.keeps(root, row));
    let total = match root.is_grouped(database) {
        true => evaluator.groups(root, kept.collect()).len(),
        false => kept.count(),
    };
    Expected { rows: evaluator.rows(root, all), total }
}

struct Evaluator<'d>(&'d Database);

impl<'d> Evaluator<'d> {
    /// The rows that a node returns of some.
    fn page(&self, node: &Node, rows: Vec<&'d Row>) -> Vec<&'d Row> {
        let mut rows: Vec<&Row> = rows.into_iter().filter(|row| self.keeps(node, row)).collect();
        rows.sort_by(|one, other| self.compare(node, one, other));
        rows.into_iter().skip(node.offset).take(node.limit.unwrap_or(usize::MAX)).collect()
    }

    /// The rows that an embed returns for a row.
    fn embedded(&self, embed: &Embed, row: &Row) -> Vec<&'d Row> {
        self.page(&embed.node, self.related(embed, row))
    }

    fn related(&self, embed: &Embed, row: &Row) -> Vec<&'d Row> {
        let relation = &self.0.relations[embed.relation];
        let rows = self.0.tables[relation.to].rows.iter();
        match &relation.junction {
            None => rows.filter(|other| are_equal(row, other, &relation.pairs)).collect(),
            Some((junction, far)) => {
                let junction = &self.0.tables[*junction].rows;
                let joins = |other: &&Row| {
                    let joins =
                        |between: &Row| are_equal(row, between, &relation.pairs) && are_equal(between, other, far);
                    junction.iter().any(joins)
                };
                rows.filter(joins).collect()
            }
        }
    }

    fn keeps(&self, node: &Node, row: &Row) -> bool {
        let holds = |condition: &Condition| self.holds(node, condition, row) == Some(true);
        let is_joined = |embed: &Embed| embed.join != Some(Join::Inner) || self.is_present(embed, row);
        node.conditions.iter().all(holds) && node.embeds.iter().all(is_joined)
    }

    /// Whether an embed returns anything for a row. Without keys, there is a group even of no rows.
    fn is_present(&self, embed: &Embed, row: &Row) -> bool {
        match embed.node.is_grouped(self.0) && !embed.groups_outer_rows(self.0) {
            true => !self.page_of_groups(&embed.node, self.related(embed, row)).is_empty(),
            false => !self.embedded(embed, row).is_empty(),
        }
    }

    /// Whether a condition holds; `None` is unknown.
    fn holds(&self, node: &Node, condition: &Condition, row: &Row) -> Option<bool> {
        match condition {
            Condition::Field { field, is_negated, test } => {
                passes(test, &field.read(row)).map(|passes| passes != *is_negated)
            }
            Condition::Embed { embed, is_present } => Some(self.is_present(&node.embeds[*embed], row) == *is_present),
            Condition::Group { is_any, is_negated, conditions } => {
                let results: Vec<Option<bool>> =
                    conditions.iter().map(|condition| self.holds(node, condition, row)).collect();
                let holds = match results {
                    results if results.contains(&Some(*is_any)) => Some(*is_any),
                    results if results.contains(&None) => None,
                    _ => Some(!is_any),
                };
                holds.map(|holds| holds != *is_negated)
            }
        }
    }

    fn compare(&self, node: &Node, one: &Row, other: &Row) -> Ordering {
        let compared = node.order.iter().map(|order| {
            compare_cells(order, &self.ordered_by(node, order, one), &self.ordered_by(node, order, other))
        });
        compared.fold(Ordering::Equal, Ordering::then)
    }

    /// The value of a row to order by: its own, or that of the row that an embed returns.
    fn ordered_by(&self, node: &Node, order: &Order, row: &Row) -> Cell {
        let Some(embed) = order.embed else { return order.field.read(row) };
        let related = self.embedded(&node.embeds[embed], row);
        related.first().map_or(Cell::Null, |related| order.field.read(related))
    }

    /// What a node returns of some rows.
    fn rows(&self, node: &Node, rows: Vec<&'d Row>) -> Answer {
        let answers = match node.is_grouped(self.0) {
            true => self.page_of_groups(node, rows),
            false => self.page(node, rows).into_iter().map(|row| self.object(node, Some(row))).collect(),
        };
        let answers = answers.into_iter().map(Answer::Object).collect();
        if node.is_unordered { Answer::Unordered(answers) } else { Answer::Rows(answers) }
    }

    /// A row as an object. Without a row, everything in it is null.
    fn object(&self, node: &Node, row: Option<&Row>) -> Members {
        let kinds = &self.0.tables[node.table].kinds;
        let mut object = Members::new();
        for (name, value) in self.values(node) {
            // SQLite returns whole documents as they were written.
            let is_whole = value.cast.is_none() && value.field.as_ref().is_some_and(|field| field.path.is_empty());
            let is_exact = !(is_whole && value.input_kind(kinds) == Kind::Json);
            object.push((name, Answer::value(input(&value, kinds, row), is_exact)));
        }
        for embed in node.embeds.iter().filter(|embed| !embed.is_empty()) {
            match embed.is_spread {
                true => object.extend(self.spread(embed, row)),
                false => object.push((embed.name().into(), self.embed(embed, row))),
            }
        }
        object
    }

    /// The values of a node, and their names. `*` adds those that are not selected anyway.
    fn values(&self, node: &Node) -> Vec<(String, Selected)> {
        let columns = &self.0.tables[node.table].table.columns;
        let mut all: Vec<(String, Selected)> = Vec::new();
        for item in &node.items {
            let added: Vec<Selected> = match item {
                Item::Value(value) => vec![value.clone()],
                Item::Star => (0..columns.len()).map(Selected::from).collect(),
            };
            for value in added {
                let name = value.alias.clone().unwrap_or_else(|| value.own_name(columns));
                if !all.iter().any(|(earlier, _)| *earlier == name) {
                    all.push((name, value));
                }
            }
        }
        all
    }

    fn embed(&self, embed: &Embed, row: Option<&Row>) -> Answer {
        let Some(row) = row else { return Answer::Null };
        let rows = self.rows(&embed.node, self.related(embed, row));
        match rows {
            rows if self.0.relations[embed.relation].is_many => rows,
            Answer::Rows(rows) | Answer::Unordered(rows) => rows.into_iter().next().unwrap_or(Answer::Null),
            _ => unreachable!("a node returns rows"),
        }
    }

    /// The members that an embed adds to the outer object: of several rows, arrays.
    fn spread(&self, embed: &Embed, row: Option<&Row>) -> Members {
        let Some(row) = row else { return self.object(&embed.node, None) };
        let rows = self.embedded(embed, row);
        if !self.0.relations[embed.relation].is_many {
            return self.object(&embed.node, rows.first().copied());
        }
        let objects: Vec<Members> = rows.iter().map(|row| self.object(&embed.node, Some(row))).collect();
        let values = |position: usize| objects.iter().map(|object| object[position].1.clone()).collect();
        let names = self.object(&embed.node, None).into_iter().map(|(name, _)| name);
        names.enumerate().map(|(position, name)| (name, Answer::Rows(values(position)))).collect()
    }

    /// The groups that a node returns of some rows.
    fn page_of_groups(&self, node: &Node, rows: Vec<&'d Row>) -> Vec<Members> {
        let mut groups = self.groups(node, rows.into_iter().filter(|row| self.keeps(node, row)).collect());
        groups.sort_by(|(_, one), (_, other)| {
            let compared = node.order.iter().zip(one.iter().zip(other));
            compared.fold(Ordering::Equal, |all, (order, (one, other))| all.then(compare_cells(order, one, other)))
        });
        let groups = groups.into_iter().map(|(members, _)| members);
        groups.skip(node.offset).take(node.limit.unwrap_or(usize::MAX)).collect()
    }

    /// Makes groups of rows: what each returns, and the values that it is ordered by.
    fn groups(&self, node: &Node, rows: Vec<&Row>) -> Vec<(Members, Vec<Cell>)> {
        let mut groups: Vec<(Vec<Part>, Vec<Cell>)> = Vec::new();
        let empty: Vec<Part> = self.parts(node, None).into_iter().map(Part::without_inputs).collect();
        if empty.iter().all(|part| part.key.is_none()) {
            groups.push((empty, Vec::new()));
        }
        for row in rows {
            let parts = self.parts(node, Some(row));
            let is_same = |other: &[Part]| parts.iter().zip(other).all(|(one, other)| one.key == other.key);
            match groups.iter_mut().find(|(other, _)| is_same(other)) {
                Some((group, _)) => group.iter_mut().zip(parts).for_each(|(all, part)| all.inputs.extend(part.inputs)),
                None => {
                    let order = node.order.iter().map(|order| self.ordered_by(node, order, row)).collect();
                    groups.push((parts, order));
                }
            }
        }
        groups.into_iter().map(|(parts, order)| (parts.into_iter().map(Part::finish).collect(), order)).collect()
    }

    /// What a row adds to its group.
    fn parts(&self, node: &Node, row: Option<&Row>) -> Vec<Part> {
        let kinds = &self.0.tables[node.table].kinds;
        let mut parts = Vec::new();
        for (name, value) in self.values(node) {
            let (kind, input) = (value.input_kind(kinds), input(&value, kinds, row));
            parts.push(match value.aggregate {
                Some((function, cast)) => {
                    Part { name, key: None, inputs: vec![input], aggregate: Some((function, kind, cast)) }
                }
                None => {
                    let is_exact = !matches!(kind, Kind::Json | Kind::Number);
                    Part { name, key: Some(Answer::value(input, is_exact)), inputs: vec![], aggregate: None }
                }
            });
        }
        for embed in node.embeds.iter().filter(|embed| !embed.is_empty()) {
            if embed.is_part_of_outer_row(self.0) {
                let related = row.and_then(|row| self.embedded(embed, row).first().copied());
                parts.extend(self.parts(&embed.node, related));
            } else {
                let key = Some(self.embed(embed, row).loose());
                parts.push(Part { name: embed.name().into(), key, inputs: vec![], aggregate: None });
            }
        }
        parts
    }
}

type Members = Vec<(String, Answer)>;

/// A member of groups.
struct Part {
    name: String,
    /// What is the same for all rows of a group. `None` if it is aggregated.
    key: Option<Answer>,
    /// What is aggregated.
    inputs: Vec<Cell>,
    aggregate: Option<(Function, Kind, Option<Cast>)>,
}

impl Part {
    fn without_inputs(self) -> Self {
        Self { inputs: vec![], ..self }
    }

    fn finish(self) -> (String, Answer) {
        let Some((function, of, cast)) = self.aggregate else { return (self.name, self.key.unwrap_or(Answer::Null)) };
        let result = function.apply(&self.inputs, of);
        let kind = function.kind(of).unwrap();
        // Of equal numbers, any can be the largest.
        let is_exact = !(matches!(function, Function::Min | Function::Max) && of == Kind::Number);
        (self.name, Answer::value(converted(result, kind, cast), is_exact))
    }
}

/// The value of a row, before it is aggregated.
fn input(value: &Selected, kinds: &[Kind], row: Option<&Row>) -> Cell {
    let Some(row) = row else { return Cell::Null };
    match &value.field {
        Some(field) => converted(field.read(row), field.kind(kinds), value.cast),
        None => Cell::Bool(true),
    }
}

fn converted(cell: Cell, kind: Kind, cast: Option<Cast>) -> Cell {
    match cast {
        Some(cast) => cast.to.convert(&cell, kind).unwrap(),
        None => cell,
    }
}

fn compare_cells(order: &Order, one: &Cell, other: &Cell) -> Ordering {
    let directed = (order.is_descending, order.nulls_first);
    compare_nullable(directed, one, other, Cell::is_null)
}

fn are_equal(one: &Row, other: &Row, pairs: &Pairs) -> bool {
    pairs.iter().all(|(left, right)| !one[*left].is_null() && one[*left] == other[*right])
}

/// Whether a value passes a test; `None` is unknown.
fn passes(test: &Test, cell: &Cell) -> Option<bool> {
    match test {
        Test::IsNull | Test::IsUnknown => return Some(cell.is_null()),
        Test::Is(is) => return Some(*cell == Cell::Bool(*is)),
        Test::IsDistinct(operand) => return Some(cell != operand),
        // Not even null is unknown among no values.
        Test::In(operands) if operands.is_empty() => return Some(false),
        _ if cell.is_null() => return None,
        _ => {}
    }
    Some(match test {
        Test::Compare(comparison, operand) => match comparison {
            Comparison::Eq => cell == operand,
            Comparison::Neq => cell != operand,
            Comparison::Gt => cell > operand,
            Comparison::Gte => cell >= operand,
            Comparison::Lt => cell < operand,
            Comparison::Lte => cell <= operand,
        },
        Test::In(operands) => operands.contains(cell),
        Test::Like { pattern, folds_case } => {
            let folded = |text: &str| if *folds_case { text.to_ascii_lowercase() } else { text.into() };
            // `*` is another spelling of `%`.
            let (text, pattern) = (folded(&cell.text()), folded(pattern).replace('*', "%"));
            is_like(&text.chars().collect::<Vec<_>>(), &pattern.chars().collect::<Vec<_>>())
        }
        Test::IsNull | Test::IsUnknown | Test::Is(_) | Test::IsDistinct(_) => unreachable!("they are never unknown"),
    })
}

fn is_like(text: &[char], pattern: &[char]) -> bool {
    match (pattern, text) {
        ([], _) => text.is_empty(),
        (['%', rest @ ..], _) => (0..=text.len()).any(|skipped| is_like(&text[skipped..], rest)),
        (['\\', escaped, rest @ ..], [first, others @ ..]) => first == escaped && is_like(others, rest),
        (['_', rest @ ..], [_, others @ ..]) => is_like(others, rest),
        ([expected, rest @ ..], [first, others @ ..]) => first == expected && is_like(others, rest),
        _ => false,
    }
}

/// Compares two values in a direction, with nulls at the end that is asked for, or where PostgreSQL has them.
pub(crate) fn compare_nullable<C: Ord>(
    (is_descending, nulls_first): (bool, Option<bool>),
    one: &C,
    other: &C,
    is_null: impl Fn(&C) -> bool,
) -> Ordering {
    let nulls_first = nulls_first.unwrap_or(is_descending);
    match (is_null(one), is_null(other)) {
        (true, true) => Ordering::Equal,
        (false, false) if is_descending => other.cmp(one),
        (false, false) => one.cmp(other),
        (is_null, _) if is_null == nulls_first => Ordering::Less,
        _ => Ordering::Greater,
    }
}
