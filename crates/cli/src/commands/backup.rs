//! `mwallet backup`: copies a database while servers write to it.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Instant;

use clap::Args;
use indicatif::{HumanBytes, ProgressBar};
use mwallet_backup::{BackupError, Copied, Progress, Watch};
use mwallet_db::{DatabaseUrl, Host, PostgresUrl, SqliteUrl, worker};
use serde_json::json;

use crate::failure::{Failure, Result};
use crate::output;
use crate::settings::Settings;
use crate::signals;

const EXAMPLES: &str = "\
Examples:
  mwallet backup mwallet-monday.db
  mwallet backup --force latest.db --database-url sqlite:/srv/mwallet.db

  # restore it while no server runs
  mwallet restore mwallet-monday.db

The backup is a consistent snapshot of the database in a single file that only its owner can read. SQLite checks \
every page before the file gets its name. Servers keep running meanwhile; if the database does not use a \
write-ahead log (WAL), which databases created by mWallet do, their writes wait.

For PostgreSQL, the command prints the pg_dump command to run.";

/// The options of `mwallet backup`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The file to write
    file: PathBuf,
    /// Replace the file if it exists, once the backup is complete
    #[arg(long)]
    force: bool,
}

pub(crate) async fn run(settings: &Settings, Options { file, force }: Options) -> Result<()> {
    let url = settings.database_url()?;
    let database = match &url {
        DatabaseUrl::Postgres(parts) => return Err(by_tools("backed up", &dump(parts, &file))),
        DatabaseUrl::Sqlite(place) => path(place)?.to_owned(),
    };
    let begun = Instant::now();
    let name = file.clone();
    let copied = watched(settings, move |watch| mwallet_backup::backup(&database, &file, force, watch)).await?;
    report(
        settings,
        &format!("copied {url} to {}", name.display()),
        &name,
        copied,
        begun,
        json!({"database": url.to_string()}),
    )
}

/// The file of a SQLite database.
pub(super) fn path(place: &SqliteUrl) -> Result<&Path> {
    match place {
        SqliteUrl::File(path) => Ok(path),
        SqliteUrl::Memory => Err(Failure::new("an in-memory database has no file")),
    }
}

/// Runs long work on its own thread, with a progress bar, until it is done or the user stops it.
pub(super) async fn watched<T: Send + 'static>(
    settings: &Settings,
    work: impl FnOnce(&mut Watch<'_>) -> mwallet_backup::Result<T> + Send + 'static,
) -> Result<T> {
    let bar = output::progress(&settings.output, 0, "pages");
    let mut watch = Watch::default().on_progress({
        let bar = bar.clone();
        move |progress| show_progress(&bar, progress)
    });
    let (stopped, stop) = (signals::stop()?, watch.stop());
    let mut working = pin!(worker::delegate(move || work(&mut watch)));
    let done = tokio::select! {
        done = &mut working => done,
        () = stopped => {
            if !settings.output.quiet {
                let text =
                    format!("stopping and removing the partial copy; {}, and may leave a partial file", signals::HINT);
                bar.suspend(|| output::note(text));
            }
            stop.store(true, Ordering::Relaxed);
            working.await
        }
    };
    bar.finish_and_clear();
    match done {
        Ok(done) => Ok(done?),
        Err(error) => Err(Failure::caused("the copy failed", &error)),
    }
}

fn show_progress(bar: &ProgressBar, progress: Progress) {
    match progress {
        Progress::Pages { done, all } => {
            bar.set_length(all);
            bar.set_position(done);
        }
        Progress::Verifying => bar.set_message("pages, checking them"),
    }
}

/// Reports how much was copied and how long it took.
pub(super) fn report(
    settings: &Settings,
    did: &str,
    file: &Path,
    Copied { pages, bytes }: Copied,
    begun: Instant,
    mut json: serde_json::Value,
) -> Result<()> {
    let seconds = begun.elapsed().as_secs_f64();
    json["file"] = file.display().to_string().into();
    json["pages"] = pages.into();
    json["bytes"] = bytes.into();
    json["seconds"] = seconds.into();
    output::report(&settings.output, format!("{did}: {pages} pages, {}, in {seconds:.1} s", HumanBytes(bytes)), &json)
}

/// Refers to PostgreSQL's own tools, which know more about its databases.
pub(super) fn by_tools(done: &str, command: &str) -> Failure {
    Failure::new(format!("a PostgreSQL database is {done} with PostgreSQL's own tools: run {command}")).hint(
        "it asks for the password or reads it from ~/.pgpass; for point-in-time recovery, archive the server's WAL and \
         make base backups: https://www.postgresql.org/docs/current/continuous-archiving.html",
    )
}

fn dump(parts: &PostgresUrl, file: &Path) -> String {
    format!(
        "pg_dump --format=custom {} --file={} {}",
        server(parts),
        quoted(&file.to_string_lossy()),
        quoted(&parts.database)
    )
}

/// The options of PostgreSQL's tools that say where a database is, without its password.
pub(super) fn server(parts: &PostgresUrl) -> String {
    let host = match &parts.host {
        Host::Tcp(host) => host.clone(),
        Host::Socket(folder) => folder.to_string_lossy().into_owned(),
    };
    format!("--host={} --port={} --username={}", quoted(&host), parts.port, quoted(&parts.user))
}

/// A word quoted for a shell.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

impl From<BackupError> for Failure {
    /// Adds a hint on what to do next.
    fn from(error: BackupError) -> Self {
        let code = match &error {
            BackupError::NoFile(_) | BackupError::NoFolder(_) => "no_file",
            BackupError::Exists(_) | BackupError::Beside(_) => "file_exists",
            BackupError::NotADatabase(_) => "database_not_opened",
            BackupError::Damaged { .. } => "database_damaged",
            BackupError::InUse { .. } => "database_in_use",
            BackupError::Stopped => "stopped",
            _ => "failed",
        };
        let hint = match &error {
            BackupError::NoFile(_) | BackupError::NoFolder(_) => "check the name",
            BackupError::Exists(_) => "choose another file, or use --force to replace it once the backup is complete",
            BackupError::Beside(_) => "choose another file, or move that one away if it is not needed",
            BackupError::SameFile(_) | BackupError::Side(_) | BackupError::NotAFile(_) => "choose another file",
            BackupError::NotADatabase(_) => "nothing was changed",
            BackupError::Damaged { .. } => {
                "nothing was changed; use an older backup, or see what `sqlite3 FILE .recover` can save"
            }
            BackupError::InUse { .. } => {
                "stop the programs that use it first, such as `mwallet serve`; nothing was changed"
            }
            BackupError::Stopped => "nothing was changed, and no partial file is left",
            _ => return Self::caused("", &error).code(code),
        };
        Self::caused("", &error).code(code).hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_as_they_are_by_a_shell() {
        for word in ["plain-1_a/b.db", "", "two words", "it's", "$HOME; `id`", "-x"] {
            let mut shell = std::process::Command::new("sh");
            let said = shell.args(["-c", &format!("printf %s {}", quoted(word))]).output().unwrap();
            let said = String::from_utf8(said.stdout).unwrap();
            assert_eq!(said, word);
        }
    }
}
