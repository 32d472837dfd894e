//! `mwallet permissions`: writes a first permissions file, and shows what a file allows, may allow by mistake, and makes
//! of requests.

mod explain;
mod init;
mod lint;
mod matrix;
mod test;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mwallet_api::{AppState, ExposedTables, Limits};
use mwallet_auth::{Authority, Permissions, Supposed, Trust};
use mwallet_db::schema::Table;
use mwallet_db::{Catalog, Engine};

use crate::failure::{Failure, Result};
use crate::permissions::AccountsOptions;
use crate::reflected::ReflectedOptions;
use crate::settings::Settings;
use crate::{database, permissions};

const EXAMPLES: &str = "Examples:
  # a first file for an existing database, to be reviewed
  mwallet permissions init legacy.yml --reflect --database-url sqlite:legacy.db

  # what may be more than was meant; what each role may do with orders
  mwallet permissions lint --permissions mine.yml
  mwallet permissions matrix --table orders

  # what a user sees by a request, and why
  mwallet permissions explain --as ada GET '/rest/v1/orders?memo=is.null'

  # the tests of the file, whose writes are rolled back
  mwallet permissions test --permissions mine.yml";

/// The options of `mwallet permissions`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Write a first file for the tables, which opens nothing to anybody without a role of its own
    Init(init::Options),
    /// List what the file allows and may be more than was meant
    Lint(lint::Options),
    /// Show what each role may do with each column of each table
    Matrix(matrix::Options),
    /// Explain what the permissions make of a request, without sending it
    Explain(explain::Options),
    /// Run the tests of the file on the database; what they write is rolled back
    Test(test::Options),
}

pub(crate) async fn run(settings: &Settings, Options { action }: Options) -> Result<()> {
    match action {
        Action::Init(options) => init::run(settings, options).await,
        Action::Lint(options) => lint::run(settings, options).await,
        Action::Matrix(options) => matrix::run(settings, options).await,
        Action::Explain(options) => explain::run(settings, options).await,
        Action::Test(options) => test::run(settings, options).await,
    }
}

/// A permissions file, and the tables that it is about.
#[derive(Args)]
struct FileOptions {
    /// The permissions file [default: for mWallet's own tables, a file in the program]
    #[arg(long, env = "MWALLET_PERMISSIONS", value_name = "FILE")]
    permissions: Option<PathBuf>,
    #[command(flatten)]
    reflected: ReflectedOptions,
    #[command(flatten)]
    accounts: AccountsOptions,
}

impl FileOptions {
    /// What the file is called in messages.
    fn name(&self) -> String {
        permissions::name(self.permissions.as_deref())
    }

    /// Reads the file, with the tables that it is about.
    async fn read(&self, settings: &Settings) -> Result<(ExposedTables, Permissions)> {
        let found = tables(settings, &self.reflected).await?;
        self.read_for(permissions::tables(found.as_deref())?)
    }

    fn read_for(&self, tables: ExposedTables) -> Result<(ExposedTables, Permissions)> {
        if self.permissions.is_none() && !self.reflected.is_own() {
            let hint = "name the file with --permissions; `mwallet permissions init` writes a first one";
            return Err(Failure::usage("an existing database has no permissions of its own").hint(hint));
        }
        let read = permissions::read(self.permissions.as_deref(), &tables, self.reflected.is_own())?;
        Ok((tables, read))
    }

    /// The state of a server with the file, and who knows its users.
    async fn server(&self, settings: &Settings, engine: &Engine) -> Result<(AppState, Authority)> {
        let found = self.reflected.tables(engine).await?;
        let is_own = found.is_none();
        if is_own {
            database::prepare(settings, engine, false).await?;
        }
        let (tables, permissions) = self.read_for(permissions::tables(found.as_deref())?)?;
        let authority = self.accounts.authority(settings, engine, is_own, Trust::default()).await?;
        let state = AppState::closed(engine.clone(), tables, authority.clone(), permissions);
        // Whether rows may be aggregated is for the permissions to say here, and not for an option of the server.
        Ok((state.limits(Limits { allow_aggregates: true, ..Limits::default() }), authority))
    }

    fn engine(&self, settings: &Settings) -> Result<Engine> {
        match self.reflected.is_own() {
            true => settings.engine_of_existing(|options| options),
            false => self.reflected.engine(settings, |options| options),
        }
    }
}

/// The tables of an existing database, or `None` for mWallet's own, for which no database is needed.
async fn tables(settings: &Settings, reflected: &ReflectedOptions) -> Result<Option<Vec<Table>>> {
    if reflected.is_own() {
        return Ok(None);
    }
    let engine = reflected.engine(settings, |options| options)?;
    let found = reflected.tables(&engine).await;
    engine.close().await;
    found
}

/// The catalog of tables, of which there is at least one.
fn catalog(tables: &ExposedTables) -> Result<&Catalog> {
    tables.catalog().ok_or_else(|| Failure::new("there are no tables"))
}

/// A table with its schema, if it has one.
fn full_name(schema: Option<&str>, table: &str) -> String {
    schema.map_or_else(|| table.to_owned(), |schema| format!("{schema}.{table}"))
}

/// Who is supposed to ask.
#[derive(Args)]
struct WhoOptions {
    /// A user: a username, slug or rsid [default: nobody in particular]
    #[arg(long = "as", value_name = "USER")]
    user: Option<String>,
    /// The role that their token names [default: authenticated for a user, else anon]
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// How surely they have shown who they are
    #[arg(long, value_name = "LEVEL", value_parser = ["aal1", "aal2"])]
    aal: Option<String>,
    /// What their token says beyond that, as a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    claims: Option<serde_json::Map<String, serde_json::Value>>,
}

fn object(text: &str) -> std::result::Result<serde_json::Map<String, serde_json::Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("expected a JSON object such as {{\"sub\": \"7\"}}: {error}"))
}

impl From<WhoOptions> for Supposed {
    fn from(WhoOptions { user, role, aal, claims }: WhoOptions) -> Self {
        Self { user, role, assurance: aal, claims: claims.unwrap_or_default() }
    }
}

/// Describes somebody who is supposed to ask.
fn described(who: &Supposed) -> String {
    let mut parts = Vec::new();
    parts.extend(who.user.clone());
    parts.extend(who.role.as_ref().map(|role| format!("role {role}")));
    parts.extend(who.assurance.clone());
    if !who.claims.is_empty() {
        parts.push(serde_json::Value::Object(who.claims.clone()).to_string());
    }
    if parts.is_empty() { "nobody in particular".to_owned() } else { parts.join(", ") }
}
