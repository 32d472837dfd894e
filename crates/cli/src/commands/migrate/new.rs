//! `mwallet migrate new`: writes a migration, for people to review.

use std::path::PathBuf;

use clap::Args;
use mwallet_db::SystemSources;
use mwallet_db::schema::{Sources, Table, visible};
use mwallet_migrate::{Draft, Renames};
use serde_json::json;

use crate::failure::{Failure, Result};
use crate::output;
use crate::settings::Settings;

/// Where migrations lie, where no folder is named.
const FOLDER: &str = "migrations";

/// The options of `mwallet migrate new`.
#[derive(Args)]
pub(super) struct Options {
    /// What it does, in a few words: add_memo
    name: String,
    /// Write one without statements, to be written by hand
    #[arg(long)]
    empty: bool,
    /// A table or column that has another name: orders=trades, orders.note=orders.memo; may be given several times
    #[arg(long, value_name = "OLD=NEW", value_parser = rename)]
    rename: Vec<Rename>,
    /// Write it even if it loses rows or values for good
    #[arg(long)]
    allow_destructive: bool,
}

#[derive(Clone)]
enum Rename {
    Table(String, String),
    Column(String, String, String),
}

fn rename(text: &str) -> std::result::Result<Rename, &'static str> {
    let wrong = "expected OLD=NEW: two tables, or two columns of one table with the table before a point";
    let (old, new) = text.split_once('=').ok_or(wrong)?;
    match (old.split_once('.'), new.split_once('.')) {
        (None, None) if !old.is_empty() && !new.is_empty() => Ok(Rename::Table(old.into(), new.into())),
        (Some((_, old)), Some((table, new))) if !old.is_empty() && !new.is_empty() => {
            Ok(Rename::Column(table.into(), old.into(), new.into()))
        }
        _ => Err(wrong),
    }
}

pub(super) async fn run(settings: &Settings, folder: Option<PathBuf>, options: Options) -> Result<()> {
    let is_named = folder.is_some();
    let folder = folder.unwrap_or_else(|| FOLDER.into());
    let failed = |error: mwallet_migrate::FilesError| Failure::caused("", &error);
    let mut migrations = mwallet_migrate::read_so_far(&folder).map_err(failed)?;
    // Whoever is not where the migrations lie would be given all tables once more.
    if migrations.is_empty() && !is_named {
        migrations = mwallet_models::migrations().to_vec();
        output::note(format_args!(
            "{FOLDER} holds no migrations, so this is compared with those that the program carries; --folder {FOLDER} begins from nothing"
        ));
    }
    let last = migrations.last().map_or(0, |migration| migration.version);
    let now = SystemSources.now();
    let Options { name, empty, rename, allow_destructive } = options;
    let migration = match empty {
        true => mwallet_migrate::empty(&name, now, last),
        false => {
            let made = mwallet_migrate::replay(&migrations).await?;
            let tables: Vec<Table> = mwallet_models::tables().into_iter().cloned().collect();
            let draft =
                mwallet_migrate::generate(&name, now, &made, last, &tables, &renames(&made.tables, rename)?).await?;
            look(settings, &draft, allow_destructive)?;
            if draft.difference.is_empty() {
                let json = json!({ "files": [], "changes": [] });
                return output::report(
                    &settings.output,
                    "the migrations make the tables that are declared: nothing to write",
                    &json,
                );
            }
            migrations.push(draft.migration.clone());
            if let Err(error) = mwallet_migrate::replay(&migrations).await {
                output::note(format_args!("warning: on SQLite it cannot be applied as it is: {error}"));
            }
            draft.migration
        }
    };
    let files = mwallet_migrate::write(&folder, &migration).map_err(failed)?;
    let files: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let text = format!("wrote {}\nread them before they are applied", files.join(", "));
    output::report(&settings.output, text, &json!({ "migration": migration.to_string(), "files": files }))
}

fn renames(made: &[Table], given: Vec<Rename>) -> Result<Renames> {
    let mut renames = Renames::default();
    for rename in given {
        match rename {
            Rename::Table(old, new) if made.iter().all(|table| table.name != old) => {
                return Err(Failure::usage(format!("--rename {old}={new}: there is no table {old} so far")));
            }
            Rename::Table(old, new) => renames.tables.push((old, new)),
            Rename::Column(table, old, new) => renames.columns.push((table, old, new)),
        }
    }
    Ok(renames)
}

/// Tells what it does, and refuses what loses something unless that is allowed.
fn look(settings: &Settings, draft: &Draft, allow_destructive: bool) -> Result<()> {
    if !settings.output.quiet && !settings.output.json {
        for change in &draft.difference.changes {
            output::note(visible(&change.to_string()));
            for warning in change.may_fail().into_iter().chain(change.fills()) {
                output::note(format_args!("  {warning}"));
            }
        }
    }
    let proposals: Vec<String> =
        draft.difference.proposals().iter().map(|(old, new)| format!("--rename {old}={new}")).collect();
    let hint = match proposals.is_empty() {
        true => "--allow-destructive writes it all the same".to_owned(),
        false => {
            format!("if that is another name for it: {}; --allow-destructive writes it as it is", proposals.join(", "))
        }
    };
    match draft.losses.is_empty() || allow_destructive {
        true => Ok(()),
        false => Err(Failure::new(format!("this loses {} for good", draft.losses.join(", ")))
            .code("migration_destructive")
            .hint(hint)),
    }
}
