//! Applies and reverts migrations, each in one transaction.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use mwallet_schema::{ColumnType, Place, Value, shortened_to};

use super::error::{MigrateError, Result};
use super::files::Migration;
use super::history::{self, Entry};
use super::sqlite::TEMPORARY;
use super::{dependents, files, fits, script, triggers};
use mwallet_db::schema_tools;
use mwallet_db::{Dialect, Engine, Error, Session, Sql, crud, explain};
use mwallet_reflect::tokens::statements;

/// The maximum duration of a migration.
const LIMIT: Duration = Duration::from_secs(7 * 86_400);

/// The pause before a retry when another program is changing the database.
pub(super) const PAUSE: Duration = Duration::from_millis(50);

/// How long to wait for another program that is changing the database.
const PATIENCE: Duration = Duration::from_secs(86_400);

/// The header line of a script that deletes data.
pub const DESTRUCTIVE: &str = "-- mwallet: destructive:";

/// One batch of a data migration. It gets the position at which the last batch ended, and returns its own, or `None`
/// if all is done.
///
/// Each batch is one transaction together with its position, so that none is repeated or skipped.
pub type DataMigration = Arc<
    dyn for<'s> Fn(&'s mut Session, Option<String>) -> BoxFuture<'s, mwallet_db::Result<Option<String>>> + Send + Sync,
>;

/// A progress event of a migration.
#[derive(Clone, Copy, Debug)]
pub enum Event<'m> {
    /// A migration starts to be applied or reverted.
    Begun(&'m Migration),
    /// Some of its statements are done.
    Statements {
        /// The number of statements done.
        done: usize,
        /// The total number of statements.
        all: usize,
    },
    /// Another session holds a lock that it needs. It was rolled back this many times, and is retried.
    Locked(u32),
    /// A batch of rows is done, up to this position.
    Batch(&'m str),
    /// The migration is done.
    Ended(&'m Migration),
}

/// Runs the migrations of one database.
pub struct Migrator<'m> {
    pub(super) engine: Engine,
    pub(super) migrations: &'m [Migration],
    data: Vec<(u64, DataMigration)>,
    allow_destructive: bool,
    lock_timeout: Duration,
    lock_attempts: u32,
}

/// How long a statement waits for a lock on PostgreSQL. Meanwhile all later sessions queue behind it.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(3);

/// How often a migration is tried if it cannot get a lock.
pub const LOCK_ATTEMPTS: u32 = 20;

/// The pause before the second attempt; it grows by this much for each further one.
const LOCK_PAUSE: Duration = Duration::from_millis(500);

/// The maximum pause between attempts.
const LONGEST_LOCK_PAUSE: Duration = Duration::from_secs(10);

impl<'m> Migrator<'m> {
    /// Creates a runner for the database of an engine. The migrations are in the order of their versions. The
    /// engine's timeout applies to each statement, so it must be long enough for the largest table.
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

    /// Sets how long a statement waits for a lock on PostgreSQL, and how often a migration is tried. Other sessions
    /// continue between attempts.
    pub fn locks(mut self, timeout: Duration, attempts: u32) -> Self {
        self.lock_timeout = timeout;
        self.lock_attempts = attempts.max(1);
        self
    }

    /// Sets whether scripts may delete data that they declare as lost.
    pub fn allow_destructive(mut self, allow: bool) -> Self {
        self.allow_destructive = allow;
        self
    }

    /// Adds a function that changes rows after the script of a version.
    pub fn data(mut self, version: u64, function: DataMigration) -> Self {
        self.data.push((version, function));
        self
    }

    /// Applies pending migrations up to a version, or all. Returns the versions applied here. Programs that started
    /// at the same time may have applied others.
    ///
    /// # Errors
    ///
    /// Returns an error if a migration fails: it is rolled back, and earlier ones stay applied. Also returns an error
    /// if an applied migration has changed.
    pub async fn up(&self, to: Option<u64>, mut told: impl FnMut(Event<'_>)) -> Result<Vec<u64>> {
        self.check_version(to)?;
        // A function for a missing version would never be called.
        self.data.iter().try_for_each(|(version, _)| self.check_version(Some(*version)))?;
        let last = to.unwrap_or(u64::MAX);
        let mut applied = Vec::new();
        // A new database has no data to lose.
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

    /// Waits before a migration is retried that could not get a lock.
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

    /// Reverts the migrations after a version; 0 reverts all. Returns the reverted versions.
    ///
    /// # Errors
    ///
    /// Returns an error if a migration fails: it stays applied, and later ones are reverted.
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

    /// Records that the database is at a version, without running anything.
    ///
    /// # Errors
    ///
    /// Returns an error if the history cannot be written.
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

    /// Returns the migration of a version.
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

    /// Begins a transaction once no other program is migrating the database.
    async fn begin(&self) -> Result<Session> {
        let begun = std::time::Instant::now();
        loop {
            match schema_tools::schema_changes(self.engine.sessions()).limit(LIMIT).begin().await {
                // On SQLite, another program is writing.
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
            // Another program may have finished it in between.
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
            // Another program may have continued it.
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

    /// Runs statements that cannot run in a transaction, and records the progress.
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
            // The function is running, so the whole script is done.
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
        // Renames do not change rows, and checking all rows would take longer than the renames.
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

    /// Rejects a history that these migrations cannot have produced.
    pub(super) fn check_history(&self, entries: &[Entry]) -> Result<()> {
        for entry in entries {
            match self.find(entry.version) {
                None => return Err(MigrateError::Unknown(told_of(entry))),
                // A migration that stopped midway may be fixed. The statements that are done have a separate
                // checksum.
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

/// The prefix of the checksum of the statements that are done, stored where a function later stores its position.
const STATEMENTS: &str = "statements ";

/// The SQLSTATE of PostgreSQL for a lock timeout.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// Rejects a script that starts or ends a transaction, before any statement runs.
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

/// Returns the start of a statement, for messages.
fn beginning(sql: &str) -> String {
    shortened_to(sql, 300).into_owned()
}

/// Returns the error of the database, which the person who migrates may see in full.
fn words_of(error: &Error) -> String {
    match error {
        Error::Database { source, .. } => explain(source.as_ref()),
        error => explain(error),
    }
}

fn failed(migration: &Migration, index: usize, sql: &str, error: &Error) -> MigrateError {
    let place = schema_tools::place(error, sql);
    let error = words_of(error);
    // The temporary name of a rebuilt table would confuse readers.
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

/// Returns the count that a query of a script returns.
async fn count(session: &mut Session, sql: &str) -> mwallet_db::Result<i64> {
    let rows = schema_tools::query(session, sql.to_owned(), &[ColumnType::BigInt]).await?;
    let number = |value: Value| if let Value::Int(number) = value { Some(number) } else { None };
    Ok(rows.into_iter().flatten().find_map(number).unwrap_or(0))
}

/// Counts the dangling references of each table on SQLite, which does not check them while tables are rebuilt.
async fn orphans(session: &mut Session) -> mwallet_db::Result<Vec<(String, String, i64)>> {
    if session.engine().dialect() == Dialect::Postgres {
        return Ok(Vec::new());
    }
    let sql = Sql::new("SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2");
    let text = || ColumnType::Text { max: None };
    let sql = sql.returns("table", text()).returns("parent", text()).returns("rows", ColumnType::BigInt);
    crud::execute(session, sql).await
}
