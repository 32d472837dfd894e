//! How many connections the files of the process are enough for.

use mwallet_db::Engine;
use rlimit::Resource;

/// The files of everything but clients and the database: the terminal, the socket that listens, the events of each runtime
/// and of signals, what libraries open for a moment.
const OTHERS: usize = 32;
/// The files of each thread that serves.
const OF_THREAD: usize = 6;

/// Lets the process have the files that so many connections need, as far as the system lets it; gives how many connections
/// there may be.
///
/// Where a client could take the last file, the next request would find no way to the database.
pub(super) fn connections(wanted: usize, threads: usize, engine: &Engine) -> usize {
    let others = OTHERS + OF_THREAD * threads + engine.most_files();
    let needed = wanted.saturating_add(others);
    let files = match raise(needed) {
        Ok(files) => files,
        Err(error) => {
            tracing::warn!(%error, "how many files may be open is not known; {wanted} connections may be too many");
            return wanted;
        }
    };
    if files >= needed {
        return wanted;
    }
    let most = files.saturating_sub(others).max(1);
    tracing::warn!(
        "there may be {most} connections at once, not {wanted}: this process may open {files} files, and needs {others} itself; \
         raise the limit (ulimit -Hn, or LimitNOFILE= of systemd), or lower --max-connections"
    );
    most
}

/// Raises the soft limit of open files to this, if the hard one allows it; gives what it is then.
fn raise(needed: usize) -> std::io::Result<usize> {
    let (soft, hard) = Resource::NOFILE.get()?;
    let needed = u64::try_from(needed).unwrap_or(u64::MAX);
    let soft = match needed.min(hard) {
        more if more > soft && Resource::NOFILE.set(more, hard).is_ok() => more,
        _ => soft,
    };
    Ok(usize::try_from(soft).unwrap_or(usize::MAX))
}
