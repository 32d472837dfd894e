//! mWallet itself, in its release build, on each of its databases.

use std::process::Command;

use serde_json::Value;

use super::http::Http;
use super::{Tables, Target};
use crate::Result;
use crate::bench::process::Process;
use crate::bench::workdir::{Workdir, seed};

pub(super) fn start_on_postgres(workdir: &Workdir, tables: Tables) -> Result<Box<dyn Target>> {
    let embed = match tables {
        Tables::Embed => Some(serve_existing(workdir, workdir.embed_database()?)?),
        Tables::Own => None,
    };
    Ok(Box::new(Http { embed, ..serve(workdir, workdir.mwallet_database()?, &[])? }))
}

pub(super) fn start_on_sqlite(workdir: &Workdir, tables: Tables) -> Result<Box<dyn Target>> {
    let url = format!("sqlite:{}", workdir.directory("sqlite")?.join("mwallet.db").display());
    seed(workdir, &url)?;
    let embed = match tables {
        Tables::Embed => Some(serve_existing(workdir, &format!("sqlite:{}", workdir.embed_file()?.display()))?),
        Tables::Own => None,
    };
    Ok(Box::new(Http { embed, ..serve(workdir, &url, &[])? }))
}

/// The three related tables are served as those of an existing database.
fn serve_existing(workdir: &Workdir, database: &str) -> Result<Box<Http>> {
    serve(workdir, database, &["--reflect"]).map(Box::new)
}

fn serve(workdir: &Workdir, database: &str, options: &[&str]) -> Result<Http> {
    let mut command = Command::new(workdir.mwallet()?);
    command.args(["serve", "--open", "--json", "--listen", "127.0.0.1:0", "--database-url", database]).args(options);
    let mut process = Process::start(workdir, &command)?;
    let said: Value = serde_json::from_str(&process.line()?).map_err(|error| process.with_log(&error))?;
    let url = said["url"].as_str().ok_or("it did not say where it listens")?.to_owned();
    Ok(Http { wrk: workdir.tools.wrk(), url, path, process, notes: Vec::new(), embed: None })
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
