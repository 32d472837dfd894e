//! `mwallet restore`: puts a copy in the place of a database that is not served.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use mwallet_db::schema::Sources;
use mwallet_db::{DatabaseUrl, PostgresUrl, SystemSources};
use serde_json::json;

use super::backup::{by_tools, path, quoted, report, server, watched};
use crate::failure::Result;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  mwallet restore mwallet-monday.db
  mwallet restore latest.db --database-url sqlite:/srv/mwallet.db

The copy is looked at first, page by page. It is refused while a server, or any other program, has the database open. The database \
that was there stays beside the new one, under a name that it says.

A database of PostgreSQL is put back by pg_restore; for that, the command says what to run.";

/// The options of `mwallet restore`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The copy, as `mwallet backup` wrote it, or any other whole database of SQLite; it stays where it is
    file: PathBuf,
}

pub(crate) async fn run(settings: &Settings, Options { file }: Options) -> Result<()> {
    let url = settings.database_url()?;
    let database = match &url {
        DatabaseUrl::Postgres(parts) => return Err(by_tools("put back", &pg_restore(parts, &file))),
        DatabaseUrl::Sqlite(place) => path(place)?.to_owned(),
    };
    let begun = Instant::now();
    let name = file.clone();
    let at = SystemSources.now();
    let restored = watched(settings, move |watch| mwallet_backup::restore(&file, &database, at, watch)).await?;
    let kept = restored.kept.map(|path| path.display().to_string());
    let did = match &kept {
        Some(kept) => format!("restored {url} from {}, and kept what it was as {kept}", name.display()),
        None => format!("restored {url} from {}", name.display()),
    };
    report(settings, &did, &name, restored.copied, begun, json!({"database": url.to_string(), "kept": kept}))
}

fn pg_restore(parts: &PostgresUrl, file: &Path) -> String {
    format!(
        "pg_restore --clean --if-exists --single-transaction {} --dbname={} {}",
        server(parts),
        quoted(&parts.database),
        quoted(&file.to_string_lossy())
    )
}
