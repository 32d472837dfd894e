//! `mwallet migrate`: writes, applies and reverts migrations of the tables.

mod new;
mod report;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use mwallet_db::Dialect;
use mwallet_db::schema::{Table, visible};
use mwallet_migrate::{FilesError, Migration, MigrationState, Migrator, Status};
use serde_json::json;

use super::schema::DialectName;
use crate::database;
use crate::failure::{Failure, Result};
use crate::output;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  # show applied and pending migrations
  mwallet migrate status

  # apply pending migrations
  mwallet migrate up

  # revert the migrations after this version
  mwallet migrate down --to 20261124093000

  # compare the database with the entities
  mwallet migrate check

  # write a migration from the changed entities, to be reviewed
  mwallet migrate new add_memo
  mwallet migrate new add_memo --rename orders.note=orders.memo

  # apply migrations with another tool
  mwallet migrate sql --dialect postgres | psql …

  # find changes that block a running server
  mwallet migrate lint

The migrations are built into the program; --folder uses those of a folder instead. Version 0 is the state before \
the first migration.";

/// The options of `mwallet migrate`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: ReferentialAction,
    /// Use the migrations of this folder instead of the built-in ones; `new` creates the folder if it is missing
    #[arg(long, global = true, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// How long to wait for locks of PostgreSQL.
#[derive(Args)]
struct Locks {
    /// How long a statement waits for a PostgreSQL lock, and blocks others, before its migration is rolled back and
    /// retried
    #[arg(long, value_name = "SECONDS", default_value_t = mwallet_migrate::LOCK_TIMEOUT.as_secs())]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    lock_timeout: u64,
    /// How often to try a migration that cannot get its locks
    #[arg(long, value_name = "TIMES", default_value_t = mwallet_migrate::LOCK_ATTEMPTS)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    lock_attempts: u32,
}

impl Locks {
    fn set<'m>(&self, migrator: Migrator<'m>) -> Migrator<'m> {
        migrator.locks(Duration::from_secs(self.lock_timeout), self.lock_attempts)
    }
}

#[derive(Subcommand)]
enum ReferentialAction {
    /// Write a migration: the difference between the existing migrations and the entities
    New(new::Options),
    /// Apply migrations
    Up {
        /// The last version to apply [default: the latest]
        #[arg(long, value_name = "VERSION")]
        to: Option<u64>,
        /// Also apply migrations that permanently delete rows or values
        #[arg(long)]
        allow_destructive: bool,
        #[command(flatten)]
        locks: Locks,
    },
    /// Revert migrations
    Down {
        /// The version to return to; 0 reverts all [default: the one before the last applied]
        #[arg(long, value_name = "VERSION")]
        to: Option<u64>,
        /// Also revert migrations if that permanently deletes rows or values
        #[arg(long)]
        allow_destructive: bool,
        #[command(flatten)]
        locks: Locks,
    },
    /// Show which migrations are applied
    Status,
    /// List the migrations, without a database
    History,
    /// Record that the database is at a version, without running migrations
    Stamp {
        /// The version; 0 is before the first
        version: u64,
    },
    /// Show how the database differs from the entities; exits with 1 if it does
    Check,
    /// Print migrations as one SQL script, without a database
    Sql {
        /// The SQL dialect [default: that of the configured database]
        #[arg(long)]
        dialect: Option<DialectName>,
        /// The version to start from
        #[arg(long, value_name = "VERSION", default_value_t = 0)]
        from: u64,
        /// The version to end at [default: the latest]
        #[arg(long, value_name = "VERSION")]
        to: Option<u64>,
        /// Skip migrations that change rows in code, not only with SQL
        #[arg(long)]
        skip_data: bool,
    },
    /// Find changes that block a running server, and suggest alternatives; exits with 1 if there are any
    Lint,
}

pub(crate) async fn run(settings: &Settings, Options { action, folder }: Options) -> Result<()> {
    if let ReferentialAction::New(options) = action {
        return new::run(settings, folder, options).await;
    }
    let migrations = match &folder {
        Some(folder) => mwallet_migrate::read(folder).map_err(unread)?,
        None => mwallet_models::migrations().to_vec(),
    };
    match action {
        ReferentialAction::New(_) => Ok(()),
        ReferentialAction::Up { to, allow_destructive, locks } => {
            let engine = database::patient(settings)?;
            let migrator = locks.set(Migrator::new(&engine, &migrations).allow_destructive(allow_destructive));
            let done = report::with_progress(settings, "applied", async |told| migrator.up(to, told).await).await;
            engine.close().await;
            report::done(settings, &engine, &migrations, &done?, "applied", "is up to date")
        }
        ReferentialAction::Down { to, allow_destructive, locks } => {
            let engine = settings.engine_of_existing(database::with_patience)?;
            let migrator = locks.set(Migrator::new(&engine, &migrations).allow_destructive(allow_destructive));
            let done = async {
                let before = migrator.status().await?;
                let to = to.unwrap_or_else(|| before_the_last(&before));
                let done =
                    report::with_progress(settings, "reverted", async |told| migrator.down(to, told).await).await?;
                Result::Ok((before, done))
            };
            let done = done.await;
            engine.close().await;
            let (before, done) = done?;
            if let Some(later) = applied_later(&before, &done) {
                output::note(format_args!(
                    "migrations are reverted by version, the highest first: {later}, which was applied after them, \
                     is kept"
                ));
            }
            report::done(settings, &engine, &migrations, &done, "reverted", "has no migrations to revert")
        }
        ReferentialAction::Status => status(settings, &migrations).await,
        ReferentialAction::History => history(settings, &migrations),
        ReferentialAction::Stamp { version } => {
            let engine = settings.engine_of_existing(database::with_patience)?;
            let stamped = Migrator::new(&engine, &migrations).stamp(version).await;
            engine.close().await;
            stamped?;
            let text = format!("recorded that {engine} is at version {version}");
            output::report(&settings.output, text, &json!({ "database": engine.to_string(), "version": version }))
        }
        ReferentialAction::Check => check(settings, &migrations).await,
        ReferentialAction::Sql { dialect, from, to, skip_data } => {
            let dialect =
                dialect.map_or_else(|| settings.database_url().map(|url| url.dialect()), |name| Ok(name.into()))?;
            sql(settings, &migrations, dialect, (from, to), skip_data)
        }
        ReferentialAction::Lint => lint(settings, &migrations),
    }
}

/// Adds a hint to an error of the folder of migrations.
fn unread(error: FilesError) -> Failure {
    let failure = Failure::caused("", &error);
    match error {
        FilesError::NoFolder(_) | FilesError::Empty(_) => failure.hint(
            "--folder must name a folder with one subfolder per migration; `mwallet migrate new NAME` writes the first",
        ),
        FilesError::File { .. } | FilesError::Name(_) | FilesError::Twice(_) => failure,
    }
}

/// The version before the last one that was applied.
fn before_the_last(all: &[Status]) -> u64 {
    let had = all.iter().filter(|status| status.standing != MigrationState::Pending).map(|status| status.version);
    let mut had: Vec<u64> = had.collect();
    had.pop();
    had.pop().unwrap_or(0)
}

/// The migration that was applied last, if it stays applied while others are reverted, as after a late merge.
fn applied_later(before: &[Status], taken_back: &[u64]) -> Option<String> {
    let applied = |status: &&Status| match status.standing {
        MigrationState::Applied(at) => Some(at),
        _ => None,
    };
    let last = before.iter().max_by_key(|status| (applied(status), status.version))?;
    (!taken_back.is_empty() && !taken_back.contains(&last.version)).then(|| format!("{}_{}", last.version, last.name))
}

async fn status(settings: &Settings, migrations: &[Migration]) -> Result<()> {
    let engine = settings.engine_of_existing(|options| options)?;
    let all = Migrator::new(&engine, migrations).status().await;
    engine.close().await;
    let all = all?;
    let rows: Vec<(String, String)> = all
        .iter()
        .map(|status| {
            let standing = match status.standing {
                MigrationState::Applied(at) => format!("applied {at}"),
                MigrationState::Changed(at) => format!("applied {at}, changed since"),
                MigrationState::Begun(at) => format!("started {at}, not finished"),
                MigrationState::Pending => "pending".into(),
                MigrationState::Unknown(at) => format!("applied {at}, unknown to this program"),
            };
            (format!("{}_{}", status.version, visible(&status.name)), standing)
        })
        .collect();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let lines: Vec<String> = rows.iter().map(|(name, standing)| format!("{name:width$}  {standing}")).collect();
    let json: Vec<_> = all
        .iter()
        .map(|status| {
            let (standing, at) = match status.standing {
                MigrationState::Applied(at) => ("applied", Some(at)),
                MigrationState::Changed(at) => ("changed", Some(at)),
                MigrationState::Begun(at) => ("begun", Some(at)),
                MigrationState::Pending => ("pending", None),
                MigrationState::Unknown(at) => ("unknown", Some(at)),
            };
            json!({
                "version": status.version, "name": status.name, "standing": standing,
                "at": at.map(|at| at.to_string()),
            })
        })
        .collect();
    output::answer(&settings.output, lines.join("\n"), &json!({ "database": engine.to_string(), "migrations": json }))
}

fn history(settings: &Settings, migrations: &[Migration]) -> Result<()> {
    let lines: Vec<String> = migrations.iter().map(ToString::to_string).collect();
    let json: Vec<_> =
        migrations.iter().map(|migration| json!({ "version": migration.version, "name": migration.name })).collect();
    output::answer(&settings.output, lines.join("\n"), &json!({ "migrations": json }))
}

async fn check(settings: &Settings, migrations: &[Migration]) -> Result<()> {
    let engine = settings.engine_of_existing(|options| options)?;
    let made = mwallet_migrate::replay(migrations).await?;
    let known: Vec<&Table> = made.tables.iter().collect();
    let difference = mwallet_migrate::check(&engine, &mwallet_models::all_tables(), &known).await;
    engine.close().await;
    let difference = difference?;
    let changes: Vec<String> = difference.changes.iter().map(ToString::to_string).collect();
    let json = json!({ "database": engine.to_string(), "is_same": changes.is_empty(), "changes": changes });
    if changes.is_empty() {
        return output::report(&settings.output, format!("{engine} matches the entities"), &json);
    }
    let lines: Vec<String> = changes.iter().map(|change| visible(change)).collect();
    output::answer(&settings.output, format!("to match the entities, {engine} must\n  {}", lines.join("\n  ")), &json)?;
    Err(Failure::new(output::counted(changes.len(), "change is missing", "changes are missing"))
        .code("database_different")
        .hint("`mwallet migrate up` applies migrations; `mwallet migrate new NAME` writes one for these changes"))
}

fn sql(
    settings: &Settings,
    migrations: &[Migration],
    dialect: Dialect,
    (from, to): (u64, Option<u64>),
    skip_data: bool,
) -> Result<()> {
    let last = migrations.last().map_or(0, |migration| migration.version);
    let to = to.unwrap_or(last);
    for version in [from, to].into_iter().filter(|version| *version > 0) {
        if migrations.iter().all(|migration| migration.version != version) {
            return Err(mwallet_migrate::MigrateError::NoVersion(version).into());
        }
    }
    let (text, stopped) = mwallet_migrate::sql(migrations, dialect, from, to, |_| false, skip_data);
    let json = json!({
        "dialect": dialect.to_string(), "from": from, "to": to, "sql": text,
        "stopped_before": stopped.as_ref().map(|stopped| stopped.migration.clone()),
    });
    // The script is for programs, so nothing in it is escaped.
    if settings.output.json { output::write(json) } else { output::write(text.trim_end()) }?;
    match stopped {
        None => Ok(()),
        Some(stopped) => Err(Failure::new(format!("the script ends before {}, which changes rows", stopped.migration))
            .hint("run `mwallet migrate up` for it, or skip it with --skip-data")),
    }
}

fn lint(settings: &Settings, migrations: &[Migration]) -> Result<()> {
    let warnings = mwallet_migrate::lint(migrations);
    let lines: Vec<String> = warnings
        .iter()
        .map(|warning| {
            format!(
                "{}, statement {}: {}\n  instead: {}",
                warning.migration, warning.number, warning.text, warning.instead
            )
        })
        .collect();
    let json: Vec<_> = warnings
        .iter()
        .map(|warning| {
            json!({
                "migration": warning.migration, "statement": warning.number,
                "text": warning.text, "instead": warning.instead,
            })
        })
        .collect();
    let json = json!({ "warnings": json });
    if lines.is_empty() {
        return output::report(&settings.output, "no change blocks a running server", &json);
    }
    output::answer(&settings.output, lines.join("\n"), &json)?;
    let block = output::counted(lines.len(), "statement blocks", "statements block");
    Err(Failure::new(format!("{block} a running server")).code("lint"))
}
