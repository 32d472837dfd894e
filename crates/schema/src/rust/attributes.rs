//! Attributes, in as few lines as they fit into.

use super::literal;

/// The most characters of an attribute's items that stand on one line, as `rustfmt` has it.
const WIDTH: usize = 70;

/// The items of one attribute: `#[entity(unique, max = 10)]`.
#[derive(Default)]
pub(super) struct Attributes(Vec<String>);

impl Attributes {
    /// A word, or an item that is written already.
    pub(super) fn add(&mut self, item: impl Into<String>) {
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

    /// `name(a, b)`.
    pub(super) fn list(&mut self, name: &str, items: &[String]) {
        self.add(listed(name, items));
    }

    /// The attribute, or nothing where it has no items.
    pub(super) fn written(&self, indent: &str) -> String {
        let Self(items) = self;
        let all = items.join(", ");
        if items.is_empty() {
            String::new()
        } else if all.chars().count() <= WIDTH {
            format!("{indent}#[entity({all})]\n")
        } else {
            let lines: Vec<String> = items.iter().map(|item| format!("{indent}    {item}")).collect();
            format!("{indent}#[entity(\n{}\n{indent})]\n", lines.join(",\n"))
        }
    }
}

/// `name = "text"`.
pub(super) fn assigned(name: &str, text: &str) -> String {
    format!("{name} = {}", literal(text))
}

/// `name(a, b)`.
pub(super) fn listed(name: &str, items: &[String]) -> String {
    format!("{name}({})", items.join(", "))
}
