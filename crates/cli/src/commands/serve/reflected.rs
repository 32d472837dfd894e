//! `mwallet serve --reflect`: the tables that a database has, whoever made them.

use clap::Args;
use mwallet_db::schema::{Table, Updatability};
use mwallet_db::{Engine, EngineOptions};
use mwallet_reflect::ReflectOptions;

use crate::database;
use crate::failure::{Failure, Result};
use crate::settings::Settings;

/// What is served of a database that others made.
#[derive(Args, Clone)]
pub(super) struct ReflectedOptions {
    /// Serve the tables and views that the database has, instead of those of mWallet; nothing in it is changed but by requests
    #[arg(long)]
    reflect: bool,
    /// A schema of PostgreSQL to serve; may be given several times, and clients choose by Accept-Profile and Content-Profile
    /// [default: public]
    #[arg(long, value_name = "NAME", requires = "reflect")]
    schema: Vec<String>,
    /// Write nothing, whatever is sent: the connections themselves are read-only
    #[arg(long, requires = "reflect")]
    read_only: bool,
}

impl ReflectedOptions {
    /// The engine of the settings, over such a database where it is one.
    pub(super) fn engine(
        &self,
        settings: &Settings,
        change: impl FnOnce(EngineOptions) -> EngineOptions,
    ) -> Result<Engine> {
        if !self.reflect {
            return settings.engine_with(change);
        }
        settings.engine_of_existing(|options| {
            let options = change(options);
            // A client that names no schema means the first.
            let schema = self.schema.first().cloned().or_else(|| Some("public".into()));
            EngineOptions { read_only: options.read_only || self.read_only, schema, ..options }
        })
    }

    /// The tables that the database has; `None` where it is mWallet's own.
    pub(super) async fn tables(&self, engine: &Engine) -> Result<Option<Vec<Table>>> {
        if !self.reflect {
            return Ok(None);
        }
        let tables = self.read(engine).await?;
        if tables.is_empty() {
            let place = if self.schema.is_empty() { String::new() } else { format!(" ({})", self.schema.join(", ")) };
            return Err(Failure::new(format!("{engine}{place} has no tables and no views to serve")));
        }
        Ok(Some(tables))
    }

    /// The tables that the database has now.
    pub(super) async fn read(&self, engine: &Engine) -> mwallet_db::Result<Vec<Table>> {
        let options = ReflectOptions { schemas: self.schema.clone() };
        let mut tables = mwallet_reflect::reflect(engine, &options).await?.tables;
        database::hide_secrets(&mut tables);
        if engine.options().read_only {
            tables.iter_mut().for_each(|table| table.writes = Updatability::NONE);
        }
        Ok(tables)
    }
}
