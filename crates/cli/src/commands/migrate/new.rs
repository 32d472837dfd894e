//! `mwallet migrate new`: generates a migration for review.

use std::path::PathBuf;

use clap::Args;
use mwallet_db::SystemSources;
use mwallet_db::schema::{Sources, Table, visible};
use mwallet_migrate::{Draft, Renames};
use serde_json::json;

use crate::failure::{Failure, Result};
use crate::output;
use crate::settings::Settings;

/// The default folder of migrations.
const FOLDER: &str = "migrations";

/// The options of `mwallet migrate new`.
#[derive(Args)]
pub(super) struct Options {
    /// What the migration does, in a few words, such as add_memo
    name: String,
    /// Write a migration without statements, to be filled in by hand
    #[arg(long)]
    empty: bool,
    /// A renamed table or column, such as orders=trades or orders.note=orders.memo; can be repeated
    #[arg(long, value_name = "OLD=NEW", value_parser = rename)]
    rename: Vec<Rename>,
    /// Write the migration even if it permanently deletes rows or values
    #[arg(long)]
    allow_destructive: bool,
}

#[derive(Clone)]
enum Rename {
    Table(String, String),
    Column(String, String, String),
}

fn rename(text: &str) -> std::result::Result<Rename, &'static str> {
    let wrong = "expected OLD=NEW: two tables, or two columns of one table, each written as TABLE.COLUMN";
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
    // Run from another folder, the command would generate all tables once more.
    if migrations.is_empty() && !is_named {
        migrations = mwallet_models::migrations().to_vec();
        output::note(format_args!(
            "{FOLDER} has no migrations, so the entities are compared with those built into the program; pass \
             --folder {FOLDER} to start from scratch"
        ));
    }
    let last = migrations.last().map_or(0, |migration| migration.version);
    let now = SystemSources.now();
    let Options { name, empty, rename, allow_destructive } = options;
    let migration = match empty {
        true => mwallet_migrate::empty(&name, now, last),
        false => {
            let made = mwallet_migrate::replay(&migrations).await?;
            let tables: Vec<Table> = mwallet_models::all_tables().into_iter().cloned().collect();
            let draft =
                mwallet_migrate::generate(&name, now, &made, last, &tables, &renames(&made.tables, rename)?).await?;
            look(settings, &draft, allow_destructive)?;
            if draft.difference.is_empty() {
                let json = json!({ "files": [], "changes": [] });
                return output::report(&settings.output, "the migrations match the entities: nothing to write", &json);
            }
            migrations.push(draft.migration.clone());
            if let Err(error) = mwallet_migrate::replay(&migrations).await {
                output::note(format_args!("warning: it cannot be applied on SQLite as it is: {error}"));
            }
            draft.migration
        }
    };
    let files = mwallet_migrate::write(&folder, &migration).map_err(failed)?;
    let files: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let text = format!("wrote {}\nreview them before you apply them", files.join(", "));
    output::report(&settings.output, text, &json!({ "migration": migration.to_string(), "files": files }))
}

fn renames(made: &[Table], given: Vec<Rename>) -> Result<Renames> {
    let mut renames = Renames::default();
    for rename in given {
        match rename {
            Rename::Table(old, new) if made.iter().all(|table| table.name != old) => {
                return Err(Failure::usage(format!("--rename {old}={new}: there is no table {old}")));
            }
            Rename::Table(old, new) => renames.tables.push((old, new)),
            Rename::Column(table, old, new) => renames.columns.push((table, old, new)),
        }
    }
    Ok(renames)
}

/// Prints the changes, and refuses those that lose data unless that is allowed.
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
        true => "pass --allow-destructive to write it anyway".to_owned(),
        false => {
            format!("if it was renamed, pass {}; otherwise, pass --allow-destructive", proposals.join(", "))
        }
    };
    match draft.losses.is_empty() || allow_destructive {
        true => Ok(()),
        false => Err(Failure::new(format!("this permanently deletes {}", draft.losses.join(", ")))
            .code("migration_destructive")
            .hint(hint)),
    }
}
