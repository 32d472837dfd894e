//! Reads and writes migrations as files: one folder each, with up and down scripts for each engine.

use std::fmt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use mwallet_db::Dialect;

/// A migration: a version, a name and four scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The time of creation, such as 20261124093000. Migrations are applied in the order of their versions.
    pub version: u64,
    /// A short description: `add_memo`.
    pub name: String,
    /// The scripts that apply it.
    pub up: Scripts,
    /// The scripts that revert it.
    pub down: Scripts,
}

/// One script for each engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scripts {
    /// The script for PostgreSQL.
    pub postgres: String,
    /// The script for SQLite.
    pub sqlite: String,
}

impl Scripts {
    /// Returns the script for an engine.
    pub fn for_dialect(&self, dialect: Dialect) -> &str {
        match dialect {
            Dialect::Postgres => &self.postgres,
            Dialect::Sqlite => &self.sqlite,
        }
    }
}

/// The header line of a script whose statements cannot run in a transaction.
const NO_TRANSACTION: &str = "-- mwallet: no transaction";

/// The header line of a script that only changes rows.
const DATA: &str = "-- mwallet: data";

impl Migration {
    /// Returns the names of its files and their contents.
    pub fn files(&self) -> [(&'static str, &str); 4] {
        [
            ("up.postgres.sql", &self.up.postgres),
            ("up.sqlite.sql", &self.up.sqlite),
            ("down.postgres.sql", &self.down.postgres),
            ("down.sqlite.sql", &self.down.sqlite),
        ]
    }

    /// Returns the checksum of the up script, to detect changes after it was applied.
    pub fn checksum(&self, dialect: Dialect) -> String {
        digest(self.up.for_dialect(dialect))
    }

    /// Returns whether its statements run one by one, each with its own commit. SQLite never needs that.
    pub fn is_stepwise(&self, dialect: Dialect) -> bool {
        dialect == Dialect::Postgres && has_line(&self.up.postgres, NO_TRANSACTION)
    }

    /// Returns whether it changes only rows, not tables.
    pub fn is_data(&self, dialect: Dialect) -> bool {
        has_line(self.up.for_dialect(dialect), DATA)
    }
}

/// Returns the checksum of a text, regardless of line endings.
pub(super) fn digest(text: &str) -> String {
    let digest = Sha256::digest(text.replace("\r\n", "\n").as_bytes());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn has_line(script: &str, line: &str) -> bool {
    script.lines().take_while(|line| line.starts_with("--") || line.trim().is_empty()).any(|found| found.trim() == line)
}

impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.version, self.name)
    }
}

/// An error of a folder of migrations.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The folder does not exist.
    #[error("there is no folder {0}")]
    NoFolder(PathBuf),
    /// The folder has no migrations.
    #[error("{0} has no migrations")]
    Empty(PathBuf),
    /// The name of a folder is not that of a migration.
    #[error("{0}: expected a version and a name, such as 20261124093000_add_memo")]
    Name(PathBuf),
    /// Two migrations have the same version.
    #[error("two migrations have the version {0}: give one of them another version, and check that both are correct")]
    Twice(u64),
}

/// Parses the name of a folder: `20261124093000_add_memo`.
fn parse_name(name: &str) -> Option<(u64, &str)> {
    let (version, rest) = name.split_once('_')?;
    let version = version.parse().ok().filter(|version| *version > 0)?;
    (!rest.is_empty()).then_some((version, rest))
}

/// Sorts migrations by version.
///
/// # Errors
///
/// Returns an error if two have the same version.
pub(super) fn ordered(mut migrations: Vec<Migration>) -> Result<Vec<Migration>, FilesError> {
    migrations.sort_by_key(|migration| migration.version);
    match migrations.windows(2).find(|two| two[0].version == two[1].version) {
        Some(two) => Err(FilesError::Twice(two[0].version)),
        None => Ok(migrations),
    }
}

/// Reads the migrations of a folder that may be empty or missing, to add one.
///
/// # Errors
///
/// Returns an error if the folder cannot be read, or contains something that is not a migration.
pub fn read_so_far(folder: &Path) -> Result<Vec<Migration>, FilesError> {
    match read(folder) {
        Err(FilesError::NoFolder(_) | FilesError::Empty(_)) => Ok(Vec::new()),
        migrations => migrations,
    }
}

/// Reads the migrations of a folder.
///
/// # Errors
///
/// Returns an error if the folder is missing, empty or cannot be read, or contains something that is not a migration.
pub fn read(folder: &Path) -> Result<Vec<Migration>, FilesError> {
    let failed = |path: &Path, source| FilesError::File { path: path.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(FilesError::NoFolder(folder.to_owned()));
        }
        Err(error) => return Err(failed(folder, error)),
    };
    let mut migrations = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        if !path.is_dir() {
            continue;
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some((version, name)) = parse_name(&name) else { return Err(FilesError::Name(path)) };
        let script = |file: &str| {
            let file = path.join(file);
            std::fs::read_to_string(&file).map_err(|error| failed(&file, error))
        };
        let scripts = |way: &str| {
            let (postgres, sqlite) = (script(&format!("{way}.postgres.sql"))?, script(&format!("{way}.sqlite.sql"))?);
            Ok(Scripts { postgres, sqlite })
        };
        migrations.push(Migration { version, name: name.into(), up: scripts("up")?, down: scripts("down")? });
    }
    if migrations.is_empty() {
        return Err(FilesError::Empty(folder.to_owned()));
    }
    ordered(migrations)
}

/// Writes a migration to a folder and returns the files.
///
/// # Errors
///
/// Returns an error if a file cannot be written.
pub fn write(folder: &Path, migration: &Migration) -> Result<Vec<PathBuf>, FilesError> {
    let place = folder.join(migration.to_string());
    std::fs::create_dir_all(&place).map_err(|source| FilesError::File { path: place.clone(), source })?;
    let one = |(name, text): (&str, &str)| {
        let path = place.join(name);
        std::fs::write(&path, text).map_err(|source| FilesError::File { path: path.clone(), source })?;
        Ok(path)
    };
    migration.files().into_iter().map(one).collect()
}

/// Parses embedded migrations, as `migrations!` generates them.
pub fn embedded(files: &[(&str, [&str; 4])]) -> Result<Vec<Migration>, FilesError> {
    let one = |(name, [up_postgres, up_sqlite, down_postgres, down_sqlite]): &(&str, [&str; 4])| {
        let (version, rest) = parse_name(name).ok_or_else(|| FilesError::Name(PathBuf::from(name)))?;
        let scripts = |postgres: &str, sqlite: &str| Scripts { postgres: postgres.into(), sqlite: sqlite.into() };
        let (up, down) = (scripts(up_postgres, up_sqlite), scripts(down_postgres, down_sqlite));
        Ok(Migration { version, name: rest.into(), up, down })
    };
    ordered(files.iter().map(one).collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(version: u64, up: &str) -> Migration {
        let up = Scripts { postgres: up.into(), sqlite: up.into() };
        Migration { version, name: "add_memo".into(), up, down: Scripts::default() }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let none = folder.path().join("none");
        assert!(matches!(read(&none), Err(FilesError::NoFolder(path)) if path == none));
        assert!(matches!(read(folder.path()), Err(FilesError::Empty(path)) if path == folder.path()));
        for folder in [&none, folder.path()] {
            assert!(read_so_far(folder).unwrap().is_empty());
        }
        for version in [20, 3] {
            assert_eq!(write(folder.path(), &migration(version, "SELECT 1;\n")).unwrap().len(), 4);
        }
        assert_eq!(read(folder.path()).unwrap(), [migration(3, "SELECT 1;\n"), migration(20, "SELECT 1;\n")]);
        std::fs::create_dir(folder.path().join("notes")).unwrap();
        assert!(matches!(read(folder.path()), Err(FilesError::Name(_))));
        assert!(matches!(read_so_far(folder.path()), Err(FilesError::Name(_))));
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(matches!(ordered(vec![migration(3, ""), migration(3, "")]), Err(FilesError::Twice(3))));
        assert!(embedded(&[("3_a", [""; 4]), ("2_b", [""; 4])]).unwrap()[0].name == "b");
        for name in ["3", "_a", "0_a", "x_a", "3_"] {
            assert!(embedded(&[(name, [""; 4])]).is_err(), "{name}");
        }
    }

    #[test]
    fn the_first_lines_say_how_it_is_run() {
        let stepwise = migration(1, "-- Indexes.\n-- mwallet: no transaction\nSELECT 1;\n");
        assert!(stepwise.is_stepwise(Dialect::Postgres) && !stepwise.is_data(Dialect::Postgres));
        assert!(!migration(1, "SELECT 1;\n-- mwallet: no transaction\n").is_stepwise(Dialect::Sqlite));
        assert!(migration(1, "-- mwallet: data\n").is_data(Dialect::Sqlite));
        let unix = migration(1, "SELECT 1;\n").checksum(Dialect::Sqlite);
        assert_eq!(unix, migration(1, "SELECT 1;\r\n").checksum(Dialect::Sqlite));
        assert_ne!(unix, migration(1, "SELECT 2;\n").checksum(Dialect::Sqlite));
    }
}
