//! How many connections the limit of open files allows.

use mwallet_db::Engine;
use rlimit::Resource;

/// The open files of everything but clients and the database: the terminal, the listening socket, the event queues of
/// runtimes and signals, files that libraries open briefly.
const OTHERS: usize = 32;
/// The open files of each thread that serves.
const OF_THREAD: usize = 6;

/// Raises the limit of open files to what `wanted` connections need, as far as the system allows; returns how many
/// connections are possible.
///
/// If clients could use up all files, the next request could not connect to the database.
pub(super) fn connections(wanted: usize, threads: usize, engine: &Engine) -> usize {
    let others = OTHERS + OF_THREAD * threads + engine.most_files();
    let needed = wanted.saturating_add(others);
    let files = match raise(needed) {
        Ok(files) => files,
        Err(error) => {
            tracing::warn!(%error, "cannot read the limit of open files; {wanted} connections may be too many");
            return wanted;
        }
    };
    if files >= needed {
        return wanted;
    }
    let most = files.saturating_sub(others).max(1);
    tracing::warn!(
        "the server accepts {most} connections at once, not {wanted}: this process may open {files} files, and needs \
         {others} for itself; raise the limit (ulimit -Hn, or LimitNOFILE= of systemd), or lower --max-connections"
    );
    most
}

/// Raises the soft limit of open files to `needed`, or to the hard limit if that is lower; returns the new soft limit.
fn raise(needed: usize) -> std::io::Result<usize> {
    let (soft, hard) = Resource::NOFILE.get()?;
    let needed = u64::try_from(needed).unwrap_or(u64::MAX);
    let soft = match needed.min(hard) {
        more if more > soft && Resource::NOFILE.set(more, hard).is_ok() => more,
        _ => soft,
    };
    Ok(usize::try_from(soft).unwrap_or(usize::MAX))
}
