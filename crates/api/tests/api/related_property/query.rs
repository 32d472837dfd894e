//! A query as a tree, and its text in a URL.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::casts::{Function, Type};
use super::database::{Database, Row};
use super::values::{Cell, Kind};

/// What is asked of a table.
pub(super) struct Node {
    pub(super) table: usize,
    pub(super) items: Vec<Item>,
    pub(super) embeds: Vec<Embed>,
    /// All must hold.
    pub(super) conditions: Vec<Condition>,
    pub(super) order: Vec<Order>,
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
    /// Whether the order does not determine that of the answer.
    pub(super) is_unordered: bool,
}

/// What is selected of the table's own columns.
pub(super) enum Item {
    Star,
    Value(Selected),
}

/// A value of each row or group of rows.
#[derive(Clone)]
pub(super) struct Selected {
    /// `None` for rows, which are counted.
    pub(super) field: Option<Field>,
    pub(super) cast: Option<Cast>,
    /// The function, and what its result is converted to.
    pub(super) aggregate: Option<(Function, Option<Cast>)>,
    pub(super) alias: Option<String>,
}

/// A column, or a value inside its JSON.
#[derive(Clone, PartialEq)]
pub(super) struct Field {
    pub(super) column: usize,
    pub(super) path: &'static [Step],
    pub(super) is_text: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Step {
    Member(&'static str),
    Item(i32),
}

/// A type, by one of its names.
#[derive(Clone, Copy)]
pub(super) struct Cast {
    pub(super) to: Type,
    pub(super) name: &'static str,
}

/// Related rows.
pub(super) struct Embed {
    pub(super) relation: usize,
    pub(super) target: String,
    pub(super) hint: Option<String>,
    pub(super) alias: Option<String>,
    pub(super) join: Option<Join>,
    pub(super) is_spread: bool,
    pub(super) node: Node,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    Inner,
    Left,
}

pub(super) enum Condition {
    Field {
        field: Field,
        is_negated: bool,
        test: Test,
    },
    /// There are rows of the embed at this position, or there are none.
    Embed {
        embed: usize,
        is_present: bool,
    },
    Group {
        is_any: bool,
        is_negated: bool,
        conditions: Vec<Condition>,
    },
}

pub(super) enum Test {
    Compare(Comparison, Cell),
    IsDistinct(Cell),
    In(Vec<Cell>),
    Like { pattern: String, folds_case: bool },
    IsNull,
    Is(bool),
    IsUnknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    Neq,
    Gt,
    Gte,
    Lt,
    Lte,
}

pub(super) struct Order {
    /// The embed that has the field, by its position.
    pub(super) embed: Option<usize>,
    pub(super) field: Field,
    pub(super) is_descending: bool,
    pub(super) nulls_first: Option<bool>,
}

impl From<usize> for Field {
    fn from(column: usize) -> Self {
        Self { column, path: &[], is_text: false }
    }
}

impl Field {
    pub(super) fn kind(&self, kinds: &[Kind]) -> Kind {
        match (self.path.is_empty(), self.is_text) {
            (true, _) => kinds[self.column],
            (false, true) => Kind::Text,
            (false, false) => Kind::Json,
        }
    }

    pub(super) fn read(&self, row: &Row) -> Cell {
        let cell = &row[self.column];
        if self.path.is_empty() {
            return cell.clone();
        }
        let Cell::Json(document) = cell else { return Cell::Null };
        let found = document.at(self.path);
        match self.is_text {
            true => found.and_then(|found| found.plain()).map_or(Cell::Null, Cell::Text),
            false => found.map_or(Cell::Null, Cell::Json),
        }
    }
}

impl From<usize> for Selected {
    fn from(column: usize) -> Self {
        Self { field: Some(column.into()), cast: None, aggregate: None, alias: None }
    }
}

impl Selected {
    /// The kind of what is aggregated, or of the value.
    pub(super) fn input_kind(&self, kinds: &[Kind]) -> Kind {
        match (&self.cast, &self.field) {
            (Some(cast), _) => cast.to.kind(),
            (None, Some(field)) => field.kind(kinds),
            (None, None) => Kind::Boolean,
        }
    }

    /// The name without an alias.
    pub(super) fn own_name(&self, columns: &[mwallet_db::schema::Column]) -> String {
        let Some(field) = self.field.as_ref().filter(|_| self.aggregate.is_none()) else {
            return self.aggregate.map_or("count", |(function, _)| function.name()).into();
        };
        let mut names = field.path.iter().filter_map(|step| match step {
            Step::Member(name) => Some((*name).to_owned()),
            Step::Item(_) => None,
        });
        names.next_back().unwrap_or_else(|| columns[field.column].name.clone())
    }
}

impl Embed {
    pub(super) fn name(&self) -> &str {
        self.alias.as_ref().unwrap_or(&self.target)
    }

    /// Whether it is one row that is spread, which is as if the outer row had its columns.
    pub(super) fn is_part_of_outer_row(&self, database: &Database) -> bool {
        self.is_spread && !database.relations[self.relation].is_many
    }

    /// Whether its values are aggregated over the outer rows.
    pub(super) fn groups_outer_rows(&self, database: &Database) -> bool {
        self.is_part_of_outer_row(database) && self.node.is_grouped(database)
    }

    /// Whether it is there for conditions and orders only.
    pub(super) fn is_empty(&self) -> bool {
        self.node.items.is_empty() && self.node.embeds.is_empty()
    }
}

impl Node {
    /// Whether it returns groups of rows.
    pub(super) fn is_grouped(&self, database: &Database) -> bool {
        let aggregates = |item: &Item| matches!(item, Item::Value(Selected { aggregate: Some(_), .. }));
        let spreads = |embed: &Embed| embed.groups_outer_rows(database);
        self.items.iter().any(aggregates) || self.embeds.iter().any(spreads)
    }

    /// The path and the parameters of a request.
    pub(super) fn url(&self, database: &Database) -> String {
        let writer = Writer(database);
        let select = ("select".to_owned(), writer.select(self));
        let mut parameters = vec![select];
        writer.parameters(self, "", &mut parameters);
        let table = encoded(&database.tables[self.table].table.name);
        let parameters: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        format!("/rest/v1/{table}?{}", parameters.join("&"))
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Writes the text of queries.
struct Writer<'d>(&'d Database);

impl Writer<'_> {
    fn field(&self, node: &Node, field: &Field) -> String {
        let mut text = quoted(&self.0.tables[node.table].table.columns[field.column].name);
        for (position, step) in field.path.iter().enumerate() {
            text += if field.is_text && position + 1 == field.path.len() { "->>" } else { "->" };
            text += &match step {
                Step::Item(index) => index.to_string(),
                // Without quotes it would be the position in an array.
                Step::Member(name) if name.bytes().all(|byte| byte.is_ascii_digit()) => format!("\"{name}\""),
                Step::Member(name) => quoted(name),
            };
        }
        text
    }

    fn value(&self, node: &Node, value: &Selected) -> String {
        let cast = |cast: &Option<Cast>| cast.map(|cast| format!("::{}", cast.name)).unwrap_or_default();
        let alias = value.alias.as_ref().map(|alias| format!("{}:", quoted(alias))).unwrap_or_default();
        let mut text = alias;
        if let Some(field) = &value.field {
            text += &self.field(node, field);
            text += &cast(&value.cast);
            text += if value.aggregate.is_some() { "." } else { "" };
        }
        if let Some((function, after)) = &value.aggregate {
            text += &format!("{}(){}", function.name(), cast(after));
        }
        text
    }

    fn select(&self, node: &Node) -> String {
        let item = |item: &Item| match item {
            Item::Star => "*".into(),
            Item::Value(value) => self.value(node, value),
        };
        let items = node.items.iter().map(item).chain(node.embeds.iter().map(|embed| self.embed(embed)));
        items.collect::<Vec<_>>().join(",")
    }

    fn embed(&self, embed: &Embed) -> String {
        let spread = if embed.is_spread { "..." } else { "" };
        let alias = embed.alias.as_ref().map(|alias| format!("{}:", quoted(alias))).unwrap_or_default();
        let hint = embed.hint.as_ref().map(|hint| format!("!{}", quoted(hint))).unwrap_or_default();
        let join = match embed.join {
            Some(Join::Inner) => "!inner",
            Some(Join::Left) => "!left",
            None => "",
        };
        format!("{spread}{alias}{}{hint}{join}({})", quoted(&embed.target), self.select(&embed.node))
    }

    /// Adds the parameters of a node and of its embeds, whose names begin with a path.
    fn parameters(&self, node: &Node, path: &str, parameters: &mut Vec<(String, String)>) {
        for condition in &node.conditions {
            let (name, value) = match condition {
                Condition::Group { is_any, is_negated, conditions } => {
                    (group_name(*is_any, *is_negated), self.members(node, conditions))
                }
                Condition::Field { field, is_negated, test } => {
                    (self.field(node, field), operation(*is_negated, test, false))
                }
                Condition::Embed { embed, is_present } => {
                    (quoted(node.embeds[*embed].name()), presence(*is_present).into())
                }
            };
            parameters.push((format!("{path}{name}"), value));
        }
        if !node.order.is_empty() {
            let orders: Vec<String> = node.order.iter().map(|order| self.order(node, order)).collect();
            parameters.push((format!("{path}order"), orders.join(",")));
        }
        parameters.extend(node.limit.map(|limit| (format!("{path}limit"), limit.to_string())));
        if node.offset > 0 {
            parameters.push((format!("{path}offset"), node.offset.to_string()));
        }
        for embed in &node.embeds {
            self.parameters(&embed.node, &format!("{path}{}.", quoted(embed.name())), parameters);
        }
    }

    fn members(&self, node: &Node, conditions: &[Condition]) -> String {
        let member = |condition: &Condition| match condition {
            Condition::Group { is_any, is_negated, conditions } => {
                format!("{}{}", group_name(*is_any, *is_negated), self.members(node, conditions))
            }
            Condition::Field { field, is_negated, test } => {
                format!("{}.{}", self.field(node, field), operation(*is_negated, test, true))
            }
            Condition::Embed { embed, is_present } => {
                format!("{}.{}", quoted(node.embeds[*embed].name()), presence(*is_present))
            }
        };
        format!("({})", conditions.iter().map(member).collect::<Vec<_>>().join(","))
    }

    fn order(&self, node: &Node, order: &Order) -> String {
        let field = match order.embed {
            None => self.field(node, &order.field),
            Some(at) => {
                let embed = &node.embeds[at];
                format!("{}({})", quoted(embed.name()), self.field(&embed.node, &order.field))
            }
        };
        let direction = if order.is_descending { ".desc" } else { "" };
        let nulls = match order.nulls_first {
            Some(true) => ".nullsfirst",
            Some(false) => ".nullslast",
            None => "",
        };
        format!("{field}{direction}{nulls}")
    }
}

fn group_name(is_any: bool, is_negated: bool) -> String {
    format!("{}{}", if is_negated { "not." } else { "" }, if is_any { "or" } else { "and" })
}

fn presence(is_present: bool) -> &'static str {
    if is_present { "not.is.null" } else { "is.null" }
}

/// The operator and its value. In a group, a text may need quotes.
fn operation(is_negated: bool, test: &Test, is_in_group: bool) -> String {
    let value = |text: String| if is_in_group { quoted(&text) } else { text };
    let operation = match test {
        Test::Compare(comparison, cell) => format!("{}.{}", comparison.name(), value(cell.text())),
        Test::IsDistinct(cell) => format!("isdistinct.{}", value(cell.text())),
        Test::In(cells) => {
            let cells: Vec<String> = cells.iter().map(|cell| quoted(&cell.text())).collect();
            format!("in.({})", cells.join(","))
        }
        Test::Like { pattern, folds_case } => {
            format!("{}.{}", if *folds_case { "ilike" } else { "like" }, value(pattern.clone()))
        }
        Test::IsNull => "is.null".into(),
        Test::Is(is) => format!("is.{is}"),
        Test::IsUnknown => "is.unknown".into(),
    };
    format!("{}{operation}", if is_negated { "not." } else { "" })
}

impl Comparison {
    pub(crate) const ALL: [Self; 6] = [Self::Eq, Self::Neq, Self::Gt, Self::Gte, Self::Lt, Self::Lte];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Neq => "neq",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
        }
    }
}

/// A name or value, in quotes unless nothing in it has a meaning.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match !text.is_empty() && text.chars().all(is_plain) && !["order", "limit"].contains(&text) {
        true => text.into(),
        false => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}
