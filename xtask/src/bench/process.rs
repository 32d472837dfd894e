//! Starts a server for a measurement, observes it through `/proc`, and always stops it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempPath;

use super::tools::output;
use super::workdir::Workdir;
use crate::{Result, show};

/// How long a server may take to print its address.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server with all of its child processes. They are stopped on drop.
pub(super) struct Process {
    /// A shell that stops the server when this process ends in any way, since that closes the shell's input.
    keeper: Child,
    id: u32,
    command: String,
    out: TempPath,
    log: TempPath,
    ticks_per_second: u64,
}

impl Process {
    /// The arguments are the output files, then the server and its arguments.
    const KEEPER: &str = r#"
        out=$1 log=$2; shift 2
        "$@" > "$out" 2> "$log" < /dev/null &
        echo "$!"
        cat > /dev/null
        kill "$!"
        tenths=0
        while kill -0 "$!" 2> /dev/null && [ "$tenths" -lt 150 ]; do sleep 0.1; tenths=$((tenths + 1)); done
        kill -KILL "$!" 2> /dev/null
    "#;

    /// Starts a server with its output in files.
    pub(super) fn start(workdir: &Workdir, server: &Command) -> Result<Self> {
        let logs = workdir.directory("logs")?;
        let file = || tempfile::NamedTempFile::new_in(&logs).map(tempfile::NamedTempFile::into_temp_path);
        let (out, log) = (file()?, file()?);
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", Self::KEEPER, "keeper"]).arg(&out).arg(&log);
        shell.arg(server.get_program()).args(server.get_args());
        for (name, value) in server.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        // Settings in the environment are not part of the measurement.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MWALLET_")) {
            shell.env_remove(name);
        }
        shell.current_dir(server.get_current_dir().unwrap_or(&logs));
        // Ctrl-C goes to the whole process group of the terminal, but the shell must live until it has stopped the
        // server.
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let command = show(server);
        let mut keeper = shell.spawn().map_err(|error| format!("cannot run {command}: {error}"))?;
        let mut id = String::new();
        if let Some(said) = keeper.stdout.take() {
            BufReader::new(said).read_line(&mut id)?;
        }
        let id = id.trim().parse().map_err(|_| format!("cannot run {command}"))?;
        let ticks_per_second = output(Command::new("getconf").arg("CLK_TCK"))?.trim().parse()?;
        Ok(Self { keeper, id, command, out, log, ticks_per_second })
    }

    /// Returns the command, as a person would type it.
    pub(super) fn command(&self) -> &str {
        &self.command
    }

    /// Waits for the first line of its standard output.
    pub(super) fn line(&mut self) -> Result<String> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE && self.tree().is_ok() {
            let said = fs::read_to_string(&self.out)?;
            if let Some((line, _)) = said.split_once('\n') {
                return Ok(line.to_owned());
            }
            sleep(Duration::from_millis(20));
        }
        Err(self.with_log("it said nothing"))
    }

    /// Returns an error that includes the log of the server.
    pub(super) fn with_log(&self, why: &(impl ToString + ?Sized)) -> Box<dyn std::error::Error> {
        let log: PathBuf = self.log.to_path_buf();
        let said = fs::read_to_string(log).unwrap_or_default();
        let said = if said.trim().is_empty() { String::new() } else { format!("\n{} said:\n{said}", self.command) };
        format!("{}{said}", why.to_string()).into()
    }

    /// Returns the CPU time that all of its processes have used.
    pub(super) fn cpu(&self) -> Result<Duration> {
        let ticks: u64 = self.tree()?.iter().map(|stat| stat.ticks).sum();
        Ok(Duration::from_secs_f64(ticks as f64 / self.ticks_per_second as f64))
    }

    /// Resets the peaks of memory usage.
    pub(super) fn reset_peak(&self) -> Result<()> {
        for stat in self.tree()? {
            fs::write(format!("/proc/{}/clear_refs", stat.id), "5")?;
        }
        Ok(())
    }

    /// Returns the sum of the memory peaks of all of its processes in KiB. Shared memory counts for each.
    pub(super) fn peak_kib(&self) -> Result<u64> {
        let mut sum = 0;
        for stat in self.tree()? {
            let status = fs::read_to_string(format!("/proc/{}/status", stat.id))?;
            let peak =
                status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
            sum += peak.unwrap_or(0_u64);
        }
        Ok(sum)
    }

    /// Returns the server and all of its descendants; an error if it has ended.
    fn tree(&self) -> Result<Vec<Stat>> {
        let all: Vec<Stat> = fs::read_dir("/proc")?
            .filter_map(|entry| Stat::find(&entry.ok()?.file_name().into_string().ok()?))
            .collect();
        let mut tree: Vec<Stat> = all.iter().copied().filter(|stat| stat.id == self.id).collect();
        if tree.is_empty() {
            return Err(self.with_log("it has ended"));
        }
        let mut next = 0;
        while let Some(parent) = tree.get(next).copied() {
            tree.extend(all.iter().copied().filter(|stat| stat.parent == parent.id));
            next += 1;
        }
        Ok(tree)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // If waiting fails, the shell is gone already.
        let _ = self.keeper.wait();
    }
}

/// The data of a process in `/proc`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stat {
    id: u32,
    parent: u32,
    /// The CPU time of the process and of its ended children.
    ticks: u64,
}

impl Stat {
    /// Parses `/proc/ID/stat`; `None` if there is no such running process.
    fn find(id: &str) -> Option<Self> {
        let id = id.parse().ok()?;
        Self::read(id, &fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
    }

    fn read(id: u32, text: &str) -> Option<Self> {
        // The second field is the program's name in parentheses, which may contain anything.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let ticks = fields.get(11..15)?.iter().map(|ticks| ticks.parse::<u64>().ok()).sum::<Option<u64>>()?;
        (fields[0] != "Z").then_some(Self { id, parent: fields[1].parse().ok()?, ticks })
    }
}

/// Returns a port that is free now; another program may still take it.
pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_proc_is_read() {
        let text = "7 (a ) b) S 3 7 7 0 -1 4194560 100 200 0 0 11 22 33 44 20 0 1 0 5 6 7";
        assert_eq!(Stat::read(7, text), Some(Stat { id: 7, parent: 3, ticks: 110 }));
        assert_eq!(Stat::read(7, &text.replace(" S ", " Z ")), None);
        assert_eq!(Stat::read(7, "7 (cut"), None);
    }
}
