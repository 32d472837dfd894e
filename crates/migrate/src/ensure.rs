//! A database that is to be ready when a program starts, and how it differs where it is not.

use std::time::{Duration, Instant};

use mwallet_schema::Table;

use super::error::{MigrateError, Result};
use super::files::Migration;
use super::history::{self, Entry};
use super::runner::{Migrator, PAUSE};
use super::{Difference, Renames, diff, inventory};
use mwallet_db::{Dialect, Engine, schema_tools};
use mwallet_reflect::ReflectOptions;

/// Microseconds since the last migration after which no other program is thought to be at it.
const RECENT: i64 = 60_000_000;

/// How long nothing happens in the middle of migrations before nobody is thought to be at it.
const REST: Duration = Duration::from_secs(5);

/// What came of making a database ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// It had all migrations already.
    Ready,
    /// It held nothing, and has the tables now.
    SetUp,
    /// It had the tables before there were migrations, and has the history now.
    Adopted,
    /// It was brought up to date by these versions.
    Migrated(Vec<u64>),
}

/// Whose a database is, before anything is done to it.
enum Owner {
    /// It holds nothing.
    Nobody,
    /// It has a history of migrations.
    History,
    /// It has the tables as they are declared, and no history.
    NoHistory,
}

impl Migrator<'_> {
    /// Makes the database ready for a program that has these tables: sets up one that holds nothing, notes the history
    /// of one that was made before there were migrations, and brings one that is older up to date where that is
    /// allowed. What extensions of PostgreSQL bring does not count.
    ///
    /// # Errors
    ///
    /// Where it is somebody else's, out of date and may not be changed, or another than the migrations make. It is left
    /// as it is then; a file of SQLite keeps its journal mode too.
    pub async fn prepare(&self, tables: &[&Table], may_migrate: bool) -> Result<Prepared> {
        match self.owner(tables).await? {
            Owner::Nobody => {
                // Whoever began to set it up at the same time is waited for.
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

    /// Whose the database is. Until that is known, it is looked at as one of somebody else.
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

    /// What the database has had, which these migrations can have made.
    async fn entries(&self) -> Result<Vec<Entry>> {
        self.entries_through(&self.engine).await
    }

    async fn entries_through(&self, engine: &Engine) -> Result<Vec<Entry>> {
        let entries = history::load(engine).await?;
        self.check_history(&entries)?;
        Ok(entries)
    }

    /// What is still to be applied, when no other program applies it just now.
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

/// What a database would have to change so that its tables are these. Tables that are neither among them nor among
/// `known` are somebody else's.
///
/// # Errors
///
/// What the database says.
pub async fn check(engine: &Engine, tables: &[&Table], known: &[&Table]) -> mwallet_db::Result<Difference> {
    let found = mwallet_reflect::reflect(engine, &ReflectOptions::default()).await?.tables;
    Ok(compare(found, tables, known, engine.dialect()))
}

fn compare(mut found: Vec<Table>, tables: &[&Table], known: &[&Table], dialect: Dialect) -> Difference {
    found.retain(|found| tables.iter().chain(known).any(|table| table.name == found.name));
    let tables: Vec<Table> = tables.iter().map(|table| (*table).clone()).collect();
    diff(&found, &tables, &Renames::declared(&found, &tables), dialect)
}

/// How many differences are told before somebody asks for all.
const TOLD: usize = 8;

/// The first lines of a text, and how many there are more.
fn first_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    match lines.len().checked_sub(TOLD) {
        None | Some(0) => lines.join("\n"),
        Some(more) => format!("{}\nand {more} more", lines[..TOLD].join("\n")),
    }
}

/// How many names are told before the rest is counted.
const NAMED: usize = 8;

/// The first names, and how many there are more.
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
