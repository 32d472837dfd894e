//! Prepares a database for the entities of this program.

use std::time::Duration;

use mwallet_db::schema::{Access, Table};
use mwallet_db::{DatabaseUrl, Engine, EngineOptions, SqliteUrl};
use mwallet_migrate::{MigrateError, Migrator, Prepared};

use crate::failure::Result;
use crate::settings::Settings;

/// How long a statement of a migration may take: a table may be large.
const LIMIT: Duration = Duration::from_secs(7 * 86_400);

/// An engine for the configured database, for statements that may take long.
pub(crate) fn patient(settings: &Settings) -> Result<Engine> {
    settings.engine_with(with_patience)
}

/// The options with a long timeout for statements.
pub(crate) fn with_patience(options: EngineOptions) -> EngineOptions {
    EngineOptions { statement_timeout: LIMIT, ..options }
}

/// Prepares the configured database: creates the tables in an empty one, and applies pending migrations if that is
/// allowed. Refuses another program's database and leaves it as it is.
pub(crate) async fn prepare(settings: &Settings, engine: &Engine, may_migrate: bool) -> Result<Prepared> {
    if settings.database_url()? == DatabaseUrl::Sqlite(SqliteUrl::Memory) {
        // An in-memory database belongs to one engine.
        return prepare_with(engine, may_migrate, false).await;
    }
    let patient = patient(settings)?;
    let prepared = prepare_with(&patient, may_migrate, false).await;
    patient.close().await;
    prepared
}

/// The same for a database that is new or small; `may_lose` allows migrations that delete data.
pub(crate) async fn prepare_with(engine: &Engine, may_migrate: bool, may_lose: bool) -> Result<Prepared> {
    Ok(migrator(engine).allow_destructive(may_lose).prepare(&mwallet_models::all_tables(), may_migrate).await?)
}

/// Creates the tables on the user's request, even in a database with other tables, as `migrate up` does.
pub(crate) async fn create(engine: &Engine) -> Result<()> {
    match migrator(engine).prepare(&mwallet_models::all_tables(), false).await {
        Err(MigrateError::NotEmpty { .. }) => migrator(engine).up(None, |_| {}).await.map(drop),
        prepared => prepared.map(drop),
    }?;
    Ok(())
}

fn migrator(engine: &Engine) -> Migrator<'static> {
    Migrator::new(engine, mwallet_models::migrations())
}

/// Drops the tables, and removes the record of the migrations that created them.
pub(crate) async fn drop_all(engine: &Engine, tables: &[&Table]) -> Result<()> {
    engine.drop_all(tables).await?;
    Ok(migrator(engine).stamp(0).await?)
}

/// Hides the columns that are secrets in mWallet's own tables. Databases that were created before secret columns were
/// marked do not declare them.
pub(crate) fn hide_secrets(found: &mut [Table]) {
    for table in mwallet_models::all_tables() {
        for secret in table.columns.iter().filter(|column| !column.is_readable()) {
            let same = found.iter_mut().filter(|found| found.name == table.name);
            let columns = same.flat_map(|found| found.columns.iter_mut().filter(|column| column.name == secret.name));
            columns.for_each(|column| column.access = Access::WriteOnly);
        }
    }
}
