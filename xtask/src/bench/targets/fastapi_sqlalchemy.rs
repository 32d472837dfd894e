//! A competitor: the classic Python stack of FastAPI, pydantic and SQLAlchemy, two workers, on the same PostgreSQL.
//!
//! Its table has the same columns, without the foreign key and the service columns.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::http::Http;
use super::{Tables, Target};
use crate::bench::process::{Process, free_port};
use crate::bench::tools::output;
use crate::bench::workdir::{EMBED_DATABASE, Workdir};
use crate::bench::wrk;
use crate::{Result, root, run};

/// The database of the competitor.
const DATABASE: &str = "competitor";
/// The number of rows: as many as mWallet has orders.
const ROWS: &str = "200000";

pub(super) fn start(workdir: &Workdir, tables: Tables) -> Result<Box<dyn Target>> {
    let programs = environment(workdir)?;
    let folder = folder();
    workdir.psql("postgres", &format!("CREATE DATABASE {DATABASE}"))?;
    let url = format!("postgresql+psycopg2://postgres@127.0.0.1:{}/{DATABASE}", workdir.server.port());
    if tables == Tables::Embed {
        workdir.embed_database()?;
    }
    let embed_url = url.replace(DATABASE, EMBED_DATABASE);
    let python = |program: &str| {
        let mut command = Command::new(programs.join(program));
        // Keeps bytecode files out of the repository.
        command
            .env("PEER_DATABASE_URL", &url)
            .env("PEER_EMBED_URL", &embed_url)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(&folder);
        command
    };
    run(python("python").args(["app.py", "--rows", ROWS]).stdout(std::io::stderr()))?;
    workdir.settle(DATABASE)?;

    let port = free_port()?;
    let mut command = python("uvicorn");
    command.args(["app:app", "--workers", "2", "--port", &port.to_string()]);
    command.args(["--no-access-log", "--log-level", "warning"]);
    let process = Process::start(workdir, &command)?;
    let url = format!("http://127.0.0.1:{port}");
    wrk::wait_for(&url, Duration::from_secs(60)).map_err(|error| process.with_log(&error))?;
    let notes = vec!["its table has the same columns, without the foreign key and the service columns".to_owned()];
    Ok(Box::new(Http { wrk: workdir.tools.wrk(), url, path, process, token: None, notes, embed: None }))
}

fn folder() -> PathBuf {
    root().join("bench/competitors/fastapi_sqlalchemy")
}

/// Creates a virtual environment with the pinned packages of `requirements.txt`, and returns its `bin` folder. It is
/// kept in `target`, and rebuilt when the pins change.
fn environment(workdir: &Workdir) -> Result<PathBuf> {
    let requirements = folder().join("requirements.txt");
    let pinned = fs::read_to_string(&requirements)?;
    let home = workdir.build_directory.join("bench/fastapi_sqlalchemy");
    let (mark, programs) = (home.join("installed.txt"), home.join("bin"));
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == pinned) {
        return Ok(programs);
    }
    run(Command::new(&workdir.tools.python).args(["-m", "venv", "--clear"]).arg(&home))?;
    let mut pip = Command::new(programs.join("pip"));
    run(pip.args(["install", "--quiet", "--requirement"]).arg(&requirements).stdout(std::io::stderr()))?;
    fs::write(mark, pinned)?;
    Ok(programs)
}

/// Returns the installed versions, as listed by pip.
pub(in crate::bench) fn versions(target: &Path) -> Result<Vec<String>> {
    let mut pip = Command::new(target.join("bench/fastapi_sqlalchemy/bin/pip"));
    Ok(output(pip.args(["list", "--format=freeze"]))?.lines().map(str::to_owned).collect())
}

fn path(workload: &str) -> Option<&'static str> {
    match workload {
        "get" => Some("/orders/order-%d"),
        "list" => Some("/orders?limit=100"),
        "embed" => Some("/funds?first=%d&limit=20"),
        "create" => Some("/orders"),
        _ => None,
    }
}
