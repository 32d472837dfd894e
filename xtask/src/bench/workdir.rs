//! The environment of a measurement: a PostgreSQL server, the databases, and the program built for it.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tools::{Tools, output};
use crate::postgres::Server;
use crate::{Result, cargo, executable, root, run};

/// The database of mWallet and of the baseline.
pub(super) const DATABASE: &str = "mwallet";
/// The files that create and fill the three related tables, in `bench/embed`. Keys come after the rows where they can,
/// since it takes much longer to check them row by row.
const EMBED_POSTGRES: [&str; 4] = ["postgres_tables.sql", "rows.sql", "postgres_keys.sql", "indexes.sql"];
const EMBED_SQLITE: [&str; 3] = ["sqlite_tables.sql", "rows.sql", "indexes.sql"];
/// The database of the three related tables.
pub(super) const EMBED_DATABASE: &str = "embed";
const USERS: &str = "20000";
const ORDERS: &str = "200000";

/// What all targets share.
pub(super) struct Workdir {
    pub(super) tools: Tools,
    pub(super) server: Server,
    /// Cargo's target directory.
    pub(super) build_directory: PathBuf,
    mwallet: OnceCell<PathBuf>,
    mwallet_database: OnceCell<String>,
    embed_database: OnceCell<String>,
}

impl Workdir {
    pub(super) fn new(tools: Tools, build_directory: PathBuf) -> Result<Self> {
        let server = Server::start_for_measuring(&tools.programs)?;
        Ok(Self {
            tools,
            server,
            build_directory,
            mwallet: OnceCell::new(),
            mwallet_database: OnceCell::new(),
            embed_database: OnceCell::new(),
        })
    }

    /// Creates a directory that is removed with the server, on the same disk as its data.
    pub(super) fn directory(&self, name: &str) -> Result<PathBuf> {
        let directory = self.server.socket_directory().join("bench").join(name);
        fs::create_dir_all(&directory)?;
        Ok(directory)
    }

    /// Builds the program for release, once.
    pub(super) fn mwallet(&self) -> Result<&Path> {
        if self.mwallet.get().is_none() {
            let _ = self.mwallet.set(build()?);
        }
        Ok(self.mwallet.get().ok_or("the program was not built")?)
    }

    /// Returns the URL of the PostgreSQL database that mWallet created and filled, once.
    pub(super) fn mwallet_database(&self) -> Result<&str> {
        if self.mwallet_database.get().is_none() {
            self.psql("postgres", &format!("CREATE DATABASE {DATABASE}"))?;
            let url = format!("postgresql://postgres@127.0.0.1:{}/{DATABASE}", self.server.port());
            seed(self, &url)?;
            self.settle(DATABASE)?;
            let _ = self.mwallet_database.set(url);
        }
        Ok(self.mwallet_database.get().ok_or("the database was not filled")?)
    }

    /// Creates and fills the database of the three related tables on first use, and returns its URL.
    pub(super) fn embed_database(&self) -> Result<&str> {
        if self.embed_database.get().is_none() {
            self.psql("postgres", &format!("CREATE DATABASE {EMBED_DATABASE}"))?;
            let files = EMBED_POSTGRES.map(embed_path);
            self.psql_with(EMBED_DATABASE, files.iter().flat_map(|file| [OsStr::new("-f"), file.as_os_str()]))?;
            self.settle(EMBED_DATABASE)?;
            let url = format!("postgresql://postgres@127.0.0.1:{}/{EMBED_DATABASE}", self.server.port());
            let _ = self.embed_database.set(url);
        }
        Ok(self.embed_database.get().ok_or("the database was not filled")?)
    }

    /// Creates and fills a SQLite file with the same tables on first use.
    pub(super) fn embed_file(&self) -> Result<PathBuf> {
        let file = self.directory("sqlite")?.join("embed.db");
        if file.exists() {
            return Ok(file);
        }
        let mut command = Command::new(&self.tools.python);
        output(command.args(["-c", FILL_SQLITE]).arg(&file).args(EMBED_SQLITE.map(embed_path)))?;
        Ok(file)
    }

    /// Runs maintenance that PostgreSQL might otherwise start during the measurement.
    pub(super) fn settle(&self, database: &str) -> Result<()> {
        self.psql(database, "VACUUM ANALYZE")?;
        self.psql(database, "CHECKPOINT")
    }

    /// Runs one statement.
    pub(super) fn psql(&self, database: &str, sql: &str) -> Result<()> {
        self.psql_with(database, ["-c", sql])
    }

    /// Runs psql with these arguments.
    fn psql_with(&self, database: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<()> {
        let mut command = Command::new(&self.tools.psql);
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", "postgres"]);
        output(command.args(["-p", &self.server.port().to_string(), "-d", database]).args(arguments)).map(drop)
    }
}

/// Creates the tables of mWallet and fills them.
pub(super) fn seed(workdir: &Workdir, url: &str) -> Result<()> {
    let mut command = Command::new(workdir.mwallet()?);
    command.args(["seed", "--users", USERS, "--orders", ORDERS, "--database-url", url]);
    run(command.current_dir(workdir.directory("logs")?).stdout(std::io::stderr()))
}

/// The path of a file about the three related tables.
fn embed_path(name: &str) -> PathBuf {
    root().join("bench/embed").join(name)
}

/// Runs files of statements as one transaction on a SQLite file, which need not survive a crash of the machine.
const FILL_SQLITE: &str = "
import sqlite3, sys
statements = [open(path).read() for path in sys.argv[2:]]
script = ['PRAGMA synchronous = OFF; BEGIN;', *statements, 'COMMIT;']
sqlite3.connect(sys.argv[1]).executescript(''.join(script))
";

/// Builds the program for release, and returns its path.
fn build() -> Result<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--release", "--locked", "--bin", "mwallet", "--message-format", "json-render-diagnostics"]);
    executable(&mut command)
}
