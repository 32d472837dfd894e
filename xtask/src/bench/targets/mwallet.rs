//! mWallet itself, in its release build, on each of its databases.

use std::process::Command;

use serde_json::Value;

use super::http::Http;
use super::{Tables, Target};
use crate::bench::process::Process;
use crate::bench::tools::output;
use crate::bench::workdir::{Workdir, seed};
use crate::{Result, root};

pub(super) fn start_closed_on_postgres(workdir: &Workdir, tables: Tables) -> Result<Box<dyn Target>> {
    closed(workdir, tables, workdir.mwallet_database()?.to_owned(), Tables::postgres, "")
}

pub(super) fn start_limited_on_postgres(workdir: &Workdir, tables: Tables) -> Result<Box<dyn Target>> {
    closed(workdir, tables, workdir.mwallet_database()?.to_owned(), Tables::postgres, LIMITS)
}

pub(super) fn start_closed_on_sqlite(workdir: &Workdir, tables: Tables) -> Result<Box<dyn Target>> {
    closed(workdir, tables, own_file(workdir, "closed")?, Tables::sqlite, "")
}

pub(super) fn start_limited_on_sqlite(workdir: &Workdir, tables: Tables) -> Result<Box<dyn Target>> {
    closed(workdir, tables, own_file(workdir, "limited")?, Tables::sqlite, LIMITS)
}

pub(super) fn start_on_postgres(workdir: &Workdir, tables: Tables) -> Result<Box<dyn Target>> {
    let embed = match tables.postgres(workdir)? {
        Some(database) => Some(Box::new(serve(workdir, &database, &["--open", "--reflect"])?)),
        None => None,
    };
    Ok(Box::new(Http { embed, ..serve(workdir, workdir.mwallet_database()?, &["--open"])? }))
}

pub(super) fn start_on_sqlite(workdir: &Workdir, tables: Tables) -> Result<Box<dyn Target>> {
    let url = own_file(workdir, "open")?;
    let embed = match tables.sqlite(workdir)? {
        Some(database) => Some(Box::new(serve(workdir, &database, &["--open", "--reflect"])?)),
        None => None,
    };
    Ok(Box::new(Http { embed, ..serve(workdir, &url, &["--open"])? }))
}

/// The URL of a SQLite file that mWallet created and filled.
fn own_file(workdir: &Workdir, name: &str) -> Result<String> {
    let url = format!("sqlite:{}", workdir.directory("sqlite")?.join(format!("{name}.db")).display());
    seed(workdir, &url)?;
    Ok(url)
}

impl Tables {
    /// The URL of the database of the three related tables, which are served as those of an existing database.
    fn postgres(self, workdir: &Workdir) -> Result<Option<String>> {
        Ok(match self {
            Self::Embed => Some(workdir.embed_database()?.to_owned()),
            Self::Own => None,
        })
    }

    /// The same as a file of SQLite.
    fn sqlite(self, workdir: &Workdir) -> Result<Option<String>> {
        Ok(match self {
            Self::Embed => Some(format!("sqlite:{}", workdir.embed_file()?.display())),
            Self::Own => None,
        })
    }
}

/// What the limited targets have besides the permissions of the closed ones.
const LIMITS: &str = "limits.yml";

/// Serves a user by the permissions in `bench`, with more of them appended.
fn closed(
    workdir: &Workdir,
    tables: Tables,
    database: String,
    related: fn(Tables, &Workdir) -> Result<Option<String>>,
    more: &str,
) -> Result<Box<dyn Target>> {
    let mut issue = Command::new(workdir.mwallet()?);
    issue.args(["key", "token", "--as", "user00000001", "--ttl", "24h", "--database-url", &database]);
    let token = Some(output(&mut issue)?.trim().to_owned());
    let permissions = |file: &str| -> Result<String> {
        let mut text = std::fs::read_to_string(root().join("bench").join(file))?;
        if !more.is_empty() {
            text += &std::fs::read_to_string(root().join("bench").join(more))?;
        }
        let name = format!("{}{more}{}", database.len(), file.replace('/', "-"));
        let path = workdir.directory("permissions")?.join(name);
        std::fs::write(&path, text)?;
        Ok(path.display().to_string())
    };
    let embed = match related(tables, workdir)? {
        Some(existing) => {
            let file = permissions("embed/permissions.yml")?;
            let options = ["--reflect", "--auth-database-url", &database, "--permissions", &file];
            Some(Box::new(Http { token: token.clone(), ..serve(workdir, &existing, &options)? }))
        }
        None => None,
    };
    let file = permissions("permissions.yml")?;
    Ok(Box::new(Http { embed, token, ..serve(workdir, &database, &["--permissions", &file])? }))
}

fn serve(workdir: &Workdir, database: &str, options: &[&str]) -> Result<Http> {
    let mut command = Command::new(workdir.mwallet()?);
    command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--database-url", database]).args(options);
    let mut process = Process::start(workdir, &command)?;
    let said: Value = serde_json::from_str(&process.line()?).map_err(|error| process.with_log(&error))?;
    let url = said["url"].as_str().ok_or("it did not say where it listens")?.to_owned();
    Ok(Http { wrk: workdir.tools.wrk(), url, path, process, token: None, notes: Vec::new(), embed: None })
}

fn path(workload: &str) -> Option<&'static str> {
    match workload {
        "get" => Some("/rest/v1/orders/order-%d"),
        "list" => Some("/rest/v1/orders?order=id.desc&limit=100"),
        "embed" => Some("/rest/v1/funds?id=gte.%d&order=id&limit=20&select=*,positions(*,lots(*))"),
        "create" => Some("/rest/v1/orders"),
        _ => None,
    }
}
