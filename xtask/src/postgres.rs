//! A throwaway PostgreSQL server for one run of the tests, or of a measurement.
//!
//! It is in a temporary directory, in memory for tests (see [`place`]). It listens on a free port of the loopback
//! interface, with and without TLS, and on a Unix socket in that directory. It trusts everyone except the roles of
//! [`RULES`], with which tests check refused connections. A guard ensures that nothing of it outlives this process,
//! however that ends (see [`Guard`]). PostgreSQL refuses to run as root, so under root it runs as another user.

use std::fs::{self, File, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Result;
use crate::certificates::{self, Certificates};
use crate::install::directories_on_path;

/// The `pg_hba.conf` with the authentication methods; the first matching line applies. Tests create the two roles.
const RULES: &str = "\
local     all  mwallet_locked                  scram-sha-256
host      all  mwallet_locked    127.0.0.1/32  scram-sha-256
host      all  mwallet_locked    ::1/128       scram-sha-256
hostssl   all  mwallet_tls_only  127.0.0.1/32  trust
hostssl   all  mwallet_tls_only  ::1/128       trust
hostnossl all  mwallet_tls_only  127.0.0.1/32  reject
hostnossl all  mwallet_tls_only  ::1/128       reject
local     all  all                             trust
host      all  all               127.0.0.1/32  trust
host      all  all               ::1/128       trust
";

/// The directory that contains `initdb` and `postgres`.
pub(crate) struct Programs(PathBuf);

impl Programs {
    /// Finds the server programs on PATH, or where the packages of known systems install them.
    pub(crate) fn find() -> Option<Self> {
        let packaged = [
            newest("/usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
            newest("/usr", "pgsql-", "bin"),                  // Fedora and RHEL, packages of the PostgreSQL project
            newest("/opt/homebrew/opt", "postgresql", "bin"), // Homebrew on Apple silicon
            newest("/usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel
            vec!["/usr/local/pgsql/bin".into()],              // built from source
            newest("/Applications/Postgres.app/Contents/Versions", "", "bin"),
        ];
        directories_on_path()
            .chain(packaged.into_iter().flatten())
            .find(|directory| ["initdb", "postgres"].iter().all(|program| directory.join(program).is_file()))
            .map(Self)
    }

    /// Returns the path of a client program next to those of the server.
    pub(crate) fn client(&self, name: &str) -> Option<PathBuf> {
        Some(self.0.join(name)).filter(|path| path.is_file())
    }
}

/// Lists `parent/prefix*/inner`, highest version first. A name without a version counts as the lowest.
fn newest(parent: &str, prefix: &str, inner: &str) -> Vec<PathBuf> {
    let names = fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut found: Vec<(Vec<u32>, PathBuf)> = names
        .filter_map(|name| name.into_string().ok())
        .filter_map(|name| Some((version(name.strip_prefix(prefix)?), Path::new(parent).join(&name).join(inner))))
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, path)| path).collect()
}

/// Parses the numbers of a version: `@9.6` is older than `15`.
fn version(text: &str) -> Vec<u32> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// Returns whether this process is root.
pub(crate) fn is_root() -> Result<bool> {
    // A new file belongs to the user of the process; this needs no unsafe call.
    Ok(tempfile::tempfile()?.metadata()?.uid() == 0)
}

/// The purpose of a server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Tests,
    Measuring,
}

/// A running server. It is stopped and removed on drop.
pub(crate) struct Server {
    port: u16,
    directory: PathBuf,
    certificates: Certificates,
    process: Child,
    guard: Guard,
}

impl Server {
    /// Creates a cluster and starts a server on it, for tests.
    pub(crate) fn start(programs: &Programs) -> Result<Self> {
        Self::start_for(programs, Purpose::Tests)
    }

    /// Same as [`start`](Self::start), without TLS and with the default settings of `initdb`, except for the listen
    /// addresses.
    pub(crate) fn start_for_measuring(programs: &Programs) -> Result<Self> {
        Self::start_for(programs, Purpose::Measuring)
    }

    fn start_for(programs: &Programs, purpose: Purpose) -> Result<Self> {
        // Closed to other users, since the server trusts everyone who reaches its socket.
        let closed = Permissions::from_mode(0o700);
        let mut builder = tempfile::Builder::new();
        let directory = builder.prefix("mwallet-test-").permissions(closed).tempdir_in(place(purpose))?.keep();
        // Must come first, so that nothing that follows can be left behind.
        let mut guard = Guard::post(&directory)?;
        let account = if is_root()? { Some(Account::find()?) } else { None };
        if let Some(account) = &account {
            chown(&directory, Some(account.uid), Some(account.gid))?;
        }
        let command = |program: &str| {
            let program = programs.0.join(program);
            let mut command = account.as_ref().map_or_else(|| Command::new(&program), |other| other.command(&program));
            // The account may lack access to the current directory.
            command.current_dir(&directory).stdin(Stdio::null());
            command
        };

        make_cluster(command("initdb"), &directory)?;
        let owner = account.as_ref().map(|account| (account.uid, account.gid));
        let certificates = certificates::write(&directory, owner)?;
        let languages = make_german(&directory);
        let command = |program: &str| {
            let mut command = command(program);
            command.env("LOCPATH", &languages);
            command
        };
        // The port is free now, but another program may take it before the server does.
        let mut attempts = 3;
        loop {
            let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
            let mut process = start_process(command("postgres"), &directory, &certificates, port, purpose)?;
            match wait_until_ready(&mut process, &directory)? {
                None => return Ok(Self { port, directory, certificates, process, guard }),
                Some(_) if attempts > 1 => attempts -= 1,
                Some(how) => {
                    let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
                    guard.relieve();
                    return Err(format!("the PostgreSQL server did not start ({how}). It said:\n{log}").into());
                }
            }
        }
    }

    /// Returns the URL for tests over TCP, as the superuser.
    pub(crate) fn url(&self) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Returns the port on the loopback interface.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the directory of the Unix socket.
    pub(crate) fn socket_directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the certificate of the authority that signed the server's certificate for `localhost`.
    pub(crate) fn authority(&self) -> &Path {
        &self.certificates.authority
    }

    /// Returns the certificate of an authority that signed nothing.
    pub(crate) fn other_authority(&self) -> &Path {
        &self.certificates.other_authority
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.guard.relieve();
        // Only reaps the process, which the guard has stopped.
        let _ = self.process.wait();
    }
}

/// The in-memory file system of Linux.
const MEMORY: &str = "/dev/shm";

/// The space that must be free there. The suite takes 0.3 GB, a test of a million rows more; containers often have 64
/// MB.
const ROOM_KIB: u64 = 4 << 20;

/// Returns the parent directory for a server. An explicit `TMPDIR` takes precedence over memory.
///
/// Each test creates a database of 300 files and drops it. ext4 does not reuse the inode of a deleted file for some
/// time, and each new file searches past all of them: this took half of the CPU time of the API tests.
fn place(purpose: Purpose) -> PathBuf {
    let is_in_memory = purpose == Purpose::Tests
        && std::env::var_os("TMPDIR").is_none()
        && free_kib(Path::new(MEMORY)).is_some_and(|free| free >= ROOM_KIB);
    if is_in_memory { MEMORY.into() } else { std::env::temp_dir() }
}

/// Returns the free space in a directory, as reported by `df`.
fn free_kib(directory: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg(directory).stderr(Stdio::null()).output().ok()?;
    available(&String::from_utf8_lossy(&output.stdout))
}

/// Parses the fourth column of the `df -Pk` output, below its headings.
fn available(table: &str) -> Option<u64> {
    table.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

fn make_cluster(mut initdb: Command, directory: &Path) -> Result<()> {
    initdb.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=postgres", "--pgdata"]);
    let output = initdb.arg(directory.join("data")).output().map_err(|e| format!("cannot run initdb: {e}"))?;
    if !output.status.success() {
        return Err(format!("initdb failed ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    }
    // The file keeps its owner, who alone may read it.
    Ok(fs::write(directory.join("data/pg_hba.conf"), RULES)?)
}

/// Creates the locale in which a test has the server speak German, in a separate folder, and returns the folder.
/// Debian's PostgreSQL installs its sources; if it cannot be created, that test says so.
fn make_german(directory: &Path) -> PathBuf {
    let folder = directory.join("locales");
    let made = fs::create_dir(&folder).and_then(|()| {
        let mut command = Command::new("localedef");
        command.args(["--inputfile=de_DE", "--charmap=UTF-8"]).arg(folder.join("de_DE.UTF-8"));
        command.stdout(Stdio::null()).stderr(Stdio::null()).status()
    });
    if !made.is_ok_and(|status| status.success()) {
        eprintln!(
            "xtask: the locale de_DE.UTF-8 cannot be made; is localedef there, with its sources (Debian: locales)?"
        );
    }
    folder
}

fn start_process(
    mut postgres: Command,
    directory: &Path,
    certificates: &Certificates,
    port: u16,
    purpose: Purpose,
) -> Result<Child> {
    let log = File::create(directory.join("log"))?;
    postgres.arg("-D").arg(directory.join("data"));
    let sockets = format!("unix_socket_directories={}", directory.display());
    let certificate = format!("ssl_cert_file={}", certificates.server.display());
    let key = format!("ssl_key_file={}", certificates.server_key.display());
    let place = ["listen_addresses=127.0.0.1", &format!("port={port}"), &sockets];
    let for_tests = [
        "ssl=on",
        &certificate,
        &key,
        // Each test has a database and a pool, and many tests run concurrently.
        "max_connections=200",
        // Data that a power cut would lose is discarded anyway.
        "fsync=off",
        "full_page_writes=off",
    ];
    let rest = if purpose == Purpose::Tests { &for_tests[..] } else { &[] };
    for setting in place.iter().chain(rest) {
        postgres.args(["-c", setting]);
    }
    postgres.stdout(log.try_clone()?).stderr(log);
    // Ctrl-C goes to the whole process group of the terminal, but the server must outlive the tests.
    postgres.process_group(0);
    postgres.spawn().map_err(|e| format!("cannot run postgres: {e}").into())
}

/// Waits until the server accepts connections. Returns the exit status if it ended instead.
fn wait_until_ready(process: &mut Child, directory: &Path) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(60) {
        if let Some(status) = process.try_wait()? {
            return Ok(Some(status));
        }
        // The eighth line is the state of the server; `pg_ctl` waits for the same.
        let state = fs::read_to_string(directory.join("data/postmaster.pid")).unwrap_or_default();
        if state.lines().nth(7).is_some_and(|state| state.trim() == "ready") {
            return Ok(None);
        }
        sleep(Duration::from_millis(20));
    }
    Err("the PostgreSQL server was not ready after 60 seconds".into())
}

/// A process that outlives this one, to stop the server and to remove its directory.
///
/// It waits for the end of its input, which comes when this process closes it or dies, whether by Ctrl-C or SIGKILL.
/// Signal handlers in this process would cover fewer cases, and need unsafe code or another dependency.
struct Guard(Child);

impl Guard {
    /// SIGQUIT is PostgreSQL's immediate shutdown; the server removes its `postmaster.pid` last. The process ID
    /// cannot be watched instead, since it exists until the exit status is collected.
    const SCRIPT: &str = r#"
        trap '' HUP INT TERM
        cat > /dev/null
        file=$1/data/postmaster.pid
        if process=$(head -n 1 "$file" 2> /dev/null); then
            kill -QUIT "$process" 2> /dev/null
            tenths=0
            while [ -e "$file" ] && [ "$tenths" -lt 100 ]; do sleep 0.1; tenths=$((tenths + 1)); done
            [ -e "$file" ] && kill -KILL "$process" 2> /dev/null
        fi
        # Once more for what an interrupted initdb still wrote meanwhile.
        rm -rf "$1" || { sleep 1; rm -rf "$1"; }
    "#;

    fn post(directory: &Path) -> Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", Self::SCRIPT, "mwallet-test-guard"]).arg(directory).stdin(Stdio::piped());
        // A reader of this process's output must not wait for the guard to close it too.
        shell.stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/").process_group(0);
        match shell.spawn() {
            Ok(process) => Ok(Self(process)),
            Err(e) => {
                fs::remove_dir_all(directory)?;
                Err(format!("cannot run /bin/sh: {e}").into())
            }
        }
    }

    /// Lets the guard do its work now, and waits for it.
    fn relieve(&mut self) {
        drop(self.0.stdin.take());
        // If waiting fails, the guard is gone already.
        let _ = self.0.wait();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.relieve();
    }
}

/// The user that runs the server if this process is root.
struct Account {
    uid: u32,
    gid: u32,
    prefix: Vec<String>,
}

impl Account {
    fn find() -> Result<Self> {
        let users = ["postgres", "nobody"];
        let found = users.iter().find_map(|user| Some((*user, id("-u", user)?, id("-g", user)?)));
        let (user, uid, gid) =
            found.ok_or("PostgreSQL refuses to run as root, and there is no user postgres or nobody")?;
        // Each program is missing on some systems, and BusyBox's setpriv lacks these options.
        let ways: [Vec<String>; 3] = [
            ["setpriv", &format!("--reuid={uid}"), &format!("--regid={gid}"), "--clear-groups", "--"]
                .map(String::from)
                .into(),
            ["runuser", "-u", user, "--"].map(String::from).into(),
            ["su", user, "-s", "/bin/sh", "-c", r#"exec "$0" "$@""#, "--"].map(String::from).into(),
        ];
        let works = |prefix: &Vec<String>| {
            let mut command = Self { uid, gid, prefix: prefix.clone() }.command(Path::new("true"));
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let prefix = ways.into_iter().find(works);
        let prefix = prefix.ok_or_else(|| {
            format!("PostgreSQL refuses to run as root, and none of setpriv, runuser and su could run it as {user}")
        })?;
        Ok(Self { uid, gid, prefix })
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(&self.prefix[0]);
        command.args(&self.prefix[1..]).arg(program);
        command
    }
}

fn id(option: &str, user: &str) -> Option<u32> {
    let output = Command::new("id").args([option, user]).output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(version("15") > version("9.6"));
        assert!(version("@17") > version("@9.6"));
        assert!(version("16.2") > version("16"));
        assert!(version("") < version("9"));
    }

    #[test]
    fn newest_comes_first() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["pgsql-9.6", "pgsql-16", "pgsql-15", "other-17"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let found = newest(parent.path().to_str().unwrap(), "pgsql-", "bin");
        let expected = ["pgsql-16", "pgsql-15", "pgsql-9.6"].map(|name| parent.path().join(name).join("bin"));
        assert_eq!(found, expected);
    }

    #[test]
    fn the_room_is_the_fourth_column() {
        let table = "Filesystem     1024-blocks  Used Available Capacity Mounted on\n\
                     tmpfs             12342048  2100  12339948       1% /dev/shm\n";
        assert_eq!(available(table), Some(12_339_948));
        assert_eq!(available(""), None);
        assert_eq!(free_kib(Path::new("/nowhere")), None);
    }

    #[test]
    fn measurements_run_on_a_disk() {
        assert_eq!(place(Purpose::Measuring), std::env::temp_dir());
    }

    #[test]
    fn guard_removes_the_directory() {
        let directory = tempfile::tempdir().unwrap().keep();
        fs::write(directory.join("file"), "").unwrap();
        Guard::post(&directory).unwrap().relieve();
        assert!(!directory.exists());
    }
}
