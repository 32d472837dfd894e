//! Generates each enum once, however many tables use it.

use std::fmt::Write as _;

use heck::ToShoutySnakeCase;

use super::names::{Members, Names};
use super::{documentation, literal};
use mwallet_schema::{Column, EnumLabel, EnumType, visible};

/// The enums found so far.
#[derive(Default)]
pub(super) struct Enums(Vec<(EnumType, String)>);

impl Enums {
    /// Returns the Rust enum of a column, if its type has labels.
    pub(super) fn name_for(&mut self, column: &Column, names: &mut Names) -> Option<String> {
        let found = column.labels()?;
        if let Some((_, name)) = self.0.iter().find(|(known, _)| *known == found) {
            return Some(name.clone());
        }
        let name = names.of_enum(&found.name);
        self.0.push((found, name.clone()));
        Some(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, name)| name.as_str())
    }

    pub(super) fn text(&self) -> String {
        let one = |(found, name): &(EnumType, String)| {
            let mut text = format!("/// The labels of `{}`.\n", visible(&found.name));
            // Writing to a string cannot fail.
            let _ = writeln!(text, "#[derive(Clone, Copy, Debug, PartialEq, Eq, Enumeration)]\npub enum {name} {{");
            let mut members = Members::default();
            for (position, label) in (0..).zip(&found.labels) {
                let EnumLabel { name, code, comment, .. } = label;
                let variant = members.variant(name);
                text.push_str(&comment.as_deref().and_then(|text| documentation(text, "    ")).unwrap_or_default());
                if variant.to_shouty_snake_case() != *name || !variant.is_ascii() {
                    let _ = writeln!(text, "    #[enumeration(label = {})]", literal(name));
                }
                let number = if *code == position { String::new() } else { format!(" = {code}") };
                let _ = writeln!(text, "    {variant}{number},");
            }
            text.push_str("}\n");
            text
        };
        self.0.iter().map(one).collect::<Vec<_>>().join("\n")
    }
}
