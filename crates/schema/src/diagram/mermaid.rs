//! A diagram as text for Mermaid.

use std::fmt::Write as _;

use crate::Table;

pub(super) fn text(tables: &[&Table]) -> String {
    let mut out = String::from("erDiagram\n");
    // Writing to a string cannot fail.
    for table in tables {
        let _ = writeln!(out, "  {} {{", entity(table));
        for column in &table.columns {
            let is_key = table.primary_key.contains(&column.name);
            let refers = table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
            let is_unique = !is_key && table.is_unique(&[&column.name]);
            let marks = [(is_key, "PK"), (refers, "FK"), (is_unique, "UK")];
            let marks: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
            let space = if marks.is_empty() { "" } else { " " };
            let (kind, name) = (word(&column.kind.name()), word(&column.name));
            // What the grammar has no letters for stands in a comment.
            let note = if name == column.name { String::new() } else { format!(" \"{}\"", quoted(&column.name)) };
            let _ = writeln!(out, "    {kind} {name}{space}{}{note}", marks.join(", "));
        }
        out.push_str("  }\n");
    }
    for table in tables {
        for key in &table.foreign_keys {
            let schema = key.references_schema.as_ref().or(table.schema.as_ref());
            let parent = tables.iter().find(|other| other.name == key.references && other.schema.as_ref() == schema);
            let Some(parent) = parent else { continue };
            let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
            let nullable = |name: &&str| table.column(name).is_some_and(|column| column.nullable);
            let many = if table.is_unique(&columns) { "|o" } else { "}o" };
            let one = if columns.iter().any(nullable) { "o|" } else { "||" };
            let (child, parent) = (entity(table), entity(parent));
            let _ = writeln!(out, "  {child} {many}--{one} {parent} : \"{}\"", quoted(&columns.join(", ")));
        }
    }
    out
}

/// A table as an entity, with its schema where it has one.
fn entity(table: &Table) -> String {
    let schema = table.schema.as_deref().filter(|schema| *schema != "public");
    let name = schema.map_or(table.name.clone(), |schema| format!("{schema}.{}", table.name));
    format!("\"{}\"", quoted(&name))
}

/// A text between quotes, of which there is no other way to write one.
fn quoted(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '"' => '\'',
            letter if letter.is_control() || letter == '%' || letter == '\\' => '_',
            letter => letter,
        })
        .collect()
}

/// A name of letters that the grammar takes where no quotes may stand: it begins with a letter.
fn word(name: &str) -> String {
    let mut word: String = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || "_-()[]".contains(letter) { letter } else { '_' })
        .collect();
    if !word.starts_with(|first: char| first.is_ascii_alphabetic()) {
        word.insert(0, 'x');
    }
    word
}
