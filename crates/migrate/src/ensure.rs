//! Prepares a database at program start, and reports how it differs.

use std::time::{Duration, Instant};

use mwallet_schema::Table;

use super::error::{MigrateError, Result};
use super::files::Migration;
use super::history::{self, Entry};
use super::runner::{Migrator, PAUSE};
use super::{Difference, Renames, diff, inventory};
use mwallet_db::{Dialect, Engine, schema_tools};
use mwallet_reflect::ReflectOptions;

/// The time in microseconds after the last migration during which another program may still be migrating.
const RECENT: i64 = 60_000_000;

/// How long the history must not change before nobody is assumed to be migrating.
const REST: Duration = Duration::from_secs(5);

/// The result of preparing a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// It had all migrations already.
    Ready,
    /// It was empty, and the tables were created.
    SetUp,
    /// Its tables predated the migrations, and the history was recorded.
    Adopted,
    /// These versions were applied.
    Migrated(Vec<u64>),
}

/// The owner of a database before it is prepared.
enum Owner {
    /// The database is empty.
    Nobody,
    /// The database has a migration history.
    History,
    /// The database has the declared tables, but no history.
    NoHistory,
}

impl Migrator<'_> {
    /// Prepares the database for a program with these tables. Creates the tables in an empty database, records the
    /// history of one that predates the migrations, and updates an older one if that is allowed. Objects of
    /// PostgreSQL extensions are ignored.
    ///
    /// # Errors
    ///
    /// Returns an error if the database belongs to another program, is out of date and must not be changed, or
    /// differs from the migrations. Then it is left unchanged; a SQLite file even keeps its journal mode.
    pub async fn prepare(&self, tables: &[&Table], may_migrate: bool) -> Result<Prepared> {
        match self.owner(tables).await? {
            Owner::Nobody => {
                // Waits for another program that sets it up at the same time.
                self.up(None, |_| {}).await?;
                return Ok(Prepared::SetUp);
            }
            Owner::NoHistory => {
                if let Some(last) = self.migrations.last() {
                    self.stamp(last.version).await?;
                    return Ok(Prepared::Adopted);
                }
            }
            Owner::History => {}
        }
        let due = self.due_at_rest().await?;
        match (due.is_empty(), may_migrate) {
            (true, _) => Ok(Prepared::Ready),
            (false, true) => Ok(Prepared::Migrated(self.up(None, |_| {}).await?)),
            (false, false) => Err(MigrateError::OutOfDate(due.join(", "))),
        }
    }

    /// Finds the owner of the database, read-only until that is known.
    async fn owner(&self, tables: &[&Table]) -> Result<Owner> {
        let Some(engine) = schema_tools::without_changes(&self.engine)? else {
            return self.owner_through(&self.engine, tables).await;
        };
        let owner = self.owner_through(&engine, tables).await;
        engine.close().await;
        owner
    }

    async fn owner_through(&self, engine: &Engine, tables: &[&Table]) -> Result<Owner> {
        if !self.entries_through(engine).await?.is_empty() {
            return Ok(Owner::History);
        }
        let held = inventory::take(engine).await?;
        if held.is_empty() {
            return Ok(Owner::Nobody);
        }
        let found = mwallet_reflect::reflect(engine, &ReflectOptions::default()).await?.tables;
        // Another program may have set it up since.
        if !self.entries_through(engine).await?.is_empty() {
            return Ok(Owner::History);
        }
        let is_there = |table: &&&Table| found.iter().any(|found| found.name == table.name);
        let taken: Vec<&str> = tables.iter().filter(is_there).map(|table| table.name.as_str()).collect();
        if taken.len() < tables.len() {
            let taken = taken.join(", ");
            return Err(MigrateError::NotEmpty { database: engine.to_string(), holds: listed(&held), taken });
        }
        let difference = compare(found, tables, &[], engine.dialect());
        match difference.is_empty() {
            true => Ok(Owner::NoHistory),
            false => Err(MigrateError::Different(first_lines(&difference.to_string()))),
        }
    }

    /// Returns the history of the database, checked against these migrations.
    async fn entries(&self) -> Result<Vec<Entry>> {
        self.entries_through(&self.engine).await
    }

    async fn entries_through(&self, engine: &Engine) -> Result<Vec<Entry>> {
        let entries = history::load(engine).await?;
        self.check_history(&entries)?;
        Ok(entries)
    }

    /// Returns the pending migrations, once no other program is applying them.
    async fn due_at_rest(&self) -> Result<Vec<String>> {
        let (mut fewest, mut since) = (usize::MAX, Instant::now());
        loop {
            let entries = self.entries().await?;
            let is_due = |migration: &&Migration| history::is_due(&entries, migration.version);
            let due: Vec<String> = self.migrations.iter().filter(is_due).map(ToString::to_string).collect();
            let newest = entries.iter().map(|entry| entry.at.micros()).max().unwrap_or(0);
            let is_old = self.engine.options().sources.now().micros() - newest > RECENT;
            if due.len() < fewest {
                (fewest, since) = (due.len(), Instant::now());
            }
            if due.is_empty() || is_old || since.elapsed() > REST {
                return Ok(due);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Returns the changes that a database needs to have these tables. Tables that are neither among them nor among
/// `known` belong to other programs.
///
/// # Errors
///
/// Returns an error if the database cannot be read.
pub async fn check(engine: &Engine, tables: &[&Table], known: &[&Table]) -> mwallet_db::Result<Difference> {
    let found = mwallet_reflect::reflect(engine, &ReflectOptions::default()).await?.tables;
    Ok(compare(found, tables, known, engine.dialect()))
}

fn compare(mut found: Vec<Table>, tables: &[&Table], known: &[&Table], dialect: Dialect) -> Difference {
    found.retain(|found| tables.iter().chain(known).any(|table| table.name == found.name));
    let tables: Vec<Table> = tables.iter().map(|table| (*table).clone()).collect();
    diff(&found, &tables, &Renames::declared(&found, &tables), dialect)
}

/// The maximum number of differences in an error.
const TOLD: usize = 8;

/// Returns the first lines of a text, and the number of others.
fn first_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    match lines.len().checked_sub(TOLD) {
        None | Some(0) => lines.join("\n"),
        Some(more) => format!("{}\nand {more} more", lines[..TOLD].join("\n")),
    }
}

/// The maximum number of names in an error.
const NAMED: usize = 8;

/// Returns the first names, and the number of others.
fn listed(names: &[String]) -> String {
    match names.len().checked_sub(NAMED) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..NAMED].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_told_in_part() {
        let names = |count: usize| (0..count).map(|number| format!("t{number}")).collect::<Vec<_>>();
        assert_eq!(listed(&names(2)), "t0, t1");
        assert_eq!(listed(&names(NAMED)), names(NAMED).join(", "));
        assert!(listed(&names(NAMED + 3)).ends_with("t7 and 3 more"));
    }

    #[test]
    fn a_long_difference_is_told_in_part() {
        let lines = |count: usize| (0..count).map(|number| format!("line {number}\n")).collect::<String>();
        assert_eq!(first_lines(&lines(2)), "line 0\nline 1");
        assert_eq!(first_lines(&lines(TOLD)).lines().count(), TOLD);
        assert!(first_lines(&lines(300)).ends_with("line 7\nand 292 more"));
    }
}
