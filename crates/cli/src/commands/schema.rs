//! `mwallet schema`: creates, drops or shows the tables.

use std::io::{IsTerminal, Write};

use clap::{Args, Subcommand, ValueEnum};
use mwallet_db::schema::Table;
use mwallet_db::{Dialect, create_statements};
use serde_json::json;

use crate::database;
use crate::failure::{Failure, Result};
use crate::output;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  # for the configured database, without connecting
  mwallet schema show
  mwallet schema show --dialect postgres | less

  mwallet schema create --database-url sqlite:try.db
  mwallet schema drop --database-url sqlite:try.db --yes";

/// The options of `mwallet schema`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: ReferentialAction,
}

#[derive(Subcommand)]
enum ReferentialAction {
    /// Create the tables that do not exist yet, even if the database has other tables
    Create,
    /// Drop the tables and all their rows
    Drop {
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Show the statements that create the tables, without a database
    Show {
        /// The SQL dialect [default: that of the configured database]
        #[arg(long)]
        dialect: Option<DialectName>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum DialectName {
    Sqlite,
    Postgres,
}

impl From<DialectName> for Dialect {
    fn from(name: DialectName) -> Self {
        match name {
            DialectName::Sqlite => Self::Sqlite,
            DialectName::Postgres => Self::Postgres,
        }
    }
}

pub(crate) async fn run(settings: &Settings, Options { action }: Options) -> Result<()> {
    let tables = mwallet_models::all_tables();
    match action {
        ReferentialAction::Create => create(settings, &tables).await,
        ReferentialAction::Drop { yes } => drop_all(settings, &tables, yes).await,
        ReferentialAction::Show { dialect } => show(settings, &tables, dialect),
    }
}

async fn create(settings: &Settings, tables: &[&Table]) -> Result<()> {
    let engine = settings.engine()?;
    database::create(&engine).await?;
    engine.close().await;
    let text = format!("{engine} has all {} tables", tables.len());
    output::report(&settings.output, text, &json!({"database": engine.to_string(), "tables": names(tables)}))
}

async fn drop_all(settings: &Settings, tables: &[&Table], yes: bool) -> Result<()> {
    let engine = settings.engine_of_existing(|options| options)?;
    let what = format!("{} tables of {engine} and all their rows", tables.len());
    if !yes && !confirm(&what)? {
        return Err(Failure::new("nothing was dropped"));
    }
    database::drop_all(&engine, tables).await?;
    engine.close().await;
    output::report(
        &settings.output,
        format!("dropped {what}"),
        &json!({"database": engine.to_string(), "dropped": names(tables)}),
    )
}

/// Asks for confirmation on the terminal; fails if there is none.
fn confirm(what: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!("pass --yes to drop {what}")));
    }
    let mut terminal = std::io::stderr();
    write!(terminal, "Drop {what}? Type yes: ")?;
    terminal.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

fn show(settings: &Settings, tables: &[&Table], dialect: Option<DialectName>) -> Result<()> {
    let dialect = match dialect {
        Some(name) => name.into(),
        None => settings.database_url()?.dialect(),
    };
    let statements = create_statements(tables, dialect);
    if settings.output.json {
        return output::write(json!({"dialect": dialect.to_string(), "statements": statements}));
    }
    output::write(statements.iter().map(|sql| format!("{sql};")).collect::<Vec<_>>().join("\n\n"))
}

fn names<'t>(tables: &[&'t Table]) -> Vec<&'t str> {
    tables.iter().map(|table| table.name.as_str()).collect()
}
