//! `mwallet serve`: the tables over HTTP, until it is told to stop.

mod demo;
#[cfg(unix)]
mod files;
mod limits;
mod place;
mod reflected;
mod reload;

use std::net::SocketAddr;

use clap::Args;
use mwallet_api::{App, AppState, Tables};
use mwallet_db::EngineOptions;
use mwallet_db::schema::Table;
use serde_json::json;
use tokio::net::TcpListener;

use limits::LimitOptions;
use place::Place;
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
    /// The address or name, and the port, such as localhost:8080; port 0 takes any that is free
    ///
    /// The server listens at every address of a name; localhost is 127.0.0.1 and ::1.
    #[arg(long, env = "MWALLET_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = place::parse)]
    listen: Place,
    /// Log every request: its number, method, path without values, status, time and rows
    #[arg(long, env = "MWALLET_ACCESS_LOG")]
    access_log: bool,
    #[command(flatten)]
    limits: LimitOptions,
}

pub(crate) async fn run(settings: &Settings, log: &Log, options: Options) -> Result<()> {
    let Options { open, demo, migrate, reflected, listen, access_log, limits } = options;
    if !open && !demo {
        let message = "there are no accounts yet, so there is nobody to serve but everybody";
        let hint = "--open serves everybody on this machine without login; --demo serves them fake data";
        return Err(Failure::usage(message).hint(hint));
    }
    let addresses = listen.addresses().await?;
    listen.refuse_others(&addresses, if demo { "--demo" } else { "--open" })?;
    let engine = match demo {
        true => demo::engine(settings)?,
        false => reflected.engine(settings, |options| EngineOptions { runtimes: limits.threads(), ..options })?,
    };
    // Before anything is created: whether there is a place to listen is the question most often answered with no.
    let listeners = listen.listen(&addresses)?;
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
    let served = match found {
        Some(_) => Tables::titled(engine.name(), tables.iter().copied()),
        None => Tables::new(tables.iter().copied()),
    };
    let served = served.map_err(|error| Failure::caused("the tables cannot be served", &error))?;

    let addresses = listeners.iter().map(TcpListener::local_addr).collect::<std::io::Result<Vec<SocketAddr>>>()?;
    let url = addresses.first().map(|first| listen.url(*first)).unwrap_or_default();
    let text =
        if demo { demo::welcome(&engine.to_string(), &url) } else { welcome(&engine.to_string(), &url, &tables) };
    // Whoever knows that it listens may tell it to stop.
    let stop = signals::stop()?;
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    output::report(settings, text, &json!({"url": url, "addresses": addresses, "database": engine.to_string()}))?;

    let mut state = AppState::new(engine.clone(), served).limits(limits.limits()).origins(limits.origins());
    if access_log {
        state = state.access_log(log.of_requests());
    }
    if found.is_some() {
        state = reload::keep_fresh(state, reflected)?;
    }
    let app = App::new(state.loopback_hosts_only());
    let options = limits.serve_options();
    // Before the first of them is accepted.
    #[cfg(unix)]
    let options = {
        let connections = files::connections(options.connections, options.threads, &engine);
        mwallet_api::ServeOptions { connections, ..options }
    };
    mwallet_api::serve(listeners, app, stop, options).await?;
    engine.close().await;
    Ok(())
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
