//! mWallet itself, as it is built for release, on each of its databases.

use std::process::Command;

use serde_json::Value;

use super::Subject;
use super::http::Http;
use crate::Result;
use crate::bench::place::{Place, seed};
use crate::bench::process::Process;

pub(super) fn start_on_postgres(place: &Place) -> Result<Box<dyn Subject>> {
    serve(place, place.mwallet_database()?)
}

pub(super) fn start_on_sqlite(place: &Place) -> Result<Box<dyn Subject>> {
    let url = format!("sqlite:{}", place.directory("sqlite")?.join("mwallet.db").display());
    seed(place, &url)?;
    serve(place, &url)
}

fn serve(place: &Place, database: &str) -> Result<Box<dyn Subject>> {
    let mut command = Command::new(place.mwallet()?);
    command.args(["serve", "--open", "--json", "--listen", "127.0.0.1:0", "--database-url", database]);
    let mut process = Process::start(place, &command)?;
    let said: Value = serde_json::from_str(&process.line()?).map_err(|error| process.with_log(&error))?;
    let url = said["url"].as_str().ok_or("it did not say where it listens")?.to_owned();
    Ok(Box::new(Http { wrk: place.tools.wrk(), url, path, process, notes: Vec::new() }))
}

fn path(workload: &str) -> Option<&'static str> {
    match workload {
        "get" => Some("/rest/v1/orders/order-%d"),
        "list" => Some("/rest/v1/orders?order=id.desc&limit=100"),
        "create" => Some("/rest/v1/orders"),
        _ => None,
    }
}
