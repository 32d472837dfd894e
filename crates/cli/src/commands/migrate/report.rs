//! Reports the progress and the result of migrations.

use std::sync::{Mutex, PoisonError};

use mwallet_db::Engine;
use mwallet_migrate::{Event, MigrateError, Migration};
use serde_json::json;

use crate::failure::{Failure, Result};
use crate::output;
use crate::settings::Settings;

/// Runs `work` while a progress bar counts the statements of each migration. If a migration fails, the failure lists
/// those completed before it, with the verb `did`.
pub(super) async fn with_progress<T>(
    settings: &Settings,
    did: &'static str,
    work: impl AsyncFnOnce(Box<dyn FnMut(Event<'_>) + Send + '_>) -> std::result::Result<T, MigrateError>,
) -> Result<T> {
    let ended = Mutex::new(Vec::new());
    let bar = output::progress(&settings.output, 0, "statements");
    let told = |event: Event<'_>| match event {
        Event::Begun(migration) => {
            bar.set_length(0);
            bar.set_message(format!("statements of {migration}"));
        }
        Event::Statements { done, all } => {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        }
        Event::Batch(place) => bar.set_message(format!("rows, up to {place}")),
        Event::Locked(times) => {
            bar.set_message(format!("statements: waiting for locks, attempt {times}"));
        }
        Event::Ended(migration) => ended.lock().unwrap_or_else(PoisonError::into_inner).push(migration.to_string()),
    };
    let done = work(Box::new(told)).await;
    bar.finish_and_clear();
    let ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.map_err(|error| Failure::from(error).after(did, ended))
}

/// Reports which migrations were applied or reverted.
pub(super) fn done(
    settings: &Settings,
    engine: &Engine,
    migrations: &[Migration],
    versions: &[u64],
    did: &str,
    nothing: &str,
) -> Result<()> {
    let name = |version: &u64| {
        let found = migrations.iter().find(|migration| migration.version == *version);
        found.map_or_else(|| version.to_string(), ToString::to_string)
    };
    let names: Vec<String> = versions.iter().map(name).collect();
    let text = match names.is_empty() {
        true => format!("{engine} {nothing}"),
        false => format!("{did} {} on {engine}", names.join(", ")),
    };
    output::report(&settings.output, text, &json!({ "database": engine.to_string(), "migrations": names }))
}

impl From<MigrateError> for Failure {
    /// Adds a hint on what to do next.
    fn from(error: MigrateError) -> Self {
        let code = code(&error);
        let hint = match error {
            MigrateError::Database(error) => return error.into(),
            MigrateError::Replay { .. } => "fix that file of the migration; the database itself did not fail",
            MigrateError::Failed { .. } => {
                "the migration was rolled back; fix it or the database, and run the command again"
            }
            MigrateError::Stopped { .. } => {
                "fix the statement, or what it failed on, and run the command again: it continues from there"
            }
            MigrateError::Locked { .. } => {
                "pg_stat_activity and pg_blocking_pids show what holds the lock; raise --lock-timeout or \
                 --lock-attempts to wait longer"
            }
            MigrateError::Transaction { .. } => {
                "remove it; statements that cannot run in a transaction go in a file that begins with \
                 `-- mwallet: no transaction`"
            }
            MigrateError::Declaration(_) => "fix the declaration; nothing was written",
            MigrateError::Misfits { .. } => "change these values first, or let the migration do it",
            MigrateError::Trigger { .. } => {
                "recreate the trigger, or its function, in the migration, with the new name"
            }
            MigrateError::Broken { .. } => {
                "drop what would break in the migration, then recreate it there with the new names"
            }
            MigrateError::Renames(_) => "nothing was written",
            MigrateError::Orphans { .. } => "fix these rows first, or let the migration do it",
            MigrateError::Changed(_) => "`mwallet migrate status` shows which",
            MigrateError::Unknown(_) => {
                "use the program that created it, or `mwallet migrate stamp` if the history is wrong"
            }
            MigrateError::NoVersion(_) => "`mwallet migrate history` lists the versions",
            MigrateError::Destructive { .. } => "back up the database first, with `mwallet backup FILE`",
            MigrateError::NotEmpty { ref taken, .. } if taken.is_empty() => {
                "`mwallet serve --reflect` serves it as it is, and `mwallet migrate up` adds mWallet's tables to it; \
                 --database-url names another database"
            }
            MigrateError::NotEmpty { ref taken, .. } => {
                let hint = format!(
                    "`mwallet serve --reflect` serves it as it is; `mwallet migrate up` cannot add mWallet's tables \
                     to it, since these names are taken: {taken}; --database-url names another database"
                );
                return Self::caused("", &error).code(code).hint(hint);
            }
            MigrateError::Different(_) => {
                "`mwallet migrate check` shows how; make them match, or record the version of the database with \
                 `mwallet migrate stamp`; `mwallet serve --reflect` serves it as it is"
            }
            MigrateError::OutOfDate(_) => "apply them with `mwallet migrate up`, or start with --migrate",
            MigrateError::Begun(_) => "`mwallet migrate up` finishes it",
        };
        Self::caused("", &error).code(code).hint(hint)
    }
}

fn code(error: &MigrateError) -> &'static str {
    match error {
        MigrateError::Database(_) => "database",
        MigrateError::Replay { .. } => "migration_replay",
        MigrateError::Failed { .. } => "migration_failed",
        MigrateError::Stopped { .. } => "migration_stopped",
        MigrateError::Locked { .. } => "migration_locked",
        MigrateError::Transaction { .. } => "migration_transaction",
        MigrateError::Declaration(_) => "wrong_declaration",
        MigrateError::Misfits { .. } => "migration_misfits",
        MigrateError::Trigger { .. } => "migration_trigger",
        MigrateError::Broken { .. } => "migration_broken",
        MigrateError::Renames(_) => "migration_renames",
        MigrateError::Orphans { .. } => "migration_orphans",
        MigrateError::Changed(_) => "migration_changed",
        MigrateError::Unknown(_) => "migration_unknown",
        MigrateError::NoVersion(_) => "migration_no_version",
        MigrateError::Destructive { .. } => "migration_destructive",
        MigrateError::Begun(_) => "migration_begun",
        MigrateError::NotEmpty { .. } => "database_not_empty",
        MigrateError::Different(_) => "database_different",
        MigrateError::OutOfDate(_) => "database_out_of_date",
    }
}
