//! Exports migrations as one script, for a database that is not accessible.

use super::files::Migration;
use super::fits;
use super::history::{self, TABLE};
use mwallet_db::Dialect;
use mwallet_db::schema_tools::{literal, quote};
use mwallet_reflect::tokens::statements;

/// Why a script ends before the last requested migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The migration that cannot be expressed in a script.
    pub migration: String,
}

/// Returns the statements that take a database from one version to another. They also update its history, so that
/// `up` continues from there. They run in `psql` and in `sqlite3`.
///
/// `has_function` returns whether a version has a function of the program. The script stops before such a version,
/// unless `skip_data` is set: then its function is skipped, and the version is recorded as applied.
pub fn sql(
    migrations: &[Migration],
    dialect: Dialect,
    from: u64,
    to: u64,
    has_function: impl Fn(u64) -> bool,
    skip_data: bool,
) -> (String, Option<Stopped>) {
    let (begin, end) = match dialect {
        Dialect::Postgres => ("BEGIN;", "COMMIT;"),
        Dialect::Sqlite => ("PRAGMA foreign_keys = OFF;\nBEGIN IMMEDIATE;", "COMMIT;\nPRAGMA foreign_keys = ON;"),
    };
    let mut text = format!("-- From version {from} to {to}, for {dialect}.\n");
    if from == 0 {
        text.push_str(&format!("\n{begin}\n{}\n{end}\n", history_table(dialect)));
    }
    let up = from <= to;
    let mut chosen: Vec<&Migration> = migrations
        .iter()
        .filter(|migration| {
            if up {
                migration.version > from && migration.version <= to
            } else {
                migration.version > to && migration.version <= from
            }
        })
        .collect();
    if !up {
        chosen.reverse();
    }
    for migration in chosen {
        let is_data = up && (has_function(migration.version) || migration.is_data(dialect));
        if is_data && !skip_data {
            text.push_str(&format!("\n-- {migration} changes rows in code: run `migrate up` from here.\n"));
            return (text, Some(Stopped { migration: migration.to_string() }));
        }
        let script = if up { migration.up.for_dialect(dialect) } else { migration.down.for_dialect(dialect) };
        // Nobody would see the counts of these queries.
        let statements = statements(script, dialect).into_iter().filter(|statement| fits::counted(statement).is_none());
        let body: String = match is_data && migration.is_data(dialect) {
            true => "-- Skipped: it changes rows in code.\n".into(),
            false => statements.map(|statement| format!("{statement};\n")).collect(),
        };
        let note = note(migration, dialect, up);
        // Statements that cannot run in a transaction stay outside.
        text.push_str(&match up && migration.is_stepwise(dialect) {
            true => format!("\n-- {migration}\n{body}{note}\n"),
            false => format!("\n-- {migration}\n{begin}\n{body}{note}\n{end}\n"),
        });
    }
    (text, None)
}

fn history_table(dialect: Dialect) -> String {
    history::statements(dialect).into_iter().map(|statement| format!("{statement};")).collect::<Vec<_>>().join("\n")
}

fn note(migration: &Migration, dialect: Dialect, up: bool) -> String {
    let table = quote(TABLE);
    if !up {
        return format!("DELETE FROM {table} WHERE version = {};", migration.version);
    }
    let (now, no) = match dialect {
        Dialect::Postgres => ("now()", "false"),
        Dialect::Sqlite => ("strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00'", "0"),
    };
    format!(
        "INSERT INTO {table} (version, name, checksum, applied_at, is_begun, statements) VALUES ({}, {}, {}, {now}, \
         {no}, 0);",
        migration.version,
        literal(&migration.name),
        literal(&migration.checksum(dialect)),
    )
}
