//! Random queries over a database. Each is valid, and its order determines the answer.

use std::collections::HashSet;

use super::database::Database;
use super::query::{Comparison, Condition, Embed, Item, Join, Node, Order, Test};
use super::values::{Cell, Kind, Random};

/// Related rows of related rows of related rows.
const MAX_DEPTH: usize = 3;

pub(super) fn query(database: &Database, random: &mut Random) -> Node {
    let table = random.below(database.tables.len());
    let mut generator = Generator { database, random, aliases: 0 };
    let place = Place { depth: 0, is_spread: false, is_in_many: false };
    generator.node(table, place, &mut HashSet::new())
}

struct Generator<'g> {
    database: &'g Database,
    random: &'g mut Random,
    /// How many aliases were given.
    aliases: usize,
}

/// Where a node is.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    /// Whether its columns are those of an outer row.
    is_spread: bool,
    /// Whether they become arrays there. Then none of its own embeds can become arrays too.
    is_in_many: bool,
}

impl Generator<'_> {
    /// A node whose names are none of those that the outer row has already.
    fn node(&mut self, table: usize, place: Place, names: &mut HashSet<String>) -> Node {
        let items = self.items(table, place, names);
        let mut node = Node { table, items, embeds: vec![], conditions: vec![], order: vec![], limit: None, offset: 0 };
        self.add_embeds(&mut node, place, names);
        if node.items.is_empty() && node.embeds.iter().all(Embed::is_empty) {
            node.items.push(self.aliased(0, names));
        }
        node.conditions = self.conditions(&node);
        node.order = self.order(&node);
        if self.random.one_in(4) {
            node.limit = Some(*self.random.pick(&[0, 0, 1, 1, 2, 2, 3, 5]));
        }
        if self.random.one_in(8) {
            node.offset = 1 + self.random.below(2);
        }
        node
    }

    fn items(&mut self, table: usize, place: Place, names: &mut HashSet<String>) -> Vec<Item> {
        let columns = &self.database.tables[table].table.columns;
        let is_free = |names: &HashSet<String>| columns.iter().all(|column| !names.contains(&column.name));
        let mut items = Vec::new();
        if self.random.one_in(if place.is_spread { 8 } else { 3 }) && is_free(names) {
            names.extend(columns.iter().map(|column| column.name.clone()));
            items.push(Item::Star);
        }
        for column in self.random.shuffled((0..columns.len()).collect()).into_iter().take(3) {
            if self.random.one_in(4) {
                items.push(self.aliased(column, names));
            } else if self.random.one_in(2) && names.insert(columns[column].name.clone()) {
                items.push(Item::Column(column, None));
            }
        }
        items
    }

    fn aliased(&mut self, column: usize, names: &mut HashSet<String>) -> Item {
        let alias = self.alias();
        names.insert(alias.clone());
        Item::Column(column, Some(alias))
    }

    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("{}{}", self.random.pick(&["a", "a", "a", "Ü ", "x.y", "q\"", "is,("]), self.aliases)
    }

    fn add_embeds(&mut self, node: &mut Node, place: Place, names: &mut HashSet<String>) {
        let relations = &self.database.relations;
        let of_table: Vec<usize> = (0..relations.len()).filter(|at| relations[*at].from == node.table).collect();
        let most = if place.depth == MAX_DEPTH || of_table.is_empty() { 0 } else { 3 - place.depth.min(1) };
        for _ in 0..self.random.below(most + 1) {
            let relation = *self.random.pick(&of_table);
            if let Some(embed) = self.embed(node, relation, place, names) {
                node.embeds.push(embed);
            }
        }
    }

    /// Related rows; nothing if their name is taken.
    fn embed(&mut self, node: &Node, relation: usize, place: Place, names: &mut HashSet<String>) -> Option<Embed> {
        let found = &self.database.relations[relation];
        let (target, hint) = self.random.pick(&found.names).clone();
        let is_spread = self.random.one_in(3) && !(found.is_many && place.is_in_many && place.is_spread);
        // A name that is a column too would be ambiguous in filters.
        let is_taken = names.contains(&target)
            || self.database.tables[node.table].table.column(&target).is_some()
            || node.embeds.iter().any(|embed| embed.name() == target);
        if is_spread && is_taken {
            return None;
        }
        let alias = (!is_spread && (is_taken || self.random.one_in(3))).then(|| self.alias());
        names.insert(alias.clone().unwrap_or_else(|| target.clone()));
        let is_in_many = is_spread && (found.is_many || place.is_in_many && place.is_spread);
        let place = Place { depth: place.depth + 1, is_spread, is_in_many };
        let mut inner = HashSet::new();
        let mut related = self.node(found.to, place, if is_spread { names } else { &mut inner });
        if !is_spread && self.random.one_in(8) {
            (related.items, related.embeds) = (Vec::new(), Vec::new());
            related.conditions.retain(|condition| matches!(condition, Condition::Column { .. }));
            related.order.retain(|order| order.embed.is_none());
        }
        let join = *self.random.pick(&[None, None, None, Some(Join::Left), Some(Join::Inner)]);
        Some(Embed { relation, target, hint, alias, join, is_spread, node: related })
    }

    fn conditions(&mut self, node: &Node) -> Vec<Condition> {
        let count = *self.random.pick(&[0, 0, 0, 1, 1, 2]);
        (0..count).map(|_| self.condition(node, 2)).collect()
    }

    fn condition(&mut self, node: &Node, depth: usize) -> Condition {
        if depth > 0 && self.random.one_in(3) {
            let conditions = (0..1 + self.random.below(3)).map(|_| self.condition(node, depth - 1)).collect();
            return Condition::Group { is_any: self.random.one_in(2), is_negated: self.random.one_in(4), conditions };
        }
        if !node.embeds.is_empty() && self.random.one_in(3) {
            let embed = self.random.below(node.embeds.len());
            return Condition::Embed { embed, is_present: self.random.one_in(2) };
        }
        let column = self.random.below(self.database.tables[node.table].kinds.len());
        Condition::Column { column, is_negated: self.random.one_in(4), test: self.test(node, column) }
    }

    fn test(&mut self, node: &Node, column: usize) -> Test {
        let kind = self.database.tables[node.table].kinds[column];
        match self.random.below(8) {
            0 => Test::IsNull,
            1 => Test::In((0..self.random.below(4)).map(|_| self.operand(node, column)).collect()),
            2 => Test::IsDistinct(self.operand(node, column)),
            3..6 if kind == Kind::Text => {
                Test::Like { pattern: self.pattern(node, column), folds_case: self.random.one_in(2) }
            }
            3 if kind == Kind::Boolean => Test::Is(self.random.one_in(2)),
            4 if kind == Kind::Boolean => Test::IsUnknown,
            _ => Test::Compare(*self.random.pick(&Comparison::ALL), self.operand(node, column)),
        }
    }

    /// A value to compare with: mostly one that a row has.
    fn operand(&mut self, node: &Node, column: usize) -> Cell {
        let source = &self.database.tables[node.table];
        let held: Vec<&Cell> = source.rows.iter().map(|row| &row[column]).filter(|cell| !cell.is_null()).collect();
        match held.is_empty() || self.random.one_in(3) {
            true => source.kinds[column].operand(self.random),
            false => (*self.random.pick(&held)).clone(),
        }
    }

    /// A pattern that is like some text.
    fn pattern(&mut self, node: &Node, column: usize) -> String {
        let Cell::Text(text) = self.operand(node, column) else { unreachable!("only texts have patterns") };
        let escaped: Vec<String> =
            text.chars().map(|c| if "\\%_".contains(c) { format!("\\{c}") } else { c.to_string() }).collect();
        let (start, end) = (self.random.below(escaped.len() + 1), self.random.below(escaped.len() + 1));
        let (start, end) = (start.min(end), start.max(end));
        let any = *self.random.pick(&["*", "%", "_", "%_", ""]);
        match self.random.below(4) {
            0 => escaped.concat(),
            1 => format!("{}{any}", escaped[..end].concat()),
            2 => format!("{any}{}", escaped[start..].concat()),
            _ => format!("{}{any}{}", escaped[..start].concat(), escaped[end..].concat()),
        }
    }

    /// An order that ends with the primary key, by which no two rows are equal.
    fn order(&mut self, node: &Node) -> Vec<Order> {
        let mut orders = Vec::new();
        for _ in 0..self.random.below(3) {
            let embed = if node.embeds.is_empty() { 0 } else { self.random.below(node.embeds.len()) };
            let single = node.embeds.get(embed).filter(|one| !self.database.relations[one.relation].is_many);
            let (embed, table) = match single {
                Some(single) if self.random.one_in(2) => (Some(embed), single.node.table),
                _ => (None, node.table),
            };
            let column = self.random.below(self.database.tables[table].kinds.len());
            orders.push(self.order_by(embed, column));
        }
        for column in &self.database.tables[node.table].key {
            orders.push(self.order_by(None, *column));
        }
        orders
    }

    fn order_by(&mut self, embed: Option<usize>, column: usize) -> Order {
        let nulls_first = *self.random.pick(&[None, Some(true), Some(false)]);
        Order { embed, column, is_descending: self.random.one_in(2), nulls_first }
    }
}
