//! Finds statements that block or break a server that runs while they are applied, and suggests alternatives.

use std::collections::HashSet;

use super::files::Migration;
use mwallet_db::Dialect;
use mwallet_reflect::tokens::{Token, statements, tokens};

/// A statement of a PostgreSQL script that blocks or breaks programs that use the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The migration.
    pub migration: String,
    /// Which of its statements, from 1.
    pub number: usize,
    /// What the statement blocks or breaks, and for how long.
    pub text: String,
    /// A better way.
    pub instead: &'static str,
}

/// Checks the `up` scripts of migrations for PostgreSQL. Statements on a table that the same migration creates are
/// fine.
pub fn lint(migrations: &[Migration]) -> Vec<Warning> {
    migrations.iter().flat_map(of_migration).collect()
}

fn of_migration(migration: &Migration) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut made: HashSet<String> = HashSet::new();
    let is_stepwise = migration.is_stepwise(Dialect::Postgres);
    for (index, statement) in statements(&migration.up.postgres, Dialect::Postgres).into_iter().enumerate() {
        let words = words(statement);
        if words.starts_with(&["CREATE".into(), "TABLE".into()]) {
            made.extend(words.get(2).cloned());
            continue;
        }
        if is_stepwise && words.iter().any(|word| word == "CONCURRENTLY") {
            continue;
        }
        if let Some((text, instead)) = look(&words, &made) {
            warnings.push(Warning { migration: migration.to_string(), number: index + 1, text, instead });
        }
    }
    warnings
}

fn look(words: &[String], made: &HashSet<String>) -> Option<(String, &'static str)> {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let has = |sequence: &[&str]| words.windows(sequence.len()).any(|window| window == sequence);
    let at = |keyword: &str| words.iter().position(|word| word == keyword);
    match (word(0), word(1)) {
        ("CREATE", "INDEX") | ("CREATE", "UNIQUE") => {
            let table = word(at("ON")? + 1);
            let text = format!("blocks writes to {table} until the index is built");
            let instead =
                "CREATE INDEX CONCURRENTLY, in a separate migration that begins with `-- mwallet: no transaction`";
            (!made.contains(table)).then_some((text, instead))
        }
        ("DROP", "TABLE") => {
            let text = format!("breaks programs that still use {}", word(2));
            Some((text, "first deploy programs that do not use it, and drop it in a later migration"))
        }
        ("ALTER", "TABLE") => {
            let table = word(2);
            if made.contains(table) {
                return None;
            }
            if has(&["RENAME", "TO"]) || has(&["RENAME", "COLUMN"]) {
                let text = format!("breaks programs that use the old name in {table}");
                let instead = "add the new one next to it, write to both, move the readers, and drop the old one later";
                return Some((text, instead));
            }
            if has(&["DROP", "COLUMN"]) {
                let text = format!("breaks programs that still use the column of {table}");
                return Some((text, "first deploy programs that do not use it, and drop it in a later migration"));
            }
            if at("TYPE").is_some() && has(&["ALTER", "COLUMN"]) {
                let text = format!("blocks reads and writes of {table} while all its rows are rewritten");
                return Some((
                    text,
                    "add a column of the new type, copy in batches, move the readers, and drop the old one later",
                ));
            }
            if has(&["SET", "NOT", "NULL"]) {
                let text = format!("blocks reads and writes of {table} while all its rows are read");
                let instead = "ADD CONSTRAINT … CHECK (… IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in the next \
                               migration, then SET NOT NULL";
                return Some((text, instead));
            }
            if has(&["VALIDATE", "CONSTRAINT"]) {
                return None;
            }
            if has(&["NOT", "VALID"]) || !has(&["ADD", "CONSTRAINT"]) {
                return Some(of_moment(table));
            }
            let instead = "ADD CONSTRAINT … NOT VALID here, and VALIDATE CONSTRAINT in the next migration";
            if has(&["FOREIGN", "KEY"]) {
                let text =
                    format!("blocks writes to {table} and to the table it references while all its rows are checked");
                Some((text, instead))
            } else if at("CHECK").is_some() {
                Some((format!("blocks reads and writes of {table} while all its rows are checked"), instead))
            } else if at("UNIQUE").is_some() || has(&["PRIMARY", "KEY"]) {
                let text = format!("blocks reads and writes of {table} until its index is built");
                Some((text, "CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT … USING INDEX"))
            } else {
                Some(of_moment(table))
            }
        }
        ("DROP", "INDEX") if !has(&["CONCURRENTLY"]) => {
            let index = if has(&["IF", "EXISTS"]) { word(4) } else { word(2) };
            Some(of_moment(&format!("the table of {index}")))
        }
        ("CREATE", _) if has(&["TRIGGER"]) && at("ON").is_some() => {
            let table = word(at("ON")? + 1);
            (!made.contains(table)).then(|| of_moment(table))
        }
        ("TRUNCATE", "TABLE") | ("LOCK", "TABLE") | ("DROP", "TRIGGER" | "VIEW") => Some(of_moment(words.last()?)),
        _ => None,
    }
}

/// A statement that needs an exclusive lock, but only for a moment once it has it.
fn of_moment(table: &str) -> (String, &'static str) {
    (
        format!("waits for all current users of {table}, and blocks all later ones"),
        "run it when nothing uses the table for long; `migrate up` gives up after --lock-timeout, lets the others \
         continue, and tries again",
    )
}

/// The words of a statement: quoted names as written, everything else in upper case; no texts or numbers.
fn words(statement: &str) -> Vec<String> {
    let word = |word: Token<'_>| match word.text.chars().next()? {
        '"' => Some(word.name()),
        first if first.is_alphabetic() || first == '_' => Some(word.text.to_ascii_uppercase()),
        _ => None,
    };
    tokens(statement, Dialect::Postgres).into_iter().filter_map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::super::files::Scripts;
    use super::*;

    fn linted(script: &str) -> Vec<String> {
        let up = Scripts { postgres: script.into(), sqlite: String::new() };
        let migration = Migration { version: 1, name: "a".into(), up, down: Scripts::default() };
        lint(&[migration]).into_iter().map(|warning| format!("{}: {}", warning.number, warning.text)).collect()
    }

    #[test]
    fn what_holds_others_up_is_told() {
        for (script, told) in [
            ("CREATE INDEX \"i\" ON \"t\" (\"a\")", "1: blocks writes to t until the index is built"),
            (
                "SELECT 1; ALTER TABLE \"t\" ALTER COLUMN \"a\" TYPE bigint",
                "2: blocks reads and writes of t while all its rows are rewritten",
            ),
            (
                "ALTER TABLE \"t\" ADD CONSTRAINT \"c\" CHECK (a > 0)",
                "1: blocks reads and writes of t while all its rows are checked",
            ),
            ("ALTER TABLE \"t\" DROP COLUMN \"a\"", "1: breaks programs that still use the column of t"),
            (
                "ALTER TABLE \"t\" ADD COLUMN \"TYPE\" text",
                "1: waits for all current users of t, and blocks all later ones",
            ),
            ("DROP INDEX i", "1: waits for all current users of the table of I, and blocks all later ones"),
            ("ALTER TABLE \"t\" RENAME COLUMN \"a\" TO \"b\"", "1: breaks programs that use the old name in t"),
        ] {
            assert_eq!(linted(script), [told]);
        }
    }

    #[test]
    fn what_disturbs_nobody_is_not() {
        for script in [
            "CREATE TABLE \"t\" (a int); CREATE INDEX \"i\" ON \"t\" (\"a\"); ALTER TABLE \"t\" ADD CONSTRAINT c \
             CHECK (a > 0)",
            "-- mwallet: no transaction\nCREATE INDEX CONCURRENTLY i ON t (a)",
            "ALTER TABLE t VALIDATE CONSTRAINT c",
            "DROP INDEX CONCURRENTLY i",
            "COMMENT ON TABLE t IS 'DROP COLUMN'",
        ] {
            assert!(linted(script).is_empty(), "{script}: {:?}", linted(script));
        }
    }
}
