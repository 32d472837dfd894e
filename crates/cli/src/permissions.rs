//! The permissions of a server: its file, or what is in the program for mWallet's own tables; and where its callers are
//! known, if that is another database.

use std::path::Path;

use clap::Args;
use mwallet_api::ExposedTables;
use mwallet_auth::{Authority, Permissions, Trust};
use mwallet_db::schema::Table;
use mwallet_db::{Catalog, Engine};

use crate::database;
use crate::failure::{Failure, Result};
use crate::settings::Settings;
use crate::small_file;

/// What is said instead of the name of a file.
const OF_PROGRAM: &str = "the permissions of the program";

/// The keys and users of those who call the server of an existing database.
#[derive(Args, Clone)]
pub(crate) struct AccountsOptions {
    /// Where the keys and users of callers are, if an existing database is served: a database of mWallet, in which
    /// `mwallet key` makes them
    #[arg(long, env = "MWALLET_AUTH_DATABASE_URL", value_name = "URL", requires = "reflect")]
    auth_database_url: Option<String>,
}

impl AccountsOptions {
    /// Who knows the callers of the server of an engine: its own database, if that is one of mWallet, or else that of the
    /// accounts; and whose tokens it accepts besides.
    pub(crate) async fn authority(
        &self,
        settings: &Settings,
        engine: &Engine,
        is_own: bool,
        trust: Trust,
    ) -> Result<Authority> {
        let authority = Authority::new(engine, trust);
        if is_own {
            return Ok(authority.with_store(engine.clone(), true));
        }
        let Some(url) = &self.auth_database_url else { return Ok(authority) };
        let store = settings.engine_of(url)?;
        database::prepare_with(&store, false, false).await?;
        Ok(authority.with_store(store, false))
    }
}

/// The tables of an existing database, or mWallet's own, as permissions are read for them.
pub(crate) fn tables(found: Option<&[Table]>) -> Result<ExposedTables> {
    let tables = match found {
        None => ExposedTables::new(mwallet_models::tables()),
        Some(found) => ExposedTables::new(found),
    };
    tables.map_err(|error| Failure::caused("cannot serve the tables", &error))
}

/// Reads the permissions for some tables. Without a file there are those in the program for mWallet's own tables, and
/// none for others.
pub(crate) fn read(file: Option<&Path>, tables: &ExposedTables, is_own: bool) -> Result<Permissions> {
    let none = Catalog::new([]);
    let catalog = tables.catalog().unwrap_or(&none);
    let text = match file {
        Some(path) => small_file::read_text(path)?,
        None if is_own => mwallet_models::PERMISSIONS.to_owned(),
        None => return Ok(Permissions::default()),
    };
    Permissions::parse(&text, catalog).map_err(|mistake| {
        Failure::new(mistake.to_string())
            .within(&name(file))
            .code("invalid_permissions")
            .hint("correct the file; docs/permissions.md explains it")
    })
}

/// What the permissions are called in messages.
pub(crate) fn name(file: Option<&Path>) -> String {
    file.map_or_else(|| OF_PROGRAM.to_owned(), |path| path.display().to_string())
}
