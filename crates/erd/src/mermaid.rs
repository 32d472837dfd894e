//! Writes a diagram as a Mermaid `erDiagram`.
//!
//! Table names are always quoted, since bare ones may be keywords, such as `end` and `many`.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::model::{Entity, Mark, Model};
use mwallet_schema::Table;

/// Returns the diagram.
pub(super) fn diagram(tables: &[&Table]) -> String {
    let model = Model::new(tables);
    let mut out = String::from("erDiagram\n");
    let mut taken = BTreeSet::new();
    let names: Vec<String> = model.entities.iter().map(|entity| unique(quoted(&entity.name), &mut taken)).collect();
    for (entity, name) in model.entities.iter().zip(&names) {
        table(&mut out, entity, name);
    }
    for relation in &model.relations {
        let many = if relation.single { "|o" } else { "}o" };
        let one = if relation.optional { "o|" } else { "||" };
        let (from, to, name) = (&names[relation.from], &names[relation.to], quoted(&relation.key.name));
        let _ = writeln!(out, "    \"{from}\" {many}--{one} \"{to}\" : \"{name}\"");
    }
    out
}

fn table(out: &mut String, entity: &Entity<'_>, name: &str) {
    if entity.rows.is_empty() {
        let _ = writeln!(out, "    \"{name}\"");
        return;
    }
    let _ = writeln!(out, "    \"{name}\" {{");
    let mut taken = BTreeSet::new();
    for (column, row) in entity.table.columns.iter().zip(&entity.rows) {
        let kind = column.kind.name();
        let (word, kind_word) = (unique(word(&column.name), &mut taken), word(&kind));
        let keys: Vec<&str> = row
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Primary => Some("PK"),
                Mark::Foreign => Some("FK"),
                Mark::Unique(None) => Some("UK"),
                // Mermaid has no mark for part of a unique constraint.
                Mark::Unique(Some(_)) => None,
            })
            .collect();
        let mut notes = Vec::new();
        if word != column.name {
            notes.push(quoted(&column.name));
        }
        if kind_word != kind {
            notes.push(quoted(&kind));
        }
        if !column.nullable {
            notes.push("not null".into());
        }
        let keys = if keys.is_empty() { String::new() } else { format!(" {}", keys.join(", ")) };
        let notes = if notes.is_empty() { String::new() } else { format!(" \"{}\"", notes.join(" · ")) };
        let _ = writeln!(out, "        {kind_word} {word}{keys}{notes}");
    }
    out.push_str("    }\n");
}

/// Makes a text safe inside quotes.
fn quoted(text: &str) -> String {
    let safe: String = text
        .chars()
        .map(|character| match character {
            '"' => '\'',
            // Mermaid interprets these before its grammar or as HTML. The full-width forms are harmless.
            '%' | '#' | ';' | '<' | '>' | '&' | '\\' | '~' | '{' | '}' | '`' => {
                char::from_u32(u32::from(character) + 0xfee0).unwrap_or('_')
            }
            other if other.is_control() || other.is_whitespace() => ' ',
            other => other,
        })
        .collect();
    let safe = safe.trim();
    // If a line contains `direction` and a side, even in quotes, Mermaid takes it for a statement.
    if safe.to_lowercase().contains("direction") {
        return safe.replace(' ', "_");
    }
    if safe.is_empty() { "_".into() } else { safe.into() }
}

/// Makes the name of a column or type a single word.
fn word(name: &str) -> String {
    let mut word = String::new();
    for character in name.chars() {
        let is_letter = character.is_alphanumeric() && ('\u{c0}'..='\u{ffff}').contains(&character);
        if character.is_ascii_alphanumeric() || is_letter || matches!(character, '_' | '(' | ')' | '[' | ']') {
            word.push(character);
        } else if !word.ends_with('_') {
            word.push('_');
        }
    }
    // A word must start with a letter, and must not look like a key mark.
    let start: String = word.chars().take(2).collect::<String>().to_ascii_uppercase();
    let is_key = matches!(start.as_str(), "PK" | "FK" | "UK")
        && !word.chars().nth(2).is_some_and(|next| next.is_ascii_alphanumeric() || next == '_');
    if is_key || !word.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        word.insert_str(0, "c_");
    }
    word
}

/// Adds a number to a name that is taken.
fn unique(name: String, taken: &mut BTreeSet<String>) -> String {
    let mut free = name.clone();
    let mut number = 2;
    while !taken.insert(free.clone()) {
        free = format!("{name}_{number}");
        number += 1;
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_within_quotes() {
        assert_eq!(quoted("a\"b%c#d;e\\f\ng"), "a'b％c＃d；e＼f g");
        assert_eq!(quoted("Direction TB"), "Direction_TB");
        assert_eq!(quoted(" "), "_");
        assert_eq!(quoted("订单 明细"), "订单 明细");
    }

    #[test]
    fn words_are_safe_in_a_block() {
        for (name, safe) in [
            ("artist_id", "artist_id"),
            ("decimal(38, 18)", "decimal(38_18)"),
            ("PK", "c_PK"),
            ("fk", "c_fk"),
            ("pkg", "pkg"),
            ("1st", "c_1st"),
            ("", "c_"),
            ("a-b c", "a_b_c"),
            ("订单", "订单"),
            ("\u{20000}", "_"),
            ("é\"}", "é_"),
        ] {
            assert_eq!(word(name), safe, "{name:?}");
        }
    }

    #[test]
    fn names_that_become_the_same_are_told_apart() {
        let (one, other) = (Table::new("a;b"), Table::new("a；b"));
        assert_eq!(diagram(&[&one, &other]), "erDiagram\n    \"a；b\"\n    \"a；b_2\"\n");
    }
}
