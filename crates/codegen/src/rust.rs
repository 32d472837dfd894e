//! Generates a Rust struct for each table, from which `#[derive(Entity)]` builds the same [`Table`].
//!
//! Names follow Rust's conventions. Attributes state what the name or the type does not imply, so that the struct
//! describes everything that reflection found.

mod attributes;
mod enums;
mod fields;
mod names;
mod relations;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use enums::Enums;
use fields::Row;
use mwallet_schema::{Table, is_hidden, visible};
use names::Names;

/// A Rust source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name, such as `order.rs`.
    pub name: String,
    /// The content.
    pub text: String,
}

const HEAD: &str = "\
//! The tables of a database, a struct for each of its tables and views.
//!
//! They were written from the database by `mwallet generate rust`, and describe it as it was then.
";

const LINTS: &str = "
#![allow(
    clippy::duplicated_attributes,
    dead_code,
    reason = \"a column may have its part in several constraints, and no program uses every relation\"
)]
";

/// Returns the head of a file, with a paragraph on omitted tables.
fn head(left_out: &str) -> String {
    format!("{HEAD}{left_out}{LINTS}\n")
}

/// Returns the module of tables: `mod.rs`, a file for each table, and `enums.rs` if there are enums.
///
/// ```
/// # use mwallet_codegen::rust;
/// # use mwallet_schema::{Column, ColumnType, Table};
/// let mut coins = Table::new("coins");
/// coins.columns.push(Column::new("Name", ColumnType::Text { max: Some(10) }));
/// coins.primary_key.push("Name".into());
/// let files = rust::module(&[&coins]);
/// assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["mod.rs", "coin.rs"]);
/// assert!(files[1].text.contains("#[entity(column = \"Name\", max = 10, key)]\n    pub name: String,"));
/// ```
pub fn module(tables: &[&Table]) -> Vec<SourceFile> {
    let Source { rows, enums, left_out } = source(tables);
    let mut modules: Vec<&str> = rows.iter().map(|row| row.module.as_str()).collect();
    let mut exports: Vec<(&str, &str)> = rows.iter().map(|row| (row.module.as_str(), row.type_name.as_str())).collect();
    if !enums.is_empty() {
        modules.push(names::ENUMS);
        exports.extend(enums.names().map(|name| (names::ENUMS, name)));
    }
    modules.sort_unstable();
    exports.sort_unstable();
    let mut text = head(&left_out);
    modules.iter().for_each(|module| line(&mut text, &format!("mod {module};")));
    text.push_str("\nuse mwallet_db::Entity as _;\nuse mwallet_db::schema::Table;\n\n");
    exports.iter().for_each(|(module, name)| line(&mut text, &format!("pub use {module}::{name};")));
    text.push_str(&list(&rows));

    let mut files = vec![SourceFile { name: "mod.rs".into(), text }];
    for row in &rows {
        let text =
            format!("//! The {} `{}`.\n\n{}\n{}", row.kind, visible(&row.table), row.imports.text(true), row.text);
        files.push(SourceFile { name: file_name(&row.module), text });
    }
    if !enums.is_empty() {
        let text = format!("//! Types with labels.\n\nuse mwallet_db::Enumeration;\n\n{}", enums.text());
        files.push(SourceFile { name: file_name(names::ENUMS), text });
    }
    files
}

/// Returns the same code as a single file.
pub fn file(tables: &[&Table]) -> String {
    let Source { rows, enums, left_out } = source(tables);
    let mut imports = Imports::default();
    imports.db.insert("Entity");
    imports.schema.insert("Table");
    rows.iter().for_each(|row| imports.extend(&row.imports));
    if !enums.is_empty() {
        imports.db.insert("Enumeration");
    }
    let mut text = format!("{}{}\n", head(&left_out), imports.text(false));
    let parts = rows.iter().map(|row| row.text.clone()).chain((!enums.is_empty()).then(|| enums.text()));
    text.push_str(&parts.collect::<Vec<_>>().join("\n"));
    text.push_str(&list(&rows));
    text
}

/// Returns whether an entity can describe a table. PostgreSQL allows tables and views without columns, which no
/// program reads or writes.
pub fn is_described(table: &Table) -> bool {
    !table.columns.is_empty()
}

struct Source {
    rows: Vec<Row>,
    enums: Enums,
    /// The omitted tables without columns, as a paragraph of the head.
    left_out: String,
}

fn source(tables: &[&Table]) -> Source {
    let mut names = Names::default();
    let (described, others): (Vec<&Table>, Vec<&Table>) = tables.iter().partition(|table| is_described(table));
    let named: Vec<(&Table, String)> = described.into_iter().map(|table| (table, names.of_table(table))).collect();
    let mut enums = Enums::default();
    let described: Vec<&Table> = named.iter().map(|(table, _)| *table).collect();
    let rows = named.into_iter().map(|(table, name)| Row::from_table(table, name, &mut names, &mut enums));
    let mut rows: Vec<Row> = rows.collect();
    relations::add(&described, &mut rows);
    let others: Vec<String> = others.iter().map(|table| literal(&table.name)).collect();
    let left_out = match others.as_slice() {
        [] => String::new(),
        _ => format!("//!\n//! Left out, since they have no columns: {}.\n", others.join(", ")),
    };
    Source { rows, enums, left_out }
}

/// Returns the function that lists the tables.
fn list(rows: &[Row]) -> String {
    let mut text = String::from("\n/// The tables and views, as they are described here.\n");
    text.push_str("pub fn tables() -> Vec<&'static Table> {\n");
    let calls: Vec<String> = rows.iter().map(|row| format!("{}::table()", row.type_name)).collect();
    let all = calls.join(", ");
    if all.len() <= 50 {
        line(&mut text, &format!("    vec![{all}]"));
    } else {
        text.push_str("    vec![\n");
        calls.iter().for_each(|call| line(&mut text, &format!("        {call},")));
        text.push_str("    ]\n");
    }
    text.push_str("}\n");
    text
}

/// The imports of a file.
#[derive(Clone, Debug, Default)]
struct Imports {
    db: BTreeSet<&'static str>,
    schema: BTreeSet<&'static str>,
    /// Types of the other files.
    siblings: BTreeSet<String>,
}

impl Imports {
    fn extend(&mut self, other: &Self) {
        self.db.extend(&other.db);
        self.schema.extend(&other.schema);
        self.siblings.extend(other.siblings.iter().cloned());
    }

    fn text(&self, with_siblings: bool) -> String {
        let mut text = String::new();
        let mut import = |path: &str, names: Vec<&str>| match names.as_slice() {
            [] => {}
            [name] => line(&mut text, &format!("use {path}::{name};")),
            names => line(&mut text, &format!("use {path}::{{{}}};", names.join(", "))),
        };
        let mut lines = [("mwallet_db::schema", &self.schema), ("mwallet_db", &self.db)];
        // `rustfmt` sorts a name before a path, and a list of names after it.
        if self.db.len() == 1 {
            lines.reverse();
        }
        lines.iter().for_each(|(path, names)| import(path, names.iter().copied().collect()));
        if with_siblings && !self.siblings.is_empty() {
            text.push('\n');
            let names: Vec<&str> = self.siblings.iter().map(String::as_str).collect();
            match names.as_slice() {
                [name] => line(&mut text, &format!("use super::{name};")),
                names => line(&mut text, &format!("use super::{{{}}};", names.join(", "))),
            }
        }
        text
    }
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// Returns the file name of a module, whose name may be a raw identifier.
fn file_name(module: &str) -> String {
    format!("{}.rs", module.strip_prefix("r#").unwrap_or(module))
}

/// Formats a comment as doc comments, if it can be parsed back unchanged.
fn documentation(comment: &str, indent: &str) -> Option<String> {
    let mut text = String::new();
    for (index, paragraph) in comment.split("\n\n").enumerate() {
        let words: Vec<&str> = paragraph.split_whitespace().collect();
        // The compiler rejects comments with characters that change the text direction.
        if words.is_empty() || words.join(" ") != paragraph || paragraph.contains(is_hidden) {
            return None;
        }
        if index > 0 {
            line(&mut text, &format!("{indent}///"));
        }
        let mut current = format!("{indent}///");
        for word in words {
            if current.chars().count() + word.chars().count() > 110 {
                line(&mut text, &current);
                current = format!("{indent}///");
            }
            // Writing to a string cannot fail.
            let _ = write!(current, " {word}");
        }
        line(&mut text, &current);
    }
    Some(text)
}

/// Formats a text as a Rust literal.
fn literal(text: &str) -> String {
    format!("{text:?}")
}

#[cfg(test)]
mod tests;
