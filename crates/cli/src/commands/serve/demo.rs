//! `mwallet serve --demo`: serves its own database with fake data, and prints requests to try.

use mwallet_db::Engine;

use super::{Options, Prepared, serve};
use crate::database;
use crate::failure::{Failure, Result};
use crate::log::Log;
use crate::output;
use crate::seed::{self, Amounts, Origin};
use crate::settings::Settings;

/// The database of the demo, in the current folder.
const DATABASE: &str = "sqlite:mwallet-demo.db";
/// Enough to page through, and created within a second.
const AMOUNTS: Amounts = Amounts { users: 200, orders: 2_000, notices: 20 };
const SEED: u64 = 1;

/// Serves the demo, whose database is filled on the first start.
pub(super) async fn run(settings: &Settings, log: &Log, options: Options) -> Result<()> {
    let addresses = options.listen.addresses().await?;
    options.listen.refuse_others(&addresses, "--demo")?;
    let certificate = options.reach.certificate()?;
    let engine = engine(settings)?;
    // Before anything is created.
    let listeners = options.listen.listen(&addresses)?;
    let metrics = options.reach.metrics_listeners().await?;
    database::prepare_with(&engine, true, true).await?;
    fill(settings, &engine).await?;
    let prepared = Prepared { engine, listeners, metrics, certificate, found: None };
    serve(settings, log, options, prepared, |database, url, _| welcome(database, url)).await
}

/// The engine of the demo. It never opens a database that is in real use: the demo is open to every user of the
/// machine, and fills an empty database.
fn engine(settings: &Settings) -> Result<Engine> {
    if settings.names_database() {
        // An option is never silently ignored.
        let message = "--demo uses its own database, so it cannot be used with --database-url";
        let hint = "to serve fake data from another database, run `mwallet seed --database-url URL`, then `mwallet \
                    serve --open --database-url URL`";
        return Err(Failure::usage(message).hint(hint));
    }
    settings.engine_of(DATABASE)
}

/// Fills the database on the first start, as of that time, so that open orders end in the days after it. Later starts
/// leave the data as it is.
async fn fill(settings: &Settings, engine: &Engine) -> Result<()> {
    let progress = output::progress(&settings.output, AMOUNTS.users + AMOUNTS.orders, "users and orders");
    let origin = Origin { seed: SEED, as_of: engine.sources().now() };
    let outcome = seed::fill(engine, AMOUNTS, origin, &progress).await;
    progress.finish_and_clear();
    outcome.map(drop)
}

/// The first message, with requests to try.
fn welcome(database: &str, url: &str) -> String {
    format!(
        "mWallet serves fake data ({database}) at {url}, without login, to this machine only

try, in another terminal:
  # the three open orders that started last
  curl '{url}/rest/v1/orders?order_type=eq.OPEN&order=start.desc&limit=3'

  # one order, by its slug
  curl {url}/rest/v1/orders/order-42

  # create an order
  curl {url}/rest/v1/orders -H 'Content-Type: application/json' -H 'Prefer: return=representation' \\
    -d '{{\"usid\": \"ada\", \"asset\": \"LITECOIN\", \"start\": \"2030-01-01T00:00:00Z\", \"memo\": \"first\"}}'

or from JavaScript, after npm install @supabase/postgrest-js:
  import {{ PostgrestClient }} from '@supabase/postgrest-js'
  const client = new PostgrestClient('{url}/rest/v1')
  const {{ data, error }} = await client.from('orders').select()
    .eq('order_type', 'OPEN').order('start', {{ ascending: false }}).limit(3)
  console.log(error ?? data)

docs:   {url}/docs
stop:   Ctrl-C; to start over, delete mwallet-demo.db"
    )
}
