//! Converts names of a database to Rust names: in Rust's case, singular, unique, and without keywords.

use std::collections::HashSet;

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use unicode_ident::{is_xid_continue, is_xid_start};

use mwallet_schema::Table;

/// The module of the enums.
pub(super) const ENUMS: &str = "enums";

/// Reserved module names.
const MODULES: &[&str] = &["mod", "lib", "main", ENUMS];

/// The types that generated files use, or that are in the prelude.
const TYPES: &[&str] = &[
    "Auto",
    "Decimal",
    "Entity",
    "Enumeration",
    "Json",
    "Option",
    "Some",
    "None",
    "Ok",
    "Err",
    "Result",
    "Self",
    "String",
    "Table",
    "Timestamp",
    "ToMany",
    "ToOne",
    "Uuid",
    "Value",
    "Vec",
];

/// The keywords that may be written as `r#word`.
const WORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// The names in use.
#[derive(Default)]
pub(super) struct Names {
    types: HashSet<String>,
    modules: HashSet<String>,
}

impl Names {
    /// Returns the type of a table: `Order Details` becomes `OrderDetail`.
    pub(super) fn of_table(&mut self, table: &Table) -> String {
        let name = type_name(&singular(&table.name));
        let schema = table.schema.as_deref().map(|schema| type_name(&format!("{schema} {}", singular(&table.name))));
        self.take([name.clone()].into_iter().chain(schema), &name, "Row")
    }

    /// Returns the type of an enum.
    pub(super) fn of_enum(&mut self, name: &str) -> String {
        let name = type_name(name);
        self.take([name.clone()].into_iter(), &name, "Label")
    }

    /// Returns the module of a type: `OrderDetail` becomes `order_detail`. It is also a file name, so it is ASCII
    /// only.
    pub(super) fn of_module(&mut self, type_name: &str) -> String {
        let ascii: String = type_name.to_snake_case().chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
        let words: Vec<&str> = ascii.split('_').filter(|word| !word.is_empty()).collect();
        let name = started(&words.join("_"), "table");
        let is_free = |name: &str| !MODULES.contains(&name) && !self.modules.contains(name);
        let name = unused(&name, "_", is_free);
        self.modules.insert(name.clone());
        raw(name)
    }

    fn take(&mut self, mut wanted: impl Iterator<Item = String>, name: &str, ending: &str) -> String {
        let is_free = |name: &str| !TYPES.contains(&name) && !self.types.contains(name);
        let name = match wanted.find(|name| is_free(name)) {
            Some(name) => name,
            None if is_free(&format!("{name}{ending}")) => format!("{name}{ending}"),
            None => unused(name, "", is_free),
        };
        self.types.insert(name.clone());
        name
    }
}

/// The fields of a struct, or the variants of an enum.
#[derive(Default)]
pub(super) struct Members(HashSet<String>);

impl Members {
    /// Returns the field of a column: `AlbumId` becomes `album_id`.
    pub(super) fn field(&mut self, column: &str) -> String {
        let name = started(&allowed(&column.to_snake_case()), "column");
        // The column constant is derived from the field, so it must be unique too.
        let name = unused(&name, "_", |name| !self.0.contains(&name.to_shouty_snake_case()));
        self.0.insert(name.to_shouty_snake_case());
        raw(name)
    }

    /// Returns the variant of a label: `in progress` becomes `InProgress`.
    pub(super) fn variant(&mut self, label: &str) -> String {
        let name = started(&allowed(&label.to_upper_camel_case()), "Label");
        let name = unused(&name, "", |name| name != "Self" && !self.0.contains(name));
        self.0.insert(name.clone());
        name
    }
}

/// Returns the name, with the first free number if it is taken.
pub(super) fn unused(name: &str, between: &str, is_free: impl Fn(&str) -> bool) -> String {
    let numbered = (2_u32..).map(|number| format!("{name}{between}{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| is_free(name)).unwrap_or_default()
}

fn type_name(name: &str) -> String {
    started(&allowed(&name.to_upper_camel_case()), "Table")
}

/// Returns the name with its last word in the singular: `Order Details` becomes `order_detail`.
fn singular(name: &str) -> String {
    let words = name.to_snake_case();
    match words.rsplit_once('_') {
        Some((before, last)) => format!("{before}_{}", one(last)),
        None => one(&words),
    }
}

fn one(word: &str) -> String {
    // The singular that the library returns for these is wrong.
    if matches!(word, "us" | "data" | "media") { word.into() } else { pluralizer::pluralize(word, 1, false) }
}

/// Replaces characters that are invalid in identifiers with underscores.
fn allowed(name: &str) -> String {
    name.chars().map(|c| if is_xid_continue(c) { c } else { '_' }).collect()
}

/// Adds a prefix if an identifier cannot start like the name.
fn started(name: &str, word: &str) -> String {
    let name = name.trim_matches('_');
    match name.chars().next() {
        Some(first) if is_xid_start(first) => name.into(),
        Some(_) if word.starts_with(char::is_lowercase) => format!("{word}_{name}"),
        Some(_) => format!("{word}{name}"),
        None => word.into(),
    }
}

/// Escapes a name that is a keyword.
fn raw(name: String) -> String {
    match name.as_str() {
        "self" | "super" | "crate" => format!("{name}_"),
        word if WORDS.contains(&word) => format!("r#{word}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_rust() {
        let mut names = Names::default();
        let mut of = |name: &str| names.of_table(&Table::new(name));
        assert_eq!(of("Order Details"), "OrderDetail");
        assert_eq!(of("user_addresses"), "UserAddress");
        assert_eq!(of("status"), "Status");
        assert_eq!(of("entities"), "EntityRow");
        assert_eq!(of("Statuses"), "StatusRow");
        assert_eq!(of("STATUS"), "Status2");
        assert_eq!(of("2026"), "Table2026");
        assert_eq!(of("--"), "TableRow");
        assert_eq!(of("naïve 列"), "Naïve列");
        assert_eq!(names.of_table(&Table { schema: Some("sales".into()), ..Table::new("status") }), "SalesStatus");
        assert_eq!(names.of_module("Match"), "r#match");
        assert_eq!(names.of_module("Mod"), "mod_2");
        assert_eq!(names.of_module("Größe"), "gr_e");
        assert_eq!(names.of_module("列"), "table");
        assert_eq!(names.of_module("値"), "table_2");
        assert_eq!(names.of_module("É1"), "table_1");
    }

    #[test]
    fn every_column_has_a_field_and_a_constant_of_its_own() {
        let mut members = Members::default();
        let of = |members: &mut Members, name: &str| members.field(name);
        assert_eq!(of(&mut members, "AlbumId"), "album_id");
        assert_eq!(of(&mut members, "album id"), "album_id_2");
        assert_eq!(of(&mut members, "type"), "r#type");
        assert_eq!(of(&mut members, "Self"), "self_");
        assert_eq!(of(&mut members, "1st"), "column_1st");
        assert_eq!(of(&mut members, "%"), "column");
        assert_eq!(of(&mut members, "a.b"), "a_b");
        let mut members = Members::default();
        assert_eq!(members.variant("in progress"), "InProgress");
        assert_eq!(members.variant("IN_PROGRESS"), "InProgress2");
        assert_eq!(members.variant("it's \"fine\""), "ItSFine");
        assert_eq!(members.variant(""), "Label");
        assert_eq!(members.variant("self"), "Self2");
    }
}
