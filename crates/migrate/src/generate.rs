//! Generates migrations: the difference between the tables that migrations create and those that are declared.

use mwallet_schema::{ColumnType, Table, Timestamp};

use super::error::MigrateError;
use super::files::{Migration, Scripts};
use super::runner::{DESTRUCTIVE, Event, Migrator};
use super::sqlite::Beside;
use super::{Difference, Renames, diff, script, sqlite};
use mwallet_db::schema_tools::unmarked_comment;
use mwallet_db::{DatabaseUrl, Dialect, Engine, EngineOptions, Result, Sql, SqliteUrl, crud};
use mwallet_reflect::ReflectOptions;

/// The tables that migrations create, and their objects that no table describes.
#[derive(Clone, Debug, Default)]
pub struct SchemaSnapshot {
    /// The tables, with the comments that scripts for PostgreSQL set.
    pub tables: Vec<Table>,
    /// The statements of triggers and of indexes that no table describes, by table.
    pub beside: Beside,
    /// The migrations that created them.
    migrations: Vec<Migration>,
}

/// A generated migration that is not written yet.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The migration.
    pub migration: Migration,
    /// Its changes, including the comments that SQLite cannot store.
    pub difference: Difference,
    /// The data that it permanently deletes.
    pub losses: Vec<String>,
}

/// Applies migrations to an empty in-memory database and reads the result.
///
/// # Errors
///
/// Returns [`MigrateError::Replay`] if a migration fails.
pub async fn replay(migrations: &[Migration]) -> std::result::Result<SchemaSnapshot, MigrateError> {
    let engine = Engine::with(&DatabaseUrl::Sqlite(SqliteUrl::Memory), EngineOptions::default())?;
    let mut at = None;
    let begun = |event: Event<'_>| {
        if let Event::Begun(migration) = event {
            at = Some(migration.to_string());
        }
    };
    if let Err(error) = Migrator::new(&engine, migrations).up(None, begun).await {
        let error = error.to_string();
        let failed = match at.filter(|migration| !error.starts_with(migration.as_str())) {
            Some(migration) => format!("{migration}: {error}"),
            None => error,
        };
        return Err(MigrateError::Replay { failed });
    }
    let mut tables = mwallet_reflect::reflect(&engine, &ReflectOptions::default()).await?.tables;
    let beside = beside(&engine, &tables).await?;
    engine.close().await;
    comments(migrations, &mut tables);
    Ok(SchemaSnapshot { tables, beside, migrations: migrations.to_vec() })
}

/// Returns the triggers of tables, and the indexes that the tables do not describe.
async fn beside(engine: &Engine, tables: &[Table]) -> Result<Beside> {
    let sql = "SELECT tbl_name, name, sql FROM sqlite_schema WHERE type IN ('trigger', 'index') AND sql IS NOT NULL \
               ORDER BY rowid";
    let text = || ColumnType::Text { max: None };
    let sql = Sql::new(sql).returns("table", text()).returns("name", text()).returns("sql", text());
    let rows: Vec<(String, String, String)> = crud::execute(engine, sql).await?;
    let mut beside = Beside::new();
    for (table, name, sql) in rows {
        let of = tables.iter().find(|known| known.name == table);
        let is_told = of.is_some_and(|of| of.indexes.iter().any(|index| index.name == name));
        if !is_told {
            beside.entry(table).or_default().push(sql);
        }
    }
    Ok(beside)
}

/// Sets the comments from the scripts for PostgreSQL, since SQLite stores none.
fn comments(migrations: &[Migration], tables: &mut [Table]) {
    let scripts = migrations.iter().map(|migration| migration.up.postgres.as_str());
    for ((name, column), text) in super::comments::of_scripts(scripts) {
        let Some(table) = tables.iter_mut().find(|known| known.name == name) else { continue };
        match column {
            None => table.comment = Some(text),
            Some(column) => {
                table.columns.iter_mut().filter(|known| known.name == column).for_each(|known| {
                    known.comment = unmarked_comment(&text).0.map(Into::into);
                });
            }
        }
    }
}

/// Generates the migration from the current tables of the migrations to other tables.
///
/// The renames are those that the tables declare, and those that are given.
///
/// # Errors
///
/// Returns an error if a declaration is invalid or has a name that is too long, or if a rename is impossible or
/// ambiguous.
pub async fn generate(
    name: &str,
    at: Timestamp,
    made: &SchemaSnapshot,
    last: u64,
    tables: &[Table],
    given: &Renames,
) -> std::result::Result<Draft, MigrateError> {
    tables.iter().try_for_each(Table::check)?;
    let doubts = Renames::doubts(given, &made.tables, tables);
    if !doubts.is_empty() {
        return Err(MigrateError::Renames(doubts));
    }
    let renames = Renames::declared(&made.tables, tables).or_given(given);
    let beside = beside_after(made, tables, &renames).await?;
    let (difference, up) = script_between(&made.tables, tables, &renames, &beside);
    let (_, down) = script_between(tables, &made.tables, &renames.inverse(), &made.beside);
    let losses = difference.changes.iter().filter_map(|change| change.loses()).collect();
    let migration = Migration { version: version(at).max(last + 1), name: snake(name), up, down };
    Ok(Draft { migration, difference, losses })
}

/// Returns the triggers and indexes after renames. SQLite rewrites them, so run the renames there.
async fn beside_after(
    made: &SchemaSnapshot,
    tables: &[Table],
    renames: &Renames,
) -> std::result::Result<Beside, MigrateError> {
    let steps = sqlite::renames(&diff(&made.tables, tables, renames, Dialect::Sqlite));
    if made.beside.is_empty() || steps.is_empty() {
        return Ok(made.beside.clone());
    }
    let up = Scripts { sqlite: script::text(&steps), postgres: String::new() };
    let version = made.migrations.last().map_or(1, |last| last.version + 1);
    let renaming = Migration { version, name: "rename".into(), up, down: Scripts::default() };
    let migrations: Vec<Migration> = made.migrations.iter().cloned().chain([renaming]).collect();
    // A recursive future must be boxed.
    Ok(Box::pin(self::replay(&migrations)).await?.beside)
}

/// Returns the scripts from one set of tables to another, and the difference on PostgreSQL, which includes comments.
fn script_between(from: &[Table], to: &[Table], renames: &Renames, beside: &Beside) -> (Difference, Scripts) {
    let script = |difference: &Difference, dialect| {
        let losses = difference.changes.iter().filter_map(|change| change.loses());
        let losses: String = losses.map(|loss| format!("{DESTRUCTIVE} {loss}\n")).collect();
        let text = difference.script(dialect, beside);
        let text = if text.is_empty() { format!("-- Nothing changes on {dialect}.\n") } else { text };
        format!("{losses}{text}")
    };
    let [postgres, sqlite] = [Dialect::Postgres, Dialect::Sqlite].map(|dialect| diff(from, to, renames, dialect));
    let scripts = Scripts { postgres: script(&postgres, Dialect::Postgres), sqlite: script(&sqlite, Dialect::Sqlite) };
    (postgres, scripts)
}

/// Returns a migration without statements, to be written by hand.
pub fn empty(name: &str, at: Timestamp, last: u64) -> Migration {
    let script = |way: &str| Scripts {
        postgres: format!("-- {way} on PostgreSQL.\n"),
        sqlite: format!("-- {way} on SQLite.\n"),
    };
    Migration { version: version(at).max(last + 1), name: snake(name), up: script("Apply"), down: script("Revert") }
}

/// Formats a time to the second as digits: 20261124093000.
fn version(at: Timestamp) -> u64 {
    let digits: String = at.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    digits.parse().unwrap_or(1)
}

fn snake(name: &str) -> String {
    let name = mwallet_schema::snake_case(name);
    let plain: String = name.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    if plain.is_empty() { "change".into() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_times_and_come_after_the_last() {
        let at: Timestamp = "2026-11-24T09:30:00.5Z".parse().unwrap();
        assert_eq!(version(at), 20_261_124_093_000);
        assert_eq!(empty("Add Memo!", at, 20_261_124_093_000).to_string(), "20261124093001_add_memo");
    }
}
