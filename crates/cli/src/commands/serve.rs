//! `mwallet serve`: the tables over HTTP, until it is told to stop.

mod demo;
#[cfg(unix)]
mod files;
mod limits;
mod reflected;
mod reload;

use std::io::ErrorKind;
use std::net::SocketAddr;

use clap::Args;
use mwallet_api::{App, AppState, Tables};
use mwallet_db::EngineOptions;
use mwallet_db::schema::Table;
use serde_json::json;

use limits::LimitOptions;
use reflected::ReflectedOptions;

use crate::database;
use crate::failure::{Failure, Result};
use crate::log::Log;
use crate::output;
use crate::settings::Settings;
use crate::signals;

const EXAMPLES: &str = "\
Examples:
  # fake data to look around in, and what to try with it
  mwallet serve --demo

  mwallet serve --open
  mwallet serve --open --database-url postgresql://me@localhost/mwallet
  mwallet serve --open --listen localhost:9000
  mwallet serve --open --cors http://localhost:5173 --max-rows 1000
  mwallet serve --open --reflect --read-only --database-url sqlite:legacy.db

  curl 'http://127.0.0.1:8080/rest/v1/transactions?network=eq.bitcoin'
  curl http://127.0.0.1:8080/rest/v1/orders \\
    -H 'Content-Type: application/json' \\
    -d '{\"usid\": \"ada\", \"asset\": \"BITCOIN\", \"start\": \"2030-01-01T00:00:00Z\"}'

There are no accounts yet: --open says that everybody on this machine may read and write everything.";

/// The options of `mwallet serve`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Serve everybody on this machine without login
    #[arg(long)]
    open: bool,
    /// Serve fake data of its own, without login: makes and fills mwallet-demo.db here at the first start
    ///
    /// Databases that the environment or mwallet.toml name are not touched; --database-url is refused beside it.
    #[arg(long)]
    demo: bool,
    /// Bring the tables of an older database up to date first; without it, such a database is refused
    #[arg(long, conflicts_with_all = ["reflect", "demo"])]
    migrate: bool,
    #[command(flatten)]
    reflected: ReflectedOptions,
    /// The address and port; port 0 takes any that is free
    #[arg(long, env = "MWALLET_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = address)]
    listen: SocketAddr,
    /// Log every request: its number, method, path without values, status, time and rows
    #[arg(long, env = "MWALLET_ACCESS_LOG")]
    access_log: bool,
    #[command(flatten)]
    limits: LimitOptions,
}

fn address(text: &str) -> std::result::Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "expected an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080")
}

pub(crate) async fn run(settings: &Settings, log: &Log, options: Options) -> Result<()> {
    let Options { open, demo, migrate, reflected, listen, access_log, limits } = options;
    if !open && !demo {
        let message = "there are no accounts yet, so there is nobody to serve but everybody";
        let hint = "--open serves everybody on this machine without login; --demo serves them fake data";
        return Err(Failure::usage(message).hint(hint));
    }
    if !listen.ip().is_loopback() {
        let option = if demo { "--demo" } else { "--open" };
        let message =
            format!("{option} serves without login, so it must not listen on {listen}, which others can reach");
        return Err(Failure::usage(message).hint("listen on this machine only, such as --listen 127.0.0.1:8080"));
    }
    let engine = match demo {
        true => demo::engine(settings)?,
        false => reflected.engine(settings, |options| EngineOptions { runtimes: limits.threads(), ..options })?,
    };
    // Before anything is created: whether there is a place to listen is the question most often answered with no.
    let listener = mwallet_api::listen(listen).map_err(|error| cannot_listen(listen, &error))?;
    let found = reflected.tables(&engine).await?;
    let tables: Vec<&Table> = match &found {
        Some(found) => found.iter().collect(),
        None => mwallet_models::tables(),
    };
    if found.is_none() {
        match demo {
            true => database::prepare_with(&engine, true, true).await?,
            false => database::prepare(settings, &engine, migrate).await?,
        };
    }
    if demo {
        demo::fill(settings, &engine).await?;
    }

    // From now on somebody has the database open, which is what keeps `mwallet restore` from replacing it.
    engine.ping().await?;
    // Before anybody is told where to ask.
    let served = Tables::new(tables.iter().copied());
    let served = served.map_err(|error| Failure::caused("the tables cannot be served", &error))?;

    let url = format!("http://{}", listener.local_addr()?);
    let text =
        if demo { demo::welcome(&engine.to_string(), &url) } else { welcome(&engine.to_string(), &url, &tables) };
    output::report(settings, text, &json!({"url": url, "database": engine.to_string()}))?;

    let mut state = AppState::new(engine.clone(), served).limits(limits.limits()).origins(limits.origins());
    if access_log {
        state = state.access_log(log.of_requests());
    }
    if found.is_some() {
        state = reload::keep_fresh(state, reflected)?;
    }
    let app = App::new(state.loopback_hosts_only());
    let stop = signals::stop()?;
    let options = limits.serve_options();
    // Before the first of them is accepted.
    #[cfg(unix)]
    let options = {
        let connections = files::connections(options.connections, options.threads, &engine);
        mwallet_api::ServeOptions { connections, ..options }
    };
    mwallet_api::serve(listener, app, stop, options).await?;
    engine.close().await;
    Ok(())
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Failure {
    match error.kind() {
        ErrorKind::AddrInUse => Failure::new(format!("another program listens on {address} already"))
            .hint(format!("--listen {} takes a port that is free", SocketAddr::new(address.ip(), 0))),
        _ => Failure::caused(&format!("cannot listen on {address}"), error),
    }
}

fn welcome(database: &str, url: &str, tables: &[&Table]) -> String {
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    let first = names.iter().find(|name| **name == "transactions").or(names.first()).copied().unwrap_or_default();
    let first = first.replace(' ', "%20");
    format!(
        "mWallet serves {database} at {url}, without login, to this machine only\n\
         tables: {}\n\
         try:    curl '{url}/rest/v1/{first}?limit=3'\n\
         docs:   {url}/docs\n\
         stop:   Ctrl-C",
        names.join(", ")
    )
}
