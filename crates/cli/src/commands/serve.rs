//! `mwallet serve`: serves the tables over HTTP until the program is stopped.

mod callers;
#[cfg(feature = "demo")]
mod demo;
#[cfg(unix)]
mod files;
mod limits;
mod place;
mod reach;
mod reload;

use std::net::SocketAddr;

use clap::Args;
use mwallet_api::{App, AppState, Certificate, ExposedTables, table_path};
use mwallet_db::schema::{Table, visible};
use mwallet_db::{Engine, EngineOptions};
use serde_json::json;
use tokio::net::TcpListener;

use callers::CallerOptions;
use limits::LimitOptions;
use place::Place;
use reach::ReachOptions;

use super::backup::quoted;
use crate::failure::{Failure, Result};
use crate::log::Log;
use crate::output;
use crate::reflected::ReflectedOptions;
use crate::settings::Settings;
use crate::signals;
use crate::{database, endpoints};

const EXAMPLES: &str = "  # for those with a key or a token: see mwallet key
  mwallet serve

  # without login, for every user of this machine
  mwallet serve --open
  mwallet serve --open --database-url postgresql://me@localhost/mwallet
  mwallet serve --open --listen localhost:9000
  mwallet serve --open --cors http://localhost:5173 --max-rows 1000
  mwallet serve --open --reflect --read-only --database-url sqlite:legacy.db

  curl 'http://127.0.0.1:8080/rest/v1/transactions?network=eq.bitcoin'
  curl http://127.0.0.1:8080/rest/v1/orders \\
    -H 'Content-Type: application/json' \\
    -d '{\"usid\": \"ada\", \"asset\": \"BITCOIN\", \"start\": \"2030-01-01T00:00:00Z\"}'

Nobody can sign up yet. With --open, every user of this machine can read and write everything; without it, permissions \
say who may do what, by keys and tokens.";

/// The example of the demo, if it is built in.
const DEMO_EXAMPLE: &str = if cfg!(feature = "demo") {
    "  # serve fake data and print requests to try
  mwallet serve --demo\n\n"
} else {
    ""
};

/// The options of `mwallet serve`.
#[derive(Args)]
#[command(after_help = format!("Examples:\n{DEMO_EXAMPLE}{EXAMPLES}"))]
pub(crate) struct Options {
    /// Serve every user of this machine without login
    #[arg(long)]
    open: bool,
    /// Serve fake data without login, from mwallet-demo.db in this folder, which is created on the first start
    ///
    /// Databases that the environment or mwallet.toml name are ignored. It cannot be used with --database-url.
    #[cfg(feature = "demo")]
    #[arg(long, conflicts_with_all = ["reflect", "migrate"])]
    demo: bool,
    /// Apply pending migrations first; without this option, a database that has any is refused
    #[arg(long, conflicts_with = "reflect")]
    migrate: bool,
    #[command(flatten)]
    callers: CallerOptions,
    #[command(flatten)]
    reflected: ReflectedOptions,
    /// The address or host name and the port to listen on, such as localhost:8080; port 0 picks a free port
    ///
    /// The server listens on every address of a host name; localhost is 127.0.0.1 and ::1.
    #[arg(long, env = "MWALLET_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    #[arg(value_parser = place::parse)]
    listen: Place,
    /// Log every request: its ID, method, path without values, status, time and rows
    #[arg(long, env = "MWALLET_ACCESS_LOG")]
    access_log: bool,
    /// Send the time of each stage of a request about a table: parse, plan, transaction, response
    ///
    /// The times are in milliseconds, in the header Server-Timing, which the developer tools of browsers show. They tell
    /// clients how much work their requests are.
    #[arg(long, env = "MWALLET_SERVER_TIMING")]
    server_timing: bool,
    /// Respond with the execution plan of a read instead of its rows, to a client that accepts only
    /// application/vnd.pgrst.plan+json or application/vnd.pgrst.plan+text
    ///
    /// Plans tell clients the names of indexes, the conditions of views and how many rows there are; and PostgreSQL runs
    /// the read again for options=analyze.
    #[arg(long, env = "MWALLET_PLANS")]
    plans: bool,
    #[command(flatten)]
    reach: ReachOptions,
    #[command(flatten)]
    limits: LimitOptions,
}

pub(crate) async fn run(settings: &Settings, log: &Log, options: Options) -> Result<()> {
    #[cfg(feature = "demo")]
    if options.demo {
        return demo::run(settings, log, options).await;
    }
    let Options { reflected, limits, .. } = &options;
    let addresses = options.listen.addresses().await?;
    if options.open {
        options.listen.refuse_others(&addresses, "--open")?;
    } else {
        options.reach.check(&options.listen, &addresses)?;
        options.callers.check(reflected.is_own())?;
    }
    let certificate = options.reach.certificate()?;
    let engine = reflected.engine(settings, |options| EngineOptions { runtimes: limits.threads(), ..options })?;
    // Before anything is created: this is the step that fails most often.
    let listeners = options.listen.listen(&addresses)?;
    let metrics = options.reach.metrics_listeners().await?;
    let found = reflected.tables(&engine).await?;
    if found.is_none() {
        database::prepare(settings, &engine, options.migrate).await?;
    }
    let welcome = if options.open { welcome_all } else { welcome_callers };
    serve(settings, log, options, Prepared { engine, listeners, metrics, certificate, found }, welcome).await
}

/// The most connections of those who read the metrics.
const METRICS_CONNECTIONS: usize = 16;

/// What a server starts with.
struct Prepared {
    engine: Engine,
    listeners: Vec<TcpListener>,
    metrics: Vec<TcpListener>,
    certificate: Option<Certificate>,
    /// The tables of an existing database; `None` if the database is mWallet's own.
    found: Option<Vec<Table>>,
}

/// Serves until the program is stopped. `welcome` formats the first message from the database, the URL and the tables.
async fn serve(
    settings: &Settings,
    log: &Log,
    options: Options,
    prepared: Prepared,
    welcome: impl FnOnce(&str, &str, &[&Table]) -> String,
) -> Result<()> {
    let is_open = options.is_open();
    let Options { reflected, callers, listen, access_log, server_timing, plans, reach, limits, .. } = options;
    let Prepared { engine, listeners, metrics, certificate, found } = prepared;
    let tables: Vec<&Table> = match &found {
        Some(found) => found.iter().collect(),
        None => mwallet_models::tables(),
    };

    // From now on the database is open, which keeps `mwallet restore` from replacing it.
    engine.ping().await?;
    // Before the URL is printed.
    let served = match found {
        Some(_) => ExposedTables::titled(engine.name(), tables.iter().copied()),
        None => ExposedTables::new(tables.iter().copied()),
    };
    let served = served.map_err(|error| Failure::caused("cannot serve the tables", &error))?;
    let is_own = found.is_none();
    let state = match is_open {
        true => AppState::new(engine.clone(), served),
        false => {
            let permissions = callers.permissions(&served, is_own)?;
            AppState::closed(engine.clone(), served, callers.authority(settings, &engine, is_own).await?, permissions)
        }
    };

    let addresses = listeners.iter().map(TcpListener::local_addr).collect::<std::io::Result<Vec<SocketAddr>>>()?;
    let scheme = if certificate.is_some() { "https" } else { "http" };
    let url = addresses.first().map(|first| listen.url(scheme, *first)).unwrap_or_default();
    let is_local = addresses.iter().all(|address| address.ip().is_loopback());
    let mut text = welcome(&engine.to_string(), &url, &tables);
    let places: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let mut said = json!({"url": url, "addresses": places, "database": engine.to_string()});
    if let Some(first) = metrics.first() {
        let url = format!("http://{}/metrics", first.local_addr()?);
        text += &format!("\nmetrics: {url}");
        said["metrics"] = url.into();
    }
    // Before the URL is printed: a reader of the URL may stop the server at once.
    let stop = signals::stop()?;
    output::report(&settings.output, text, &said)?;

    let mut state = state.limits(limits.limits()).origins(limits.origins());
    state = endpoints::add_general(state);
    if found.is_none() {
        state = endpoints::add_own(state);
    }
    if access_log {
        state = state.access_log(log.of_requests());
    }
    if server_timing {
        state = state.server_timing();
    }
    if plans {
        state = state.plans();
    }
    if found.is_some() || !is_open {
        state = reload::keep_fresh(state, reflected, (!is_open).then_some(callers))?;
    }
    if !metrics.is_empty() {
        let page;
        (state, page) = state.metrics();
        tokio::spawn(mwallet_api::serve(
            metrics,
            page,
            std::future::pending(),
            mwallet_api::ServeOptions { connections: METRICS_CONNECTIONS, ..mwallet_api::ServeOptions::default() },
        ));
    }
    let app = App::new(reach.apply(state, is_open, is_local));
    let options = mwallet_api::ServeOptions { certificate, ..limits.serve_options() };
    // Before the first connection is accepted.
    #[cfg(unix)]
    let options = {
        let connections = files::connections(options.connections, options.threads, &engine);
        mwallet_api::ServeOptions { connections, ..options }
    };
    mwallet_api::serve(listeners, app, stop, options).await?;
    engine.close().await;
    Ok(())
}

impl Options {
    /// Whether everybody who reaches the server sees and does everything.
    fn is_open(&self) -> bool {
        #[cfg(feature = "demo")]
        let is_demo = self.demo;
        #[cfg(not(feature = "demo"))]
        let is_demo = false;
        self.open || is_demo
    }
}

fn welcome_callers(database: &str, url: &str, _: &[&Table]) -> String {
    format!(
        "mWallet serves {database} at {url}: to those with a key or a token, by permissions\n\
         try:    mwallet key add web, or mwallet key token --as USER\n\
         docs:   {url}/docs\n\
         stop:   Ctrl-C"
    )
}

fn welcome_all(database: &str, url: &str, tables: &[&Table]) -> String {
    let names: Vec<String> = tables.iter().map(|table| visible(&table.name)).collect();
    // A request that names no schema uses the first one.
    let is_first = |table: &&&Table| table.name == "transactions" && table.schema == tables[0].schema;
    let first =
        tables.iter().find(is_first).or(tables.first()).map(|table| table_path(&table.name)).unwrap_or_default();
    let first = quoted(&format!("{url}{first}?limit=3"));
    format!(
        "mWallet serves {database} at {url}, without login, to this machine only\n\
         tables: {}\n\
         try:    curl {first}\n\
         docs:   {url}/docs\n\
         stop:   Ctrl-C",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_tried_can_be_pasted_into_a_shell() {
        let schema = |schema: &str, name: &str| Table { schema: Some(schema.into()), ..Table::new(name) };
        for (tables, path) in [
            (
                vec![Table::new("it's $HOME; `id` 100%/?#&é[1]")],
                "it%27s%20%24HOME%3B%20%60id%60%20100%25%2F%3F%23%26%C3%A9%5B1%5D",
            ),
            (vec![Table::new("a"), Table::new("transactions")], "transactions"),
            (vec![schema("one", "a"), schema("two", "transactions")], "a"),
            (vec![Table::new("two\nlines \u{1b}[2J \u{202e}")], "two%0Alines%20%1B%5B2J%20%E2%80%AE"),
        ] {
            let text = welcome_all("sqlite:x.db", "http://127.0.0.1:1", &tables.iter().collect::<Vec<_>>());
            let expected = format!("try:    curl 'http://127.0.0.1:1/rest/v1/{path}?limit=3'");
            assert_eq!(text.lines().nth(2), Some(expected.as_str()));
            assert_eq!(text.lines().count(), 5);
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
        }
    }
}
