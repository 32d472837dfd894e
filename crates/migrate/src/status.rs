//! How migrations stand in a database.

use mwallet_schema::Timestamp;

use super::error::Result;
use super::history::{self, Entry};
use super::runner::Migrator;

/// How a migration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its version.
    pub version: u64,
    /// Its name.
    pub name: String,
    /// How it stands.
    pub standing: MigrationState,
}

/// How a migration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MigrationState {
    /// It was applied.
    Applied(Timestamp),
    /// It was applied, and has changed since.
    Changed(Timestamp),
    /// It was begun; the rest is still to be done.
    Begun(Timestamp),
    /// It is still to be applied.
    Pending,
    /// It was applied, and is not among the migrations here.
    Unknown(Timestamp),
}

impl Migrator<'_> {
    /// How each migration stands, and those that the database has had from elsewhere.
    ///
    /// # Errors
    ///
    /// What the database says.
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
