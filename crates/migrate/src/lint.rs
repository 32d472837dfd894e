//! What a migration does to a server that runs while it is applied, and how to do it more gently.

use std::collections::HashSet;

use super::files::Migration;
use mwallet_db::Dialect;
use mwallet_db::schema_tools::tokens::{Token, statements, tokens};

/// Something in a script for PostgreSQL that those who use the database will notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The migration.
    pub migration: String,
    /// Which of its statements, from 1.
    pub number: usize,
    /// What it locks or breaks, and for how long.
    pub text: String,
    /// What to do instead.
    pub instead: &'static str,
}

/// Looks through the ways up of migrations for PostgreSQL. What is done to a table that the same migration makes disturbs nobody.
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
            let text = format!("writes to {table} wait until its index is made");
            let instead =
                "CREATE INDEX CONCURRENTLY, in a migration of its own that begins with `-- mwallet: no transaction`";
            (!made.contains(table)).then_some((text, instead))
        }
        ("DROP", "TABLE") => {
            let text = format!("programs that still use {} fail from here on", word(2));
            Some((text, "first release programs that do not use it, and drop it in a later migration"))
        }
        ("ALTER", "TABLE") => {
            let table = word(2);
            if made.contains(table) {
                return None;
            }
            if has(&["RENAME", "TO"]) || has(&["RENAME", "COLUMN"]) {
                let text = format!("programs that use the old name in {table} fail from here on");
                return Some((
                    text,
                    "add the new one beside it, write both, move the readers, and drop the old one later",
                ));
            }
            if has(&["DROP", "COLUMN"]) {
                let text = format!("programs that still use the column of {table} fail from here on");
                return Some((text, "first release programs that do not use it, and drop it in a later migration"));
            }
            if at("TYPE").is_some() && has(&["ALTER", "COLUMN"]) {
                let text = format!("reads and writes of {table} wait while all its rows are written anew");
                return Some((
                    text,
                    "add a column of the new type, copy in batches, move the readers, and drop the old one later",
                ));
            }
            if has(&["SET", "NOT", "NULL"]) {
                let text = format!("reads and writes of {table} wait while all its rows are read");
                return Some((
                    text,
                    "ADD CONSTRAINT … CHECK (… IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in the next migration, then SET NOT NULL",
                ));
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
                    format!("writes to {table}, and to what it refers to, wait while all its rows are looked up");
                Some((text, instead))
            } else if at("CHECK").is_some() {
                Some((format!("reads and writes of {table} wait while all its rows are checked"), instead))
            } else if at("UNIQUE").is_some() || has(&["PRIMARY", "KEY"]) {
                let text = format!("reads and writes of {table} wait until its index is made");
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

/// What takes a lock that no query goes together with, and is done in a moment once it has it.
fn of_moment(table: &str) -> (String, &'static str) {
    (
        format!("it waits for all that use {table}, and all that come after wait behind it"),
        "a time at which nothing uses it for long; `migrate up` gives up after --lock-timeout, lets the others go on, and tries again",
    )
}

/// The words of a statement: names without quotes as they are written, all else in capitals; no texts or numbers.
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
            ("CREATE INDEX \"i\" ON \"t\" (\"a\")", "1: writes to t wait until its index is made"),
            (
                "SELECT 1; ALTER TABLE \"t\" ALTER COLUMN \"a\" TYPE bigint",
                "2: reads and writes of t wait while all its rows are written anew",
            ),
            (
                "ALTER TABLE \"t\" ADD CONSTRAINT \"c\" CHECK (a > 0)",
                "1: reads and writes of t wait while all its rows are checked",
            ),
            ("ALTER TABLE \"t\" DROP COLUMN \"a\"", "1: programs that still use the column of t fail from here on"),
            (
                "ALTER TABLE \"t\" ADD COLUMN \"TYPE\" text",
                "1: it waits for all that use t, and all that come after wait behind it",
            ),
            ("DROP INDEX i", "1: it waits for all that use the table of I, and all that come after wait behind it"),
            (
                "ALTER TABLE \"t\" RENAME COLUMN \"a\" TO \"b\"",
                "1: programs that use the old name in t fail from here on",
            ),
        ] {
            assert_eq!(linted(script), [told]);
        }
    }

    #[test]
    fn what_disturbs_nobody_is_not() {
        for script in [
            "CREATE TABLE \"t\" (a int); CREATE INDEX \"i\" ON \"t\" (\"a\"); ALTER TABLE \"t\" ADD CONSTRAINT c CHECK (a > 0)",
            "-- mwallet: no transaction\nCREATE INDEX CONCURRENTLY i ON t (a)",
            "ALTER TABLE t VALIDATE CONSTRAINT c",
            "DROP INDEX CONCURRENTLY i",
            "COMMENT ON TABLE t IS 'DROP COLUMN'",
        ] {
            assert!(linted(script).is_empty(), "{script}: {:?}", linted(script));
        }
    }
}
