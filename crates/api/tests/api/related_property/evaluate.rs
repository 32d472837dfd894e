//! Evaluates a query over the rows in memory: with loops, and without knowing how the server plans it.

use std::cmp::Ordering;

use serde_json::{Map, Value as Json};

use super::database::{Database, Pairs, Row};
use super::query::{Comparison, Condition, Embed, Item, Join, Node, Order, Test};
use super::values::Cell;

/// What the server should answer.
pub(super) struct Expected {
    pub(super) rows: Json,
    /// The number of rows regardless of the page.
    pub(super) total: usize,
}

pub(super) fn evaluate(database: &Database, root: &Node) -> Expected {
    let evaluator = Evaluator(database);
    let all: Vec<&Row> = database.tables[root.table].rows.iter().collect();
    let total = all.iter().filter(|row| evaluator.keeps(root, row)).count();
    let rows = evaluator.page(root, all).into_iter().map(|row| evaluator.object(root, Some(row)).into()).collect();
    Expected { rows: Json::Array(rows), total }
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
        let is_joined = |embed: &Embed| embed.join != Some(Join::Inner) || !self.embedded(embed, row).is_empty();
        node.conditions.iter().all(holds) && node.embeds.iter().all(is_joined)
    }

    /// Whether a condition holds; `None` is unknown.
    fn holds(&self, node: &Node, condition: &Condition, row: &Row) -> Option<bool> {
        match condition {
            Condition::Column { column, is_negated, test } => {
                passes(test, &row[*column]).map(|passes| passes != *is_negated)
            }
            Condition::Embed { embed, is_present } => {
                Some(self.embedded(&node.embeds[*embed], row).is_empty() != *is_present)
            }
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
            let (one, other) = (self.ordered_by(node, order, one), self.ordered_by(node, order, other));
            let nulls_first = order.nulls_first.unwrap_or(order.is_descending);
            match (one.is_null(), other.is_null()) {
                (true, true) => Ordering::Equal,
                (false, false) if order.is_descending => other.cmp(&one),
                (false, false) => one.cmp(&other),
                (is_null, _) if is_null == nulls_first => Ordering::Less,
                _ => Ordering::Greater,
            }
        });
        compared.fold(Ordering::Equal, Ordering::then)
    }

    /// The value of a row to order by: its own, or that of the row that an embed returns.
    fn ordered_by(&self, node: &Node, order: &Order, row: &Row) -> Cell {
        let Some(embed) = order.embed else { return row[order.column].clone() };
        let related = self.embedded(&node.embeds[embed], row);
        related.first().map_or(Cell::Null, |related| related[order.column].clone())
    }

    /// A row as an object. Without a row, everything in it is null.
    fn object(&self, node: &Node, row: Option<&Row>) -> Map<String, Json> {
        let mut object = Map::new();
        for (column, name) in self.columns(node) {
            object.insert(name, row.map_or(Json::Null, |row| row[column].json()));
        }
        for embed in node.embeds.iter().filter(|embed| !embed.is_empty()) {
            let is_many = self.0.relations[embed.relation].is_many;
            let rows = row.map(|row| self.embedded(embed, row));
            match embed.is_spread {
                true => object.extend(self.spread(embed, is_many, rows)),
                false => {
                    object.insert(embed.name().into(), self.value(embed, is_many, rows));
                }
            }
        }
        object
    }

    /// The columns of a node, and their names. `*` adds those that are not selected anyway.
    fn columns(&self, node: &Node) -> Vec<(usize, String)> {
        let table = &self.0.tables[node.table].table;
        let own = |column: usize| (column, table.columns[column].name.clone());
        let mut all: Vec<(usize, String)> = Vec::new();
        for item in &node.items {
            let added = match item {
                Item::Column(column, Some(alias)) => vec![(*column, alias.clone())],
                Item::Column(column, None) => vec![own(*column)],
                Item::Star => (0..table.columns.len()).map(own).collect(),
            };
            all.extend(added);
        }
        let mut names = Vec::new();
        all.retain(|(_, name)| {
            let is_new = !names.contains(name);
            names.push(name.clone());
            is_new
        });
        all
    }

    fn value(&self, embed: &Embed, is_many: bool, rows: Option<Vec<&Row>>) -> Json {
        let Some(rows) = rows else { return Json::Null };
        let mut objects = rows.into_iter().map(|row| Json::from(self.object(&embed.node, Some(row))));
        match is_many {
            true => objects.collect(),
            false => objects.next().unwrap_or_default(),
        }
    }

    /// The members that an embed adds to the outer object: of several rows, arrays.
    fn spread(&self, embed: &Embed, is_many: bool, rows: Option<Vec<&Row>>) -> Map<String, Json> {
        let Some(rows) = rows else { return self.object(&embed.node, None) };
        if !is_many {
            return self.object(&embed.node, rows.first().copied());
        }
        let objects: Vec<Map<String, Json>> = rows.iter().map(|row| self.object(&embed.node, Some(row))).collect();
        let names = self.object(&embed.node, None);
        let values = |name: &String| objects.iter().map(|object| object[name].clone()).collect::<Json>();
        names.keys().map(|name| (name.clone(), values(name))).collect()
    }
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
