//! Formats attributes in as few lines as possible.

use super::literal;

/// The maximum width of list items on one line, as in `rustfmt`.
const WIDTH: usize = 70;

/// An item of an attribute.
pub(super) enum Item {
    /// A literal item: `unique`, `max = 10`.
    Plain(String),
    /// A list: `name(a, b)`.
    List(&'static str, Vec<Item>),
}

/// The items of one attribute: `#[entity(unique, max = 10)]`.
#[derive(Default)]
pub(super) struct Attributes(Vec<Item>);

impl Attributes {
    /// Adds an item.
    pub(super) fn add(&mut self, item: impl Into<Item>) {
        self.0.push(item.into());
    }

    /// Adds `name = "text"`.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.add(assigned(name, text));
    }

    /// Adds `name = number`.
    pub(super) fn number(&mut self, name: &str, number: u32) {
        self.add(format!("{name} = {number}"));
    }

    /// Formats the attribute; empty if it has no items.
    pub(super) fn written(&self, indent: &str) -> String {
        if self.0.is_empty() { String::new() } else { format!("{indent}#[entity{}]\n", brackets(&self.0, indent)) }
    }
}

impl From<String> for Item {
    fn from(item: String) -> Self {
        Self::Plain(item)
    }
}

impl From<&str> for Item {
    fn from(item: &str) -> Self {
        Self::Plain(item.into())
    }
}

impl Item {
    /// Formats the item on one line.
    fn short(&self) -> String {
        match self {
            Self::Plain(item) => item.clone(),
            Self::List(name, items) => format!("{name}({})", joined(items)),
        }
    }

    fn written(&self, indent: &str) -> String {
        match self {
            Self::Plain(item) => item.clone(),
            Self::List(name, items) => format!("{name}{}", brackets(items, indent)),
        }
    }
}

/// Returns `name = "text"`.
pub(super) fn assigned(name: &str, text: &str) -> Item {
    Item::Plain(format!("{name} = {}", literal(text)))
}

/// Returns `name(a, b)`.
pub(super) fn listed(name: &'static str, items: impl IntoIterator<Item = impl Into<Item>>) -> Item {
    Item::List(name, items.into_iter().map(Into::into).collect())
}

fn joined(items: &[Item]) -> String {
    items.iter().map(Item::short).collect::<Vec<_>>().join(", ")
}

/// Formats items in parentheses: on one line, or each on its own.
fn brackets(items: &[Item], indent: &str) -> String {
    let all = joined(items);
    if all.chars().count() <= WIDTH {
        return format!("({all})");
    }
    // A single list shares its parentheses.
    if let [Item::List(name, items)] = items {
        return format!("({name}{})", brackets(items, indent));
    }
    let inner = format!("{indent}    ");
    let lines: Vec<String> = items.iter().map(|item| format!("{inner}{}", item.written(&inner))).collect();
    format!("(\n{}\n{indent})", lines.join(",\n"))
}
