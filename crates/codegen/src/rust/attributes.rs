//! Attributes, in as few lines as they fit into.

use super::literal;

/// The most characters of a list's items that stand on one line, as `rustfmt` has it.
const WIDTH: usize = 70;

/// One item of an attribute.
pub(super) enum Item {
    /// As it is written: `unique`, `max = 10`.
    Plain(String),
    /// `name(a, b)`.
    List(&'static str, Vec<Item>),
}

/// The items of one attribute: `#[entity(unique, max = 10)]`.
#[derive(Default)]
pub(super) struct Attributes(Vec<Item>);

impl Attributes {
    /// An item.
    pub(super) fn add(&mut self, item: impl Into<Item>) {
        self.0.push(item.into());
    }

    /// `name = "text"`.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.add(assigned(name, text));
    }

    /// `name = number`.
    pub(super) fn number(&mut self, name: &str, number: u32) {
        self.add(format!("{name} = {number}"));
    }

    /// The attribute, or nothing where it has no items.
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
    /// On one line.
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

/// `name = "text"`.
pub(super) fn assigned(name: &str, text: &str) -> Item {
    Item::Plain(format!("{name} = {}", literal(text)))
}

/// `name(a, b)`.
pub(super) fn listed(name: &'static str, items: impl IntoIterator<Item = impl Into<Item>>) -> Item {
    Item::List(name, items.into_iter().map(Into::into).collect())
}

fn joined(items: &[Item]) -> String {
    items.iter().map(Item::short).collect::<Vec<_>>().join(", ")
}

/// Items in brackets: on one line, or each on its own.
fn brackets(items: &[Item], indent: &str) -> String {
    let all = joined(items);
    if all.chars().count() <= WIDTH {
        return format!("({all})");
    }
    // A list that stands alone shares its brackets.
    if let [Item::List(name, items)] = items {
        return format!("({name}{})", brackets(items, indent));
    }
    let inner = format!("{indent}    ");
    let lines: Vec<String> = items.iter().map(|item| format!("{inner}{}", item.written(&inner))).collect();
    format!("(\n{}\n{indent})", lines.join(",\n"))
}
