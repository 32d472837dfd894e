//! Applies migrations and takes them back, one transaction each.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use mwallet_schema::{ColumnType, Value, shortened_to};

use super::error::{MigrateError, Result};
use super::files::Migration;
use super::history::{self, Entry};
use super::sqlite::TEMPORARY;
use super::{dependents, files, fits, script, triggers};
use mwallet_db::schema_tools::tokens::statements;
use mwallet_db::schema_tools::{self, Place};
use mwallet_db::{Dialect, Engine, Error, Session, Sql, crud, explain};

/// The longest that a migration may take.
const LIMIT: Duration = Duration::from_secs(7 * 86_400);

/// How long to wait before asking again for a database that another program changes.
pub(super) const PAUSE: Duration = Duration::from_millis(50);

/// How long to wait for a database that another program changes.
const PATIENCE: Duration = Duration::from_secs(86_400);

/// What stands in the first lines of a script by which something is lost.
pub const DESTRUCTIVE: &str = "-- mwallet: destructive:";

/// One batch of a data migration: it is given where the last one stopped, and says where it stopped, or that all is
/// done.
///
/// Each batch is one transaction together with the place where it stopped, so that none is done twice or left out.
pub type DataMigration = Arc<
    dyn for<'s> Fn(&'s mut Session, Option<String>) -> BoxFuture<'s, mwallet_db::Result<Option<String>>> + Send + Sync,
>;

/// What happens while migrations run.
#[derive(Clone, Copy, Debug)]
pub enum Event<'m> {
    /// A migration is applied, or taken back.
    Begun(&'m Migration),
    /// So many of its statements are done, of so many.
    Statements {
        /// How many are done.
        done: usize,
        /// How many there are.
        all: usize,
    },
    /// Others hold what it needs; it was undone so often, and is tried again.
    Locked(u32),
    /// A batch of rows is done, up to this place.
    Batch(&'m str),
    /// It is done.
    Ended(&'m Migration),
}

/// Migrations for one database.
pub struct Migrator<'m> {
    pub(super) engine: Engine,
    pub(super) migrations: &'m [Migration],
    data: Vec<(u64, DataMigration)>,
    allow_destructive: bool,
    lock_timeout: Duration,
    lock_attempts: u32,
}

/// How long a statement waits for a lock on PostgreSQL, where everybody who comes after it waits behind it.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(3);

/// How often a migration is tried where others hold what it needs.
pub const LOCK_ATTEMPTS: u32 = 20;

/// How long to wait before the second time; as much longer before each that follows.
const LOCK_PAUSE: Duration = Duration::from_millis(500);

/// The longest between two times.
const LONGEST_LOCK_PAUSE: Duration = Duration::from_secs(10);

impl<'m> Migrator<'m> {
    /// Migrations, in the order of their versions, for the database of an engine. Its statements may take as long as
    /// the engine's own limit says: give it one that allows for the largest table.
    pub fn new(engine: &Engine, migrations: &'m [Migration]) -> Self {
        Self {
            engine: engine.clone(),
            migrations,
            data: Vec::new(),
            allow_destructive: false,
            lock_timeout: LOCK_TIMEOUT,
            lock_attempts: LOCK_ATTEMPTS,
        }
    }

    /// The same with how long a statement waits on PostgreSQL for a lock that others hold, and how often the migration
    /// is tried then. Between two times the others go on.
    pub fn locks(mut self, timeout: Duration, attempts: u32) -> Self {
        self.lock_timeout = timeout;
        self.lock_attempts = attempts.max(1);
        self
    }

    /// The same, where scripts may lose what they say they lose.
    pub fn allow_destructive(mut self, allow: bool) -> Self {
        self.allow_destructive = allow;
        self
    }

    /// The same with a function that changes rows after the script of a version.
    pub fn data(mut self, version: u64, function: DataMigration) -> Self {
        self.data.push((version, function));
        self
    }

    /// Applies what is still to be applied, up to a version, or all. Gives the versions that were applied here; others
    /// may have been by programs that began at the same time.
    ///
    /// # Errors
    ///
    /// Where one fails; it is undone then, and those before it stay. Where one that was applied has changed.
    pub async fn up(&self, to: Option<u64>, mut told: impl FnMut(Event<'_>)) -> Result<Vec<u64>> {
        self.check_version(to)?;
        // A function of a migration that is not there would never be called.
        self.data.iter().try_for_each(|(version, _)| self.check_version(Some(*version)))?;
        let last = to.unwrap_or(u64::MAX);
        let mut applied = Vec::new();
        // Nothing is lost where nothing was.
        let mut is_new = None;
        let mut attempt = 1;
        loop {
            let mut session = self.begin().await?;
            history::create(&mut session).await?;
            let entries = history::read(&mut session).await?;
            self.check_history(&entries)?;
            let is_new = *is_new.get_or_insert(entries.is_empty());
            let is_due =
                |migration: &&Migration| migration.version <= last && history::is_due(&entries, migration.version);
            let Some(migration) = self.migrations.iter().find(is_due) else {
                session.commit().await?;
                return Ok(applied);
            };
            let entry = history::find(&entries, migration.version);
            if entry.is_none() && !is_new {
                self.check_losses(migration, migration.up.for_dialect(self.engine.dialect()))?;
            }
            told(Event::Begun(migration));
            match self.apply(session, migration, entry.cloned(), &mut told).await {
                Err(error) => self.wait_for_locks(error, &mut attempt, &mut told).await?,
                Ok(()) => {
                    attempt = 1;
                    told(Event::Ended(migration));
                    applied.push(migration.version);
                }
            }
        }
    }

    /// Waits until a migration may be tried again that others were in the way of.
    async fn wait_for_locks(
        &self,
        error: MigrateError,
        attempt: &mut u32,
        told: &mut impl FnMut(Event<'_>),
    ) -> Result<()> {
        if !matches!(error, MigrateError::Locked { .. }) || *attempt >= self.lock_attempts {
            return Err(error);
        }
        told(Event::Locked(*attempt));
        tokio::time::sleep((LOCK_PAUSE * *attempt).min(LONGEST_LOCK_PAUSE)).await;
        *attempt += 1;
        Ok(())
    }

    /// Takes back what was applied after a version; 0 takes back all. Gives the versions that were taken back.
    ///
    /// # Errors
    ///
    /// Where one fails; it stays applied then, and those after it are taken back.
    pub async fn down(&self, to: u64, mut told: impl FnMut(Event<'_>)) -> Result<Vec<u64>> {
        self.check_version(Some(to).filter(|to| *to > 0))?;
        let mut taken_back = Vec::new();
        let mut attempt = 1;
        loop {
            let mut session = self.begin().await?;
            let entries = history::read(&mut session).await?;
            self.check_history(&entries)?;
            let Some(entry) = entries.iter().rev().find(|entry| entry.version > to) else {
                session.commit().await?;
                return Ok(taken_back);
            };
            let migration = self.find(entry.version).ok_or_else(|| MigrateError::Unknown(told_of(entry)))?;
            if entry.is_begun {
                return Err(MigrateError::Begun(migration.to_string()));
            }
            let text = migration.down.for_dialect(self.engine.dialect());
            self.check_losses(migration, text)?;
            told(Event::Begun(migration));
            if let Err(error) = self.run(&mut session, migration, text, &mut told).await {
                drop(session);
                self.wait_for_locks(error, &mut attempt, &mut told).await?;
                continue;
            }
            attempt = 1;
            history::remove(&mut session, migration.version).await?;
            session.commit().await?;
            told(Event::Ended(migration));
            taken_back.push(migration.version);
        }
    }

    /// Notes that the database is at a version, without running anything.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn stamp(&self, version: u64) -> Result<()> {
        self.check_version(Some(version).filter(|version| *version > 0))?;
        let mut session = self.begin().await?;
        history::create(&mut session).await?;
        for entry in history::read(&mut session).await? {
            history::remove(&mut session, entry.version).await?;
        }
        for migration in self.migrations.iter().filter(|migration| migration.version <= version) {
            history::record(&mut session, &self.entry(migration)).await?;
        }
        session.commit().await?;
        Ok(())
    }

    /// The migration of a version.
    pub(super) fn find(&self, version: u64) -> Option<&'m Migration> {
        self.migrations.iter().find(|migration| migration.version == version)
    }

    fn entry(&self, migration: &Migration) -> Entry {
        Entry {
            version: migration.version,
            name: migration.name.clone(),
            checksum: migration.checksum(self.engine.dialect()),
            at: self.engine.options().sources.now(),
            is_begun: false,
            statements: 0,
            place: None,
        }
    }

    /// Begins a transaction when no other program migrates the database.
    async fn begin(&self) -> Result<Session> {
        let begun = std::time::Instant::now();
        loop {
            match schema_tools::schema_changes(self.engine.sessions()).limit(LIMIT).begin().await {
                // On SQLite another program writes.
                Err(Error::Busy) if begun.elapsed() < PATIENCE => tokio::time::sleep(PAUSE).await,
                result => {
                    let mut session = result?;
                    history::lock(&mut session).await?;
                    return Ok(session);
                }
            }
        }
    }

    async fn apply(
        &self,
        mut session: Session,
        migration: &Migration,
        begun: Option<Entry>,
        told: &mut impl FnMut(Event<'_>),
    ) -> Result<()> {
        let dialect = self.engine.dialect();
        let function =
            self.data.iter().find(|(version, _)| *version == migration.version).map(|(_, function)| function);
        let is_new = begun.is_none();
        let mut entry = begun.unwrap_or_else(|| self.entry(migration));
        if migration.is_stepwise(dialect) {
            entry.is_begun = true;
            history::record(&mut session, &entry).await?;
            session.commit().await?;
            self.step_by_step(migration, &mut entry, told).await?;
            session = self.begin().await?;
            let entries = history::read(&mut session).await?;
            // Another program may have ended it in between.
            match history::find(&entries, migration.version) {
                Some(found) if found.is_begun => {}
                _ => return Ok(session.commit().await?),
            }
        } else if is_new {
            let text = migration.up.for_dialect(dialect);
            self.run(&mut session, migration, text, told).await?;
        }
        entry.is_begun = function.is_some();
        history::record(&mut session, &entry).await?;
        session.commit().await?;
        let Some(function) = function else { return Ok(()) };
        loop {
            let mut session = self.begin().await?;
            let entries = history::read(&mut session).await?;
            // Another program may have gone on with it.
            let found = history::find(&entries, migration.version).filter(|entry| entry.is_begun);
            let Some(mut entry) = found.cloned() else { return Ok(()) };
            let place = function(&mut session, entry.place.take()).await?;
            entry.is_begun = place.is_some();
            entry.place = place;
            history::record(&mut session, &entry).await?;
            session.commit().await?;
            match &entry.place {
                Some(place) => told(Event::Batch(place)),
                None => return Ok(()),
            }
        }
    }

    /// Runs statements that cannot be in a transaction, and notes how far it came.
    async fn step_by_step(
        &self,
        migration: &Migration,
        entry: &mut Entry,
        told: &mut impl FnMut(Event<'_>),
    ) -> Result<()> {
        let statements = statements(migration.up.for_dialect(self.engine.dialect()), self.engine.dialect());
        refuse_transactions(migration, &statements, self.engine.dialect())?;
        // Held while they run, so that no other program runs them too.
        let guard = self.begin().await?;
        // Another program may have run some of them while this one waited.
        if let Some(found) = history::find(&history::load(&self.engine).await?, migration.version) {
            entry.clone_from(found);
        }
        let done = usize::try_from(entry.statements).unwrap_or(0);
        let mark = |count: usize| {
            format!("{STATEMENTS}{}", files::digest(&statements[..count.min(statements.len())].concat()))
        };
        let is_of_statements = |entry: &Entry| entry.place.as_ref().is_some_and(|place| place.starts_with(STATEMENTS));
        match &entry.place {
            Some(place) if is_of_statements(entry) && *place != mark(done) => {
                return Err(MigrateError::Changed(format!("the applied part of {migration}")));
            }
            // Its function is at work, so the whole script is done.
            Some(_) if !is_of_statements(entry) && migration.checksum(self.engine.dialect()) != entry.checksum => {
                return Err(MigrateError::Changed(migration.to_string()));
            }
            _ => {}
        }
        for (index, sql) in statements.iter().enumerate().skip(done) {
            let ran = schema_tools::run_script_alone(&self.engine, sql).await;
            ran.map_err(|error| MigrateError::Stopped {
                migration: migration.to_string(),
                number: index + 1,
                statement: beginning(sql),
                error: words_of(&error),
            })?;
            entry.statements += 1;
            entry.place = Some(mark(index + 1));
            let mut session = self.engine.sessions().begin().await?;
            history::record(&mut session, entry).await?;
            session.commit().await?;
            told(Event::Statements { done: index + 1, all: statements.len() });
        }
        guard.roll_back().await?;
        if is_of_statements(entry) {
            entry.place = None;
        }
        entry.checksum = migration.checksum(self.engine.dialect());
        Ok(())
    }

    async fn run(
        &self,
        session: &mut Session,
        migration: &Migration,
        text: &str,
        told: &mut impl FnMut(Event<'_>),
    ) -> Result<()> {
        let statements = statements(text, self.engine.dialect());
        refuse_transactions(migration, &statements, self.engine.dialect())?;
        triggers::check(session, migration, &statements).await?;
        // Renames leave every row as it is, and to look at all of them takes longer than the renames.
        let are_renames = statements.iter().all(|statement| script::is_rename(statement));
        let before = if are_renames { Vec::new() } else { orphans(session).await? };
        let broken = dependents::broken(session).await?;
        if self.engine.dialect() == Dialect::Postgres {
            schema_tools::run_plain(session, &format!("SET LOCAL lock_timeout = {}", self.lock_timeout.as_millis()))
                .await?;
        }
        for (index, sql) in statements.iter().enumerate() {
            match fits::counted(sql) {
                Some(what) => match count(session, sql).await.map_err(|error| failed(migration, index, sql, &error))? {
                    0 => {}
                    rows => {
                        return Err(MigrateError::Misfits {
                            migration: migration.to_string(),
                            rows,
                            what: what.into(),
                        });
                    }
                },
                None => match schema_tools::run_script(session, sql).await {
                    Err(Error::Database { code: Some(code), .. }) if code == LOCK_NOT_AVAILABLE => {
                        return Err(MigrateError::Locked {
                            migration: migration.to_string(),
                            number: index + 1,
                            statement: beginning(sql),
                            attempts: self.lock_attempts,
                            timeout: self.lock_timeout,
                        });
                    }
                    ran => ran.map_err(|error| failed(migration, index, sql, &error))?,
                },
            }
            told(Event::Statements { done: index + 1, all: statements.len() });
        }
        dependents::check(session, migration, &broken).await?;
        let is_new = |orphan: &&(String, String, i64)| {
            let known = before.iter().find(|(table, parent, _)| *table == orphan.0 && *parent == orphan.1);
            known.is_none_or(|(.., rows)| *rows < orphan.2)
        };
        let after = if are_renames { Vec::new() } else { orphans(session).await? };
        match after.iter().find(is_new) {
            None => Ok(()),
            Some((table, parent, rows)) => Err(MigrateError::Orphans {
                migration: migration.to_string(),
                table: table.clone(),
                parent: parent.clone(),
                rows: *rows,
            }),
        }
    }

    fn check_version(&self, version: Option<u64>) -> Result<()> {
        match version {
            Some(version) if self.find(version).is_none() => Err(MigrateError::NoVersion(version)),
            _ => Ok(()),
        }
    }

    /// Refuses a history that these migrations cannot have made.
    pub(super) fn check_history(&self, entries: &[Entry]) -> Result<()> {
        for entry in entries {
            match self.find(entry.version) {
                None => return Err(MigrateError::Unknown(told_of(entry))),
                // What stopped in its middle may be mended; what of it is done is held against a checksum of its own.
                Some(migration) if entry.is_begun && migration.is_stepwise(self.engine.dialect()) => {}
                Some(migration) if migration.checksum(self.engine.dialect()) != entry.checksum => {
                    return Err(MigrateError::Changed(migration.to_string()));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn check_losses(&self, migration: &Migration, text: &str) -> Result<()> {
        let loss = text.lines().find_map(|line| line.strip_prefix(DESTRUCTIVE));
        match loss.filter(|_| !self.allow_destructive) {
            Some(loss) => {
                Err(MigrateError::Destructive { migration: migration.to_string(), loss: loss.trim().to_owned() })
            }
            None => Ok(()),
        }
    }
}

fn told_of(entry: &Entry) -> String {
    format!("{}_{}", entry.version, entry.name)
}

/// What stands before the checksum of the statements that are done, where the place of a function comes later.
const STATEMENTS: &str = "statements ";

/// What PostgreSQL says where a lock was not to be had in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// Refuses statements that begin or end a transaction, before any is run.
fn refuse_transactions(migration: &Migration, statements: &[&str], dialect: Dialect) -> Result<()> {
    match statements.iter().position(|statement| script::is_of_transaction(statement, dialect)) {
        None => Ok(()),
        Some(index) => Err(MigrateError::Transaction {
            migration: migration.to_string(),
            number: index + 1,
            statement: beginning(statements[index]),
        }),
    }
}

/// As much of a statement as a message tells.
fn beginning(sql: &str) -> String {
    shortened_to(sql, 300).into_owned()
}

/// The words of the database, for whoever migrates it, who has its rows too.
fn words_of(error: &Error) -> String {
    match error {
        Error::Database { source, .. } => explain(source.as_ref()),
        error => explain(error),
    }
}

fn failed(migration: &Migration, index: usize, sql: &str, error: &Error) -> MigrateError {
    let place = schema_tools::place(error, sql);
    let error = words_of(error);
    // A table that is rebuilt is the same table for the reader.
    let error = error.replace(TEMPORARY, "");
    if let Some((_, rest)) = sql.split_once(&format!("\"{TEMPORARY}")) {
        let table = rest.split('"').next().unwrap_or_default();
        let statement = format!("{table} is rebuilt, and its rows are copied");
        return MigrateError::Failed {
            migration: migration.to_string(),
            number: index + 1,
            place: None,
            statement,
            error,
        };
    }
    let (migration, number) = (migration.to_string(), index + 1);
    match place {
        Some(Place { line, column, text }) => {
            MigrateError::Failed { migration, number, place: Some((line, column)), statement: text, error }
        }
        None => {
            let statement = beginning(sql);
            MigrateError::Failed { migration, number, place: None, statement, error }
        }
    }
}

/// What a query of a script counts.
async fn count(session: &mut Session, sql: &str) -> mwallet_db::Result<i64> {
    let rows = schema_tools::query(session, sql.to_owned(), &[ColumnType::BigInt]).await?;
    let number = |value: Value| if let Value::Int(number) = value { Some(number) } else { None };
    Ok(rows.into_iter().flatten().find_map(number).unwrap_or(0))
}

/// How many rows of tables refer to no row of others, on SQLite, which does not look while tables are made anew.
async fn orphans(session: &mut Session) -> mwallet_db::Result<Vec<(String, String, i64)>> {
    if session.engine().dialect() == Dialect::Postgres {
        return Ok(Vec::new());
    }
    let sql = Sql::new("SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2");
    let text = || ColumnType::Text { max: None };
    let sql = sql.returns("table", text()).returns("parent", text()).returns("rows", ColumnType::BigInt);
    crud::execute(session, sql).await
}
