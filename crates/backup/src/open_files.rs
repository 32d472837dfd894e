//! Which processes have a database open. Only Linux says so, and only of processes that this user may look into.

use std::path::Path;

use crate::Process;

/// The other processes that have one of these files open, as far as they can be seen.
#[cfg(target_os = "linux")]
pub(crate) fn others(files: &[&Path]) -> Vec<Process> {
    use std::os::unix::fs::MetadataExt;

    let number = |file: &Path| file.metadata().ok().map(|found| (found.dev(), found.ino()));
    let wanted: Vec<(u64, u64)> = files.iter().filter_map(|file| number(file)).collect();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if id == std::process::id() {
            continue;
        }
        let open = std::fs::read_dir(entry.path().join("fd")).into_iter().flatten().flatten();
        if open.filter_map(|file| number(&file.path())).any(|file| wanted.contains(&file)) {
            let name = std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            found.push(Process { id, name: name.trim().to_owned() });
        }
    }
    found.sort_by_key(|process: &Process| process.id);
    found
}

/// Nothing is said of it elsewhere.
#[cfg(not(target_os = "linux"))]
pub(crate) fn others(_: &[&Path]) -> Vec<Process> {
    Vec::new()
}
