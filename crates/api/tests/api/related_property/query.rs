//! A query as a tree, and its text in a URL.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::database::Database;
use super::values::Cell;

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
}

/// What is selected of the table's own columns.
pub(super) enum Item {
    Star,
    /// A column, and its name in the response.
    Column(usize, Option<String>),
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
    Column {
        column: usize,
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

#[derive(Clone, Copy)]
pub(super) enum Comparison {
    Eq,
    Neq,
    Gt,
    Gte,
    Lt,
    Lte,
}

pub(super) struct Order {
    /// The embed that has the column, by its position.
    pub(super) embed: Option<usize>,
    pub(super) column: usize,
    pub(super) is_descending: bool,
    pub(super) nulls_first: Option<bool>,
}

impl Embed {
    pub(super) fn name(&self) -> &str {
        self.alias.as_ref().unwrap_or(&self.target)
    }

    /// Whether it is there for conditions and orders only.
    pub(super) fn is_empty(&self) -> bool {
        self.node.items.is_empty() && self.node.embeds.is_empty()
    }
}

impl Node {
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
    fn column(&self, node: &Node, column: usize) -> String {
        quoted(&self.0.tables[node.table].table.columns[column].name)
    }

    fn select(&self, node: &Node) -> String {
        let item = |item: &Item| match item {
            Item::Star => "*".into(),
            Item::Column(column, None) => self.column(node, *column),
            Item::Column(column, Some(alias)) => format!("{}:{}", quoted(alias), self.column(node, *column)),
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
                Condition::Column { column, is_negated, test } => {
                    (self.column(node, *column), operation(*is_negated, test, false))
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
            Condition::Column { column, is_negated, test } => {
                format!("{}.{}", self.column(node, *column), operation(*is_negated, test, true))
            }
            Condition::Embed { embed, is_present } => {
                format!("{}.{}", quoted(node.embeds[*embed].name()), presence(*is_present))
            }
        };
        format!("({})", conditions.iter().map(member).collect::<Vec<_>>().join(","))
    }

    fn order(&self, node: &Node, order: &Order) -> String {
        let column = match order.embed {
            None => self.column(node, order.column),
            Some(at) => {
                let embed = &node.embeds[at];
                format!("{}({})", quoted(embed.name()), self.column(&embed.node, order.column))
            }
        };
        let direction = if order.is_descending { ".desc" } else { "" };
        let nulls = match order.nulls_first {
            Some(true) => ".nullsfirst",
            Some(false) => ".nullslast",
            None => "",
        };
        format!("{column}{direction}{nulls}")
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
    pub(super) const ALL: [Self; 6] = [Self::Eq, Self::Neq, Self::Gt, Self::Gte, Self::Lt, Self::Lte];

    fn name(self) -> &'static str {
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
