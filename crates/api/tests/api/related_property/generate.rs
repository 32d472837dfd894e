//! Random queries over a database. Each is valid, and its order determines the answer, unless groups have no order that
//! does.

use std::collections::HashSet;

use super::casts::{Function, Type};
use super::database::Database;
use super::query::{Cast, Comparison, Condition, Embed, Field, Item, Join, Node, Order, Selected, Step, Test};
use super::values::{Cell, Kind, Random};

/// Related rows of related rows of related rows.
const MAX_DEPTH: usize = 3;

/// Ways into the documents of [`super::json`]. Some lead nowhere in most of them.
const PATHS: [&[Step]; 20] = [
    &[Step::Member("n")],
    &[Step::Member("n")],
    &[Step::Member("i")],
    &[Step::Member("i")],
    &[Step::Member("s")],
    &[Step::Member("b")],
    &[Step::Member("t")],
    &[Step::Member("o")],
    &[Step::Member("m")],
    &[Step::Member("m"), Step::Item(-1), Step::Member("k")],
    &[Step::Member("t"), Step::Item(0)],
    &[Step::Member("t"), Step::Item(-1)],
    &[Step::Member("t"), Step::Item(1), Step::Member("n")],
    &[Step::Member("o"), Step::Member("n")],
    &[Step::Member("o"), Step::Member("k")],
    &[Step::Member("a.b"), Step::Member("")],
    &[Step::Member("a.b"), Step::Member("x y"), Step::Item(0)],
    &[Step::Member("0")],
    &[Step::Item(1)],
    &[Step::Item(-2)],
];

pub(super) fn query(database: &Database, random: &mut Random) -> Node {
    let table = random.below(database.tables.len());
    let mut generator = Generator { database, random, aliases: 0 };
    let place = Place { depth: 0, is_spread: false, is_in_many: false, is_in_groups: None };
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
    /// Whether the outer row, of which it is a part, may be grouped. Then none of its embeds can become arrays.
    is_in_groups: Option<bool>,
}

impl Generator<'_> {
    /// A node whose names are none of those that the outer row has already.
    fn node(&mut self, table: usize, place: Place, names: &mut HashSet<String>) -> Node {
        let groups =
            place.is_in_groups.unwrap_or_else(|| !(place.is_in_many && place.is_spread) && self.random.one_in(3));
        let mut items = if groups { Vec::new() } else { self.items(table, place, names) };
        if groups {
            self.add_grouped(table, place, &mut items, names);
        }
        let (embeds, conditions, order) = (vec![], vec![], vec![]);
        let mut node = Node { table, items, embeds, conditions, order, limit: None, offset: 0, is_unordered: false };
        self.add_embeds(&mut node, place, groups, names);
        if node.items.is_empty() && node.embeds.iter().all(Embed::is_empty) {
            node.items.push(self.aliased(0, names));
        }
        node.conditions = self.conditions(&node);
        if node.is_grouped(self.database) {
            self.order_groups(&mut node);
        } else {
            node.order = self.order(&node);
        }
        if node.is_unordered {
            return node;
        }
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
                items.push(Item::Value(column.into()));
            }
        }
        for _ in 0..self.random.below(3) {
            items.extend(self.selected(table, None, names));
        }
        items
    }

    /// Adds the values by which rows are grouped, and those that are aggregated.
    fn add_grouped(&mut self, table: usize, place: Place, items: &mut Vec<Item>, names: &mut HashSet<String>) {
        for _ in 0..self.random.below(3) {
            items.extend(self.selected(table, None, names));
        }
        if self.random.one_in(8) {
            items.extend(self.items(table, place, names));
        }
        for _ in 0..self.random.below(4) {
            let function = *self.random.pick(&Function::ALL);
            items.extend(self.selected(table, Some(function), names));
        }
    }

    /// Selects a value that can be converted and aggregated; nothing if it cannot, or if its name is taken.
    fn selected(&mut self, table: usize, function: Option<Function>, names: &mut HashSet<String>) -> Option<Item> {
        let source = &self.database.tables[table];
        let is_of_rows = function == Some(Function::Count) && self.random.one_in(2);
        let field = if is_of_rows { None } else { Some(self.field(table)) };
        let mut value = Selected { field, cast: None, aggregate: None, alias: None };
        let mut cells = Vec::new();
        if let Some(field) = &value.field {
            cells = source.rows.iter().map(|row| field.read(row)).collect();
            let of = field.kind(&source.kinds);
            if self.random.one_in(2) {
                let types: Vec<Type> = Type::ALL.into_iter().filter(|to| converts(&cells, of, *to)).collect();
                value.cast = Some(self.cast(&types));
            }
            if let Some(cast) = value.cast {
                cells = cells.iter().filter_map(|cell| cast.to.convert(cell, of)).collect();
            }
        }
        if let Some(function) = function {
            let of = value.input_kind(&source.kinds);
            let kind = function.kind(of)?;
            let after = |to: &Type| match function {
                Function::Count => converts(&[Cell::Int(9)], kind, *to),
                // Whatever rows are added up.
                Function::Sum => [Type::Text, Type::Numeric].contains(to) || (of, *to) == (Kind::Integer, Type::BigInt),
                Function::Avg => [Type::Text, Type::Numeric].contains(to) || converts(&cells, of, *to),
                Function::Min | Function::Max => converts(&cells, of, *to),
            };
            let types: Vec<Type> = Type::ALL.into_iter().filter(after).collect();
            value.aggregate = Some((function, self.random.one_in(3).then(|| self.cast(&types))));
        }
        let name = value.own_name(&source.table.columns);
        if self.random.one_in(2) || source.table.column(&name).is_some() || names.contains(&name) {
            value.alias = Some(self.alias());
        }
        names.insert(value.alias.clone().unwrap_or(name));
        Some(Item::Value(value))
    }

    fn cast(&mut self, types: &[Type]) -> Cast {
        let to = *self.random.pick(types);
        Cast { to, name: self.random.pick::<&str>(to.names()) }
    }

    /// A column, or a value inside its JSON.
    fn field(&mut self, table: usize) -> Field {
        let kinds = &self.database.tables[table].kinds;
        let json: Vec<usize> = (0..kinds.len()).filter(|column| kinds[*column] == Kind::Json).collect();
        let column = match json.is_empty() || self.random.one_in(2) {
            true => self.random.below(kinds.len()),
            false => *self.random.pick(&json),
        };
        if kinds[column] != Kind::Json || self.random.one_in(8) {
            return column.into();
        }
        Field { column, path: self.random.pick::<&[Step]>(&PATHS), is_text: self.random.one_in(2) }
    }

    /// The same, but nothing that has no order: a whole document.
    fn ordered_field(&mut self, table: usize) -> Field {
        let field = self.field(table);
        match field.path.is_empty() && self.database.tables[table].kinds[field.column] == Kind::Json {
            true => Field { path: PATHS[0], ..field },
            false => field,
        }
    }

    fn aliased(&mut self, column: usize, names: &mut HashSet<String>) -> Item {
        let alias = self.alias();
        names.insert(alias.clone());
        Item::Value(Selected { alias: Some(alias), ..column.into() })
    }

    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("{}{}", self.random.pick(&["a", "a", "a", "Ü ", "x.y", "q\"", "is,("]), self.aliases)
    }

    fn add_embeds(&mut self, node: &mut Node, place: Place, groups: bool, names: &mut HashSet<String>) {
        let relations = &self.database.relations;
        let of_table: Vec<usize> = (0..relations.len()).filter(|at| relations[*at].from == node.table).collect();
        let most = if place.depth == MAX_DEPTH || of_table.is_empty() { 0 } else { 3 - place.depth.min(1) };
        for _ in 0..self.random.below(most + 1) {
            let relation = *self.random.pick(&of_table);
            if let Some(embed) = self.embed(node, relation, place, groups, names) {
                node.embeds.push(embed);
            }
        }
    }

    /// Related rows; nothing if their name is taken.
    fn embed(
        &mut self,
        node: &Node,
        relation: usize,
        place: Place,
        groups: bool,
        names: &mut HashSet<String>,
    ) -> Option<Embed> {
        let found = &self.database.relations[relation];
        let (target, hint) = self.random.pick(&found.names).clone();
        let is_spread = self.random.one_in(3) && !(found.is_many && (groups || place.is_in_many && place.is_spread));
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
        let is_in_groups = (is_spread && !found.is_many).then_some(groups);
        let place = Place { depth: place.depth + 1, is_spread, is_in_many, is_in_groups };
        let mut inner = HashSet::new();
        let mut related = self.node(found.to, place, if is_spread { names } else { &mut inner });
        if !is_spread && self.random.one_in(8) {
            (related.items, related.embeds) = (Vec::new(), Vec::new());
            related.conditions.retain(|condition| matches!(condition, Condition::Field { .. }));
            related.order.retain(|order| order.embed.is_none());
        }
        // Arrays without an order are no keys of groups.
        if groups && !is_determined(&related) {
            return None;
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
        let field = self.field(node.table);
        let test = self.test(node, &field);
        Condition::Field { field, is_negated: self.random.one_in(4), test }
    }

    fn test(&mut self, node: &Node, field: &Field) -> Test {
        let kind = field.kind(&self.database.tables[node.table].kinds);
        let has_order = kind != Kind::Json || !field.path.is_empty();
        match self.random.below(8) {
            0 => Test::IsNull,
            1 => Test::In((0..self.random.below(4)).map(|_| self.operand(node, field)).collect()),
            2 => Test::IsDistinct(self.operand(node, field)),
            3..6 if kind == Kind::Text => {
                Test::Like { pattern: self.pattern(node, field), folds_case: self.random.one_in(2) }
            }
            3 if kind == Kind::Boolean => Test::Is(self.random.one_in(2)),
            4 if kind == Kind::Boolean => Test::IsUnknown,
            _ if has_order => Test::Compare(*self.random.pick(&Comparison::ALL), self.operand(node, field)),
            _ => Test::Compare(*self.random.pick(&[Comparison::Eq, Comparison::Neq]), self.operand(node, field)),
        }
    }

    /// A value to compare with: mostly one that a row has.
    fn operand(&mut self, node: &Node, field: &Field) -> Cell {
        let source = &self.database.tables[node.table];
        let cells = source.rows.iter().map(|row| field.read(row));
        let held: Vec<Cell> = cells.filter(|cell| !cell.is_null()).collect();
        match held.is_empty() || self.random.one_in(3) {
            true => field.kind(&source.kinds).operand(self.random),
            false => self.random.pick(&held).clone(),
        }
    }

    /// A pattern that is like some text.
    fn pattern(&mut self, node: &Node, field: &Field) -> String {
        let Cell::Text(text) = self.operand(node, field) else { unreachable!("only texts have patterns") };
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
            let is_row =
                |one: &&Embed| !self.database.relations[one.relation].is_many && !one.node.is_grouped(self.database);
            let single = node.embeds.get(embed).filter(is_row);
            let (embed, table) = match single {
                Some(single) if self.random.one_in(2) => (Some(embed), single.node.table),
                _ => (None, node.table),
            };
            let field = self.ordered_field(table);
            orders.push(self.order_by(embed, field));
        }
        for column in &self.database.tables[node.table].key {
            orders.push(self.order_by(None, (*column).into()));
        }
        orders
    }

    /// Orders groups by their keys. If some keys have no order, neither has the answer.
    fn order_groups(&mut self, node: &mut Node) {
        let (mut fields, mut has_all) = (self.keys(node), true);
        for (position, embed) in node.embeds.iter().enumerate().filter(|(_, embed)| !embed.is_empty()) {
            let is_part = embed.is_part_of_outer_row(self.database);
            has_all &= is_part && embed.node.embeds.iter().all(Embed::is_empty);
            if is_part {
                let keys = self.keys(&embed.node).into_iter();
                fields.extend(keys.map(|(_, field)| (Some(position), field)));
            }
        }
        has_all &= fields.iter().all(|(_, field)| field.is_some());
        node.is_unordered = !has_all;
        for (embed, field) in self.random.shuffled(fields) {
            if let Some(field) = field.filter(|_| has_all || self.random.one_in(2)) {
                node.order.push(self.order_by(embed, field));
            }
        }
    }

    /// What the values of a node are grouped by: fields, or nothing that can be ordered by.
    fn keys(&self, node: &Node) -> Vec<(Option<usize>, Option<Field>)> {
        let source = &self.database.tables[node.table];
        let mut all: Vec<Selected> = Vec::new();
        for item in &node.items {
            match item {
                Item::Star => all.extend((0..source.kinds.len()).map(Selected::from)),
                Item::Value(value) => all.push(value.clone()),
            }
        }
        let has_order = |field: &Field| !(field.path.is_empty() && field.kind(&source.kinds) == Kind::Json);
        let keys = all.into_iter().filter(|value| value.aggregate.is_none());
        keys.map(|value| (None, value.field.filter(|field| value.cast.is_none() && has_order(field)))).collect()
    }

    fn order_by(&mut self, embed: Option<usize>, field: Field) -> Order {
        let nulls_first = *self.random.pick(&[None, Some(true), Some(false)]);
        Order { embed, field, is_descending: self.random.one_in(2), nulls_first }
    }
}

/// Whether all of these values of a kind can be converted.
fn converts(cells: &[Cell], of: Kind, to: Type) -> bool {
    to.convert(&Cell::Null, of).is_some() && cells.iter().all(|cell| to.convert(cell, of).is_some())
}

/// Whether the rows of a node, and those in them, have an order.
fn is_determined(node: &Node) -> bool {
    !node.is_unordered && node.embeds.iter().all(|embed| is_determined(&embed.node))
}
