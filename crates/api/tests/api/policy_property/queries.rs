//! Random queries: what a request wants to know of a table and of those that it is related to.

use super::database::{Kind, MEMBERS, PEOPLE, SOURCES, TEAMS};
use super::evaluate::Asker;
use super::filters::Filter;
use super::policies::comparison;
use crate::related_property::Random;

/// What requests are about: most often what is there for their sender.
pub(super) struct Names {
    /// The tables.
    pub(super) tables: Vec<usize>,
    /// The columns of each table.
    pub(super) columns: Vec<Vec<usize>>,
    /// The same where its rows are aggregated; none if they are not.
    aggregated: Vec<Vec<usize>>,
    relations: Vec<Vec<Relation>>,
}

impl Names {
    pub(super) fn new(asker: &Asker<'_>, random: &mut Random) -> Self {
        let all = || (0..SOURCES.len()).map(|table| SOURCES[table].all().collect::<Vec<_>>());
        let mut names = Self {
            tables: (0..SOURCES.len()).collect(),
            columns: all().collect(),
            aggregated: all().collect(),
            relations: (0..SOURCES.len()).map(relations).collect(),
        };
        if !random.one_in(6) {
            let has_rows = |table: &usize| !asker.sight(*table).is_closed();
            names.tables.retain(has_rows);
            for table in 0..SOURCES.len() {
                let (sight, aggregated) = (asker.sight(table), asker.sight_of_aggregates(table));
                names.columns[table].retain(|column| sight.shows(*column));
                names.aggregated[table].retain(|column| aggregated.shows(*column));
                names.relations[table].retain(|relation| asker.is_related(table, relation));
            }
        }
        // A request must be about something.
        for (table, columns) in all().enumerate() {
            if names.columns[table].is_empty() {
                names.columns[table] = columns;
            }
        }
        if names.tables.is_empty() {
            names.tables = (0..SOURCES.len()).collect();
        }
        names
    }
}

/// What is wanted of one table.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) table: usize,
    pub(super) items: Vec<Item>,
    pub(super) embeds: Vec<Embed>,
    pub(super) filters: Vec<Filter>,
    pub(super) order: Vec<Order>,
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Item {
    /// All columns that there are.
    Star,
    Column {
        alias: Option<String>,
        column: usize,
    },
    Aggregate {
        alias: String,
        function: Function,
        column: Option<usize>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Count,
    Sum,
    Max,
}

#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) column: usize,
    pub(super) is_descending: bool,
    pub(super) nulls_first: Option<bool>,
}

/// Related rows.
#[derive(Clone, Debug)]
pub(super) struct Embed {
    pub(super) alias: String,
    pub(super) relation: Relation,
    pub(super) is_inner: bool,
    pub(super) node: Node,
}

/// A way from the rows of a table to those of another.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    pub(super) is_many: bool,
    /// What a request calls it.
    name: String,
    pub(super) to: usize,
    /// The columns that must be equal: of this table, and of the other or the junction.
    pub(super) own: usize,
    pub(super) theirs: usize,
    /// The junction: its column that leads to the other table's first one.
    pub(super) junction: Option<(usize, usize)>,
}

/// The ways from a table.
pub(super) fn relations(from: usize) -> Vec<Relation> {
    let column = |table: usize, column: usize| SOURCES[table].fields[column].name;
    let mut all = Vec::new();
    for reference in SOURCES[from].references {
        let (to, own) = (reference.target, reference.column);
        let name = match to == from {
            true => column(from, own).to_owned(),
            false => format!("{}!{}", SOURCES[to].name, column(from, own)),
        };
        all.push(Relation { is_many: false, name, to, own, theirs: 0, junction: None });
    }
    for (to, source) in SOURCES.iter().enumerate() {
        for reference in source.references.iter().filter(|reference| reference.target == from) {
            let name = format!("{}!{}", source.name, column(to, reference.column));
            all.push(Relation { is_many: true, name, to, own: 0, theirs: reference.column, junction: None });
        }
    }
    for (near, to, theirs, onward) in [(PEOPLE, TEAMS, 0, 1), (TEAMS, PEOPLE, 1, 0)] {
        if near == from {
            let name = format!("{}!members", SOURCES[to].name);
            all.push(Relation { is_many: true, name, to, own: 0, theirs, junction: Some((MEMBERS, onward)) });
        }
    }
    all
}

impl Node {
    /// All columns of a table.
    pub(super) fn all(table: usize) -> Self {
        let (items, embeds, filters, order) = (vec![Item::Star], vec![], vec![], vec![]);
        Self { table, items, embeds, filters, order, limit: None, offset: 0 }
    }

    pub(super) fn generate(table: usize, names: &Names, depth: usize, random: &mut Random) -> Self {
        let mut node = Self::all(table);
        let mut filtered = &names.columns[table];
        if random.one_in(5) && !names.aggregated[table].is_empty() {
            filtered = &names.aggregated[table];
            node.aggregate(filtered, random);
        } else {
            node.select(names, depth, random);
        }
        for _ in 0..random.below(3) {
            node.filters.push(some_filter(table, filtered, random));
        }
        node
    }

    /// What a write returns.
    pub(super) fn of_write(table: usize, names: &Names, random: &mut Random) -> Self {
        let mut node = Self::all(table);
        node.select(names, usize::from(random.one_in(4)), random);
        (node.limit, node.offset) = (None, 0);
        // Rows are written whether or not they have related ones.
        node.embeds.iter_mut().for_each(|embed| embed.is_inner = false);
        node
    }

    fn select(&mut self, names: &Names, depth: usize, random: &mut Random) {
        let table = self.table;
        if !random.one_in(4) {
            let columns = random.shuffled(names.columns[table].clone());
            let columns = columns.into_iter().take(1 + random.below(4));
            let alias = |column, random: &mut Random| random.one_in(5).then(|| format!("as{column}"));
            self.items = columns.map(|column| Item::Column { alias: alias(column, random), column }).collect();
        }
        self.order = (0..random.below(3)).map(|_| some_order(&names.columns[table], random)).collect();
        self.limit = random.one_in(4).then(|| 1 + random.below(4));
        self.offset = if random.one_in(6) { random.below(4) } else { 0 };
        if depth > 0 && !names.relations[table].is_empty() {
            for number in 0..random.below(3) {
                self.embeds.push(Embed::generate(format!("e{number}{depth}"), table, names, depth - 1, random));
            }
        }
    }

    fn aggregate(&mut self, columns: &[usize], random: &mut Random) {
        let source = &SOURCES[self.table];
        let mut items = Vec::new();
        for (number, column) in random.shuffled(columns.to_vec()).into_iter().take(random.below(3)).enumerate() {
            items.push(Item::Column { alias: None, column });
            if number == 0 && random.one_in(2) {
                self.order.push(Order { column, is_descending: random.one_in(2), nulls_first: None });
            }
        }
        for number in 0..1 + random.below(2) {
            let alias = format!("of{number}");
            let column = *random.pick(columns);
            items.push(match (random.below(4), source.fields[column].kind) {
                (0, _) | (_, Kind::Bool) => Item::Aggregate { alias, function: Function::Count, column: None },
                (1, _) => Item::Aggregate { alias, function: Function::Count, column: Some(column) },
                (2, Kind::Int) => Item::Aggregate { alias, function: Function::Sum, column: Some(column) },
                _ => Item::Aggregate { alias, function: Function::Max, column: Some(column) },
            });
        }
        self.items = items;
    }

    /// Orders rows by all that is seen of them, so that they are always in the same order.
    pub(super) fn order_wholly(&mut self, asker: &Asker<'_>) {
        let sight = asker.sight(self.table);
        let is_selected = |column: &usize| {
            self.items.iter().any(|item| matches!(item, Item::Column { column: selected, .. } if selected == column))
        };
        let columns = SOURCES[self.table].all().filter(|column| sight.shows(*column));
        let columns: Vec<usize> = columns.filter(|column| !self.is_aggregated() || is_selected(column)).collect();
        self.order.extend(columns.into_iter().map(|column| Order { column, is_descending: false, nulls_first: None }));
        self.embeds.iter_mut().for_each(|embed| embed.node.order_wholly(asker));
    }

    pub(super) fn is_aggregated(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Aggregate { .. }))
    }

    fn selected(&self) -> String {
        let name = |column: &usize| SOURCES[self.table].fields[*column].name;
        let item = |item: &Item| match item {
            Item::Star => "*".to_owned(),
            Item::Column { alias: None, column } => name(column).into(),
            Item::Column { alias: Some(alias), column } => format!("{alias}:{}", name(column)),
            Item::Aggregate { alias, function, column } => {
                let field = column.as_ref().map(|column| format!("{}.", name(column))).unwrap_or_default();
                let function = match function {
                    Function::Count => "count",
                    Function::Sum => "sum",
                    Function::Max => "max",
                };
                format!("{alias}:{field}{function}()")
            }
        };
        let embed = |embed: &Embed| {
            let inner = if embed.is_inner { "!inner" } else { "" };
            format!("{}:{}{inner}({})", embed.alias, embed.relation.name, embed.node.selected())
        };
        let all: Vec<String> = self.items.iter().map(item).chain(self.embeds.iter().map(embed)).collect();
        all.join(",")
    }

    /// The parameters of a URL.
    pub(super) fn parameters(&self) -> Vec<String> {
        let mut parameters = vec![format!("select={}", self.selected())];
        self.add_parameters("", &mut parameters);
        parameters
    }

    fn add_parameters(&self, prefix: &str, parameters: &mut Vec<String>) {
        parameters.extend(self.filters.iter().map(|filter| filter.parameter(self.table, prefix)));
        if !self.order.is_empty() {
            let order = |order: &Order| {
                let direction = if order.is_descending { "desc" } else { "asc" };
                let nulls = match order.nulls_first {
                    None => "",
                    Some(true) => ".nullsfirst",
                    Some(false) => ".nullslast",
                };
                format!("{}.{direction}{nulls}", SOURCES[self.table].fields[order.column].name)
            };
            parameters.push(format!("{prefix}order={}", self.order.iter().map(order).collect::<Vec<_>>().join(",")));
        }
        parameters.extend(self.limit.map(|limit| format!("{prefix}limit={limit}")));
        if self.offset > 0 {
            parameters.push(format!("{prefix}offset={}", self.offset));
        }
        for embed in &self.embeds {
            embed.node.add_parameters(&format!("{prefix}{}.", embed.alias), parameters);
        }
    }
}

impl Embed {
    fn generate(alias: String, from: usize, names: &Names, depth: usize, random: &mut Random) -> Self {
        let relation = random.pick(&names.relations[from]).clone();
        let mut node = Node::generate(relation.to, names, depth, random);
        node.filters.truncate(1);
        node.offset = 0;
        if !relation.is_many {
            node.limit = None;
            // The only row is no group of rows.
            if node.is_aggregated() {
                node = Node::all(relation.to);
            }
        }
        let is_inner = random.one_in(3) && !node.is_aggregated();
        Self { alias, relation, is_inner, node }
    }
}

fn some_order(columns: &[usize], random: &mut Random) -> Order {
    let column = *random.pick(columns);
    let nulls_first = random.one_in(3).then(|| random.one_in(2));
    Order { column, is_descending: random.one_in(2), nulls_first }
}

/// A filter of a request.
pub(super) fn some_filter(table: usize, columns: &[usize], random: &mut Random) -> Filter {
    let some =
        |random: &mut Random| (0..1 + random.below(2)).map(|_| comparison(table, columns, false, random)).collect();
    match random.below(8) {
        0 => Filter::Or(some(random)),
        1 => Filter::And(some(random)),
        2 => Filter::Not(Box::new(Filter::Or(some(random)))),
        3 => Filter::Or(vec![
            Filter::Not(Box::new(Filter::And(some(random)))),
            comparison(table, columns, false, random),
        ]),
        _ => comparison(table, columns, false, random),
    }
}
