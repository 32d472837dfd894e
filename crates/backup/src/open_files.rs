//! Finds the processes that have a database open. Only Linux reports them, and only those that this user may inspect.

use std::path::Path;

use crate::Process;

/// Returns the other processes that have one of these files open, as far as they are visible.
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

/// Returns nothing on other systems.
#[cfg(not(target_os = "linux"))]
pub(crate) fn others(_: &[&Path]) -> Vec<Process> {
    Vec::new()
}
