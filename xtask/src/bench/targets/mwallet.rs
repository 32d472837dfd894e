//! mWallet itself, in its release build, on each of its databases.

use std::process::Command;

use serde_json::Value;

use super::Target;
use super::http::Http;
use crate::Result;
use crate::bench::process::Process;
use crate::bench::workdir::{Workdir, seed};

pub(super) fn start_on_postgres(workdir: &Workdir) -> Result<Box<dyn Target>> {
    serve(workdir, workdir.mwallet_database()?)
}

pub(super) fn start_on_sqlite(workdir: &Workdir) -> Result<Box<dyn Target>> {
    let url = format!("sqlite:{}", workdir.directory("sqlite")?.join("mwallet.db").display());
    seed(workdir, &url)?;
    serve(workdir, &url)
}

fn serve(workdir: &Workdir, database: &str) -> Result<Box<dyn Target>> {
    let mut command = Command::new(workdir.mwallet()?);
    command.args(["serve", "--open", "--json", "--listen", "127.0.0.1:0", "--database-url", database]);
    let mut process = Process::start(workdir, &command)?;
    let said: Value = serde_json::from_str(&process.line()?).map_err(|error| process.with_log(&error))?;
    let url = said["url"].as_str().ok_or("it did not say where it listens")?.to_owned();
    Ok(Box::new(Http { wrk: workdir.tools.wrk(), url, path, process, notes: Vec::new() }))
}

fn path(workload: &str) -> Option<&'static str> {
    match workload {
        "get" => Some("/rest/v1/orders/order-%d"),
        "list" => Some("/rest/v1/orders?order=id.desc&limit=100"),
        "create" => Some("/rest/v1/orders"),
        _ => None,
    }
}
