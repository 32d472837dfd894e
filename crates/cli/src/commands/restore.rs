//! `mwallet restore`: replaces a database that is not in use with a backup.

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

The command first checks every page of the backup. It fails while a server, or any other program, has the database \
open. It renames the previous database, which stays in the same folder, and prints its new name.

For PostgreSQL, the command prints the pg_restore command to run.";

/// The options of `mwallet restore`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// A backup that `mwallet backup` wrote, or any other intact SQLite database; the file is left as it is
    file: PathBuf,
}

pub(crate) async fn run(settings: &Settings, Options { file }: Options) -> Result<()> {
    let url = settings.database_url()?;
    let database = match &url {
        DatabaseUrl::Postgres(parts) => return Err(by_tools("restored", &pg_restore(parts, &file))),
        DatabaseUrl::Sqlite(place) => path(place)?.to_owned(),
    };
    let begun = Instant::now();
    let name = file.clone();
    let at = SystemSources.now();
    let restored = watched(settings, move |watch| mwallet_backup::restore(&file, &database, at, watch)).await?;
    let kept = restored.kept.map(|path| path.display().to_string());
    let did = match &kept {
        Some(kept) => format!("restored {url} from {}, and kept the previous database as {kept}", name.display()),
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
