//! `--reflect`: the tables of an existing database instead of mWallet's own.

use clap::Args;
use mwallet_db::schema::{Table, Updatability};
use mwallet_db::{Engine, EngineOptions};
use mwallet_reflect::ReflectOptions;

use crate::database;
use crate::failure::{Failure, Result};
use crate::settings::Settings;

/// What is served of an existing database.
#[derive(Args, Clone)]
pub(crate) struct ReflectedOptions {
    /// Serve the tables and views of an existing database instead of mWallet's own; only requests change it
    #[arg(long)]
    reflect: bool,
    /// A PostgreSQL schema to serve; can be repeated: clients choose with Accept-Profile and Content-Profile
    /// [default: public]
    #[arg(long, value_name = "NAME", requires = "reflect")]
    schema: Vec<String>,
    /// Refuse all writes: the database connections are read-only
    #[arg(long, requires = "reflect")]
    read_only: bool,
}

impl ReflectedOptions {
    /// The engine for the configured database, whether that is mWallet's own or an existing one.
    pub(crate) fn engine(
        &self,
        settings: &Settings,
        change: impl FnOnce(EngineOptions) -> EngineOptions,
    ) -> Result<Engine> {
        if !self.reflect {
            return settings.engine_with(change);
        }
        settings.engine_of_existing(|options| {
            let options = change(options);
            // A client that names no schema uses the first.
            let schema = self.schema.first().cloned().or_else(|| Some("public".into()));
            EngineOptions { read_only: options.read_only || self.read_only, schema, ..options }
        })
    }

    /// Whether the database is mWallet's own.
    pub(crate) fn is_own(&self) -> bool {
        !self.reflect
    }

    /// The tables of an existing database; `None` if the database is mWallet's own.
    pub(crate) async fn tables(&self, engine: &Engine) -> Result<Option<Vec<Table>>> {
        if !self.reflect {
            return Ok(None);
        }
        let tables = self.read(engine).await?;
        if tables.is_empty() {
            let place = if self.schema.is_empty() { String::new() } else { format!(" ({})", self.schema.join(", ")) };
            return Err(Failure::new(format!("{engine}{place} has no tables or views to serve")));
        }
        Ok(Some(tables))
    }

    /// Reads the tables that the database has now.
    pub(crate) async fn read(&self, engine: &Engine) -> mwallet_db::Result<Vec<Table>> {
        let options = ReflectOptions { schemas: self.schema.clone() };
        let mut tables = mwallet_reflect::reflect(engine, &options).await?.tables;
        database::hide_secrets(&mut tables);
        if engine.options().read_only {
            tables.iter_mut().for_each(|table| table.writes = Updatability::NONE);
        }
        Ok(tables)
    }
}
