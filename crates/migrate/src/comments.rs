//! Finds the comments of tables and columns that scripts for PostgreSQL set, under the final names.
//!
//! It parses `COMMENT`, `RENAME` and `DROP` statements only, and queries no database.

use std::collections::BTreeMap;

use mwallet_db::Dialect;
use mwallet_reflect::quoted;
use mwallet_reflect::tokens::{Token, is_at, statements, tokens};

/// A table or one of its columns.
type Place = (String, Option<String>);

/// The effect of a statement on comments.
#[derive(Debug, PartialEq)]
enum Effect {
    /// A comment is set or removed.
    Comment(Place, Option<String>),
    /// A table is renamed.
    RenameTable(String, String),
    /// A column is renamed.
    RenameColumn(String, String, String),
    /// Tables are dropped with their comments.
    DropTables(Vec<String>),
    /// A column is dropped.
    DropColumn(String, String),
}

/// Returns the comments after the scripts have run.
pub(super) fn of_scripts<'s>(scripts: impl Iterator<Item = &'s str>) -> BTreeMap<Place, String> {
    let mut comments = BTreeMap::new();
    for effect in scripts.flat_map(|script| statements(script, Dialect::Postgres)).filter_map(effect) {
        comments = apply(effect, comments);
    }
    comments
}

/// Returns the table, the old name and the new name, if a statement renames a column.
pub(super) fn renamed_column(statement: &str) -> Option<(String, String, String)> {
    match effect(statement)? {
        Effect::RenameColumn(table, from, to) => Some((table, from, to)),
        _ => None,
    }
}

fn apply(effect: Effect, mut comments: BTreeMap<Place, String>) -> BTreeMap<Place, String> {
    match effect {
        Effect::Comment(place, Some(text)) => drop(comments.insert(place, text)),
        Effect::Comment(place, None) => drop(comments.remove(&place)),
        Effect::DropTables(names) => comments.retain(|(table, _), _| !names.contains(table)),
        Effect::DropColumn(table, column) => drop(comments.remove(&(table, Some(column)))),
        Effect::RenameColumn(table, from, to) => {
            if let Some(text) = comments.remove(&(table.clone(), Some(from))) {
                comments.insert((table, Some(to)), text);
            }
        }
        Effect::RenameTable(from, to) => {
            let renamed = |(table, column): Place| if table == from { (to.clone(), column) } else { (table, column) };
            return comments.into_iter().map(|(place, text)| (renamed(place), text)).collect();
        }
    }
    comments
}

fn effect(statement: &str) -> Option<Effect> {
    let words = tokens(statement, Dialect::Postgres);
    let is = |at, keyword| is_at(&words, at, keyword);
    match () {
        () if is(0, "COMMENT") && is(1, "ON") => comment(statement, &words),
        () if is(0, "DROP") && is(1, "TABLE") => {
            let is_name =
                |word: &&Token<'_>| !["IF", "EXISTS", "CASCADE", "RESTRICT", ","].iter().any(|other| word.is(other));
            Some(Effect::DropTables(words[2..].iter().filter(is_name).map(name).collect()))
        }
        () if is(0, "ALTER") && is(1, "TABLE") => {
            let at = 2 + words[2..]
                .iter()
                .take_while(|word| ["IF", "EXISTS", "ONLY"].iter().any(|other| word.is(other)))
                .count();
            let (table, action) = (name(words.get(at)?), at + 1);
            let named = |at: usize| words.get(at).map(name);
            let column = if is(action + 1, "COLUMN") { action + 2 } else { action + 1 };
            match () {
                () if is(action, "RENAME") && is(action + 1, "TO") => {
                    Some(Effect::RenameTable(table, named(action + 2)?))
                }
                () if is(action, "RENAME") && is(column + 1, "TO") => {
                    Some(Effect::RenameColumn(table, named(column)?, named(column + 2)?))
                }
                () if is(action, "DROP") && is(action + 1, "COLUMN") => {
                    let column = if is(column, "IF") { column + 2 } else { column };
                    Some(Effect::DropColumn(table, named(column)?))
                }
                () => None,
            }
        }
        () => None,
    }
}

/// Parses `COMMENT ON COLUMN "orders"."memo" IS 'text'`.
fn comment(statement: &str, words: &[Token<'_>]) -> Option<Effect> {
    let (table, column, rest) = match words {
        [_, _, on, table, is, rest @ ..] if on.is("TABLE") && is.is("IS") => (table, None, rest),
        [_, _, on, table, dot, column, is, rest @ ..] if on.is("COLUMN") && dot.is(".") && is.is("IS") => {
            (table, Some(column), rest)
        }
        _ => return None,
    };
    let first = rest.first()?;
    let text = if first.is("NULL") { None } else { Some(quoted(&statement[first.start..], '\'')?.0) };
    Some(Effect::Comment((name(table), column.map(name)), text))
}

/// Returns the name as PostgreSQL stores it: in lower case unless it is quoted.
fn name(word: &Token<'_>) -> String {
    if word.text.starts_with('"') { word.name() } else { word.text.to_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(script: &str) -> Vec<(String, String)> {
        let place = |(table, column): Place| column.map_or(table.clone(), |column| format!("{table}.{column}"));
        of_scripts([script].into_iter()).into_iter().map(|(of, text)| (place(of), text)).collect()
    }

    #[test]
    fn comments_are_read_from_scripts() {
        let one = |place: &str, text: &str| vec![(place.to_owned(), text.to_owned())];
        assert_eq!(left("COMMENT ON TABLE \"orders\" IS 'It''s'"), one("orders", "It's"));
        assert_eq!(left("COMMENT ON COLUMN \"a \"\"b\"\"\".\"c\" IS 'x'"), one("a \"b\".c", "x"));
        assert_eq!(left("comment on table Orders is 'x'"), one("orders", "x"));
        for other in [
            "COMMENT ON INDEX \"i\" IS 'x'",
            "COMMENT ON TABLE orders",
            "COMMENT ON TABLE t IS 'x'; COMMENT ON TABLE t IS NULL",
            "SELECT 1",
            "COMMENT ON TABLE \"a",
            "ALTER TABLE",
            "DROP TABLE",
        ] {
            assert!(left(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn comments_go_with_what_they_are_about() {
        let given = "COMMENT ON TABLE a IS 't'; COMMENT ON COLUMN a.b IS 'c';";
        let after =
            |more: &str| left(&format!("{given} {more}")).into_iter().map(|(place, _)| place).collect::<Vec<_>>();
        assert_eq!(after("ALTER TABLE \"a\" RENAME TO \"z\""), ["z", "z.b"]);
        assert_eq!(after("ALTER TABLE IF EXISTS ONLY a RENAME COLUMN b TO c"), ["a", "a.c"]);
        assert_eq!(after("ALTER TABLE a RENAME b TO c"), ["a", "a.c"]);
        assert_eq!(after("ALTER TABLE a RENAME CONSTRAINT b TO c"), ["a", "a.b"]);
        assert_eq!(after("ALTER TABLE a DROP COLUMN IF EXISTS b"), ["a"]);
        assert_eq!(after("DROP TABLE IF EXISTS x, a CASCADE; CREATE TABLE a (b int)"), [""; 0]);
    }
}
