//! Reports the state of each migration in a database.

use mwallet_schema::Timestamp;

use super::error::Result;
use super::history::{self, Entry};
use super::runner::Migrator;

/// A migration and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The version.
    pub version: u64,
    /// The name.
    pub name: String,
    /// The state.
    pub standing: MigrationState,
}

/// The state of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MigrationState {
    /// It was applied.
    Applied(Timestamp),
    /// It was applied, and has changed since.
    Changed(Timestamp),
    /// It was started, but not finished.
    Begun(Timestamp),
    /// It is not applied yet.
    Pending,
    /// It was applied, but is unknown here.
    Unknown(Timestamp),
}

impl Migrator<'_> {
    /// Returns the state of each migration, including unknown ones that the database has.
    ///
    /// # Errors
    ///
    /// Returns an error if the history cannot be read.
    pub async fn status(&self) -> Result<Vec<Status>> {
        let entries = history::load(&self.engine).await?;
        let dialect = self.engine.dialect();
        let known = self.migrations.iter().map(|migration| {
            let standing = match history::find(&entries, migration.version) {
                None => MigrationState::Pending,
                Some(entry) if entry.is_begun => MigrationState::Begun(entry.at),
                Some(entry) if entry.checksum != migration.checksum(dialect) => MigrationState::Changed(entry.at),
                Some(entry) => MigrationState::Applied(entry.at),
            };
            Status { version: migration.version, name: migration.name.clone(), standing }
        });
        let is_unknown = |entry: &&Entry| self.find(entry.version).is_none();
        let unknown = entries.iter().filter(is_unknown).map(|entry| Status {
            version: entry.version,
            name: entry.name.clone(),
            standing: MigrationState::Unknown(entry.at),
        });
        let mut all: Vec<Status> = known.chain(unknown).collect();
        all.sort_by_key(|status| status.version);
        Ok(all)
    }
}
